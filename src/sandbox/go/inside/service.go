package inside

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"tailscale.com/client/local"
	_ "tailscale.com/feature/acme" // certificates for services with TLS
	"tailscale.com/ipn"
	"tailscale.com/util/rands"
)

// Service is something to talk to: a node of the sandbox that listens on the tailnet.
type Service struct {
	ID       string `json:"id"`
	Who      string `json:"who"`
	Hostname string `json:"hostname"`
	Port     uint16 `json:"port"`
	// Kind is "whois" (an HTTP server that responds with the caller, as JSON) or "echo" (TCP that sends everything back).
	Kind string `json:"kind"`
	// TLS makes it use a certificate from the tailnet's certificate authority.
	TLS bool `json:"tls"`
	// Funnel admits callers from the public internet, with TLS.
	Funnel bool `json:"funnel"`

	Name string   `json:"name"`
	FQDN string   `json:"fqdn"`
	IPs  []string `json:"ips"`

	listener net.Listener
}

// Serve starts a service.
func (h *Host) Serve(ctx context.Context, s Service) (*Service, error) {
	if s.Kind != "whois" && s.Kind != "echo" {
		return nil, fmt.Errorf("the kind of a service has to be whois or echo, got %q", s.Kind)
	}
	node, err := h.Node(ctx, s.Who, s.Hostname)
	if err != nil {
		return nil, err
	}
	self, err := node.self()
	if err != nil {
		return nil, err
	}
	if s.listener, err = node.listen(&s); err != nil {
		return nil, err
	}
	s.ID, s.Name, s.FQDN, s.IPs = rands.HexString(8), self.Name, self.FQDN, self.IPs
	local, err := node.server.LocalClient()
	if err != nil {
		return nil, err
	}
	if s.Kind == "echo" {
		go echo(s.listener)
	} else {
		go (&http.Server{Handler: whois(local), ConnContext: noteFunnel}).Serve(s.listener)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.serving == nil {
		h.serving = map[string]*Service{}
	}
	h.serving[s.ID] = &s
	return &s, nil
}

func (n *Node) listen(s *Service) (net.Listener, error) {
	address := fmt.Sprintf(":%d", s.Port)
	switch {
	case s.Funnel:
		return n.server.ListenFunnel("tcp", address)
	case s.TLS:
		return n.server.ListenTLS("tcp", address)
	}
	return n.server.Listen("tcp", address)
}

type funnelSource struct{}

// noteFunnel keeps the address of a caller through Funnel, which whois does not know.
func noteFunnel(ctx context.Context, c net.Conn) context.Context {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	if funnel, ok := c.(*ipn.FunnelConn); ok {
		return context.WithValue(ctx, funnelSource{}, funnel.Src.String())
	}
	return ctx
}

// EndService stops listening; the node stays.
func (h *Host) EndService(id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.serving[id]
	if s == nil {
		return errors.New("no such service")
	}
	delete(h.serving, id)
	return s.listener.Close()
}

func echo(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			io.Copy(c, c)
		}()
	}
}

// whois responds to every request with who sent it, and with what arrived.
func whois(local *local.Client) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Context().Value(funnelSource{}); from != nil {
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(map[string]any{"visitor": from, "method": r.Method, "url": r.URL.String(), "headers": r.Header})
			return
		}
		who, err := local.WhoIs(r.Context(), r.RemoteAddr)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"login": who.UserProfile.LoginName, "name": who.UserProfile.DisplayName, "picture": who.UserProfile.ProfilePicURL,
			"userId": fmt.Sprint(int64(who.UserProfile.ID)), "groups": append([]string{}, who.UserProfile.Groups...),
			"node": who.Node.ComputedName, "fqdn": who.Node.Name, "tags": append([]string{}, who.Node.Tags...),
			"capabilities": who.CapMap, "remote": r.RemoteAddr, "method": r.Method, "url": r.URL.String(), "headers": r.Header,
		})
	})
}
