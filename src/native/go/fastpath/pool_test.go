package fastpath

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// pooled returns a caller on whose behalf a connection to the target waits.
func pooled(t *testing.T, rig *rig) *peer {
	t.Helper()
	c := rig.dial()
	c.send(get("/first"))
	if _, body := c.response("GET"); body != "ok" {
		t.Fatalf("got %q", body)
	}
	eventually(t, "the connection to wait", func() bool {
		rig.pools.mu.Lock()
		defer rig.pools.mu.Unlock()
		return len(rig.pools.idle[rig.rules.Load().Routes[0].key]) == 1
	})
	return c
}

// closingOnSecond starts a target that closes its first connection when a second request comes on it.
func closingOnSecond(t *testing.T) *target {
	var first atomic.Bool
	return startTarget(t, func(tg *target, c *peer) {
		isFirst := !first.Swap(true)
		for n := 0; tg.request(c) != ""; n++ {
			if isFirst && n == 1 {
				return
			}
			c.send(ok)
		}
	})
}

func TestStaleConnectionIsRetriedOnce(t *testing.T) {
	for _, request := range []string{
		get("/second"), lines("HEAD /second HTTP/1.1", "Host: myapp"), lines("OPTIONS /second HTTP/1.1", "Host: myapp"),
		lines("GET /second HTTP/1.1", "Host: myapp", "Cookie: "+strings.Repeat("a", 3*smallBuffer)),
	} {
		tg := closingOnSecond(t)
		rig := newRig(t, rules("tcp", tg.address))
		c := pooled(t, rig)
		c.send(request)
		if response, _ := c.response(strings.Fields(request)[0]); response.StatusCode != 200 {
			t.Errorf("%.10s: got %v", request, response)
		}
		seen := tg.requests()
		if tg.connections() != 2 || len(seen) != 3 || seen[1] != seen[2] {
			t.Errorf("%.10s: %d connections, %.200q", request, tg.connections(), seen)
		}
	}
}

func TestFreshConnectionIsNotRetried(t *testing.T) {
	tg := startTarget(t, func(tg *target, c *peer) { tg.request(c) })
	rig := newRig(t, rules("tcp", tg.address))
	if got := rig.ask(get("/")); !strings.HasSuffix(got, "ECONNRESET") || tg.connections() != 1 {
		t.Errorf("got %q after %d connections", got, tg.connections())
	}
}

func TestStaleConnectionIsRetriedOnlyOnce(t *testing.T) {
	var served atomic.Int32
	tg := startTarget(t, func(tg *target, c *peer) {
		if tg.request(c); served.Add(1) == 1 {
			c.send(ok)
			tg.request(c)
		}
	})
	rig := newRig(t, rules("tcp", tg.address))
	c := pooled(t, rig)
	c.send(get("/second"))
	if _, body := c.response("GET"); body != "ECONNRESET" || tg.connections() != 2 {
		t.Errorf("got %q after %d connections", body, tg.connections())
	}
}

// What may have had an effect never goes out on a connection that may be stale.
func TestUnsafeRequestsGetFreshConnections(t *testing.T) {
	for _, request := range []string{
		lines("POST /second HTTP/1.1", "Host: myapp"), lines("DELETE /second HTTP/1.1", "Host: myapp"), lines("LIST /second HTTP/1.1", "Host: myapp"),
		lines("GET /second HTTP/1.1", "Host: myapp", "Content-Length: 1") + "a",
		lines("GET /second HTTP/1.1", "Host: myapp", "Transfer-Encoding: chunked") + "0\r\n\r\n",
	} {
		tg := closingOnSecond(t)
		c := pooled(t, newRig(t, rules("tcp", tg.address)))
		c.send(request)
		if response, _ := c.response("GET"); response.StatusCode != 200 {
			t.Errorf("%.20s: got %v", request, response)
		}
		isSecond := func(head string) bool { return strings.Contains(head, " /second ") }
		if seen := tg.requests(); tg.connections() != 2 || !isSecond(seen[1]) || slices.ContainsFunc(seen[2:], isSecond) {
			t.Errorf("%.20s: %d connections, %q", request, tg.connections(), tg.requests())
		}
	}
}

func TestHalfAResponseIsNotRetried(t *testing.T) {
	var first atomic.Bool
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		if !first.Swap(true) {
			c.send(ok)
			tg.request(c)
			c.send("HTTP/1.1 200")
		}
	})
	rig := newRig(t, rules("tcp", tg.address))
	c := pooled(t, rig)
	c.send(get("/second"))
	if _, body := c.response("GET"); body != "ECONNRESET" || tg.connections() != 1 {
		t.Errorf("got %q after %d connections", body, tg.connections())
	}
}

