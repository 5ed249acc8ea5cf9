package control

import (
	"testing"
	"testing/synctest"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

// A second absence has all of its time, even when the first one was counted twice: once when the
// connection was cut, and once when control came back.
func TestAnEphemeralNodeIsForgottenOnlyAfterOneWholeAbsence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{EphemeralTimeout: time.Minute, Logf: logger.Discard})
		s.listener = &listener{}
		n := s.newNode(key.NewMachine().Public(), &tailcfg.Hostinfo{Hostname: "laptop"})
		n.ephemeral = true
		isKnown := func() bool {
			synctest.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.nodes[n.id] == n
		}
		come := func() *stream {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.open(n, t.Context())
		}
		s.close(n, come())
		s.mu.Lock()
		s.miss(n) // what a restart of control does
		s.mu.Unlock()
		time.Sleep(55 * time.Second)
		s.close(n, come())
		time.Sleep(10 * time.Second)
		if !isKnown() {
			t.Error("forgotten 10 s after it left, with a timeout of a minute")
		}
		time.Sleep(time.Minute)
		if isKnown() {
			t.Error("not forgotten after the timeout")
		}
	})
}
