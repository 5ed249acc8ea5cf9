package control_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tailscale.com/ipn"

	"tsexpose/src/sandbox/go/control"
)

func (d *device) awaitLoginURL() (loginURL string) {
	d.await("login URL", func(n *ipn.Notify) bool {
		if n.BrowseToURL != nil {
			loginURL = *n.BrowseToURL
		}
		return loginURL != ""
	})
	return loginURL
}

func page(t *testing.T, res *http.Response, err error) string {
	t.Helper()
	check(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	check(t, err)
	return string(body)
}

func TestTheLoginPageLogsANodeInAsWhoWasChosen(t *testing.T) {
	s := tailnet(t)
	d := newDevice(t, s, "myapp", "")
	link := d.awaitLoginURL()

	res, err := http.Get(link)
	html := page(t, res, err)
	for _, want := range []string{"myapp", "Log in as Alice Example", "Log in as Bob Example", `src="data:,a"`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q:\n%s", want, html)
		}
	}
	res, err = http.PostForm(link, url.Values{"person": {"bob"}})
	if html := page(t, res, err); !strings.Contains(html, "Logged in") {
		t.Errorf("after the button: %s", html)
	}
	d.awaitState(ipn.Running)
	if n, err := s.Lookup("myapp"); err != nil || n.Login != "bob@example.com" {
		t.Errorf("node %+v, error %v", n, err)
	}
	res, err = http.Get(link)
	if html := page(t, res, err); !strings.Contains(html, "used already") {
		t.Errorf("a used link shows %s", html)
	}
}

func TestALoginCanBeCompletedByTheAdmin(t *testing.T) {
	s := tailnet(t)
	d := newDevice(t, s, "myapp", "")
	link := d.awaitLoginURL()
	if err := s.CompleteLogin(link, "mallory"); err == nil {
		t.Error("an unknown person could log in")
	}
	check(t, s.CompleteLogin(link, "alice@example.com"))
	d.awaitState(ipn.Running)
}

func TestRequireLoginIgnoresAuthKeys(t *testing.T) {
	s := tailnet(t)
	on := true
	s.Change(control.SettingsChange{RequireLogin: &on})
	d := newDevice(t, s, "myapp", "tskey-auth-alice")
	check(t, s.CompleteLogin(d.awaitLoginURL(), "bob"))
	d.awaitState(ipn.Running)
	if n, _ := s.Lookup("myapp"); n.Login != "bob@example.com" {
		t.Errorf("node %+v", n)
	}
}
