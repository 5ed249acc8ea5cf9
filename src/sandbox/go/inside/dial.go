package inside

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"tailscale.com/tailcfg"

	"tsexpose/src/sandbox/go/control"
)

// patience bounds how long a node waits for another one to know it.
const patience = 5 * time.Second

// Dial connects to host:port on the tailnet, where host is a MagicDNS name or an address.
func (n *Node) Dial(ctx context.Context, target string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	peer, ip, err := n.find(host)
	if err != nil {
		return nil, err
	}
	if err := n.meet(ctx, peer, ip); err != nil {
		return nil, err
	}
	to, err := netip.ParseAddrPort(net.JoinHostPort(ip.String(), port))
	if err != nil {
		return nil, err
	}
	// Not through tsnet's Dial, which would try the real network for an address without a peer.
	stack, err := n.stack()
	if err != nil {
		return nil, err
	}
	conn, err := stack.DialContextTCP(ctx, to)
	if err != nil {
		return nil, err // not conn: a nil *gonet.TCPConn is a non-nil net.Conn
	}
	return conn, nil
}

// find resolves the name or address of a node, or of a Service, which is reached through the host that control currently
// routes callers to.
func (n *Node) find(host string) (control.Node, netip.Addr, error) {
	service, behind, ok, err := n.host.Control.LookupService(host)
	if !ok {
		return n.resolve(host)
	}
	if err != nil {
		return behind, netip.Addr{}, err
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		ip = service.IPs[0]
	}
	return behind, ip, nil
}

// resolve asks control rather than the node, because a name that is not on the tailnet must not be looked up anywhere
// else.
func (n *Node) resolve(host string) (control.Node, netip.Addr, error) {
	to, err := n.host.Control.Lookup(host)
	if err != nil {
		return to, netip.Addr{}, err
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return to, ip, nil
	}
	if !n.host.Control.Settings().MagicDNS {
		return to, netip.Addr{}, fmt.Errorf("%s: MagicDNS is off", host)
	}
	return to, netip.MustParseAddr(to.IPs[0]), nil
}

// meet waits until both ends have each other in their network maps. Until then the other end drops the first packet,
// which WireGuard repeats only after five seconds.
func (n *Node) meet(ctx context.Context, to control.Node, ip netip.Addr) error {
	// The node behind the address of a Service can change.
	if _, ok := n.met.Load(to.Key); ok && slices.Contains(to.IPs, ip.String()) {
		return nil
	}
	local, err := n.server.LocalClient()
	if err != nil {
		return err
	}
	if v4, v6 := n.server.TailscaleIPs(); ip == v4 || ip == v6 {
		return nil
	}
	patience := patience
	if !to.Online { // gone, or only disconnected from control
		patience /= 5
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for wait := 20 * time.Millisecond; ctx.Err() == nil; wait *= 2 {
		attempt, cancel := context.WithTimeout(ctx, wait)
		pong, err := local.Ping(attempt, ip, tailcfg.PingDisco)
		if err == nil && pong.Err == "" && slices.Contains(to.IPs, pong.NodeIP) {
			cancel()
			n.met.Store(to.Key, struct{}{})
			return nil
		}
		<-attempt.Done()
		cancel()
	}
	return fmt.Errorf("%s does not answer", to.Name)
}
