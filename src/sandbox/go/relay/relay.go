// Package relay runs the sandbox's DERP relay and STUN server on loopback.
package relay

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"tailscale.com/derp/derpserver"
	"tailscale.com/net/stunserver"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

// Relay is a running relay.
type Relay struct {
	derp   *derpserver.Server
	http   *http.Server
	cancel context.CancelFunc

	// Map is what nodes are told about it.
	Map *tailcfg.DERPMap
	// DERP and STUN are the addresses it listens on.
	DERP, STUN string
}

const region = 900 // regions from 900 on are for private relays

// Start serves DERP, with the given certificate, and STUN.
func Start(cert tls.Certificate, logf logger.Logf) (*Relay, error) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	stun := stunserver.New(ctx)
	if err := stun.Listen("127.0.0.1:0"); err != nil {
		tcp.Close()
		cancel()
		return nil, err
	}
	go stun.Serve()

	d := derpserver.New(key.NewNode(), logf)
	r := &Relay{
		derp: d, cancel: cancel, DERP: tcp.Addr().String(), STUN: stun.LocalAddr().String(),
		http: &http.Server{
			Handler:   derpserver.AddWebSocketSupport(d, derpserver.Handler(d)),
			TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}},
			ErrorLog:  logger.StdLogger(logf),
			// DERP takes over the connection, which HTTP/2 does not allow.
			TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		},
	}
	go r.http.ServeTLS(tcp, "", "")
	r.Map = &tailcfg.DERPMap{
		OmitDefaultRegions: true,
		Regions: map[int]*tailcfg.DERPRegion{region: {
			RegionID: region, RegionCode: "sandbox", RegionName: "Sandbox",
			Nodes: []*tailcfg.DERPNode{{
				Name: "900a", RegionID: region, HostName: "127.0.0.1", IPv4: "127.0.0.1", IPv6: "none",
				DERPPort: tcp.Addr().(*net.TCPAddr).Port, STUNPort: stun.LocalAddr().(*net.UDPAddr).Port, STUNTestIP: "127.0.0.1",
				// Nodes do not know the sandbox's certificate authority, and what they relay is encrypted anyway.
				InsecureForTests: true,
			}},
		}},
	}
	return r, nil
}

// Connected returns whether a node can be reached through the relay.
func (r *Relay) Connected(node key.NodePublic) bool { return r.derp.IsClientConnectedForTest(node) }

// Close stops both servers and cuts their connections.
func (r *Relay) Close() {
	r.cancel()
	r.http.Close()
	r.derp.Close()
}
