package fastpath

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// peer is a caller, or a target's side of a connection.
type peer struct {
	t testing.TB
	*net.TCPConn
	r *bufio.Reader
}

func newPeer(t testing.TB, c net.Conn) *peer {
	c.SetReadDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return &peer{t, c.(*net.TCPConn), bufio.NewReader(c)}
}

// send sends what the other side may no longer want.
func (p *peer) send(text string) { io.WriteString(p.TCPConn, text) }

// head reads the head of a message, with its empty line; empty at the end.
func (p *peer) head() string {
	var head strings.Builder
	for {
		line, err := p.r.ReadString('\n')
		head.WriteString(line)
		if err != nil || line == "\r\n" {
			return head.String()
		}
	}
}

func (p *peer) exactly(n int) string {
	p.t.Helper()
	b := make([]byte, n)
	got, err := io.ReadFull(p.r, b)
	if err != nil {
		p.t.Errorf("got %q and %v, want %d bytes", b[:got], err, n)
	}
	return string(b[:got])
}

// rest reads to the end.
func (p *peer) rest() string {
	p.t.Helper()
	b, err := io.ReadAll(p.r)
	if isTimeout(err) {
		p.t.Errorf("the connection did not end after %.200q", b)
	}
	return string(b)
}

// response reads a response with its body.
func (p *peer) response(method string) (*http.Response, string) {
	p.t.Helper()
	response, err := http.ReadResponse(p.r, &http.Request{Method: method})
	if err != nil {
		p.t.Fatalf("no response: %v", err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Errorf("the body ended after %d bytes: %v", len(body), err)
	}
	return response, string(body)
}

// ended fails the test if the other side sends anything more, or does not end its side.
func (p *peer) ended() {
	p.t.Helper()
	if b, err := io.ReadAll(p.r); len(b) > 0 || isTimeout(err) {
		p.t.Errorf("got %.200q and %v, want the end", b, err)
	}
}

// target is an app in raw TCP.
type target struct {
	address string
	mu      sync.Mutex
	seen    []string // heads of requests
	conns   int
}

// startTarget starts a target that serves each connection with a function, which closes it by returning.
func startTarget(t testing.TB, serve func(tg *target, c *peer)) *target {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	tg := &target{address: ln.Addr().String()}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			tg.mu.Lock()
			tg.conns++
			tg.mu.Unlock()
			go func() {
				defer c.Close()
				serve(tg, newPeer(t, c))
			}()
		}
	}()
	return tg
}

// request reads the head of a request and notes it; empty at the end of the connection.
func (tg *target) request(c *peer) string {
	head := c.head()
	if head != "" {
		tg.mu.Lock()
		defer tg.mu.Unlock()
		tg.seen = append(tg.seen, head)
	}
	return head
}

func (tg *target) requests() []string {
	tg.mu.Lock()
	defer tg.mu.Unlock()
	return tg.seen
}

func (tg *target) connections() int {
	tg.mu.Lock()
	defer tg.mu.Unlock()
	return tg.conns
}

// answering starts a target that answers every request with the same bytes.
func answering(t testing.TB, answer string) *target {
	return startTarget(t, func(tg *target, c *peer) {
		for tg.request(c) != "" {
			c.send(answer)
		}
	})
}

const ok = "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 2\r\n\r\nok"

// get is a request of a path.
func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: myapp\r\n\r\n" }
