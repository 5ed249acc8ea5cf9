package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"tailscale.com/ipn"
	"tailscale.com/ipn/ipnlocal"
	"tailscale.com/net/tsaddr"
	"tailscale.com/tailcfg"

	"tsexpose/src/native/go/devicename"
)

// newcomerWait bounds how long a dial waits for a device that is not in the network map. A device that has just joined
// reaches the maps of other nodes a moment later.
const newcomerWait = time.Second

// connect dials "host:port" for a host that already holds its end of the pair. The pair stays open until the host closes
// its end, so that a refusal never looks like end of file.
func (n *node) connect(r *request, network, address string, pair *net.UnixConn) {
	lb, err := n.lb()
	var tcp net.Conn
	if err == nil {
		tcp, err = n.dial(r.ctx, lb, network, address)
	}
	if err != nil {
		r.reject(err)
		io.Copy(io.Discard, pair)
		pair.Close()
		return
	}
	c := newConnection(n, tcp, pair)
	who := identify(lb, c.remote, c.local).text()
	c.delivered(who)
	r.resolve(c.describe(who))
	c.run()
}

// dial connects to a tailnet address or MagicDNS name.
func (n *node) dial(request context.Context, lb *ipnlocal.LocalBackend, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(request)
	defer cancel()
	defer context.AfterFunc(n.ctx, cancel)()
	if lb.State() != ipn.Running {
		if _, err := n.awaitRunning(ctx); err != nil {
			return nil, err
		}
	}
	target, err := n.route(ctx, lb, network, address)
	var tcp net.Conn
	if err == nil {
		n.meet(ctx, lb, target.Addr())
		tcp, err = n.server.Dial(ctx, network, target.String())
	}
	if err != nil && n.ctx.Err() != nil {
		return nil, errClosed
	}
	return tcp, err
}

// route resolves an address to one that the tailnet has a route for. Anything else is refused rather than dialed on the
// host's own network.
func (n *node) route(ctx context.Context, lb *ipnlocal.LocalBackend, network, address string) (netip.AddrPort, error) {
	target, err := n.resolve(ctx, network, address)
	if err == nil || target.IsValid() && !tsaddr.IsTailscaleIP(target.Addr()) {
		return target, err
	}
	wait, cancel := context.WithTimeout(ctx, newcomerWait)
	defer cancel()
	lb.WatchNotifications(wait, ipn.NotifyInitialState|ipn.NotifyNoNetMap|ipn.NotifyPeerChanges, nil, func(*ipn.Notify) bool {
		target, err = n.resolve(ctx, network, address)
		return err != nil
	})
	return target, err
}

// meetWait bounds how long the first dial to a device waits for the device to know this node.
const meetWait = 2 * time.Second

// meet waits until the device at the other end has this node in its network map. Until then it drops our first packet,
// which WireGuard repeats only after five seconds. A device that does not answer, because it is asleep or old, is dialed
// anyway.
func (n *node) meet(ctx context.Context, lb *ipnlocal.LocalBackend, ip netip.Addr) {
	// The address of a Tailscale Service does not belong to a device, but leads to one.
	peer, ok := lb.PeerForIP(ip)
	if !ok || peer.IsSelf {
		return
	}
	met := make(chan struct{})
	if other, meeting := n.met.LoadOrStore(peer.Node.Key(), met); meeting {
		met = other.(chan struct{}) // concurrent dials wait for the same answer
	} else {
		go guard(func() {
			defer close(met)
			n.greet(lb, ip)
		})
	}
	select {
	case <-met:
	case <-ctx.Done():
	}
}

// greet pings a device until it answers. It outlives the dial, because others may be waiting for it.
func (n *node) greet(lb *ipnlocal.LocalBackend, ip netip.Addr) {
	ctx, cancel := context.WithTimeout(n.ctx, meetWait)
	defer cancel()
	for wait := 20 * time.Millisecond; ctx.Err() == nil; wait *= 2 {
		attempt, cancel := context.WithTimeout(ctx, wait)
		pong, err := lb.Ping(attempt, ip, tailcfg.PingDisco, 0)
		if err == nil && pong.Err == "" {
			cancel()
			return
		}
		<-attempt.Done()
		cancel()
	}
}

func (n *node) resolve(ctx context.Context, network, address string) (netip.AddrPort, error) {
	lb, err := n.lb()
	if err != nil {
		return netip.AddrPort{}, err
	}
	target, viaTailnet, err := n.server.Sys().Dialer.Get().UserDialPlan(ctx, network, fullName(lb, address))
	if err != nil {
		return target, err
	}
	// A route of the node itself, such as that of a Service it hosts, leads to no peer, and tsnet would dial the address
	// on this machine.
	if _, reachable := lb.PeerForIP(target.Addr()); !viaTailnet || !reachable {
		err = coded("EHOSTUNREACH", fmt.Errorf("%s is not on the tailnet", target.Addr()))
	}
	return target, err
}

// fullName expands short names of Services: tsnet finds only devices by their short names.
func fullName(lb *ipnlocal.LocalBackend, address string) string {
	host, port, err := net.SplitHostPort(address)
	nm := lb.NetMapNoPeers()
	if err != nil || nm == nil || strings.ContainsAny(host, ".:") {
		return address
	}
	full := host + "." + nm.MagicDNSSuffix()
	for _, record := range nm.DNS.ExtraRecords {
		if devicename.Lower(strings.TrimSuffix(record.Name, ".")) == devicename.Lower(full) {
			return net.JoinHostPort(full, port)
		}
	}
	return address
}
