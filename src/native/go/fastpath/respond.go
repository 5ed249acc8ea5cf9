package fastpath

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// respond passes on a response whose head has been read.
func (x *exchange) respond() next {
	a := &x.answer
	hasBody := a.hasBody(x.method)
	toEnd := hasBody && !a.chunked && a.length < 0
	chunk := hasBody && a.length < 0
	// Who has not been told to go on may never send the body.
	// What a caller sends behind an offer that was not taken may be meant for the other protocol.
	last := !x.keepAlive || x.upgrade != "" || x.expects && !x.continued && x.length != 0 || x.lane.closing.Load()
	out := large.Get().(*[largeBuffer]byte)[:0]
	defer func() { recycle(out[:cap(out)]) }()
	fields := a.mapping(x.route, x.host)
	var mapped []byte
	if len(fields) > 0 {
		mapped = x.mapped(fields)
	}
	out = a.appendHead(out, x.rules, mapped, fields, chunk, last)
	out = append(out, crlf...)
	x.u.r.use(a.size)
	if x.route.Watch && mayBeRefusal(a.status) {
		x.tellRefusal(hasBody)
	}
	if x.upload != nil && x.expects && !x.continued && !x.upload.begun.Load() {
		x.upload.dropping.Store(true) // what comes once the caller has read the response need not be the body
	}
	var err error
	switch {
	case !hasBody:
		_, err = x.tcp.Write(out)
		if err != nil {
			err = errGone
		}
	case chunk && !toEnd:
		err = x.sendChunks(out)
	case toEnd:
		err = x.sendToEnd(out)
	default:
		err = x.sendLength(out, a.length)
	}
	if err != nil {
		return x.abandon(err)
	}
	// More than the response has: what comes next would be taken for another one.
	reusable := x.length == 0 && x.upgrade == "" && !a.closes && !toEnd && x.u.r.len() == 0
	if x.upload != nil && !x.settleUpload() {
		last = true
	}
	if reusable {
		x.hold(nil)
		x.lane.pools.put(x.route, x.u)
	} else {
		x.u.close()
	}
	if last {
		x.linger()
		return end
	}
	return goOn
}

// mayBeRefusal returns whether a status is one with which development servers refuse hosts and origins.
func mayBeRefusal(status int) bool {
	return status == 400 || status == 403 || status == 421 || status == 422 || status == 500
}

// refusalBytes is how much of a response is looked at. The page of Rails has its words behind 5 kB of styles.
const refusalBytes = 16 << 10

// tellRefusal tells TypeScript of a response by which the target may have refused our name. It waits for a body whose
// length is known, and makes do with what came with the head of any other.
func (x *exchange) tellRefusal(hasBody bool) {
	if hasBody && !x.answer.chunked {
		for int64(x.u.r.len()) < min(x.answer.length, refusalBytes) && x.u.r.fill(largeBuffer) == nil {
		}
	}
	body := x.u.r.bytes()
	x.lane.questions.tell(map[string]any{
		"type": "refused", "route": x.route.number, "status": x.answer.status, "target": latin1(x.target), "host": latin1(x.host),
		"text": latin1(body[:min(len(body), refusalBytes)]),
	})
}

// mapping returns which fields may name the target in a way that the caller cannot follow; TypeScript maps them.
func (a *answer) mapping(route *Route, host []byte) (fields []int) {
	for i, f := range a.fields {
		var mapped bool
		switch len(f.name) {
		case len("refresh"):
			mapped = is(f.name, "refresh") && (route.Mapped || bytes.Contains(f.value, []byte("//")))
		case len("location"):
			mapped = is(f.name, "location") && leadsElsewhere(f.value, route, host)
		case len("set-cookie"):
			mapped = is(f.name, "set-cookie") && isBoundCookie(f.value, route)
		case len("content-location"):
			mapped = is(f.name, "content-location") && leadsElsewhere(f.value, route, host)
		}
		if mapped {
			fields = append(fields, i)
		}
	}
	return fields
}

// leadsElsewhere returns whether a reference needs a closer look: it has another authority than the caller asked.
func leadsElsewhere(value []byte, route *Route, host []byte) bool {
	if route.Mapped {
		return true
	}
	i := bytes.Index(value, []byte("//"))
	if i < 0 {
		return false
	}
	authority := value[i+2:]
	if j := bytes.IndexAny(authority, "/?#"); j >= 0 {
		authority = authority[:j]
	}
	return !bytes.EqualFold(authority, host)
}

