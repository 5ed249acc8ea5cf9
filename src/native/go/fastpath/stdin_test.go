package fastpath

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"strconv"
	"testing"
)

// TestHeadsOfStandardInput is the fast path's side of test/native/head-fuzz.test.ts, which compares it with Node.js. Each
// head comes after its length, and gets a line: null for what is handed over, or [method, target, headers, length, upgrade].
func TestHeadsOfStandardInput(t *testing.T) {
	if os.Getenv("TSEXPOSE_READ_HEADS") == "" {
		t.Skip("no heads come")
	}
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
			t.Fatal(err)
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
