package main

import (
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"tailscale.com/ipn/ipnext"
	"tailscale.com/ipn/ipnlocal"
	"tailscale.com/tsd"
	"tailscale.com/types/logger"
	"tailscale.com/wgengine/netstack"
)

// tsnet does not expose its LocalBackend, and a whois over its LocalAPI costs an HTTP round trip and two JSON encodings.
// An extension is handed the backend when it is created, so that a whois here is a lookup in memory, and always current.
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

// skipTimeWait frees the ports of a connection that this node has closed first as soon as both ends have ended. tsnet
// accepts without a listening endpoint in gVisor, so TIME_WAIT there drops a new connection from the same port, which a
// busy client reuses sooner or later, and resets it if TIME_WAIT expires while its SYN is queued
// (tryDeliverSegmentFromClosedEndpoint: up to 70 ms on a busy machine). WireGuard already drops the replayed packets that
// TIME_WAIT protects from. If the acknowledgment of a peer's FIN is lost, its next FIN is answered with a reset, which
// ends LAST-ACK just as well (RFC 9293, 3.10.7.4).
func skipTimeWait(sys *tsd.System) {
	if impl, ok := sys.Netstack.Get().(*netstack.Impl); ok {
		none := tcpip.TCPTimeWaitTimeoutOption(0)
		impl.SetTransportProtocolOption(tcp.ProtocolNumber, &none)
	}
}
