package acme

import (
	"reflect"
	"sync/atomic"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
)

// defaultLifetime is that of Pebble.
const defaultLifetime = 90 * 24 * time.Hour

// setLifetime changes the lifetime of certificates issued from now on. Pebble accepts it only when it is created, and a
// second Pebble would have a root that nodes do not trust, so this changes the value inside Pebble.
func (s *Server) setLifetime(d time.Duration) {
	if d <= 0 {
		d = defaultLifetime
	}
	kept := reflect.ValueOf(s.ca).Elem().FieldByName("profiles").MapIndex(reflect.ValueOf(profile))
	atomic.StoreUint64(&(*ca.Profile)(kept.UnsafePointer()).ValidityPeriod, uint64(d/time.Second))
}
