// Package fastpath carries HTTP/1.1 from callers to targets and back, without JavaScript. It decides nothing by itself:
// who gets in, what targets are told about callers, which headers callers may not send, and which hosts are ours come from
// TypeScript as [Rules] and [Verdict]. What it does not take outright, it hands over with the bytes that it has read.
package fastpath

import (
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Host is TypeScript, on the other side of the archive's boundary. Its methods may be called from any goroutine.
type Host interface {
	// Judge asks for the verdict on a caller, which [Lane.Judged] receives. The key identifies the caller.
	Judge(key int64, identity []byte)
	// Report passes on what happened, a batch of lines of JSON, and how many more were dropped.
	Report(events []byte, dropped int)
	// Ask asks a question about one connection, which [Lane.Answered] receives under the same number.
	Ask(number int64, question []byte)
}

// Lane is the fast path of one port.
type Lane struct {
	host   Host
	rules  atomic.Pointer[Rules]
	report reporter

	closing atomic.Bool
	// logins is whether a target logs in connections rather than requests: what comes next on such a connection counts
	// as from the same person. TypeScript keeps them apart.
	logins atomic.Bool

	mu      sync.Mutex
	conns   map[*Conn]struct{}
	empty   chan struct{} // closed once the last connection has ended after closing began
	sweeper bool

	callers   callers
	questions questions
	pools     pools
}

// New returns a lane that follows rules.
func New(host Host, rules *Rules) *Lane {
	l := &Lane{host: host, conns: map[*Conn]struct{}{}, empty: make(chan struct{})}
	l.callers.host, l.questions.host = host, host
	l.report.host = host
	l.rules.Store(rules)
	return l
}

// Follow replaces the rules, for all requests from now on.
func (l *Lane) Follow(rules *Rules) {
	old := l.rules.Swap(rules)
	if old != nil && !old.sameTargets(rules) {
		l.pools.close()
	}
}

// Judged receives the verdict on a caller.
func (l *Lane) Judged(key int64, v Verdict) { l.callers.judged(key, v) }

// Answered receives the answer to a question.
func (l *Lane) Answered(number int64, answer []byte) { l.questions.answered(number, answer) }

// Drain takes no more connections, ends those that wait for a request, and lets the others finish. After the limit, it
// cuts them off.
func (l *Lane) Drain(limit time.Duration) {
	l.mu.Lock()
	if !l.closing.Swap(true) && len(l.conns) == 0 {
		close(l.empty)
	}
	l.mu.Unlock()
	for deadline := time.Now().Add(limit); !l.isEmpty(); {
		l.mu.Lock()
		conns := l.all()
		l.mu.Unlock()
		// A tunnel has no end to wait for, so it ends once nothing else is in progress.
		busy := slices.ContainsFunc(conns, (*Conn).isBusy)
		for _, c := range conns {
			if !c.isBusy() && !(busy && c.isTunnel()) || time.Now().After(deadline) {
				c.Cut()
			}
		}
		select {
		case <-l.empty:
		case <-time.After(drainEvery):
		}
	}
	l.pools.close()
	l.report.flush()
}

const drainEvery = 10 * time.Millisecond

func (l *Lane) isEmpty() bool {
	select {
	case <-l.empty:
		return true
	default:
		return false
	}
}

// all returns the connections; the caller holds mu.
func (l *Lane) all() []*Conn {
	conns := make([]*Conn, 0, len(l.conns))
	for c := range l.conns {
		conns = append(conns, c)
	}
	return conns
}

// Open registers a caller's connection. It returns nil once the lane is closing.
func (l *Lane) Open(tcp net.Conn, caller *Caller, remoteIP string) *Conn {
	c := newConn(l, tcp, caller, remoteIP)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing.Load() {
		return nil
	}
	l.conns[c] = struct{}{}
	if !l.sweeper {
		l.sweeper = true
		go l.sweep()
	}
	return c
}

// remove forgets a connection.
func (l *Lane) remove(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.conns[c]; !ok {
		return
	}
	delete(l.conns, c)
	if l.closing.Load() && len(l.conns) == 0 {
		close(l.empty)
	}
}

const (
	sweepEvery = 250 * time.Millisecond
	// headTime is how long the fast path waits for the rest of a head before the general path does.
	headTime = time.Second
	// quietTime is how long nothing happens before the caller is watched, to notice if it goes away.
	quietTime = time.Second
	// goneTime is how long a caller that has ended its side may still be waiting for the response.
	goneTime = 10 * time.Second
)

// sweep looks at all connections again and again, in place of a timer for each of them.
func (l *Lane) sweep() {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for range ticker.C {
		l.mu.Lock()
		if len(l.conns) == 0 {
			l.sweeper = false
			l.mu.Unlock()
			l.pools.sweep()
			time.AfterFunc(idleTime+time.Second, l.pools.sweep)
			return
		}
		conns := l.all()
		l.mu.Unlock()
		limits := l.rules.Load().Limits
		for _, c := range conns {
			c.look(limits)
		}
		l.pools.sweep()
	}
}

// look ends what has taken too long.
func (c *Conn) look(limits Limits) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isCut {
		return
	}
	age := time.Since(c.since)
	switch c.state {
	case waiting:
		limit := limits.Idle
		if c.served == 0 {
			limit = limits.Head
		}
		if limit > 0 && age > milliseconds(limit) {
			c.isCut = true
			c.tcp.Close()
		}
	case readHead:
		if age > headTime && !c.interrupted {
			c.interrupt()
		}
	case asking, responding:
		quiet := c.quietFor()
		if c.state == asking && !c.told && limits.Silence > 0 && quiet > milliseconds(limits.Silence) {
			c.told = true
			go c.tellSilence()
		}
		if limits.Pause > 0 && quiet > milliseconds(limits.Pause) {
			c.late = true
			if c.up != nil {
				c.up.Conn.Close()
			}
			if c.state == responding {
				c.isCut = true
				c.tcp.Close()
			}
			return
		}
		c.watchIfQuiet(quiet)
	case tunneling:
		if c.up != nil && limits.Pause > 0 && c.quietFor() > milliseconds(limits.Pause) {
			c.isCut = true
			c.tcp.Close()
			c.up.Conn.Close()
		}
	}
}

// tellSilence reports a target that does not respond.
func (c *Conn) tellSilence() {
	c.mu.Lock()
	route := c.route
	c.mu.Unlock()
	if route != nil {
		c.lane.questions.tell(map[string]any{"type": "silence", "route": route.number})
	}
}
