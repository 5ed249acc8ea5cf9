package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// handshakeTimeout bounds a TLS handshake, and the wait for its first byte.
const handshakeTimeout = 10 * time.Second

// secure is what the host hears about the TLS of a connection.
type secure struct {
	ALPN       string `json:"alpn,omitempty"`
	ServerName string `json:"servername,omitempty"`
	// Plain is whether the caller of a port with TLS speaks no TLS.
	Plain bool `json:"plain,omitempty"`
}

// keyPair is a certificate, and the names that it is for: "*" for every name.
type keyPair struct {
	Cert  string   `json:"cert"`
	Key   string   `json:"key"`
	Names []string `json:"names"`
}

// terminator ends the TLS of callers. Its configuration lives as long as the listener, so that session tickets stay valid
// when the certificate changes.
type terminator struct {
	config  *tls.Config
	current atomic.Pointer[certificate]

	mu sync.Mutex
	// beginning has the connections with a handshake in progress.
	beginning map[*connection]bool
	isClosed  bool
}

type certificate struct {
	pair  tls.Certificate
	names map[string]bool
}

func newTerminator(alpn []string) *terminator {
	t := &terminator{beginning: map[*connection]bool{}}
	t.config = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: alpn, GetCertificate: t.certificateFor}
	return t
}

// use serves new connections with another certificate. Open ones go on as they are.
func (t *terminator) use(given keyPair) error {
	pair, err := tls.X509KeyPair([]byte(given.Cert), []byte(given.Key))
	if err != nil {
		return err
	}
	c := &certificate{pair: pair, names: map[string]bool{}}
	for _, name := range given.Names {
		c.names[strings.ToLower(name)] = true
	}
	t.current.Store(c)
	return nil
}

// certificateFor refuses made-up names. Callers that send none get the certificate.
func (t *terminator) certificateFor(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c := t.current.Load()
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if c == nil || name != "" && !c.names[name] && !c.names["*"] {
		return nil, fmt.Errorf("no certificate for %q", hello.ServerName)
	}
	return &c.pair, nil
}

// terminate puts TLS between the connection and its caller. It returns false if there was none in time. A caller that
// begins with a letter speaks HTTP without TLS; its connection stays as it is. So does every connection without a
// terminator.
func (t *terminator) terminate(c *connection) bool {
	if t == nil {
		return true
	}
	if !t.begin(c) {
		return false
	}
	defer t.end(c)
	c.tcp.SetDeadline(time.Now().Add(handshakeTimeout))
	first := make([]byte, 1)
	if n, err := c.tcp.Read(first); n != 1 || err != nil {
		return false
	}
	under := &prefixed{Conn: c.tcp, prefix: first}
	if b := first[0] | 0x20; b >= 'a' && b <= 'z' {
		c.tcp.SetDeadline(time.Time{})
		c.become(under, &secure{Plain: true})
		return true
	}
	conn := tls.Server(under, t.config)
	if err := conn.Handshake(); err != nil {
		return false
	}
	c.tcp.SetDeadline(time.Time{})
	state := conn.ConnectionState()
	c.become(conn, &secure{ALPN: state.NegotiatedProtocol, ServerName: state.ServerName})
	return true
}

func (t *terminator) begin(c *connection) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.isClosed {
		return false
	}
	t.beginning[c] = true
	return true
}

func (t *terminator) end(c *connection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.beginning, c)
}

// close ends the handshakes in progress.
func (t *terminator) close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.isClosed = true
	for c := range t.beginning {
		c.cut()
	}
}

// become replaces what the connection reads and writes.
func (c *connection) become(conn net.Conn, s *secure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tcp, c.secure = conn, s
	if c.isCut {
		conn.Close()
	}
}

// prefixed is a connection of which some bytes have been read.
type prefixed struct {
	net.Conn
	prefix []byte
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.prefix) == 0 {
		return p.Conn.Read(b)
	}
	n := copy(b, p.prefix)
	p.prefix = p.prefix[n:]
	return n, nil
}

func (p *prefixed) CloseWrite() error {
	if w, ok := p.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return p.Conn.Close()
}
