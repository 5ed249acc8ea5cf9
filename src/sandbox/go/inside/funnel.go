package inside

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"

	"tailscale.com/tailcfg"

	"tsexpose/src/sandbox/go/control"
)

// Funnel is who opens a door for visitors from the public internet. Its node is
// what Tailscale's ingress servers are to a real tailnet: they hand a visitor's
// connection to the node's own port (its "peer API") and name the visitor.
const Funnel = "funnel"

var funnelOwner = owner{id: Funnel, hostname: "funnel-ingress", tags: []string{"tag:funnel-ingress"}}

// allowFunnel lets the ingress node hand over visitors.
func (h *Host) allowFunnel() error {
	return h.Control.Grant(control.Grant{Src: funnelOwner.tags[0], Dst: "*", Capability: tailcfg.PeerCapabilityIngress})
}

// DialFunnel connects to host:port as a visitor who came through Funnel.
func (n *Node) DialFunnel(ctx context.Context, target string, visitor netip.AddrPort) (net.Conn, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	peer, ip, err := n.resolve(host)
	if err != nil {
		return nil, err
	}
	if peer.PeerAPI == 0 {
		return nil, fmt.Errorf("%s takes no visitors", peer.Name)
	}
	api := fmt.Sprintf("%s:%d", ip, peer.PeerAPI)
	conn, err := n.Dial(ctx, api)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+api+"/v0/ingress", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Tailscale-Ingress-Src", visitor.String())
	request.Header.Set("Tailscale-Ingress-Target", net.JoinHostPort(peer.FQDN, port))
	reader := bufio.NewReader(conn)
	if err := request.Write(conn); err != nil {
		conn.Close()
		return nil, err
	}
	response, err := http.ReadResponse(reader, request)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		conn.Close()
		return nil, fmt.Errorf("%s refuses visitors: %s", peer.Name, response.Status)
	}
	return &visitorConn{conn.(halfCloser), conn, reader}, nil
}

// visitorConn reads what came with the answer first.
type visitorConn struct {
	halfCloser
	net.Conn
	reader *bufio.Reader
}

func (c *visitorConn) Read(p []byte) (int, error) { return c.reader.Read(p) }
