package inside

import (
	"net"

	"tailscale.com/net/netmon"
)

// PretendNetwork lets nodes come up on a host whose only interface is loopback,
// where they would wait for a network for ever: they are shown a made-up one
// beside it. Its address (RFC 5737) reaches nobody; the nodes meet on loopback.
func PretendNetwork() {
	netmon.RegisterInterfaceGetter(func() ([]netmon.Interface, error) {
		real, err := net.Interfaces()
		if err != nil {
			return nil, err
		}
		list := make([]netmon.Interface, 0, len(real)+1)
		connected := false
		for _, i := range real {
			list = append(list, netmon.Interface{Interface: &i})
			connected = connected || i.Flags&net.FlagUp != 0 && i.Flags&net.FlagLoopback == 0
		}
		if !connected {
			list = append(list, pretended)
		}
		return list, nil
	})
}

var pretended = netmon.Interface{
	Interface: &net.Interface{Index: 1 << 20, MTU: 1500, Name: "sandbox0", Flags: net.FlagUp | net.FlagRunning},
	AltAddrs:  []net.Addr{&net.IPNet{IP: net.IPv4(192, 0, 2, 1).To4(), Mask: net.CIDRMask(24, 32)}},
}
