//go:build soak

package fault

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var (
	// DECLINE61_FAULT is POINT:N, the process kills itself at the Nth time it
	// comes to that point.
	point, nth = parse(os.Getenv("DECLINE61_FAULT"))
	passed     atomic.Int64

	bug = os.Getenv("DECLINE61_BUG")
)

func parse(s string) (string, int64) {
	name, count, _ := strings.Cut(s, ":")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		n = 1
	}
	return name, n
}

// Here is a crash point: the soak kills the process at one of them.
func Here(name string) {
	if point != name || passed.Add(1) != nth {
		return
	}
	// Not os.Exit: nothing may be flushed, closed or deferred.
	syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
	select {}
}

// Planted reports whether the named bug is to be made. The soak plants one at a
// time and fails if its checker does not notice.
func Planted(name string) bool { return bug == name }
