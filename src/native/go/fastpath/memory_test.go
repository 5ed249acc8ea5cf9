//go:build !race

package fastpath

import (
	"bufio"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// each returns how many bytes each of some connections takes, and how many of them are stack: its goroutine, a buffer, and
// what describes it. The sockets of loopback TCP, which the tailnet's are not, and the test's own ends are part of that.
func each(t *testing.T, count int, request string) (bytes, stack uint64) {
	var requests sync.WaitGroup
	requests.Add(count)
	tg := startTarget(t, func(_ *target, c *peer) {
		for head := c.head(); head != ""; head = c.head() {
			if !strings.HasPrefix(head, "GET /first") {
				requests.Done()
				requests.Wait()
			}
			c.send(ok)
			if len(head) > 4096 {
				c.r = bufio.NewReader(c.TCPConn)
			}
		}
	})
	rig := newRig(t, rules("tcp", tg.address))
	measure := func() (heap, stack uint64) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, m.StackInuse
	}
	rig.ask(get("/first"))
	heap, stack := measure()
	callers := make([]*peer, count)
	for i := range callers {
		callers[i] = rig.dial()
		callers[i].send(request)
	}
	for _, c := range callers {
		c.response("GET")
		c.r = nil // its buffer is the test's
	}
	eventually(t, "all to wait", func() bool {
		rig.Lane.mu.Lock()
		defer rig.Lane.mu.Unlock()
		return !slices.ContainsFunc(rig.all(), (*Conn).isBusy)
	})
	rig.pools.close()
	heapAfter, stackAfter := measure()
	stack = (stackAfter - stack) / uint64(count)
	bytes = (heapAfter-heap)/uint64(count) + stack
	t.Logf("%d bytes for each of %d connections, %d of them stack", bytes, count, stack)
	for _, c := range callers {
		c.Close()
	}
	return bytes, stack
}

func TestMemoryOfIdleConnections(t *testing.T) {
	if bytes, _ := each(t, 1000, get("/")); bytes > 16<<10 {
		t.Errorf("%d bytes, want at most 16 KiB", bytes)
	}
	large := lines("GET / HTTP/1.1", "Host: myapp", "Cookie: "+strings.Repeat("a", 60_000)+strings.Repeat("\r\nA: b", 1000))
	if bytes, _ := each(t, 300, large); bytes > 16<<10 {
		t.Errorf("%d bytes after large heads, want at most 16 KiB", bytes)
	}
}
