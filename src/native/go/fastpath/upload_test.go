package fastpath

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// reading starts a target that reads bodies as Go does, and answers with their length and trailers.
func reading(t *testing.T) *target {
	return startTarget(t, func(tg *target, c *peer) {
		request, err := http.ReadRequest(c.r)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		text := fmt.Sprintf("%d %.10s %v %v %v", len(body), body, err, request.ContentLength, request.Trailer)
		c.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text))
	})
}

func TestBodies(t *testing.T) {
	rig := newRig(t, rules("tcp", reading(t).address))
	c := rig.dial()
	large := strings.Repeat("a", 1<<20)
	for _, b := range []struct{ body, want string }{
		{"Content-Length: 3\r\n\r\nabc", "3 abc <nil> 3 map[]"},
		{"Content-Length: 0\r\n\r\n", "0  <nil> 0 map[]"},
		{"Content-Length: 1048576\r\n\r\n" + large, "1048576 aaaaaaaaaa <nil> 1048576 map[]"},
		{"Content-Length: 4095\r\n\r\n" + large[:4095], "4095 aaaaaaaaaa <nil> 4095 map[]"},
		{"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "3 abc <nil> -1 map[]"},
		{"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "0  <nil> -1 map[]"},
		{"Transfer-Encoding: chunked\r\n\r\n100000\r\n" + large + "\r\n2\r\nbc\r\n0\r\n\r\n", "1048578 aaaaaaaaaa <nil> -1 map[]"},
		{"Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1;a=b\r\na\r\n", 5000) + "0\r\n\r\n", "5000 aaaaaaaaaa <nil> -1 map[]"},
		{"TE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA: b\r\nTailscale-User-Login: root\r\ntailscale_foo: x\r\nCookie: c\r\n" +
			"Content_Type: d\r\nX-Real-IP: d\r\nHost: e\r\nTransfer_Encoding: f\r\n\r\n", "1 a <nil> -1 map[A:[b]]"},
	} {
		c.send("POST / HTTP/1.1\r\nHost: myapp\r\n" + b.body)
		if _, got := c.response("POST"); got != b.want {
			t.Errorf("%.60q: got %s, want %s", b.body, got, b.want)
		}
	}
}

func TestChunkedBodyIsFramedAnew(t *testing.T) {
	got := make(chan string, 1)
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		got <- c.exactly(len("2\r\nab\r\n1\r\nc\r\n0\r\nA: b\r\n\r\n"))
		c.send(ok)
	})
	rig := newRig(t, rules("tcp", tg.address))
	rig.ask("POST / HTTP/1.1\r\nHost: myapp\r\nTransfer-Encoding: chunked\r\n\r\n002;x\r\nab\r\n1\r\nc\r\n000\r\nA:b\r\nHost: c\r\n\r\n")
	if text := <-got; text != "2\r\nab\r\n1\r\nc\r\n0\r\nA: b\r\n\r\n" {
		t.Errorf("got %q", text)
	}
}

