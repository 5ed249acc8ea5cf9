package capacity

import "testing"

func take(c *Capacity, caller string, times int) (taken int) {
	for range times {
		if ok, _ := c.Take(caller); ok {
			taken++
		}
	}
	return taken
}

func TestOneCallerLeavesRoomForOthers(t *testing.T) {
	c := For(256, 30)
	if c.Total != 64 || take(c, "mallory", 300) != 32 {
		t.Fatalf("mallory got another share than half of %d", c.Total)
	}
	for _, caller := range []string{"alice", "bob", "carol"} {
		if got := take(c, caller, 4); got != 4 {
			t.Errorf("%s got %d connections, want 4", caller, got)
		}
	}
}

func TestReserve(t *testing.T) {
	c := For(256, 30)
	take(c, "mallory", 300)
	if got := take(c, "marvin", 300); got != 16 {
		t.Errorf("the second got %d connections, want what is left above the reserve", got)
	}
	for _, caller := range []string{"alice", "bob", "carol", "dave"} {
		if got := take(c, caller, 300); got != few {
			t.Errorf("%s got %d connections, want %d of the reserve", caller, got, few)
		}
	}
	if ok, _ := c.Take("eve"); ok {
		t.Error("more than all connections were lent")
	}
}

func TestNews(t *testing.T) {
	c := For(256, 30)
	take(c, "mallory", 32)
	if _, first := c.Take("mallory"); !first || c.Crowd() != 1 {
		t.Error("the first refusal is news")
	}
	if _, first := c.Take("mallory"); first {
		t.Error("the second is not")
	}
	c.Give("mallory")
	if c.Crowd() != 0 || take(c, "mallory", 1) != 1 {
		t.Error("what is given back can be taken again")
	}
	if _, first := c.Take("mallory"); first {
		t.Error("one connection more or less makes no news")
	}
	for range 30 {
		c.Give("mallory")
	}
	take(c, "mallory", 30)
	if _, first := c.Take("mallory"); !first {
		t.Error("a refusal after that is news")
	}
}

func TestFewDescriptors(t *testing.T) {
	if c := For(64, 30); c.Total != 7 {
		t.Errorf("with 64 descriptors, of which 30 are in use, there are %d connections, want 7", c.Total)
	}
	for _, descriptors := range []uint64{0, 1, 16, 64, 1 << 40} {
		if c := For(descriptors, 30); c.Each < few || c.Total < c.Each || c.Total > 1<<20 {
			t.Errorf("with %d descriptors there are %d connections, %d for each", descriptors, c.Total, c.Each)
		}
	}
}
