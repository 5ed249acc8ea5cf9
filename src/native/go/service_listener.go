package main

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"tailscale.com/tailcfg"
	"tailscale.com/tsnet"
)

// serviceListener accepts the connections to one port of a Service.
type serviceListener struct {
	node    *node
	service tailcfg.ServiceName
	port    uint16
	conns   chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (n *node) listenService(ctx context.Context, name tailcfg.ServiceName, port uint16) (net.Listener, error) {
	lb, err := n.beHost(ctx, name)
	if err != nil {
		return nil, err
	}
	if port == 0 {
		return nil, codedText("ERR_TSEXPOSE_INVALID_OPTION", "the port of a Service has to be given")
	}
	l := &serviceListener{node: n, service: name, port: port, conns: make(chan net.Conn), closed: make(chan struct{})}
	var news bool
	n.services.change(name, func(h *hosting) {
		news = !h.active || !h.ports[port]
		h.ports[port], h.listeners[port], h.active = true, l, true
	})
	n.catchServices.Do(func() { n.server.RegisterFallbackTCPHandler(n.serviceFlow) })
	if news {
		if err := n.publish(lb); err != nil {
			l.Close()
			return nil, err
		}
		n.tellServices()
	}
	return l, nil
}

var _ tsnet.FallbackTCPHandler = (*node)(nil).serviceFlow

// serviceFlow finds the listener for a connection to an address of a Service, and refuses connections without one.
func (n *node) serviceFlow(_, dst netip.AddrPort) (func(net.Conn), bool) {
	lb, err := n.lb()
	if err != nil {
		return nil, false
	}
	name, ok := lb.IPServiceMappings()[dst.Addr()]
	if !ok {
		return nil, false
	}
	n.services.mu.Lock()
	defer n.services.mu.Unlock()
	if h := n.services.hostings[name]; h != nil && h.listeners[dst.Port()] != nil {
		return h.listeners[dst.Port()].take, true
	}
	return nil, false
}

func (l *serviceListener) take(c net.Conn) {
	select {
	case l.conns <- c:
	case <-l.closed:
		c.Close()
	}
}

func (l *serviceListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *serviceListener) Addr() net.Addr { return &net.TCPAddr{Port: int(l.port)} }

// Close also withdraws the Service unless something else keeps it.
func (l *serviceListener) Close() error {
	l.once.Do(func() {
		var last bool
		l.node.services.change(l.service, func(h *hosting) {
			delete(h.listeners, l.port)
			last = h.active && !h.announced && len(h.listeners) == 0
			h.active = h.active && !last
		})
		close(l.closed)
		if lb, err := l.node.lb(); err == nil && last {
			l.node.publish(lb)
		}
	})
	return nil
}
