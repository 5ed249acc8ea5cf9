package main

import (
	"expvar"
	"strconv"
	"time"

	"tailscale.com/wgengine/netstack"
)

// flushWait bounds the wait for connections that are still sending. When gVisor is closed it drops what it has not sent,
// and the peer would wait for an end that never comes.
const flushWait = 200 * time.Millisecond

// flush waits until connections that have just ended have ended for their peers too.
func (n *node) flush() {
	ended := n.lastEnd.Load()
	if n.server == nil || ended == nil || time.Since(*ended) > time.Second {
		return
	}
	impl, ok := n.server.Sys().Netstack.Get().(*netstack.Impl)
	if !ok {
		return
	}
	stats, ok := impl.ExpVar().(interface{ Get(string) expvar.Var })
	if !ok {
		return
	}
	for deadline := time.Now().Add(flushWait); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		connected := stats.Get("gauge_tcp_current_connected")
		if connected == nil {
			return
		}
		if count, err := strconv.Atoi(connected.String()); err != nil || count == 0 {
			return
		}
	}
}
