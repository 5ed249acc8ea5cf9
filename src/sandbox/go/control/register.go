package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

const maxMessage = 1 << 20

// serveRegister is where nodes ask to join, to renew their key, and to log out.
func (s *Server) serveRegister(w http.ResponseWriter, r *http.Request) {
	if wait, limited := s.limited(); limited {
		w.Header().Set("Retry-After", fmt.Sprint(int(wait/time.Second)))
		http.Error(w, "too many registrations", http.StatusTooManyRequests)
		return
	}
	var req tailcfg.RegisterRequest
	if err := readJSON(r, &req); err != nil || req.NodeKey.IsZero() {
		http.Error(w, "bad register request", http.StatusBadRequest)
		return
	}
	if req.Hostinfo == nil {
		req.Hostinfo = new(tailcfg.Hostinfo)
	}
	machine := machineOf(r)
	if req.Followup != "" {
		if !s.awaitLogin(r, req.Followup) {
			return
		}
	}
	res := s.register(&req, machine)
	s.logf("control: register %s (%s): error=%q authURL=%v", req.Hostinfo.Hostname, req.NodeKey.ShortString(), res.Error, res.AuthURL != "")
	writeJSON(w, res)
}

// awaitLogin blocks until the login page has been completed, or the node gives up.
func (s *Server) awaitLogin(r *http.Request, followup string) bool {
	u, err := url.Parse(followup)
	if err != nil {
		return true
	}
	s.mu.Lock()
	l := s.logins[strings.TrimPrefix(u.Path, "/a/")]
	s.mu.Unlock()
	if l == nil {
		return true
	}
	select {
	case <-l.done:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Server) register(req *tailcfg.RegisterRequest, machine key.MachinePublic) *tailcfg.RegisterResponse {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters.Registers++
	s.note()

	known := s.byKey[req.NodeKey]
	if known != nil && known.machine != machine {
		return refuse(errors.New("node key belongs to another machine"))
	}
	if !req.Expiry.IsZero() && req.Expiry.Before(time.Now()) {
		s.logout(known)
		return &tailcfg.RegisterResponse{}
	}
	if known != nil && known.expired() {
		return &tailcfg.RegisterResponse{NodeKeyExpired: true}
	}
	if known == nil {
		admitted, err := s.admit(req, machine)
		if err != nil {
			return refuse(err)
		}
		if admitted == nil {
			return &tailcfg.RegisterResponse{AuthURL: s.newLogin(req, machine)}
		}
		known = admitted
	}
	s.follow(known, req.Hostinfo.Hostname)
	known.hostinfo = req.Hostinfo
	s.changed()
	return s.welcome(known)
}

func refuse(err error) *tailcfg.RegisterResponse {
	return &tailcfg.RegisterResponse{Error: err.Error()}
}

func (s *Server) welcome(n *node) *tailcfg.RegisterResponse {
	profile := taggedDevices
	if n.owner != nil {
		profile = n.owner.profile()
	}
	return &tailcfg.RegisterResponse{
		User:              tailcfg.User{ID: profile.ID, DisplayName: profile.DisplayName, ProfilePicURL: profile.ProfilePicURL, Created: n.created},
		Login:             tailcfg.Login{ID: tailcfg.LoginID(profile.ID), Provider: "sandbox", LoginName: profile.LoginName, DisplayName: profile.DisplayName, ProfilePicURL: profile.ProfilePicURL},
		MachineAuthorized: n.approved,
	}
}

// admit accepts a node key with an auth key or a completed login. It returns nil if the node needs a login first.
func (s *Server) admit(req *tailcfg.RegisterRequest, machine key.MachinePublic) (*node, error) {
	var grant AuthKey
	if login := s.completed(req); login != nil {
		grant = AuthKey{Person: login.person.ID}
	} else if req.Auth != nil && req.Auth.AuthKey != "" {
		authKey, err := s.checkAuthKey(req.Auth.AuthKey)
		if err != nil {
			return nil, err
		}
		if s.settings.RequireLogin && !authKey.Inside {
			return nil, nil
		}
		authKey.used = true
		grant = *authKey
	} else {
		return nil, nil
	}
	tags, err := requestedTags(grant.Tags, req.Hostinfo.RequestTags)
	if err != nil {
		return nil, err
	}
	owner := s.findPerson(grant.Person)
	if len(tags) > 0 {
		owner = nil
	}
	n := s.returning(machine, owner)
	if n == nil {
		n = s.newNode(machine, req.Hostinfo)
		n.approved = !s.settings.RequireApproval || grant.PreApproved || grant.Inside
	}
	n.ephemeral = req.Ephemeral || grant.Ephemeral
	n.own(owner, tags)
	n.inside = grant.Inside
	s.setKey(n, req.NodeKey)
	return n, nil
}

// requestedTags returns the tags that a node gets: those of its auth key, beyond which it may not ask for any. A person
// may ask for any tag.
func requestedTags(granted, requested []string) ([]string, error) {
	if len(granted) == 0 {
		granted = requested
	}
	for _, tag := range requested {
		if tailcfg.CheckTag(tag) != nil || !slices.Contains(granted, tag) {
			return nil, fmt.Errorf("requested tags [%s] are invalid or not permitted", strings.Join(requested, " "))
		}
	}
	return granted, nil
}

// returning finds the existing node of a device that has logged out, expired or lost its node key, by its machine key.
func (s *Server) returning(machine key.MachinePublic, owner *person) *node {
	for _, n := range s.sorted() {
		if n.machine == machine && n.owner == owner {
			return n
		}
	}
	return nil
}

// logout ends a node's session. An ephemeral node is removed; any other stays, with an expired key.
func (s *Server) logout(n *node) {
	if n == nil {
		return
	}
	s.counters.Logouts = append(s.counters.Logouts, n.name)
	if n.ephemeral {
		s.forget(n)
		return
	}
	n.expiry = time.Unix(1, 0)
	s.changed()
}

func readJSON(r *http.Request, v any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxMessage))
	if err != nil {
		return err
	}
	return json.Unmarshal(body, v)
}
