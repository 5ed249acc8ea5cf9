package main

import (
	"os"
	"runtime"
)

// One processor is JavaScript's: every byte of a connection passes through its one thread as well. With all of them,
// Go's idle threads spin for work on the processor that this thread needs; on two processors that costs a third of the
// requests. GOMAXPROCS in the environment is obeyed, as in every Go program.
func init() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)-1))
	}
}
