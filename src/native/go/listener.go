package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"

	"tailscale.com/tailcfg"
)

// listener accepts connections on one tailnet port. tsnet closes a connection that is not accepted within a second, and
// a busy event loop can stall for longer, so connections are accepted here right away and wait for the host.
type listener struct {
	id      int64
	node    *node
	ln      net.Listener
	port    uint16
	backlog int64
	config  listenConfig
	// loopback marks a port of this machine, which leads to the tailnet.
	loopback bool
	// pending counts the connections that the host has been given and has not acknowledged.
	pending atomic.Int64
	once    sync.Once
	// lane carries HTTP; nil if the host takes all connections.
	lane *lane
	// tls ends the TLS of callers; nil for a port without TLS.
	tls *terminator
}

// listenConfig is what the host says about a listener; see tsx_node_listen.
type listenConfig struct {
	Target  string `json:"target"`  // what connections are joined to; empty if the host takes them
	Funnel  bool   `json:"funnel"`  // open to the internet too
	Service string `json:"service"` // the Tailscale Service whose port it is; empty for the node's own
	// Address is the one address of the node that it is a port of; empty for all of them.
	Address  string `json:"address"`
	IPv6Only bool   `json:"ipv6Only"`
	// HTTP is what the fast path does with connections; see package fastpath.
	HTTP json.RawMessage `json:"http"`
	// TLS is the certificate of a port with TLS, which may come later, and ALPN the protocols that callers may choose
	// from, best first.
	TLS  *keyPair `json:"tls"`
	ALPN []string `json:"alpn"`
}

// where says whose port it is.
func (c listenConfig) where() string {
	if c.Service != "" {
		return c.Service
	}
	return "tailnet"
}

// overlaps returns whether two listeners on the same port would get the same connections.
func (c listenConfig) overlaps(other listenConfig) bool {
	if c.Service != other.Service {
		return false
	}
	a, b := c.family(), other.family()
	return a == b || a == anyFamily || b == anyFamily
}

// resolve checks the address, and leaves only one of the node's own.
func (c *listenConfig) resolve(n *node) error {
	c.IPv6Only = c.IPv6Only && c.Service == "" && !c.Funnel
	address, err := netip.ParseAddr(c.Address)
	address = address.Unmap().WithZone("")
	if err != nil || address.IsUnspecified() || address.IsLoopback() || c.Service != "" || c.Funnel {
		c.Address = "" // a name, such as localhost, stands for all addresses too
		return nil
	}
	c.Address = address.String()
	ip4, ip6 := n.server.TailscaleIPs()
	if ip4.IsValid() && address != ip4 && address != ip6 {
		return codedText("EADDRNOTAVAIL", fmt.Sprintf("%s is not an address of this node", address))
	}
	return nil
}

const anyFamily = ""

// family returns which of the node's addresses it is a port of: "4", "6", or anyFamily. A node has one of each.
func (c listenConfig) family() string {
	switch address, err := netip.ParseAddr(c.Address); {
	case err == nil && address.Is4():
		return "4"
	case err == nil || c.IPv6Only:
		return "6"
	}
	return anyFamily
}

func (c listenConfig) network() string { return "tcp" + c.family() }

func (n *node) listen(r *request, port uint16, backlog int64, text string) {
	var config listenConfig
	json.Unmarshal([]byte(text), &config) // the host writes it from a typed value
	if err := n.start(); err != nil {
		r.reject(err)
		return
	}
	if err := config.resolve(n); err != nil {
		r.reject(err)
		return
	}
	n.warnOfFewFiles()
	for _, l := range listeners.all() {
		if l.node == n && !l.loopback && l.port == port && l.config.overlaps(config) && port != 0 {
			r.reject(codedText("EADDRINUSE", fmt.Sprintf("%s port %d is already in use by this node", config.where(), port)))
			return
		}
	}
	ln, err := n.open(r.ctx, port, config)
	if err != nil {
		r.reject(err)
		return
	}
	if ap, err := netip.ParseAddrPort(ln.Addr().String()); err == nil {
		port = ap.Port()
	} else if _, text, err := net.SplitHostPort(ln.Addr().String()); err == nil {
		fmt.Sscan(text, &port)
	}
	l := listeners.add(func(id int64) *listener {
		return &listener{id: id, node: n, ln: ln, port: port, backlog: backlog, config: config}
	})
	if err := l.prepare(); err != nil {
		l.close()
		r.reject(err)
		return
	}
	// In this order, because the host must know the listener before its first connection.
	r.resolve(map[string]any{"listener": l.id, "port": l.port,
		"capacity": map[string]int{"total": shared().Total, "each": shared().Each}})
	go guard(l.serve)
}

