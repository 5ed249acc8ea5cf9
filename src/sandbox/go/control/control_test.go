package control_test

import (
	"context"
	"io"
	"log"
	"net"
	"os"
	"testing"
	"time"

	"tailscale.com/client/local"
	"tailscale.com/envknob"
	"tailscale.com/ipn"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/ipn/store/mem"
	"tailscale.com/tsnet"
	"tailscale.com/types/logger"

	"tsexpose/src/internal/isolated"
	"tsexpose/src/sandbox/go/authority"
	"tsexpose/src/sandbox/go/control"
	"tsexpose/src/sandbox/go/relay"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	envknob.SetNoLogsNoSupport()
	envknob.Setenv("TS_PANIC_IF_HIT_MAIN_CONTROL", "1")
	envknob.Setenv("TS_DISABLE_PORTMAPPER", "true")
	isolated.PretendNetwork()
	os.Exit(m.Run())
}

// tailnet starts a control server with Alice, Bob and a tag.
func tailnet(t *testing.T, adjust ...func(*control.Options)) *control.Server {
	ca, err := authority.New()
	check(t, err)
	cert, err := ca.Loopback()
	check(t, err)
	r, err := relay.Start(cert, logger.Discard)
	check(t, err)
	t.Cleanup(r.Stop)
	o := control.Options{
		Tailnet: "example.com", Suffix: "sandbox.ts.net", DERPMap: r.Map, EphemeralTimeout: time.Minute, Logf: logger.Discard,
		People: []control.Person{
			{ID: "alice", Login: "alice@example.com", Name: "Alice Example", Picture: "data:,a", Groups: []string{"group:eng"}},
			{ID: "bob", Login: "bob@example.com", Name: "Bob Example"},
		},
		AuthKeys: []control.AuthKey{
			{Key: "tskey-auth-alice", Person: "alice", Reusable: true},
			{Key: "tskey-auth-bob", Person: "bob", Reusable: true},
			{Key: "tskey-auth-tag-ci", Tags: []string{"tag:ci"}, Reusable: true},
		},
	}
	for _, f := range adjust {
		f(&o)
	}
	s := control.New(o)
	check(t, s.Start("127.0.0.1:0"))
	t.Cleanup(s.Stop)
	return s
}

// device is a node under test, closed with it.
type device struct {
	*local.Client
	server *tsnet.Server
	t      *testing.T
}

func newDevice(t *testing.T, s *control.Server, hostname, authKey string, adjust ...func(*tsnet.Server)) *device {
	d := &device{t: t, server: &tsnet.Server{
		Hostname: hostname, AuthKey: authKey, ControlURL: s.URL(), Dir: t.TempDir(), Store: new(mem.Store), Ephemeral: true,
		Logf: logger.Discard, UserLogf: logger.Discard,
	}}
	for _, f := range adjust {
		f(d.server)
	}
	check(t, d.server.Start())
	t.Cleanup(func() { d.server.Close() })
	var err error
	d.Client, err = d.server.LocalClient()
	check(t, err)
	return d
}

// join is newDevice for one that comes up by itself.
func join(t *testing.T, s *control.Server, hostname, authKey string, adjust ...func(*tsnet.Server)) *device {
	d := newDevice(t, s, hostname, authKey, adjust...)
	d.awaitState(ipn.Running)
	return d
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// await watches the node until it reports what the test waits for.
func (d *device) await(what string, found func(*ipn.Notify) bool) {
	d.t.Helper()
	watcher, err := d.WatchIPNBus(within(d.t), ipn.NotifyInitialState|ipn.NotifyInitialHealthState|ipn.NotifyInitialNetMap)
	check(d.t, err)
	defer watcher.Close()
	for {
		n, err := watcher.Next()
		if err != nil {
			d.t.Fatalf("waiting for %s: %v", what, err)
		}
		if found(&n) {
			return
		}
	}
}

func (d *device) awaitState(want ipn.State) {
	d.t.Helper()
	d.await(want.String(), func(n *ipn.Notify) bool { return n.State != nil && *n.State == want })
}

// awaitStatus is for what only the whole status tells; every netmap is a reason to look.
func (d *device) awaitStatus(what string, is func(*ipnstate.Status) bool) {
	d.t.Helper()
	d.await(what, func(*ipn.Notify) bool { return is(d.status()) })
}

func (d *device) status() *ipnstate.Status {
	d.t.Helper()
	st, err := d.Status(within(d.t))
	check(d.t, err)
	return st
}

func (d *device) ip() string {
	v4, _ := d.server.TailscaleIPs()
	return v4.String()
}

// awaitControl waits until control's state is as wanted.
func awaitControl(t *testing.T, s *control.Server, what string, is func(control.State) bool) {
	t.Helper()
	for ctx := within(t); ; {
		st := s.State()
		if is(st) {
			return
		}
		if err := s.Changed(ctx, st.Version); err != nil {
			t.Fatalf("waiting for %s: %v; state %+v", what, err, st)
		}
	}
}

// talk reports whether a connection from one device to another carries bytes.
func talk(t *testing.T, from, to *device, patience time.Duration) error {
	t.Helper()
	l, err := to.server.Listen("tcp", ":7")
	check(t, err)
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			c.Write([]byte("hi"))
			c.Close()
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := from.server.Dial(ctx, "tcp", net.JoinHostPort(to.ip(), "7"))
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	_, err = c.Read(make([]byte, 2))
	return err
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
