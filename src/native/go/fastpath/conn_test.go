package fastpath

import (
	"fmt"
	"strings"
	"testing"
)

func TestHeadThatEndsInTheMiddleIsHandedOver(t *testing.T) {
	rig := newRig(t, rules("tcp", "127.0.0.1:1"))
	for _, part := range []string{"G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: myapp\r\n"} {
		if got := rig.ask(part); got != handedOver+part {
			t.Errorf("%q: got %q", part, got)
		}
	}
	if got := rig.ask(""); got != "" {
		t.Errorf("nothing at all: got %q", got)
	}
}

func TestSlowHeadIsHandedOver(t *testing.T) {
	t.Parallel()
	c := newRig(t, rules("tcp", "127.0.0.1:1")).dial()
	c.send("GET / HTTP/1.1\r\nHost")
	if got := c.rest(); got != handedOver+"GET / HTTP/1.1\r\nHost" {
		t.Errorf("got %q", got)
	}
}

func TestConnectionIsReused(t *testing.T) {
	tg := answering(t, ok)
	rig := newRig(t, rules("tcp", tg.address))
	c := rig.dial()
	for i := range 5 {
		c.send(get(fmt.Sprint("/", i)))
		if response, body := c.response("GET"); body != "ok" || response.Close {
			t.Fatalf("got %v and %q", response, body)
		}
	}
	c.send(lines("GET /close HTTP/1.1", "Host: myapp", "Connection: close"))
	if response, _ := c.response("GET"); !response.Close {
		t.Error("the response does not say that it is the last")
	}
	c.ended()
	if tg.connections() != 1 || len(tg.requests()) != 6 {
		t.Errorf("%d requests came on %d connections", len(tg.requests()), tg.connections())
	}
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	tg := startTarget(t, func(tg *target, c *peer) {
		for {
			head := tg.request(c)
			if head == "" {
				return
			}
			path := strings.Fields(head)[1]
			if strings.HasPrefix(head, "POST") {
				path += c.exactly(3)
			}
			c.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(path), path))
		}
	})
	rig := newRig(t, rules("tcp", tg.address))
	c := rig.dial()
	post := lines("POST /p HTTP/1.1", "Host: myapp", "Content-Length: 3") + "abc"
	go func() {
		for range 20 {
			c.send(get("/a") + post + get("/b"))
		}
		c.send("GET / HTTP/1.0\r\n\r\n")
		c.CloseWrite()
	}()
	for range 20 {
		for _, want := range []string{"/a", "/pabc", "/b"} {
			if _, body := c.response("GET"); body != want {
				t.Fatalf("got %s, want %s", body, want)
			}
		}
	}
	if got := c.rest(); got != handedOver+"GET / HTTP/1.0\r\n\r\n" {
		t.Errorf("what is for the general path: got %q", got)
	}
}

func TestHeadByteByByte(t *testing.T) {
	tg := answering(t, ok)
	c := newRig(t, rules("tcp", tg.address)).dial()
	c.SetNoDelay(true)
	for _, b := range []byte(lines("GET / HTTP/1.1", "Host: myapp", "A: b")) {
		c.send(string(b))
	}
	c.CloseWrite()
	if got := c.rest(); got != ok {
		t.Errorf("got %q", got)
	}
}

func TestLargeHead(t *testing.T) {
	tg := answering(t, ok)
	rig := newRig(t, rules("tcp", tg.address))
	cookie := strings.Repeat("a", 120<<10)
	if got := rig.ask(lines("GET / HTTP/1.1", "Host: myapp", "Cookie: "+cookie)); got != ok {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(tg.requests()[0], cookie) {
		t.Error("the target got another head")
	}
}
