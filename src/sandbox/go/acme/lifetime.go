package acme

import (
	"reflect"
	"sync/atomic"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
)

// defaultLifetime is pebble's own.
const defaultLifetime = 90 * 24 * time.Hour

// setLifetime changes how long the certificates last that are issued from now
// on. Pebble takes that only when it is made, and a second pebble would have a
// root that nobody trusts yet; so it is changed where pebble keeps it.
func (s *Server) setLifetime(d time.Duration) {
	if d <= 0 {
		d = defaultLifetime
	}
	kept := reflect.ValueOf(s.ca).Elem().FieldByName("profiles").MapIndex(reflect.ValueOf(profile))
	atomic.StoreUint64(&(*ca.Profile)(kept.UnsafePointer()).ValidityPeriod, uint64(d/time.Second))
}
