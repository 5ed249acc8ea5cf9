// Package processor leaves room for the program that the network serves.
package processor

import (
	"os"
	"runtime"
)

// LeaveOne leaves one processor to the JavaScript thread, which handles every byte of a connection too. Otherwise Go's
// idle threads spin on the processor that this thread needs: on two processors, that costs a third of the requests when
// Go runs in the same process, and a third more time per packet for the sandbox in a process of its own. An explicit
// GOMAXPROCS in the environment takes precedence, as in every Go program.
func LeaveOne() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)-1))
	}
}
