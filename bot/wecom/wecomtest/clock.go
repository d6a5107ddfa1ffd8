package wecomtest

import (
	"sync"
	"time"
)

// Clock is a time that can be moved forward: 48 hours pass by [Clock.Advance].
// Between two moves it runs like the real one. The zero Clock says what time it
// is. Ages and limits are measured by it; how long the platform waits for an
// answer, and how often it polls, is measured by the real time.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
}

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

// Advance lets d pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// window counts what happened within the last while.
type window []time.Time

// take counts one more, unless there were n within the last d.
func (w *window) take(now time.Time, n int, d time.Duration) bool {
	if w.within(now, d) >= n {
		return false
	}
	*w = append(*w, now)
	return true
}

// within counts, and forgets what is older than an hour or d.
func (w *window) within(now time.Time, d time.Duration) int {
	old, n := 0, 0
	for _, t := range *w {
		age := now.Sub(t)
		if age >= max(d, time.Hour) {
			old++
		}
		if age < d {
			n++
		}
	}
	*w = (*w)[old:]
	return n
}
