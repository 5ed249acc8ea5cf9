package main

import (
	"fmt"
	"runtime"
	"strings"
)

// exitOrder is what Tailscale's client logs right before it obeys a Debug.Exit of the control server with os.Exit.
const exitOrder = "exiting process with status %v per controlplane"

// logf is the node's log.
func (n *node) logf(format string, args ...any) {
	if n.config.Verbose {
		n.report(map[string]any{"type": "log", "line": fmt.Sprintf(format, args...)})
	}
	// The process is the host's, and not for a control server to end. The client offers no hook but this line, and then
	// calls os.Exit on the same goroutine, which polls for network maps and holds no locks. Ending the goroutine runs its
	// deferred calls, as the end of a poll does; the host then closes the node.
	if strings.HasSuffix(format, exitOrder) {
		n.dismiss(fmt.Sprintf("the control server told the node to exit, with status %v", args...))
		runtime.Goexit()
	}
}

// dismiss tells the host to close the node, and why.
func (n *node) dismiss(reason string) {
	err := codedText("ERR_TSEXPOSE_CONTROL", reason)
	n.mu.Lock()
	first := n.dismissed == nil
	if first {
		n.dismissed = err
	}
	n.mu.Unlock()
	if first {
		n.report(map[string]any{"type": "dismissed", "message": reason})
	}
}

// closedErrorLocked returns the error of a call to a node that is closing. mu must be held.
func (n *node) closedErrorLocked() error {
	if n.dismissed != nil {
		return n.dismissed
	}
	return errClosed
}

func (n *node) closedError() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.closedErrorLocked()
}
