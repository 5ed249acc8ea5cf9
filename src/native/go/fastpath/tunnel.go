package fastpath

import (
	"io"
	"net"
)

// appendConnection appends what the connection to the target is for: one request, several, or another protocol.
func (x *exchange) appendConnection(dst []byte) []byte {
	if x.length != 0 {
		// A target that leaves a body unread would take it for the next request, of any caller. One that ignores an
		// upgrade may look at the first Connection only.
		dst = append(dst, "Connection: close\r\n"...)
	}
	switch {
	case x.head.upgrade != nil:
		dst = append(dst, "Connection: Upgrade\r\nUpgrade: "...)
		dst = append(append(dst, x.head.upgrade...), crlf...)
	case x.length == 0:
		dst = append(dst, "Connection: keep-alive\r\n"...)
	}
	return dst
}

// tunnel joins the two connections, which speak another protocol from here on. Each direction ends on its own.
func (x *exchange) tunnel() next {
	a := &x.answer
	x.event.status = a.status
	out := a.appendHead(nil, x.rules, nil, nil, false, false)
	out = append(out, "Connection: Upgrade\r\nUpgrade: "...)
	out = append(append(out, a.upgrade...), "\r\n\r\n"...)
	x.u.r.use(a.size)
	x.enter(tunneling)
	x.stopWatch()
	if _, err := x.tcp.Write(append(out, x.u.r.bytes()...)); err != nil {
		return x.abandon(errGone)
	}
	caller := x.event.caller
	x.report()
	x.event.caller = nil
	if caller != nil {
		x.lane.present(caller, webSocketBegan)
		defer x.lane.present(caller, webSocketEnded)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if recover() != nil { // a defect ends one connection
				x.Cut()
			}
		}()
		// The tunnel begins where the body of the request ends.
		if up := x.upload; up != nil {
			if <-up.done; !up.complete {
				x.Cut()
				return
			}
		}
		if x.r.len() > 0 {
			if _, err := x.u.Write(x.r.bytes()); err != nil {
				x.Cut()
				return
			}
		}
		x.r.release()
		x.carry(x.u.Conn, x.tcp)
	}()
	x.u.r.release()
	x.carry(x.tcp, x.u.Conn)
	<-done
	x.u.close()
	return end
}

// carry copies in one direction. An end of file ends only that direction, an error both. A tunnel that is silent holds a
// small buffer only.
func (x *exchange) carry(dst, src net.Conn) {
	b := small.Get().(*[smallBuffer]byte)[:]
	defer func() { recycle(b) }()
	for {
		n, err := src.Read(b)
		if n > 0 {
			x.touch()
			if _, err := dst.Write(b[:n]); err != nil {
				x.Cut()
				return
			}
			switch {
			case n == len(b) && len(b) == smallBuffer:
				recycle(b)
				b = large.Get().(*[largeBuffer]byte)[:]
			case n < smallBuffer && len(b) == largeBuffer:
				recycle(b)
				b = small.Get().(*[smallBuffer]byte)[:]
			}
		}
		if err == nil {
			continue
		}
		w, ok := dst.(interface{ CloseWrite() error })
		if err != io.EOF || !ok || w.CloseWrite() != nil {
			x.Cut()
		}
		return
	}
}
