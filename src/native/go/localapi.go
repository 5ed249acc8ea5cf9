package main

import (
	"context"
	"net"
)

// localAPI gives the host a connection to the node's LocalAPI: HTTP/1.1 over a socket pair. There is no open port, and
// only the host holds the other end, so it needs no secret.
func (n *node) localAPI(r *request, pair *net.UnixConn) {
	defer pair.Close()
	conn, err := n.dialLocalAPI(r.ctx)
	if err != nil {
		r.reject(err)
		return
	}
	defer conn.Close()
	r.resolve(nil)
	defer context.AfterFunc(n.ctx, func() { conn.Close() })()
	go guard(func() {
		transfer(conn, pair)
		conn.Close() // the host is gone: cancel its request
	})
	transfer(pair, conn)
}

func (n *node) dialLocalAPI(ctx context.Context) (net.Conn, error) {
	if _, err := n.lb(); err != nil {
		return nil, err
	}
	client, err := n.server.LocalClient()
	if err != nil {
		return nil, err
	}
	return client.Dial(ctx, "tcp", "local-tailscaled.sock:80")
}
