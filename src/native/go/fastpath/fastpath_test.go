package fastpath

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// waitingTarget starts a target that answers the path /now at once, and others when it is told to.
func waitingTarget(t testing.TB) (tg *target, release chan struct{}) {
	release = make(chan struct{})
	return startTarget(t, func(tg *target, c *peer) {
		for {
			head := tg.request(c)
			switch {
			case head == "":
				return
			case strings.Contains(head, "Upgrade: tcp"):
				c.send(upgraded("tcp"))
				c.rest()
				return
			case !strings.HasPrefix(head, "GET /now"):
				<-release
			}
			c.send(ok)
		}
	}), release
}

var upgrade = lines("GET / HTTP/1.1", "Host: myapp", "Connection: Upgrade", "Upgrade: tcp")

// drained starts to drain, and returns what is closed once that is over.
func drained(rig *rig, limit time.Duration) chan struct{} {
	over := make(chan struct{})
	go func() {
		rig.Drain(limit)
		close(over)
	}()
	return over
}

func TestDrain(t *testing.T) {
	tg, release := waitingTarget(t)
	rig := newRig(t, rules("tcp", tg.address))
	fresh, idle, busy, tunnel := rig.dial(), rig.dial(), rig.dial(), rig.dial()
	rig.conn(fresh)
	idle.send(get("/now"))
	idle.response("GET")
	busy.send(get("/slow"))
	tunnel.send(upgrade)
	tunnel.head()
	eventually(t, "the requests", func() bool { return len(tg.requests()) == 3 })
	over := drained(rig, patience)
	fresh.ended()
	idle.ended()
	if late := rig.dial(); late.rest() != "" {
		t.Error("a late connection is served")
	}
	select {
	case <-over:
		t.Fatal("it does not wait for the busy one")
	default:
	}
	// The tunnel is still there.
	if conn := rig.conn(tunnel); conn.isCut {
		t.Error("the tunnel ended before the last response")
	}
	close(release)
	if response, body := busy.response("GET"); body != "ok" || !response.Close {
		t.Errorf("got %v and %q", response, body)
	}
	busy.ended()
	tunnel.ended()
	<-over
}

func TestDrainHasALimit(t *testing.T) {
	tg, release := waitingTarget(t)
	defer close(release)
	rig := newRig(t, rules("tcp", tg.address))
	busy, head := rig.dial(), rig.dial()
	busy.send(get("/slow"))
	head.send("GET / HT")
	eventually(t, "the request", func() bool { return len(tg.requests()) == 1 && rig.conn(head).isBusy() })
	began := time.Now()
	<-drained(rig, 200*time.Millisecond)
	if took := time.Since(began); took < 200*time.Millisecond || took > patience/2 {
		t.Errorf("it took %v", took)
	}
	busy.ended()
	<-drained(rig, 0)
}

func TestDrainOfNothing(t *testing.T) {
	rig := newRig(t, rules("tcp", "127.0.0.1:1"))
	<-drained(rig, patience)
}

func TestCallersAreJudgedOnce(t *testing.T) {
	tg := answering(t, ok)
	rig := newRig(t, rules("tcp", tg.address))
	for range 3 {
		rig.ask(get("/"))
	}
	if got := rig.host.judged; !slices.Equal(got, []string{"alice"}) {
		t.Errorf("asked about %v", got)
	}
	if a, b := rig.Caller([]byte("bob")), rig.Caller([]byte("carol")); a == b || a.Key() == b.Key() || rig.Caller([]byte("bob")) != a {
		t.Error("callers are not kept apart")
	}
	for i := range mostCallers + 10 {
		rig.Caller(fmt.Append(nil, i))
	}
	rig.callers.mu.Lock()
	defer rig.callers.mu.Unlock()
	if len(rig.callers.by) > mostCallers {
		t.Errorf("%d callers are kept", len(rig.callers.by))
	}
}

