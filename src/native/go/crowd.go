package main

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"tsexpose/src/native/go/capacity"
	"tsexpose/src/native/go/heap"
)

var (
	// shared is what the callers of all nodes in this process share, because descriptors belong to the process.
	shared = sync.OnceValue(func() *capacity.Capacity { return capacity.For(fileLimit(), filesInUse()) })
	// heapLimit is for the memory that all of them share.
	heapLimit heap.Limit
	// warned is whether the host knows that the limit is low.
	warned atomic.Bool
)

// enough is how many connections a process should be able to have.
const enough = 32

// warnOfFewFiles tells the host, once, if the process may open so few files that it cannot serve many callers.
func (n *node) warnOfFewFiles() {
	if shared().Total >= enough || !warned.CompareAndSwap(false, true) {
		return
	}
	n.report(map[string]any{"type": "crowded", "few": true, "message": fmt.Sprintf("This process can open only %d files (ulimit -n), "+
		"which is enough for %d connections at a time, %d of them from one caller. Further ones are refused.",
		fileLimit(), shared().Total, shared().Each)})
}

// filesInUse returns how many descriptors are open, or what an idle node has open if that cannot be told.
func filesInUse() uint64 {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return 40
	}
	return uint64(len(entries))
}

func fileLimit() uint64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return uint64(limit.Cur)
}

// lend reserves a connection for a caller before it costs anything. Without one, it tells the host once and returns nil.
func (n *node) lend(who identity) (giveBack func()) {
	caller := callerKey(who)
	ok, first := shared().Take(caller)
	if ok {
		return func() { shared().Give(caller) }
	}
	if first {
		n.report(map[string]any{"type": "crowded", "message": crowdedText(who)})
	}
	return nil
}

// callerKey identifies a caller: a device by its node, anyone else by its network.
func callerKey(who identity) string {
	if who.Node != nil {
		return who.Node.ID
	}
	if who.IP.Is6() {
		if network, err := who.IP.Prefix(64); err == nil {
			return network.String()
		}
	}
	return who.IP.String()
}

func crowdedText(who identity) string {
	return fmt.Sprintf("%s has as many connections open as one caller may have, so further ones are refused. This process "+
		"can open %d files, which is enough for %d connections, %d of them from one caller.",
		callerName(who), fileLimit(), shared().Total, shared().Each)
}

func callerName(who identity) string {
	switch {
	case who.Login != "":
		return fmt.Sprintf("%s (%s)", who.Login, who.IP)
	case who.Node != nil:
		return fmt.Sprintf("%s (%s)", who.Node.Name, who.IP)
	}
	return who.IP.String()
}

// crowdHealth returns what the status says while callers would be refused.
func crowdHealth() []string {
	callers := shared().Crowd()
	if callers == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Too many open connections: further ones from %d of the callers are refused. This process can open "+
		"%d files, which is enough for %d connections.", callers, fileLimit(), shared().Total)}
}
