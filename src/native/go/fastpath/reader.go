package fastpath

import (
	"errors"
	"io"
	"sync"
)

// Sizes of read buffers: what a connection holds while it waits, and what it grows to for large heads.
const (
	smallBuffer = 4 << 10
	largeBuffer = 64 << 10
)

var (
	small = sync.Pool{New: func() any { return new([smallBuffer]byte) }}
	large = sync.Pool{New: func() any { return new([largeBuffer]byte) }}
)

// reader buffers what comes in on a connection. Its buffer is given back whenever it is empty and the connection waits.
type reader struct {
	src  io.Reader
	buf  []byte
	from int // of what has not been used
	to   int
}

// bytes returns what has been read and not been used.
func (r *reader) bytes() []byte { return r.buf[r.from:r.to] }

func (r *reader) len() int { return r.to - r.from }

// use marks bytes as used.
func (r *reader) use(n int) {
	r.from += n
	if r.from == r.to {
		r.from, r.to = 0, 0
	}
}

var errFull = errors.New("the buffer has reached its limit")

// fill reads once, after making room for more, up to a limit.
func (r *reader) fill(limit int) error {
	if r.to == len(r.buf) {
		if r.from > 0 {
			copy(r.buf, r.buf[r.from:r.to])
			r.to -= r.from
			r.from = 0
		} else if err := r.grow(limit); err != nil {
			return err
		}
	}
	n, err := r.src.Read(r.buf[r.to:])
	r.to += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

func (r *reader) grow(limit int) error {
	switch size := len(r.buf); {
	case size == 0:
		r.buf = small.Get().(*[smallBuffer]byte)[:]
	case size >= limit:
		return errFull
	case size == smallBuffer && limit >= largeBuffer:
		b := large.Get().(*[largeBuffer]byte)[:]
		copy(b, r.buf)
		recycle(r.buf)
		r.buf = b
	default:
		b := make([]byte, min(size*2, limit))
		copy(b, r.buf)
		recycle(r.buf)
		r.buf = b
	}
	return nil
}

// shrink gives a buffer back that is larger than a waiting connection needs.
func (r *reader) shrink() {
	if r.from == r.to && len(r.buf) > smallBuffer {
		r.release()
	}
}

// release gives the buffer back.
func (r *reader) release() {
	recycle(r.buf)
	r.buf, r.from, r.to = nil, 0, 0
}

func recycle(b []byte) {
	switch len(b) {
	case smallBuffer:
		small.Put((*[smallBuffer]byte)(b))
	case largeBuffer:
		large.Put((*[largeBuffer]byte)(b))
	}
}
