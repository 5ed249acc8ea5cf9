package fastpath

import (
	"sync"
	"sync/atomic"
	"time"
)

// Caller is who is at the other end of a connection, as TypeScript judges it. It is shared by all connections of which
// whois says the same.
type Caller struct {
	key     int64
	verdict atomic.Pointer[Verdict]
	judged  chan struct{} // closed once there is a verdict
	once    sync.Once
}

// Key identifies the caller in reports.
func (c *Caller) Key() int64 { return c.key }

// callers are those that TypeScript has been asked about.
type callers struct {
	host Host
	mu   sync.Mutex
	last int64
	// by is by what whois says, without the port.
	by  map[string]*Caller
	all map[int64]*Caller
}

// mostCallers bounds what a stream of identities can take of memory. Connections keep the callers that they have.
const mostCallers = 10_000

// Caller returns the caller that whois describes so. TypeScript is asked once.
func (l *Lane) Caller(identity []byte) *Caller { return l.callers.find(identity) }

func (c *callers) find(identity []byte) *Caller {
	c.mu.Lock()
	if known := c.by[string(identity)]; known != nil {
		c.mu.Unlock()
		return known
	}
	if c.by == nil || len(c.by) >= mostCallers {
		c.by = map[string]*Caller{}
	}
	if c.all == nil {
		c.all = map[int64]*Caller{}
	}
	c.last++
	caller := &Caller{key: c.last, judged: make(chan struct{})}
	c.by[string(identity)], c.all[caller.key] = caller, caller
	c.mu.Unlock()
	c.host.Judge(caller.key, identity)
	return caller
}

func (c *callers) judged(key int64, v Verdict) {
	c.mu.Lock()
	caller := c.all[key]
	delete(c.all, key)
	c.mu.Unlock()
	if caller == nil {
		return
	}
	v.compile()
	caller.verdict.Store(&v)
	caller.once.Do(func() { close(caller.judged) })
}

// judgeTimeout is long enough for an event loop that stalls.
const judgeTimeout = time.Minute

// await returns the verdict, or nil if there is none in time: the connection then ends without having been served.
func (c *Caller) await() *Verdict {
	if v := c.verdict.Load(); v != nil {
		return v
	}
	select {
	case <-c.judged:
	case <-time.After(judgeTimeout):
	}
	return c.verdict.Load()
}
