// Package socks is a SOCKS5 proxy on loopback whose connections lead elsewhere. tailscale.com/net/socks5 speaks the
// protocol; this package adds what it leaves out: replies that say why, half-closed connections, and an end.
package socks

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"tailscale.com/net/socks5"
)

// Options say where connections lead.
type Options struct {
	// Dial connects to "host:port" over "tcp" or "udp".
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Join carries bytes between a TCP connection and its client until both directions have ended.
	Join func(conn, client net.Conn)
	// Code returns the code of a Dial error, as Node.js names it.
	Code func(error) string
	// Failed is told what went wrong; the address is empty when it was the client's fault.
	Failed func(address string, err error)
}

// Server is an open proxy.
type Server struct {
	net.Listener
	options Options

	mu      sync.Mutex
	clients map[net.Conn]struct{} // nil once closed
}

// Listen opens a port on loopback only, because its clients act as this node.
func Listen(port uint16, options Options) (*Server, error) {
	ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	return &Server{Listener: ln, options: options, clients: map[net.Conn]struct{}{}}, nil
}

// Serve accepts clients until the server is closed.
func (s *Server) Serve() {
	for {
		conn, err := s.Accept()
		if err != nil {
			return
		}
		if s.add(conn) {
			s.serve(conn)
		}
	}
}

// Close stops listening and cuts the clients.
func (s *Server) Close() error {
	err := s.Listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.clients {
		conn.Close()
	}
	s.clients = nil
	return err
}

func (s *Server) add(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients == nil {
		conn.Close()
		return false
	}
	s.clients[conn] = struct{}{}
	return true
}

func (s *Server) remove(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, conn)
}

// serve gives a client a socks5.Server of its own, which is how a dial knows its client. It does not block.
func (s *Server) serve(conn net.Conn) {
	c := &client{Conn: conn, server: s, reply: addressTypeNotSupported}
	protocol := socks5.Server{Dialer: c.dial, Logf: c.log}
	protocol.Serve(&listenerOf{conn: c})
}

// closeWait bounds how long a client that was refused may keep sending.
const closeWait = time.Second

// Replies of RFC 1928, section 6.
const (
	generalFailure          = 1
	networkUnreachable      = 3
	hostUnreachable         = 4
	connectionRefused       = 5
	addressTypeNotSupported = 8
)

var replies = map[string]byte{
	"ECONNREFUSED": connectionRefused, "EHOSTUNREACH": hostUnreachable, "ENOTFOUND": hostUnreachable,
	"ENETUNREACH": networkUnreachable,
}

// client is the connection to a client, as socks5 sees it.
type client struct {
	net.Conn
	server *Server
	dialed atomic.Bool // UDP is dialed on goroutines of its own
	// reply replaces the general failure, which is all that socks5 answers. Before a dial, it means that the request
	// has a type of address that socks5 does not know.
	reply byte
}

// dialTimeout is longer than the five seconds of socks5, after which WireGuard repeats a handshake that was lost.
const dialTimeout = 10 * time.Second

func (c *client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c.dialed.Store(true)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialTimeout)
	defer cancel()
	conn, err := c.server.options.Dial(ctx, network, address)
	if err != nil {
		c.server.options.Failed(address, err)
	}
	if network != "tcp" {
		return conn, err
	}
	if err != nil {
		c.reply = generalFailure
		if reply, ok := replies[c.server.options.Code(err)]; ok {
			c.reply = reply
		}
		return nil, err
	}
	return &joined{Conn: conn, join: func() { c.server.options.Join(conn, c.Conn) }, done: make(chan struct{})}, nil
}

// Write sends a reply; what is joined does not pass here.
func (c *client) Write(p []byte) (int, error) {
	if len(p) > 2 && p[1] == generalFailure {
		p = append([]byte{p[0], c.reply}, p[2:]...)
	}
	return c.Conn.Write(p)
}

// Close reads what the client is still sending first. Unread bytes would turn the end into a reset, and the client might
// never see the reply.
func (c *client) Close() error {
	defer c.server.remove(c.Conn)
	if tcp, ok := c.Conn.(*net.TCPConn); ok && tcp.CloseWrite() == nil {
		tcp.SetReadDeadline(time.Now().Add(closeWait))
		io.Copy(io.Discard, tcp)
	}
	return c.Conn.Close()
}

// log receives the error that a client ended with. Those of dials have been reported.
func (c *client) log(_ string, args ...any) {
	for _, arg := range args {
		if err, ok := arg.(error); ok && !c.dialed.Load() {
			c.server.options.Failed("", err)
		}
	}
}

// joined makes socks5 leave the bytes to join. Its own copying would end both directions as soon as one has ended.
type joined struct {
	net.Conn
	join func()
	done chan struct{}
}

// WriteTo is how socks5 carries bytes to the client.
func (j *joined) WriteTo(io.Writer) (int64, error) {
	defer close(j.done)
	j.join()
	return 0, nil
}

// ReadFrom is how socks5 carries bytes from the client.
func (j *joined) ReadFrom(io.Reader) (int64, error) {
	<-j.done
	return 0, nil
}

// listenerOf is a listener that accepts a single connection.
type listenerOf struct{ conn net.Conn }

func (l *listenerOf) Accept() (net.Conn, error) {
	conn := l.conn
	l.conn = nil
	if conn == nil {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (l *listenerOf) Close() error   { return nil }
func (l *listenerOf) Addr() net.Addr { return nil }
