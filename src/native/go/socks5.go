package main

import (
	"context"
	"net"
	"strconv"

	"tsexpose/src/native/go/socks"
)

// socks5 opens a SOCKS5 proxy on loopback that connects to the tailnet as this node.
func (n *node) socks5(r *request, port uint16) {
	lb, err := n.lb()
	if err != nil {
		r.reject(err)
		return
	}
	l := &listener{node: n, loopback: true}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return n.dial(ctx, lb, network, address)
	}
	server, err := socks.Listen(port, socks.Options{Dial: dial, Join: n.join, Code: codeOf, Failed: l.failed})
	if err != nil {
		r.reject(err)
		return
	}
	l.ln, l.port = server, uint16(server.Addr().(*net.TCPAddr).Port)
	listeners.add(func(id int64) *listener {
		l.id = id
		return l
	})
	if n.ctx.Err() != nil { // closed meanwhile
		l.close()
		r.reject(errClosed)
		return
	}
	r.resolve(map[string]any{"listener": l.id, "port": l.port})
	go guard(server.Serve)
}

// join carries bytes between a tailnet connection and a local one until both directions have ended.
func (n *node) join(tcp, local net.Conn) {
	c := newConnection(n, tcp, nil)
	defer c.finish()
	defer c.cut()
	if c.attach(local) {
		c.splice(local)
	}
}

// failed tells the host about a client of the proxy that did not get where it wanted.
func (l *listener) failed(address string, err error) {
	update := map[string]any{"type": "failed", "error": describe(err)}
	if host, text, err := net.SplitHostPort(address); err == nil {
		update["host"] = host
		update["port"], _ = strconv.Atoi(text)
	}
	send(l.node.sink, eventUpdate, l.id, update)
}
