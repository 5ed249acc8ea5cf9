package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"

	"tailscale.com/ipn"
	"tailscale.com/tsnet"
)

// listenFunnel listens for the tailnet and the internet. The host handles TLS, so tsnet's is removed unused.
func (n *node) listenFunnel(port uint16) (net.Listener, error) {
	unused := tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return nil, fmt.Errorf("TLS is not handled here")
	}}
	ln, err := n.server.ListenFunnel("tcp", fmt.Sprintf(":%d", port), tsnet.FunnelTLSConfig(&unused))
	if err != nil {
		return nil, coded("ERR_TSEXPOSE_FUNNEL", err)
	}
	return beneathTLS{ln}, nil
}

// beneathTLS returns the connections of a TLS listener as they are before the handshake.
type beneathTLS struct{ net.Listener }

func (l beneathTLS) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if t, ok := c.(*tls.Conn); ok {
		return t.NetConn(), err
	}
	return c, err
}

// funnelCaller returns the address of a caller on the internet, as the relay reports it, or false for a connection from
// the tailnet. Whois is never asked about that address.
func funnelCaller(c net.Conn) (netip.AddrPort, bool) {
	if f, ok := c.(*ipn.FunnelConn); ok {
		return f.Src, true
	}
	return netip.AddrPort{}, false
}