func isBoundCookie(value []byte, route *Route) bool {
	i := bytes.IndexByte(value, ';')
	if i < 0 {
		return false
	}
	attributes := appendLower(nil, value[i:])
	return bytes.Contains(attributes, []byte("domain")) || route.Mapped && bytes.Contains(attributes, []byte("path"))
}

// mapped returns the fields that name the target as the caller may follow them, ready to be sent.
func (x *exchange) mapped(fields []int) []byte {
	headers := []byte{'['}
	for n, i := range fields {
		if n > 0 {
			headers = append(headers, ',')
		}
		f := x.answer.fields[i]
		headers = append(appendText(headers, string(f.name)), ',')
		headers = appendText(headers, string(f.value))
	}
	answer := x.lane.questions.ask(map[string]any{
		"type": "map", "route": x.route.number, "headers": json.RawMessage(append(headers, ']')), "host": latin1(x.host),
		"secure": x.rules.Secure,
	})
	if answer == nil {
		// Without an answer the fields pass as they are, since a redirect that leads nowhere beats none.
		for _, i := range fields {
			answer = appendField(answer, x.answer.fields[i].name, x.answer.fields[i].value)
		}
	}
	return answer
}

// sendLength passes on a body of known length, together with what is to be sent before it.
func (x *exchange) sendLength(out []byte, length int64) error {
	left := length
	if n := min(int64(x.u.r.len()), left, int64(cap(out)-len(out))); n > 0 {
		out = append(out, x.u.r.bytes()[:n]...)
		x.u.r.use(int(n))
		left -= n
	}
	if err := x.send(out, length-left); err != nil {
		return err
	}
	for left > 0 {
		var b []byte
		if x.u.r.len() > 0 {
			b = x.u.r.bytes()[:min(int64(x.u.r.len()), left)]
			x.u.r.use(len(b))
		} else {
			n, err := x.u.Read(out[:cap(out)][:min(int64(cap(out)), left)])
			if n == 0 && err != nil {
				return err
			}
			b = out[:n]
		}
		left -= int64(len(b))
		if err := x.send(b, int64(len(b))); err != nil {
			return err
		}
	}
	return nil
}

// send writes to the caller, and counts the bytes of the body in it.
func (x *exchange) send(b []byte, body int64) error {
	x.touch()
	if _, err := x.tcp.Write(b); err != nil {
		return errGone
	}
	x.touch()
	x.event.bytes += body
	return nil
}

// sendToEnd passes on a body that ends with the connection, in chunks, behind what is to be sent before it.
func (x *exchange) sendToEnd(out []byte) error {
	w := chunkWriter{out: out, send: x.send}
	for {
		err := w.add(x.u.r.bytes())
		if err == nil {
			x.u.r.use(x.u.r.len())
			err = w.flush()
		}
		if err != nil {
			return err
		}
		if err = x.u.r.fill(largeBuffer); err == io.EOF {
			return w.end(nil)
		}
		if err != nil {
			return err
		}
	}
}

// sendChunks passes on a chunked body in chunks of our own, behind what is to be sent before it.
func (x *exchange) sendChunks(out []byte) error {
	w := chunkWriter{out: out, send: x.send}
	d := chunkDecoder{keeps: func(name []byte) bool {
		_, ok := x.rules.trailers[string(appendLower(nil, name))]
		return !ok
	}}
	err := d.copy(&w, &x.u.r, func(int) error { return x.u.r.fill(largeBuffer) })
	if err == errChunk {
		w.flush() // what was right
	}
	return err
}

// Limits of what is read from a caller only so that it gets to read its response.
const (
	lingerTime  = time.Second
	drainTime   = 5 * time.Second
	drainLength = 8 << 20
)

// linger ends the writing side, and reads on for a moment: closing with unread bytes would reset the connection, and the
// caller might lose the response.
func (x *exchange) linger() {
	if x.upload != nil && !x.upload.isDone() {
		return // it reads
	}
	w, ok := x.tcp.(interface{ CloseWrite() error })
	if !ok || w.CloseWrite() != nil {
		return
	}
	x.tcp.SetReadDeadline(time.Now().Add(lingerTime))
	b := small.Get().(*[smallBuffer]byte)
	defer small.Put(b)
	for range drainLength / smallBuffer {
		if _, err := x.tcp.Read(b[:]); err != nil {
			return
		}
	}
}
