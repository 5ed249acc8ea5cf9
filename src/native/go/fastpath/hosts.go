package fastpath

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
)

// Hosts are the hosts that requests may be for.
type Hosts struct {
	Any       bool     `json:"any"`
	Names     []string `json:"names"` // in lower case, without a final dot
	Addresses []string `json:"addresses"`

	names     map[string]struct{}
	addresses []netip.Addr
}

func (h *Hosts) compile() {
	h.names = setOf(h.Names)
	for _, text := range h.Addresses {
		if a, err := netip.ParseAddr(text); err == nil {
			h.addresses = append(h.addresses, a.Unmap())
		}
	}
}

// serves returns whether a request for a host is served. What is not a valid host is not.
func (h *Hosts) serves(host []byte) bool {
	name, ok := hostName(host)
	return ok && (h.Any || h.has(name))
}

// isOurs returns whether a host, with or without a port, is ours, or an address, which no name can be rebound to.
func (h *Hosts) isOurs(host []byte) bool {
	name, ok := hostName(host)
	if !ok {
		return false
	}
	_, err := netip.ParseAddr(name)
	return err == nil || h.has(name)
}

func (h *Hosts) has(name string) bool {
	if a, err := netip.ParseAddr(name); err == nil {
		return a.Zone() == "" && (a.Unmap().IsLoopback() || slices.Contains(h.addresses, a.Unmap()))
	}
	_, ok := h.names[name]
	return ok || name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// hostName returns the name or the address in a Host, in lower case and without a port, brackets or a final dot.
func hostName(host []byte) (string, bool) {
	text, bracketed := host, false
	if len(host) > 0 && host[0] == '[' {
		end := bytes.IndexByte(host, ']')
		if end < 0 {
			return "", false
		}
		text, bracketed = host[1:end], true
		if !isPort(host[end+1:]) {
			return "", false
		}
	} else if i := bytes.IndexByte(host, ':'); i >= 0 {
		text = host[:i]
		if !isPort(host[i:]) {
			return "", false
		}
	}
	if len(text) == 0 {
		return "", false
	}
	for _, b := range text {
		letter := b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
		if bracketed && !(b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'f' || b == ':' || b == '.') ||
			!bracketed && !letter && b != '.' && b != '_' && b != '-' {
			return "", false
		}
	}
	return strings.ToLower(string(bytes.TrimSuffix(text, []byte(".")))), true
}

// isPort returns whether a text is empty, or a colon and up to five digits.
func isPort(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if text[0] != ':' || len(text) > 6 {
		return false
	}
	for _, b := range text[1:] {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}
