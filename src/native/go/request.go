package main

import (
	"context"
	"encoding/json"
	"sync"
)

// request is a call from the host that has an outcome. It gets exactly one.
type request struct {
	ctx    context.Context // ends when the host cancels
	cancel context.CancelCauseFunc
	key    requestKey
	once   sync.Once
}

type requestKey struct{ sink, id int64 }

var requests struct {
	sync.Mutex
	m map[requestKey]*request
}

func newRequest(sink, id int64) *request {
	r := &request{key: requestKey{sink, id}}
	r.ctx, r.cancel = context.WithCancelCause(context.Background())
	requests.Lock()
	defer requests.Unlock()
	if requests.m == nil {
		requests.m = map[requestKey]*request{}
	}
	requests.m[r.key] = r
	return r
}

// startRequest runs work for a node on a goroutine of its own, so that the host's thread never waits. It returns false
// if there is no such node.
func startRequest(nodeID, id int64, work func(*node, *request)) bool {
	n, ok := nodes.get(nodeID)
	if !ok {
		return false
	}
	r := newRequest(n.sink, id)
	go func() {
		if err := guard(func() { work(n, r) }); err != nil {
			r.reject(err)
		}
	}()
	return true
}

func cancelRequest(sink, id int64) {
	requests.Lock()
	r := requests.m[requestKey{sink, id}]
	requests.Unlock()
	if r != nil {
		r.cancel(errAborted)
	}
}

func requestCount() int {
	requests.Lock()
	defer requests.Unlock()
	return len(requests.m)
}

func (r *request) resolve(value any) { r.finish(map[string]any{"value": value}) }

func (r *request) reject(err error) {
	if cause := context.Cause(r.ctx); cause != nil {
		err = cause
	}
	r.finish(map[string]any{"error": describe(err)})
}

func (r *request) finish(outcome map[string]any) {
	r.once.Do(func() {
		requests.Lock()
		delete(requests.m, r.key)
		requests.Unlock()
		text, err := json.Marshal(outcome)
		if err != nil {
			text, _ = json.Marshal(map[string]any{"error": describe(err)})
		}
		emit(r.key.sink, event{kind: eventResult, fd: -1, id: r.key.id, json: text})
		r.cancel(nil)
	})
}
