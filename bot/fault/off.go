//go:build !soak

package fault

// Here is a crash point: the soak kills the process at one of them.
func Here(string) {}

// Planted reports whether the named bug is to be made. The soak plants one at a
// time and fails if its checker does not notice.
func Planted(string) bool { return false }
