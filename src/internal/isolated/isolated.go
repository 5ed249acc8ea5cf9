// Package isolated lets nodes run on a machine without a network.
package isolated

import (
	"net"

	"tailscale.com/net/netmon"
)

// PretendNetwork lets nodes come up on a machine whose only interface is loopback. Without it they would wait for a
// network.
func PretendNetwork() {
	netmon.RegisterInterfaceGetter(func() ([]netmon.Interface, error) {
		found, err := net.Interfaces()
		if err != nil {
			return nil, err
		}
		list := make([]netmon.Interface, len(found))
		for i := range found {
			list[i].Interface = &found[i]
		}
		return connected(list), nil
	})
}

// connected adds a made-up interface if no other one has a usable address. Its own address (RFC 5737) leads nowhere; the
// nodes meet on loopback.
func connected(list []netmon.Interface) []netmon.Interface {
	for _, i := range list {
		addrs, err := i.Addrs()
		if err != nil || !i.IsUp() {
			continue
		}
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
				return list
			}
		}
	}
	return append(list, pretended)
}

var pretended = netmon.Interface{
	Interface: &net.Interface{Index: 1 << 20, MTU: 1500, Name: "isolated0", Flags: net.FlagUp | net.FlagRunning},
	AltAddrs:  []net.Addr{&net.IPNet{IP: net.IPv4(192, 0, 2, 1).To4(), Mask: net.CIDRMask(24, 32)}},
}
