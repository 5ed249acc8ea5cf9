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
	// Long enough for a host whose event loop stalls; a connection that nobody decides about must not stay.
	verdictTimeout = time.Minute
)

// forwarding is what a connection has that is joined to a service here, without a socket pair to the host.
type forwarding struct {
	target string
	// verdict gets the bytes for the service that go in front of the peer's; nil keeps the peer out.
	verdict chan *[]byte
}

// forward reports a connection, waits until the host has decided about it, and joins it to the service.
func (l *listener) forward(tcp net.Conn) {
	lb, err := l.node.lb()
	if err != nil || l.pending.Add(1) > l.backlog {
		l.pending.Add(-1)
		tcp.Close()
		return
	}
	c := newConnection(l.node, tcp, nil)
	c.forwarding = &forwarding{target: l.config.Target, verdict: make(chan *[]byte, 1)}
	who := c.identify(lb).text()
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
			if err := c.join(*preface, end); err != nil {
				end["error"] = describe(err)
			}
		}
	case <-l.node.ctx.Done():
	case <-time.After(verdictTimeout):
	}
}

// join connects to the service and carries bytes both ways until both ways have ended.
func (c *connection) join(preface []byte, end map[string]any) error {
	network, address := "tcp", c.forwarding.target
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", path
	}
	service, err := net.DialTimeout(network, address, dialTimeout)
	if err != nil {
		return err
	}
	if !c.attach(service) {
		return nil
	}
	if len(preface) > 0 {
		if _, err := service.Write(preface); err != nil {
			return nil
		}
	}
	var received, sent atomic.Int64
	inbound := make(chan struct{})
	go func() {
		defer close(inbound)
		guard(func() { c.carry(service, c.tcp, &received) })
	}()
	guard(func() { c.carry(c.tcp, service, &sent) })
	<-inbound
	end["received"], end["sent"] = received.Load(), sent.Load()
	return nil
}

// carry copies one way. Its end of file ends that half only; an error ends both.
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

// attach notes the connection to the service, so that a cut ends it too; false when the cut has come already.
func (c *connection) attach(service net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isCut {
		service.Close()
		return false
	}
	c.service = service
	return true
}

// decide lets the peer of a forwarded connection in, or ends the connection at any time.
func decide(id int64, preface *[]byte) bool {
	c, ok := connections.get(id)
	if !ok || c.forwarding == nil {
		return false
	}
	select {
	case c.forwarding.verdict <- preface:
	default: // decided before
	}
	if preface == nil {
		c.cut()
	}
	return true
}
