package fastpath

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"tsexpose/src/native/go/tracecontext"
)

// fail answers a request that got no response with a page of TypeScript's.
func (x *exchange) fail(err error) next {
	x.stopWatch()
	x.mu.Lock()
	gone, late, cut := x.gone, x.late, x.isCut
	x.mu.Unlock()
	if x.upload != nil {
		x.upload.stop()
		if x.upload.malformed {
			err = errChunk
		}
		gone = gone || x.upload.gone
	}
	if cut || gone {
		x.event.aborted = true
		return end
	}
	code := codeOf(err)
	switch {
	case late && x.upload != nil && !x.upload.complete:
		code = "ERR_HTTP_REQUEST_TIMEOUT"
	case late:
		code = "UND_ERR_HEADERS_TIMEOUT"
	}
	last := !x.keepAlive || x.upgrade != "" || x.lane.closing.Load() || x.upload != nil && !x.upload.complete
	page := x.askForPage(code, err.Error(), last)
	if page == nil {
		x.event.aborted = true
		return end
	}
	x.event.caller = nil // TypeScript has reported it
	if _, err := x.tcp.Write(page); err != nil {
		return end
	}
	if !last {
		return goOn
	}
	x.linger()
	return end
}

// codeOf names an error as Node.js does.
func codeOf(err error) string {
	switch {
	case errors.Is(err, errMalformed):
		return "HPE_INVALID_CONSTANT"
	case errors.Is(err, errChunk):
		return "HPE_INVALID_CHUNK_SIZE"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "ECONNREFUSED"
	case !errors.Is(err, os.ErrDeadlineExceeded) && isTimeout(err):
		return "UND_ERR_CONNECT_TIMEOUT"
	case errors.Is(err, syscall.ENOENT):
		return "ENOENT"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return "ECONNRESET"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "UND_ERR_HEADERS_TIMEOUT"
	}
	return "UND_ERR_SOCKET"
}

// askForPage returns the page about a failure, with its head; last is whether the connection ends after it.
func (x *exchange) askForPage(code, message string, last bool) []byte {
	question := map[string]any{
		"type": "page", "caller": x.event.caller.key, "route": x.route.number, "code": code, "message": message, "last": last,
		"method": x.method, "target": latin1(x.target), "ms": time.Since(x.event.began).Milliseconds(), "accept": latin1(x.accept),
		"upgrade": x.upgrade != "", "host": latin1(x.host),
	}
	if f := x.event.facts; f != nil {
		question["facts"] = json.RawMessage(f.append(nil, x.event.began.UnixMilli()))
	}
	return x.lane.questions.ask(question)
}

// latin1 returns bytes as the text that has them as characters.
func latin1(b []byte) json.RawMessage { return appendText(nil, string(b)) }

// report reports the exchange.
func (x *exchange) report() {
	if x.event.caller == nil || !x.rules.Reports {
		return
	}
	x.event.method, x.event.target = x.method, string(x.target)
	x.lane.report.add(x.event.append)
}

// abandon ends an exchange in the middle of its response.
func (x *exchange) abandon(err error) next {
	x.u.close()
	x.mu.Lock()
	gone, cut := x.gone, x.isCut
	x.mu.Unlock()
	if x.upload != nil && x.upload.isDone() {
		gone = gone || x.upload.gone
	}
	if err == errGone || gone || cut {
		x.event.aborted = true
	} else {
		x.event.err = "http_response_incomplete"
	}
	if x.upload != nil {
		x.Cut()
		x.upload.stop()
	}
	return end
}

// note keeps what the rules want to know or to add.
func (x *exchange) note(h *head) {
	if !x.rules.Details && !x.rules.Trace {
		return
	}
	trace := h.traceparent()
	if trace == "" && x.rules.Trace {
		x.trace = tracecontext.New()
		trace = x.trace
	}
	if x.rules.Details {
		x.event.facts = h.facts(trace)
	}
}

// facts are what logs want to know about a request, beyond what it takes to carry it.
type facts struct{ host, agent, referer, trace string }

// facts copies them from a head, which is gone by the time the request is reported.
func (h *head) facts(trace string) *facts {
	f := &facts{host: string(h.host), trace: trace}
	for _, field := range h.fields {
		switch {
		case f.agent == "" && is(field.name, "user-agent"):
			f.agent = string(field.value)
		case f.referer == "" && is(field.name, "referer"):
			f.referer = string(field.value)
		}
	}
	return f
}

// append writes [began, host, agent, referer, traceparent] as JSON; began is in milliseconds of Unix time.
func (f *facts) append(dst []byte, began int64) []byte {
	dst = strconv.AppendInt(append(dst, '['), began, 10)
	for _, text := range []string{f.host, f.agent, f.referer, f.trace} {
		dst = appendText(append(dst, ','), text)
	}
	return append(dst, ']')
}

// traceparent returns the caller's trace context; empty if there is none, if there are several, if it is malformed, or if
// it is not for the target.
func (h *head) traceparent() string {
	var found []byte
	for _, f := range h.fields {
		if !is(f.name, "traceparent") {
			continue
		}
		if found != nil {
			return ""
		}
		found = f.value
	}
	if !tracecontext.IsParent(found) {
		return ""
	}
	if h.named {
		if _, ok := namedBy(h.fields)["traceparent"]; ok {
			return ""
		}
	}
	return string(found)
}
