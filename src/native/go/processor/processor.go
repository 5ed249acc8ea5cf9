// Package processor leaves room for the program that the network works for.
package processor

import (
	"os"
	"runtime"
)

// LeaveOne leaves one processor to JavaScript's one thread, through which every byte of a connection passes as well.
// With all of them, Go's idle threads spin for work on the processor that this thread needs: on two processors that
// costs a third of the requests where Go is in the same process, and the sandbox, in one of its own, a third more time
// for every packet. GOMAXPROCS in the environment is obeyed, as in every Go program.
func LeaveOne() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)-1))
	}
}
