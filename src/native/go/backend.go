package main

import (
	"sync"

	"tailscale.com/ipn/ipnext"
	"tailscale.com/ipn/ipnlocal"
	"tailscale.com/tsd"
	"tailscale.com/types/logger"
)

// tsnet keeps its LocalBackend to itself; over its LocalAPI a whois is an HTTP round trip and JSON twice. An extension
// is handed the backend when it is made, so that whois here is a look-up in memory, always current.
var backends sync.Map // *tsd.System → *ipnlocal.LocalBackend

type backendCatcher struct{}

func init() {
	ipnext.RegisterExtension("tsexpose", func(_ logger.Logf, b ipnext.SafeBackend) (ipnext.Extension, error) {
		if lb, ok := b.(*ipnlocal.LocalBackend); ok {
			backends.Store(b.Sys(), lb)
		}
		return backendCatcher{}, nil
	})
}

func (backendCatcher) Name() string           { return "tsexpose" }
func (backendCatcher) Init(ipnext.Host) error { return ipnext.SkipExtension }
func (backendCatcher) Shutdown() error        { return nil }

// takeBackend returns the backend of a started tsnet server.
func takeBackend(sys *tsd.System) *ipnlocal.LocalBackend {
	lb, ok := backends.LoadAndDelete(sys)
	if !ok {
		return nil
	}
	return lb.(*ipnlocal.LocalBackend)
}
