package devicename

import "testing"

func TestOf(t *testing.T) {
	for _, tt := range []struct{ fqdn, self, want string }{
		{"alice-laptop.tail1234.ts.net", "myapp.tail1234.ts.net", "alice-laptop"},
		{"alice-laptop.tail1234.ts.net", "myapp.tail1234.ts.net.", "alice-laptop"},
		{"alice-laptop.tail-other.ts.net", "myapp.tail1234.ts.net", "alice-laptop.tail-other.ts.net"},
		{"alice-laptop.xtail1234.ts.net", "myapp.tail1234.ts.net", "alice-laptop.xtail1234.ts.net"},
		{"alice-laptop.evil.tail1234.ts.net", "myapp.tail1234.ts.net", "alice-laptop.evil.tail1234.ts.net"},
		{"alice-laptop.other.example", "myapp", "alice-laptop.other.example"},
		{"alice-laptop.myapp", "myapp", "alice-laptop.myapp"},
		{"alice-laptop", "myapp", "alice-laptop"},
		{"", "myapp.tail1234.ts.net", ""},
	} {
		if got := Of(tt.fqdn, tt.self); got != tt.want {
			t.Errorf("Of(%q, %q) = %q, want %q", tt.fqdn, tt.self, got, tt.want)
		}
	}
}

func TestLower(t *testing.T) {
	if got := Lower("Al\u212aé-É"); got != "al\u212aé-É" {
		t.Errorf("got %q", got)
	}
}