// prepare makes what ends TLS, and what carries HTTP.
func (l *listener) prepare() error {
	if l.config.TLS != nil || l.config.ALPN != nil {
		l.tls = newTerminator(l.config.ALPN)
	}
	if l.config.TLS != nil {
		if err := l.tls.use(*l.config.TLS); err != nil {
			return coded("ERR_TSEXPOSE_CERTIFICATE", err)
		}
	}
	if l.config.HTTP == nil {
		return nil
	}
	return l.openLane()
}

// tell replaces the certificate; see tsx_listener_tell.
func (l *listener) tell(text string) bool {
	var message struct {
		Type string `json:"type"`
		keyPair
	}
	if json.Unmarshal([]byte(text), &message) != nil || message.Type != "certificate" {
		return false
	}
	return l.tls != nil && l.tls.use(message.keyPair) == nil
}

func (n *node) open(ctx context.Context, port uint16, config listenConfig) (net.Listener, error) {
	switch {
	case config.Service != "":
		return n.listenService(ctx, tailcfg.ServiceName(config.Service), port)
	case config.Funnel:
		return n.listenFunnel(port)
	}
	return n.server.Listen(config.network(), net.JoinHostPort(config.Address, strconv.Itoa(int(port))))
}

func (l *listener) serve() {
	defer l.close()
	for {
		c, err := l.ln.Accept()
		if err != nil {
			return // it was closed
		}
		switch {
		case l.lane != nil:
			go guard(func() { l.carry(c) })
		case l.config.Target != "":
			go guard(func() { l.forward(c) })
		default:
			go guard(func() { l.deliver(c) })
		}
	}
}

// deliver passes a connection to the host, along with who is at the other end.
func (l *listener) deliver(tcp net.Conn) {
	c, who, giveBack := l.admit(tcp)
	if c == nil {
		return
	}
	defer giveBack()
	l.pass(c, who, nil)
}

// pass passes a connection to the host, which gets what has been read from it first.
func (l *listener) pass(c *connection, who, unread []byte) {
	pair, fd, err := openPair()
	if err != nil {
		l.refuse(c)
		return
	}
	c.attachPair(pair)
	if !emit(l.node.sink, event{kind: eventConnection, fd: fd, id: l.id, json: c.describe(who)}) {
		l.pending.Add(-1)
		closeFD(fd)
		c.discard()
		return
	}
	c.delivered(who)
	if len(unread) > 0 {
		pair.Write(unread)
	}
	c.run()
}

// admit returns an accepted connection, who is at its other end, and what gives back its descriptors. It returns nil if the
// node is closed, the caller has too many connections or begins no TLS, or the host is too busy.
func (l *listener) admit(tcp net.Conn) (c *connection, who []byte, giveBack func()) {
	lb, err := l.node.lb()
	if err != nil {
		tcp.Close()
		return nil, nil, nil
	}
	c = newConnection(l.node, tcp, nil)
	caller := c.identify(lb)
	giveBack = l.node.lend(caller)
	if giveBack == nil {
		c.discard()
		return nil, nil, nil
	}
	if !l.tls.terminate(c) {
		giveBack()
		c.discard()
		return nil, nil, nil
	}
	if l.pending.Add(1) > l.backlog {
		giveBack()
		l.refuse(c)
		return nil, nil, nil
	}
	if l.tls != nil { // a handshake takes a while
		caller = c.identify(lb)
	}
	return c, caller.text(), giveBack
}

// refuse closes a connection of which the host knows nothing.
func (l *listener) refuse(c *connection) {
	l.pending.Add(-1)
	c.discard()
}

func (l *listener) close() {
	l.once.Do(func() {
		listeners.remove(l.id)
		l.ln.Close()
		l.tls.close()
	})
}
