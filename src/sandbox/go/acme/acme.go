// Package acme is the sandbox's certificate authority: Pebble, the test server of Let's Encrypt, on loopback, with faults
// on demand. It accepts every proof, because the control server checks which names a node may have.
package acme

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"tailscale.com/types/logger"
)

// profile is the only one, because Pebble picks one at random for clients that do not name any.
const profile = "default"

// Server is a running ACME server.
type Server struct {
	// URL is that of the directory.
	URL string
	// Root is the certificate that signs the issued ones, as PEM.
	Root []byte
	// OnChange is called after every change of the state.
	OnChange func()

	http http.Server
	ca   *ca.CAImpl

	mu    sync.Mutex
	state State
}

// Start serves ACME over TLS with the given certificate.
func Start(cert tls.Certificate, logf logger.Logf) (*Server, error) {
	// By default Pebble makes life hard for clients.
	for name, value := range map[string]string{
		"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_VA_ALWAYS_VALID": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0",
	} {
		os.Setenv(name, value)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	out := log.New(logger.FuncWriter(logger.WithPrefix(logf, "acme: ")), "", 0)
	store := db.NewMemoryStore()
	authority := ca.New(out, store, "", "ecdsa", 0, 1, map[string]ca.Profile{profile: {Description: "the only one"}})
	pebble := wfe.New(out, store, va.New(out, 0, 0, false, "", store), authority, nil, false, false, 0, 0)
	s := &Server{
		URL: "https://" + tcp.Addr().String() + wfe.DirectoryPath, Root: authority.GetRootCert(0).PEM(),
		OnChange: func() {}, ca: authority, state: State{Running: true, Issued: []string{}},
	}
	s.http.Handler = s.faults(pebble.Handler())
	s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	// Over HTTP/2, a fault could only reset a stream: clients would keep the connection to a server that is down.
	s.http.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	s.http.ErrorLog = log.New(io.Discard, "", 0)
	go s.http.ServeTLS(tcp, "", "")
	return s, nil
}

// Close stops the server.
func (s *Server) Close() { s.http.Close() }
