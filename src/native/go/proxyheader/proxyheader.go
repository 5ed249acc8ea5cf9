// Package proxyheader formats the PROXY protocol header, which tells a TCP target who is calling.
// https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
package proxyheader

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/pires/go-proxyproto"
)

// Header is what the target is told. Version 1 is a line of text; version 2 is binary and has room for values.
type Header struct {
	Version byte     `json:"version"`
	Remote  Endpoint `json:"remote"`
	Local   Endpoint `json:"local"`
	TLVs    []TLV    `json:"tlvs"`
}

// Endpoint is one end of a connection. The zero IP stands for an unknown one.
type Endpoint struct {
	IP   netip.Addr `json:"ip"`
	Port uint16     `json:"port"`
}

// TLV is a value in a version 2 header.
type TLV struct {
	Type  byte   `json:"type"`
	Value string `json:"value"`
}

// maxValue bounds a value, in bytes. Longer ones are left out: the start of a name may be another name.
const maxValue = 1024

// Format returns the bytes of the header.
func (h Header) Format() ([]byte, error) {
	if h.Version != 1 && h.Version != 2 {
		return nil, fmt.Errorf("unknown version %d of the PROXY protocol", h.Version)
	}
	header := proxyproto.Header{Version: h.Version, Command: proxyproto.PROXY, TransportProtocol: proxyproto.UNSPEC}
	remote, local := h.Remote.IP.Unmap(), h.Local.IP.Unmap()
	if remote.IsValid() && remote.BitLen() == local.BitLen() {
		header.TransportProtocol = proxyproto.TCPv6
		if remote.Is4() {
			header.TransportProtocol = proxyproto.TCPv4
		}
		header.SourceAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(remote, h.Remote.Port))
		header.DestinationAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, h.Local.Port))
	}
	if err := header.SetTLVs(h.values()); err != nil {
		return nil, err
	}
	return header.Format()
}

// values returns the TLVs without those that are empty: absent means absent.
func (h Header) values() (tlvs []proxyproto.TLV) {
	for _, tlv := range h.TLVs {
		if tlv.Value != "" && len(tlv.Value) <= maxValue {
			tlvs = append(tlvs, proxyproto.TLV{Type: proxyproto.PP2Type(tlv.Type), Value: []byte(tlv.Value)})
		}
	}
	return tlvs
}
