package control

import (
	"maps"
	"slices"

	"tailscale.com/tailcfg"
)

// netmap returns the tailnet as one node may see it.
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
		// A machine that waits for approval does not see others, and they do not see it.
		if n != self && n.approved && self.approved && n.reachable() {
			peer := s.tailcfgNode(n)
			peer.AllowedIPs = append(peer.AllowedIPs, s.routes(self, n)...)
			res.Peers = append(res.Peers, peer)
		}
	}
	return res
}

// reachable returns whether a node has announced where it can be reached. A peer that hears of it earlier accepts its
// first packet but cannot answer, so that the node waits five seconds for WireGuard's next attempt.
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
		seen := n.lastSeen // a copy, because the map is written after the lock is released
		view.LastSeen = &seen
	}
	return view
}

// capMap returns what a node itself may do. Funnel requires HTTPS, as on a real tailnet.
func (s *Server) capMap(n *node) tailcfg.NodeCapMap {
	caps := tailcfg.NodeCapMap{
		// Nothing may leave this machine.
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
