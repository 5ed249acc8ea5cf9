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

// Funnel opens doors for callers from the public internet. Its node plays the part of Tailscale's ingress servers, which
// pass a caller's connection to a port of the node itself (its "peer API") along with the caller's address.
const Funnel = "funnel"

var funnelOwner = owner{id: Funnel, hostname: "funnel-ingress", tags: []string{"tag:funnel-ingress"}}

// allowFunnel lets the ingress node pass on callers.
func (h *Host) allowFunnel() error {
	return h.Control.Grant(control.Grant{Src: funnelOwner.tags[0], Dst: "*", Capability: tailcfg.PeerCapabilityIngress})
}

// DialFunnel connects to host:port as a caller through Funnel.
func (n *Node) DialFunnel(ctx context.Context, target string, caller netip.AddrPort) (net.Conn, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	peer, ip, err := n.resolve(host)
	if err != nil {
		return nil, err
	}
	if peer.PeerAPI == 0 {
		return nil, fmt.Errorf("%s does not accept callers through Funnel", peer.Name)
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
	request.Header.Set("Tailscale-Ingress-Src", caller.String())
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
		return nil, fmt.Errorf("%s refused a caller through Funnel: %s", peer.Name, response.Status)
	}
	return &bufferedConn{conn.(halfCloser), conn, reader}, nil
}

// bufferedConn first reads what has arrived with the response.
type bufferedConn struct {
	halfCloser
	net.Conn
	reader *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.reader.Read(p) }
