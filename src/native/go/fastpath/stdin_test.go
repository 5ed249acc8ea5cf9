package fastpath

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"strconv"
	"testing"
)

// TestMain runs the tests, or the fast path's side of test/native/head-fuzz.test.ts, which compares it with Node.js.
func TestMain(m *testing.M) {
	if os.Getenv("TSEXPOSE_READ_HEADS") == "" {
		os.Exit(m.Run())
	}
	answerHeads()
}

// answerHeads reads heads from standard input, each after its length. Each gets a line: null for what is handed over, or
// [method, target, headers, length, upgrade].
func answerHeads() {
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	var h head
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
		line := []byte("null")
		if h.parse(b) == accepted && h.size == len(b) {
			line = appendHeadLine(nil, &h)
		}
		out.Write(append(line, '\n'))
	}
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
