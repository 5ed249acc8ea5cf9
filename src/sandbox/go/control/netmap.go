package control

import (
	"maps"
	"slices"

	"tailscale.com/tailcfg"
)

// netmap is the whole tailnet as one node may see it.
func (s *Server) netmap(self *node) *tailcfg.MapResponse {
	res := &tailcfg.MapResponse{
		Node:            s.tailcfgNode(self),
		DERPMap:         s.opts.DERPMap,
		Domain:          s.opts.Tailnet,
		CollectServices: "false",
		DNSConfig:       s.dnsConfig(self),
		PacketFilters:   map[string][]tailcfg.FilterRule{"base": s.filter(self)},
		UserProfiles:    s.profiles(),
	}
	res.Node.CapMap = s.capMap(self)
	res.Node.Capabilities = slices.Sorted(maps.Keys(res.Node.CapMap))
	for _, n := range s.sorted() {
		// A machine that waits for approval neither sees others nor is seen.
		if n != self && n.approved && self.approved && n.reachable() {
			peer := s.tailcfgNode(n)
			peer.AllowedIPs = append(peer.AllowedIPs, s.routes(self, n)...)
			res.Peers = append(res.Peers, peer)
		}
	}
	return res
}

// reachable reports whether a node has said where it can be found. A peer that
// is told of it earlier takes its first packet, has nowhere to send the answer,
// and leaves it waiting for WireGuard's next try, five seconds later.
func (n *node) reachable() bool { return !n.disco.IsZero() && n.homeDERP != 0 }

func (s *Server) tailcfgNode(n *node) *tailcfg.Node {
	online := n.stream != nil
	view := &tailcfg.Node{
		ID:                n.id,
		StableID:          n.stableID(),
		Name:              s.fqdn(n) + ".",
		User:              n.userID(),
		Key:               n.key,
		KeyExpiry:         n.expiry,
		Machine:           n.machine,
		DiscoKey:          n.disco,
		Addresses:         n.addrs(),
		AllowedIPs:        n.addrs(),
		Endpoints:         n.endpoints,
		HomeDERP:          n.homeDERP,
		Hostinfo:          n.hostinfo.View(),
		Created:           n.created,
		Cap:               n.version,
		Tags:              n.tags,
		Online:            &online,
		MachineAuthorized: n.approved,
		Expired:           n.expired(),
	}
	if !online {
		seen := n.lastSeen // a copy: the map is written out after the lock is gone
		view.LastSeen = &seen
	}
	return view
}

// capMap is what a node itself may do. Funnel needs HTTPS, as in a real tailnet.
func (s *Server) capMap(n *node) tailcfg.NodeCapMap {
	caps := tailcfg.NodeCapMap{
		// Nothing may leave this computer.
		tailcfg.NodeAttrDisableUPnP:                   nil,
		tailcfg.NodeAttrDisableCaptivePortalDetection: nil,
	}
	if s.settings.HTTPS && s.settings.MagicDNS {
		caps[tailcfg.CapabilityHTTPS] = nil
		if s.settings.Funnel {
			caps[tailcfg.NodeAttrFunnel] = nil
			caps[tailcfg.CapabilityFunnelPorts+"?ports=443,8443,10000"] = nil
		}
	}
	s.tellServices(n, caps)
	maps.Copy(caps, n.attrs)
	return caps
}
