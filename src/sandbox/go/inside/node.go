package inside

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/tsnet"
	"tailscale.com/types/key"
	"tailscale.com/wgengine/netstack"

	"tsexpose/src/sandbox/go/control"
)

// Node is one of the sandbox's own nodes.
type Node struct {
	host   *Host
	server *tsnet.Server
	up     chan struct{} // closed once server runs or err is set
	err    error
	key    key.NodePublic
	met    sync.Map // key of another node → struct{}: it has answered
}

// startTimeout is generous: a start takes some 50 ms.
const startTimeout = 30 * time.Second

// patience is how long a node waits for another one to know it.
const patience = 5 * time.Second

// start brings the node up, as far as its connection to the relay: until both
// ends have found the direct path, answers come back that way.
func (n *Node) start() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	status, err := n.server.Up(ctx)
	if err != nil {
		return err
	}
	n.key = status.Self.PublicKey
	for !n.host.Relayed(n.key) {
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// close ends a node that is up, or has failed to come up.
func (n *Node) close() {
	if n.server != nil {
		n.server.Close()
	}
}

// removed reports whether an admin has deleted the node: it will never connect again.
func (n *Node) removed() bool {
	select {
	case <-n.up:
	default:
		return false
	}
	if n.err != nil {
		return true
	}
	_, err := n.self()
	return err != nil
}

// self is the node as control knows it.
func (n *Node) self() (control.Node, error) { return n.host.Control.Lookup(n.key.String()) }

// Dial connects to host:port on the tailnet, where host is a MagicDNS name or an address.
func (n *Node) Dial(ctx context.Context, target string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	peer, ip, err := n.resolve(host)
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
	stack, ok := n.server.Sys().Netstack.Get().(*netstack.Impl)
	if !ok {
		return nil, errors.New("the node has no network stack")
	}
	conn, err := stack.DialContextTCP(ctx, to)
	if err != nil {
		return nil, err // not conn: a nil *gonet.TCPConn is no nil net.Conn
	}
	return conn, nil
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
	if _, ok := n.met.Load(to.Key); ok {
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
		if err == nil && pong.Err == "" {
			cancel()
			n.met.Store(to.Key, struct{}{})
			return nil
		}
		<-attempt.Done()
		cancel()
	}
	return fmt.Errorf("%s does not answer", to.Name)
}
