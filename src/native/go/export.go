// Package main is the tailnet node as a C archive: tailscale.com/tsnet behind the interface of abi.h.
//
// This file is the entire boundary with C. Everything behind it is plain Go.
package main

/*
#include <stdlib.h>
#include <string.h>
#include "abi.h"
*/
import "C"

import (
	"encoding/json"
	"net"
	"os"
	"time"
	"unsafe"

	"tailscale.com/envknob"

	"tsexpose/src/native/go/proxyheader"
)

func main() {}

func init() {
	emit = func(sink int64, e event) bool {
		// C.CBytes rather than a Go pointer inside a Go struct: cgo forbids the latter.
		text := C.CBytes(e.json)
		defer C.free(text)
		c := C.tsx_event{
			kind: C.int32_t(e.kind), fd: C.int32_t(e.fd), id: C.int64_t(e.id),
			json: (*C.char)(text), json_len: C.size_t(len(e.json)),
		}
		return C.tsx_emit(C.int64_t(sink), &c) == 0
	}
}

//export tsx_setenv
func tsx_setenv(name, value *C.char) {
	n, v := C.GoString(name), C.GoString(value)
	os.Setenv(n, v)
	envknob.Setenv(n, v)
}

//export tsx_forgetenv
func tsx_forgetenv(name *C.char) {
	// This also changes the environment of the C library, which is the host's.
	value := C.getenv(name)
	if value != nil {
		value = C.strdup(value)
		defer C.free(unsafe.Pointer(value))
	}
	// Tailscale has read some of its variables already.
	envknob.Setenv(C.GoString(name), "")
	os.Unsetenv(C.GoString(name))
	if value != nil {
		C.setenv(name, value, 1)
	}
}

//export tsx_node_new
func tsx_node_new(sink C.int64_t, config *C.char) C.int64_t {
	return C.int64_t(newNode(int64(sink), C.GoString(config)))
}

//export tsx_node_up
func tsx_node_up(id, req C.int64_t) C.int32_t {
	return withNode(id, req, (*node).up)
}

//export tsx_node_status
func tsx_node_status(id, req C.int64_t) C.int32_t {
	return withNode(id, req, (*node).status)
}

//export tsx_node_whois
func tsx_node_whois(id, req C.int64_t, address *C.char) C.int32_t {
	a := C.GoString(address)
	return withNode(id, req, func(n *node, r *request) { n.whois(r, a) })
}

//export tsx_node_listen
func tsx_node_listen(id, req C.int64_t, port, backlog C.int32_t, config *C.char) C.int32_t {
	text := C.GoString(config)
	return withNode(id, req, func(n *node, r *request) { n.listen(r, uint16(port), int64(backlog), text) })
}

//export tsx_node_host
func tsx_node_host(id, req C.int64_t, service, config *C.char) C.int32_t {
	s, c := C.GoString(service), C.GoString(config)
	return withNode(id, req, func(n *node, r *request) { n.host(r, s, c) })
}

//export tsx_node_socks5
func tsx_node_socks5(id, req C.int64_t, port C.int32_t) C.int32_t {
	return withNode(id, req, func(n *node, r *request) { n.socks5(r, uint16(port)) })
}

//export tsx_connection_admit
func tsx_connection_admit(id C.int64_t, preface *C.char, length C.size_t) C.int32_t {
	bytes := C.GoBytes(unsafe.Pointer(preface), C.int(length))
	return taken(decide(int64(id), &bytes))
}

//export tsx_connection_cut
func tsx_connection_cut(id C.int64_t) C.int32_t {
	return taken(decide(int64(id), nil))
}

//export tsx_connection_reset
func tsx_connection_reset(id C.int64_t) C.int32_t {
	c, ok := connections.get(int64(id))
	if ok {
		c.reset()
	}
	return taken(ok)
}

//export tsx_listener_delivered
func tsx_listener_delivered(id C.int64_t) {
	if l, ok := listeners.get(int64(id)); ok {
		l.pending.Add(-1)
	}
}

