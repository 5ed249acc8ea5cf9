// Package tracecontext knows the traceparent header of W3C Trace Context, as src/proxy/request/trace.ts does.
package tracecontext

import "math/rand/v2"

const length = len("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

// IsParent returns whether a value is a valid traceparent. Later versions of it may have more parts.
func IsParent(b []byte) bool {
	if len(b) < length || b[2] != '-' || b[35] != '-' || b[52] != '-' {
		return false
	}
	version := string(b[:2])
	if version == "ff" || len(b) > length && (version == "00" || b[length] != '-') {
		return false
	}
	return isHex(b[:2]) && isHex(b[3:35]) && !isZero(b[3:35]) && isHex(b[36:52]) && !isZero(b[36:52]) && isHex(b[53:55])
}

func isHex(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != '0' {
			return false
		}
	}
	return true
}

// New returns the traceparent of a new trace, which the target may record.
func New() string {
	b := append(make([]byte, 0, length), "00-"...)
	b = appendHex(appendHex(b, rand.Uint64()|1), rand.Uint64())
	b = appendHex(append(b, '-'), rand.Uint64()|1)
	return string(append(b, "-01"...))
}

func appendHex(dst []byte, n uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[n>>shift&15])
	}
	return dst
}
