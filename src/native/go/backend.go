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

// skipTimeWait frees the pair of ports of a connection that this node closed first as soon as both ends have ended.
// tsnet accepts without a listening endpoint in gVisor, so TIME_WAIT there drops a new connection from the same port,
// which a client that makes many picks sooner or later, and resets it where TIME_WAIT runs out while its SYN is queued
// (tryDeliverSegmentFromClosedEndpoint: up to 70 ms on a busy machine). WireGuard drops the replayed packets that
// TIME_WAIT is there for. A peer whose FIN is not acknowledged because that packet was lost gets a reset for the next
// one, which ends LAST-ACK just as well (RFC 9293, 3.10.7.4).
func skipTimeWait(sys *tsd.System) {
	if impl, ok := sys.Netstack.Get().(*netstack.Impl); ok {
		none := tcpip.TCPTimeWaitTimeoutOption(0)
		impl.SetTransportProtocolOption(tcp.ProtocolNumber, &none)
	}
}
