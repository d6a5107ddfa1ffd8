package soak

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// histogram counts durations in buckets of 5 %, so that a million of them cost
// nothing.
type histogram struct {
	buckets [400]int
	n       int
	max     time.Duration
}

const growth = 1.05

func (h *histogram) add(d time.Duration) {
	i := 0
	if us := float64(d) / float64(time.Microsecond); us > 1 {
		i = min(int(math.Log(us)/math.Log(growth))+1, len(h.buckets)-1)
	}
	h.buckets[i]++
	h.n++
	h.max = max(h.max, d)
}

// quantile is the upper end of the bucket in which a share q has been.
func (h *histogram) quantile(q float64) time.Duration {
	left := int(math.Ceil(q * float64(h.n)))
	for i, n := range h.buckets {
		if left -= n; left <= 0 && h.n > 0 {
			return min(h.max, time.Duration(math.Pow(growth, float64(i))*float64(time.Microsecond)))
		}
	}
	return h.max
}

func (h *histogram) String() string {
	return fmt.Sprintf("p50 %v, p99 %v, max %v", brief(h.quantile(0.5)), brief(h.quantile(0.99)), brief(h.max))
}

// brief leaves out digits that nobody reads.
func brief(d time.Duration) time.Duration {
	switch {
	case d > 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d > 10*time.Millisecond:
		return d.Round(time.Millisecond)
	default:
		return d.Round(10 * time.Microsecond)
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	for i := 1; i <= 1000; i++ {
		h.add(time.Duration(i) * time.Millisecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.99: 990 * time.Millisecond, 1: time.Second} {
		if got := h.quantile(q); got < want*95/100 || got > want*106/100 {
			t.Errorf("quantile %v is %v, want about %v", q, got, want)
		}
	}
}
