package main

import (
	"context"
)

func (n *node) dial(r *request, address string) {
	lb, err := n.lb()
	if err != nil {
		r.reject(err)
		return
	}
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	defer context.AfterFunc(n.ctx, cancel)()
	tcp, err := n.server.Dial(ctx, "tcp", address)
	if err != nil {
		if n.ctx.Err() != nil {
			err = errClosed
		}
		r.reject(err)
		return
	}
	c, fd, err := newConnection(n, tcp)
	if err != nil {
		tcp.Close()
		r.reject(err)
		return
	}
	who := identify(lb, c.remote, c.local).text()
	if !r.resolveFD(fd, c.describe(who)) {
		closeFD(fd)
		c.cut()
		c.finish()
		return
	}
	c.delivered(who)
	c.run()
}
