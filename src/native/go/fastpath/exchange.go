package fastpath

import (
	"bytes"
	"errors"
	"strings"
	"time"
)

// next is what follows an exchange.
type next uint8

const (
	end    next = iota // the connection ends
	goOn               // the caller may ask again
	handOn             // nothing was done: the request is for the general path
)

// exchange carries the request whose head has been read.
func (c *Conn) exchange() next {
	h := &c.head
	rules := c.lane.rules.Load()
	caller := c.caller.Load()
	verdict := caller.await()
	if verdict == nil {
		return end
	}
	route := rules.route(h.target)
	if verdict.General || route == nil || route.General || c.lane.logins.Load() || h.hasLogin || !rules.Hosts.serves(h.host) ||
		h.refers && route.refers() || route.Bounded && mayLeadOut(h.target) {
		return handOn
	}
	c.line = append(append(append(c.line[:0], h.method...), h.target...), h.host...)
	x := &exchange{
		Conn: c, rules: rules, route: route, verdict: verdict,
		event:  event{caller: caller, began: time.Now(), route: route.number},
		method: string(c.line[:len(h.method)]), target: c.line[len(h.method):][:len(h.target)], host: c.line[len(h.method)+len(h.target):],
		accept: bytes.Clone(h.accept), expects: h.expects, keepAlive: h.keepAlive, upgrade: string(h.upgrade), length: h.length,
	}
	x.note(h)
	c.mu.Lock()
	c.who, c.route, c.told, c.gone, c.late = verdict.Who, route, false, false, false
	c.mu.Unlock()
	c.enter(asking)
	// From here on Recognize ends the exchange. What it said before counts for it, too.
	if c.caller.Load() != caller {
		return c.exchange()
	}
	n := x.run()
	c.hold(nil)
	if cap(c.request) > smallBuffer {
		c.request = nil
	}
	if n != handOn {
		c.stopWatch()
		x.report()
	}
	return n
}

// exchange is one request and its response.
type exchange struct {
	*Conn
	rules   *Rules
	route   *Route
	verdict *Verdict
	event   event
	method  string
	target  []byte // as it came, in line
	host    []byte // in line
	accept  []byte // what the caller would like a page to be

	expects, keepAlive bool
	upgrade            string // the protocol to change to; empty for none
	trace              string // the trace context that we add; empty for none
	length             int64  // of the request's body; -1 for chunks

	u         *upstream
	upload    *upload // nil once the request has been sent
	continued bool    // whether the caller was told to go on with the body
	begun     bool    // whether a byte of a response has come
	sent      bool    // whether the request may have reached a target
}

var errGone = errors.New("the caller has gone away")

// isSafe returns whether a request may be sent again when it is unclear whether it arrived (RFC 9110 §9.2.1).
func (x *exchange) isSafe() bool {
	return x.length == 0 && x.upgrade == "" && (x.method == "GET" || x.method == "HEAD" || x.method == "OPTIONS")
}

func (x *exchange) run() next {
	// A connection that has been used may be closed by the target at any time, so it only gets what may be sent again.
	if x.isSafe() {
		if x.u = x.lane.pools.take(x.route); x.u != nil {
			n, err := x.attempt()
			if err == nil {
				return n
			}
			x.u.close()
			if !x.isUnanswered(err) {
				return x.fail(err)
			}
		}
	}
	u, err := x.lane.pools.dial(x.route, milliseconds(x.rules.Limits.Connect))
	if err != nil && (x.sent || isTimeout(err)) {
		return x.fail(err)
	}
	if err != nil {
		// The general path finds out why, and says so.
		return handOn
	}
	x.u = u
	n, err := x.attempt()
	if err != nil {
		x.u.close()
		return x.fail(err)
	}
	return n
}

// isUnanswered returns whether a connection ended before the first byte of a response.
func (x *exchange) isUnanswered(err error) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return !x.gone && !x.late && !x.isCut && !x.begun && err != errMalformed
}

// attempt sends the request on a connection and carries the response. An error means that the caller has got nothing yet.
func (x *exchange) attempt() (next, error) {
	size := 0
	if !x.sent {
		x.request = x.appendRequest(x.request[:0])
		size = x.head.size
	}
	out, withBody := x.request, false
	if x.length > 0 && int64(x.r.len()-size) >= x.length && x.length < smallBuffer {
		// All of it goes out in one piece.
		out, withBody = append(out, x.r.bytes()[size:][:x.length]...), true
		size += int(x.length)
	}
	if size > 0 {
		x.r.use(size)
	}
	// From here on the caller may be watched, which reads on from it.
	if !x.hold(x.u) {
		x.event.aborted = true
		return end, nil
	}
	x.sent = true
	_, err := x.u.Write(out)
	if err != nil && x.u.reused {
		return end, err
	}
	// A target that has closed the connection after an early response is read all the same.
	if x.length != 0 && !withBody {
		x.upload = x.startUpload()
	}
	return x.receive()
}

