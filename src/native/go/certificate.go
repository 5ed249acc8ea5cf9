package main

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// patience is the longest wait that the ACME client may honor; a longer one is treated as a refusal.
const patience = 10 * time.Second

func init() {
	http.DefaultClient = &http.Client{Transport: impatient{http.DefaultTransport}}
}

// impatient makes the ACME client report a rate limit. It would otherwise wait silently for as long as the authority
// asks, which can be a week, but it returns refusals with any other status right away. The problem document, which says
// what is limited and until when, is passed on unchanged.
type impatient struct{ http.RoundTripper }

func (t impatient) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.RoundTripper.RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusTooManyRequests {
		return res, err
	}
	problem := strings.HasPrefix(res.Header.Get("Content-Type"), "application/problem+json")
	if problem && retryAfter(res.Header.Get("Retry-After"), time.Now()) > patience {
		res.StatusCode = http.StatusForbidden
	}
	return res, nil
}

// retryAfter reads both forms of the header (RFC 9110 §10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return at.Sub(now)
	}
	return 0
}
