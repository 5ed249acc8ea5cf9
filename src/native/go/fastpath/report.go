package fastpath

import (
	"strconv"
	"sync"
	"time"
)

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
	if r.count == mostReported {
		r.dropped++
		return
	}
	if r.count > 0 {
		r.lines = append(r.lines, ',')
	}
	r.lines = write(r.lines)
	r.count++
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
}

// append writes [caller, method, target, status, ms, bytes, error, aborted, route].
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

// Connected reports that a caller has connected.
func (l *Lane) Connected(c *Caller) {
	if l.rules.Load().Reports {
		l.report.add(func(dst []byte) []byte {
			dst = append(dst, '[')
			return append(strconv.AppendInt(dst, c.key, 10), ']')
		})
	}
}

// over reports that a request is over.
func (l *Lane) over(e *event) {
	if l.rules.Load().Reports {
		l.report.add(e.append)
	}
}
