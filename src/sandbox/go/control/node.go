package control

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"tailscale.com/net/netaddr"
	"tailscale.com/net/tsaddr"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// keyLifetime is how long a person's node key is valid, as on a real tailnet. Tagged nodes do not expire.
const keyLifetime = 180 * 24 * time.Hour

// node is a device. All fields are guarded by Server.mu.
type node struct {
	id        tailcfg.NodeID
	machine   key.MachinePublic
	key       key.NodePublic
	disco     key.DiscoPublic
	owner     *person // nil for a tagged device
	tags      []string
	name      string // first label of the MagicDNS name
	named     bool   // an admin has chosen the name, so the hostname no longer matters
	suffix    string // MagicDNS suffix of the tailnet that it was shared in from; empty for a node of this one
	hostinfo  *tailcfg.Hostinfo
	endpoints []netip.AddrPort
	homeDERP  int
	version   tailcfg.CapabilityVersion
	created   time.Time
	lastSeen  time.Time
	expiry    time.Time // zero: never
	ephemeral bool
	approved  bool
	inside    bool               // one of the sandbox's own nodes
	attrs     tailcfg.NodeCapMap // added by an admin

	offers       map[tailcfg.ServiceName]*tailcfg.VIPService // the Services that it offers to host
	offersDigest string                                      // that of the last inquiry

	stream *stream     // the open long poll, if the node is online
	away   *time.Timer // removes an ephemeral node that does not come back
}

// addrs derives the node's addresses from its ID, which is stable and unique.
func (n *node) addrs() []netip.Prefix {
	v4 := netaddr.IPv4(100, 64+byte(n.id>>16), byte(n.id>>8), byte(n.id))
	v6 := tsaddr.Tailscale4To6(v4)
	return []netip.Prefix{netip.PrefixFrom(v4, 32), netip.PrefixFrom(v6, 128)}
}

func (n *node) stableID() tailcfg.StableNodeID {
	return tailcfg.StableNodeID(fmt.Sprintf("nSANDBOX%04dCNTRL", n.id))
}

func (n *node) expired() bool { return !n.expiry.IsZero() && n.expiry.Before(time.Now()) }

func (n *node) userID() tailcfg.UserID {
	if n.owner == nil {
		return taggedDevices.ID
	}
	return n.owner.userID
}

// own makes the node belong to a person or, without one, a tagged device, and renews its key.
func (n *node) own(owner *person, tags []string) {
	n.owner, n.tags, n.expiry = owner, slices.Clone(tags), time.Time{}
	if owner != nil {
		n.expiry = time.Now().Add(keyLifetime)
	}
}

func (s *Server) newNode(machine key.MachinePublic, hostinfo *tailcfg.Hostinfo) *node {
	s.lastID++
	n := &node{id: s.lastID, machine: machine, created: time.Now(), lastSeen: time.Now(), hostinfo: hostinfo}
	n.name = s.freeName(hostinfo.Hostname, n)
	s.nodes[n.id] = n
	return n
}

func (s *Server) setKey(n *node, nodeKey key.NodePublic) {
	delete(s.byKey, n.key)
	n.key = nodeKey
	s.byKey[nodeKey] = n
}

// forget removes a node from the tailnet. A connected node is told that its key has expired, which is the only way that
// the protocol has.
func (s *Server) forget(n *node) {
	if n.away != nil {
		n.away.Stop()
	}
	delete(s.nodes, n.id)
	delete(s.byKey, n.key)
	if n.stream != nil {
		n.expiry = time.Unix(1, 0)
		n.stream.wake()
	}
	s.changed()
}

// find looks up a node by name, full name, address, stable ID or node key.
func (s *Server) find(what string) (*node, error) {
	bare := strings.ToLower(strings.TrimSuffix(what, "."))
	for _, n := range s.sorted() {
		if n.name == bare || s.fqdn(n) == bare || string(n.stableID()) == what || n.key.String() == what ||
			slices.ContainsFunc(n.addrs(), func(p netip.Prefix) bool { return p.Addr().String() == bare }) {
			return n, nil
		}
	}
	return nil, fmt.Errorf("no node %q", what)
}

func (s *Server) sorted() []*node {
	all := make([]*node, 0, len(s.nodes))
	for _, n := range s.nodes {
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b *node) int { return int(a.id - b.id) })
	return all
}
