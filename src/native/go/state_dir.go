package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tailscale.com/ipn/store/mem"

	"tsexpose/src/internal/tempdir"
)

// stateDir is where a node keeps its keys. It is locked while the node is open, because two nodes with the same key
// would keep displacing each other on the tailnet.
type stateDir struct {
	path      string
	temporary *tempdir.Dir // removed when the node closes; nil if the user named a directory
	lock      *os.File
}

// memory keeps the state of a node without a directory. It is a type of its own because tsnet refuses mem.Store for nodes
// that are not ephemeral, which nodes of the library are not by default.
type memory struct{ mem.Store }

// openStateDir creates and locks a state directory; an empty path stands for a temporary one.
func openStateDir(path string) (*stateDir, error) {
	if path == "" {
		temporary, err := tempdir.Make("tsexpose-node-")
		if err != nil {
			return nil, coded("ERR_TSEXPOSE_STATE_DIR", fmt.Errorf("the temporary directory cannot be used: %w", err))
		}
		return &stateDir{path: temporary.Path, temporary: temporary}, nil
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, coded("ERR_TSEXPOSE_STATE_DIR", fmt.Errorf("the state directory cannot be created: %w", err))
	}
	d := &stateDir{path: path}
	if err := d.acquire(); err != nil {
		return nil, err
	}
	return d, nil
}

// acquire takes the lock. The kernel releases it (flock) when the process ends, no matter how.
func (d *stateDir) acquire() error {
	f, err := os.OpenFile(filepath.Join(d.path, "tsexpose.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return coded("ERR_TSEXPOSE_STATE_DIR", fmt.Errorf("the state directory cannot be written: %w", err))
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return codedText("ERR_TSEXPOSE_STATE_IN_USE",
				fmt.Sprintf("the state directory %s is in use by process %s", d.path, readPid(f)))
		}
		return coded("ERR_TSEXPOSE_STATE_DIR", fmt.Errorf("the state directory %s cannot be locked: %w", d.path, err))
	}
	f.Truncate(0)
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		f.Close()
		return coded("ERR_TSEXPOSE_STATE_DIR", fmt.Errorf("the state directory %s cannot be written: %w", d.path, err))
	}
	d.lock = f
	return nil
}

// reset moves the node's keys aside, so that it starts as a new node.
func (d *stateDir) reset() error {
	suffix := ".bak-" + time.Now().UTC().Format("20060102T150405.000Z")
	for _, name := range []string{"tailscaled.state", "tailscaled.log.conf"} {
		path := filepath.Join(d.path, name)
		if err := os.Rename(path, path+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return coded("ERR_TSEXPOSE_STATE_DIR", fmt.Errorf("the old state cannot be kept: %w", err))
		}
	}
	return nil
}

func readPid(f *os.File) string {
	var b [32]byte
	n, _ := f.ReadAt(b[:], 0)
	if pid := strings.TrimSpace(string(b[:n])); pid != "" {
		return pid
	}
	return "unknown"
}

func (d *stateDir) close() {
	if d.temporary != nil {
		d.temporary.Remove()
	} else {
		d.lock.Close()
	}
}
