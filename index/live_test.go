package index

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestLiveSwap swaps 200 indexes under searches that never pause.
func TestLiveSwap(t *testing.T) {
	k := testKB()
	weights, err := Train(k).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	open := func() *Index {
		x, err := New(k, Weights(weights))
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	live := NewLive(open())
	before := runtime.NumGoroutine()

	var searches atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				m, err := live.Match(context.Background(), "密码输错了")
				if err != nil || m.Hits[0].ID != "wrong-pin" {
					t.Errorf("during a swap: %+v, %v", m, err)
					return
				}
				searches.Add(1)
			}
		})
	}
	for range 200 {
		if err := live.Swap(open()); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
	t.Logf("%d searches", searches.Load())
	if searches.Load() < 200 {
		t.Errorf("only %d searches ran beside 200 swaps", searches.Load())
	}
	for range 100 { // bleve's goroutines end shortly after Close
		if runtime.NumGoroutine() <= before {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines before, %d after", before, n)
	}

	if err := live.Close(); err != nil {
		t.Error(err)
	}
	if _, err := live.Match(context.Background(), "密码"); !errors.Is(err, ErrClosed) {
		t.Errorf("Match after Close: %v", err)
	}
	if err := live.Swap(open()); !errors.Is(err, ErrClosed) {
		t.Errorf("Swap after Close: %v", err)
	}
	if err := live.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("second Close: %v", err)
	}
}

// TestLiveAcquire: an index in use stays open however often it is replaced.
func TestLiveAcquire(t *testing.T) {
	first, err := New(testKB()) // Swap closes it
	if err != nil {
		t.Fatal(err)
	}
	second := newIndex(t, testKB())
	live := NewLive(first)
	x, release, err := live.Acquire()
	if err != nil || x != first {
		t.Fatalf("Acquire = %p, %v, want %p", x, err, first)
	}
	swapped := make(chan error, 1)
	go func() { swapped <- live.Swap(second) }()
	for {
		if y, done, _ := live.Acquire(); y == second {
			done()
			break
		} else {
			done()
		}
	}
	if m := match(t, x, "密码输错了"); len(m.Hits) == 0 {
		t.Error("the index was closed under its user")
	}
	select {
	case err := <-swapped:
		t.Fatalf("Swap did not wait (error %v)", err)
	case <-time.After(20 * time.Millisecond):
	}
	release()
	if err := <-swapped; err != nil {
		t.Error(err)
	}
}
