package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"tailscale.com/tailcfg"
	"tailscale.com/util/rands"
)

// Federation is a federated identity: an ID token of the issuer, for the audience and with a subject that fits, may create
// auth keys for the tags.
type Federation struct {
	ClientID string `json:"clientId"`
	Issuer   string `json:"issuer"`
	// Subject may contain `*`, which stands for anything.
	Subject string `json:"subject"`
	// Audience is api.tailscale.com/CLIENT-ID if it is not given.
	Audience string   `json:"audience"`
	Tags     []string `json:"tags"`
}

// accessLifetime is how long an access token works.
const accessLifetime = time.Hour

// access is what an access token allows.
type access struct {
	tags    []string
	expires time.Time
}

// signatures are the algorithms that issuers use; none of them has a shared key.
var signatures = []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.ES384, jose.EdDSA}

// AddFederation adds a federated identity. Its issuer has to be on this machine, like everything of the sandbox.
func (s *Server) AddFederation(f Federation) (Federation, error) {
	if err := onThisMachine(f.Issuer); err != nil {
		return f, err
	}
	for _, tag := range f.Tags {
		if err := tailcfg.CheckTag(tag); err != nil {
			return f, err
		}
	}
	if len(f.Tags) == 0 || f.Subject == "" {
		return f, errors.New("a federated identity needs a subject and tags")
	}
	if f.ClientID == "" {
		f.ClientID = "k" + rands.HexString(12)
	}
	if f.Audience == "" {
		f.Audience = "api.tailscale.com/" + f.ClientID
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.federations[f.ClientID] = f
	return f, nil
}

// serveTokenExchange exchanges an ID token for an access token. Like Tailscale's, it does not say what is wrong.
func (s *Server) serveTokenExchange(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f, known := s.federations[r.PostFormValue("client_id")]
	s.mu.Unlock()
	err := errors.New("no such client ID")
	if known {
		err = f.check(r.Context(), r.PostFormValue("jwt"))
	}
	if err != nil {
		s.logf("control: token exchange: %v", err)
		apiError(w, http.StatusForbidden, "Unauthorized")
		return
	}
	token := "tskey-api-" + rands.HexString(24)
	s.mu.Lock()
	s.access[token] = access{f.Tags, time.Now().Add(accessLifetime)}
	s.mu.Unlock()
	writeJSON(w, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(accessLifetime.Seconds()), "scope": "auth_keys"})
}

// serveCreateKey creates an auth key for a bearer of an access token.
func (s *Server) serveCreateKey(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		token, _, _ = r.BasicAuth() // as Tailscale's client sends it
	}
	s.mu.Lock()
	granted, known := s.access[token]
	s.mu.Unlock()
	if !known || time.Now().After(granted.expires) {
		apiError(w, http.StatusUnauthorized, "API token invalid")
		return
	}
	var in struct {
		Capabilities struct {
			Devices struct {
				Create struct {
					Reusable, Ephemeral, Preauthorized bool
					Tags                               []string
				}
			}
		}
		ExpirySeconds int64
	}
	if err := readJSON(r, &in); err != nil {
		apiError(w, http.StatusBadRequest, "invalid request body")
		return
	}
	create := in.Capabilities.Devices.Create
	for _, tag := range create.Tags {
		if !slices.Contains(granted.tags, tag) {
			apiError(w, http.StatusBadRequest, fmt.Sprintf("requested tags [%s] are invalid or not permitted", strings.Join(create.Tags, " ")))
			return
		}
	}
	if len(create.Tags) == 0 {
		apiError(w, http.StatusBadRequest, "tags are required")
		return
	}
	if in.ExpirySeconds == 0 {
		in.ExpirySeconds = int64((90 * 24 * time.Hour).Seconds())
	}
	k, err := s.NewAuthKey(AuthKey{
		Tags: create.Tags, Reusable: create.Reusable, Ephemeral: create.Ephemeral, PreApproved: create.Preauthorized,
		Expires: time.Now().Add(time.Duration(in.ExpirySeconds) * time.Second),
	})
	if err != nil {
		apiError(w, http.StatusBadRequest, err.Error())
		return
	}
	writeJSON(w, map[string]any{"id": keyID(k.Key), "key": k.Key, "created": time.Now(), "expires": k.Expires})
}

func apiError(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"message": message})
}

// check returns why an ID token is not one for this identity.
func (f Federation) check(ctx context.Context, text string) error {
	token, err := jwt.ParseSigned(text, signatures)
	if err != nil {
		return err
	}
	keys, err := issuerKeys(ctx, f.Issuer)
	if err != nil {
		return fmt.Errorf("keys of %s: %w", f.Issuer, err)
	}
	var claims jwt.Claims
	if err := token.Claims(keys, &claims); err != nil {
		return err
	}
	// A token without an expiry would be one for good.
	if claims.Expiry == nil {
		return errors.New("the token does not expire")
	}
	if err := claims.ValidateWithLeeway(jwt.Expected{Issuer: f.Issuer, AnyAudience: jwt.Audience{f.Audience}, Time: time.Now()}, time.Minute); err != nil {
		return err
	}
	if !fits(f.Subject, claims.Subject) {
		return fmt.Errorf("subject %q", claims.Subject)
	}
	return nil
}

// fits returns whether a subject fits a pattern, in which `*` stands for anything, slashes included.
func fits(pattern, subject string) bool {
	escape := strings.NewReplacer("/", "\x00", `\`, `\\`, "[", `\[`, "?", `\?`)
	ok, err := path.Match(escape.Replace(pattern), strings.ReplaceAll(subject, "/", "\x00"))
	return ok && err == nil
}

// issuerKeys fetches the keys of an issuer, as OpenID Connect Discovery says. They are not kept: a test may replace them.
func issuerKeys(ctx context.Context, issuer string) (*jose.JSONWebKeySet, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var discovery struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := fetchJSON(ctx, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", &discovery); err != nil {
		return nil, err
	}
	if discovery.Issuer != issuer {
		return nil, fmt.Errorf("its configuration is that of %q", discovery.Issuer)
	}
	keys := new(jose.JSONWebKeySet)
	return keys, fetchJSON(ctx, discovery.Keys, keys)
}

// onThisMachine returns an error unless a URL is one of this machine.
func onThisMachine(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%q is not a URL", text)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s is not on this machine", text)
	}
	return nil
}

func fetchJSON(ctx context.Context, url string, v any) error {
	if err := onThisMachine(url); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := loopback.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, res.Status)
	}
	return json.NewDecoder(http.MaxBytesReader(nil, res.Body, maxMessage)).Decode(v)
}

// loopback is for issuers on this machine: no proxy is asked for them, and none is in the way.
var loopback = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
