package fastpath

import (
	"io"
	"sync/atomic"
	"time"
)

// upload carries the body of a request while the response is awaited: a target may respond before the body is complete.
type upload struct {
	x        *exchange
	done     chan struct{}
	begun    atomic.Bool // whether the target has got some of it
	dropping atomic.Bool // whether it gets no more of it
	// These are for those who have waited for done.
	complete  bool // whether the body was read to its end
	gone      bool // whether the caller has gone away
	malformed bool
}

func (x *exchange) startUpload() *upload {
	up := &upload{x: x, done: make(chan struct{})}
	x.mu.Lock()
	x.uploading = true
	x.mu.Unlock()
	go func() {
		defer close(up.done)
		defer func() {
			x.mu.Lock()
			x.uploading = false
			x.mu.Unlock()
		}()
		defer func() {
			if recover() != nil { // a defect ends one connection
				x.Cut()
			}
		}()
		up.run()
	}()
	return up
}

func (up *upload) isDone() bool {
	select {
	case <-up.done:
		return true
	default:
		return false
	}
}

func (up *upload) run() {
	var err error
	if up.x.length < 0 {
		err = up.sendChunks()
	} else {
		err = up.sendLength(up.x.length)
	}
	switch {
	case err == nil:
		up.complete = true
		return
	case err == errChunk:
		up.malformed = true
	case !isTimeout(err):
		up.gone = true
	}
	// The target must not wait for the rest.
	up.x.u.Conn.Close()
}

// write passes bytes on to the target, as long as it takes them.
func (up *upload) write(b []byte) {
	if up.dropping.Load() {
		return
	}
	up.begun.Store(true)
	if _, err := up.x.u.Write(b); err != nil {
		// It may have responded already. What is left of the body is read so that the caller gets to read that.
		up.dropping.Store(true)
	}
	up.x.touch()
}

func (up *upload) sendLength(left int64) error {
	r := &up.x.r
	if n := min(int64(r.len()), left); n > 0 {
		up.write(r.bytes()[:n])
		r.use(int(n))
		left -= n
	}
	b := large.Get().(*[largeBuffer]byte)
	defer large.Put(b)
	for dropped := int64(0); left > 0; {
		n, err := up.x.tcp.Read(b[:min(int64(len(b)), left)])
		if n > 0 {
			up.write(b[:n])
			left -= int64(n)
		} else if err != nil {
			return err
		}
		if up.dropping.Load() {
			if dropped += int64(n); dropped > drainLength {
				return io.ErrShortWrite
			}
		}
	}
	return nil
}

func (up *upload) sendChunks() error {
	out := large.Get().(*[largeBuffer]byte)[:0]
	defer func() { recycle(out[:cap(out)]) }()
	w := chunkWriter{out: out, send: func(out []byte, _ int64) error { up.write(out); return nil }}
	d := chunkDecoder{strict: true, keeps: up.keepsTrailer}
	dropped := 0
	return d.copy(&w, &up.x.r, func(used int) error {
		if up.dropping.Load() {
			if dropped += used; dropped > drainLength {
				return io.ErrShortWrite
			}
		}
		return up.x.r.fill(largeBuffer)
	})
}

func (up *upload) keepsTrailer(name []byte) bool {
	if up.x.rules.fields.kind(name) != keep {
		return false
	}
	_, ok := up.x.rules.trailers[string(fold(nil, name))]
	return !ok
}

// stop ends the upload and waits for it.
func (up *upload) stop() {
	up.dropping.Store(true)
	up.x.mu.Lock()
	if !up.isDone() {
		up.x.interrupt()
	}
	up.x.mu.Unlock()
	<-up.done
}

// settleUpload ends the upload after a response that came before the end of the body. It returns whether the caller may
// ask again: whether the rest of the body could be read.
func (x *exchange) settleUpload() bool {
	up := x.upload
	if up.isDone() {
		return up.complete
	}
	up.dropping.Store(true)
	x.u.Conn.Close() // ends a write that the target does not read
	if x.expects && !x.continued {
		up.stop()
		return up.complete
	}
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	select {
	case <-up.done:
	case <-timer.C:
		up.stop()
	}
	return up.complete
}
