package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// written is a log that can be read while it is written.
type written struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

func (w *written) logger() *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// desk is a dispatcher whose deliveries write down that they were acknowledged.
type desk struct {
	*dispatcher
	log written

	mu    sync.Mutex
	acked map[string]bool
}

// newDesk makes one; the thread of an envelope is what stands before the dash
// in its id.
func newDesk(ctx context.Context, s *sockets) *desk {
	k := &desk{acked: map[string]bool{}}
	if s.key == nil {
		s.key = func(e envelope) string { thread, _, _ := strings.Cut(e.ID, "-"); return thread }
	}
	s.log = k.log.logger()
	s.filled.Do(s.fill)
	k.dispatcher = newDispatcher(ctx, s)
	return k
}

func (k *desk) bring(e envelope) bool {
	e.Type = kindEvent
	return k.offer(delivery{e, func(any) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.acked[e.ID] = true
	}})
}

func (k *desk) acknowledged() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Sorted(maps.Keys(k.acked))
}

func TestDispatchKeepsTheOrderOfAThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const threads, each = 20, 10
		var mu sync.Mutex
		took := map[string][]string{}
		busy, most := 0, 0
		k := newDesk(t.Context(), &sockets{take: func(_ context.Context, e envelope) (any, bool) {
			mu.Lock()
			busy++
			most = max(most, busy)
			mu.Unlock()
			time.Sleep(time.Duration(len(e.ID)*7919%13) * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			busy--
			thread, _, _ := strings.Cut(e.ID, "-")
			took[thread] = append(took[thread], e.ID)
			return nil, true
		}})
		want := map[string][]string{}
		for i := range each {
			for n := range threads {
				thread := fmt.Sprint("thread", n)
				id := fmt.Sprint(thread, "-", i)
				want[thread] = append(want[thread], id)
				if !k.bring(envelope{ID: id}) {
					t.Fatalf("%s was refused", id)
				}
			}
		}
		time.Sleep(time.Minute)
		k.stop()
		if diff := cmp.Diff(want, took); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		if got := len(k.acknowledged()); got != threads*each {
			t.Errorf("%d acknowledged, want %d", got, threads*each)
		}
		if most != takers {
			t.Errorf("at most %d were taken in at a time, want all of %d workers", most, takers)
		}
		if len(k.waiting) != 0 || k.counts.held.Load() != 0 {
			t.Errorf("%d threads and %d envelopes are left over", len(k.waiting), k.counts.held.Load())
		}
	})
}

func TestDispatchAStuckThreadHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t.Context(), &sockets{workers: 2, take: func(ctx context.Context, e envelope) (any, bool) {
			if strings.HasPrefix(e.ID, "stuck") {
				<-ctx.Done()
				return nil, false
			}
			return nil, true
		}})
		for i := range 5 {
			k.bring(envelope{ID: fmt.Sprint("stuck-", i)})
			k.bring(envelope{ID: fmt.Sprint("free", i)})
		}
		time.Sleep(time.Second)
		want := []string{"free0", "free1", "free2", "free3", "free4"}
		if diff := cmp.Diff(want, k.acknowledged()); diff != "" {
			t.Errorf("acknowledged (-want +got):\n%s", diff)
		}
		time.Sleep(6 * usual.taking) // each of the stuck ones is given up in its turn
		if got := k.counts.failed.Load(); got != 5 {
			t.Errorf("%d given up, want 5", got)
		}
		k.stop()
	})
}

func TestDispatchQueueFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		k := newDesk(t.Context(), &sockets{workers: 2, most: 4, take: func(context.Context, envelope) (any, bool) {
			<-open
			return nil, true
		}})
		for i := range 4 {
			if !k.bring(envelope{ID: fmt.Sprint("a", i)}) {
				t.Fatalf("envelope %d was refused before the queue was full", i)
			}
		}
		for i := range 100 {
			if k.bring(envelope{ID: fmt.Sprint("b", i)}) {
				t.Fatal("one more was accepted")
			}
		}
		if got := k.counts.refused.Load(); got != 100 {
			t.Errorf("%d refusals counted, want 100", got)
		}
		if n := strings.Count(k.log.String(), "too much waits"); n != 1 {
			t.Errorf("the log says so %d times, want once", n)
		}
		close(open)
		synctest.Wait()
		if !k.bring(envelope{ID: "c"}) {
			t.Error("refused although there is room again")
		}
		synctest.Wait()
		k.stop()
		if diff := cmp.Diff([]string{"a0", "a1", "a2", "a3", "c"}, k.acknowledged()); diff != "" {
			t.Errorf("acknowledged (-want +got):\n%s", diff)
		}
	})
}