// A device that belongs to someone else now, or has lost access, loses what is in progress.
func TestCallerThatChanges(t *testing.T) {
	for name, c := range map[string]struct {
		identity string
		verdict  Verdict
		ends     bool
	}{
		"to another":     {"bob", Verdict{Who: "bob"}, true},
		"to one without": {"alice, denied", Verdict{Who: "alice", General: true}, true},
		"in a detail":    {"alice, renamed", Verdict{Who: "alice", Headers: []string{"Tailscale-User-Login", "new"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			tg, release := waitingTarget(t)
			rig := newRig(t, rules("tcp", tg.address))
			idle, busy, tunnel := rig.dial(), rig.dial(), rig.dial()
			idle.send(get("/now"))
			idle.response("GET")
			busy.send(get("/slow"))
			tunnel.send(upgrade)
			tunnel.head()
			eventually(t, "the requests", func() bool { return len(tg.requests()) == 3 })
			eventually(t, "the idle one to wait", func() bool { return !rig.conn(idle).isBusy() })
			rig.host.decide(func(string) Verdict { return c.verdict })
			for _, p := range []*peer{idle, busy, tunnel} {
				rig.conn(p).Recognize(rig.Caller([]byte(c.identity)))
			}
			close(release)
			if c.ends {
				busy.ended()
				tunnel.ended()
			} else {
				busy.response("GET")
				tunnel.CloseWrite()
				tunnel.ended()
			}
			// The next request is the new caller's.
			idle.send(get("/now"))
			idle.CloseWrite()
			got := idle.rest()
			if c.verdict.General && got != handedOver+get("/now") || !c.verdict.General && got != ok {
				t.Errorf("got %q", got)
			}
			if seen := tg.requests(); !c.verdict.General && strings.Contains(seen[len(seen)-1], "alice@") {
				t.Errorf("the target is told %q", seen[len(seen)-1])
			}
		})
	}
}

// A change between the verdict and the first byte to the target counts.
func TestCallerThatChangesWhileItIsJudged(t *testing.T) {
	tg, release := waitingTarget(t)
	defer close(release)
	rig := newRig(t, rules("tcp", tg.address))
	verdict := make(chan Verdict)
	rig.host.decide(func(identity string) Verdict {
		if identity == "bob" {
			return Verdict{Who: "bob", General: true}
		}
		return <-verdict
	})
	c := rig.dial()
	c.send(get("/slow"))
	conn := rig.conn(c)
	eventually(t, "the head", func() bool { return conn.isBusy() })
	conn.Recognize(rig.Caller([]byte("bob")))
	verdict <- Verdict{Who: "alice"}
	if got := c.rest(); got != handedOver+get("/slow") || tg.connections() > 0 {
		t.Errorf("got %q", got)
	}
}

func TestCallerWithoutAVerdict(t *testing.T) {
	caller := &Caller{judged: make(chan struct{})}
	if caller.verdict.Load() != nil {
		t.Error("it has one")
	}
	h := &host{judge: func(string) Verdict { return Verdict{Who: "a"} }}
	h.lane = New(h, compiled(t, rules("tcp", "")))
	h.lane.Judged(99, Verdict{})
	h.lane.Answered(99, nil)
	if v := h.lane.Caller([]byte("a")).await(); v == nil || v.Who != "a" {
		t.Errorf("got %+v", v)
	}
}

func TestIdleConnectionsEnd(t *testing.T) {
	t.Parallel()
	tg := answering(t, ok)
	r := rules("tcp", tg.address)
	r.Limits.Head, r.Limits.Idle = 2000, 300
	rig := newRig(t, r)
	began := time.Now()
	fresh, used := rig.dial(), rig.dial()
	used.send(get("/"))
	used.response("GET")
	used.ended()
	if took := time.Since(began); took < 300*time.Millisecond || took > 1500*time.Millisecond {
		t.Errorf("a used connection ended after %v", took)
	}
	fresh.ended()
	if took := time.Since(began); took < 2*time.Second {
		t.Errorf("a fresh connection ended after %v", took)
	}
}

func TestLoginOfAConnectionIsForTheGeneralPath(t *testing.T) {
	tg := answering(t, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic, NTLM\r\nContent-Length: 0\r\n\r\n")
	rig := newRig(t, rules("tcp", tg.address))
	if got := rig.ask(get("/") + get("/b")); !strings.HasPrefix(got, "HTTP/1.1 401 ") || !strings.HasSuffix(got, handedOver+get("/b")) {
		t.Errorf("got %q", got)
	}
}