//export tsx_listener_close
func tsx_listener_close(id, req C.int64_t) C.int32_t {
	l, ok := listeners.get(int64(id))
	if !ok {
		return C.TSX_GONE
	}
	return withNode(C.int64_t(l.node.id), req, func(n *node, r *request) { l.close(); r.resolve(nil) })
}

//export tsx_listener_tell
func tsx_listener_tell(id C.int64_t, text *C.char) C.int32_t {
	if l, ok := lanes.get(int64(id)); ok {
		return taken(l.tell(C.GoString(text)))
	}
	l, ok := listeners.get(int64(id))
	return taken(ok && l.tell(C.GoString(text)))
}

//export tsx_listener_drain
func tsx_listener_drain(id, req, limitMs C.int64_t) C.int32_t {
	l, ok := lanes.get(int64(id))
	if !ok {
		return C.TSX_GONE
	}
	limit := time.Duration(limitMs) * time.Millisecond
	return withNode(C.int64_t(l.listener.node.id), req, func(n *node, r *request) { l.drain(limit); r.resolve(nil) })
}

//export tsx_node_connect
func tsx_node_connect(id, req C.int64_t, network, address *C.char, fd *C.int32_t) C.int32_t {
	t, a := C.GoString(network), C.GoString(address)
	return withPair(id, req, fd, func(n *node, r *request, pair *net.UnixConn) { n.connect(r, t, a, pair) })
}

//export tsx_node_local_api
func tsx_node_local_api(id, req C.int64_t, fd *C.int32_t) C.int32_t {
	return withPair(id, req, fd, (*node).localAPI)
}

//export tsx_node_bind
func tsx_node_bind(id, req C.int64_t, network *C.char, port C.int32_t, fd *C.int32_t) C.int32_t {
	t := C.GoString(network)
	return withPair(id, req, fd, func(n *node, r *request, pair *net.UnixConn) { n.bind(r, t, uint16(port), pair) })
}

//export tsx_node_close
func tsx_node_close(id, req, drainMs C.int64_t) C.int32_t {
	return withNode(id, req, func(n *node, r *request) { n.close(r, time.Duration(drainMs)*time.Millisecond) })
}

//export tsx_cancel
func tsx_cancel(sink, req C.int64_t) {
	cancelRequest(int64(sink), int64(req))
}

//export tsx_sink_close
func tsx_sink_close(sink C.int64_t) {
	closeSink(int64(sink))
}

//export tsx_counts
func tsx_counts() *C.char {
	text, _ := json.Marshal(counts())
	return C.CString(string(text))
}

//export tsx_proxy_header
func tsx_proxy_header(text *C.char, length *C.size_t) *C.char {
	var header proxyheader.Header
	if json.Unmarshal([]byte(C.GoString(text)), &header) != nil {
		return nil
	}
	bytes, err := header.Format()
	if err != nil {
		return nil
	}
	*length = C.size_t(len(bytes))
	return (*C.char)(C.CBytes(bytes))
}

//export tsx_free
func tsx_free(text *C.char) {
	C.free(unsafe.Pointer(text))
}

func taken(ok bool) C.int32_t {
	if ok {
		return 0
	}
	return C.TSX_GONE
}

func withNode(id, req C.int64_t, work func(*node, *request)) C.int32_t {
	if !startRequest(int64(id), int64(req), work) {
		return C.TSX_GONE
	}
	return 0
}

// withPair is withNode for work that serves one end of a socket pair, whose other end the host gets right away.
func withPair(id, req C.int64_t, fd *C.int32_t, work func(*node, *request, *net.UnixConn)) C.int32_t {
	pair, theirs, err := openPair()
	*fd = C.int32_t(theirs)
	accepted := withNode(id, req, func(n *node, r *request) {
		if err != nil {
			r.reject(err)
			return
		}
		work(n, r, pair)
	})
	if accepted == C.TSX_GONE && err == nil {
		pair.Close()
		closeFD(theirs)
	}
	return accepted
}
