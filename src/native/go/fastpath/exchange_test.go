package fastpath

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// forwarded returns the head that the target gets.
func forwarded(t *testing.T, change func(r *Rules), request string) string {
	t.Helper()
	tg := answering(t, ok)
	r := rules("tcp", tg.address)
	change(r)
	if got := newRig(t, r).ask(request); !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") {
		t.Fatalf("got %q", got)
	}
	return tg.requests()[0]
}

const ours = "X-Forwarded-For: 100.64.0.1\r\nX-Forwarded-Host: myapp\r\nTailscale-User-Login: alice@example.com\r\nConnection: keep-alive\r\n\r\n"

func unchanged(*Rules) {}

func TestRequestIsForwarded(t *testing.T) {
	got := forwarded(t, unchanged, lines("GET /a/../b?c=%20\xff HTTP/1.1", "A: b", "Host: myapp", "x_y:\xfc", "a: c", "Cookie: ", "__proto__: d"))
	if want := "GET /a/../b?c=%20\xff HTTP/1.1\r\nHost: myapp\r\nA: b\r\nx_y: \xfc\r\na: c\r\nCookie: \r\n__proto__: d\r\n" + ours; got != want {
		t.Errorf("got %q", got)
	}
}

func TestCallerCannotSpeakForTheProxy(t *testing.T) {
	forged := []string{
		"GET / HTTP/1.1", "Host: myapp", "Tailscale-User-Login: root", "tailscale-user-login: root", "Tailscale_User_Login: root",
		"Tailscale-Foo: a", "X-Tailscale-Foo: a", "X-Forwarded-For: 127.0.0.1", "X_Forwarded_For: 127.0.0.1", "X-Forwarded-Host: evil",
		"X-Forwarded-Proto: https", "X-Forwarded-Prefix: /a", "X-Forwarded-Bar: a", "X-Real-IP: a", "X_Client_IP: a", "Remote-User: root",
		"Proxy: evil:80", "Keep-Alive: timeout=1", "Proxy-Authorization: a", "Trailer: A", "Upgrade: tcp", "HTTP2-Settings: a", "Content_Length: 5",
		"Transfer_Encoding: chunked",
	}
	if got := forwarded(t, unchanged, lines(forged...)); got != "GET / HTTP/1.1\r\nHost: myapp\r\n"+ours {
		t.Errorf("got %q", got)
	}
}

func TestConnectionCannotRemoveOurHeaders(t *testing.T) {
	got := forwarded(t, unchanged, lines("GET / HTTP/1.1", "Host: myapp", "A: 1", "Connection: keep-alive, tailscale-user-login,X-Forwarded-For ,Host, a", "B: 2",
		"C: 3", "connection: X-Forwarded-Host, c, Connection, keep-alive"))
	if got != "GET / HTTP/1.1\r\nHost: myapp\r\nB: 2\r\n"+ours {
		t.Errorf("got %q", got)
	}
}

func TestPassedHeaderHasOneSpelling(t *testing.T) {
	pass := func(r *Rules) { r.Passed = []string{"X-Client-IP"} }
	got := forwarded(t, pass, lines("GET / HTTP/1.1", "Host: myapp", "x-client-ip: 1", "X_Client_IP: 2", "X-Client_IP: 3", "X-Real-IP: 4"))
	if got != "GET / HTTP/1.1\r\nHost: myapp\r\nx-client-ip: 1\r\n"+ours {
		t.Errorf("got %q", got)
	}
}

func TestHostsAreRewrittenTogether(t *testing.T) {
	rewrite := func(r *Rules) {
		r.Routes[0].Host, r.Routes[0].Origin, r.Routes[0].Origins = "localhost:3000", "http://localhost:3000", []string{"https://myapp.tail1234.ts.net"}
		r.Hosts.Any = true
		r.Secure = true
	}
	const full = "HTTPS://myapp.tail1234.ts.net"
	for host, origin := range map[string]string{"myapp": full, "MyApp": "https://myapp", "100.64.0.99": "https://100.64.0.99", "localhost:1": "https://localhost:1"} {
		got := forwarded(t, rewrite, lines("GET / HTTP/1.1", "Host: "+host, "Origin: "+origin, "Referer: "+origin+"/a?b", "origin: https://evil.example", "origin: http://"+host))
		want := "GET / HTTP/1.1\r\nHost: localhost:3000\r\nOrigin: http://localhost:3000\r\nReferer: http://localhost:3000/a?b\r\norigin: https://evil.example\r\norigin: http://" + host + "\r\n"
		if !strings.HasPrefix(got, want) || !strings.Contains(got, "\r\nX-Forwarded-Host: localhost:3000\r\n") || strings.Contains(got, "X-Forwarded-Proto") {
			t.Errorf("%s: got %q", host, got)
		}
	}
	got := forwarded(t, rewrite, lines("GET / HTTP/1.1", "Host: evil.example", "Origin: "+full, "Referer: "+full+"/"))
	if !strings.HasPrefix(got, "GET / HTTP/1.1\r\nHost: evil.example\r\nOrigin: "+full+"\r\nReferer: "+full+"/\r\n") ||
		!strings.Contains(got, "\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n") {
		t.Errorf("got %q", got)
	}
}

