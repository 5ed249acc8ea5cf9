package fastpath

import (
	"bytes"
	"strings"
	"testing"
)

// heads are what FuzzHead begins with; test/native/heads.ts has more, of real programs.
var heads = []string{
	get("/a/b?c=d"),
	lines("POST /x HTTP/1.1", "Host: myapp:80", "Content-Length: 12", "Connection: close, Foo", "Foo: a", "Cookie: a=b; c"),
	lines("PUT / HTTP/1.1", "host:[::1]", "Transfer-Encoding: chunked", "TE: trailers", "Expect: 100-continue"),
	lines("GET / HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: b"),
	lines("GET / HTTP/1.1", "Host: a", "A: b", " c"),
	"GET / HTTP/1.1\nHost: a\n\n",
	lines("GET /\xc3\xbc HTTP/1.1", "Host: a", "X_y:\t\xff\t", "Content_Length: 1", "A : b"),
	lines("OPTIONS * HTTP/1.1", "Host: a", "Host: b", "Content-Length: 1", "Content-Length: 1"),
	"\r\n" + get("/"),
}

// serialized returns a head as it was understood.
func serialized(h *head) []byte {
	out := append(append([]byte{}, h.method...), ' ')
	out = append(append(out, h.target...), " HTTP/1.1\r\n"...)
	for _, f := range h.fields {
		out = appendField(out, f.name, f.value)
	}
	return append(out, crlf...)
}

// sayings are what a head says about its message.
type sayings struct {
	host, upgrade                                                                 string
	length                                                                        int64
	hasLength, chunked, trailers, keepAlive, named, expects, hasLogin, refersToIt bool
}

func (h *head) sayings() sayings {
	return sayings{
		string(h.host), string(h.upgrade), h.length, h.hasLength, h.chunked, h.trailers, h.keepAlive, h.named, h.expects, h.hasLogin, h.refers,
	}
}

func FuzzHead(f *testing.F) {
	for _, text := range heads {
		f.Add([]byte(text))
		f.Add([]byte(text + text))
	}
	r := compiled(f, rules("tcp", ""))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h head
		o := h.parse(bytes.Clone(b))
		if o != accepted {
			// More bytes make no difference to what is handed over.
			if o == general && len(b) < maxHead && (&head{}).parse(append(bytes.Clone(b), "x: y\r\n\r\n"...)) != general {
				t.Fatal("with more bytes it is not handed over")
			}
			return
		}
		for n := range h.size {
			if (&head{}).parse(b[:n]) != incomplete {
				t.Fatalf("a part of it, %q, is complete", b[:n])
			}
		}
		if bad := bytes.ReplaceAll(b[:h.size], crlf, nil); bytes.ContainsAny(bad, "\r\n\x00\x7f") {
			t.Fatalf("it has control characters: %q", b[:h.size])
		}
		checkAgain(t, &h)
		x := &exchange{Conn: &Conn{head: h, ip: "100.64.0.1"}, rules: r, route: r.Routes[0], verdict: &Verdict{block: []byte("Tailscale-User-Login: alice\r\n")}}
		x.length = h.length
		checkForwarded(t, &h, x.appendRequest(nil))
	})
}

// checkAgain checks that a head, written as it was understood, is understood the same way.
func checkAgain(t *testing.T, h *head) {
	var again head
	text := serialized(h)
	if len(text) > maxHead {
		return
	}
	if o := again.parse(text); o != accepted || again.size != len(text) {
		t.Fatalf("%q is not accepted", text)
	}
	if again.sayings() != h.sayings() || !bytes.Equal(serialized(&again), text) {
		t.Fatalf("%+v was read as %+v", h.sayings(), again.sayings())
	}
}

// checkForwarded checks what a target gets: a request of the same framing, with our headers once and last.
func checkForwarded(t *testing.T, h *head, text []byte) {
	var out head
	if len(text) > maxHead {
		return
	}
	if o := out.parse(text); o != accepted || out.size != len(text) {
		t.Fatalf("the target gets %q", text)
	}
	if out.chunked != h.chunked || out.length != h.length || !bytes.Equal(out.method, h.method) || !bytes.Equal(out.target, h.target) ||
		!bytes.Equal(out.host, h.host) || !bytes.Equal(out.upgrade, h.upgrade) {
		t.Fatalf("the target gets %q", text)
	}
	var tailscale, forwarded []string
	for _, field := range out.fields {
		switch name := string(fold(nil, field.name)); {
		case strings.HasPrefix(name, "tailscale-"):
			tailscale = append(tailscale, string(field.name)+string(field.value))
		case strings.HasPrefix(name, "x-forwarded-"):
			forwarded = append(forwarded, name)
		}
	}
	if len(tailscale) != 1 || tailscale[0] != "Tailscale-User-Loginalice" || strings.Join(forwarded, " ") != "x-forwarded-for x-forwarded-host" {
		t.Fatalf("the target gets %q", text)
	}
}

