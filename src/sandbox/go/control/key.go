package control

import (
	"fmt"
	"strings"
	"time"

	"tailscale.com/util/rands"
)

// AuthKey admits nodes without a login.
type AuthKey struct {
	Key string `json:"key"`
	// Person owns the nodes that use this key. With Tags instead, they become tagged devices.
	Person string   `json:"person,omitempty"`
	Tags   []string `json:"tags,omitempty"`
	// Reusable keys can be used more than once.
	Reusable bool `json:"reusable"`
	// Ephemeral keys create ephemeral nodes, whatever the node asks for.
	Ephemeral bool `json:"ephemeral"`
	// PreApproved nodes do not need approval, even if the tailnet requires it.
	PreApproved bool `json:"preApproved"`
	// Expires is when the key stops working; zero stands for never.
	Expires time.Time `json:"expires,omitzero"`
	// Inside keys are for the sandbox's own nodes, which never need a login or approval.
	Inside bool `json:"-"`

	used bool
}

// KeyFor returns the well-known key of a person or tag: "tskey-auth-alice", "tskey-auth-tag-ci".
func KeyFor(who string) string {
	return "tskey-auth-" + strings.ReplaceAll(who, ":", "-")
}

// NewAuthKey adds a key, which is random if it is not given.
func (s *Server) NewAuthKey(k AuthKey) (AuthKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(k.Tags) == 0 && s.findPerson(k.Person) == nil {
		return k, fmt.Errorf("no person %q", k.Person)
	}
	if k.Key == "" {
		k.Key = "tskey-auth-" + rands.HexString(24)
	}
	s.authKeys[k.Key] = &k
	return k, nil
}

// DeleteAuthKey revokes a key. Nodes that have used it stay.
func (s *Server) DeleteAuthKey(authKey string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.authKeys[authKey] == nil {
		return fmt.Errorf("no such auth key")
	}
	delete(s.authKeys, authKey)
	return nil
}

// checkAuthKey returns the key, or the error of the real control server for an invalid one.
func (s *Server) checkAuthKey(authKey string) (*AuthKey, error) {
	if !strings.HasPrefix(authKey, "tskey-") {
		return nil, fmt.Errorf("invalid key: unable to validate API key")
	}
	k := s.authKeys[authKey]
	switch {
	case k == nil:
		return nil, fmt.Errorf("invalid key: API key does not exist")
	case k.used && !k.Reusable, !k.Expires.IsZero() && k.Expires.Before(time.Now()):
		return nil, fmt.Errorf("invalid key: API key %s not valid", keyID(k.Key))
	}
	return k, nil
}

// keyID returns the part of a key that can appear in an error message.
func keyID(authKey string) string {
	id := strings.TrimPrefix(authKey, "tskey-auth-")
	return id[:min(len(id), 8)]
}
