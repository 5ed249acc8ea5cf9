package fastpath

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"
)

// TestMain runs the tests, or the fast path's side of test/native/head-fuzz.test.ts, which compares it with Node.js: it
// reads heads or chunked bodies from standard input, each after its length, and writes a line of JSON for each.
func TestMain(m *testing.M) {
	switch os.Getenv("TSEXPOSE_READ") {
	case "heads":
		answerInput(headLine)
	case "chunks":
		answerInput(chunksLine)
	default:
		os.Exit(m.Run())
	}
}

func answerInput(line func(b []byte) []byte) {
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		if in.Buffered() == 0 {
			out.Flush()
		}
		var size uint32
		if binary.Read(in, binary.BigEndian, &size) != nil {
			return
		}
		b := make([]byte, size)
		if _, err := io.ReadFull(in, b); err != nil {
			panic(err)
		}
		out.Write(append(line(b), '\n'))
	}
}

// headLine returns null for what is handed over, or [method, target, headers, length, upgrade].
func headLine(b []byte) []byte {
	var h head
	if h.parse(b) != accepted || h.size != len(b) {
		return []byte("null")
	}
	return appendHeadLine(nil, &h)
}

// chunksLine returns null for what is not a whole body, or how many bytes of data it has, and how many it has itself.
func chunksLine(b []byte) []byte {
	d := newDecoder(true)
	data, used, err := decode(d, b, max(1, len(b)))
	if err != nil || d.state != atEnd {
		return []byte("null")
	}
	return fmt.Appendf(nil, "[%d,%d]", len(data), used)
}

func appendHeadLine(dst []byte, h *head) []byte {
	dst = append(appendText(append(dst, '['), string(h.method)), ',')
	dst = append(appendText(dst, string(h.target)), ",["...)
	for i, f := range h.fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, string(f.name)), ',')
		dst = appendText(dst, string(f.value))
	}
	dst = append(strconv.AppendInt(append(dst, "],"...), h.length, 10), ',')
	return append(appendText(dst, string(h.upgrade)), ']')
}