func TestMalformedChunksEndTheRequest(t *testing.T) {
	for _, chunks := range []string{"x\r\n", "1\nab", "1\r\nab\r\n0\r\n\r\n", "1;a\r\r\na\r\n", "1\r\na\r\n0\r\nA b\r\n\r\n"} {
		cut := make(chan string, 1)
		tg := startTarget(t, func(tg *target, c *peer) {
			tg.request(c)
			cut <- c.rest()
		})
		rig := newRig(t, rules("tcp", tg.address))
		got := rig.ask("POST / HTTP/1.1\r\nHost: myapp\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + get("/smuggled"))
		if !strings.HasSuffix(got, "\r\n\r\nHPE_INVALID_CHUNK_SIZE") {
			t.Errorf("%q: got %q", chunks, got)
		}
		if text := <-cut; strings.Contains(text, "smuggled") || strings.HasSuffix(text, "0\r\n\r\n") {
			t.Errorf("%q: the target got %q", chunks, text)
		}
	}
}

func TestExpectationIsUpToTheTarget(t *testing.T) {
	// The target goes on.
	tg := startTarget(t, func(tg *target, c *peer) {
		for {
			if head := tg.request(c); !strings.Contains(head, "\r\nExpect: 100-continue\r\n") {
				return
			}
			c.send("HTTP/1.1 100 Continue\r\n\r\n")
			c.exactly(3)
			c.send(ok)
		}
	})
	rig := newRig(t, rules("tcp", tg.address))
	c := rig.dial()
	for range 2 {
		c.send(lines("POST / HTTP/1.1", "Host: myapp", "Content-Length: 3", "expect: 100-Continue"))
		if got := c.head(); got != "HTTP/1.1 100 Continue\r\n\r\n" {
			t.Fatalf("got %q", got)
		}
		c.send("abc")
		if response, body := c.response("POST"); body != "ok" || response.Close {
			t.Errorf("got %q", body)
		}
	}
}

func TestExpectationThatIsRefused(t *testing.T) {
	for _, framing := range []string{"Content-Length: 3", "Transfer-Encoding: chunked"} {
		uploaded := make(chan string, 1)
		tg := startTarget(t, func(tg *target, c *peer) {
			tg.request(c)
			c.send("HTTP/1.1 413 Too Large\r\nDate: now\r\nContent-Length: 0\r\n\r\n")
			uploaded <- c.rest()
		})
		rig := newRig(t, rules("tcp", tg.address))
		c := rig.dial()
		c.send(lines("POST / HTTP/1.1", "Host: myapp", framing, "Expect: 100-continue"))
		if got := c.head(); got != "HTTP/1.1 413 Too Large\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" {
			t.Errorf("got %q", got)
		}
		// What comes now may be the body or another request.
		c.send(get("/smuggled"))
		c.ended()
		if text := <-uploaded; text != "" {
			t.Errorf("the target got %q", text)
		}
	}
}

func TestExpectationWithTheBodyAlong(t *testing.T) {
	rig := newRig(t, rules("tcp", reading(t).address))
	c := rig.dial()
	c.send(lines("POST / HTTP/1.1", "Host: myapp", "Content-Length: 3", "Expect: 100-continue") + "abc")
	if _, got := c.response("POST"); got != "3 abc <nil> 3 map[]" {
		t.Errorf("got %q", got)
	}
}

func TestResponseThatComesBeforeTheBodyEnds(t *testing.T) {
	for name, ending := range map[string]string{"the caller goes on": "goes on", "the caller stops": "stops"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tg := startTarget(t, func(tg *target, c *peer) {
				if strings.HasPrefix(tg.request(c), "POST") {
					c.exactly(10)
				}
				c.send(ok)
				if ending == "stops" {
					c.ended()
				}
			})
			rig := newRig(t, rules("tcp", tg.address))
			c := rig.dial()
			c.send(lines("POST / HTTP/1.1", "Host: myapp", "Content-Length: 1000000") + strings.Repeat("a", 10))
			if response, body := c.response("POST"); response.StatusCode != 200 || body != "ok" {
				t.Fatalf("got %v and %q", response, body)
			}
			if ending == "stops" {
				c.CloseWrite()
				c.ended()
				return
			}
			// The rest of the body is not taken for another request.
			c.send(strings.Repeat("a", 1_000_000-10) + get("/next"))
			if _, body := c.response("GET"); body != "ok" {
				t.Errorf("got %q", body)
			}
			if seen := tg.requests(); len(seen) != 2 || !strings.HasPrefix(seen[1], "GET /next") {
				t.Errorf("the target got %.100q", seen)
			}
		})
	}
}

func TestTargetThatHangsUpDuringAnUpload(t *testing.T) {
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		c.exactly(10)
	})
	rig := newRig(t, rules("tcp", tg.address))
	for _, framing := range []string{"Content-Length: 1000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nfffff\r\n"} {
		c := rig.dial()
		c.send("POST / HTTP/1.1\r\nHost: myapp\r\n" + framing + strings.Repeat("a", 100))
		if _, body := c.response("POST"); body != "ECONNRESET" {
			t.Errorf("got %q", body)
		}
		c.ended()
	}
}

// A target may answer and close without having read the body: the caller gets the answer all the same.
func TestAnswerOfATargetThatClosesDuringAnUpload(t *testing.T) {
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		c.send("HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge")
	})
	rig := newRig(t, rules("tcp", tg.address))
	for range 20 {
		c := rig.dial()
		go func() {
			io.WriteString(c.TCPConn, lines("POST / HTTP/1.1", "Host: myapp", "Content-Length: 4000000"))
			c.TCPConn.Write(make([]byte, 4_000_000))
		}()
		if response, body := c.response("POST"); response.StatusCode != 413 || body != "large" {
			t.Errorf("got %v and %q", response, body)
		}
	}
}

func TestCallerThatLeavesAnUpload(t *testing.T) {
	for _, framing := range []string{"Content-Length: 1000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nfffff\r\n"} {
		for _, leave := range []func(c *peer){func(c *peer) { c.CloseWrite() }, func(c *peer) { c.SetLinger(0); c.Close() }} {
			left := make(chan string, 1)
			tg := startTarget(t, func(tg *target, c *peer) {
				tg.request(c)
				left <- c.rest()
			})
			rig := newRig(t, rules("tcp", tg.address))
			c := rig.dial()
			c.send("POST / HTTP/1.1\r\nHost: myapp\r\n" + framing + "aaaaaaaaaa")
			eventually(t, "the request", func() bool { return len(tg.requests()) == 1 })
			leave(c)
			if text := <-left; strings.HasSuffix(text, "0\r\n\r\n") || len(text) > 100 {
				t.Errorf("the target got %q", text)
			}
			eventually(t, "the report", func() bool { return len(rig.reported()) == 1 })
			if e := rig.reported()[0]; e[7] != true {
				t.Errorf("got %v", e)
			}
		}
	}
}

func TestUploadThatStops(t *testing.T) {
	t.Parallel()
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		c.rest()
	})
	r := rules("tcp", tg.address)
	r.Limits.Pause = 300
	c := newRig(t, r).dial()
	began := time.Now()
	c.send(lines("POST / HTTP/1.1", "Host: myapp", "Content-Length: 100") + "a")
	if _, body := c.response("POST"); body != "ERR_HTTP_REQUEST_TIMEOUT" || time.Since(began) < 300*time.Millisecond {
		t.Errorf("got %q after %v", body, time.Since(began))
	}
}
