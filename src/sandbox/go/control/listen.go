package control

import (
	"fmt"
	"net"
	"net/http"
	"sync"
)

// Start listens on address and serves nodes until [Server.Stop].
func (s *Server) Start(address string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		return nil
	}
	tcp, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	s.listener = &listener{Listener: tcp, open: map[net.Conn]struct{}{}}
	s.address = tcp.Addr().String()
	s.baseURL = "http://" + s.address
	for _, n := range s.nodes {
		if n.stream == nil {
			s.miss(n)
		}
	}
	s.note()
	go http.Serve(s.listener, s)
	return nil
}

// Stop refuses new connections and cuts the open ones, as if the control server went away.
func (s *Server) Stop() {
	s.mu.Lock()
	l := s.listener
	s.listener = nil
	s.note()
	s.mu.Unlock()
	if l != nil {
		l.Close()
	}
}

// Restart listens on the same port as before.
func (s *Server) Restart() error {
	s.mu.Lock()
	address := s.address
	s.mu.Unlock()
	if address == "" {
		return fmt.Errorf("control has not been started")
	}
	return s.Start(address)
}

// URL returns the control URL for nodes.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baseURL
}

// listener keeps track of its connections, because http.Server forgets those taken over by the control protocol.
type listener struct {
	net.Listener
	mu   sync.Mutex
	open map[net.Conn]struct{} // nil once closed
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		c.Close()
		return nil, net.ErrClosed
	}
	l.open[c] = struct{}{}
	return &conn{Conn: c, from: l}, nil
}

func (l *listener) Close() error {
	err := l.Listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.Close()
	}
	l.open = nil
	return err
}

type conn struct {
	net.Conn
	from *listener
}

func (c *conn) Close() error {
	c.from.mu.Lock()
	delete(c.from.open, c.Conn)
	c.from.mu.Unlock()
	return c.Conn.Close()
}
