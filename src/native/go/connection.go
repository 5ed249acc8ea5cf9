package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"tailscale.com/ipn/ipnlocal"
)

// connection joins a tailnet connection to a socket pair whose other end the host holds.
type connection struct {
	id            int64
	node          *node
	tcp           net.Conn
	pair          *net.UnixConn
	remote, local netip.AddrPort
	funnel        bool // from the internet, through Funnel
	done          chan struct{}
	forwarding    *forwarding // nil if the host holds the other end of pair
	secure        *secure     // what TLS has found out; nil without TLS

	mu       sync.Mutex
	identity []byte   // the JSON that the host has; nil until it has one
	other    net.Conn // what the connection is joined to here, if it is
	carried  *carried // while the fast path has it
	isCut    bool
}

// openPair opens a socket pair: our end in Go's poller, and the host's end as a descriptor.
func openPair() (*net.UnixConn, int, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, -1, err
	}
	f := os.NewFile(uintptr(ours), "tailnet")
	pair, err := net.FileConn(f) // duplicates the descriptor and puts it into the poller
	f.Close()
	if err != nil {
		closeFD(theirs)
		return nil, -1, err
	}
	return pair.(*net.UnixConn), theirs, nil
}

// newConnection joins a tailnet connection and our end of a socket pair.
func newConnection(n *node, tcp net.Conn, pair *net.UnixConn) *connection {
	c := connections.add(func(id int64) *connection {
		return &connection{id: id, node: n, tcp: tcp, pair: pair, done: make(chan struct{})}
	})
	c.remote, _ = netip.ParseAddrPort(tcp.RemoteAddr().String())
	if caller, ok := funnelCaller(tcp); ok {
		c.remote, c.funnel = caller, true
	}
	c.local, _ = netip.ParseAddrPort(tcp.LocalAddr().String())
	heapLimit.Connection(1)
	return c
}

// describe returns what the host is told about the connection.
func (c *connection) describe(identity []byte) json.RawMessage {
	text := fmt.Appendf(nil, `{"connection":%d,"remote":%s,"local":%s,"identity":%s`,
		c.id, endpoint(c.remote), endpoint(c.local), identity)
	if c.secure != nil {
		secure, _ := json.Marshal(c.secure)
		text = fmt.Appendf(text, `,"secure":%s`, secure)
	}
	return append(text, '}')
}

func endpoint(a netip.AddrPort) string {
	return fmt.Sprintf(`{"ip":%q,"port":%d}`, a.Addr().Unmap(), a.Port())
}

// run carries bytes until both directions have ended.
func (c *connection) run() {
	inbound := make(chan struct{})
	go func() {
		defer close(inbound)
		guard(c.fromPeer)
	}()
	guard(c.toPeer)
	<-inbound
	c.discard()
}

// fromPeer passes on what the peer sends. A FIN becomes end of file; a reset becomes an event, because a socket pair
// cannot carry one.
func (c *connection) fromPeer() {
	fromPeer, err := transfer(c.pair, c.tcp)
	switch {
	case err == nil:
		c.pair.CloseWrite()
	case fromPeer && isReset(err):
		send(c.node.sink, eventUpdate, c.id, map[string]string{"type": "reset"})
		c.cut()
	default:
		c.cut()
	}
}

// toPeer passes on what the host writes. If the host shuts down its writing side, the peer gets a FIN; if it closes
// its end, the connection ends even if the peer never ends it.
func (c *connection) toPeer() {
	if _, err := transfer(c.tcp, c.pair); err != nil {
		c.cut()
		return
	}
	if w, ok := c.tcp.(interface{ CloseWrite() error }); ok {
		w.CloseWrite()
	}
	c.awaitHangup()
	c.tcp.Close()
}

// awaitHangup returns once neither side of the pair can send any more, because the host has closed its end or the peer
// has finished too.
func (c *connection) awaitHangup() {
	raw, err := c.pair.SyscallConn()
	if err != nil {
		return
	}
	raw.Read(func(fd uintptr) bool {
		p := []unix.PollFd{{Fd: int32(fd)}} // POLLHUP is always reported
		n, err := unix.Poll(p, 0)
		return err == nil && n > 0 && p[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0
	})
}

// attachPair joins the connection to our end of a socket pair.
func (c *connection) attachPair(pair *net.UnixConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pair = pair
	if c.isCut {
		pair.Close()
	}
}

func (c *connection) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = true
	c.tcp.Close()
	if c.pair != nil {
		c.pair.Close()
	}
	if c.other != nil {
		c.other.Close()
	}
	if c.carried != nil {
		c.carried.conn.Cut()
	}
}

// reset ends the connection with a reset rather than a FIN, where it has a way to.
func (c *connection) reset() {
	if tcp, ok := c.tcp.(*gonet.TCPConn); ok {
		abort(tcp)
	}
	c.cut()
}

// identify returns who is currently at the other end.
func (c *connection) identify(lb *ipnlocal.LocalBackend) identity {
	if c.funnel {
		return identity{Kind: "funnel", Groups: []string{}, IP: c.remote.Addr().Unmap(), Port: c.remote.Port()}
	}
	return identify(lb, c.remote, c.local)
}

// discard ends a connection of which the host knows nothing, or nothing more.
func (c *connection) discard() {
	c.cut()
	c.finish()
}

func (c *connection) finish() {
	now := time.Now()
	c.node.lastEnd.Store(&now)
	connections.remove(c.id)
	heapLimit.Connection(-1)
	close(c.done)
}

// delivered notes what the host has been told about the peer.
func (c *connection) delivered(identity []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.identity = identity
}

// refreshIdentity tells the host if the answer of whois has changed.
func (c *connection) refreshIdentity() {
	lb, err := c.node.lb()
	if err != nil {
		return
	}
	caller := c.identify(lb)
	text := caller.text()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.identity == nil || bytes.Equal(text, c.identity) {
		return
	}
	c.identity = text
	if c.carried != nil {
		go c.carried.recognize(caller)
		return
	}
	emit(c.node.sink, event{kind: eventUpdate, fd: -1, id: c.id,
		json: fmt.Appendf(nil, `{"type":"identity","identity":%s}`, text)})
}

var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// transfer copies until end of file. After an error it returns whether that came from reading.
func transfer(dst io.Writer, src io.Reader) (reading bool, err error) {
	b := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(b)
	for {
		n, err := src.Read(b[:])
		if n > 0 {
			if _, err := dst.Write(b[:n]); err != nil {
				return false, err
			}
		}
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return true, err
		}
	}
}

func closeFD(fd int) { unix.Close(fd) }

// drain waits for the node's connections to end, cuts those that are left at the deadline, and waits for them too.
func (n *node) drain(limit time.Duration) {
	deadline := time.After(limit)
	for _, c := range connections.all() {
		if c.node != n {
			continue
		}
		select {
		case <-c.done:
		case <-deadline:
			c.cut()
			deadline = closedTimer
		}
	}
	for _, c := range connections.all() {
		if c.node == n {
			c.cut()
			<-c.done
		}
	}
	for _, l := range lanes.all() {
		if l.listener.node == n {
			l.drain(0)
		}
	}
}

// closedTimer stands for a deadline that has passed.
var closedTimer = func() <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}()
