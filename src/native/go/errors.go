package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// codedError is an error with the code that the host sees.
type codedError struct {
	code string
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

func coded(code string, err error) error { return &codedError{code, err} }

func codedText(code, text string) error { return &codedError{code, errors.New(text)} }

var (
	errAborted = codedText("ABORT_ERR", "The operation was aborted")
	errClosed  = codedText("ERR_TSEXPOSE_NODE_CLOSED", "the node is closed")
	errNotUp   = codedText("ERR_TSEXPOSE_NODE_CLOSED", "the node is not up yet")
)

// describe returns the {code, message} in which an error crosses to the host.
func describe(err error) map[string]string {
	return map[string]string{"code": codeOf(err), "message": err.Error()}
}

// netstackCodes maps gVisor's errors to codes. Its net.Conn adapter keeps only their text, so that is the key.
var netstackCodes = map[string]string{
	(&tcpip.ErrConnectionRefused{}).String():   "ECONNREFUSED",
	(&tcpip.ErrConnectionReset{}).String():     "ECONNRESET",
	(&tcpip.ErrConnectionAborted{}).String():   "ECONNABORTED",
	(&tcpip.ErrTimeout{}).String():             "ETIMEDOUT",
	(&tcpip.ErrHostUnreachable{}).String():     "EHOSTUNREACH",
	(&tcpip.ErrHostDown{}).String():            "EHOSTUNREACH",
	(&tcpip.ErrNetworkUnreachable{}).String():  "ENETUNREACH",
	(&tcpip.ErrNoPortAvailable{}).String():     "EADDRNOTAVAIL",
	(&tcpip.ErrBadLocalAddress{}).String():     "EADDRNOTAVAIL",
	(&tcpip.ErrClosedForSend{}).String():       "EPIPE",
	(&tcpip.ErrDestinationRequired{}).String(): "EINVAL",
	(&tcpip.ErrPortInUse{}).String():           "EADDRINUSE",
	(&tcpip.ErrNetworkUnreachable{}).String():  "ENETUNREACH",
}

var errnoCodes = map[syscall.Errno]string{
	syscall.ECONNREFUSED: "ECONNREFUSED", syscall.ECONNRESET: "ECONNRESET", syscall.ETIMEDOUT: "ETIMEDOUT",
	syscall.EHOSTUNREACH: "EHOSTUNREACH", syscall.ENETUNREACH: "ENETUNREACH", syscall.EADDRINUSE: "EADDRINUSE",
	syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL", syscall.EACCES: "EACCES", syscall.EPIPE: "EPIPE", syscall.EMFILE: "EMFILE", syscall.ENFILE: "ENFILE",
}

// codeOf returns the code that Node.js would give an error, by the error's type.
func codeOf(err error) string {
	var own *codedError
	if errors.As(err, &own) {
		return own.code
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		if code, ok := errnoCodes[errno]; ok {
			return code
		}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		if dns.IsTimeout {
			return "ETIMEDOUT"
		}
		return "ENOTFOUND"
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		if code, ok := netstackCodes[op.Err.Error()]; ok {
			return code
		}
	}
	if code, ok := netstackCodes[err.Error()]; ok {
		return code
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "ETIMEDOUT"
	case errors.Is(err, context.Canceled):
		return "ABORT_ERR"
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return "ERR_TSEXPOSE_NODE_CLOSED"
	}
	return "ERR_TSEXPOSE_INTERNAL"
}

// isReset returns whether the peer reset its connection instead of closing it.
func isReset(err error) bool {
	switch codeOf(err) {
	case "ECONNRESET", "ECONNABORTED", "ETIMEDOUT":
		return true
	}
	return false
}

// startError returns the error of a node that tsnet could not start.
func startError(dir *stateDir, err error) error {
	if own := (*codedError)(nil); errors.As(err, &own) {
		return err
	}
	if strings.Contains(err.Error(), "resolving auth key") {
		return coded("ERR_TSEXPOSE_AUTH_KEY", fmt.Errorf("no auth key could be created with the OAuth client secret: %w", err))
	}
	var path *fs.PathError
	if errors.As(err, &path) && strings.HasPrefix(path.Path, dir.path) || strings.Contains(err.Error(), "filch") {
		return coded("ERR_TSEXPOSE_STATE_DIR", fmt.Errorf("the state directory %s cannot be used: %w", dir.path, err))
	}
	return coded("ERR_TSEXPOSE_CONTROL", err)
}
