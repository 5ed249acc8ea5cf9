//go:build !race

package fastpath

import (
	"runtime"
	"strings"
	"testing"
)

// What a connection that waits takes: its goroutine's stack, a buffer, and what describes it. The sockets of loopback
// TCP, which the tailnet's are not, and the test's own ends are part of the figure.
func TestMemoryOfIdleConnections(t *testing.T) {
	const count = 2000
	tg := startTarget(t, func(_ *target, c *peer) {
		for c.head() != "" {
			c.send(ok)
		}
	})
	rig := newRig(t, rules("tcp", tg.address))
	callers := make([]*peer, 0, count)
	measure := func() (stacks, heap uint64) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.StackInuse, m.HeapAlloc
	}
	rig.ask(get("/"))
	stacks, heap := measure()
	request := lines("GET / HTTP/1.1", "Host: myapp", "Cookie: "+strings.Repeat("a", 8000))
	for range count {
		c := rig.dial()
		c.send(request)
		c.response("GET")
		c.r = nil // its buffer is the test's
		callers = append(callers, c)
	}
	stacksAfter, heapAfter := measure()
	stacks, heap = (stacksAfter-stacks)/count, (heapAfter-heap)/count
	each := stacks + heap
	t.Logf("%d bytes for each of %d connections, %d of them stack", each, count, stacks)
	if each > 16<<10 {
		t.Errorf("%d bytes for each of %d connections, want at most 16 KiB", each, count)
	}
	for _, c := range callers {
		c.Close()
	}
}
