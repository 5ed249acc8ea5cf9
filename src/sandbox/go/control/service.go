package control

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"tailscale.com/net/netaddr"
	"tailscale.com/net/tsaddr"
	"tailscale.com/tailcfg"
	"tailscale.com/types/ipproto"
)

// service is a Tailscale Service: a name and addresses that several nodes can serve. All fields are guarded by Server.mu.
type service struct {
	name  tailcfg.ServiceName
	id    int
	ports []uint16
	auto  []string                // selectors of nodes that need no approval
	said  map[tailcfg.NodeID]bool // an admin's decision about a host
}

// addrs derives the Service's addresses from its ID; nodes have lower ones.
func (v *service) addrs() []netip.Addr {
	v4 := netaddr.IPv4(100, 127, byte(v.id>>8), byte(v.id))
	return []netip.Addr{v4, tsaddr.Tailscale4To6(v4)}
}

func (v *service) prefixes() (prefixes []netip.Prefix) {
	for _, ip := range v.addrs() {
		prefixes = append(prefixes, netip.PrefixFrom(ip, ip.BitLen()))
	}
	return prefixes
}

func (v *service) approved(n *node) bool {
	if said, ok := v.said[n.id]; ok {
		return said
	}
	return slices.ContainsFunc(v.auto, n.matches)
}

// grants returns whether a node is a host of the Service: it offers every port and is approved. A node that is draining
// remains one, for its open connections.
func (v *service) grants(n *node) bool {
	offer := n.offers[v.name]
	if offer == nil || len(n.tags) == 0 || !n.approved || !v.approved(n) {
		return false
	}
	return !slices.ContainsFunc(v.ports, func(port uint16) bool { return !offersPort(offer, port) })
}

func offersPort(offer *tailcfg.VIPService, port uint16) bool {
	return slices.ContainsFunc(offer.Ports, func(r tailcfg.ProtoPortRange) bool {
		return (r.Proto == 0 || r.Proto == int(ipproto.TCP)) && r.Ports.Contains(port)
	})
}

func (v *service) serves(n *node) bool {
	return v.grants(n) && n.offers[v.name].Active && n.stream != nil && n.reachable() && !n.expired()
}

// host returns the node that callers of a Service are routed to: the one on the tailnet for the longest time.
func (s *Server) host(v *service) *node {
	for _, n := range s.sorted() {
		if v.serves(n) {
			return n
		}
	}
	return nil
}

// routes returns the addresses of Services through which one node reaches another.
func (s *Server) routes(from, to *node) (routes []netip.Prefix) {
	for _, v := range s.services {
		if s.host(v) == to && !v.serves(from) {
			routes = append(routes, v.prefixes()...)
		}
	}
	return routes
}

// hosting maps the Services that a node hosts to their addresses.
func (s *Server) hosting(n *node) tailcfg.ServiceIPMappings {
	mappings := tailcfg.ServiceIPMappings{}
	for _, v := range s.services {
		if v.grants(n) {
			mappings[v.name] = v.addrs()
		}
	}
	return mappings
}

// tellServices tells a node which Services there are, and which of them it hosts.
func (s *Server) tellServices(n *node, caps tailcfg.NodeCapMap) {
	for _, v := range s.services {
		details := tailcfg.ServiceDetails{Name: v.name, Addrs: v.addrs()}
		for _, port := range v.ports {
			details.Ports = append(details.Ports, tailcfg.ProtoPortRange{
				Proto: int(ipproto.TCP), Ports: tailcfg.PortRange{First: port, Last: port},
			})
		}
		key := fmt.Sprintf("%s%d", tailcfg.NodeAttrPrefixServices, v.id)
		caps[tailcfg.NodeCapability(key)] = []tailcfg.RawMessage{raw(details)}
	}
	if mappings := s.hosting(n); len(mappings) > 0 {
		caps[tailcfg.NodeAttrServiceHost] = []tailcfg.RawMessage{raw(mappings)}
	}
}

func raw(value any) tailcfg.RawMessage {
	text, _ := json.Marshal(value)
	return tailcfg.RawMessage(text)
}

