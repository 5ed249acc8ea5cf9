package control_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"tailscale.com/tsnet"

	"tsexpose/src/sandbox/go/control"
)

// offer makes a device a host of svc:web on port 7, where it says its name.
func (d *device) offer(name string) *tsnet.ServiceListener {
	d.t.Helper()
	l, err := d.server.ListenService("svc:web", tsnet.ServiceModeTCP{Port: 7})
	check(d.t, err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, name)
			c.Close()
		}
	}()
	return l
}

func define(t *testing.T, s *control.Server, auto ...string) control.Service {
	t.Helper()
	ports := []uint16{7}
	v, err := s.DefineService("svc:web", control.ServiceChange{Ports: &ports, AutoApprove: &auto})
	check(t, err)
	return v
}

func awaitHost(t *testing.T, s *control.Server, what, node string, is func(control.ServiceHost) bool) {
	t.Helper()
	awaitControl(t, s, what, func(st control.State) bool {
		for _, v := range st.Services {
			for _, h := range v.Hosts {
				if h.Node == node && is(h) {
					return true
				}
			}
		}
		return false
	})
}

func serving(h control.ServiceHost) bool { return h.Serving }

// visit asks a Service which node it is, until it is the expected one.
func (d *device) visit(address, want string) {
	d.t.Helper()
	var got string
	for ctx := within(d.t); ctx.Err() == nil; {
		attempt, cancel := context.WithTimeout(ctx, time.Second)
		c, err := d.server.Dial(attempt, "tcp", net.JoinHostPort(address, "7"))
		cancel()
		if err == nil {
			text, _ := io.ReadAll(c)
			c.Close()
			if got = string(text); got == want {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.t.Fatalf("%s is answered by %q, not by %q", address, got, want)
}

func TestTailscalesOwnHostServesAServiceOnceItIsApproved(t *testing.T) {
	s := tailnet(t)
	v := define(t, s)
	host, caller := join(t, s, "a", "tskey-auth-tag-ci"), join(t, s, "laptop", "tskey-auth-alice")
	host.offer("a")
	awaitHost(t, s, "the offer", "a", func(h control.ServiceHost) bool { return h.Active && !h.Approved && !h.Serving })
	check(t, s.ApproveHost("svc:web", "a", true))
	awaitHost(t, s, "the host", "a", serving)
	caller.visit(v.FQDN, "a")
	caller.visit(v.IPs[1].String(), "a")
	check(t, s.ApproveHost("svc:web", "a", false))
	awaitHost(t, s, "no host", "a", func(h control.ServiceHost) bool { return !h.Serving })
}

func TestAServiceGoesOnWithItsOtherHost(t *testing.T) {
	s := tailnet(t)
	v := define(t, s, "tag:ci")
	a, b, caller := join(t, s, "a", "tskey-auth-tag-ci"), join(t, s, "b", "tskey-auth-tag-ci"), join(t, s, "laptop", "tskey-auth-bob")
	first := a.offer("a")
	b.offer("b")
	awaitHost(t, s, "the first host", "a", serving)
	caller.visit(v.FQDN, "a")
	check(t, first.Close())
	awaitHost(t, s, "the second host", "b", serving)
	caller.visit(v.FQDN, "b")
}

func TestAHostHasToOfferEveryPort(t *testing.T) {
	s := tailnet(t)
	define(t, s, "tag:ci")
	join(t, s, "a", "tskey-auth-tag-ci").offer("a")
	awaitHost(t, s, "the host", "a", serving)
	ports := []uint16{7, 8}
	_, err := s.DefineService("svc:web", control.ServiceChange{Ports: &ports})
	check(t, err)
	awaitHost(t, s, "no host", "a", func(h control.ServiceHost) bool { return h.Active && !h.Serving })
}

func TestNodesAndServicesDoNotShareNames(t *testing.T) {
	s := tailnet(t)
	define(t, s)
	if node := join(t, s, "web", "tskey-auth-alice"); node.status().Self.DNSName != "web-1.sandbox.ts.net." {
		t.Errorf("the node is called %s", node.status().Self.DNSName)
	}
	if _, err := s.DefineService("svc:web-1", control.ServiceChange{}); err == nil {
		t.Error("a service could get the name of a node")
	}
	if _, err := s.DefineService("web", control.ServiceChange{}); err == nil {
		t.Error("a service could have a name without svc:")
	}
}
