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

// Tailscale Services: names with addresses of their own that several nodes stand behind.
//
// tsnet's ListenService has the node's web server connect to a listener on loopback, where any process of this machine
// could say that it is somebody. Here no such hop exists. The serve config names the ports of a service, so that the
// network stack takes what is sent to them, and no handler: tsnet is asked for one then, as for every other connection,
// and its fallback is ours. What it passes on is the connection itself, with the address that WireGuard vouches for.

// services are those that a node hosts, or has hosted.
type services struct {
	mu       sync.Mutex
	hostings map[tailcfg.ServiceName]*hosting
	changing sync.Mutex // held while the control server is told
}

// hosting is what a node offers for one service.
type hosting struct {
	// ports are those that the network stack takes connections for. None is ever taken back: that would cut the
	// connections that there are.
	ports map[uint16]bool
	// announced is true from tsx_node_host on, whether or not something listens.
	announced bool
	listeners map[uint16]*serviceListener
	// active tells the control server to send visitors here.
	active bool
	told   []byte // what the host was last told about it
}

// hostConfig is what the host says about a service; see tsx_node_host.
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

// beHost waits until the node is up, and checks that it may host anything.
func (n *node) beHost(ctx context.Context, name tailcfg.ServiceName) (*ipnlocal.LocalBackend, error) {
	if err := name.Validate(); err != nil {
		return nil, coded("ERR_TSEXPOSE_INVALID_OPTION", err)
	}
	if _, err := n.awaitRunning(ctx); err != nil {
		return nil, err
	}
	// Its first call clears the serve config, of Funnel as well: not after something was put there.
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
		return nil, codedText("ERR_TSEXPOSE_SERVICE", "Services need a tagged host, and this node belongs to a person")
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

// publish tells the control server, through the node's serve config and preferences, what the node hosts now.
func (n *node) publish(lb *ipnlocal.LocalBackend) error {
	n.services.changing.Lock()
	defer n.services.changing.Unlock()
	config := map[tailcfg.ServiceName]*ipn.ServiceConfig{}
	active := []string{}
	n.services.mu.Lock()
	for name, h := range n.services.hostings {
		tcp := map[uint16]*ipn.TCPPortHandler{}
		for port := range h.ports {
			tcp[port] = &ipn.TCPPortHandler{} // no handler: tsnet's fallback has it
		}
		config[name] = &ipn.ServiceConfig{TCP: tcp}
		if h.active {
			active = append(active, string(name))
		}
	}
	n.services.mu.Unlock()
	slices.Sort(active)
	// The ports first: a service without ports is none that visitors could be sent to.
	if err := setServices(lb, config); err != nil {
		return err
	}
	if slices.Equal(active, lb.Prefs().AdvertiseServices().AsSlice()) {
		return nil
	}
	_, err := lb.EditPrefs(&ipn.MaskedPrefs{AdvertiseServicesSet: true, Prefs: ipn.Prefs{AdvertiseServices: active}})
	return err
}

// setServices replaces the services of the serve config; Funnel keeps its ports in there as well.
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

// withdraw has the control server send visitors elsewhere; connections live on.
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

// forgetServices leaves nothing of them in the state directory.
func (n *node) forgetServices() {
	if n.services.any() {
		setServices(n.backend, nil)
	}
}

// clearServices takes back what an earlier process of this node has left in the state directory when it was killed.
func (n *node) clearServices() {
	lb, err := n.lb()
	if err == nil && !n.services.any() && lb.ServeConfig().Valid() && lb.ServeConfig().Services().Len() > 0 {
		setServices(lb, nil)
	}
}

// any tells whether something is hosted, or was.
func (s *services) any() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.hostings) > 0
}

// tellServices tells the host about services whose state has changed.
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

// serviceState is what a host of a service knows about it.
type serviceState struct {
	Service string `json:"service"`
	FQDN    string `json:"fqdn"`
	// IPs are those of the service; there are some as soon as the node is approved.
	IPs []netip.Addr `json:"ips"`
	// Known is false where the tailnet does not define the service, or does not tell this node about it.
	Known bool `json:"known"`
	// Missing are ports that the definition has, and this node does not offer.
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
		// A range may be one that checks nothing ("any"), which no host has to offer.
		single := r.Ports.First == r.Ports.Last && (r.Proto == 0 || r.Proto == int(ipproto.TCP))
		if single && !slices.Contains(offered, r.Ports.First) {
			state.Missing = append(state.Missing, r.Ports.First)
		}
	}
	return state
}
