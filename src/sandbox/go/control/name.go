package control

import (
	"cmp"
	"fmt"

	"tailscale.com/util/dnsname"
)

// freeName turns a device's hostname into a DNS label, and appends -1, -2, … if another node has that name.
func (s *Server) freeName(hostname string, self *node) string {
	base := dnsname.SanitizeHostname(hostname)
	if base == "" {
		base = "device"
	}
	for i, name := 1, base; ; i++ {
		if !s.taken(name, self) {
			return name
		}
		name = fmt.Sprintf("%s-%d", base, i)
	}
}

// taken returns whether a name of this tailnet belongs to a Service or to another node.
func (s *Server) taken(name string, self *node) bool {
	for _, n := range s.nodes {
		if n != self && n.name == name && n.suffix == "" {
			return true
		}
	}
	return s.findService(name) != nil
}

func (s *Server) fqdn(n *node) string { return n.name + "." + cmp.Or(n.suffix, s.opts.Suffix) }

// shareIn makes a node one that was shared in from another tailnet, with that tailnet's MagicDNS suffix.
func (s *Server) shareIn(what, suffix string) (Node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.find(what)
	if err != nil {
		return Node{}, err
	}
	if _, err := dnsname.ToFQDN(suffix); err != nil || suffix == "" {
		return Node{}, fmt.Errorf("%q is not a MagicDNS suffix", suffix)
	}
	n.suffix = suffix
	s.changed()
	return s.describe(n), nil
}

// follow renames a device whose hostname has changed, unless an admin has named it.
func (s *Server) follow(n *node, hostname string) {
	if !n.named && hostname != n.hostinfo.Hostname {
		n.name = s.freeName(hostname, n)
	}
}

// Rename gives a node a permanent name that does not depend on its hostname.
func (s *Server) Rename(what, name string) (Node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.find(what)
	if err != nil {
		return Node{}, err
	}
	if err := dnsname.ValidLabel(name); err != nil {
		return Node{}, err
	}
	if n.suffix == "" && s.findService(name) != nil {
		return Node{}, fmt.Errorf("there is already a Service %q", name)
	}
	if n.suffix == "" && s.taken(name, n) {
		return Node{}, fmt.Errorf("there is already a node %q", name)
	}
	n.name, n.named = name, true
	s.changed()
	return s.describe(n), nil
}