// Few large envelopes fill the memory as well as many small ones.
func TestDispatchQueueFullOfBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		k := newDesk(t.Context(), &sockets{take: func(context.Context, envelope) (any, bool) {
			<-open
			return nil, true
		}})
		large := make(json.RawMessage, mostBytes/4)
		for i := range 4 {
			if !k.bring(envelope{ID: fmt.Sprint(i), Payload: large}) {
				t.Fatalf("envelope %d was refused before the queue was full", i)
			}
		}
		if k.bring(envelope{ID: "small", Payload: json.RawMessage("{}")}) {
			t.Error("one more was accepted")
		}
		close(open)
		synctest.Wait()
		if !k.bring(envelope{ID: "huge", Payload: make(json.RawMessage, 2*mostBytes)}) {
			t.Error("refused although nothing else is there: it would come again and again")
		}
		synctest.Wait()
		k.stop()
		if k.bytes != 0 {
			t.Errorf("%d bytes are left over", k.bytes)
		}
	})
}

func TestDispatchPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t.Context(), &sockets{workers: 1, take: func(_ context.Context, e envelope) (any, bool) {
			switch {
			case strings.HasPrefix(e.ID, "text"):
				panic("card 4111111111111111")
			case strings.HasPrefix(e.ID, "index"):
				return []int{}[len(e.Payload)], true
			}
			return nil, true
		}})
		for retry := range lastRetry + 1 {
			k.bring(envelope{ID: fmt.Sprint("text-", retry), RetryAttempt: retry})
		}
		k.bring(envelope{ID: "index"})
		k.bring(envelope{ID: "text-later"})
		k.bring(envelope{ID: "good"})
		synctest.Wait()
		k.stop()
		// The last retry ends it: Slack would not come back anyway.
		if diff := cmp.Diff([]string{"good", "text-3"}, k.acknowledged()); diff != "" {
			t.Errorf("acknowledged (-want +got):\n%s", diff)
		}
		log := k.log.String()
		if strings.Contains(log, "4111") {
			t.Error("the log repeats what was panicked with")
		}
		for _, want := range []string{"panic: string at", "index out of range", "TestDispatchPanic"} {
			if !strings.Contains(log, want) {
				t.Errorf("the log does not say %q:\n%s", want, log)
			}
		}
	})
}

func TestDispatchPanicWhileLookingForTheThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t.Context(), &sockets{
			key:  func(e envelope) string { panic("no thread") },
			take: func(context.Context, envelope) (any, bool) { return nil, true },
		})
		k.bring(envelope{ID: "a"})
		synctest.Wait()
		k.stop()
		if diff := cmp.Diff([]string{"a"}, k.acknowledged()); diff != "" {
			t.Errorf("acknowledged (-want +got):\n%s", diff)
		}
	})
}

func TestDispatchStopEndsWhatIsBegunAndBeginsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		k := newDesk(ctx, &sockets{workers: 2, take: func(ctx context.Context, e envelope) (any, bool) {
			if e.ID == "stuck" {
				<-ctx.Done()
				return nil, false
			}
			select {
			case <-time.After(2 * time.Second):
				return nil, true
			case <-ctx.Done():
				return nil, false
			}
		}})
		k.bring(envelope{ID: "begun"})
		k.bring(envelope{ID: "stuck"})
		k.bring(envelope{ID: "begun-too late"})
		k.bring(envelope{ID: "too late"})
		synctest.Wait()
		began := time.Now()
		cancel()
		k.stop()
		if took := time.Since(began); took != usual.grace {
			t.Errorf("stopping took %v, want the whole of %v for the one that is stuck", took, usual.grace)
		}
		if diff := cmp.Diff([]string{"begun"}, k.acknowledged()); diff != "" {
			t.Errorf("acknowledged (-want +got):\n%s", diff)
		}
		if k.bring(envelope{ID: "after"}) {
			t.Error("something was accepted after the end")
		}
	})
}

// Slack adds kinds of envelopes. Nobody needs to know them to acknowledge them.
func TestDispatchUnknownTypeIsAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := false
		s := &sockets{take: func(context.Context, envelope) (any, bool) { asked = true; return nil, false }}
		k := newDesk(t.Context(), s)
		acked := false
		k.offer(delivery{envelope{ID: "1", Type: "telepathy", Payload: json.RawMessage(`{}`)}, func(any) { acked = true }})
		synctest.Wait()
		k.stop()
		if asked || !acked || s.counts.unknown.Load() != 1 {
			t.Errorf("asked %t, acknowledged %t, counted %d; want acknowledged without asking, counted once", asked, acked, s.counts.unknown.Load())
		}
	})
}
