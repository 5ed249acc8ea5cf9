package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"

	"tailscale.com/ipn"
	"tailscale.com/tsnet"
)

// listenFunnel listens for the tailnet and for the internet. TLS is the host's: tsnet's is taken off unused.
func (n *node) listenFunnel(port uint16) (net.Listener, error) {
	unused := tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return nil, fmt.Errorf("TLS is not served here")
	}}
	ln, err := n.server.ListenFunnel("tcp", fmt.Sprintf(":%d", port), tsnet.FunnelTLSConfig(&unused))
	if err != nil {
		return nil, coded("ERR_TSEXPOSE_FUNNEL", err)
	}
	return beneathTLS{ln}, nil
}

// beneathTLS gives the connections of a TLS listener as they are before their handshake.
type beneathTLS struct{ net.Listener }

func (l beneathTLS) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if t, ok := c.(*tls.Conn); ok {
		return t.NetConn(), err
	}
	return c, err
}

// visitorOf returns the address of somebody on the internet; false for a connection of the tailnet. It is the relay's
// report: whois is never asked about it.
func visitorOf(c net.Conn) (netip.AddrPort, bool) {
	if f, ok := c.(*ipn.FunnelConn); ok {
		return f.Src, true
	}
	return netip.AddrPort{}, false
}
