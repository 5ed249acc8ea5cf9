package main

import (
	"reflect"
	"unsafe"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
)

// abort sends a reset. gVisor can, but its net.Conn adapter offers no way to, not even SetLinger, and keeps the endpoint
// to itself.
func abort(tcp *gonet.TCPConn) {
	field := reflect.ValueOf(tcp).Elem().FieldByName("ep")
	if !field.IsValid() || field.Type() != reflect.TypeFor[tcpip.Endpoint]() {
		return // the connection ends with a FIN; a test of the library notices
	}
	(*(*tcpip.Endpoint)(unsafe.Pointer(field.UnsafeAddr()))).Abort()
}
