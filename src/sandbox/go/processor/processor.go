// Package processor leaves room for the programs that the sandbox serves.
package processor

import (
	"os"
	"runtime"
)

// LeaveOne leaves one processor to the programs under test. Otherwise Go's idle threads spin on the processor that these
// need: on two processors, that costs a third more time per packet. An explicit GOMAXPROCS in the environment takes
// precedence, as in every Go program.
func LeaveOne() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)-1))
	}
}
