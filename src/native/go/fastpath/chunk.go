package fastpath

import (
	"bytes"
	"errors"
	"strconv"
)

var errChunk = errors.New("the chunks of a body are malformed")

// Limits of a chunked body, besides its data.
const (
	maxChunkLine = 4 << 10
	maxTrailers  = 16 << 10
)

type chunkState uint8

const (
	inSize chunkState = iota
	inData
	afterData
	inTrailers
	atEnd
)

// chunkDecoder reads a chunked body. It is strict towards callers, and accepts line feeds alone from targets.
type chunkDecoder struct {
	strict bool
	// keeps returns whether a trailer is passed on.
	keeps    func(name []byte) bool
	state    chunkState
	left     int64  // of the data of this chunk
	trailers []byte // as they are passed on
	size     int    // of all trailers
}

// next reads from a buffer: how many bytes it has used, and which of them are data. It needs more bytes if it has used
// none.
func (d *chunkDecoder) next(b []byte) (data []byte, used int, err error) {
	for {
		switch d.state {
		case inSize:
			n, err := d.readSize(b[used:])
			if n == 0 || err != nil {
				return nil, used, err
			}
			used += n
		case inData:
			data = b[used:][:min(int64(len(b)-used), d.left)]
			d.left -= int64(len(data))
			if d.left == 0 {
				d.state = afterData
			}
			return data, used + len(data), nil
		case afterData:
			n := d.lineEnd(b[used:])
			if n < 0 {
				return nil, used, errChunk
			}
			if n == 0 {
				return nil, used, nil
			}
			used += n
			d.state = inSize
		case inTrailers:
			n, err := d.readTrailer(b[used:])
			if n == 0 || err != nil {
				return nil, used, err
			}
			used += n
		case atEnd:
			return nil, used, nil
		}
	}
}

// lineEnd returns the length of a line end at the start; 0 if it is not there yet, -1 if something else is.
func (d *chunkDecoder) lineEnd(b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case b[0] == '\n' && !d.strict:
		return 1
	case b[0] != '\r':
		return -1
	case len(b) == 1:
		return 0
	case b[1] != '\n':
		return -1
	}
	return 2
}

func (d *chunkDecoder) line(b []byte, limit int) (line []byte, n int, err error) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		if len(b) > limit {
			return nil, 0, errChunk
		}
		return nil, 0, nil
	}
	if i > 0 && b[i-1] == '\r' {
		return b[:i-1], i + 1, nil
	}
	if d.strict {
		return nil, 0, errChunk
	}
	return b[:i], i + 1, nil
}

func (d *chunkDecoder) readSize(b []byte) (int, error) {
	line, n, err := d.line(b, maxChunkLine)
	if n == 0 || err != nil {
		return 0, err
	}
	digits := 0
	var size int64
	for digits < len(line) && digits < 16 {
		v := hexValue(line[digits])
		if v < 0 {
			break
		}
		size = size<<4 | int64(v)
		digits++
	}
	if digits == 0 || digits == 16 || len(line) > maxChunkLine {
		return 0, errChunk
	}
	if rest := line[digits:]; d.strict && !isExtension(rest) {
		return 0, errChunk
	} else if rest = trim(rest); len(rest) > 0 && rest[0] != ';' {
		return 0, errChunk
	}
	d.left = size
	d.state = inData
	if size == 0 {
		d.state = inTrailers
	}
	return n, nil
}

// isExtension returns whether a text is empty or chunk extensions without quoted strings. They are not passed on.
func isExtension(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if text[0] != ';' {
		return false
	}
	for _, part := range bytes.Split(text[1:], []byte{';'}) {
		name, value, hasValue := bytes.Cut(part, []byte{'='})
		if len(name) == 0 || !all(name, &isToken) || hasValue && (len(value) == 0 || !all(value, &isToken)) {
			return false
		}
	}
	return true
}

func hexValue(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return int(b|0x20-'a') + 10
	}
	return -1
}

func (d *chunkDecoder) readTrailer(b []byte) (int, error) {
	line, n, err := d.line(b, maxTrailers)
	if n == 0 || err != nil {
		return 0, err
	}
	if len(line) == 0 {
		d.state = atEnd
		return n, nil
	}
	if d.size += n; d.size > maxTrailers {
		return 0, errChunk
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !all(line[:colon], &isToken) || !all(line[colon+1:], &isValue) {
		return 0, errChunk
	}
	if d.strict && (is(line[:colon], "content-length") || is(line[:colon], "transfer-encoding")) {
		return 0, errChunk // some parser might believe it
	}
	if d.keeps(line[:colon]) {
		d.trailers = appendField(d.trailers, line[:colon], trim(line[colon+1:]))
	}
	return n, nil
}

// copy passes on a chunked body in chunks of our own, up to and with its end. fill reads more of it, and is told how many
// bytes have been used since the last time.
func (d *chunkDecoder) copy(w *chunkWriter, r *reader, fill func(used int) error) error {
	for sum := 0; ; {
		data, used, err := d.next(r.bytes())
		if err != nil {
			return err
		}
		if err := w.add(data); err != nil {
			return err
		}
		r.use(used)
		if d.state == atEnd {
			return w.end(d.trailers)
		}
		if sum += used; used > 0 && r.len() > 0 {
			continue
		}
		if err := w.flush(); err != nil {
			return err
		}
		if err := fill(sum); err != nil {
			return err
		}
		sum = 0
	}
}

// chunkWriter frames data in chunks, and collects them while there is more at hand.
type chunkWriter struct {
	out  []byte // what has not been sent; its capacity is a large buffer's
	body int64  // how many bytes of the body are in it
	send func(out []byte, body int64) error
}

// add frames data. It sends when there is no room.
func (w *chunkWriter) add(data []byte) error {
	for len(data) > 0 {
		n := min(len(data), cap(w.out)-len(w.out)-32)
		if n < min(len(data), 1024) {
			if err := w.flush(); err != nil {
				return err
			}
			continue
		}
		w.out = appendChunk(w.out, data[:n])
		w.body += int64(n)
		data = data[n:]
	}
	return nil
}

func (w *chunkWriter) flush() error {
	if len(w.out) == 0 {
		return nil
	}
	out, body := w.out, w.body
	w.out, w.body = w.out[:0], 0
	return w.send(out, body)
}

// end frames the end of the body.
func (w *chunkWriter) end(trailers []byte) error {
	w.out = appendLastChunk(w.out, trailers)
	return w.flush()
}

// appendChunk frames data.
func appendChunk(dst, data []byte) []byte {
	dst = strconv.AppendInt(dst, int64(len(data)), 16)
	dst = append(dst, crlf...)
	dst = append(dst, data...)
	return append(dst, crlf...)
}

// appendLastChunk ends a chunked body.
func appendLastChunk(dst, trailers []byte) []byte {
	dst = append(dst, "0\r\n"...)
	dst = append(dst, trailers...)
	return append(dst, crlf...)
}
