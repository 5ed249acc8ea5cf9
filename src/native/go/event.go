package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
)

// Kinds of events: the TSX_ constants of abi.h.
const (
	eventResult     = 1
	eventNode       = 2
	eventConnection = 3
	eventUpdate     = 4
)

// event is what the host receives; see tsx_event in abi.h.
type event struct {
	kind int
	fd   int // -1: none
	id   int64
	json []byte
}

// emit passes an event to the host and returns whether it was taken. Set by export.go.
var emit func(sink int64, e event) bool

// send emits an event without a file descriptor.
func send(sink int64, kind int, id int64, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // every value sent here is of our own types
	}
	emit(sink, event{kind: kind, fd: -1, id: id, json: text})
}

// guard runs work of our own and turns a panic into an error, because a defect here must not crash the host's process.
func guard(work func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = coded("ERR_TSEXPOSE_INTERNAL", fmt.Errorf("panic in the tailnet node: %v", p))
			if os.Getenv("TSEXPOSE_DEBUG") != "" {
				err = fmt.Errorf("%w\n%s", err, debug.Stack())
			}
		}
	}()
	work()
	return nil
}
