package fastpath

import (
	"strings"
	"testing"
)

func TestFieldKinds(t *testing.T) {
	r := rules("tcp", "")
	r.Passed = []string{"X-Client-IP", "Tailscale-User-Login", "Connection"}
	r.Ours.Names = append(r.Ours.Names, "x-webauth-user")
	table := compiled(t, r).fields
	long := strings.Repeat("a", 100)
	for kind, names := range map[kind]string{
		keep: "Cookie X-Client-IP x-client-ip Accept tailscale Authorization __proto__ X-Forwarder X-Tailscal " + long,
		drop: `Host content-length Content_Length Transfer_Encoding transfer-encoding TE Trailer Upgrade Keep-Alive Expect
			Tailscale-User-Login tailscale_user_login TAILSCALE-ANYTHING Tailscale.User.Login Tailscale~User^Login X_Tailscale_x
			X-Forwarded-For X-Forwarded-Foo X_Forwarded_For X-Real-IP X_Real-IP X_Client_IP X-Client_IP Remote-User Remote_User
			Proxy proxy X-WEBAUTH-USER X_WebAuth_User Tailscale-` + long,
		connection: "Connection CONNECTION",
	} {
		for _, name := range strings.Fields(names) {
			if got := table.kind([]byte(name)); got != kind {
				t.Errorf("%s: got %d, want %d", name, got, kind)
			}
		}
	}
}

// What is ours stays ours even where a prefix of claims has it too.
func TestOursComeFirst(t *testing.T) {
	r := rules("tcp", "")
	r.Claims = Names{Names: []string{"x-a"}, Prefixes: []string{"x-"}}
	r.Ours = Names{Names: []string{"x-a", "x-c"}, Prefixes: []string{"x-ours-"}}
	r.Passed = []string{"x-a", "x-c", "x-ours-b", "x-d"}
	table := compiled(t, r).fields
	for name, kind := range map[string]kind{"x-a": drop, "x-c": drop, "x-ours-b": drop, "x-d": keep, "x-e": drop, "y": keep} {
		if got := table.kind([]byte(name)); got != kind {
			t.Errorf("%s: got %d, want %d", name, got, kind)
		}
	}
}

func TestListsOfTokens(t *testing.T) {
	var got []string
	eachToken([]byte(" a,,b ,\t, c\t"), func(token []byte) { got = append(got, string(token)) })
	if text := strings.Join(got, "|"); text != "a|b|c" {
		t.Errorf("got %s", text)
	}
}
