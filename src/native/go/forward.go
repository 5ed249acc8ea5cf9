package main

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

const (
	dialTimeout = 10 * time.Second
	// Long enough for a host whose event loop stalls. A connection without a verdict must not stay open.
	verdictTimeout = time.Minute
)

// forwarding is the state of a connection that is joined to its target here, without a socket pair to the host.
type forwarding struct {
	target string
	// verdict receives the bytes to send to the target first, or nil to refuse the connection.
	verdict chan *[]byte
}

// forward reports a connection, waits for the host's verdict, and joins the connection to its target.
func (l *listener) forward(tcp net.Conn) {
	c, who, giveBack := l.admit(tcp)
	if c == nil {
		return
	}
	defer giveBack()
	if c.secure != nil && c.secure.Plain {
		l.refuse(c)
		return
	}
	c.forwarding = &forwarding{target: l.config.Target, verdict: make(chan *[]byte, 1)}
	defer c.finish()
	defer c.cut()
	if !emit(l.node.sink, event{kind: eventConnection, fd: -1, id: l.id, json: c.describe(who)}) {
		l.pending.Add(-1)
		return
	}
	c.delivered(who)
	end := map[string]any{"type": "end"}
	defer func() { send(l.node.sink, eventUpdate, c.id, end) }()
	select {
	case preface := <-c.forwarding.verdict:
		if preface != nil {
			if err := c.reach(*preface, end); err != nil {
				end["error"] = describe(err)
			}
		}
	case <-l.node.ctx.Done():
	case <-time.After(verdictTimeout):
	}
}

// reach connects to the target and carries bytes until both directions have ended.
func (c *connection) reach(preface []byte, end map[string]any) error {
	network, address := "tcp", c.forwarding.target
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", path
	}
	target, err := net.DialTimeout(network, address, dialTimeout)
	if err != nil {
		return err
	}
	if !c.attach(target) {
		return nil
	}
	if len(preface) > 0 {
		if _, err := target.Write(preface); err != nil {
			return nil
		}
	}
	end["received"], end["sent"] = c.splice(target)
	return nil
}

// splice carries bytes until both directions have ended, and returns how many came from the tailnet and went there.
func (c *connection) splice(other net.Conn) (received, sent int64) {
	var in, out atomic.Int64
	inbound := make(chan struct{})
	go func() {
		defer close(inbound)
		guard(func() { c.carry(other, c.tcp, &in) })
	}()
	guard(func() { c.carry(c.tcp, other, &out) })
	<-inbound
	return in.Load(), out.Load()
}

// carry copies in one direction. End of file ends only that direction; an error ends both.
func (c *connection) carry(dst, src net.Conn, n *atomic.Int64) {
	if _, err := transfer(counter{dst, n}, src); err != nil {
		c.cut()
		return
	}
	if w, ok := dst.(interface{ CloseWrite() error }); !ok || w.CloseWrite() != nil {
		c.cut()
	}
}

type counter struct {
	io.Writer
	n *atomic.Int64
}

func (w counter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.n.Add(int64(n))
	return n, err
}

// attach notes the other connection so that a cut ends it too. It returns false if the cut has already happened.
func (c *connection) attach(other net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isCut {
		other.Close()
		return false
	}
	c.other = other
	return true
}

// decide admits a forwarded connection, or ends it at any time.
func decide(id int64, preface *[]byte) bool {
	c, ok := connections.get(id)
	if !ok || c.forwarding == nil {
		return false
	}
	select {
	case c.forwarding.verdict <- preface:
	default: // already decided
	}
	if preface == nil {
		c.cut()
	}
	return true
}
