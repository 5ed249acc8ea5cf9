package fastpath

import (
	"io"
	"time"
)

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

// watch reads on from a caller in the middle of an exchange, to notice if it goes away. What it reads is kept.
type watch struct {
	done  chan struct{}
	ended time.Time // when the caller has ended its side; zero if it has not
}

// watchIfQuiet starts a watch if nothing has happened for a while, and ends an exchange that the caller has left; the
// caller of this holds mu.
func (c *Conn) watchIfQuiet(quiet time.Duration) {
	if w := c.watch; w != nil {
		if !w.ended.IsZero() && time.Since(w.ended) > goneTime && quiet > goneTime {
			c.gone = true
			if c.up != nil {
				c.up.Conn.Close()
			}
		}
		return
	}
	if quiet < quietTime || c.up == nil || c.uploading {
		return
	}
	c.watch = &watch{done: make(chan struct{})}
	go c.watchCaller(c.watch)
}

func (c *Conn) watchCaller(w *watch) {
	defer close(w.done)
	defer func() {
		if recover() != nil { // a defect ends one connection
			c.Cut()
		}
	}()
	for {
		err := c.r.fill(maxHead)
		if err == nil {
			continue
		}
		if err == errFull || isTimeout(err) {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			w.ended = time.Now()
			return
		}
		c.gone = true
		if c.up != nil {
			c.up.Conn.Close()
		}
		return
	}
}

// stopWatch ends the watch, so that the connection can be read again.
func (c *Conn) stopWatch() {
	c.mu.Lock()
	w := c.watch
	if w == nil {
		c.mu.Unlock()
		return
	}
	c.watch = nil
	c.interrupt()
	c.mu.Unlock()
	<-w.done
	c.mu.Lock()
	c.interrupted = false
	c.mu.Unlock()
	c.tcp.SetReadDeadline(time.Time{})
}
