package fastpath

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// upgraded is what a target answers to an upgrade.
func upgraded(protocol string) string {
	return lines("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade, Foo", "Upgrade: "+protocol, "Foo: a", "Sec-WebSocket-Accept: b")
}

// echoing starts a target that accepts every upgrade, and then sends back what it gets.
func echoing(t *testing.T) *target {
	return startTarget(t, func(tg *target, c *peer) {
		head := tg.request(c)
		if strings.Contains(head, "Content-Length: 3\r\n") {
			head += c.exactly(3)
		}
		_, rest, _ := strings.Cut(head, "Upgrade: ")
		protocol, _, _ := strings.Cut(rest, "\r\n")
		c.send(upgraded(protocol) + "hello")
		io.Copy(c.TCPConn, c.r)
		c.CloseWrite()
	})
}

func TestUpgrades(t *testing.T) {
	for _, protocol := range []string{"tcp", "SPDY/3.1", "websocket", "WebSocket"} {
		tg := echoing(t)
		rig := newRig(t, rules("tcp", tg.address))
		c := rig.dial()
		c.send(lines("GET /ws HTTP/1.1", "Host: myapp", "Connection: keep-alive, Upgrade, A", "Upgrade: "+protocol, "Sec-WebSocket-Key: k", "A: b") + "early ")
		want := lines("HTTP/1.1 101 Switching Protocols", "Sec-WebSocket-Accept: b", "Connection: Upgrade", "Upgrade: "+protocol)
		if got := c.head(); got != want {
			t.Fatalf("%s: got %q", protocol, got)
		}
		c.send("late")
		c.CloseWrite()
		if got := c.rest(); got != "helloearly late" {
			t.Errorf("%s: got %q", protocol, got)
		}
		want = "GET /ws HTTP/1.1\r\nHost: myapp\r\nSec-WebSocket-Key: k\r\n" + strings.TrimSuffix(ours, "Connection: keep-alive\r\n\r\n") +
			"Connection: Upgrade\r\nUpgrade: " + protocol + "\r\n\r\n"
		if got := tg.requests()[0]; got != want {
			t.Errorf("%s: the target got %q", protocol, got)
		}
		eventually(t, "the reports", func() bool { return len(rig.reported()) == 3 })
		e := rig.reported()
		if e[0][3] != 101.0 || e[1][1] != float64(webSocketBegan) || e[2][1] != float64(webSocketEnded) {
			t.Errorf("got %v", e)
		}
	}
}

func TestUpgradeWithABody(t *testing.T) {
	tg := echoing(t)
	c := newRig(t, rules("tcp", tg.address)).dial()
	c.send(lines("POST /exec HTTP/1.1", "Host: myapp", "Connection: Upgrade", "Upgrade: tcp", "Content-Length: 3") + "abc" + "early ")
	c.head()
	c.send("late")
	c.CloseWrite()
	if got := c.rest(); got != "helloearly late" {
		t.Errorf("got %q", got)
	}
	// A target that ignores the upgrade and the body would read a request in the body.
	for _, want := range []string{"\r\nContent-Length: 3\r\n", "\r\nConnection: close\r\nConnection: Upgrade\r\n"} {
		if got := tg.requests()[0]; !strings.Contains(got, want) {
			t.Errorf("the target got %q", got)
		}
	}
}

// The tunnel starts after the body, even if the target accepts before it has all of it.
func TestUpgradeThatIsAcceptedBeforeTheBodyEnds(t *testing.T) {
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		c.send(upgraded("tcp"))
		io.Copy(c.TCPConn, c.r)
		c.CloseWrite()
	})
	rig := newRig(t, rules("tcp", tg.address))
	c := rig.dial()
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprint(&text, i, " ")
	}
	body := text.String()
	c.send(lines("POST /exec HTTP/1.1", "Host: myapp", "Connection: Upgrade", "Upgrade: tcp", "Content-Length: 300000") + body[:10])
	eventually(t, "the request", func() bool { return len(tg.requests()) == 1 })
	go func() {
		c.send(body[10:])
		c.CloseWrite()
	}()
	c.head()
	if got := c.rest(); got != body {
		t.Errorf("got %d other bytes", len(got))
	}
}

