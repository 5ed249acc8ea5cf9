package fastpath

import (
	"fmt"
	"strings"
	"testing"
)

func answered(text string) (*answer, error) {
	a := &answer{}
	done, err := a.parse([]byte(text))
	if err == nil && !done {
		return nil, nil
	}
	return a, err
}

func TestLenientAnswers(t *testing.T) {
	for text, want := range map[string]string{
		lines("HTTP/1.1 200 OK", "A: b", "Content-Length: 2"):                       `200 "OK" [{"A" "b"} {"Content-Length" "2"}] 2 false false`,
		"HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\n":                              `200 "OK" [{"A" "b"} {"Content-Length" "2"}] 2 false false`,
		"\r\n\nHTTP/1.1 204\r\n\r\n":                                                `204 "" [] -1 false false`,
		lines("HTTP/1.0 302 "):                                                      `302 "" [] -1 false true`,
		lines("HTTP/1.0 200 OK", "Connection: Keep-Alive"):                          `200 "OK" [{"Connection" "Keep-Alive"}] -1 false false`,
		lines("HTTP/1.1 200 O\xffK"):                                                `200 "" [] -1 false false`,
		lines("HTTP/1.1 200 OK", "A: b", "  c ", "\td"):                             `200 "OK" [{"A" "b    c   \td"}] -1 false false`,
		lines("HTTP/1.1 200 OK", "A:", " c"):                                        `200 "OK" [{"A" "c"}] -1 false false`,
		lines("HTTP/1.1 200 OK", "Content-Length: 5", "Content-Length: 5, 5"):       `200 "OK" [{"Content-Length" "5"} {"Content-Length" "5, 5"}] 5 false false`,
		lines("HTTP/1.1 200 OK", "Content-Length: 5", "Transfer-Encoding: chunked"): `200 "OK" [{"Content-Length" "5"} {"Transfer-Encoding" "chunked"}] -1 true true`,
		lines("HTTP/1.1 200 OK", "Transfer-Encoding: identity"):                     `200 "OK" [{"Transfer-Encoding" "identity"}] -1 false false`,
		lines("HTTP/1.1 200 OK", "Connection: foo, close"):                          `200 "OK" [{"Connection" "foo, close"}] -1 false true`,
	} {
		a, err := answered(text)
		if err != nil || a == nil {
			t.Errorf("%q: got %v", text, err)
			continue
		}
		got := fmt.Sprintf("%d %q %q %d %t %t", a.status, a.reason, a.fields, a.length, a.chunked, a.closes)
		if got != want || a.size != len(text) {
			t.Errorf("%q: got %s, %d bytes", text, got, a.size)
		}
	}
}

func TestMalformedAnswers(t *testing.T) {
	for _, text := range []string{
		"SSH-2.0-OpenSSH_9.6\r\n", "\x15\x03\x01\x00\x02\x02\x46", lines("HTTP/2.0 200 OK"), lines("HTTP/1.2 200 OK"), lines("HTTP/1.1 20 OK"),
		lines("HTTP/1.1 099 OK"), lines("HTTP/1.1 2000 OK"), lines("HTTP/1.1 2x0 OK"), lines("HTTP/1.1  200 OK"), lines("http/1.1 200 OK"),
		lines("HTTP/1.1 200 OK", " folded: first"), lines("HTTP/1.1 200 OK", "A"), lines("HTTP/1.1 200 OK", ": b"), lines("HTTP/1.1 200 OK", "A : b"),
		lines("HTTP/1.1 200 OK", "A: b\rc"), lines("HTTP/1.1 200 OK", "A: \x00"), lines("HTTP/1.1 200 OK", "A: b\r"),
		lines("HTTP/1.1 200 OK", "A: b", " c\rSet-Cookie: d"), lines("HTTP/1.1 200 OK", "A: b", "\tc\x00"), lines("HTTP/1.1 200 OK", "A: b", " c\r"),
		lines("HTTP/1.1 200 OK", "Content-Length: 5", "Content-Length: 6"), lines("HTTP/1.1 200 OK", "Content-Length: 5, 6"),
		lines("HTTP/1.1 200 OK", "Content-Length: -5"), lines("HTTP/1.1 200 OK", "Content-Length: +5"), lines("HTTP/1.1 200 OK", "Content-Length:"),
		lines("HTTP/1.1 200 OK", "Content-Length: ,"), lines("HTTP/1.1 200 OK", "Content-Length: 0x5"),
		lines("HTTP/1.1 200 OK", "Content-Length: 9223372036854775808"), lines("HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked"),
		lines("HTTP/1.1 200 OK", "Transfer-Encoding: gzip"), lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
		"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", maxAnswer), strings.Repeat("\r\n", maxAnswer),
	} {
		if a, err := answered(text); err != errMalformed {
			t.Errorf("%.80q: got %+v and %v", text, a, err)
		}
	}
}

