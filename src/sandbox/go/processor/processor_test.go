package processor

import (
	"runtime"
	"testing"
)

func TestOneProcessorIsLeftToJavaScript(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, c := range []struct {
		name         string
		environment  string
		before, want int
	}{
		{"leaves one of several", "", 4, 3},
		{"keeps the only one", "", 1, 1},
		{"obeys GOMAXPROCS", "4", 4, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("GOMAXPROCS", c.environment)
			runtime.GOMAXPROCS(c.before)
			LeaveOne()
			if got := runtime.GOMAXPROCS(0); got != c.want {
				t.Errorf("%d processors of %d, want %d", got, c.before, c.want)
			}
		})
	}
}
