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

// patience is how long a node waits for another one to know it.
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
	// Not by way of tsnet's own Dial: that would try the real network for an address
	// which this node has no peer for, and somebody might be there.
	stack, err := n.stack()
	if err != nil {
		return nil, err
	}
	conn, err := stack.DialContextTCP(ctx, to)
	if err != nil {
		return nil, err // not conn: a nil *gonet.TCPConn is no nil net.Conn
	}
	return conn, nil
}

// find resolves the name or address of a node, or of a service, which is reached
// through the node that control sends visitors to just now.
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

// resolve asks control rather than the node: a name that the tailnet does not
// have must not be looked up anywhere else.
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

// meet waits until both ends have each other in their network maps. A first
// packet that the other end cannot place yet is dropped, and costs five seconds
// until WireGuard tries again.
func (n *Node) meet(ctx context.Context, to control.Node, ip netip.Addr) error {
	// Who is behind the address of a service changes.
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
	if !to.Online { // gone, or only without control for a while
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
