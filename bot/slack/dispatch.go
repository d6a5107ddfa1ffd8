package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// taker takes one envelope in. It returns what the acknowledgement carries,
// nil for nothing, and whether to acknowledge at all: what is not
// acknowledged, Slack delivers again. It ends when ctx does.
type taker func(ctx context.Context, e envelope) (answer any, ok bool)

// lastRetry is the number of Slack's last redelivery of an envelope. One that
// makes the taker panic is left unacknowledged until then, because the next
// try may meet a mended program or a healthy store. The last one is
// acknowledged: nothing is gained by refusing it, while an app that fails too
// many deliveries loses its subscriptions, and one with hourly redeliveries
// would meet the same panic for a whole day.
const lastRetry = 3

// delivery is an envelope with the way to acknowledge it.
type delivery struct {
	envelope    envelope
	acknowledge func(answer any)
}

// dispatcher stands between the connections, which must never wait, and the
// taker, which waits for the store. What has the same key is taken in one
// after the other, in the order in which it came; different keys do not wait
// for each other. Its size is bounded, in number and in bytes: what does not fit
// is refused, and stays with Slack.
type dispatcher struct {
	take    taker
	key     func(envelope) string
	log     *slog.Logger
	counts  *socketCounts
	most    int64         // envelopes that are held: waiting or being taken in
	taking  time.Duration // for one envelope
	grace   time.Duration // to end what is begun, once told to stop
	full    rate.Sometimes
	ready   chan string        // keys that have something to be taken in and nobody at it
	stopped chan struct{}      // nothing is begun any more
	cancel  context.CancelFunc // of what is begun
	workers sync.WaitGroup

	mu      sync.Mutex
	waiting map[string][]delivery // by key; a key with an empty list is being worked on
	bytes   int                   // of all envelopes that are held
}

// newDispatcher starts workers that run until stop.
func newDispatcher(ctx context.Context, s *sockets) *dispatcher {
	d := &dispatcher{
		take: s.takeKnown, key: s.key, log: s.log, counts: &s.counts,
		most: int64(s.most), taking: s.timing.taking, grace: s.timing.grace,
		full:    rate.Sometimes{First: 1, Interval: complainEvery},
		ready:   make(chan string, s.most), // every key in it has an envelope that is held: it never fills up
		stopped: make(chan struct{}),
		waiting: map[string][]delivery{},
	}
	// What is begun goes on for a while after ctx: it is nearly kept.
	ctx, d.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for range s.workers {
		d.workers.Go(func() { d.work(ctx) })
	}
	return d
}

// offer accepts v, or refuses it where too much waits already. It never waits.
func (d *dispatcher) offer(v delivery) bool {
	key := d.keyOf(v.envelope)
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.stopped:
		return false
	default:
	}
	size := len(v.envelope.Payload)
	if held := d.counts.held.Load(); held >= d.most || held > 0 && d.bytes+size > mostBytes {
		refused := d.counts.refused.Add(1)
		d.full.Do(func() {
			d.log.Warn("slack: too much waits to be kept; what does not fit is left to Slack, which delivers it again",
				"waiting", held, "bytes", d.bytes, "refused", refused)
		})
		return false
	}
	d.counts.held.Add(1)
	d.bytes += size
	list, busy := d.waiting[key]
	d.waiting[key] = append(list, v)
	if !busy {
		d.ready <- key
	}
	return true
}

// keyOf is the thread of e. What belongs to none waits for nothing, nor does
// what cannot even be looked at: the taker is to find out, where a panic is
// contained.
func (d *dispatcher) keyOf(e envelope) (key string) {
	defer func() {
		if recover() != nil || key == "" {
			key = "envelope " + e.ID
		}
	}()
	return d.key(e)
}

func (d *dispatcher) work(ctx context.Context) {
	for {
		select {
		case <-d.stopped:
			return
		case key := <-d.ready:
			v, ok := d.next(key)
			if !ok {
				return
			}
			d.takeIn(ctx, v)
			d.done(key, v)
		}
	}
}

// next takes the first delivery of key out of the queue, unless it is too late
// to begin something.
func (d *dispatcher) next(key string) (delivery, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.stopped:
		return delivery{}, false
	default:
	}
	list := d.waiting[key]
	d.waiting[key] = list[1:]
	return list[0], true
}

// done lets the next delivery of key be taken in, by whoever is free: a long
// list must not keep a worker from the others.
func (d *dispatcher) done(key string, v delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts.held.Add(-1)
	d.bytes -= len(v.envelope.Payload)
	if len(d.waiting[key]) > 0 {
		d.ready <- key
		return
	}
	delete(d.waiting, key)
}

// takeIn hands v to the taker and acknowledges it if that is due.
func (d *dispatcher) takeIn(ctx context.Context, v delivery) {
	ctx, cancel := context.WithTimeout(ctx, d.taking)
	defer cancel()
	answer, ok, err := d.guarded(ctx, v.envelope)
	if err != nil {
		d.counts.panics.Add(1)
		ok = v.envelope.RetryAttempt >= lastRetry
		d.log.Error("slack: an envelope made the program panic", "type", v.envelope.Type,
			"retry", v.envelope.RetryAttempt, "acknowledged", ok, "error", err)
	}
	if !ok {
		d.counts.failed.Add(1)
		return
	}
	v.acknowledge(answer)
}

// guarded makes a panic an error that says where it was. What was panicked
// with stays out of it unless it is the runtime's own: it may hold a text.
func (d *dispatcher) guarded(ctx context.Context, e envelope) (answer any, ok bool, err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		what := fmt.Sprintf("%T", p)
		var own runtime.Error
		if e, isError := p.(error); isError && errors.As(e, &own) {
			what = own.Error()
		}
		err = fmt.Errorf("panic: %s at %s", what, panicSite())
	}()
	answer, ok = d.take(ctx, e)
	return answer, ok, nil
}

// panicSite is the line that panicked: the first below the runtime's own
// frames. It is to be called by the deferred function that recovers.
func panicSite() string {
	callers := make([]uintptr, 16)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", f.Function, f.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}

// stop begins nothing more, and waits until all that was begun is done; after
// a while it is told to give up. What waited is Slack's to deliver again.
func (d *dispatcher) stop() {
	d.mu.Lock()
	close(d.stopped)
	d.mu.Unlock()
	defer d.cancel()
	giveUp := time.AfterFunc(d.grace, d.cancel)
	defer giveUp.Stop()
	d.workers.Wait()
	d.counts.held.Store(0)
}
