package inside

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"tailscale.com/util/rands"
)

// dialTimeout bounds how long a caller waits at a door, like a browser at a filtered port.
const dialTimeout = 15 * time.Second

// Door is a port on loopback whose connections arrive at a tailnet address as a given person or device.
type Door struct {
	ID       string `json:"id"`
	Who      string `json:"who"`
	Target   string `json:"target"`
	Hostname string `json:"hostname,omitempty"`
	// Visitor is the address of a caller through Funnel. Defaults to that of the actual caller.
	Visitor netip.Addr `json:"visitor,omitzero"`
	// TLS is whether the door does the caller's part of TLS, which no browser can: it does not know the sandbox's authority.
	TLS bool `json:"tls,omitempty"`
	// Host and Port say where it listens.
	Host string `json:"host"`
	Port int    `json:"port"`

	listener net.Listener
}

// OpenDoor starts the node of a person or device and listens for it; port 0 picks a free port.
func (h *Host) OpenDoor(ctx context.Context, d Door) (*Door, error) {
	if _, _, err := net.SplitHostPort(d.Target); err != nil {
		return nil, errors.New("the target of a door has to be name:port or address:port on the tailnet")
	}
	if d.Who == Funnel {
		if err := h.allowFunnel(); err != nil {
			return nil, err
		}
	}
	if _, err := h.Node(ctx, d.Who, d.Hostname); err != nil {
		return nil, err
	}
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: d.Port})
	if err != nil {
		return nil, err
	}
	d.ID, d.Host, d.Port = rands.HexString(8), "127.0.0.1", listener.Addr().(*net.TCPAddr).Port
	d.listener = listener
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.doors == nil {
		h.doors = map[string]*Door{}
	}
	h.doors[d.ID] = &d
	go h.attend(&d)
	return &d, nil
}

// CloseDoor stops listening; open connections continue.
func (h *Host) CloseDoor(id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.doors[id]
	if d == nil {
		return errors.New("no such door")
	}
	delete(h.doors, id)
	return d.listener.Close()
}

func (h *Host) attend(d *Door) {
	for {
		caller, err := d.listener.Accept()
		if err != nil {
			return
		}
		go h.pass(d, caller.(*net.TCPConn))
	}
}

func (h *Host) pass(d *Door, caller *net.TCPConn) {
	target, err := h.connect(d, caller)
	if err != nil {
		h.Logf("door: %s → %s: %v", d.Who, d.Target, err)
		// A reset rather than an end, because nothing answered.
		caller.SetLinger(0)
		caller.Close()
		return
	}
	splice(caller, target)
}

// connect dials the target of a door, and does TLS with it if the door says so.
func (h *Host) connect(d *Door, caller net.Conn) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	// Ask for the node each time, because an admin may have removed the previous one.
	node, err := h.Node(ctx, d.Who, d.Hostname)
	if err != nil {
		return nil, err
	}
	conn, err := dial(ctx, node, d, caller)
	if err != nil || !d.TLS {
		return conn, err
	}
	name, err := h.serverName(d.Target)
	if err != nil {
		conn.Close()
		return nil, err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: name, RootCAs: h.Roots})
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// serverName returns the full name of a target, for which it has its certificate.
func (h *Host) serverName(target string) (string, error) {
	host, _, err := net.SplitHostPort(target)
	if err != nil {
		return "", err
	}
	if _, err := netip.ParseAddr(host); err != nil && strings.Contains(host, ".") {
		return strings.TrimSuffix(host, "."), nil
	}
	node, err := h.Control.Lookup(host)
	return node.FQDN, err
}

func dial(ctx context.Context, node *Node, d *Door, caller net.Conn) (net.Conn, error) {
	if d.Who != Funnel {
		return node.Dial(ctx, d.Target)
	}
	from := caller.RemoteAddr().(*net.TCPAddr).AddrPort()
	if d.Visitor.IsValid() {
		from = netip.AddrPortFrom(d.Visitor, from.Port())
	}
	return node.DialFunnel(ctx, d.Target, from)
}

type halfCloser interface{ CloseWrite() error }

// splice copies in both directions. End of file ends only that direction; an error ends both.
func splice(a *net.TCPConn, b net.Conn) {
	done := make(chan error, 2)
	pipe := func(dst, src net.Conn) {
		_, err := io.Copy(dst, src)
		if half, ok := dst.(halfCloser); ok && err == nil {
			err = half.CloseWrite()
		}
		done <- err
	}
	go pipe(a, b)
	go pipe(b, a)
	if err := <-done; err != nil {
		a.SetLinger(0)
	} else {
		<-done
	}
	a.Close()
	b.Close()
}
