package fastpath

import (
	"fmt"
	"strings"
	"testing"
)

// lines joins lines of a head, and ends it.
func lines(text ...string) string { return strings.Join(text, "\r\n") + "\r\n\r\n" }

func parsed(text string) (*head, outcome) {
	h := &head{}
	return h, h.parse([]byte(text))
}

func TestHeadIsRead(t *testing.T) {
	h, o := parsed(lines("LIST /a?b=%20\xc3\xbc HTTP/1.1", "hOST: myapp:80", "X-Empty:", "X-A:\t a b  ", "x_b: \xff", "Content-Length: 12") + "rest")
	if o != accepted {
		t.Fatal("it is not accepted")
	}
	if string(h.method) != "LIST" || string(h.target) != "/a?b=%20\xc3\xbc" || string(h.host) != "myapp:80" {
		t.Errorf("got %q %q for %q", h.method, h.target, h.host)
	}
	if got := fmt.Sprintf("%q", h.fields); got != `[{"hOST" "myapp:80"} {"X-Empty" ""} {"X-A" "a b"} {"x_b" "\xff"} {"Content-Length" "12"}]` {
		t.Errorf("got %s", got)
	}
	if h.length != 12 || !h.hasLength || h.chunked || !h.keepAlive || h.size == 0 {
		t.Errorf("got the framing %+v", h)
	}
}

