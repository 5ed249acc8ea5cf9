package main

import "golang.org/x/sys/unix"

// socketPair opens a connected pair of non-blocking, close-on-exec stream sockets.
func socketPair() (ours, theirs int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	return fds[0], fds[1], err
}
