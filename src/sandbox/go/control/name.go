package control

import (
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

func (s *Server) taken(name string, self *node) bool {
	for _, n := range s.nodes {
		if n != self && n.name == name {
			return true
		}
	}
	return s.findService(name) != nil
}

func (s *Server) fqdn(n *node) string { return n.name + "." + s.opts.Suffix }

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
	if s.findService(name) != nil {
		return Node{}, fmt.Errorf("there is already a Service %q", name)
	}
	if s.taken(name, n) {
		return Node{}, fmt.Errorf("there is already a node %q", name)
	}
	n.name, n.named = name, true
	s.changed()
	return s.describe(n), nil
}
