package main

import (
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"tailscale.com/ipn/ipnext"
	"tailscale.com/ipn/ipnlocal"
	"tailscale.com/tsd"
	"tailscale.com/types/logger"
	"tailscale.com/wgengine/netstack"
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

// timeWait is how long a connection that this node closed first blocks its pair of ports. A new connection from the
// same port finds no listening endpoint in tsnet's gVisor and is dropped for the whole of it, by default a minute:
// a client that makes a few hundred quick connections picks such a port sooner or later, and hangs. WireGuard has
// already dropped the replayed packets that TIME_WAIT is there for; half a second outlives what is still in flight.
const timeWait = tcpip.TCPTimeWaitTimeoutOption(500 * time.Millisecond)

func shortenTimeWait(sys *tsd.System) {
	if impl, ok := sys.Netstack.Get().(*netstack.Impl); ok {
		t := timeWait
		impl.SetTransportProtocolOption(tcp.ProtocolNumber, &t)
	}
}
