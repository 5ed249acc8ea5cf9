// Package control is a control server for a single tailnet, in memory: the server side of the protocol that Tailscale
// nodes speak, with named people, tagged devices, auth keys, a login page, application capabilities and everything that an
// admin console can do to a node.
//
// It is built on Tailscale's protocol packages (tailcfg, controlhttpserver) and modeled on Tailscale's
// tstest/integration/testcontrol, which cannot be used as is: it does not reveal the auth key of a node, creates one user
// per node, and cannot remove a node.
package control

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"tailscale.com/control/controlhttp/controlhttpserver"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

// Options says what the tailnet consists of.
type Options struct {
	// Tailnet is the name of the organization, such as "example.com".
	Tailnet string
	// Suffix is the MagicDNS suffix, such as "sandbox.ts.net".
	Suffix string
	// People can log in; AuthKeys admit nodes without a login.
	People   []Person
	AuthKeys []AuthKey
	Grants   []Grant
	// DERPMap contains the relay.
	DERPMap *tailcfg.DERPMap
	// EphemeralTimeout is how long an ephemeral node may be offline before it is removed.
	EphemeralTimeout time.Duration
	Logf             logger.Logf
}

// Server is a control server. Its HTTP handler speaks the control protocol and serves the login page.
type Server struct {
	opts     Options
	logf     logger.Logf
	noiseKey key.MachinePrivate
	oldKey   key.MachinePrivate // only its public half is used, because nodes no longer speak that protocol
	mux      *http.ServeMux
	inner    *http.ServeMux

	mu          sync.Mutex
	baseURL     string
	people      []*person
	authKeys    map[string]*AuthKey
	federations map[string]Federation
	access      map[string]access
	nodes       map[tailcfg.NodeID]*node
	byKey       map[key.NodePublic]*node
	lastID      tailcfg.NodeID
	lastService int
	inquiries   int // how many have been sent
	logins      map[string]*login
	rules       rules
	services    []*service
	settings    Settings
	counters    Counters
	version     uint64        // counts changes
	next        chan struct{} // closed at the next change
	limit       rateLimit
	listener    *listener
	address     string // where the listener was last
}

// New returns a server without a listener; see [Server.Start].
func New(opts Options) *Server {
	s := &Server{
		opts:        opts,
		logf:        opts.Logf,
		noiseKey:    key.NewMachine(),
		oldKey:      key.NewMachine(),
		authKeys:    map[string]*AuthKey{},
		federations: map[string]Federation{},
		access:      map[string]access{},
		nodes:       map[tailcfg.NodeID]*node{},
		byKey:       map[key.NodePublic]*node{},
		logins:      map[string]*login{},
		next:        make(chan struct{}),
		rules:       rules{grants: opts.Grants},
		settings:    Settings{MagicDNS: true, HTTPS: true, Funnel: true},
	}
	for _, p := range opts.People {
		s.addPerson(p)
	}
	for _, k := range opts.AuthKeys {
		s.authKeys[k.Key] = &k
	}
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("GET /key", s.serveKey)
	s.mux.HandleFunc("/ts2021", s.serveNoise)
	s.mux.HandleFunc("GET /a/{id}", s.serveLoginPage)
	s.mux.HandleFunc("POST /a/{id}", s.serveLoginAnswer)
	s.mux.HandleFunc("POST /api/v2/oauth/token-exchange", s.serveTokenExchange)
	s.mux.HandleFunc("POST /api/v2/tailnet/-/keys", s.serveCreateKey)
	s.mux.HandleFunc("GET /generate_204", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })

	s.inner = http.NewServeMux()
	s.inner.HandleFunc("POST /machine/register", s.serveRegister)
	s.inner.HandleFunc("POST /machine/map", s.serveMap)
	s.inner.HandleFunc("POST /machine/set-dns", s.serveSetDNS)
	s.inner.HandleFunc("POST /machine/c2n/{node}/{inquiry}", s.serveAnswer)
	s.inner.HandleFunc("POST /machine/feature/query", serveFeatureQuery)
	s.inner.HandleFunc("POST /machine/update-health", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) serveKey(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, &tailcfg.OverTLSPublicKeyResponse{LegacyPublicKey: s.oldKey.Public(), PublicKey: s.noiseKey.Public()})
}

type machineKey struct{}

// serveNoise upgrades to the Noise transport and serves HTTP/2 inside it. The handshake authenticates the machine key,
// which every inner request then carries.
func (s *Server) serveNoise(w http.ResponseWriter, r *http.Request) {
	conn, err := controlhttpserver.AcceptHTTP(r.Context(), w, r, s.noiseKey, nil)
	if err != nil {
		s.logf("control: handshake: %v", err)
		return
	}
	defer conn.Close()
	var h2 http2.Server
	h2.ServeConn(conn, &http2.ServeConnOpts{
		Context:    context.WithValue(r.Context(), machineKey{}, conn.Peer()),
		BaseConfig: &http.Server{Handler: s.inner},
	})
}

func machineOf(r *http.Request) key.MachinePublic {
	return r.Context().Value(machineKey{}).(key.MachinePublic)
}

// serveFeatureQuery answers how to enable HTTPS or Funnel: nothing is missing.
func serveFeatureQuery(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, &tailcfg.QueryFeatureResponse{Complete: true})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
