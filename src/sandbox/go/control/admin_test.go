package control_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"tailscale.com/ipn"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/tailcfg"

	"tsexpose/src/sandbox/go/control"
)

func TestAnExpiredKeyNeedsALoginUntilItIsRenewed(t *testing.T) {
	s := tailnet(t)
	d := join(t, s, "myapp", "tskey-auth-alice")
	expired, renewed := true, false
	_, err := s.ChangeNode("myapp", control.NodeChange{Expired: &expired})
	check(t, err)
	d.awaitState(ipn.NeedsLogin)
	_, err = s.ChangeNode("myapp", control.NodeChange{Expired: &renewed})
	check(t, err)
	d.awaitState(ipn.Running)
}

func TestExpiringAllKeysReachesEveryNode(t *testing.T) {
	s := tailnet(t)
	a, b := join(t, s, "a", "tskey-auth-alice"), join(t, s, "b", "tskey-auth-bob")
	s.ExpireAll(true)
	a.awaitState(ipn.NeedsLogin)
	b.awaitState(ipn.NeedsLogin)
}

func TestARemovedNodeNoticesAndIsGoneForOthers(t *testing.T) {
	s := tailnet(t)
	other, d := join(t, s, "other", "tskey-auth-bob"), join(t, s, "myapp", "tskey-auth-alice")
	other.awaitStatus("the peer", func(st *ipnstate.Status) bool { return len(st.Peer) == 1 })
	check(t, s.Remove("myapp"))
	d.awaitState(ipn.NeedsLogin)
	other.awaitStatus("no peer", func(st *ipnstate.Status) bool { return len(st.Peer) == 0 })
}

func TestARenamedNodeHasItsNewNameEverywhere(t *testing.T) {
	s := tailnet(t)
	d := join(t, s, "myapp", "tskey-auth-alice")
	_, err := s.Rename("myapp", "shop")
	check(t, err)
	d.awaitStatus("its new name", func(st *ipnstate.Status) bool {
		return st.Self.DNSName == "shop.sandbox.ts.net." && slices.Equal(st.CertDomains, []string{"shop.sandbox.ts.net"})
	})
	join(t, s, "other", "tskey-auth-alice")
	if _, err := s.Rename("shop", "other"); err == nil {
		t.Error("a node could get a name that is taken")
	}
}

func TestPeersShowAPersonsNewNameAtOnce(t *testing.T) {
	s := tailnet(t)
	a, b := join(t, s, "a", "tskey-auth-alice"), join(t, s, "b", "tskey-auth-bob")
	name, picture := "Robert Example", "data:,b"
	_, err := s.ChangePerson("bob", control.PersonChange{Name: &name, Picture: &picture})
	check(t, err)
	a.awaitStatus("the new name", func(*ipnstate.Status) bool {
		who, err := a.WhoIs(within(t), b.ip())
		return err == nil && who.UserProfile.DisplayName == name && who.UserProfile.ProfilePicURL == picture
	})
}

func TestGrantsAreWhatWhoisReports(t *testing.T) {
	s := tailnet(t)
	a, b := join(t, s, "a", "tskey-auth-alice"), join(t, s, "b", "tskey-auth-bob")
	capability := func() tailcfg.PeerCapMap {
		who, err := a.WhoIs(within(t), b.ip())
		if err != nil {
			return nil
		}
		return who.CapMap
	}
	check(t, s.Grant(control.Grant{Src: "bob", Dst: "a", Capability: "example.com/cap/app", Values: []tailcfg.RawMessage{`{"role":"admin"}`}}))
	check(t, s.Grant(control.Grant{Src: "alice", Dst: "*", Capability: "example.com/cap/other"}))
	a.awaitStatus("the grant", func(*ipnstate.Status) bool { return len(capability()) == 1 })
	var value struct{ Role string }
	if got := capability()["example.com/cap/app"]; len(got) != 1 || json.Unmarshal([]byte(got[0]), &value) != nil || value.Role != "admin" {
		t.Errorf("capability %v", got)
	}
	check(t, s.Revoke(control.Grant{Src: "bob"}))
	a.awaitStatus("no grant", func(*ipnstate.Status) bool { return len(capability()) == 0 })
}

func TestADeniedCallerGetsNothing(t *testing.T) {
	s := tailnet(t)
	a, b := join(t, s, "a", "tskey-auth-alice"), join(t, s, "b", "tskey-auth-bob")
	b.awaitStatus("the peer", func(st *ipnstate.Status) bool { return len(st.Peer) == 1 })
	a.awaitStatus("the peer", func(st *ipnstate.Status) bool { return len(st.Peer) == 1 })
	check(t, talk(t, b, a, 10*time.Second))
	check(t, s.SetDenies([]control.Deny{{Src: "bob", Dst: "a"}}))
	a.awaitStatus("the filter", func(*ipnstate.Status) bool { return talk(t, b, a, time.Second) != nil })
	check(t, s.SetDenies(nil))
	a.awaitStatus("the filter", func(*ipnstate.Status) bool { return talk(t, b, a, 10*time.Second) == nil })
}

func TestNodesTalkOnWhileControlIsGone(t *testing.T) {
	s := tailnet(t)
	a, b := join(t, s, "a", "tskey-auth-alice"), join(t, s, "b", "tskey-auth-bob")
	b.awaitStatus("the peer", func(st *ipnstate.Status) bool { return len(st.Peer) == 1 })
	a.awaitStatus("the peer", func(st *ipnstate.Status) bool { return len(st.Peer) == 1 })
	s.Stop()
	check(t, talk(t, b, a, 10*time.Second))
	check(t, s.Restart())
	awaitControl(t, s, "both to be back", func(st control.State) bool { return st.Nodes[0].Online && st.Nodes[1].Online })
}

func TestARawMapResponseReachesItsNode(t *testing.T) {
	s := tailnet(t)
	a := join(t, s, "a", "tskey-auth-alice")
	check(t, s.SendRaw("a", json.RawMessage(`{"Health":["the sandbox says hello"]}`)))
	a.awaitStatus("the message", func(st *ipnstate.Status) bool {
		return strings.Contains(strings.Join(st.Health, "\n"), "the sandbox says hello")
	})
	if err := s.SendRaw("stranger", nil); err == nil {
		t.Error("a message went to a stranger")
	}
}

func TestMagicDNSAndHTTPSCanBeOff(t *testing.T) {
	s := tailnet(t)
	d := join(t, s, "myapp", "tskey-auth-alice")
	off := false
	s.Change(control.SettingsChange{HTTPS: &off})
	d.awaitStatus("no certificates", func(st *ipnstate.Status) bool {
		return len(st.CertDomains) == 0 && st.CurrentTailnet.MagicDNSEnabled && !st.Self.HasCap(tailcfg.CapabilityHTTPS)
	})
	s.Change(control.SettingsChange{MagicDNS: &off})
	d.awaitStatus("no MagicDNS", func(st *ipnstate.Status) bool { return !st.CurrentTailnet.MagicDNSEnabled })
}