// What Node.js, Go, nginx or an app may read otherwise than we do is never accepted.
func TestStrictGrammar(t *testing.T) {
	h := "Host: myapp"
	for name, text := range map[string]string{
		"a bare line feed":                   "GET / HTTP/1.1\nHost: myapp\r\n\r\n",
		"a bare line feed after a header":    "GET / HTTP/1.1\r\nHost: myapp\n\r\n",
		"a bare line feed at the end":        "GET / HTTP/1.1\r\nHost: myapp\r\n\n",
		"a bare carriage return in a value":  lines("GET / HTTP/1.1", h, "A: b\rC: d"),
		"a carriage return before the end":   lines("GET / HTTP/1.1", h, "A: b\r"),
		"a carriage return in the target":    lines("GET /\r HTTP/1.1", h),
		"a carriage return before the break": "GET / HTTP/1.1\r\r\nHost: myapp\r\n\r\n",
		"a NUL in a value":                   lines("GET / HTTP/1.1", h, "A: b\x00"),
		"a NUL in the target":                lines("GET /\x00 HTTP/1.1", h),
		"DEL in a value":                     lines("GET / HTTP/1.1", h, "A: \x7f"),
		"a folded line":                      lines("GET / HTTP/1.1", h, "A: b", " c"),
		"a folded line with a tab":           lines("GET / HTTP/1.1", h, "A: b", "\tc: d"),
		"a folded first header":              lines("GET / HTTP/1.1", " Host: myapp"),
		"two Hosts":                          lines("GET / HTTP/1.1", h, h),
		"no Host":                            lines("GET / HTTP/1.1", "A: b"),
		"a space before the colon":           lines("GET / HTTP/1.1", h, "A : b"),
		"a tab before the colon":             lines("GET / HTTP/1.1", h, "Content-Length\t: 1"),
		"no colon":                           lines("GET / HTTP/1.1", h, "A"),
		"no name":                            lines("GET / HTTP/1.1", h, ": b"),
		"parentheses in a name":              lines("GET / HTTP/1.1", h, "A(b): c"),
		"high bytes in a name":               lines("GET / HTTP/1.1", h, "A\xc3\xbc: c"),
		"a slash in a name":                  lines("GET / HTTP/1.1", h, "A/b: c"),
		"Content-Length with chunks":         lines("POST / HTTP/1.1", h, "Content-Length: 1", "Transfer-Encoding: chunked"),
		"two lengths that are equal":         lines("POST / HTTP/1.1", h, "Content-Length: 1", "Content-Length: 1"),
		"a list of lengths":                  lines("POST / HTTP/1.1", h, "Content-Length: 1, 1"),
		"a length with a sign":               lines("POST / HTTP/1.1", h, "Content-Length: +1"),
		"a negative length":                  lines("POST / HTTP/1.1", h, "Content-Length: -1"),
		"a hexadecimal length":               lines("POST / HTTP/1.1", h, "Content-Length: 0x1"),
		"a length with a tab":                lines("POST / HTTP/1.1", h, "Content-Length: 1\t"),
		"a tab and a space at the end":       lines("GET / HTTP/1.1", h, "A: b \t "),
		"no length":                          lines("POST / HTTP/1.1", h, "Content-Length:"),
		"a length of 16 digits":              lines("POST / HTTP/1.1", h, "Content-Length: 0000000000000001"),
		"chunks twice":                       lines("POST / HTTP/1.1", h, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
		"chunks in a list":                   lines("POST / HTTP/1.1", h, "Transfer-Encoding: chunked, chunked"),
		"another coding":                     lines("POST / HTTP/1.1", h, "Transfer-Encoding: gzip, chunked"),
		"identity":                           lines("POST / HTTP/1.1", h, "Transfer-Encoding: identity"),
		"a coding with a parameter":          lines("POST / HTTP/1.1", h, "Transfer-Encoding: chunked;a=b"),
		"an empty coding":                    lines("POST / HTTP/1.1", h, "Transfer-Encoding:"),
		"a vertical tab before chunked":      lines("POST / HTTP/1.1", h, "Transfer-Encoding: \vchunked"),
		"HTTP/1.0":                           lines("GET / HTTP/1.0", h),
		"HTTP/2.0":                           lines("GET / HTTP/2.0", h),
		"a version in lower case":            lines("GET / http/1.1", h),
		"HTTP/0.9":                           "GET /\r\n\r\n",
		"two spaces before the target":       lines("GET  / HTTP/1.1", h),
		"two spaces before the version":      lines("GET /  HTTP/1.1", h),
		"a space in the target":              lines("GET /a b HTTP/1.1", h),
		"a tab before the target":            lines("GET\t/ HTTP/1.1", h),
		"a space after the version":          lines("GET / HTTP/1.1 ", h),
		"a fragment":                         lines("GET /#a HTTP/1.1", h),
		"a URL as the target":                lines("GET http://myapp/ HTTP/1.1", h),
		"an asterisk as the target":          lines("OPTIONS * HTTP/1.1", h),
		"an authority as the target":         lines("CONNECT myapp:80 HTTP/1.1", h),
		"CONNECT":                            lines("CONNECT / HTTP/1.1", h),
		"TRACE":                              lines("TRACE / HTTP/1.1", h),
		"the preface of HTTP/2":              "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"an empty line first":                "\r\n" + get("/"),
		"TLS":                                "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"a method that is no token":          lines("G@T / HTTP/1.1", h),
		"another expectation":                lines("GET / HTTP/1.1", h, "Expect: a-miracle"),
		"a list of protocols":                lines("GET / HTTP/1.1", h, "Connection: upgrade", "Upgrade: websocket, h2c"),
		"two protocols":                      lines("GET / HTTP/1.1", h, "Connection: upgrade", "Upgrade: a", "Upgrade: b"),
		"h2c":                                lines("GET / HTTP/1.1", h, "Connection: upgrade, http2-settings", "Upgrade: H2C", "HTTP2-Settings: AAAA"),
		"an upgrade with chunks":             lines("POST / HTTP/1.1", h, "Connection: upgrade", "Upgrade: tcp", "Transfer-Encoding: chunked"),
		"an upgrade with an expectation":     lines("POST / HTTP/1.1", h, "Connection: upgrade", "Upgrade: tcp", "Content-Length: 1", "Expect: 100-continue"),
		"a WebSocket with a body":            lines("GET / HTTP/1.1", h, "Connection: upgrade", "Upgrade: websocket", "Content-Length: 1"),
		"a WebSocket by POST":                lines("POST / HTTP/1.1", h, "Connection: upgrade", "Upgrade: websocket"),
	} {
		if _, o := parsed(text); o != general {
			t.Errorf("%s: got %d, want it to be handed over", name, o)
		}
	}
}

func TestHeadIsNotThereYet(t *testing.T) {
	text := lines("POST /a HTTP/1.1", "Host: myapp", "Content-Length: 3")
	for n := range len(text) {
		if _, o := parsed(text[:n]); o != incomplete {
			t.Fatalf("after %q: got %d", text[:n], o)
		}
	}
	if h, o := parsed(text + "abc"); o != accepted || h.size != len(text) {
		t.Errorf("got %d, %d bytes", o, h.size)
	}
}

func TestHeadLimits(t *testing.T) {
	fields := func(n int) string {
		return "GET / HTTP/1.1\r\nHost: myapp\r\n" + strings.Repeat("A: b\r\n", n-1) + "\r\n"
	}
	if _, o := parsed(fields(1024)); o != accepted {
		t.Error("1024 headers are not accepted")
	}
	if _, o := parsed(fields(1025)); o != general {
		t.Error("1025 headers are accepted")
	}
	sized := func(n int) string {
		frame := lines("GET / HTTP/1.1", "Host: myapp", "A: ")
		return lines("GET / HTTP/1.1", "Host: myapp", "A: "+strings.Repeat("a", n-len(frame)))
	}
	if _, o := parsed(sized(128 << 10)); o != accepted {
		t.Error("a head of 128 KiB is not accepted")
	}
	if _, o := parsed(sized(128<<10 + 1)); o != general {
		t.Error("a larger head is accepted if it is complete")
	}
	if _, o := parsed(sized(130 << 10)[:128<<10+1]); o != general {
		t.Error("a larger head is waited for")
	}
	if _, o := parsed("GET /" + strings.Repeat("a", 128<<10)); o != general {
		t.Error("a longer line is waited for")
	}
}

func TestHeadSaysWhatFollows(t *testing.T) {
	for text, holds := range map[string]func(h *head) bool{
		"Connection: close":                        func(h *head) bool { return !h.keepAlive && !h.named },
		"Connection: Keep-Alive":                   func(h *head) bool { return h.keepAlive && !h.named },
		"Connection: foo, Close":                   func(h *head) bool { return !h.keepAlive && h.named },
		"Transfer-Encoding: Chunked":               func(h *head) bool { return h.chunked && h.length == -1 },
		"TE: gzip, Trailers":                       func(h *head) bool { return h.trailers },
		"Expect: 100-Continue":                     func(h *head) bool { return h.expects },
		"Upgrade: websocket":                       func(h *head) bool { return h.upgrade == nil },
		"Connection: Upgrade\r\nUpgrade: tcp":      func(h *head) bool { return string(h.upgrade) == "tcp" },
		"Upgrade: SPDY/3.1\r\nConnection: a":       func(h *head) bool { return h.upgrade == nil },
		"Connection: upgrade\r\nUpgrade: SPDY/3.1": func(h *head) bool { return string(h.upgrade) == "SPDY/3.1" },
		"Authorization: NTLM TlRMTVNT":             func(h *head) bool { return h.hasLogin },
		"Authorization: negotiate":                 func(h *head) bool { return h.hasLogin },
		"Authorization: Basic bnRsbTo=":            func(h *head) bool { return !h.hasLogin },
		"Destination: http://myapp/a":              func(h *head) bool { return h.refers },
		"If: (<urn:x>)":                            func(h *head) bool { return h.refers },
		"If-Match: a":                              func(h *head) bool { return !h.refers },
	} {
		h, o := parsed(lines("GET / HTTP/1.1", "Host: myapp", text))
		if o != accepted || !holds(h) {
			t.Errorf("%q: got %d, %+v", text, o, h)
		}
	}
}
