package main

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// patience is the longest wait that a certificate authority may impose before its refusal counts as an answer.
const patience = 10 * time.Second

func init() {
	http.DefaultClient = &http.Client{Transport: impatient{http.DefaultTransport}}
}

// impatient makes the ACME client tell about a rate limit. It would wait as long as the authority asks it to, which is
// up to a week, without a word to anybody; a refusal with another status it returns at once. The problem document,
// which says what is limited and until when, stays as it is.
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
