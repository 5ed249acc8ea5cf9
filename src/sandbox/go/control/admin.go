package control

import (
	"encoding/json"
	"fmt"
	"time"

	"tailscale.com/tailcfg"
)

// Node is a device as the admin interface shows it.
type Node struct {
	ID        tailcfg.StableNodeID `json:"id"`
	Name      string               `json:"name"`
	FQDN      string               `json:"fqdn"`
	Hostname  string               `json:"hostname"`
	IPs       []string             `json:"ips"`
	OS        string               `json:"os"`
	Login     string               `json:"login,omitempty"`
	Tags      []string             `json:"tags"`
	Online    bool                 `json:"online"`
	Ephemeral bool                 `json:"ephemeral"`
	Approved  bool                 `json:"approved"`
	Expired   bool                 `json:"expired"`
	Expiry    time.Time            `json:"expiry,omitzero"`
	// Inside marks the sandbox's own nodes, behind doors and services.
	Inside bool `json:"inside"`
	// Key is the node's public key.
	Key string `json:"key"`
	// PeerAPI is the port where other nodes reach the node itself; zero until it has announced one.
	PeerAPI uint16 `json:"-"`
}

func (s *Server) describe(n *node) Node {
	d := Node{
		ID: n.stableID(), Name: n.name, FQDN: s.fqdn(n), Hostname: n.hostinfo.Hostname, IPs: addresses(n.addrs()), OS: n.hostinfo.OS,
		Tags: append([]string{}, n.tags...), Online: n.stream != nil, Ephemeral: n.ephemeral, Approved: n.approved,
		Expired: n.expired(), Expiry: n.expiry, Inside: n.inside, Key: n.key.String(),
	}
	if n.owner != nil {
		d.Login = n.owner.Login
	}
	for _, service := range n.hostinfo.Services {
		if service.Proto == tailcfg.PeerAPI4 {
			d.PeerAPI = service.Port
		}
	}
	return d
}

// State is an overview of the tailnet.
type State struct {
	// Version increases with every change; see [Server.Changed].
	Version  uint64   `json:"version"`
	Running  bool     `json:"running"`
	Settings Settings `json:"settings"`
	People   []Person `json:"people"`
	Nodes    []Node   `json:"nodes"`
	Grants   []Grant  `json:"grants"`
	Denies   []Deny   `json:"denies"`
	// Services are the Tailscale Services.
	Services []Service `json:"services"`
	// Logins are the login pages that nodes are waiting for.
	Logins   []Login  `json:"logins"`
	Counters Counters `json:"counters"`
}

// Login is a login page that a node is waiting for.
type Login struct {
	URL      string `json:"url"`
	Hostname string `json:"hostname"`
}

// State returns the current state of the tailnet.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := State{
		Version: s.version, Running: s.listener != nil, Settings: s.settings, Counters: s.counters,
		Nodes: []Node{}, Logins: []Login{}, Services: []Service{}, Grants: append([]Grant{}, s.rules.grants...), Denies: append([]Deny{}, s.rules.denies...),
	}
	st.Counters.Logouts = append([]string{}, s.counters.Logouts...)
	for _, p := range s.people {
		st.People = append(st.People, p.Person)
	}
	for _, n := range s.sorted() {
		st.Nodes = append(st.Nodes, s.describe(n))
	}
	for _, v := range s.services {
		st.Services = append(st.Services, s.describeService(v))
	}
	for id, l := range s.logins {
		if l.person == nil {
			st.Logins = append(st.Logins, Login{URL: s.baseURL + "/a/" + id, Hostname: l.hostname})
		}
	}
	return st
}

// NodeChange changes the fields that are set.
type NodeChange struct {
	Name     *string             `json:"name"`
	Suffix   *string             `json:"suffix"`
	Approved *bool               `json:"approved"`
	Tags     *[]string           `json:"tags"`
	Expired  *bool               `json:"expired"`
	Expiry   *time.Time          `json:"expiry"`
	Attrs    *tailcfg.NodeCapMap `json:"attributes"`
}

// ChangeNode changes a node, as an admin console can.
func (s *Server) ChangeNode(what string, change NodeChange) (Node, error) {
	if change.Name != nil {
		renamed, err := s.Rename(what, *change.Name)
		if err != nil {
			return Node{}, err
		}
		what = string(renamed.ID)
	}
	if change.Suffix != nil {
		shared, err := s.shareIn(what, *change.Suffix)
		if err != nil {
			return Node{}, err
		}
		what = string(shared.ID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.find(what)
	if err != nil {
		return Node{}, err
	}
	if change.Tags != nil {
		for _, tag := range *change.Tags {
			if err := tailcfg.CheckTag(tag); err != nil {
				return Node{}, err
			}
		}
		if len(*change.Tags) == 0 {
			return Node{}, fmt.Errorf("a tagged device cannot go back to a person; it has to log in")
		}
		n.own(nil, *change.Tags)
	}
	set(&n.approved, change.Approved)
	set(&n.attrs, change.Attrs)
	set(&n.expiry, change.Expiry)
	if change.Expired != nil {
		n.expiry = expiryFor(n, *change.Expired)
	}
	s.changed()
	return s.describe(n), nil
}

func expiryFor(n *node, expired bool) time.Time {
	switch {
	case expired:
		return time.Now().Add(-time.Minute)
	case n.owner == nil:
		return time.Time{}
	}
	return time.Now().Add(keyLifetime)
}

// ExpireAll expires or renews the keys of all nodes except the sandbox's own.
func (s *Server) ExpireAll(expired bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.nodes {
		if !n.inside {
			n.expiry = expiryFor(n, expired)
		}
	}
	s.changed()
}

// Remove removes a node from the tailnet.
func (s *Server) Remove(what string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.find(what)
	if err != nil {
		return err
	}
	s.forget(n)
	return nil
}

// SendRaw delivers a custom map response to a node that is online.
func (s *Server) SendRaw(what string, message json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.find(what)
	if err != nil {
		return err
	}
	if n.stream == nil {
		return fmt.Errorf("%s is not online", n.name)
	}
	select {
	case n.stream.raw <- message:
		return nil
	default:
		return fmt.Errorf("%s is not keeping up", n.name)
	}
}

// Lookup resolves a name or address on the tailnet.
func (s *Server) Lookup(what string) (Node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.find(what)
	if err != nil {
		return Node{}, err
	}
	return s.describe(n), nil
}
