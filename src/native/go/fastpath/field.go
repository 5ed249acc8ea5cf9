package fastpath

import "strings"

// kind is what happens to a header of a caller, decided by its name alone; see src/identity/field.ts.
type kind uint8

const (
	keep       kind = iota
	drop            // it belongs to the connection, frames the message, or is the proxy's own
	claim           // it speaks for a proxy, and passes only if the user says so
	connection      // dropped along with every header that it names
)

// fieldTable sorts header names into kinds.
type fieldTable struct {
	names    map[string]kind    // folded
	prefixes [256][]reservation // by their first byte
	passed   map[string]struct{}
}

// reservation is a folded prefix of header names.
type reservation struct {
	prefix string
	kind   kind
}

func newFieldTable(ours, claims Names, passed []string) *fieldTable {
	t := &fieldTable{names: map[string]kind{"connection": connection}, passed: map[string]struct{}{}}
	t.reserve(claims, claim)
	t.reserve(ours, drop)
	for _, name := range passed {
		t.passed[strings.ToLower(name)] = struct{}{}
	}
	return t
}

// reserve adds names. A prefix is looked up in the order in which it was added.
func (t *fieldTable) reserve(list Names, k kind) {
	for _, name := range list.Names {
		t.names[name] = k
	}
	for _, prefix := range list.Prefixes {
		if prefix != "" {
			at := &t.prefixes[prefix[0]]
			*at = append([]reservation{{prefix, k}}, *at...)
		}
	}
}

// kind returns what happens to a header: keep, drop or connection. A name of --pass-header passes in its own spelling only.
func (t *fieldTable) kind(name []byte) kind {
	var space [64]byte
	folded := fold(space[:0], name)
	k := t.names[string(folded)]
	if k == keep && len(folded) > 0 {
		for _, r := range t.prefixes[folded[0]] {
			if len(folded) >= len(r.prefix) && string(folded[:len(r.prefix)]) == r.prefix {
				k = r.kind
				break
			}
		}
	}
	if k == claim {
		if _, ok := t.passed[strings.ToLower(string(name))]; ok {
			return keep
		}
		return drop
	}
	return k
}

// fold appends a name as names are compared: in lower case, with a dash for everything that is no letter and no digit.
// WSGI, CGI, PHP and Rack hand Tailscale_User_Login to the app under the same key as Tailscale-User-Login.
func fold(dst, name []byte) []byte {
	for _, b := range name {
		switch {
		case b >= 'A' && b <= 'Z':
			b += 'a' - 'A'
		case b >= 'a' && b <= 'z' || b >= '0' && b <= '9':
		default:
			b = '-'
		}
		dst = append(dst, b)
	}
	return dst
}

// is returns whether a name is the given one, which is in lower case.
func is(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i, b := range name {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != lower[i] {
			return false
		}
	}
	return true
}

// Bytes of RFC 9110 §5.6.2 tokens, of field values, and of one protocol to upgrade to, such as SPDY/3.1: a list of several
// may offer one that we refuse.
var (
	isToken   [256]bool
	isValue   [256]bool
	isUpgrade [256]bool
)

func init() {
	for b := 0x21; b < 0x7f; b++ {
		isToken[b] = !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, rune(b))
	}
	for b := 0x20; b < 0x100; b++ {
		isValue[b] = b != 0x7f
	}
	isValue['\t'] = true
	isUpgrade = isToken
	isUpgrade['/'] = true
}

func all(text []byte, table *[256]bool) bool {
	for _, b := range text {
		if !table[b] {
			return false
		}
	}
	return true
}

// trim removes the optional whitespace around a field value.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// eachToken calls f for each element of a comma-separated list.
func eachToken(list []byte, f func(token []byte)) {
	for len(list) > 0 {
		i := 0
		for i < len(list) && list[i] != ',' {
			i++
		}
		if token := trim(list[:i]); len(token) > 0 {
			f(token)
		}
		list = list[min(i+1, len(list)):]
	}
}