func TestAnnouncedBodyOfA204EndsTheConnection(t *testing.T) {
	for fields, want := range map[string]bool{"Content-Length: 0": false, "Content-Length: 2": true, "Transfer-Encoding: chunked": true} {
		if a, err := answered(lines("HTTP/1.1 204 No Content", fields)); err != nil || a.closes != want {
			t.Errorf("%s: got %+v and %v", fields, a, err)
		}
	}
}

func TestAnswerOfOneMebibyte(t *testing.T) {
	text := "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: "+strings.Repeat("a", 1000)+"\r\n", 1000) + "\r\n"
	if a, err := answered(text); err != nil || a == nil || len(a.fields) != 1000 {
		t.Errorf("got %v", err)
	}
	if a, err := answered(text[:len(text)-1]); a != nil || err != nil {
		t.Errorf("got %v before its end", err)
	}
}

// head returns an answer as the caller gets it.
func headFor(t *testing.T, text string, chunk, last bool) string {
	t.Helper()
	a, err := answered(text)
	if err != nil || a == nil {
		t.Fatalf("%q: %v", text, err)
	}
	return string(a.appendHead(nil, compiled(t, rules("tcp", "")), nil, nil, chunk, last))
}

func TestAnswersAreFramedAnew(t *testing.T) {
	date := "Date: now"
	for _, c := range []struct {
		text        string
		chunk, last bool
		want        string
	}{
		{lines("HTTP/1.0 200 Fine", date, "content-length: 05", "Content-Length: 5"), false, false, "HTTP/1.1 200 Fine\r\nDate: now\r\nContent-Length: 5\r\n"},
		{lines("HTTP/1.1 200 OK", date, "Content-Length: 5", "Transfer-Encoding: chunked", "Trailer: A"), true, false,
			"HTTP/1.1 200 OK\r\nDate: now\r\nTrailer: A\r\nTransfer-Encoding: chunked\r\n"},
		{lines("HTTP/1.1 200 OK", date, "Connection: Foo, Content-Length, close", "Foo: a", "foo: b", "Keep-Alive: c", "Content-Length: 0", "Proxy-Authenticate: d"), false, true,
			"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n"},
		{lines("HTTP/1.1 204 No Content", date, "Content-Length: 0", "Transfer-Encoding: chunked"), false, false, "HTTP/1.1 204 No Content\r\nDate: now\r\n"},
		{lines("HTTP/1.1 304 Not Modified", date, "Content-Length: 7"), false, false, "HTTP/1.1 304 Not Modified\r\nDate: now\r\nContent-Length: 7\r\n"},
		{lines("HTTP/1.1 103 Early Hints", "Link: </a>", "Content-Length: 5", "Connection: close"), false, false, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n"},
		{lines("HTTP/1.1 200 OK", date, "Upgrade: h2c", "HTTP2-Settings: a", "X_y: \xff", "x: "), false, false, "HTTP/1.1 200 OK\r\nDate: now\r\nX_y: \xff\r\nx: \r\n"},
	} {
		if got := headFor(t, c.text, c.chunk, c.last); got != c.want {
			t.Errorf("%q: got %q", c.text, got)
		}
	}
	if got := headFor(t, lines("HTTP/1.1 200 OK"), false, false); !strings.Contains(got, "\r\nDate: ") || !strings.HasSuffix(got, " GMT\r\n") {
		t.Errorf("without a date: got %q", got)
	}
}

func TestFieldsThatAreMapped(t *testing.T) {
	text := lines("HTTP/1.1 302 Found", "Location: http://127.0.0.1:3000/a", "Content-Location: http://MYAPP/a", "Refresh: 0;url=/a",
		"Set-Cookie: a=b; Path=/", "Set-Cookie: a=b; Domain=localhost", "Location: /a")
	a, err := answered(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(a.mapping(&Route{}, []byte("myapp"))); got != "[0 4]" {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint(a.mapping(&Route{Mapped: true}, []byte("myapp"))); got != "[0 1 2 3 4 5]" {
		t.Errorf("got %s of a route with other paths", got)
	}
}
