package fastpath

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// responded returns everything that a caller of a single request gets. The target sends an answer and closes.
func responded(t *testing.T, method, answer string) string {
	t.Helper()
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		c.send(answer)
	})
	return newRig(t, rules("tcp", tg.address)).ask(lines(method+" / HTTP/1.1", "Host: myapp"))
}

func TestResponsesPassOn(t *testing.T) {
	for _, c := range []struct{ name, method, answer, want string }{
		{"with a length", "GET", ok, ok},
		{"without a body", "GET", "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\n\r\n"},
		{"of HEAD with a length", "HEAD", "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\n", "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\n"},
		{"of HEAD in chunks", "HEAD", "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nDate: now\r\n\r\n"},
		{"of HEAD to the end", "HEAD", "HTTP/1.1 200 OK\r\nDate: now\r\n\r\n", "HTTP/1.1 200 OK\r\nDate: now\r\n\r\n"},
		{"204", "GET", "HTTP/1.1 204 No Content\r\nDate: now\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n"},
		{"304", "GET", "HTTP/1.1 304 Not Modified\r\nDate: now\r\nContent-Length: 7\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nDate: now\r\nContent-Length: 7\r\n\r\n"},
		{"205", "GET", "HTTP/1.1 205 Reset Content\r\nDate: now\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 205 Reset Content\r\nDate: now\r\nContent-Length: 0\r\n\r\n"},
		{"in chunks", "GET", "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\nTrailer: A, Cookie\r\n\r\n2;x\r\nok\r\n0\r\nA: b\r\nSet-Cookie: c\r\nContent-Length: 5\r\nTransfer-Encoding: d\r\n\r\n",
			"HTTP/1.1 200 OK\r\nDate: now\r\nTrailer: A, Cookie\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n"},
		{"to the end of the connection", "GET", "HTTP/1.1 200 OK\r\nDate: now\r\n\r\nok", "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
		{"of HTTP/1.0", "GET", "HTTP/1.0 200 OK\nDate: now\n\nok", "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
		{"with several cookies", "GET", "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\ndate: now\r\nset-cookie: b\r\nContent-Length: 0\r\n\r\n",
			"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\ndate: now\r\nset-cookie: b\r\nContent-Length: 0\r\n\r\n"},
		{"after interim ones", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: a\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + ok,
			"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + ok},
		{"longer than its length", "GET", ok + "more", ok},
		{"shorter than its length", "GET", "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\nok", "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\nok"},
		{"with chunks that end early", "GET", "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"},
		{"with chunks that are none", "GET", "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nx\r\n", "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"},
	} {
		if got := responded(t, c.method, c.answer); got != c.want {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
}

func TestIncompleteResponseEndsTheConnection(t *testing.T) {
	for _, answer := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nok", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"} {
		tg := startTarget(t, func(tg *target, c *peer) {
			tg.request(c)
			c.send(answer)
		})
		rig := newRig(t, rules("tcp", tg.address))
		got := rig.ask(get("/") + get("/"))
		if !strings.HasSuffix(got, "ok") && !strings.HasSuffix(got, "ok\r\n") || tg.connections() != 1 {
			t.Errorf("got %q", got)
		}
		eventually(t, "the report", func() bool { return len(rig.reported()) == 1 })
		if e := rig.reported()[0]; e[6] != "http_response_incomplete" || e[7] != false || e[3] != 200.0 {
			t.Errorf("got %v", e)
		}
	}
}

func TestMalformedResponsesGetAPage(t *testing.T) {
	for answer, code := range map[string]string{
		"SSH-2.0-OpenSSH\r\n": "HPE_INVALID_CONSTANT", "\x15\x03\x01\x00\x02": "HPE_INVALID_CONSTANT", "": "ECONNRESET", "HTTP/1.1 200 OK\r\nA": "ECONNRESET",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n": "HPE_INVALID_CONSTANT",
		"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n":                                "HPE_INVALID_CONSTANT",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n":            "HPE_INVALID_CONSTANT",
		"HTTP/1.1 103 Early Hints\r\n\r\nx":                                 "HPE_INVALID_CONSTANT",
	} {
		got := responded(t, "GET", answer)
		if _, got, _ := strings.Cut(got, "HTTP/1.1 502 Bad Gateway\r\n"); got != fmt.Sprintf("Content-Length: %d\r\nConnection: close\r\n\r\n%s", len(code), code) {
			t.Errorf("%q: got %q", answer, got)
		}
	}
}

func TestLocationsAreMapped(t *testing.T) {
	tg := answering(t, lines("HTTP/1.1 302 Found", "Date: now", "A: b", "Location: http://localhost:3000/\xfc", "Content-Length: 0", "Set-Cookie: a; Domain=localhost"))
	rig := newRig(t, rules("tcp", tg.address))
	rig.host.answer = func(q map[string]any) []byte {
		if got := fmt.Sprint(q["type"], q["headers"], q["host"], q["secure"]); got != "map[Location http://localhost:3000/ü Set-Cookie a; Domain=localhost]myappfalse" {
			t.Errorf("got the question %s", got)
		}
		return []byte("Location: http://myapp/\r\nSet-Cookie: a\r\n")
	}
	if got := rig.ask(get("/")); got != lines("HTTP/1.1 302 Found", "Date: now", "A: b", "Content-Length: 0", "Location: http://myapp/", "Set-Cookie: a") {
		t.Errorf("got %q", got)
	}
}

func TestLargeResponses(t *testing.T) {
	const size = 3<<20 + 17
	body := strings.Repeat("0123456789abcdef", size/16+1)[:size]
	chunked := strings.Builder{}
	for rest := body; rest != ""; {
		n := min(len(rest), 1+len(rest)%70_001)
		fmt.Fprintf(&chunked, "%x\r\n%s\r\n", n, rest[:n])
		rest = rest[n:]
	}
	cookie := "A: " + strings.Repeat("a", 100<<10)
	for name, answer := range map[string]string{
		"with a length":               lines("HTTP/1.1 200 OK", "Content-Length: "+fmt.Sprint(size)) + body,
		"in chunks":                   lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") + chunked.String() + "0\r\n\r\n",
		"to the end":                  lines("HTTP/1.1 200 OK") + body,
		"with a length, a large head": lines("HTTP/1.1 200 OK", cookie, "Content-Length: "+fmt.Sprint(size)) + body,
		"in chunks, a large head":     lines("HTTP/1.1 200 OK", cookie, "Transfer-Encoding: chunked") + chunked.String() + "0\r\n\r\n",
		"to the end, a large head":    lines("HTTP/1.1 200 OK", cookie) + body,
	} {
		tg := startTarget(t, func(tg *target, c *peer) {
			tg.request(c)
			c.send(answer)
		})
		rig := newRig(t, rules("tcp", tg.address))
		c := rig.dial()
		c.send(get("/"))
		if _, got := c.response("GET"); got != body {
			t.Errorf("%s: got %d other bytes", name, len(got))
		}
		c.Close()
		eventually(t, "the report", func() bool { return len(rig.reported()) == 1 })
		if e := rig.reported()[0]; e[5] != float64(size) {
			t.Errorf("%s: reported %v", name, e)
		}
	}
}

// Streams pass on as they come.
func TestResponsesAreNotHeldBack(t *testing.T) {
	for _, frame := range []string{"Content-Length: 2\r\n\r\n|a|b", "Transfer-Encoding: chunked\r\n\r\n|1\r\na\r\n|1\r\nb\r\n0\r\n\r\n", "\r\n|a|b"} {
		pieces := strings.Split("HTTP/1.1 200 OK\r\n"+frame, "|")
		more := make(chan struct{})
		tg := startTarget(t, func(tg *target, c *peer) {
			tg.request(c)
			for _, piece := range pieces {
				c.send(piece)
				<-more
			}
		})
		c := newRig(t, rules("tcp", tg.address)).dial()
		c.send(get("/"))
		response, err := http.ReadResponse(c.r, nil)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1)
		for _, want := range "ab" {
			more <- struct{}{}
			if _, err := io.ReadFull(response.Body, b); err != nil || b[0] != byte(want) {
				t.Errorf("got %q and %v", b, err)
			}
		}
		close(more)
	}
}

func TestCallerThatLeavesADownload(t *testing.T) {
	gone := make(chan error, 1)
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		c.send(lines("HTTP/1.1 200 OK", "Content-Length: 1000000000"))
		c.SetWriteDeadline(time.Now().Add(patience))
		for {
			if _, err := c.Write(make([]byte, 64<<10)); err != nil {
				gone <- err
				return
			}
		}
	})
	rig := newRig(t, rules("tcp", tg.address))
	c := rig.dial()
	c.send(get("/"))
	c.exactly(100_000)
	c.SetLinger(0)
	c.Close()
	if err := <-gone; isTimeout(err) {
		t.Error("the target does not notice")
	}
	eventually(t, "the report", func() bool { return len(rig.reported()) == 1 })
	if e := rig.reported()[0]; e[7] != true || e[6] != "" {
		t.Errorf("got %v", e)
	}
}

// While nothing is carried, the caller is watched.
func TestCallerThatLeavesWhileWaiting(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\na"} {
		gone := make(chan struct{})
		tg := startTarget(t, func(tg *target, c *peer) {
			tg.request(c)
			c.send(answer)
			c.ended()
			close(gone)
		})
		rig := newRig(t, rules("tcp", tg.address))
		c := rig.dial()
		c.send(get("/"))
		eventually(t, "the request", func() bool { return len(tg.requests()) == 1 })
		c.SetLinger(0)
		c.Close()
		<-gone
		eventually(t, "the report", func() bool { return len(rig.reported()) == 1 })
		if e := rig.reported()[0]; e[7] != true {
			t.Errorf("got %v", e)
		}
	}
}

