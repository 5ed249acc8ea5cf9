// Package relay runs the sandbox's DERP relay and STUN server on loopback.
package relay

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"tailscale.com/derp/derpserver"
	"tailscale.com/net/stunserver"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

// Relay is a relay that can be stopped and restarted.
type Relay struct {
	cert tls.Certificate
	key  key.NodePrivate
	logf logger.Logf

	// Map is what nodes are told about it.
	Map *tailcfg.DERPMap
	// DERP and STUN are the addresses it listens on.
	DERP, STUN string

	mu   sync.Mutex
	derp *derpserver.Server // nil while stopped
	stop func()
}

const region = 900 // regions from 900 on are for private relays

// Start serves DERP, with the given certificate, and STUN.
func Start(cert tls.Certificate, logf logger.Logf) (*Relay, error) {
	r := &Relay{cert: cert, key: key.NewNode(), logf: logf, DERP: "127.0.0.1:0", STUN: "127.0.0.1:0"}
	if err := r.Restart(); err != nil {
		return nil, err
	}
	r.Map = &tailcfg.DERPMap{
		OmitDefaultRegions: true,
		Regions: map[int]*tailcfg.DERPRegion{region: {
			RegionID: region, RegionCode: "sandbox", RegionName: "Sandbox",
			Nodes: []*tailcfg.DERPNode{{
				Name: "900a", RegionID: region, HostName: "127.0.0.1", IPv4: "127.0.0.1", IPv6: "none",
				DERPPort: port(r.DERP), STUNPort: port(r.STUN), STUNTestIP: "127.0.0.1",
				// Nodes do not know the sandbox's certificate authority; what they relay is encrypted anyway.
				InsecureForTests: true,
			}},
		}},
	}
	return r, nil
}

func port(address string) int { return int(netip.MustParseAddrPort(address).Port()) }

// Restart listens on the ports it had before.
func (r *Relay) Restart() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.derp != nil {
		return nil
	}
	tcp, err := net.Listen("tcp", r.DERP)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	stun := stunserver.New(ctx)
	if err := stun.Listen(r.STUN); err != nil {
		tcp.Close()
		cancel()
		return err
	}
	stunEnded := make(chan struct{})
	go func() {
		defer close(stunEnded)
		stun.Serve()
	}()
	d := derpserver.New(r.key, r.logf)
	web := &http.Server{
		Handler:   derpserver.AddWebSocketSupport(d, derpserver.Handler(d)),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{r.cert}},
		ErrorLog:  logger.StdLogger(r.logf),
		// DERP takes the connection over, which HTTP/2 does not allow.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	go web.ServeTLS(tcp, "", "")
	r.derp, r.DERP, r.STUN = d, tcp.Addr().String(), stun.LocalAddr().String()
	r.stop = func() {
		cancel()
		web.Close()
		d.Close()
		<-stunEnded // its port is free only then
	}
	return nil
}

// Connected reports whether a node can be reached through the relay.
func (r *Relay) Connected(node key.NodePublic) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.derp != nil && r.derp.IsClientConnectedForTest(node)
}

// Stop ends both servers and cuts their connections.
func (r *Relay) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.derp != nil {
		r.stop()
		r.derp = nil
	}
}
