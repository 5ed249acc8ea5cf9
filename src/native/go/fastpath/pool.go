package fastpath

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

const (
	// mostIdle is how many connections to a target wait for another request, and idleTime how long.
	mostIdle = 256
	idleTime = 30 * time.Second
)

// upstream is a connection to a target.
type upstream struct {
	net.Conn
	r      reader
	reused bool
	raw    syscall.RawConn // of the socket
	tls    *records        // nil without TLS
	since  time.Time       // when it was last used
}

// pools are the connections to targets that wait for another request.
type pools struct {
	mu   sync.Mutex
	idle map[string][]*upstream
	// last is the address that was last reached: of localhost, one of two.
	last map[string]string
}

// take returns a connection that waits, or nil.
func (p *pools) take(route *Route) *upstream {
	for {
		p.mu.Lock()
		idle := p.idle[route.key]
		if len(idle) == 0 {
			p.mu.Unlock()
			return nil
		}
		u := idle[len(idle)-1]
		p.idle[route.key] = idle[:len(idle)-1]
		p.mu.Unlock()
		if u.isQuiet() {
			u.reused = true
			return u
		}
		u.close()
	}
}

// put keeps a connection for another request.
func (p *pools) put(route *Route, u *upstream) {
	u.r.release()
	u.since = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle == nil {
		p.idle = map[string][]*upstream{}
	}
	if len(p.idle[route.key]) == mostIdle {
		u.Conn.Close()
		return
	}
	p.idle[route.key] = append(p.idle[route.key], u)
}

// sweep closes connections that have waited for too long.
func (p *pools) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, idle := range p.idle {
		n := 0
		for n < len(idle) && time.Since(idle[n].since) > idleTime {
			idle[n].Conn.Close()
			n++
		}
		p.idle[key] = idle[n:]
	}
}

func (p *pools) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, idle := range p.idle {
		for _, u := range idle {
			u.Conn.Close()
		}
	}
	p.idle = nil
}

// dial opens a connection.
func (p *pools) dial(route *Route, limit time.Duration) (*upstream, error) {
	if limit == 0 {
		limit = time.Minute
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	conn, err := p.reach(ctx, route)
	if err != nil {
		return nil, err
	}
	u := &upstream{Conn: conn}
	if c, ok := conn.(syscall.Conn); ok {
		u.raw, _ = c.SyscallConn()
	}
	if route.config != nil {
		u.tls = &records{Conn: conn}
		secure := tls.Client(u.tls, route.config)
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		u.Conn = secure
	}
	u.r.src = u.Conn
	return u, nil
}

func (p *pools) reach(ctx context.Context, route *Route) (net.Conn, error) {
	var d net.Dialer
	if isOnThisMachine(route.Address) {
		d.KeepAlive = -1 // four system calls to find out that a machine is gone
	}
	p.mu.Lock()
	last := p.last[route.key]
	p.mu.Unlock()
	if last != "" {
		if conn, err := d.DialContext(ctx, route.Network, last); err == nil {
			return conn, nil
		}
	}
	conn, err := d.DialContext(ctx, route.Network, route.Address)
	if err != nil || route.Network != "tcp" {
		return conn, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		p.last = map[string]string{}
	}
	p.last[route.key] = conn.RemoteAddr().String()
	return conn, nil
}

func isOnThisMachine(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// isQuiet returns whether the target has neither closed the connection nor sent anything, which would otherwise be taken
// for the response to the next request.
func (u *upstream) isQuiet() bool {
	if u.raw == nil || u.tls != nil && !u.hasNothingDecrypted() {
		return false
	}
	quiet := false
	err := u.raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN
	})
	return err == nil && quiet
}

// hasNothingDecrypted returns whether TLS has not read ahead: it keeps what is left of a record, and the records after it.
func (u *upstream) hasNothingDecrypted() bool {
	var b [1]byte
	u.SetReadDeadline(time.Unix(1, 0))
	n, err := u.Read(b[:])
	u.SetReadDeadline(time.Time{})
	return n == 0 && isTimeout(err) && u.tls.isWhole()
}

// records follows the TLS records that are read, to tell whether one has come in part.
type records struct {
	net.Conn
	header [5]byte
	n      int // bytes of the header that have come
	left   int // bytes of the record that have not
}

func (r *records) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	for b = b[:n]; len(b) > 0; {
		if r.left > 0 {
			part := min(r.left, len(b))
			r.left -= part
			b = b[part:]
			continue
		}
		part := copy(r.header[r.n:], b)
		b = b[part:]
		if r.n += part; r.n == len(r.header) {
			r.n, r.left = 0, int(r.header[3])<<8|int(r.header[4])
		}
	}
	return n, err
}

func (r *records) isWhole() bool { return r.n == 0 && r.left == 0 }

func (u *upstream) close() {
	u.Conn.Close()
	u.r.release()
}