// The words of a refusal may come behind the head, and far behind it.
func TestRefusalIsTold(t *testing.T) {
	t.Parallel()
	page := strings.Repeat(" ", 5000) + "Blocked host: myapp"
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		c.send(fmt.Sprintf("HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n", len(page)))
		c.send(page[:3000])
		c.send(page[3000:])
	})
	r := rules("tcp", tg.address)
	r.Routes[0].Watch = true
	rig := newRig(t, r)
	if got := rig.ask(get("/")); !strings.HasSuffix(got, "\r\n\r\n"+page) {
		t.Errorf("got %q", got)
	}
	eventually(t, "the report", func() bool { return len(rig.questions()) == 1 })
	if text, _ := rig.questions()[0]["text"].(string); text != page {
		t.Errorf("told %d bytes of %d", len(text), len(page))
	}
}

// What a caller sends ahead while it waits is not lost to the watch.
func TestRequestsThatComeDuringAWatch(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	tg := startTarget(t, func(tg *target, c *peer) {
		for tg.request(c) != "" {
			<-release
			c.send(ok)
		}
	})
	rig := newRig(t, rules("tcp", tg.address))
	c := rig.dial()
	c.send(get("/"))
	watched(rig, c)
	c.send(get("/a") + "GET /b HT")
	c.send("TP/1.1\r\nHost: myapp\r\n\r\n")
	close(release)
	for range 3 {
		if _, body := c.response("GET"); body != "ok" {
			t.Errorf("got %q", body)
		}
	}
}

// watched waits until a caller is watched.
func watched(rig *rig, c *peer) {
	conn := rig.conn(c)
	eventually(rig, "the watch", func() bool {
		conn.mu.Lock()
		defer conn.mu.Unlock()
		return conn.watch != nil
	})
}

func TestCallerThatHalfClosesGetsItsAnswer(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		<-release
		c.send(ok)
	})
	rig := newRig(t, rules("tcp", tg.address))
	c := rig.dial()
	c.send(get("/"))
	c.CloseWrite()
	watched(rig, c)
	conn := rig.conn(c)
	eventually(t, "its end to be noticed", func() bool {
		conn.mu.Lock()
		defer conn.mu.Unlock()
		return conn.watch != nil && !conn.watch.ended.IsZero()
	})
	close(release)
	if got := c.rest(); got != ok {
		t.Errorf("got %q", got)
	}
}
