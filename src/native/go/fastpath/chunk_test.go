package fastpath

import (
	"bytes"
	"strings"
	"testing"
)

func newDecoder(strict bool) *chunkDecoder {
	return &chunkDecoder{strict: strict, keeps: func(name []byte) bool { return !is(name, "cookie") }}
}

// decode feeds a decoder with pieces of at most some bytes. It returns what was used before the end.
func decode(d *chunkDecoder, text []byte, piece int) (data []byte, used int, err error) {
	var pending []byte
	for at := 0; ; {
		part, n, err := d.next(pending)
		data = append(data, part...)
		pending = pending[n:]
		used += n
		if err != nil || d.state == atEnd {
			return data, used, err
		}
		if n > 0 {
			continue
		}
		if at == len(text) {
			return data, used, nil
		}
		next := text[at:min(at+piece, len(text))]
		at += len(next)
		pending = append(bytes.Clone(pending), next...)
	}
}

func TestChunks(t *testing.T) {
	text := "5\r\nhello\r\n00a;x=y;z\r\n0123456789\r\n0\r\nA: b \r\nCookie: c\r\nX_y:\r\n\r\nGET"
	for _, strict := range []bool{true, false} {
		for piece := 1; piece <= len(text); piece++ {
			d := newDecoder(strict)
			data, used, err := decode(d, []byte(text), piece)
			if err != nil || d.state != atEnd || string(data) != "hello0123456789" || used != len(text)-len("GET") {
				t.Fatalf("in pieces of %d: got %q, %d and %v", piece, data, used, err)
			}
			if string(d.trailers) != "A: b\r\nX_y: \r\n" {
				t.Errorf("got the trailers %q", d.trailers)
			}
		}
	}
}

func TestLenientChunks(t *testing.T) {
	for _, text := range []string{
		"2\nok\n0\n\n", "2 \r\nok\r\n0\r\n\r\n", "2 ;a\r\nok\r\n0 \r\n\r\n", "2;a=\"b;c\"\r\nok\r\n0\r\nA: b\n\n", "2; a\r\nok\r\n0\r\n\r\n",
	} {
		d := newDecoder(false)
		if data, used, err := decode(d, []byte(text), len(text)); err != nil || string(data) != "ok" || used != len(text) {
			t.Errorf("%q: got %q, %d and %v", text, data, used, err)
		}
		d = newDecoder(true)
		if _, _, err := decode(d, []byte(text), len(text)); err != errChunk {
			t.Errorf("%q from a caller: got %v", text, err)
		}
	}
}

func TestMalformedChunks(t *testing.T) {
	for _, text := range []string{
		"\r\n", "g\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\na\r\n", "1\r\nab\r\n", "1\r\na\rb", "1\r\na0\r\n\r\n",
		"10000000000000000\r\n", "0000000000000001\r\na\r\n", "1 1\r\n", "1,\r\n", "0\r\nA b\r\n\r\n", "0\r\n: b\r\n\r\n", "0\r\nA : b\r\n\r\n",
		"0\r\n a: b\r\n\r\n", "0\r\nA: \x00\r\n\r\n", "0\r\nA: b\rc\r\n\r\n", "0\r\n\rA: b\r\n\r\n",
		"1;" + strings.Repeat("a", maxChunkLine) + "\r\na\r\n0\r\n\r\n", "0\r\n" + strings.Repeat("A: b\r\n", maxTrailers/6+1) + "\r\n",
		strings.Repeat("0", maxChunkLine+1), "0\r\n" + strings.Repeat("a", maxTrailers+1),
	} {
		for _, strict := range []bool{true, false} {
			for _, piece := range []int{1, len(text)} {
				d := newDecoder(strict)
				if data, _, err := decode(d, []byte(text), piece); err != errChunk {
					t.Errorf("%.40q, strict %t, in pieces of %d: got %q and %v", text, strict, piece, data, err)
				}
			}
		}
	}
	for _, text := range []string{"1;\r\na\r\n", "1;a=\r\n", "1;a b\r\n", "1;a=b\rc\r\n", "1\n", "1\r\na\n", "0\r\nA: b\n\r\n", "1;a=\"b\"\r\n", "1;;a\r\n", "1 ;a\r\n", "0\r\ncontent-length: 1\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n"} {
		if _, _, err := decode(newDecoder(true), []byte(text), len(text)); err != errChunk {
			t.Errorf("%q from a caller: got %v", text, err)
		}
	}
}

func TestChunksAreFramed(t *testing.T) {
	out := appendLastChunk(appendChunk(appendChunk(nil, []byte("a")), []byte("0123456789abcdef")), []byte("A: b\r\n"))
	if string(out) != "1\r\na\r\n10\r\n0123456789abcdef\r\n0\r\nA: b\r\n\r\n" {
		t.Errorf("got %q", out)
	}
}
