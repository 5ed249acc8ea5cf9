package main

import (
	"net/netip"
	"strings"
	"time"

	"tailscale.com/ipn/ipnlocal"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/tailcfg"

	"tsexpose/src/native/go/devicename"
)

type peerStatus = ipnstate.PeerStatus

// self is the node as its tailnet sees it.
type self struct {
	Name string       `json:"name"`
	FQDN string       `json:"fqdn"`
	IPs  []netip.Addr `json:"ips"`
	// CertDomains are the names that it can get certificates for.
	CertDomains []string `json:"certDomains"`
	// MagicDNS is whether names resolve.
	MagicDNS bool `json:"magicDns"`
}

// selfOf returns false while the node has no address.
func selfOf(lb *ipnlocal.LocalBackend) (*self, bool) {
	nm := lb.NetMapNoPeers()
	if nm == nil || !nm.SelfNode.Valid() || nm.SelfNode.Addresses().Len() == 0 {
		return nil, false
	}
	d := describeNode(nm.SelfNode, nm.SelfName())
	return &self{Name: d.Name, FQDN: d.FQDN, IPs: d.IPs, CertDomains: nm.DNS.CertDomains, MagicDNS: nm.DNS.Proxied}, true
}

type nodeStatus struct {
	State          string        `json:"state"`
	Name           string        `json:"name"`
	FQDN           string        `json:"fqdn"`
	IPs            []netip.Addr  `json:"ips"`
	Tailnet        string        `json:"tailnet"`
	MagicDNSSuffix string        `json:"magicDnsSuffix"`
	MagicDNS       bool          `json:"magicDns"`
	User           *statusUser   `json:"user,omitempty"`
	Tags           []string      `json:"tags"`
	KeyExpiry      *time.Time    `json:"keyExpiry,omitempty"`
	LoginURL       string        `json:"loginUrl,omitempty"`
	Health         []string      `json:"health"`
	CertDomains    []string      `json:"certDomains"`
	Peers          []*statusPeer `json:"peers"`
}

type statusUser struct {
	Login   string `json:"login"`
	Name    string `json:"name"`
	Picture string `json:"picture"`
}

type statusPeer struct {
	ID     string       `json:"id"`
	Name   string       `json:"name"`
	FQDN   string       `json:"fqdn"`
	IPs    []netip.Addr `json:"ips"`
	OS     string       `json:"os"`
	User   string       `json:"user"`
	Tags   []string     `json:"tags"`
	Online bool         `json:"online"`
}

func (n *node) status(r *request) {
	lb, err := n.lb()
	if err != nil {
		r.reject(err)
		return
	}
	st := lb.Status()
	out := nodeStatus{
		State: stateName(st.BackendState), IPs: []netip.Addr{}, Tags: []string{}, Health: []string{},
		CertDomains: []string{}, Peers: []*statusPeer{},
	}
	if out.State == "needs-login" {
		out.LoginURL = st.AuthURL
	}
	out.Health = append(append(out.Health, st.Health...), crowdHealth()...)
	out.CertDomains = append(out.CertDomains, st.CertDomains...)
	if st.CurrentTailnet != nil {
		out.Tailnet = st.CurrentTailnet.Name
		out.MagicDNSSuffix = st.CurrentTailnet.MagicDNSSuffix
		out.MagicDNS = st.CurrentTailnet.MagicDNSEnabled
	}
	if p := st.Self; p != nil {
		out.FQDN = strings.TrimSuffix(p.DNSName, ".")
		out.Name = devicename.Of(out.FQDN, p.DNSName)
		out.IPs = append(out.IPs, p.TailscaleIPs...)
		out.Tags = tagsOf(p)
		out.KeyExpiry = p.KeyExpiry
		if u, ok := userOf(st.User, p); ok {
			out.User = &statusUser{Login: u.LoginName, Name: u.DisplayName, Picture: u.ProfilePicURL}
		}
	}
	for _, p := range peersOf(st) {
		fqdn := strings.TrimSuffix(p.DNSName, ".")
		u, _ := userOf(st.User, p)
		out.Peers = append(out.Peers, &statusPeer{
			ID: string(p.ID), Name: devicename.Of(fqdn, out.FQDN), FQDN: fqdn, IPs: p.TailscaleIPs, OS: p.OS, User: u.LoginName, Tags: tagsOf(p), Online: p.Online,
		})
	}
	r.resolve(out)
}

func peersOf(st *ipnstate.Status) []*peerStatus {
	peers := make([]*peerStatus, 0, len(st.Peer))
	for _, key := range st.Peers() {
		peers = append(peers, st.Peer[key])
	}
	return peers
}

// userOf returns the owner of a device; a tagged device has none.
func userOf(users map[tailcfg.UserID]tailcfg.UserProfile, p *peerStatus) (tailcfg.UserProfile, bool) {
	if p.IsTagged() {
		return tailcfg.UserProfile{}, false
	}
	u, ok := users[p.UserID]
	return u, ok
}

func tagsOf(p *peerStatus) []string {
	tags := []string{}
	if p.Tags != nil {
		tags = p.Tags.AppendTo(tags)
	}
	return tags
}

// stateName returns the host's name for a state of the backend.
func stateName(backend string) string {
	switch backend {
	case "Running":
		return "running"
	case "NeedsLogin":
		return "needs-login"
	case "NeedsMachineAuth":
		return "needs-approval"
	case "Stopped", "InUseOtherUser":
		return "stopped"
	}
	return "starting"
}