func FuzzChunks(f *testing.F) {
	for _, text := range []string{
		"5\r\nhello\r\n0\r\n\r\n", "00a;x=y;z\r\n0123456789\r\n0\r\nA: b \r\nCookie: c\r\n\r\nGET", "2 \nok\n0\n\n", "1;\"\r\n\"\r\na\r\n",
		"ffffffffffffffff\r\n", "0\r\nA : b\r\n\r\n", "1\r\nab\r\n",
	} {
		f.Add([]byte(text), true, 1)
		f.Add([]byte(text), false, 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, strict bool, piece int) {
		whole, parts := newDecoder(strict), newDecoder(strict)
		data, used, err := decode(whole, text, max(1, len(text)))
		dataOfParts, usedOfParts, errOfParts := decode(parts, text, 1+(piece&0xff))
		if !bytes.Equal(data, dataOfParts) || err != errOfParts || whole.state != parts.state || !bytes.Equal(whole.trailers, parts.trailers) ||
			err == nil && used != usedOfParts {
			t.Fatalf("whole: %q, %d, %v, %d, %q; in pieces: %q, %d, %v, %d, %q", data, used, err, whole.state, whole.trailers,
				dataOfParts, usedOfParts, errOfParts, parts.state, parts.trailers)
		}
		if err != nil {
			return
		}
		if bad := bytes.ReplaceAll(whole.trailers, crlf, nil); bytes.ContainsAny(bad, "\r\n\x00\x7f") {
			t.Fatalf("got the trailers %q", whole.trailers)
		}
		if whole.state != atEnd {
			return
		}
		// What is sent on is read the same by the strictest.
		var out []byte
		if len(data) > 0 {
			out = appendChunk(out, data)
		}
		out = appendLastChunk(out, whole.trailers)
		again := newDecoder(true)
		if dataAgain, usedAgain, err := decode(again, out, len(out)); err != nil || usedAgain != len(out) || !bytes.Equal(data, dataAgain) ||
			!bytes.Equal(again.trailers, whole.trailers) || again.state != atEnd {
			t.Fatalf("%q was sent on as %q", text, out)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	for _, text := range []string{
		ok, "HTTP/1.0 200\nA: b\n c\n\n", upgraded("tcp"), lines("HTTP/1.1 304 Not Modified", "Content-Length: 5, 5", "Connection: a, close", "A: b"),
		lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Content-Length: 1", "Trailer: A"), "\r\nHTTP/1.1 103 \xff\r\nLink:\r\n\tb\r\n\r\n",
	} {
		f.Add([]byte(text), true)
	}
	r := compiled(f, rules("tcp", ""))
	f.Fuzz(func(t *testing.T, b []byte, hasBody bool) {
		var a answer
		text := bytes.Clone(b)
		done, err := a.parse(text)
		if err != nil || !done {
			return
		}
		// In pieces of the same buffer, in which folded lines are joined.
		var parts answer
		pieces := bytes.Clone(b)
		for n := 1; n <= a.size; n++ {
			if done, err := parts.parse(pieces[:n]); err != nil || done != (n == a.size) {
				t.Fatalf("after %q: got %t and %v", b[:n], done, err)
			}
		}
		chunk := hasBody && a.length < 0 && a.status >= 200
		out := append(a.appendHead(nil, r, nil, nil, chunk, true), crlf...)
		if other := append(parts.appendHead(nil, r, nil, nil, chunk, true), crlf...); !a.hasDate || bytes.Equal(out, other) {
			checkAnswer(t, &a, out, chunk)
		} else {
			t.Fatalf("in pieces: %q, whole: %q", other, out)
		}
	})
}

// checkAnswer checks that what a caller gets is unambiguous.
func checkAnswer(t *testing.T, a *answer, out []byte, chunk bool) {
	if bad := bytes.ReplaceAll(out, crlf, nil); bytes.ContainsAny(bad, "\r\n\x00\x7f") {
		t.Fatalf("the caller gets %q", out)
	}
	var again answer
	if done, err := again.parse(bytes.Clone(out)); err != nil || !done || again.size != len(out) || again.status != a.status {
		t.Fatalf("the caller gets %q", out)
	}
	if again.chunked != chunk || a.status >= 200 && a.status != 204 && !a.chunked && again.length != a.length && !chunk {
		t.Fatalf("the caller gets %q", out)
	}
	lengths := 0
	for _, f := range again.fields {
		if is(f.name, "content-length") || is(f.name, "transfer-encoding") {
			lengths++
		}
	}
	if lengths > 1 {
		t.Fatalf("the caller gets %q", out)
	}
}
