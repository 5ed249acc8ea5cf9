package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"tailscale.com/ipn/ipnlocal"
)

// Kinds of frames sent to the host; see tsx_node_bind in abi.h.
const (
	frameDatagram = 1
	frameIdentity = 2
	frameForget   = 3
)

const (
	maxDatagram = 65507 // the payload of an IPv4 packet
	// maxKnown bounds the number of identities that the host keeps; a subnet router can speak for many addresses.
	maxKnown = 1024
)

// packetSocket joins a UDP port of the node to a socket pair whose other end the host holds.
type packetSocket struct {
	id    int64
	node  *node
	lb    *ipnlocal.LocalBackend
	udp   net.PacketConn
	pair  *net.UnixConn
	local netip.AddrPort
	known map[netip.Addr]knownPeer
}

type knownPeer struct {
	identity []byte
	at       time.Time
}

func (n *node) bind(r *request, network string, port uint16, pair *net.UnixConn) {
	s, err := n.bindSocket(network, port, pair)
	if err != nil {
		r.reject(err)
		io.Copy(io.Discard, pair) // until the host closes its end, so that a refusal does not look like end of file
		pair.Close()
		return
	}
	r.resolve(map[string]any{"ip": s.local.Addr(), "port": s.local.Port()})
	go guard(s.fromPeers)
	guard(s.toPeers)
	s.close()
}

func (n *node) bindSocket(network string, port uint16, pair *net.UnixConn) (*packetSocket, error) {
	lb, err := n.lb()
	if err != nil {
		return nil, err
	}
	ip, ip6 := n.server.TailscaleIPs()
	if network == "udp6" {
		ip = ip6
	}
	if !ip.IsValid() {
		return nil, codedText("EADDRNOTAVAIL", fmt.Sprintf("the node has no address for %s", network))
	}
	// Checked here because netstack reports it only as text.
	for _, s := range sockets.all() {
		if s.node == n && s.local == netip.AddrPortFrom(ip, port) {
			return nil, codedText("EADDRINUSE", fmt.Sprintf("UDP port %d is already in use by this node", port))
		}
	}
	udp, err := n.server.ListenPacket(network, netip.AddrPortFrom(ip, port).String())
	if err != nil {
		return nil, err
	}
	local, _ := netip.ParseAddrPort(udp.LocalAddr().String())
	return sockets.add(func(id int64) *packetSocket {
		return &packetSocket{
			id: id, node: n, lb: lb, udp: udp, pair: pair,
			local: netip.AddrPortFrom(ip, local.Port()), known: map[netip.Addr]knownPeer{},
		}
	}), nil
}

// fromPeers passes on what peers send. While the host does not read, gVisor drops what exceeds its buffer.
func (s *packetSocket) fromPeers() {
	defer s.close()
	b := make([]byte, maxDatagram)
	for {
		n, from, err := s.udp.ReadFrom(b)
		if err != nil {
			return
		}
		peer, err := netip.ParseAddrPort(from.String())
		if err != nil {
			continue
		}
		peer = netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port())
		frames := s.introduce(nil, peer)
		frames = appendFrame(frames, frameDatagram, peer.Addr(), binary.BigEndian.AppendUint16(nil, peer.Port()), b[:n])
		if _, err := s.pair.Write(frames); err != nil {
			return
		}
	}
}

// introduce adds the identity of a peer, unless the host already has the current one.
func (s *packetSocket) introduce(frames []byte, peer netip.AddrPort) []byte {
	ip := peer.Addr()
	if p, ok := s.known[ip]; ok && time.Since(p.at) < identityInterval {
		return frames
	}
	if len(s.known) >= maxKnown {
		clear(s.known)
		frames = appendFrame(frames, frameForget, ip)
	}
	text := identify(s.lb, netip.AddrPortFrom(ip, 0), s.local).text()
	if p, ok := s.known[ip]; !ok || !bytes.Equal(p.identity, text) {
		frames = appendFrame(frames, frameIdentity, ip, text)
	}
	s.known[ip] = knownPeer{text, time.Now()}
	return frames
}

func appendFrame(frames []byte, kind byte, ip netip.Addr, parts ...[]byte) []byte {
	body := append([]byte{kind, byte(ip.BitLen() / 8)}, ip.AsSlice()...)
	for _, part := range parts {
		body = append(body, part...)
	}
	frames = binary.BigEndian.AppendUint32(frames, uint32(len(body)))
	return append(frames, body...)
}

// toPeers sends what the host writes until it closes its end.
func (s *packetSocket) toPeers() {
	head := make([]byte, 4)
	body := make([]byte, 1+16+2+maxDatagram)
	for {
		if _, err := io.ReadFull(s.pair, head); err != nil {
			return
		}
		n := binary.BigEndian.Uint32(head)
		if n < 1+4+2 || int(n) > len(body) {
			return
		}
		frame := body[:n]
		if _, err := io.ReadFull(s.pair, frame); err != nil {
			return
		}
		size := int(frame[0])
		if len(frame) < 1+size+2 {
			return
		}
		ip, ok := netip.AddrFromSlice(frame[1 : 1+size])
		if !ok {
			return
		}
		port := binary.BigEndian.Uint16(frame[1+size:])
		// After an error the datagram is lost, which UDP allows.
		s.udp.WriteTo(frame[1+size+2:], net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, port)))
	}
}

func (s *packetSocket) close() {
	sockets.remove(s.id)
	s.udp.Close()
	s.pair.Close()
}
