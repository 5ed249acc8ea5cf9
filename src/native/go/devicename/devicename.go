// Package devicename says what devices are called on the tailnet of a node.
package devicename

import "strings"

// Of returns what a device is called on the tailnet of the node self: its short name if it has the same MagicDNS
// suffix, and its full name if it was shared in from another tailnet, where someone else chooses the names.
func Of(fqdn, self string) string {
	_, suffix, ok := strings.Cut(strings.TrimSuffix(self, "."), ".")
	if !ok {
		return fqdn
	}
	if short, ours := strings.CutSuffix(fqdn, "."+suffix); ours && short != "" && !strings.Contains(short, ".") {
		return short
	}
	return fqdn
}

// Lower lowers ASCII letters only, as DNS does. Unicode would take U+212A, the Kelvin sign, for a k.
func Lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
