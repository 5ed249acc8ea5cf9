package fastpath

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Names are header names and prefixes of header names, in lower case with dashes.
type Names struct {
	Names    []string `json:"names"`
	Prefixes []string `json:"prefixes"`
}

// Rules are what TypeScript says about a port: see src/proxy/fast-path.ts.
type Rules struct {
	// Secure is whether callers use TLS, which targets are told.
	Secure bool `json:"secure"`
	// Ours and Claims are header names that callers may not send. Passed are those of Claims that they may.
	Ours   Names    `json:"ours"`
	Claims Names    `json:"claims"`
	Passed []string `json:"passed"`
	// Hop are the names of fields that belong to one connection, and Trailers names that no trailer has.
	Hop      []string `json:"hop"`
	Trailers []string `json:"trailers"`
	Hosts    Hosts    `json:"hosts"`
	// Routes are in the order in which they are tried.
	Routes []*Route `json:"routes"`
	Limits Limits   `json:"limits"`
	// Reports is whether anyone wants to hear of requests.
	Reports bool `json:"reports"`
	// Details is whether they also want its facts, and Trace whether a request without a trace context gets one.
	Details bool `json:"details"`
	Trace   bool `json:"trace"`

	fields   *fieldTable
	hop      map[string]struct{}
	trailers map[string]struct{}
}

// Limits are in milliseconds; 0 is no limit.
type Limits struct {
	Head    int64 `json:"head"`    // for the first byte of a connection
	Idle    int64 `json:"idle"`    // for the first byte of another request
	Connect int64 `json:"connect"` // to the target
	Silence int64 `json:"silence"` // of a target that has a request, before it is reported
	Pause   int64 `json:"pause"`   // of either side in the middle of an exchange, or of a tunnel
}

// Route is a path and the target that it leads to.
type Route struct {
	// Path is "/" or a path without a final slash.
	Path string `json:"path"`
	// General is whether its requests are for the general path.
	General bool `json:"general"`
	// Strip is what is taken off the paths of requests, and Base what is put in its place.
	Strip string `json:"strip"`
	Base  string `json:"base"`
	// Bounded is whether a path must not lead out of the route, or of the target's base path.
	Bounded bool `json:"bounded"`
	// Network and Address are what to dial; TLS is nil for plain HTTP.
	Network string     `json:"network"`
	Address string     `json:"address"`
	TLS     *TargetTLS `json:"tls"`
	// Host replaces a Host of ours, and Origin an origin in Origins; both are empty if nothing is replaced.
	Host    string   `json:"host"`
	Origin  string   `json:"origin"`
	Origins []string `json:"origins"`
	// Watch is whether TypeScript looks at refusals: a development server may not know our name.
	Watch bool `json:"watch"`
	// Mapped is whether the paths of callers and those of the target differ.
	Mapped bool `json:"mapped"`

	number  int
	key     string
	config  *tls.Config
	origins map[string]struct{}
}

// TargetTLS is what the certificate of a target must be.
type TargetTLS struct {
	ServerName string `json:"serverName"`
	Insecure   bool   `json:"insecure"`
	CA         string `json:"ca"` // PEM
}

// ParseRules reads rules from JSON.
func ParseRules(text []byte) (*Rules, error) {
	r := &Rules{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	r.fields = newFieldTable(r.Ours, r.Claims, r.Passed)
	r.hop, r.trailers = setOf(r.Hop), setOf(r.Trailers)
	r.Hosts.compile()
	for i, route := range r.Routes {
		route.number = i
		if err := route.compile(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Route) compile() error {
	r.key = fmt.Sprintf("%s %s %+v", r.Network, r.Address, r.TLS)
	r.origins = setOf(r.Origins)
	if r.TLS == nil {
		return nil
	}
	r.config = &tls.Config{ServerName: r.TLS.ServerName, InsecureSkipVerify: r.TLS.Insecure, NextProtos: []string{"http/1.1"}}
	if r.TLS.Insecure {
		r.config.MinVersion = tls.VersionTLS10
		return nil
	}
	r.config.RootCAs = x509.NewCertPool()
	if !r.config.RootCAs.AppendCertsFromPEM([]byte(r.TLS.CA)) {
		return fmt.Errorf("no certificate of an authority for %s", r.Address)
	}
	return nil
}

func setOf(list []string) map[string]struct{} {
	set := make(map[string]struct{}, len(list))
	for _, text := range list {
		set[text] = struct{}{}
	}
	return set
}

func (r *Rules) sameTargets(other *Rules) bool {
	return slices.EqualFunc(r.Routes, other.Routes, func(a, b *Route) bool { return a.key == b.key })
}

// route returns what a request target leads to; nil if no route matches.
func (r *Rules) route(target []byte) *Route {
	for _, route := range r.Routes {
		if route.contains(target) {
			return route
		}
	}
	return nil
}

// contains returns whether a request target is the route's path or below it.
func (r *Route) contains(target []byte) bool {
	if r.Path == "/" {
		return true
	}
	return isBelow(target, r.Path)
}

// isBelow returns whether a path, with its query and fragment, is a prefix or below it.
func isBelow(path []byte, prefix string) bool {
	if len(path) < len(prefix) || string(path[:len(prefix)]) != prefix {
		return false
	}
	if len(path) == len(prefix) {
		return true
	}
	next := path[len(prefix)]
	return next == '/' || next == '?' || next == '#'
}

// refers returns whether headers that name other resources of the target have to be mapped.
func (r *Route) refers() bool { return r.Mapped || r.Bounded || r.Host != "" }

// mayLeadOut returns whether some app may find ".." in the path of a request target, maybe in overlong UTF-8 or full-width
// characters. TypeScript looks at it closely.
func mayLeadOut(target []byte) bool {
	if i := bytes.IndexByte(target, '?'); i >= 0 {
		target = target[:i]
	}
	isUnclear := func(b rune) bool { return b == '%' || b >= 0x80 }
	return bytes.Contains(target, []byte("..")) || bytes.ContainsFunc(target, isUnclear)
}

// appendTarget appends a request target as the target gets it.
func (r *Route) appendTarget(dst, target []byte) []byte {
	if r.Strip == "" && r.Base == "" {
		return append(dst, target...)
	}
	rest := target
	if r.Strip != "" && bytes.HasPrefix(target, []byte(r.Strip)) {
		rest = target[len(r.Strip):]
	}
	dst = append(dst, r.Base...)
	if len(rest) == 0 || rest[0] != '/' {
		if r.Strip == "" || r.Base == "" {
			dst = append(dst, '/')
		}
	}
	return append(dst, rest...)
}

// mapOrigin returns an Origin or a Referer as the target gets it: its own origin in the place of ours.
func (r *Route) mapOrigin(f field, host []byte, secure bool) []byte {
	start := bytes.Index(f.value, []byte("://"))
	if start < 0 {
		return f.value
	}
	origin, rest := f.value, []byte(nil)
	if i := bytes.IndexAny(f.value[start+3:], "/?#"); i >= 0 {
		origin, rest = f.value[:start+3+i], f.value[start+3+i:]
	}
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	lower := string(appendLower(nil, origin))
	if _, ok := r.origins[lower]; !ok && lower != scheme+string(appendLower(nil, host)) {
		return f.value
	}
	mapped := []byte(r.Origin)
	switch {
	case is(f.name, "origin"):
		return append(mapped, rest...)
	case r.Strip != "" && !isBelow(rest, r.Strip):
		return append(mapped, '/')
	}
	return r.appendTarget(mapped, rest)
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
