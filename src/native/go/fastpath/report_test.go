package fastpath

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEvents(t *testing.T) {
	tg := answering(t, ok)
	rig := newRig(t, rules("tcp", tg.address))
	rig.Connected(rig.Caller([]byte("alice")))
	rig.ask(get("/a\xfc\"\\?b"))
	rig.ask(get("/b") + lines("POST /c HTTP/1.1", "Host: myapp", "Content-Length: 1") + "a")
	eventually(t, "the reports", func() bool { return len(rig.reported()) == 4 })
	events := rig.reported()
	if len(events[0]) != 2 || events[0][1] != float64(connected) || events[0][0] != float64(rig.Caller([]byte("alice")).Key()) {
		t.Errorf("got %v", events[0])
	}
	for i, want := range []string{`GET "/aü\"\\?b"`, `GET "/b"`, `POST "/c"`} {
		e := events[i+1]
		target, _ := json.Marshal(e[2])
		if got := e[1].(string) + " " + string(target); got != want || e[0] != events[0][0] || e[3] != 200.0 || e[5] != 2.0 || e[6] != "" || e[7] != false || e[8] != 0.0 {
			t.Errorf("got %v", e)
		}
		if ms := e[4].(float64); ms < 0 || ms > 10_000 {
			t.Errorf("took %v ms", ms)
		}
	}
}

func TestNothingIsReportedUnasked(t *testing.T) {
	r := rules("tcp", answering(t, ok).address)
	r.Reports = false
	rig := newRig(t, r)
	rig.Connected(rig.Caller([]byte("alice")))
	rig.ask(get("/"))
	rig.Drain(0)
	if got := rig.reported(); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}

func TestPageReportsItself(t *testing.T) {
	r := rules("tcp", startTarget(t, func(tg *target, c *peer) { tg.request(c) }).address)
	rig := newRig(t, r)
	rig.ask(lines("GET /\xfc HTTP/1.1", "Host: myapp", "Accept: text/html;\xfc"))
	rig.Drain(0)
	if got := rig.reported(); len(got) > 0 {
		t.Errorf("got %v beside the question", got)
	}
	q := rig.questions()[0]
	if q["type"] != "page" || q["code"] != "ECONNRESET" || q["method"] != "GET" || q["target"] != "/ü" || q["accept"] != "text/html;ü" || q["route"] != 0.0 {
		t.Errorf("got %v", q)
	}
}

func TestDroppedEventsAreCounted(t *testing.T) {
	h := &host{}
	l := New(h, compiled(t, rules("tcp", "")))
	h.lane = l
	caller := &Caller{key: 7}
	request := &event{caller: caller}
	for range mostReported + 5 {
		l.report.add(request.append)
	}
	l.Connected(caller) // and is never dropped
	l.report.flush()
	for range 2 {
		l.report.add(request.append)
	}
	l.report.flush()
	l.report.flush()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.events) != mostReported+3 || h.dropped != 5 {
		t.Errorf("got %d, %d dropped", len(h.events), h.dropped)
	}
}

func TestTextOfEvents(t *testing.T) {
	for text, want := range map[string]string{"": "", "a\"\\\x00\x1f\n\x7f": "a\"\\\x00\x1f\n\x7f", "\xfc\xff\x80": "\u00fc\u00ff\u0080"} {
		var got string
		if err := json.Unmarshal(appendText(nil, text), &got); err != nil || got != want {
			t.Errorf("%q: got %q and %v", text, got, err)
		}
	}
	if !strings.HasPrefix(string(latin1([]byte("a"))), `"a`) {
		t.Error("no text")
	}
}

const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// contextOf returns the trace context that a target gets with a request.
func contextOf(t *testing.T, makes bool, headers ...string) (context []string) {
	t.Helper()
	got := make(chan string, 1)
	tg := startTarget(t, func(tg *target, c *peer) {
		got <- tg.request(c)
		c.send(ok)
	})
	r := rules("tcp", tg.address)
	r.Trace = makes
	newRig(t, r).ask(lines(append([]string{"GET / HTTP/1.1", "Host: myapp"}, headers...)...))
	for _, line := range strings.Split(<-got, "\r\n") {
		if strings.HasPrefix(strings.ToLower(line), "trace") {
			context = append(context, line)
		}
	}
	return context
}

func TestTraceContextIsPassedOn(t *testing.T) {
	for _, makes := range []bool{false, true} {
		got := contextOf(t, makes, "Traceparent: "+trace, "Tracestate: a=1")
		if len(got) != 2 || got[0] != "Traceparent: "+trace || got[1] != "Tracestate: a=1" {
			t.Errorf("got %q", got)
		}
	}
}

func TestTraceContextIsMadeWhenMissing(t *testing.T) {
	if got := contextOf(t, false); len(got) > 0 {
		t.Errorf("got %q unasked", got)
	}
	for _, headers := range [][]string{
		nil,
		{"Traceparent: 00-nonsense", "Tracestate: a=1"},
		{"Traceparent: " + trace, "traceparent: " + trace},
		{"Traceparent: " + trace, "Connection: traceparent"},
	} {
		got := contextOf(t, true, headers...)
		if len(got) != 1 || !strings.HasPrefix(got[0], "traceparent: 00-") || strings.Contains(got[0], trace) {
			t.Errorf("%q: got %q", headers, got)
		}
	}
}

func TestFactsAreReportedOnRequest(t *testing.T) {
	r := rules("tcp", answering(t, ok).address)
	r.Details = true
	rig := newRig(t, r)
	rig.ask(lines("GET / HTTP/1.1", "Host: myapp", "User-Agent: a\"b\xfc", "Referer: http://myapp/x", "Traceparent: "+trace))
	eventually(t, "the report", func() bool { return len(rig.reported()) == 1 })
	facts, _ := rig.reported()[0][9].([]any)
	if len(facts) != 5 || facts[0].(float64) < 1e12 || facts[1] != "myapp" || facts[2] != "a\"b\u00fc" || facts[3] != "http://myapp/x" || facts[4] != trace {
		t.Errorf("got %v", facts)
	}
}
