package main

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// lastHandle is the newest handle. Handles only increase, so the number of a closed one is never reused.
var lastHandle atomic.Int64

// table maps handles to objects.
type table[T any] struct {
	mu sync.Mutex
	m  map[int64]T
}

func (t *table[T]) add(make func(id int64) T) T {
	id := lastHandle.Add(1)
	v := make(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.m == nil {
		t.m = map[int64]T{}
	}
	t.m[id] = v
	return v
}

// put maps a handle of something else.
func (t *table[T]) put(id int64, v T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.m == nil {
		t.m = map[int64]T{}
	}
	t.m[id] = v
}

func (t *table[T]) get(id int64) (T, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.m[id]
	return v, ok
}

func (t *table[T]) remove(id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.m, id)
}

func (t *table[T]) all() []T {
	t.mu.Lock()
	defer t.mu.Unlock()
	vs := make([]T, 0, len(t.m))
	for _, v := range t.m {
		vs = append(vs, v)
	}
	return vs
}

func (t *table[T]) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.m)
}

var (
	nodes       table[*node]
	listeners   table[*listener]
	connections table[*connection]
	sockets     table[*packetSocket]
	lanes       table[*lane] // by their listeners
)

// counts returns how many handles are open; tests check that they return to zero.
func counts() map[string]int {
	return map[string]int{
		"nodes": nodes.len(), "listeners": listeners.len() + sockets.len(), "connections": connections.len(),
		"requests": requestCount(), "goroutines": runtime.NumGoroutine(),
	}
}
