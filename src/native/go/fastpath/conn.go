package fastpath

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// state is what a connection is doing, for those who look at it from outside.
type state uint8

const (
	waiting    state = iota // for the first byte of a request
	readHead                // a request has begun
	asking                  // a target has the request, and has not responded yet
	responding              // the target has begun to respond
	tunneling               // the connection belongs to another protocol
)

// Conn is a caller's connection.
type Conn struct {
	lane   *Lane
	tcp    net.Conn
	r      reader
	caller atomic.Pointer[Caller]
	ip     string
	head   head
	served int
	answer answer
	// line and request are storage for the request in progress: its method and target, and its head as it is sent.
	line, request []byte

	// progress is when a byte was last carried, in nanoseconds since the lane began.
	progress atomic.Int64

	mu          sync.Mutex
	state       state
	since       time.Time
	interrupted bool // whether reading was interrupted by an expired deadline
	isCut       bool
	up          *upstream // of the exchange in progress
	who         string    // whose exchange it is
	route       *Route    // and where it goes
	uploading   bool      // whether a body is being read from the caller
	watch       *watch
	told        bool // whether the target's silence was reported
	gone        bool // whether the caller went away in the middle
	late        bool // whether a limit has ended the exchange
}

func newConn(l *Lane, tcp net.Conn, caller *Caller, ip string) *Conn {
	c := &Conn{lane: l, tcp: tcp, ip: ip, since: time.Now()}
	c.r.src = tcp
	c.caller.Store(caller)
	return c
}

// Serve carries requests until the connection ends or something comes that is for the general path. In that case it
// returns what has been read and not been carried.
func (c *Conn) Serve() (unread []byte, handOver bool) {
	defer c.lane.remove(c)
	for {
		switch c.readRequest() {
		case accepted:
			switch c.exchange() {
			case goOn:
				c.served++
				continue
			case handOn:
				return c.unread()
			}
		case general:
			return c.unread()
		}
		c.Cut()
		c.r.release()
		return nil, false
	}
}

func (c *Conn) unread() ([]byte, bool) {
	unread := bytes.Clone(c.r.bytes())
	c.r.release()
	c.enter(tunneling) // of the general path
	return unread, true
}

// readRequest reads the head of a request. It returns incomplete at the end of the connection.
func (c *Conn) readRequest() outcome {
	c.enter(waiting)
	if c.r.len() == 0 {
		c.forget()
		c.r.shrink()
		if c.lane.closing.Load() {
			return incomplete
		}
	}
	looked := 0
	for {
		if b := c.r.bytes(); len(b) > looked {
			if looked == 0 {
				c.enter(readHead)
			}
			if looked == 0 && !isToken[b[0]] || bytes.IndexByte(b[looked:], '\n') >= 0 || len(b) > maxHead {
				if o := c.head.parse(b); o != incomplete {
					return o
				}
			}
			looked = len(b)
		}
		if err := c.r.fill(2 * maxHead); err != nil {
			// A head that takes its time, or ends in the middle, is for the general path to wait for, and to refuse.
			if c.r.len() > 0 && (err == errFull || err == io.EOF || isTimeout(err)) {
				return general
			}
			return incomplete
		}
	}
}

// mostKept is how many fields a connection has storage for while it waits.
const mostKept = 64

// forget drops what points into buffers that others have by now, which would otherwise stay for as long as it waits.
func (c *Conn) forget() {
	c.head = head{fields: emptied(c.head.fields)}
	c.answer = answer{fields: emptied(c.answer.fields)}
}

func emptied(fields []field) []field {
	if cap(fields) > mostKept {
		return nil
	}
	clear(fields[:cap(fields)])
	return fields[:0]
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// enter notes what the connection is doing now.
func (c *Conn) enter(s state) {
	c.mu.Lock()
	c.state, c.since = s, time.Now()
	interrupted := c.interrupted
	c.interrupted = false
	c.mu.Unlock()
	c.touch()
	if interrupted {
		c.tcp.SetReadDeadline(time.Time{})
	}
}

var epoch = time.Now()

func (c *Conn) touch() { c.progress.Store(int64(time.Since(epoch))) }

// quietFor returns how long no byte has been carried.
func (c *Conn) quietFor() time.Duration { return time.Since(epoch) - time.Duration(c.progress.Load()) }

// interrupt makes a read return; the caller holds mu.
func (c *Conn) interrupt() {
	c.interrupted = true
	c.tcp.SetReadDeadline(time.Unix(1, 0))
}

// Cut ends the connection and what is in progress on it.
func (c *Conn) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = true
	c.tcp.Close()
	if c.up != nil {
		c.up.Conn.Close()
	}
}

// hold notes the connection to the target, so that a cut ends it too. It returns false if there was a cut.
func (c *Conn) hold(u *upstream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.up = u
	if c.isCut && u != nil {
		u.Conn.Close()
	}
	return !c.isCut
}

// isBusy returns whether there is an exchange to wait for.
func (c *Conn) isBusy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == readHead || c.state == asking || c.state == responding
}

func (c *Conn) isTunnel() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == tunneling
}

// Recognize notes that whois says something else about the caller now. What is in progress ends if it is another caller,
// or one that has lost access.
func (c *Conn) Recognize(caller *Caller) {
	c.caller.Store(caller)
	v := caller.await()
	c.mu.Lock()
	busy := c.state != waiting && c.state != readHead
	changed := v == nil || v.General || v.Who != c.who
	c.mu.Unlock()
	if busy && changed {
		c.Cut()
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
