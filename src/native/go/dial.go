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
)

// newcomerWait is how long a dial waits for a device that the network map does not have. A device that has just joined
// reaches the maps of the others a moment later.
const newcomerWait = time.Second

// connect dials "host:port" for a host that holds its end of the pair already. The pair stays open until the host has
// closed its end, so that a refusal never looks like end of file.
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

// route resolves an address to one that the tailnet has a route for. What it has none for is refused, rather than
// dialled on the host's own network.
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

// meetWait is how long a first dial to a device waits for it to know this node.
const meetWait = 2 * time.Second

// meet waits until the device at the other end has this node in its network map. One that has just joined may be
// dialled before that; its first packet is dropped then, and WireGuard tries again only after five seconds. A device
// that does not answer, because it is asleep or old, is dialled all the same.
func (n *node) meet(ctx context.Context, lb *ipnlocal.LocalBackend, ip netip.Addr) {
	// The address of a Tailscale Service is nobody's own, but it leads to somebody.
	peer, ok := lb.PeerForIP(ip)
	if !ok || peer.IsSelf {
		return
	}
	met := make(chan struct{})
	if other, meeting := n.met.LoadOrStore(peer.Node.Key(), met); meeting {
		met = other.(chan struct{}) // dials at the same time wait for the same answer
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

// greet pings a device until it answers. A dial that is given up does not end it, since others may wait.
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
	// A route of the node's own, such as that to a Service that it hosts, leads to no peer, and tsnet would leave the
	// address to this machine.
	if _, reachable := lb.PeerForIP(target.Addr()); !viaTailnet || !reachable {
		err = coded("EHOSTUNREACH", fmt.Errorf("%s is not on the tailnet", target.Addr()))
	}
	return target, err
}

// fullName is for Services: tsnet finds a device by its short name, and what else is in MagicDNS by its full name only.
func fullName(lb *ipnlocal.LocalBackend, address string) string {
	host, port, err := net.SplitHostPort(address)
	nm := lb.NetMapNoPeers()
	if err != nil || nm == nil || strings.ContainsAny(host, ".:") {
		return address
	}
	full := host + "." + nm.MagicDNSSuffix()
	for _, record := range nm.DNS.ExtraRecords {
		if strings.EqualFold(strings.TrimSuffix(record.Name, "."), full) {
			return net.JoinHostPort(full, port)
		}
	}
	return address
}
