// Package tempdir makes directories for temporary files. A process that is killed cannot remove its own, so the next one
// that makes such a directory does.
package tempdir

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// lockName is the file in each directory that its process keeps locked. The kernel releases the lock when the process
// ends, no matter how.
const lockName = "tsexpose.lock"

// young is how long a process may take to lock the directory that it has made.
const young = time.Minute

// Dir is a directory that only this user can read.
type Dir struct {
	Path string
	lock *os.File
}

// Make makes a directory whose name begins with prefix in the system's directory for temporary files. It removes those
// with the same prefix whose process has ended.
func Make(prefix string) (*Dir, error) {
	sweep(os.TempDir(), prefix)
	path, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, err
	}
	lock, err := lockOf(path, os.O_CREATE)
	if err != nil {
		os.RemoveAll(path)
		return nil, err
	}
	fmt.Fprintln(lock, os.Getpid()) // for people who look
	return &Dir{Path: path, lock: lock}, nil
}

// Remove removes the directory with all that is in it.
func (d *Dir) Remove() {
	os.RemoveAll(d.Path)
	d.lock.Close()
}

// sweep removes those directories in parent whose name begins with prefix, that belong to this user, and that nothing locks.
func sweep(parent, prefix string) {
	entries, _ := os.ReadDir(parent)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		// A link may lead anywhere, and another user may have made a directory with this name.
		if !info.IsDir() || !own(info) || time.Since(info.ModTime()) < young {
			continue
		}
		path := filepath.Join(parent, entry.Name())
		if lock, err := lockOf(path, 0); err == nil {
			os.RemoveAll(path)
			lock.Close()
		}
	}
}

func own(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}

// lockOf locks the directory at path, or returns an error if its process is running.
func lockOf(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR|flag, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
