package control

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// issuer is an OpenID Connect provider on loopback.
type issuer struct {
	*httptest.Server
	key *ecdsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]string{"issuer": i.URL, "jwks_uri": i.URL + "/keys"})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) sign(t *testing.T, key any, alg jose.SignatureAlgorithm, claims any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func post(t *testing.T, s *Server, path string, body string, header map[string]string) (int, map[string]any) {
	req := httptest.NewRequest("POST", path, strings.NewReader(body))
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res := httptest.NewRecorder()
	s.ServeHTTP(res, req)
	var out map[string]any
	json.Unmarshal(res.Body.Bytes(), &out)
	return res.Code, out
}

func exchange(t *testing.T, s *Server, clientID, token string) (int, map[string]any) {
	form := url.Values{"client_id": {clientID}, "jwt": {token}}
	return post(t, s, "/api/v2/oauth/token-exchange", form.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
}

func TestFederationExchangesOnlyTokensThatFit(t *testing.T) {
	i := newIssuer(t)
	s := New(Options{Logf: t.Logf})
	f, err := s.AddFederation(Federation{Issuer: i.URL, Subject: "repo:acme/shop:*", Tags: []string{"tag:preview"}})
	if err != nil {
		t.Fatal(err)
	}
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	claims := func(change map[string]any) map[string]any {
		c := map[string]any{"iss": i.URL, "sub": "repo:acme/shop:pull_request", "aud": "api.tailscale.com/" + f.ClientID, "exp": time.Now().Add(time.Hour).Unix()}
		for name, value := range change {
			c[name] = value
			if value == nil {
				delete(c, name)
			}
		}
		return c
	}
	for _, test := range []struct {
		name, token string
		status      int
	}{
		{"fits", i.sign(t, i.key, jose.ES256, claims(nil)), 200},
		{"one of several audiences", i.sign(t, i.key, jose.ES256, claims(map[string]any{"aud": []string{"x", "api.tailscale.com/" + f.ClientID}})), 200},
		{"a branch with slashes", i.sign(t, i.key, jose.ES256, claims(map[string]any{"sub": "repo:acme/shop:ref:refs/heads/a/b"})), 200},
		{"audience", i.sign(t, i.key, jose.ES256, claims(map[string]any{"aud": "https://github.com/acme"})), 403},
		{"no audience", i.sign(t, i.key, jose.ES256, claims(map[string]any{"aud": nil})), 403},
		{"subject", i.sign(t, i.key, jose.ES256, claims(map[string]any{"sub": "repo:mallory/shop:pull_request"})), 403},
		{"issuer", i.sign(t, i.key, jose.ES256, claims(map[string]any{"iss": "http://127.0.0.1:1"})), 403},
		{"expired", i.sign(t, i.key, jose.ES256, claims(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()})), 403},
		{"not yet", i.sign(t, i.key, jose.ES256, claims(map[string]any{"nbf": time.Now().Add(time.Hour).Unix()})), 403},
		{"no expiry", i.sign(t, i.key, jose.ES256, claims(map[string]any{"exp": nil})), 403},
		{"key", i.sign(t, other, jose.ES256, claims(nil)), 403},
		{"shared key", i.sign(t, []byte(strings.Repeat("x", 32)), jose.HS256, claims(nil)), 403},
		{"no token", "", 403},
		{"no signature", "eyJhbGciOiJub25lIn0.e30.", 403},
	} {
		if status, _ := exchange(t, s, f.ClientID, test.token); status != test.status {
			t.Errorf("%s: %d, want %d", test.name, status, test.status)
		}
	}
	if status, _ := exchange(t, s, "kOther", i.sign(t, i.key, jose.ES256, claims(nil))); status != 403 {
		t.Errorf("another client ID: %d", status)
	}
}

func TestAccessTokensCreateKeysForTheirTags(t *testing.T) {
	i := newIssuer(t)
	s := New(Options{Logf: t.Logf})
	f, _ := s.AddFederation(Federation{Issuer: i.URL, Subject: "*", Tags: []string{"tag:preview"}})
	token := i.sign(t, i.key, jose.ES256, map[string]any{"iss": i.URL, "sub": "x", "aud": f.Audience, "exp": time.Now().Add(time.Hour).Unix()})
	_, granted := exchange(t, s, f.ClientID, token)
	bearer := map[string]string{"Authorization": "Bearer " + granted["access_token"].(string)}
	body := func(tag string) string {
		return `{"capabilities":{"devices":{"create":{"reusable":false,"ephemeral":true,"preauthorized":true,"tags":["` + tag + `"]}}},"expirySeconds":60}`
	}
	status, made := post(t, s, "/api/v2/tailnet/-/keys", body("tag:preview"), bearer)
	if status != 200 || s.authKeys[made["key"].(string)] == nil {
		t.Fatalf("%d %v", status, made)
	}
	k := s.authKeys[made["key"].(string)]
	if k.Reusable || !k.Ephemeral || !k.PreApproved || time.Until(k.Expires) > time.Minute {
		t.Errorf("key %+v", k)
	}
	if status, _ := post(t, s, "/api/v2/tailnet/-/keys", body("tag:prod"), bearer); status != 400 {
		t.Errorf("another tag: %d", status)
	}
	if status, _ := post(t, s, "/api/v2/tailnet/-/keys", body("tag:preview"), map[string]string{"Authorization": "Bearer x"}); status != 401 {
		t.Errorf("another token: %d", status)
	}
}

func TestFederationsHaveIssuersOnThisMachine(t *testing.T) {
	s := New(Options{Logf: t.Logf})
	for _, issuer := range []string{"https://token.actions.githubusercontent.com", "http://127.0.0.1.example.com", "file:///etc", ""} {
		if _, err := s.AddFederation(Federation{Issuer: issuer, Subject: "*", Tags: []string{"tag:x"}}); err == nil {
			t.Errorf("%s was accepted", issuer)
		}
	}
}
