package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"tailscale.com/ipn"
	"tailscale.com/ipn/ipnlocal"
	"tailscale.com/tailcfg"
	"tailscale.com/types/ipproto"
)

// Tailscale Services: names with addresses of their own that several nodes can serve.
//
// With tsnet's ListenService, the node's web server connects to a listener on loopback, where any local process could
// claim an identity. There is no such hop here: the serve config lists the ports of a Service, so that the network stack
// accepts connections to them, but has no handlers. For those connections tsnet calls our fallback, which gets the
// connection itself, with the address that WireGuard has authenticated.

// services are the Services that a node hosts, or has hosted.
type services struct {
	mu       sync.Mutex
	hostings map[tailcfg.ServiceName]*hosting
	changing sync.Mutex // held while the control server is being told
}

// hosting is what a node offers for one Service.
type hosting struct {
	// ports are those that the network stack accepts connections for. They are never removed, because that would cut
	// open connections.
	ports map[uint16]bool
	// announced is true after tsx_node_host, whether or not anything listens.
	announced bool
	listeners map[uint16]*serviceListener
	// active makes the control server route callers here.
	active bool
	told   []byte // what the host was last told about it
}

// hostConfig is what the host says about a Service; see tsx_node_host.
type hostConfig struct {
	Ports    []uint16 `json:"ports"`
	Withdraw bool     `json:"withdraw"`
}

func (n *node) host(r *request, service, text string) {
	var config hostConfig
	json.Unmarshal([]byte(text), &config) // the host writes it from a typed value
	name := tailcfg.ServiceName(service)
	lb, err := n.beHost(r.ctx, name)
	if err == nil {
		n.services.change(name, func(h *hosting) {
			for _, port := range config.Ports {
				h.ports[port] = true
			}
			h.announced, h.active = !config.Withdraw, !config.Withdraw
		})
		err = n.publish(lb)
	}
	if err != nil {
		r.reject(err)
		return
	}
	r.resolve(describeService(lb, name, n.services.ports(name)))
}

// beHost waits until the node is up, and checks that it can host Services.
func (n *node) beHost(ctx context.Context, name tailcfg.ServiceName) (*ipnlocal.LocalBackend, error) {
	if err := name.Validate(); err != nil {
		return nil, coded("ERR_TSEXPOSE_INVALID_OPTION", err)
	}
	if _, err := n.awaitRunning(ctx); err != nil {
		return nil, err
	}
	// The first call to Up clears the serve config, including Funnel's, so it must come before anything is written.
	if !n.services.any() {
		if _, err := n.server.Up(ctx); err != nil {
			return nil, err
		}
	}
	lb, err := n.lb()
	if err != nil {
		return nil, err
	}
	if self := lb.NetMapNoPeers().SelfNodeOrZero(); !self.Valid() || !self.IsTagged() {
		return nil, codedText("ERR_TSEXPOSE_SERVICE", "only tagged nodes can host Services, and this node belongs to a user")
	}
	return lb, nil
}

func (s *services) change(name tailcfg.ServiceName, change func(*hosting)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hostings == nil {
		s.hostings = map[tailcfg.ServiceName]*hosting{}
	}
	h := s.hostings[name]
	if h == nil {
		h = &hosting{ports: map[uint16]bool{}, listeners: map[uint16]*serviceListener{}}
		s.hostings[name] = h
	}
	change(h)
}

func (s *services) ports(name tailcfg.ServiceName) (ports []uint16) {
	s.change(name, func(h *hosting) { ports = slices.Sorted(maps.Keys(h.ports)) })
	return ports
}

// publish tells the control server what the node hosts, through the node's serve config and preferences.
func (n *node) publish(lb *ipnlocal.LocalBackend) error {
	n.services.changing.Lock()
	defer n.services.changing.Unlock()
	config := map[tailcfg.ServiceName]*ipn.ServiceConfig{}
	active := []string{}
	n.services.mu.Lock()
	for name, h := range n.services.hostings {
		tcp := map[uint16]*ipn.TCPPortHandler{}
		for port := range h.ports {
			tcp[port] = &ipn.TCPPortHandler{} // no handler, so that it goes to tsnet's fallback
		}
		config[name] = &ipn.ServiceConfig{TCP: tcp}
		if h.active {
			active = append(active, string(name))
		}
	}
	n.services.mu.Unlock()
	slices.Sort(active)
	// Ports come first: callers cannot be routed to a Service without ports.
	if err := setServices(lb, config); err != nil {
		return err
	}
	if slices.Equal(active, lb.Prefs().AdvertiseServices().AsSlice()) {
		return nil
	}
	_, err := lb.EditPrefs(&ipn.MaskedPrefs{AdvertiseServicesSet: true, Prefs: ipn.Prefs{AdvertiseServices: active}})
	return err
}

