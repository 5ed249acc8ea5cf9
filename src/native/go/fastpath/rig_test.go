package fastpath

import (
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what has to happen.
const patience = 15 * time.Second

// rules are those of a port with one target; a test changes what it is about.
func rules(network, address string) *Rules {
	return &Rules{
		Ours: Names{
			Names: []string{
				"keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
				"transfer-encoding", "upgrade", "http2-settings", "host", "content-length", "expect", "x-forwarded-for",
				"x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix", "proxy",
			},
			Prefixes: []string{"tailscale-", "x-tailscale-"},
		},
		Claims: Names{Names: []string{"x-real-ip", "x-client-ip"}, Prefixes: []string{"x-forwarded-", "remote-"}},
		Hop: []string{
			"connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
			"transfer-encoding", "upgrade", "http2-settings",
		},
		Trailers: []string{
			"connection", "transfer-encoding", "trailer", "authorization", "content-length", "content-type", "cookie", "host",
			"set-cookie",
		},
		Hosts:   Hosts{Names: []string{"myapp", "myapp.tail1234.ts.net"}, Addresses: []string{"100.64.0.7"}},
		Routes:  []*Route{{Path: "/", Network: network, Address: address}},
		Reports: true,
	}
}

func compiled(t testing.TB, r *Rules) *Rules {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ParseRules(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// host plays TypeScript: it judges at once, and answers questions.
type host struct {
	lane    *Lane
	judge   func(identity string) Verdict
	answer  func(question map[string]any) []byte
	mu      sync.Mutex
	judged  []string
	asked   []map[string]any
	events  [][]any
	dropped int
}

func (h *host) Judge(key int64, identity []byte) {
	h.mu.Lock()
	h.judged = append(h.judged, string(identity))
	judge := h.judge
	h.mu.Unlock()
	go func() { h.lane.Judged(key, judge(string(identity))) }()
}

// decide changes what is said about callers that come from now on.
func (h *host) decide(judge func(identity string) Verdict) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.judge = judge
}

func (h *host) Ask(number int64, text []byte) {
	var question map[string]any
	if err := json.Unmarshal(text, &question); err != nil {
		panic(err)
	}
	h.mu.Lock()
	h.asked = append(h.asked, question)
	h.mu.Unlock()
	if number != 0 {
		go func() { h.lane.Answered(number, h.answer(question)) }()
	}
}

func (h *host) Report(events []byte, dropped int) {
	var list [][]any
	if err := json.Unmarshal(events, &list); err != nil {
		panic(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, list...)
	h.dropped += dropped
}

func judgeByName(identity string) Verdict {
	return Verdict{Who: identity, Headers: []string{"Tailscale-User-Login", identity + "@example.com"}}
}

// page is what a request gets that got no response: its code as the body.
func page(question map[string]any) []byte {
	if question["type"] != "page" {
		return nil
	}
	code := question["code"].(string)
	return fmt.Appendf(nil, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(code), code)
}

// rig is a lane with callers over loopback TCP.
type rig struct {
	testing.TB
	*Lane
	host    *host
	address string
	mu      sync.Mutex
	conns   map[string]*Conn // by the caller's address
	left    sync.WaitGroup
}

// handedOver is what a caller gets in place of the general path: this, and what was read.
const handedOver = "GENERAL "

func newRig(t testing.TB, r *Rules) *rig {
	t.Helper()
	h := &host{judge: judgeByName, answer: page}
	h.lane = New(h, compiled(t, r))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	rig := &rig{TB: t, Lane: h.lane, host: h, address: ln.Addr().String(), conns: map[string]*Conn{}}
	t.Cleanup(func() {
		ln.Close()
		rig.Drain(0)
		rig.left.Wait()
	})
	go func() {
		for {
			tcp, err := ln.Accept()
			if err != nil {
				return
			}
			rig.left.Add(1)
			go rig.serve(tcp)
		}
	}()
	return rig
}

func (r *rig) serve(tcp net.Conn) {
	defer r.left.Done()
	defer tcp.Close()
	c := r.Open(tcp, r.Caller([]byte("alice")), "100.64.0.1")
	if c == nil {
		return
	}
	r.mu.Lock()
	r.conns[tcp.RemoteAddr().String()] = c
	r.mu.Unlock()
	if unread, handOver := c.Serve(); handOver {
		tcp.Write(append([]byte(handedOver), unread...))
	}
}

// conn returns the lane's side of a caller's connection.
func (r *rig) conn(c *peer) *Conn {
	r.Helper()
	var found *Conn
	eventually(r, "the connection to be served", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		found = r.conns[c.LocalAddr().String()]
		return found != nil
	})
	return found
}

func (r *rig) reported() [][]any {
	r.host.mu.Lock()
	defer r.host.mu.Unlock()
	return r.host.events
}

func (r *rig) questions() []map[string]any {
	r.host.mu.Lock()
	defer r.host.mu.Unlock()
	return r.host.asked
}

func (r *rig) dial() *peer {
	r.Helper()
	c, err := net.Dial("tcp", r.address)
	if err != nil {
		r.Fatal(err)
	}
	return newPeer(r, c)
}

// ask sends bytes on a connection of its own, ends it, and returns everything that comes back.
func (r *rig) ask(request string) string {
	r.Helper()
	c := r.dial()
	defer c.Close()
	c.send(request)
	c.CloseWrite()
	return c.rest()
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