func (s *Server) serviceFQDN(v *service) string { return v.name.WithoutPrefix() + "." + s.opts.Suffix }

// findService looks up a Service by name, with or without its prefix, by full name or by address.
func (s *Server) findService(what string) *service {
	bare := strings.TrimPrefix(strings.ToLower(strings.TrimSuffix(what, ".")), "svc:")
	for _, v := range s.services {
		if bare == v.name.WithoutPrefix() || bare == s.serviceFQDN(v) ||
			slices.ContainsFunc(v.addrs(), func(ip netip.Addr) bool { return ip.String() == bare }) {
			return v
		}
	}
	return nil
}

// Service is a Tailscale Service as the admin interface shows it.
type Service struct {
	Name tailcfg.ServiceName `json:"name"`
	FQDN string              `json:"fqdn"`
	IPs  []netip.Addr        `json:"ips"`
	// Ports are the TCP ports that a host has to offer.
	Ports []uint16 `json:"ports"`
	// Hosts are the nodes that offer it.
	Hosts []ServiceHost `json:"hosts"`
}

// ServiceHost is a node that offers a Service.
type ServiceHost struct {
	Node     string `json:"node"`
	Approved bool   `json:"approved"`
	// Active is false while it is draining, or before it starts.
	Active bool `json:"active"`
	// Serving marks the host that callers are routed to.
	Serving bool `json:"serving"`
}

func (s *Server) describeService(v *service) Service {
	d := Service{Name: v.name, FQDN: s.serviceFQDN(v), IPs: v.addrs(), Ports: append([]uint16{}, v.ports...), Hosts: []ServiceHost{}}
	host := s.host(v)
	for _, n := range s.sorted() {
		if offer := n.offers[v.name]; offer != nil {
			d.Hosts = append(d.Hosts, ServiceHost{Node: n.name, Approved: v.approved(n), Active: offer.Active, Serving: n == host})
		}
	}
	return d
}

// ServiceChange defines a Service, or changes the fields that are set.
type ServiceChange struct {
	Ports *[]uint16 `json:"ports"`
	// AutoApprove lists selectors, such as a tag, of nodes that are approved automatically.
	AutoApprove *[]string `json:"autoApprove"`
}

// DefineService creates or changes a Service.
func (s *Server) DefineService(name tailcfg.ServiceName, change ServiceChange) (Service, error) {
	if err := name.Validate(); err != nil {
		return Service{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.findService(string(name))
	if v == nil {
		if s.taken(name.WithoutPrefix(), nil) {
			return Service{}, fmt.Errorf("there is a node %q already", name.WithoutPrefix())
		}
		s.lastService++
		v = &service{name: name, id: s.lastService, said: map[tailcfg.NodeID]bool{}}
		s.services = append(s.services, v)
	}
	set(&v.ports, change.Ports)
	set(&v.auto, change.AutoApprove)
	s.changed()
	return s.describeService(v), nil
}

// RemoveService deletes a Service; its hosts keep offering it.
func (s *Server) RemoveService(name string) error {
	return s.withService(name, func(v *service) error {
		s.services = slices.DeleteFunc(s.services, func(have *service) bool { return have == v })
		return nil
	})
}

// ApproveHost decides whether a node may host a Service.
func (s *Server) ApproveHost(name, host string, approved bool) error {
	return s.withService(name, func(v *service) error {
		n, err := s.find(host)
		if err == nil {
			v.said[n.id] = approved
		}
		return err
	})
}

func (s *Server) withService(name string, change func(*service) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.findService(name)
	if v == nil {
		return fmt.Errorf("no service %q", name)
	}
	if err := change(v); err != nil {
		return err
	}
	s.changed()
	return nil
}

// LookupService resolves a name or address to a Service and the node behind it. It returns false if there is no such
// Service, and an error if the Service has no host.
func (s *Server) LookupService(what string) (Service, Node, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.findService(what)
	if v == nil {
		return Service{}, Node{}, false, nil
	}
	n := s.host(v)
	if n == nil {
		return Service{}, Node{}, true, fmt.Errorf("%s has no host", v.name)
	}
	return s.describeService(v), s.describe(n), true, nil
}
