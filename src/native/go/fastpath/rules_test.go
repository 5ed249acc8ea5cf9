package fastpath

import (
	"strings"
	"testing"
)

func TestRoutes(t *testing.T) {
	r := rules("tcp", "")
	r.Routes = []*Route{{Path: "/api/v2"}, {Path: "/api"}, {Path: "/docs"}}
	c := compiled(t, r)
	for target, path := range map[string]string{
		"/api/v2": "/api/v2", "/api/v2/a": "/api/v2", "/api/v2?a": "/api/v2", "/api/v20": "/api", "/api": "/api", "/api/": "/api",
		"/api?/api/v2": "/api", "/apis": "", "/": "", "/API": "", "//api": "", "/docs/api": "/docs",
	} {
		got := ""
		if route := c.route([]byte(target)); route != nil {
			got = route.Path
		}
		if got != path {
			t.Errorf("%s: got %q, want %q", target, got, path)
		}
	}
	c = compiled(t, rules("tcp", ""))
	if c.route([]byte("//a")) == nil {
		t.Error("the route of the root does not have every path")
	}
}

func TestTargetsOfRequests(t *testing.T) {
	for _, c := range []struct{ strip, base, target, want string }{
		{"", "", "/a/../b?c", "/a/../b?c"},
		{"/api", "", "/api/a?b", "/a?b"},
		{"/api", "", "/api", "/"},
		{"/api", "", "/api?b", "/?b"},
		{"/api", "", "/api/", "/"},
		{"", "/app", "/a", "/app/a"},
		{"", "/app", "/", "/app/"},
		{"/api", "/app", "/api/a", "/app/a"},
		{"/api", "/app", "/api", "/app"},
		{"/api", "/app", "/api?b", "/app?b"},
	} {
		r := &Route{Strip: c.strip, Base: c.base}
		if got := string(r.appendTarget(nil, []byte(c.target))); got != c.want {
			t.Errorf("%s less %q on %q: got %s, want %s", c.target, c.strip, c.base, got, c.want)
		}
	}
}

// TypeScript knows every spelling of a dot segment; the fast path knows what none of them can be without.
func TestPathsThatMayLeadOut(t *testing.T) {
	for target, want := range map[string]bool{
		"/a": false, "/a.b/.c": false, "/a?..": false, "/a?%2e": false, "/": false,
		"/..": true, "/a/../b": true, "/a/..;/b": true, "/a/..": true, "/a\\..\\b": true, "/%2e%2e/": true, "/.%2e": true,
		"/%252e": true, "/%u002e": true, "/a%": true,
		// Overlong, and characters that fold to dots and slashes.
		"/\xc0\xae\xc0\xae/": true, "/\xef\xbc\x8e\xef\xbc\x8e/": true, "/\xe2\x80\xa5/": true, "/.\xe2\x80\xa4/": true,
		"/a?\xc3\xbc": false,
	} {
		if got := mayLeadOut([]byte(target)); got != want {
			t.Errorf("%q: got %t", target, got)
		}
	}
}

func TestHosts(t *testing.T) {
	r := rules("tcp", "")
	r.Hosts.Addresses = append(r.Hosts.Addresses, "fd7a:115c:a1e0::7")
	hosts := &compiled(t, r).Hosts
	served := `myapp MyApp myapp. myapp:80 myapp: myapp.:8080 myapp.tail1234.ts.net MYAPP.TAIL1234.TS.NET.:443 100.64.0.7
		100.64.0.7:3000 [fd7a:115c:a1e0::7] [fd7a:115C:A1E0:0:0:0:0:7]:80 localhost a.localhost:1 127.0.0.1 127.9.9.9:80 [::1]
		[::1]:3000 [::ffff:127.0.0.1]`
	for _, host := range strings.Fields(served) {
		if !hosts.serves([]byte(host)) {
			t.Errorf("%s is not served", host)
		}
		if !hosts.isOurs([]byte(host)) {
			t.Errorf("%s is not ours", host)
		}
	}
	foreign := `evil.example myapp.evil.example xmyapp myapp..  100.64.0.8 [fd7a::1] localhost.evil.example xlocalhost
		127.0.0.1.evil.example 0x7f.1 2130706433 0.0.0.0 [::]`
	invalid := ` myapp:a myapp:123456 myapp:80:80 user@myapp myapp/ myapp,evil [::1 ::1 [::1]a [::1%25lo] [myapp] :80 myapp\ my%61pp
		myapp:+1`
	for _, host := range append(strings.Fields(foreign), strings.Fields(invalid)...) {
		if hosts.serves([]byte(host)) {
			t.Errorf("%s is served", host)
		}
	}
	if hosts.serves(nil) {
		t.Error("an empty Host is served")
	}
	hosts.Any = true
	for _, host := range strings.Fields(foreign) {
		if !hosts.serves([]byte(host)) {
			t.Errorf("%s is not served although every host is", host)
		}
	}
	for _, host := range strings.Fields(invalid) {
		if hosts.serves([]byte(host)) {
			t.Errorf("%s is served although it is no host", host)
		}
	}
	if hosts.isOurs([]byte("evil.example")) || !hosts.isOurs([]byte("100.64.0.9")) {
		t.Error("a foreign name is ours, or an address is not")
	}
}

func TestUnreadableRules(t *testing.T) {
	for _, text := range []string{"", "{", `{"routes":[{"path":"/","tls":{"ca":"none"}}]}`} {
		if _, err := ParseRules([]byte(text)); err == nil {
			t.Errorf("%s is read", text)
		}
	}
	if _, err := ParseRules([]byte(`{"routes":[{"path":"/","tls":{"insecure":true}}]}`)); err != nil {
		t.Error(err)
	}
}

func TestVerdictBlock(t *testing.T) {
	v := Verdict{Headers: []string{"A", "b", "C", "d"}}
	v.compile()
	if string(v.block) != "A: b\r\nC: d\r\n" {
		t.Errorf("got %q", v.block)
	}
}
