package tempdir

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// abandon makes a directory as a process does that is killed: its lock is released, and its files stay.
func abandon(t *testing.T, prefix string, age time.Duration) string {
	t.Helper()
	d, err := Make(prefix)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Path, "state"), []byte("key"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.lock.Close()
	touch(t, d.Path, age)
	return d.Path
}

func touch(t *testing.T, path string, age time.Duration) {
	t.Helper()
	// os.Chtimes follows links.
	then := time.Now().Add(-age).Format("200601021504.05")
	if out, err := exec.Command("touch", "-h", "-t", then, path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func TestMakeSweepsWhatKilledProcessesLeft(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	left := abandon(t, "app-", time.Hour)
	fresh := abandon(t, "app-", time.Second)
	other := abandon(t, "other-", time.Hour)
	running, err := Make("app-")
	if err != nil {
		t.Fatal(err)
	}
	touch(t, running.Path, time.Hour)
	if exists(left) {
		t.Error("the directory of a killed process is still there")
	}

	last, err := Make("app-")
	if err != nil {
		t.Fatal(err)
	}
	for path, why := range map[string]string{
		fresh:        "its process may not have locked it yet",
		other:        "it has another prefix",
		running.Path: "its process is running",
		last.Path:    "it was just made",
	} {
		if !exists(path) {
			t.Errorf("%s was removed, but %s", path, why)
		}
	}
	if info, err := os.Stat(last.Path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %v (%v), want 0700", info.Mode(), err)
	}
	running.Remove()
	last.Remove()
	if exists(running.Path) || exists(last.Path) {
		t.Error("Remove left a directory")
	}
}

func TestSweepLeavesWhatItDidNotMake(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	unlocked := filepath.Join(temp, "app-unlocked")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	for _, path := range []string{unlocked, elsewhere} {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(elsewhere, lockName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(temp, "app-link")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(temp, "app-file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	others := abandon(t, "app-", time.Hour)
	if err := os.Chown(others, 12345, 12345); err != nil {
		t.Log("only root can test a directory of another user:", err)
		others = unlocked
	}
	for _, path := range []string{unlocked, elsewhere, link, file} {
		touch(t, path, time.Hour)
	}
	d, err := Make("app-")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Remove()
	for _, path := range []string{unlocked, elsewhere, link, file, others} {
		if !exists(path) {
			t.Errorf("%s was removed", path)
		}
	}
}
