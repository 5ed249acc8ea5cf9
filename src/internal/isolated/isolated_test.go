package isolated

import (
	"net"
	"testing"

	"tailscale.com/net/netmon"
)

func named(name string, flags net.Flags, ip string) netmon.Interface {
	return netmon.Interface{
		Interface: &net.Interface{Name: name, Flags: flags},
		AltAddrs:  []net.Addr{&net.IPNet{IP: net.ParseIP(ip), Mask: net.CIDRMask(64, 128)}},
	}
}

func TestANetworkIsMadeUpOnlyWhereThereIsNone(t *testing.T) {
	lo := named("lo", net.FlagUp|net.FlagLoopback, "127.0.0.1")
	for _, test := range []struct {
		name  string
		other netmon.Interface
		want  int
	}{
		{"only loopback", lo, 3},
		{"a network", named("eth0", net.FlagUp, "10.0.0.2"), 2},
		{"a network that is down", named("eth0", 0, "10.0.0.2"), 3},
		{"an interface without an address of its own", named("eth0", net.FlagUp, "fe80::1"), 3},
	} {
		if got := connected([]netmon.Interface{lo, test.other}); len(got) != test.want {
			t.Errorf("%s: %d interfaces, want %d", test.name, len(got), test.want)
		}
	}
}