// evil is what a caller must never get: it came before its request.
const evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"

// Bytes that no one has asked for never become the response to the next request.
func TestUnsolicitedBytesEndAConnection(t *testing.T) {
	for name, extra := range map[string]struct{ answer, later string }{
		"together with a response":       {ok + evil, ""},
		"after a response":               {ok, evil},
		"line breaks":                    {ok, "\r\n"},
		"a byte":                         {ok + "x", ""},
		"after a HEAD":                   {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ""},
		"after a 304":                    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok", ""},
		"after a 204":                    {"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", "ok"},
		"after a 204 in chunks":          {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n"},
		"after chunks":                   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + evil, ""},
		"chunks and a length":            {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", ""},
		"after trailers":                 {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n", "\n"},
		"a response that is the last":    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", ""},
		"a response of HTTP/1.0":         {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", ""},
		"a large one after its body":     {"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + strings.Repeat("a", 200_000) + evil, ""},
		"an interim one after the final": {ok, "HTTP/1.1 103 Early Hints\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var first atomic.Bool
			later := make(chan struct{})
			sent := make(chan struct{})
			var once sync.Once
			tg := startTarget(t, func(tg *target, c *peer) {
				isFirst := !first.Swap(true)
				for tg.request(c) != "" {
					if !isFirst {
						c.send(ok)
						continue
					}
					c.send(extra.answer)
					<-later
					c.send(extra.later)
					once.Do(func() { close(sent) })
				}
			})
			rig := newRig(t, rules("tcp", tg.address))
			c := rig.dial()
			method := "GET"
			if strings.HasSuffix(name, "HEAD") {
				method = "HEAD"
			}
			c.send(lines(method+" /first HTTP/1.1", "Host: myapp"))
			c.response(method)
			close(later)
			<-sent
			for range 2 {
				c.send(get("/second"))
				if _, body := c.response("GET"); body != "ok" {
					t.Fatalf("got %q", body)
				}
			}
			if len(tg.requests()) != 3 || tg.connections() != 2 {
				t.Errorf("%d requests on %d connections", len(tg.requests()), tg.connections())
			}
		})
	}
}

// A target that leaves a body unread takes it for the next request.
func TestConnectionThatCarriedABodyIsNotReused(t *testing.T) {
	for _, body := range []string{"Content-Length: 3\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"} {
		tg := startTarget(t, func(tg *target, c *peer) {
			head := tg.request(c)
			if strings.HasPrefix(head, "POST") && !strings.Contains(head, "\r\nConnection: close\r\n") {
				t.Errorf("the target is not told: %q", head)
			}
			c.send(ok)
			c.rest()
		})
		rig := newRig(t, rules("tcp", tg.address))
		c := rig.dial()
		for range 3 {
			c.send("POST / HTTP/1.1\r\nHost: myapp\r\n" + body)
			if _, got := c.response("POST"); got != "ok" {
				t.Fatalf("got %q", got)
			}
		}
		c.send(get("/"))
		if _, got := c.response("GET"); got != "ok" || tg.connections() != 4 {
			t.Errorf("got %q, %d connections", got, tg.connections())
		}
	}
}

func TestOtherTargetsGetOtherConnections(t *testing.T) {
	a, b := answering(t, ok), answering(t, evil)
	rig := newRig(t, rules("tcp", a.address))
	c := pooled(t, rig)
	rig.Follow(compiled(t, rules("tcp", b.address)))
	c.send(get("/"))
	if _, body := c.response("GET"); body != "evil" {
		t.Errorf("got %q of the target before", body)
	}
}

func TestManyCallersAreNeverMixed(t *testing.T) {
	tg := startTarget(t, func(tg *target, c *peer) {
		for {
			head := c.head()
			if head == "" {
				return
			}
			path := strings.Fields(head)[1]
			c.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(path), path))
		}
	})
	rig := newRig(t, rules("tcp", tg.address))
	done := make(chan string, 8)
	for caller := range 8 {
		go func() {
			c := rig.dial()
			for i := range 200 {
				path := fmt.Sprintf("/%d/%d", caller, i)
				request := get(path)
				if i%3 == 0 {
					request = lines("POST "+path+" HTTP/1.1", "Host: myapp", "Content-Length: 0")
				}
				c.send(request)
				if _, body := c.response("GET"); body != path {
					done <- fmt.Sprintf("got %s, want %s", body, path)
					return
				}
			}
			done <- ""
		}()
	}
	for range 8 {
		if text := <-done; text != "" {
			t.Error(text)
		}
	}
}
