package fastpath

import (
	"encoding/json"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Verdict is what TypeScript says about a caller.
type Verdict struct {
	// General is whether its requests are for the general path: it is denied, or has to give a password.
	General bool `json:"general"`
	// Who tells callers apart: what is in progress ends when it changes.
	Who string `json:"who"`
	// Headers are names and values that tell the target about the caller.
	Headers []string `json:"headers"`

	block []byte // the headers as they are sent
}

func (v *Verdict) compile() {
	for i := 0; i+1 < len(v.Headers); i += 2 {
		v.block = append(v.block, v.Headers[i]...)
		v.block = append(v.block, ": "...)
		v.block = append(v.block, v.Headers[i+1]...)
		v.block = append(v.block, "\r\n"...)
	}
}

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

// questions are those that TypeScript has not answered yet. They are rare: pages about failures, and headers with
// addresses that only make sense to the target.
type questions struct {
	host Host
	mu   sync.Mutex
	last int64
	open map[int64]chan []byte
}

const answerTimeout = 30 * time.Second

// ask waits for the answer to a question; nil if there is none in time.
func (q *questions) ask(question any) []byte {
	text, err := json.Marshal(question)
	if err != nil {
		return nil
	}
	answer := make(chan []byte, 1)
	q.mu.Lock()
	if q.open == nil {
		q.open = map[int64]chan []byte{}
	}
	q.last++
	number := q.last
	q.open[number] = answer
	q.mu.Unlock()
	q.host.Ask(number, text)
	select {
	case bytes := <-answer:
		return bytes
	case <-time.After(answerTimeout):
		q.mu.Lock()
		delete(q.open, number)
		q.mu.Unlock()
		return nil
	}
}

// tell says something that needs no answer.
func (q *questions) tell(news any) {
	if text, err := json.Marshal(news); err == nil {
		q.host.Ask(0, text)
	}
}

func (q *questions) answered(number int64, bytes []byte) {
	q.mu.Lock()
	answer := q.open[number]
	delete(q.open, number)
	q.mu.Unlock()
	if answer != nil {
		answer <- bytes
	}
}

const (
	// reportEvery is how long an event may wait for others, and mostReported how many there are in a batch.
	reportEvery  = 50 * time.Millisecond
	mostReported = 2000
)

// reporter collects events for TypeScript: one crossing of the boundary for many requests.
type reporter struct {
	host    Host
	mu      sync.Mutex
	lines   []byte
	count   int
	dropped int
	waiting bool
}

// add appends an event, which is a line of JSON. With too many in a batch, events are dropped and counted.
func (r *reporter) add(write func(dst []byte) []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count >= mostReported {
		r.dropped++
		return
	}
	r.count++
	r.append(write)
}

// keep appends an event that is never dropped, because the next one would make no sense without it.
func (r *reporter) keep(write func(dst []byte) []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.append(write)
}

// append needs mu.
func (r *reporter) append(write func(dst []byte) []byte) {
	if len(r.lines) > 0 {
		r.lines = append(r.lines, ',')
	}
	r.lines = write(r.lines)
	if !r.waiting {
		r.waiting = true
		time.AfterFunc(reportEvery, r.flush)
	}
}

func (r *reporter) flush() {
	r.mu.Lock()
	lines, dropped := r.lines, r.dropped
	r.lines, r.count, r.dropped, r.waiting = nil, 0, 0, false
	r.mu.Unlock()
	if len(lines) > 0 {
		r.host.Report(append(append([]byte{'['}, lines...), ']'), dropped)
	}
}

// event is a request that is over: see RequestEvent in src/events.ts.
type event struct {
	caller         *Caller
	method, target string
	status         int
	began          time.Time
	bytes          int64
	err            string // in the terms of RFC 9209
	aborted        bool
	route          int
	facts          *facts // nil unless the rules want them
}

// append writes [caller, method, target, status, ms, bytes, error, aborted, route], and the facts behind them if there are any.
func (e *event) append(dst []byte) []byte {
	dst = append(dst, '[')
	dst = strconv.AppendInt(dst, e.caller.key, 10)
	dst = append(dst, ',')
	dst = appendText(dst, e.method)
	dst = append(dst, ',')
	dst = appendText(dst, e.target)
	dst = append(dst, ',')
	dst = strconv.AppendInt(dst, int64(e.status), 10)
	dst = append(dst, ',')
	dst = strconv.AppendFloat(dst, float64(time.Since(e.began).Microseconds())/1000, 'f', 3, 64)
	dst = append(dst, ',')
	dst = strconv.AppendInt(dst, e.bytes, 10)
	dst = append(dst, ',')
	dst = appendText(dst, e.err)
	dst = append(dst, ',')
	dst = strconv.AppendBool(dst, e.aborted)
	dst = append(dst, ',')
	dst = strconv.AppendInt(dst, int64(e.route), 10)
	if e.facts != nil {
		dst = e.facts.append(append(dst, ','), e.began.UnixMilli())
	}
	return append(dst, ']')
}

// appendText appends bytes as a JSON string of as many characters, as Node.js reads them (Latin-1).
func appendText(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(text) {
		switch b := text[i]; {
		case b == '"' || b == '\\':
			dst = append(dst, '\\', b)
		case b < 0x20 || b >= 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		default:
			dst = append(dst, b)
		}
	}
	return append(dst, '"')
}

// presence is what has changed about the connections of a caller.
type presence int

const (
	left presence = iota
	connected
	webSocketEnded
	webSocketBegan
)

// Connected reports that a caller has connected.
func (l *Lane) Connected(c *Caller) { l.present(c, connected) }

// Left reports that a connection of a caller has ended, or is carried by the general path from here on.
func (l *Lane) Left(c *Caller) { l.present(c, left) }

func (l *Lane) present(c *Caller, change presence) {
	if l.rules.Load().Reports {
		l.report.keep(func(dst []byte) []byte {
			dst = append(strconv.AppendInt(append(dst, '['), c.key, 10), ',')
			return append(strconv.AppendInt(dst, int64(change), 10), ']')
		})
	}
}
