package control

import "time"

// Settings are the settings of the tailnet.
type Settings struct {
	// RequireLogin ignores auth keys, so that every new node has to log in.
	RequireLogin bool `json:"requireLogin"`
	// RequireApproval makes new nodes wait for approval.
	RequireApproval bool `json:"requireApproval"`
	// MagicDNS gives nodes names that resolve.
	MagicDNS bool `json:"magicDNS"`
	// HTTPS lets nodes get certificates; it requires MagicDNS.
	HTTPS bool `json:"https"`
	// Funnel lets nodes be public; it requires HTTPS.
	Funnel bool `json:"funnel"`
}

// SettingsChange changes the settings that are set.
type SettingsChange struct {
	RequireLogin    *bool `json:"requireLogin"`
	RequireApproval *bool `json:"requireApproval"`
	MagicDNS        *bool `json:"magicDNS"`
	HTTPS           *bool `json:"https"`
	Funnel          *bool `json:"funnel"`
}

// Change changes settings and tells every node.
func (s *Server) Change(change SettingsChange) Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	set(&s.settings.RequireLogin, change.RequireLogin)
	set(&s.settings.RequireApproval, change.RequireApproval)
	set(&s.settings.MagicDNS, change.MagicDNS)
	set(&s.settings.HTTPS, change.HTTPS)
	set(&s.settings.Funnel, change.Funnel)
	s.changed()
	return s.settings
}

// Settings returns the current settings.
func (s *Server) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// Counters count events, for tests.
type Counters struct {
	// Registers is the number of register requests that were answered.
	Registers int `json:"registers"`
	// Limited is the number of register requests that got a 429.
	Limited int `json:"limited"`
	// Logouts are the names of the nodes that logged out, in order.
	Logouts []string `json:"logouts"`
	// SetDNS is the number of ACME challenges that nodes published.
	SetDNS int `json:"setDNS"`
}

type rateLimit struct {
	left  int
	retry time.Duration
}

// LimitRegisters answers the next n register requests with 429 and a Retry-After.
func (s *Server) LimitRegisters(n int, retryAfter time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = rateLimit{left: n, retry: retryAfter}
}

func (s *Server) limited() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limit.left == 0 {
		return 0, false
	}
	s.limit.left--
	s.counters.Limited++
	s.note()
	return s.limit.retry, true
}