func TestRefererIsMappedAsThePath(t *testing.T) {
	mapped := func(r *Rules) {
		r.Routes[0].Path, r.Routes[0].Strip, r.Routes[0].Base = "/api", "/api", "/v1"
		r.Routes[0].Host, r.Routes[0].Origin = "localhost:3000", "http://localhost:3000"
	}
	for from, want := range map[string]string{"/api/a": "/v1/a", "/other": "/", "": "/"} {
		got := forwarded(t, mapped, lines("GET /api/x HTTP/1.1", "Host: myapp", "Referer: http://myapp"+from))
		if !strings.Contains(got, "\r\nReferer: http://localhost:3000"+want+"\r\n") {
			t.Errorf("%s: got %q", from, got)
		}
	}
}

func TestPrefixIsStripped(t *testing.T) {
	strip := func(r *Rules) { r.Routes[0].Path, r.Routes[0].Strip, r.Routes[0].Base = "/api", "/api", "/v1" }
	got := forwarded(t, strip, get("/api/a?b"))
	if !strings.HasPrefix(got, "GET /v1/a?b HTTP/1.1\r\n") || !strings.Contains(got, "X-Forwarded-Prefix: /api\r\n") {
		t.Errorf("got %q", got)
	}
}

func TestLongestRouteWins(t *testing.T) {
	api, root := answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\napi"), answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nroot")
	r := rules("tcp", root.address)
	r.Routes = []*Route{{Path: "/api", Network: "tcp", Address: api.address, Bounded: true}, {Path: "/", Network: "tcp", Address: root.address, Bounded: true}}
	rig := newRig(t, r)
	for path, want := range map[string]string{"/api": "api", "/api/x": "api", "/apix": "root", "/": "root"} {
		if got := rig.ask(get(path)); !strings.HasSuffix(got, "\r\n\r\n"+want) {
			t.Errorf("%s: got %q", path, got)
		}
	}
	for _, path := range []string{"/api/../x", "/api/%2e%2e/x", "/%61pi", "/api/\xc0\xae\xc0\xae/x"} {
		if got := rig.ask(get(path)); got != handedOver+get(path) {
			t.Errorf("%s: got %q", path, got)
		}
	}
}

func TestWhatIsHandedOver(t *testing.T) {
	tg := answering(t, ok)
	general := func(r *Rules) { r.Routes[0].General = true }
	for name, c := range map[string]struct {
		change  func(r *Rules)
		request string
	}{
		"a foreign Host":               {unchanged, lines("GET / HTTP/1.1", "Host: evil.example")},
		"an empty Host":                {unchanged, lines("GET / HTTP/1.1", "Host:")},
		"what is not HTTP/1.1":         {unchanged, "\x16\x03\x01"},
		"two Hosts":                    {unchanged, lines("GET / HTTP/1.1", "Host: myapp", "Host: myapp")},
		"an upgrade to h2c":            {unchanged, lines("GET / HTTP/1.1", "Host: myapp", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: a")},
		"a target of TypeScript's":     {general, get("/")},
		"a path without a route":       {func(r *Rules) { r.Routes[0].Path = "/api" }, get("/apis")},
		"a login of a connection":      {unchanged, lines("GET / HTTP/1.1", "Host: myapp", "Authorization: NTLM a")},
		"a Destination that is mapped": {func(r *Rules) { r.Routes[0].Mapped = true }, lines("MOVE /a HTTP/1.1", "Host: myapp", "Destination: http://myapp/b")},
		"a target that is not there":   {func(r *Rules) { r.Routes[0].Address = "127.0.0.1:1" }, lines("POST / HTTP/1.1", "Host: myapp", "Content-Length: 2") + "ab"},
		"what follows, too":            {general, get("/") + get("/b")},
	} {
		r := rules("tcp", tg.address)
		c.change(r)
		if got := newRig(t, r).ask(c.request); got != handedOver+c.request {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if seen := tg.requests(); len(seen) > 0 {
		t.Errorf("the target got %q", seen)
	}
}

func TestDeniedCallerIsHandedOver(t *testing.T) {
	tg := answering(t, ok)
	rig := newRig(t, rules("tcp", tg.address))
	rig.host.decide(func(string) Verdict { return Verdict{General: true} })
	if got := rig.ask(get("/")); got != handedOver+get("/") || tg.connections() > 0 {
		t.Errorf("got %q", got)
	}
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Read(make([]byte, 4096))
			c.Write([]byte(ok))
			c.Close()
		}
	}()
	if got := newRig(t, rules("unix", path)).ask(get("/")); got != ok {
		t.Errorf("got %q", got)
	}
}

func TestSilenceIsReported(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	tg := startTarget(t, func(tg *target, c *peer) {
		tg.request(c)
		<-release
		c.send(ok)
	})
	r := rules("tcp", tg.address)
	r.Limits.Silence = 100
	rig := newRig(t, r)
	c := rig.dial()
	c.send(get("/"))
	eventually(t, "the report", func() bool { return len(rig.questions()) == 1 })
	close(release)
	if _, body := c.response("GET"); body != "ok" || rig.questions()[0]["type"] != "silence" {
		t.Errorf("got %q after %v", body, rig.questions())
	}
}

func TestTargetThatTakesTooLong(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"UND_ERR_HEADERS_TIMEOUT": "", "": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\na"} {
		tg := startTarget(t, func(tg *target, c *peer) {
			tg.request(c)
			c.send(answer)
			c.ended()
		})
		r := rules("tcp", tg.address)
		r.Limits.Pause = 300
		if got := newRig(t, r).ask(get("/")); name != "" && !strings.HasSuffix(got, "\r\n\r\n"+name) || name == "" && !strings.HasSuffix(got, "\r\n\r\na") {
			t.Errorf("got %q", got)
		}
	}
}
