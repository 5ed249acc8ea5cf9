package control

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"tailscale.com/tailcfg"
)

// rules is the tailnet's policy: everything is allowed unless it is denied, and grants add application capabilities.
type rules struct {
	grants []Grant
	denies []Deny
}

// Grant gives callers application capabilities on nodes. Src and Dst are "*", a login, a person's ID, a tag, a group or a
// node's name; Dst can also be a Service such as "svc:web".
type Grant struct {
	Src string `json:"src"`
	Dst string `json:"dst"`
	// Capability is a name such as "example.com/cap/app".
	Capability tailcfg.PeerCapability `json:"capability"`
	// Values are any JSON.
	Values []tailcfg.RawMessage `json:"values"`
}

// Deny makes the packet filter of Dst drop what Src sends.
type Deny struct {
	Src string `json:"src"`
	Dst string `json:"dst"`
}

// matches returns whether a selector applies to a node.
func (n *node) matches(selector string) bool {
	if selector == "*" || selector == n.name || slices.Contains(n.tags, selector) {
		return true
	}
	p := n.owner
	return p != nil && (selector == p.ID || selector == p.Login || slices.Contains(p.Groups, selector))
}

// filter returns the packet filter of a node: who may connect, and with which capabilities.
func (s *Server) filter(dst *node) []tailcfg.FilterRule {
	filter := []tailcfg.FilterRule{}
	if allowed := s.allowed(dst); len(allowed) > 0 {
		filter = append(filter, tailcfg.FilterRule{
			SrcIPs:   allowed,
			DstPorts: []tailcfg.NetPortRange{{IP: "*", Ports: tailcfg.PortRange{First: 0, Last: 65535}}},
		})
	}
	for _, g := range s.rules.grants {
		srcs := s.ips(func(n *node) bool { return n.matches(g.Src) })
		dsts := s.grantees(dst, g.Dst)
		if len(srcs) == 0 || len(dsts) == 0 {
			continue
		}
		filter = append(filter, tailcfg.FilterRule{
			SrcIPs:   srcs,
			CapGrant: []tailcfg.CapGrant{{Dsts: dsts, CapMap: tailcfg.PeerCapMap{g.Capability: g.Values}}},
		})
	}
	return filter
}

// grantees returns the addresses of a node that a grant applies to: its own, and those of Services that it hosts.
func (s *Server) grantees(n *node, selector string) (dsts []netip.Prefix) {
	if n.matches(selector) {
		dsts = n.addrs()
	}
	for _, v := range s.services {
		if v.grants(n) && (selector == "*" || selector == string(v.name)) {
			dsts = append(dsts, v.prefixes()...)
		}
	}
	return dsts
}

func (s *Server) allowed(dst *node) []string {
	var denied []string
	for _, d := range s.rules.denies {
		if dst.matches(d.Dst) {
			denied = append(denied, d.Src)
		}
	}
	if len(denied) == 0 {
		return []string{"*"}
	}
	return s.ips(func(n *node) bool { return !slices.ContainsFunc(denied, n.matches) })
}

func (s *Server) ips(match func(*node) bool) (ips []string) {
	for _, n := range s.sorted() {
		if match(n) {
			ips = append(ips, addresses(n.addrs())...)
		}
	}
	return ips
}

func addresses(prefixes []netip.Prefix) (ips []string) {
	for _, p := range prefixes {
		ips = append(ips, p.Addr().String())
	}
	return ips
}

// Grant adds capabilities. It replaces a grant with the same capability, callers and nodes.
func (s *Server) Grant(g Grant) error {
	if g.Src == "" || g.Dst == "" || !strings.Contains(string(g.Capability), "/") {
		return fmt.Errorf("a grant requires src, dst and a capability such as example.com/cap/app")
	}
	s.Revoke(g)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules.grants = append(s.rules.grants, g)
	s.changed()
	return nil
}

// Revoke removes the grants that match all fields that are set.
func (s *Server) Revoke(g Grant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules.grants = slices.DeleteFunc(s.rules.grants, func(have Grant) bool {
		return (g.Src == "" || g.Src == have.Src) && (g.Dst == "" || g.Dst == have.Dst) &&
			(g.Capability == "" || g.Capability == have.Capability)
	})
	s.changed()
	return nil
}

// SetDenies replaces the denials.
func (s *Server) SetDenies(denies []Deny) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules.denies = denies
	s.changed()
	return nil
}
