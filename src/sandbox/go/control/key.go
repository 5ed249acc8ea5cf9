package control

import (
	"fmt"
	"strings"
	"time"

	"tailscale.com/util/rands"
)

// AuthKey lets nodes in without a person who logs in.
type AuthKey struct {
	Key string `json:"key"`
	// Person owns the nodes that come with this key; Tags instead make them tagged devices.
	Person string   `json:"person,omitempty"`
	Tags   []string `json:"tags,omitempty"`
	// Reusable keys work more than once.
	Reusable bool `json:"reusable"`
	// Ephemeral keys make ephemeral nodes, whatever the node asks for.
	Ephemeral bool `json:"ephemeral"`
	// PreApproved nodes need no approval, even where machines do.
	PreApproved bool `json:"preApproved"`
	// Expires ends the key's life; zero means never.
	Expires time.Time `json:"expires,omitzero"`
	// Inside keys belong to the sandbox's own nodes, which no rule about logins or approval holds up.
	Inside bool `json:"-"`

	used bool
}

// KeyFor is the well-known key of a person or tag: "tskey-auth-alice", "tskey-auth-tag-ci".
func KeyFor(who string) string {
	return "tskey-auth-" + strings.ReplaceAll(who, ":", "-")
}

// NewAuthKey adds a key; without a Key it gets a random one.
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

// DeleteAuthKey revokes a key. Nodes that came with it stay.
func (s *Server) DeleteAuthKey(authKey string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.authKeys[authKey] == nil {
		return fmt.Errorf("no such auth key")
	}
	delete(s.authKeys, authKey)
	return nil
}

// checkAuthKey returns the key, or what the real control server says of a bad one.
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

// keyID is the part of a key that is no secret, as far as an error message goes.
func keyID(authKey string) string {
	id := strings.TrimPrefix(authKey, "tskey-auth-")
	return id[:min(len(id), 8)]
}
