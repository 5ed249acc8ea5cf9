package acme

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// State is what fails, and what has happened.
type State struct {
	// Running is false while connections are cut without a response.
	Running bool `json:"running"`
	// Limit is how many of the next orders are refused.
	Limit int `json:"limit"`
	// RetryAfter is sent with such a refusal, in seconds.
	RetryAfter int `json:"retryAfter"`
	// Lifetime is that of certificates issued from now on, in seconds; zero stands for Pebble's 90 days.
	Lifetime int `json:"lifetime"`

	// Orders counts the requests for a certificate, and Limited those that were refused.
	Orders  int `json:"orders"`
	Limited int `json:"limited"`
	// Issued lists the names of the certificates issued, in order.
	Issued []string `json:"issued"`
}

// Change changes the fields that are set.
type Change struct {
	Running    *bool `json:"running"`
	Limit      *int  `json:"limit"`
	RetryAfter *int  `json:"retryAfter"`
	Lifetime   *int  `json:"lifetime"`
}

// Change changes what fails.
func (s *Server) Change(c Change) State {
	s.mu.Lock()
	if c.Running != nil {
		s.state.Running = *c.Running
	}
	if c.Limit != nil {
		s.state.Limit = *c.Limit
	}
	if c.RetryAfter != nil {
		s.state.RetryAfter = *c.RetryAfter
	}
	if c.Lifetime != nil {
		s.state.Lifetime = *c.Lifetime
		s.setLifetime(time.Duration(*c.Lifetime) * time.Second)
	}
	s.mu.Unlock()
	s.OnChange()
	return s.State()
}

// State returns a copy.
func (s *Server) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.state
	st.Issued = slices.Clone(st.Issued)
	return st
}

const (
	newOrderPath = "/order-plz"
	finalizePath = "/finalize-order/"
	orderPath    = "/my-order/"
)

// faults wraps Pebble's handler.
func (s *Server) faults(pebble http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.State().Running {
			panic(http.ErrAbortHandler) // cuts the connection
		}
		if r.URL.Path == newOrderPath {
			defer s.OnChange()
			if s.refuse(w) {
				return
			}
		}
		id, finalize := strings.CutPrefix(r.URL.Path, finalizePath)
		if !finalize {
			pebble.ServeHTTP(w, r)
			return
		}
		// Go's ACME client polls the order where this header says it is.
		w.Header().Set("Location", "https://"+r.Host+orderPath+id)
		answer := &tee{ResponseWriter: w, status: http.StatusOK}
		pebble.ServeHTTP(answer, r)
		if answer.status == http.StatusOK {
			s.noteIssued(answer.body.Bytes())
			s.OnChange()
		}
	})
}

// refuse answers an order the way Let's Encrypt answers clients that have ordered too often.
func (s *Server) refuse(w http.ResponseWriter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Orders++
	if s.state.Limit == 0 {
		return false
	}
	s.state.Limit--
	s.state.Limited++
	w.Header().Set("Retry-After", fmt.Sprint(s.state.RetryAfter))
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusTooManyRequests)
	json.NewEncoder(w).Encode(map[string]any{
		"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many certificates already issued", "status": http.StatusTooManyRequests,
	})
	return true
}

func (s *Server) noteIssued(order []byte) {
	var parsed struct{ Identifiers []struct{ Value string } }
	if json.Unmarshal(order, &parsed) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range parsed.Identifiers {
		s.state.Issued = append(s.state.Issued, id.Value)
	}
}

// tee keeps a copy of a response.
type tee struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (t *tee) WriteHeader(status int) {
	t.status = status
	t.ResponseWriter.WriteHeader(status)
}

func (t *tee) Write(p []byte) (int, error) {
	t.body.Write(p)
	return t.ResponseWriter.Write(p)
}
