// Package admin is the sandbox's JSON interface for tests: what an admin console and a misbehaving network can do to a
// tailnet.
package admin

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/util/rands"

	"tsexpose/src/sandbox/go/acme"
	"tsexpose/src/sandbox/go/control"
	"tsexpose/src/sandbox/go/inside"
	"tsexpose/src/sandbox/go/relay"
)

// Server serves the interface on loopback.
type Server struct {
	Control *control.Server
	Host    *inside.Host
	ACME    *acme.Server
	Relay   *relay.Relay

	// URL and Token are for clients; set by [Server.Start].
	URL, Token string

	http http.Server
}

// Start listens on a free port.
func (s *Server) Start() error {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.URL, s.Token = "http://"+tcp.Addr().String(), rands.HexString(32)
	s.http.Handler = s.authorized(s.routes())
	go s.http.Serve(tcp)
	return nil
}

// Close stops the interface.
func (s *Server) Close() { s.http.Close() }

func (s *Server) authorized(next http.Handler) http.Handler {
	want := []byte("Bearer " + s.Token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			reply(w, http.StatusUnauthorized, map[string]string{"error": "the admin interface requires its bearer token"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /state", with(s.state))

	mux.Handle("PATCH /settings", with(func(_ *http.Request, c control.SettingsChange) (any, error) { return s.Control.Change(c), nil }))
	mux.Handle("PATCH /acme", with(func(_ *http.Request, c acme.Change) (any, error) { return s.ACME.Change(c), nil }))
	mux.Handle("POST /control", with(s.switchControl))
	mux.Handle("POST /relay", with(s.switchRelay))
	mux.Handle("POST /diagnoses", with(func(r *http.Request, q inside.Question) (any, error) { return s.Host.Diagnose(r.Context(), q) }))
	mux.Handle("POST /rate-limit", with(s.rateLimit))
	mux.Handle("POST /logins", with(s.completeLogin))

	mux.Handle("POST /people", with(s.addPerson))
	mux.Handle("PATCH /people/{who}", with(func(r *http.Request, c control.PersonChange) (any, error) {
		return s.Control.ChangePerson(r.PathValue("who"), c)
	}))
	mux.Handle("POST /auth-keys", with(func(_ *http.Request, k control.AuthKey) (any, error) { return s.Control.NewAuthKey(k) }))
	mux.Handle("POST /federations", with(func(_ *http.Request, f control.Federation) (any, error) { return s.Control.AddFederation(f) }))
	mux.Handle("DELETE /auth-keys/{key}", with(func(r *http.Request, _ none) (any, error) {
		return nil, s.Control.DeleteAuthKey(r.PathValue("key"))
	}))

	mux.Handle("POST /expiry", with(s.expireAll))
	mux.Handle("PATCH /nodes/{node}", with(func(r *http.Request, c control.NodeChange) (any, error) {
		return s.Control.ChangeNode(r.PathValue("node"), c)
	}))
	mux.Handle("DELETE /nodes/{node}", with(func(r *http.Request, _ none) (any, error) {
		return nil, s.Control.Remove(r.PathValue("node"))
	}))
	mux.Handle("POST /nodes/{node}/map", with(func(r *http.Request, raw json.RawMessage) (any, error) {
		return nil, s.Control.SendRaw(r.PathValue("node"), raw)
	}))

	mux.Handle("POST /grants", with(func(_ *http.Request, g control.Grant) (any, error) { return nil, s.Control.Grant(g) }))
	mux.Handle("DELETE /grants", with(func(_ *http.Request, g control.Grant) (any, error) { return nil, s.Control.Revoke(g) }))
	mux.Handle("PUT /denies", with(func(_ *http.Request, d []control.Deny) (any, error) { return nil, s.Control.SetDenies(d) }))

	mux.Handle("PUT /tailscale-services/{name}", with(func(r *http.Request, c control.ServiceChange) (any, error) {
		return s.Control.DefineService(tailcfg.ServiceName(r.PathValue("name")), c)
	}))
	mux.Handle("DELETE /tailscale-services/{name}", with(func(r *http.Request, _ none) (any, error) {
		return nil, s.Control.RemoveService(r.PathValue("name"))
	}))
	mux.Handle("PATCH /tailscale-services/{name}/hosts/{node}", with(func(r *http.Request, in struct{ Approved bool }) (any, error) {
		return nil, s.Control.ApproveHost(r.PathValue("name"), r.PathValue("node"), in.Approved)
	}))

	mux.Handle("POST /doors", with(func(r *http.Request, d inside.Door) (any, error) { return s.Host.OpenDoor(r.Context(), d) }))
	mux.Handle("DELETE /doors/{id}", with(func(r *http.Request, _ none) (any, error) { return nil, s.Host.CloseDoor(r.PathValue("id")) }))
	mux.Handle("POST /services", with(func(r *http.Request, v inside.Service) (any, error) { return s.Host.Serve(r.Context(), v) }))
	mux.Handle("DELETE /services/{id}", with(func(r *http.Request, _ none) (any, error) { return nil, s.Host.EndService(r.PathValue("id")) }))
	return mux
}

type none struct{}

// with turns a function that takes and returns JSON into a handler.
func with[T any](f func(*http.Request, T) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in T
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		out, err := f(r, in)
		switch {
		case errors.Is(err, context.Canceled):
		case err != nil:
			reply(w, http.StatusConflict, map[string]string{"error": err.Error()})
		case out == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			reply(w, http.StatusOK, out)
		}
	})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// state answers right away, or with ?after=VERSION once something has changed since then.
func (s *Server) state(r *http.Request, _ none) (any, error) {
	if after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64); err == nil {
		if err := s.Control.Changed(r.Context(), after); err != nil {
			return nil, err
		}
	}
	return struct {
		control.State
		ACME acme.State `json:"acme"`
	}{s.Control.State(), s.ACME.State()}, nil
}

func (s *Server) switchControl(_ *http.Request, in struct{ Running bool }) (any, error) {
	if in.Running {
		return nil, s.Control.Restart()
	}
	s.Control.Stop()
	return nil, nil
}

func (s *Server) switchRelay(_ *http.Request, in struct{ Running bool }) (any, error) {
	if in.Running {
		return nil, s.Relay.Restart()
	}
	s.Relay.Stop()
	return nil, nil
}

func (s *Server) rateLimit(_ *http.Request, in struct {
	Times      int
	RetryAfter int // seconds
}) (any, error) {
	s.Control.LimitRegisters(in.Times, time.Duration(in.RetryAfter)*time.Second)
	return nil, nil
}

func (s *Server) completeLogin(_ *http.Request, in struct{ URL, Person string }) (any, error) {
	return nil, s.Control.CompleteLogin(in.URL, in.Person)
}

func (s *Server) addPerson(_ *http.Request, p control.Person) (any, error) {
	key, err := s.Control.AddPerson(p)
	return map[string]string{"authKey": key}, err
}

func (s *Server) expireAll(_ *http.Request, in struct{ Expired bool }) (any, error) {
	s.Control.ExpireAll(in.Expired)
	return nil, nil
}