func TestUpgradeThatTakesItsTime(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		<-release
		c.send(upgraded("tcp"))
		io.Copy(c.TCPConn, c.r)
		c.CloseWrite()
	})
	rig := newRig(t, rules("tcp", tg.address))
	c := rig.dial()
	c.send(lines("GET / HTTP/1.1", "Host: myapp", "Connection: Upgrade", "Upgrade: tcp"))
	watched(rig, c)
	c.send("early ")
	close(release)
	c.head()
	for range 1000 {
		c.send("0123456789")
	}
	c.CloseWrite()
	if got := c.rest(); got != "early "+strings.Repeat("0123456789", 1000) {
		t.Errorf("got %d bytes: %.100q", len(got), got)
	}
}

func TestRefusedUpgrade(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nUpgrade: tcp\r\n\r\nno",
	} {
		tg := answering(t, answer)
		rig := newRig(t, rules("tcp", tg.address))
		for _, request := range []string{lines("GET / HTTP/1.1", "Host: myapp", "Connection: Upgrade", "Upgrade: tcp"), get("/")} {
			c := rig.dial()
			c.send(request)
			if response, body := c.response("GET"); body != "no" || response.Header.Get("Upgrade") != "" {
				t.Errorf("got %v", response)
			}
		}
		if tg.connections() != 2 {
			t.Error("a connection with a refused upgrade was used again")
		}
	}
}

func TestUpgradeToSomethingElse(t *testing.T) {
	for _, answer := range []string{upgraded("h2c"), "HTTP/1.1 101 Switching Protocols\r\n\r\n"} {
		tg := answering(t, answer)
		c := newRig(t, rules("tcp", tg.address)).dial()
		c.send(lines("GET / HTTP/1.1", "Host: myapp", "Connection: Upgrade", "Upgrade: tcp"))
		if _, body := c.response("GET"); body != "HPE_INVALID_CONSTANT" {
			t.Errorf("got %q", body)
		}
	}
}

// Each direction of a tunnel ends on its own.
func TestTunnelIsHalfClosed(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 1<<16)
	fromCaller := make(chan string, 1)
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		c.send(upgraded("tcp"))
		c.CloseWrite()
		fromCaller <- c.rest()
	})
	c := newRig(t, rules("tcp", tg.address)).dial()
	c.send(lines("GET / HTTP/1.1", "Host: myapp", "Connection: Upgrade", "Upgrade: tcp"))
	c.head()
	c.ended()
	c.send(large)
	c.CloseWrite()
	if got := <-fromCaller; got != large {
		t.Errorf("after the target's end the target got %d bytes", len(got))
	}
	tg = startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		c.send(upgraded("tcp"))
		c.ended()
		c.send(large)
	})
	c = newRig(t, rules("tcp", tg.address)).dial()
	c.send(lines("GET / HTTP/1.1", "Host: myapp", "Connection: Upgrade", "Upgrade: tcp"))
	c.CloseWrite()
	c.head()
	if got := c.rest(); got != large {
		t.Errorf("after the caller's end the caller got %d bytes", len(got))
	}
}

func TestTunnelEndsWithAReset(t *testing.T) {
	ended := make(chan struct{})
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		c.send(upgraded("tcp"))
		c.ended()
		close(ended)
	})
	c := newRig(t, rules("tcp", tg.address)).dial()
	c.send(lines("GET / HTTP/1.1", "Host: myapp", "Connection: Upgrade", "Upgrade: tcp"))
	c.head()
	c.SetLinger(0)
	c.Close()
	<-ended
}

func TestSilentTunnelEnds(t *testing.T) {
	t.Parallel()
	r := rules("tcp", echoing(t).address)
	r.Limits.Pause = 300
	c := newRig(t, r).dial()
	began := time.Now()
	c.send(lines("GET / HTTP/1.1", "Host: myapp", "Connection: Upgrade", "Upgrade: tcp"))
	c.head()
	c.exactly(5)
	c.ended()
	if time.Since(began) < 300*time.Millisecond {
		t.Error("it ended at once")
	}
}
