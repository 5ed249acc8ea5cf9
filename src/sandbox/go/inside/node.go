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

// startTimeout is generous: starting takes about 50 ms.
const startTimeout = 30 * time.Second

// start brings the node up and connects it to the relay, through which responses arrive until both ends have found a
// direct path.
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

// close closes a node that is up, or has failed to come up.
func (n *Node) close() {
	if n.server != nil {
		n.server.Close()
	}
}

// removed returns whether an admin has removed the node, which then cannot connect again.
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

// self returns the node as control knows it.
func (n *Node) self() (control.Node, error) { return n.host.Control.Lookup(n.key.String()) }

func (n *Node) stack() (*netstack.Impl, error) {
	if impl, ok := n.server.Sys().Netstack.Get().(*netstack.Impl); ok {
		return impl, nil
	}
	return nil, errors.New("the node has no network stack")
}

// skipTimeWait frees the ports of a connection as soon as both ends have ended. tsnet accepts without a listening endpoint
// in gVisor, so TIME_WAIT there drops or resets a new connection from the same port, which a busy caller reuses sooner or
// later.
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
