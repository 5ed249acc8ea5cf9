package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tailscale.com/envknob"
	"tailscale.com/types/logger"

	"tsexpose/src/internal/isolated"
	"tsexpose/src/internal/tempdir"
	"tsexpose/src/sandbox/go/acme"
	"tsexpose/src/sandbox/go/admin"
	"tsexpose/src/sandbox/go/authority"
	"tsexpose/src/sandbox/go/control"
	"tsexpose/src/sandbox/go/inside"
	"tsexpose/src/sandbox/go/relay"
)

// sandbox is an entire tailnet on loopback.
type sandbox struct {
	dir     *tempdir.Dir
	relay   *relay.Relay
	acme    *acme.Server
	control *control.Server
	host    *inside.Host
	admin   *admin.Server
	ready   ready
}

// ready is the line printed to stdout.
type ready struct {
	Event      string `json:"event"`
	ControlURL string `json:"controlUrl"`
	AdminURL   string `json:"adminUrl"`
	AdminToken string `json:"adminToken"`
	DERP       string `json:"derp"`
	STUN       string `json:"stun"`
	// ACME is the URL of the directory.
	ACME     string            `json:"acmeDirectoryUrl"`
	CAFile   string            `json:"caFile"`
	CA       string            `json:"ca"`
	AuthKeys map[string]string `json:"authKeys"`
	People   []control.Person  `json:"people"`
	Devices  []inside.Device   `json:"devices"`
	Tailnet  string            `json:"tailnet"`
	Suffix   string            `json:"suffix"`
	// Env holds the variables for the process of a node on this tailnet.
	Env map[string]string `json:"env"`
	// Dir is removed at the end.
	Dir string `json:"dir"`
	PID int    `json:"pid"`
}

type options struct {
	config           config
	port             int
	ephemeralTimeout time.Duration
	logf             logger.Logf
}

// start brings everything up. After an error, it closes what it has started.
func start(o options) (_ *sandbox, err error) {
	s := &sandbox{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = tempdir.Make("tsexpose-sandbox-"); err != nil {
		return nil, fmt.Errorf("the temporary directory cannot be used: %w", err)
	}
	ca, err := authority.New()
	if err != nil {
		return nil, err
	}
	cert, err := ca.Loopback()
	if err != nil {
		return nil, err
	}
	if s.relay, err = relay.Start(cert, o.logf); err != nil {
		return nil, err
	}
	if s.acme, err = acme.Start(cert, o.logf); err != nil {
		return nil, err
	}
	keys, byName := o.config.authKeys()
	s.control = control.New(control.Options{
		Tailnet: o.config.Tailnet, Suffix: o.config.Suffix, People: o.config.People, AuthKeys: keys, Grants: o.config.Grants,
		DERPMap: s.relay.Map, EphemeralTimeout: o.ephemeralTimeout, Logf: o.logf,
	})
	if err := s.control.Start(fmt.Sprintf("127.0.0.1:%d", o.port)); err != nil {
		return nil, err
	}
	roots := append(ca.PEM, s.acme.Root...)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(roots)
	s.host = &inside.Host{
		Control: s.control, Devices: o.config.Devices, Dir: filepath.Join(s.dir.Path, "nodes"), Roots: pool, Logf: o.logf,
		Relayed: s.relay.Connected,
	}

	s.acme.OnChange = s.control.Note
	caFile := filepath.Join(s.dir.Path, "ca.pem")
	if err := os.WriteFile(caFile, roots, 0o600); err != nil {
		return nil, err
	}
	env := map[string]string{
		"TS_CONTROL_URL":               s.control.URL(),
		"TS_NO_LOGS_NO_SUPPORT":        "true",
		"TS_PANIC_IF_HIT_MAIN_CONTROL": "1",
		"TS_DISABLE_PORTMAPPER":        "true",
		"TS_DEBUG_ACME_DIRECTORY_URL":  s.acme.URL,
		"SSL_CERT_FILE":                caFile,
	}
	for name, value := range env {
		envknob.Setenv(name, value)
	}
	isolated.PretendNetwork()
	s.admin = &admin.Server{Control: s.control, Host: s.host, ACME: s.acme, Relay: s.relay}
	if err := s.admin.Start(); err != nil {
		return nil, err
	}
	s.ready = ready{
		Event: "ready", ControlURL: s.control.URL(), AdminURL: s.admin.URL, AdminToken: s.admin.Token, DERP: s.relay.DERP, STUN: s.relay.STUN, ACME: s.acme.URL, CAFile: caFile, CA: string(roots),
		AuthKeys: byName, People: o.config.People, Devices: o.config.Devices, Tailnet: o.config.Tailnet, Suffix: o.config.Suffix,
		Env: env, Dir: s.dir.Path, PID: os.Getpid(),
	}
	return s, nil
}

func (s *sandbox) close() {
	if s.admin != nil {
		s.admin.Close()
	}
	if s.host != nil {
		s.host.Close()
	}
	if s.control != nil {
		s.control.Stop()
	}
	if s.acme != nil {
		s.acme.Close()
	}
	if s.relay != nil {
		s.relay.Stop()
	}
	if s.dir != nil {
		s.dir.Remove()
	}
}
