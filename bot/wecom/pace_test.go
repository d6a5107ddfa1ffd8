package wecom

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestPace: whoever sends as fast as he is let never exceeds a limit, wherever
// one begins to count, and gets most of it.
func TestPace(t *testing.T) {
	for _, limits := range [][]Limit{GroupLimits, MemberLimits, {{3, time.Second}}, {{1, time.Minute}}} {
		synctest.Test(t, func(t *testing.T) {
			p := NewPace(nil, limits...)
			var sent []time.Time
			last := limits[len(limits)-1]
			for began := time.Now(); time.Since(began) < 3*last.Per; {
				err := p.Wait(t.Context(), "member")
				var e *Error
				switch {
				case err == nil:
					sent = append(sent, time.Now())
				case errors.As(err, &e) && e.After > mostWait:
					time.Sleep(e.After)
				default:
					t.Fatal(err)
				}
			}
			for _, l := range limits {
				for i := l.N; i < len(sent); i++ {
					if d := sent[i].Sub(sent[i-l.N]); d < l.Per-time.Millisecond {
						t.Fatalf("%v: %d in %v", l, l.N+1, d)
					}
				}
			}
			if len(sent) < last.N*3/2 {
				t.Errorf("%v: only %d in three times that", last, len(sent))
			}
		})
	}
}

// TestPaceKeepsNobodyWaiting who has no time: he comes back, and his place is
// another's. Another member does not wait at all.
func TestPaceKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPace(nil, Limit{3, 6 * time.Second})
		began := time.Now()
		if err := p.Wait(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 100 {
			var e *Error
			if err := p.Wait(soon, "a"); !errors.As(err, &e) || e.After != 3*time.Second {
				t.Fatal(err)
			}
		}
		if err := p.Wait(soon, "b"); err != nil || time.Since(began) > 0 {
			t.Error(err, time.Since(began))
		}
		if err := p.Wait(t.Context(), "a"); err != nil || time.Since(began) != 3*time.Second {
			t.Error(err, time.Since(began))
		}
		p.Hold("a", time.Minute)
		p.Hold("a", time.Second) // a shorter word does not undo a longer one
		var e *Error
		if err := p.Wait(t.Context(), "a"); !errors.As(err, &e) || e.After != time.Minute {
			t.Error(err)
		}
	})
}

// TestPaceForgets who is idle, and nobody else.
func TestPaceForgets(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	p := NewPace(func() time.Time { return now }, GroupLimits...)
	p.Hold("held", time.Hour)
	for i := range mostKeys - 1 {
		if err := p.Wait(t.Context(), fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(30 * time.Minute)
	if err := p.Wait(t.Context(), "new"); err != nil {
		t.Fatal(err)
	}
	if len(p.turns) != 2 {
		t.Errorf("%d keys are remembered", len(p.turns))
	}
	if err := p.Wait(t.Context(), "held"); err == nil {
		t.Error("what was held is forgotten")
	}
}
