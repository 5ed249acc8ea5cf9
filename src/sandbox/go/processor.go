package main

import (
	"os"
	"runtime"
)

// One processor is left to the program that the sandbox was started for. With all of them, idle threads of Go here spin
// for work on the processor that it needs: on two processors that costs the sandbox itself a third more time for every
// packet. GOMAXPROCS in the environment is obeyed, as in every Go program.
func init() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)-1))
	}
}
