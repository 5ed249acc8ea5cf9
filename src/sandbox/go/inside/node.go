package inside

import (
	"context"
	"errors"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
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
	if err := n.skipTimeWait(); err != nil {
		return err
	}
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

func (n *Node) stack() (*netstack.Impl, error) {
	if impl, ok := n.server.Sys().Netstack.Get().(*netstack.Impl); ok {
		return impl, nil
	}
	return nil, errors.New("the node has no network stack")
}

// skipTimeWait frees the ports of a connection as soon as both ends have ended.
// A service has no listening endpoint in gVisor, whose TIME_WAIT then drops a
// new connection from the same port, or resets it: a caller who makes many
// connections picks such a port sooner or later.
func (n *Node) skipTimeWait() error {
	stack, err := n.stack()
	if err != nil {
		return err
	}
	none := tcpip.TCPTimeWaitTimeoutOption(0)
	if err := stack.SetTransportProtocolOption(tcp.ProtocolNumber, &none); err != nil {
		return errors.New(err.String())
	}
	return nil
}
