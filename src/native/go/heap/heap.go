// Package heap gives Go's heap a soft limit that follows what the process has open.
//
// wireguard-go holds every packet that waits in a buffer of 64 KiB, and keeps the buffers in pools that two garbage
// collections empty. While packets arrive faster than they are decrypted, a heap that doubles between collections fills
// with them: a caller that sends as fast as it can, over eight connections, took a gigabyte. A limit makes collections
// frequent while that lasts, and costs nothing otherwise.
package heap

import (
	"math"
	"runtime/debug"
	"sync"
)

const (
	// base is for what the process has once. With 96 MiB, an upload had half the speed: collections took the time.
	base = 256 << 20
	// perNode is for the buffers in which a node receives, and packets that wait.
	perNode = 64 << 20
	// perConnection is for what a connection has received or not yet sent.
	perConnection = 1 << 20
	// step is how many connections the limit takes at a time, because a change stops all goroutines for a moment.
	step = 64
)

// Limit sets the limit. The zero value is ready for use.
type Limit struct {
	mu                 sync.Mutex
	nodes, connections int
	steps              int
	chosen             bool // the user has set GOMEMLIMIT
	limit              int64
}

// Node counts a node that has started (1) or has closed (-1).
func (l *Limit) Node(delta int) { l.count(delta, 0) }

// Connection counts a connection that has opened (1) or has closed (-1).
func (l *Limit) Connection(delta int) { l.count(0, delta) }

func (l *Limit) count(nodes, connections int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nodes += nodes
	l.connections += connections
	if l.limit == 0 {
		l.limit = debug.SetMemoryLimit(-1)
		l.chosen = l.limit != math.MaxInt64
	}
	// A step is given back a step later, so that one connection that comes and goes changes nothing.
	if full := l.connections / step; full > l.steps || full < l.steps-1 {
		l.steps = full
	}
	if limit := limitFor(l.nodes, l.steps*step); limit != l.limit && !l.chosen {
		l.limit = limit
		debug.SetMemoryLimit(limit)
	}
}

func limitFor(nodes, connections int) int64 {
	return base + int64(nodes)*perNode + int64(connections)*perConnection
}
