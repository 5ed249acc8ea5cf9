package proxyheader

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
)

func end(ip string, port uint16) Endpoint { return Endpoint{netip.MustParseAddr(ip), port} }

func TestVersion1IsALineOfText(t *testing.T) {
	for _, test := range []struct {
		remote, local Endpoint
		want          string
	}{
		{end("100.64.0.2", 40001), end("100.64.0.1", 5432), "PROXY TCP4 100.64.0.2 100.64.0.1 40001 5432\r\n"},
		{end("::ffff:100.64.0.2", 1), end("100.64.0.1", 2), "PROXY TCP4 100.64.0.2 100.64.0.1 1 2\r\n"},
		{end("fd7a::2", 1), end("fd7a::1", 65535), "PROXY TCP6 fd7a::2 fd7a::1 1 65535\r\n"},
		{end("fd7a::2", 1), end("100.64.0.1", 2), "PROXY UNKNOWN\r\n"},
		{Endpoint{}, end("100.64.0.1", 2), "PROXY UNKNOWN\r\n"},
	} {
		got, err := Header{Version: 1, Remote: test.remote, Local: test.local}.Format()
		if err != nil || string(got) != test.want {
			t.Errorf("%v to %v: got %q, %v, want %q", test.remote, test.local, got, err, test.want)
		}
	}
}

func TestVersion2CarriesValues(t *testing.T) {
	long := strings.Repeat("x", maxValue+1)
	values := []TLV{{0xe0, "alice"}, {0xe1, ""}, {0xe2, long}, {0xe3, "é"}}
	signature := "0d0a0d0a000d0a515549540a"
	for _, test := range []struct {
		name          string
		remote, local Endpoint
		want          string
	}{
		{"IPv4", end("100.64.0.2", 1), end("100.64.0.1", 2), "2111" + "0019" + "64400002" + "64400001" + "0001" + "0002"},
		{"unknown addresses", Endpoint{}, Endpoint{}, "2100" + "000d"},
	} {
		got, err := Header{Version: 2, Remote: test.remote, Local: test.local, TLVs: values}.Format()
		want := signature + test.want + "e00005" + hex.EncodeToString([]byte("alice")) + "e30002" + "c3a9"
		if err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%s: got %x, %v, want %s", test.name, got, err, want)
		}
	}
}

func TestOtherVersionsAreRefused(t *testing.T) {
	if got, err := (Header{Version: 3}).Format(); err == nil {
		t.Errorf("got %q", got)
	}
}
