package main

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"tsexpose/src/native/go/capacity"
)

// shared is what the callers of all nodes in this process share, because descriptors belong to the process.
var shared = sync.OnceValue(func() *capacity.Capacity { return capacity.For(openFiles()) })

func openFiles() uint64 {
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
		callerName(who), openFiles(), shared().Total, shared().Each)
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
		"%d files, which is enough for %d connections.", callers, openFiles(), shared().Total)}
}
