package fastpath

import (
	"bufio"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// certified are a certificate and its authority, of net/http/httptest.
var certified = sync.OnceValue(func() tls.Certificate {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	return s.TLS.Certificates[0]
})

// startTLS starts a target with TLS that serves each connection with a function.
func startTLS(t *testing.T, serve func(c *tls.Conn, r *bufio.Reader)) (address string, conns *atomic.Int32) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	conns = &atomic.Int32{}
	go func() {
		for {
			tcp, err := ln.Accept()
			if err != nil {
				return
			}
			conns.Add(1)
			c := tls.Server(tcp, &tls.Config{Certificates: []tls.Certificate{certified()}})
			c.SetDeadline(time.Now().Add(patience))
			go func() {
				defer c.Close()
				serve(c, bufio.NewReader(c))
			}()
		}
	}()
	return ln.Addr().String(), conns
}

// skipHead reads the head of a request. It returns false at the end.
func skipHead(r *bufio.Reader) bool {
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == "\r\n" {
			return err == nil
		}
	}
}

func secured(address string, target *TargetTLS) *Rules {
	r := rules("tcp", address)
	r.Routes[0].TLS = target
	return r
}

func TestTargetWithTLS(t *testing.T) {
	address, conns := startTLS(t, func(c *tls.Conn, r *bufio.Reader) {
		for skipHead(r) {
			io.WriteString(c, ok)
		}
	})
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certified().Certificate[0]}))
	c := newRig(t, secured(address, &TargetTLS{ServerName: "example.com", CA: authority})).dial()
	for range 5 {
		c.send(get("/"))
		if _, body := c.response("GET"); body != "ok" {
			t.Errorf("got %q", body)
		}
	}
	if conns.Load() != 1 {
		t.Errorf("%d connections", conns.Load())
	}
	for name, target := range map[string]*TargetTLS{
		"another name": {ServerName: "evil.example", CA: authority}, "insecure": {ServerName: "evil.example", Insecure: true},
	} {
		got := newRig(t, secured(address, target)).ask(get("/"))
		if want := map[bool]string{true: ok, false: handedOver + get("/")}[target.Insecure]; got != want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// What TLS has read ahead counts as much as what is left in the socket.
func TestUnsolicitedBytesInTLSEndAConnection(t *testing.T) {
	large := "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("a", 100_000)
	chunked := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
	for name, pieces := range map[string][]string{
		"in the record of a response":    {ok + evil},
		"in a record of their own":       {ok, evil},
		"after a large body":             {large + evil},
		"after a large body, by one":     {large + "H", evil[1:]},
		"after chunks":                   {chunked + evil},
		"after the head of a large body": {large[:80], large[80:] + evil},
	} {
		t.Run(name, func(t *testing.T) {
			var first atomic.Bool
			sent := make(chan struct{})
			var once sync.Once
			address, conns := startTLS(t, func(c *tls.Conn, r *bufio.Reader) {
				isFirst := !first.Swap(true)
				for skipHead(r) {
					if !isFirst {
						io.WriteString(c, ok)
						continue
					}
					for _, piece := range pieces {
						io.WriteString(c, piece)
					}
					once.Do(func() { close(sent) })
				}
			})
			c := newRig(t, secured(address, &TargetTLS{Insecure: true})).dial()
			c.send(get("/first"))
			c.response("GET")
			<-sent
			c.send(get("/second"))
			if _, body := c.response("GET"); body != "ok" || conns.Load() != 2 {
				t.Errorf("got %q, %d connections", body, conns.Load())
			}
		})
	}
}

// A record that has come in part is unsolicited too.
func TestHalfARecordEndsAConnection(t *testing.T) {
	var first atomic.Bool
	sent, more := make(chan struct{}), make(chan struct{})
	var once sync.Once
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			tcp, err := ln.Accept()
			if err != nil {
				return
			}
			isFirst := !first.Swap(true)
			held := &holding{Conn: tcp}
			c := tls.Server(held, &tls.Config{Certificates: []tls.Certificate{certified()}})
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for skipHead(r) {
					if !isFirst {
						io.WriteString(c, ok)
						continue
					}
					// The response and half a record go out together.
					held.hold = true
					io.WriteString(c, ok)
					io.WriteString(c, evil)
					half := len(held.held) - 10
					tcp.Write(held.held[:half])
					once.Do(func() { close(sent) })
					<-more
					tcp.Write(held.held[half:])
					held.hold = false
				}
			}()
		}
	}()
	rig := newRig(t, secured(ln.Addr().String(), &TargetTLS{Insecure: true}))
	idle := func() []*upstream {
		rig.pools.mu.Lock()
		defer rig.pools.mu.Unlock()
		return slices.Clone(rig.pools.idle[rig.rules.Load().Routes[0].key])
	}
	c := rig.dial()
	c.send(get("/first"))
	c.response("GET")
	<-sent
	eventually(t, "the connection to wait", func() bool { return len(idle()) == 1 })
	waiting := idle()[0]
	c.send(get("/second"))
	eventually(t, "it to be looked at", func() bool { return !slices.Contains(idle(), waiting) })
	close(more)
	if _, body := c.response("GET"); body != "ok" {
		t.Errorf("got %q", body)
	}
}

// holding is a connection that keeps what is written.
type holding struct {
	net.Conn
	hold bool
	held []byte
}

func (h *holding) Write(b []byte) (int, error) {
	if !h.hold {
		return h.Conn.Write(b)
	}
	h.held = append(h.held, b...)
	return len(b), nil
}

func TestTunnelThroughTLS(t *testing.T) {
	address, _ := startTLS(t, func(c *tls.Conn, r *bufio.Reader) {
		skipHead(r)
		io.WriteString(c, upgraded("tcp"))
		io.Copy(c, r)
		c.CloseWrite()
	})
	c := newRig(t, secured(address, &TargetTLS{Insecure: true})).dial()
	c.send(lines("GET / HTTP/1.1", "Host: myapp", "Connection: Upgrade", "Upgrade: tcp"))
	c.head()
	c.send("hello")
	c.CloseWrite()
	if got := c.rest(); got != "hello" {
		t.Errorf("got %q", got)
	}
}
