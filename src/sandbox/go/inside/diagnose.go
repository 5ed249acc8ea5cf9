package inside

import (
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"time"

	_ "tailscale.com/feature/capture" // packets as a file
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/tailcfg"
)

// Question asks what one of the sandbox's own nodes knows about its way to a target.
type Question struct {
	Who      string `json:"who"`
	Hostname string `json:"hostname,omitempty"`
	Target   string `json:"target"` // name:port or address:port
	Pcap     string `json:"pcap"`   // file for the node's packets in the meantime; none if empty
}

// Diagnosis is the answer. A field that could not be found out says why.
type Diagnosis struct {
	Status     *ipnstate.Status `json:"status"`
	Pings      map[string]any   `json:"pings"`
	Dial       string           `json:"dial"`
	Netstack   json.RawMessage  `json:"netstack"`
	Goroutines string           `json:"goroutines"`
}

const (
	pingTimeout = 3 * time.Second
	// flushTime is enough for the capture, which writes every 100 ms.
	flushTime = 300 * time.Millisecond
)

// Diagnose looks at the network map, pings the target at every layer, and dials it.
func (h *Host) Diagnose(ctx context.Context, q Question) (*Diagnosis, error) {
	n, err := h.Node(ctx, q.Who, q.Hostname)
	if err != nil {
		return nil, err
	}
	local, err := n.server.LocalClient()
	if err != nil {
		return nil, err
	}
	stack, err := n.stack()
	if err != nil {
		return nil, err
	}
	to, err := n.address(q.Target)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if q.Pcap != "" {
		if err := n.server.CapturePcap(ctx, q.Pcap); err != nil {
			return nil, err
		}
	}
	d := &Diagnosis{Pings: map[string]any{}}
	for _, kind := range []tailcfg.PingType{tailcfg.PingDisco, tailcfg.PingTSMP, tailcfg.PingICMP} {
		attempt, cancel := context.WithTimeout(ctx, pingTimeout)
		pong, err := local.Ping(attempt, to.Addr(), kind)
		cancel()
		if d.Pings[string(kind)] = pong; err != nil {
			d.Pings[string(kind)] = err.Error()
		}
	}
	attempt, cancelDial := context.WithTimeout(ctx, 2*pingTimeout)
	defer cancelDial()
	began := time.Now()
	if conn, err := stack.DialContextTCP(attempt, to); err != nil {
		d.Dial = err.Error()
	} else {
		d.Dial = "connected from " + conn.LocalAddr().String() + " in " + time.Since(began).String()
		conn.Close()
	}
	if d.Status, err = local.Status(ctx); err != nil {
		return nil, err
	}
	d.Netstack = json.RawMessage(stack.ExpVar().String())
	if q.Pcap != "" {
		time.Sleep(flushTime)
	}
	goroutines, _ := local.Goroutines(ctx)
	d.Goroutines = string(goroutines)
	return d, nil
}

// address is where a dial to host:port would go.
func (n *Node) address(target string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return netip.AddrPort{}, err
	}
	_, ip, err := n.find(host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.ParseAddrPort(net.JoinHostPort(ip.String(), port))
}
