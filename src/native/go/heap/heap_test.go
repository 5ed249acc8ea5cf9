package heap

import (
	"math"
	"runtime/debug"
	"testing"
)

func limit() int64 { return debug.SetMemoryLimit(-1) }

func TestTheLimitFollowsNodesAndConnections(t *testing.T) {
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	debug.SetMemoryLimit(math.MaxInt64)
	var b Limit
	b.Node(1)
	if got := limit(); got != 320<<20 {
		t.Fatalf("a node has a limit of %d MiB, want 320", got>>20)
	}
	for range 63 {
		b.Connection(1)
	}
	if got := limit(); got != 320<<20 {
		t.Errorf("63 connections have a limit of %d MiB, want 320", got>>20)
	}
	b.Connection(1)
	if got := limit(); got != 384<<20 {
		t.Errorf("64 connections have a limit of %d MiB, want 384", got>>20)
	}
	b.Connection(-1)
	if got := limit(); got != 384<<20 {
		t.Errorf("a connection that comes and goes changes the limit to %d MiB", got>>20)
	}
	for range 63 {
		b.Connection(-1)
	}
	b.Node(1)
	if got := limit(); got > 448<<20 {
		t.Errorf("two nodes have a limit of %d MiB, want at most 448", got>>20)
	}
}

func TestGOMEMLIMITTakesPrecedence(t *testing.T) {
	t.Cleanup(func() { debug.SetMemoryLimit(math.MaxInt64) })
	debug.SetMemoryLimit(1 << 30)
	var b Limit
	b.Node(1)
	b.Connection(1)
	if got := limit(); got != 1<<30 {
		t.Errorf("the limit is %d MiB, want the user's 1024", got>>20)
	}
}
