package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"tailscale.com/ipn/ipnlocal"
	"tailscale.com/tailcfg"

	"tsexpose/src/native/go/devicename"
)

// identity is a caller, in the shape of src/identity/identity.ts.
type identity struct {
	Kind         string                                          `json:"kind"`
	Login        string                                          `json:"login"`
	Name         string                                          `json:"name"`
	Picture      string                                          `json:"picture"`
	UserID       string                                          `json:"userId"`
	Groups       []string                                        `json:"groups"`
	Node         *identityNode                                   `json:"node,omitempty"`
	Capabilities map[tailcfg.PeerCapability][]tailcfg.RawMessage `json:"capabilities,omitempty"`
	IP           netip.Addr                                      `json:"ip"`
	Port         uint16                                          `json:"port"`
}

type identityNode struct {
	ID   string       `json:"id"`
	Name string       `json:"name"`
	FQDN string       `json:"fqdn"`
	IPs  []netip.Addr `json:"ips"`
	OS   string       `json:"os"`
	Tags []string     `json:"tags"`
}

// identify resolves the peer of a connection. If the network map has no answer, the peer is unknown, even if there was
// an answer before.
func identify(lb *ipnlocal.LocalBackend, remote, local netip.AddrPort) identity {
	id := identity{Kind: "unknown", Groups: []string{}, IP: remote.Addr().Unmap(), Port: remote.Port()}
	// Port 0 asks the network map only, and not tailscaled's table of proxied local ports.
	n, user, ok := lb.WhoIs("tcp", netip.AddrPortFrom(id.IP, 0))
	// Once the key of a device has expired, its owner is no longer known.
	if !ok || n.Expired() {
		return id
	}
	switch {
	case n.IsTagged():
		id.Kind = "tagged"
	case user.LoginName != "":
		id.Kind = "user"
		id.Login, id.Name, id.Picture = user.LoginName, user.DisplayName, user.ProfilePicURL
		id.UserID = strconv.FormatInt(int64(user.ID), 10)
		if user.Groups != nil {
			id.Groups = user.Groups
		}
	default:
		return id
	}
	id.Node = describeNode(n, lb.NetMapNoPeers().SelfName())
	if local.IsValid() {
		id.Capabilities = lb.PeerCapsForIP(id.IP, local.Addr().Unmap())
	} else {
		id.Capabilities = lb.PeerCaps(id.IP)
	}
	return id
}

// describeNode describes a device to the node that is called self.
func describeNode(n tailcfg.NodeView, self string) *identityNode {
	d := &identityNode{
		ID: string(n.StableID()), FQDN: strings.TrimSuffix(n.Name(), "."), IPs: []netip.Addr{}, OS: n.Hostinfo().OS(), Tags: []string{},
	}
	d.Name = devicename.Of(d.FQDN, self)
	for _, p := range n.Addresses().All() {
		d.IPs = append(d.IPs, p.Addr())
	}
	d.Tags = n.Tags().AppendTo(d.Tags)
	return d
}

func (i identity) text() []byte {
	text, err := json.Marshal(i)
	if err != nil {
		// This happens only if the control server has sent a capability value that is not JSON.
		i.Capabilities = nil
		text, _ = json.Marshal(i)
	}
	return text
}

func (n *node) whois(r *request, address string) {
	lb, err := n.lb()
	if err != nil {
		r.reject(err)
		return
	}
	remote, ok := resolvePeer(lb, address)
	if !ok {
		r.reject(codedText("ERR_TSEXPOSE_NOT_FOUND", fmt.Sprintf("no device on this tailnet is named %q", address)))
		return
	}
	id := identify(lb, remote, netip.AddrPort{})
	if id.Kind == "unknown" {
		r.reject(codedText("ERR_TSEXPOSE_NOT_FOUND", fmt.Sprintf("no device on this tailnet has the address %s", remote.Addr())))
		return
	}
	r.resolve(json.RawMessage(id.text()))
}

// resolvePeer understands "ip", "ip:port", "[ip]:port" and the MagicDNS names of devices.
func resolvePeer(lb *ipnlocal.LocalBackend, address string) (netip.AddrPort, bool) {
	if ap, err := netip.ParseAddrPort(address); err == nil {
		return ap, true
	}
	if ip, err := netip.ParseAddr(strings.Trim(address, "[]")); err == nil {
		return netip.AddrPortFrom(ip, 0), true
	}
	want := devicename.Lower(strings.TrimSuffix(address, "."))
	self := lb.NetMapNoPeers().SelfName()
	status := lb.Status()
	peers := append([]*peerStatus{status.Self}, peersOf(status)...)
	for _, p := range peers {
		if p == nil || len(p.TailscaleIPs) == 0 {
			continue
		}
		fqdn := strings.TrimSuffix(p.DNSName, ".")
		if want == devicename.Lower(fqdn) || want == devicename.Lower(devicename.Of(fqdn, self)) {
			return netip.AddrPortFrom(p.TailscaleIPs[0], 0), true
		}
	}
	return netip.AddrPort{}, false
}