// setServices replaces the Services in the serve config, which also holds the ports of Funnel.
func setServices(lb *ipnlocal.LocalBackend, config map[tailcfg.ServiceName]*ipn.ServiceConfig) error {
	for {
		view, etag, err := lb.ServeConfigETag()
		if err != nil {
			return err
		}
		serve := new(ipn.ServeConfig)
		if view.Valid() {
			serve = view.AsStruct()
		}
		before, _ := json.Marshal(serve)
		serve.Services = config
		if after, _ := json.Marshal(serve); bytes.Equal(before, after) {
			return nil
		}
		if err := lb.SetServeConfig(serve, etag); !errors.Is(err, ipnlocal.ErrETagMismatch) {
			return err
		}
	}
}

// withdraw makes the control server route callers elsewhere; open connections continue.
func (n *node) withdraw() {
	n.mu.Lock()
	lb := n.backend
	n.mu.Unlock()
	n.services.mu.Lock()
	for _, h := range n.services.hostings {
		h.announced, h.active = false, false
	}
	n.services.mu.Unlock()
	if lb != nil && n.services.any() {
		n.publish(lb)
	}
}

// forgetServices removes the Services from the state directory.
func (n *node) forgetServices() {
	if n.services.any() {
		setServices(n.backend, nil)
	}
}

// clearServices removes what an earlier process of this node left in the state directory when it was killed.
func (n *node) clearServices() {
	lb, err := n.lb()
	if err == nil && !n.services.any() && lb.ServeConfig().Valid() && lb.ServeConfig().Services().Len() > 0 {
		setServices(lb, nil)
	}
}

// any returns whether anything is hosted, or has been.
func (s *services) any() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.hostings) > 0
}

// tellServices tells the host about Services whose state has changed.
func (n *node) tellServices() {
	lb, err := n.lb()
	if err != nil {
		return
	}
	n.services.mu.Lock()
	defer n.services.mu.Unlock()
	for name, h := range n.services.hostings {
		text, _ := json.Marshal(describeService(lb, name, slices.Sorted(maps.Keys(h.ports))))
		if !bytes.Equal(text, h.told) {
			h.told = text
			n.report(map[string]any{"type": "service", "service": json.RawMessage(text)})
		}
	}
}

// serviceState is what a node knows about a Service that it hosts.
type serviceState struct {
	Service string `json:"service"`
	FQDN    string `json:"fqdn"`
	// IPs are the addresses of the Service; there are none until the node is approved.
	IPs []netip.Addr `json:"ips"`
	// Known is false if the tailnet does not define the Service, or does not tell this node about it.
	Known bool `json:"known"`
	// Missing are the ports in the definition that this node does not offer.
	Missing []uint16 `json:"missing"`
}

func describeService(lb *ipnlocal.LocalBackend, name tailcfg.ServiceName, offered []uint16) serviceState {
	nm := lb.NetMapNoPeers()
	state := serviceState{Service: string(name), IPs: []netip.Addr{}, Missing: []uint16{}}
	if nm == nil {
		return state
	}
	state.FQDN = name.WithoutPrefix() + "." + nm.MagicDNSSuffix()
	state.IPs = append(state.IPs, nm.GetVIPServiceIPMap()[name]...)
	details, known := nm.Services()[name]
	state.Known = known || len(state.IPs) > 0
	for _, r := range details.Ports {
		// Ranges can stand for any port, which a host does not have to offer.
		single := r.Ports.First == r.Ports.Last && (r.Proto == 0 || r.Proto == int(ipproto.TCP))
		if single && !slices.Contains(offered, r.Ports.First) {
			state.Missing = append(state.Missing, r.Ports.First)
		}
	}
	return state
}