// appendRequest appends the head of the request as the target gets it: first the caller's headers that may pass, then
// ours, so that none of the caller's can remove one of ours.
func (x *exchange) appendRequest(dst []byte) []byte {
	h, rules, route := &x.head, x.rules, x.route
	dst = append(dst, h.method...)
	dst = append(dst, ' ')
	dst = route.appendTarget(dst, h.target)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	host, secure := h.host, rules.Secure
	// A foreign Host is left to the target, whose defense against DNS rebinding it is.
	mapped := route.Host != "" && rules.Hosts.isOurs(h.host)
	if mapped {
		host, secure = []byte(route.Host), strings.HasPrefix(route.Origin, "https:")
	}
	dst = append(append(dst, host...), crlf...)
	var named map[string]struct{}
	if h.named {
		named = namedBy(h.fields)
	}
	for _, f := range h.fields {
		if rules.fields.kind(f.name) != keep {
			continue
		}
		if named != nil {
			if _, ok := named[string(appendLower(nil, f.name))]; ok {
				continue
			}
		}
		if x.trace != "" && (is(f.name, "traceparent") || is(f.name, "tracestate")) {
			continue
		}
		if mapped && (is(f.name, "origin") || is(f.name, "referer")) {
			dst = appendField(dst, f.name, route.mapOrigin(f, h.host, rules.Secure))
			continue
		}
		dst = appendField(dst, f.name, f.value)
	}
	switch {
	case h.chunked:
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	case h.hasLength && h.upgrade == nil || h.length > 0:
		dst = append(dst, "Content-Length: "...)
		dst = appendInt(dst, h.length)
		dst = append(dst, crlf...)
	}
	if h.trailers {
		dst = append(dst, "TE: trailers\r\n"...)
	}
	if h.expects {
		dst = append(dst, "Expect: 100-continue\r\n"...)
	}
	if x.trace != "" {
		dst = append(append(append(dst, "traceparent: "...), x.trace...), crlf...)
	}
	dst = append(dst, "X-Forwarded-For: "...)
	dst = append(dst, x.ip...)
	dst = append(dst, "\r\nX-Forwarded-Host: "...)
	dst = append(dst, host...)
	if secure {
		dst = append(dst, "\r\nX-Forwarded-Proto: https"...)
	}
	if route.Strip != "" {
		dst = append(dst, "\r\nX-Forwarded-Prefix: "...)
		dst = append(dst, route.Strip...)
	}
	dst = append(dst, crlf...)
	dst = append(dst, x.verdict.block...)
	return append(x.appendConnection(dst), crlf...)
}

// receive reads the response and passes it on.
func (x *exchange) receive() (next, error) {
	a := &x.answer
	for {
		if err := x.readAnswer(); err != nil {
			return end, err
		}
		if a.status >= 200 || a.status == 101 {
			break
		}
		if err := x.inform(); err != nil {
			return x.abandon(errGone), nil
		}
	}
	if a.status == 101 {
		if x.upgrade == "" || !is(a.upgrade, string(appendLower(nil, []byte(x.upgrade)))) {
			return end, errMalformed
		}
		return x.tunnel(), nil
	}
	x.answered()
	if a.challenges {
		x.lane.logins.Store(true)
	}
	return x.respond(), nil
}

// answered notes that the target has responded.
func (x *exchange) answered() {
	x.event.status = x.answer.status
	x.enter(responding)
}

// readAnswer reads the head of a response.
func (x *exchange) readAnswer() error {
	for {
		if b := x.u.r.bytes(); len(b) > 0 {
			done, err := x.answer.parse(b)
			if done || err != nil {
				return err
			}
		}
		if err := x.u.r.fill(2 * maxAnswer); err != nil {
			return err
		}
		x.begun = true
		x.touch()
	}
}

// inform passes on an interim response. The caller gets to hear of 100 Continue only if it waits for that.
func (x *exchange) inform() error {
	a := &x.answer
	defer x.u.r.use(a.size)
	if a.status == 100 {
		if !x.expects || x.continued {
			return nil
		}
		x.continued = true
	}
	out := a.appendHead(nil, x.rules, nil, nil, false, false)
	_, err := x.tcp.Write(append(out, crlf...))
	return err
}
