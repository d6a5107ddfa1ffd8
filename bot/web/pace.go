package web

import (
	"context"
	"sync"
	"time"
)

// mostPaced is how many keys a pace remembers at most, and half of it at least.
const mostPaced = 100_000

// pace is a token bucket for each of many keys, in bounded memory. Of a bucket
// only the time is kept at which it will be full again: one that is in the past
// says nothing, so that what is forgotten had mostly nothing to say.
type pace struct {
	every time.Duration // until a token comes back
	burst int

	mu         sync.Mutex
	young, old map[string]int64 // key -> full again at, in Unix nanoseconds
	most       int              // in each of both
}

func newPace(rate float64, burst int) *pace {
	return &pace{
		every: time.Duration(float64(time.Second) / rate),
		burst: burst,
		young: map[string]int64{},
		most:  mostPaced / 2,
	}
}

// take takes a token of key. Where there is none it takes nothing and tells how
// long it is until there is one.
func (p *pace) take(now time.Time, key string) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now.UnixNano()
	room := int64(p.burst) * int64(p.every)
	full := max(p.get(key), at)
	full = min(full, at+room) // the clock was set back
	full += int64(p.every)
	if over := full - at - room; over > 0 {
		return time.Duration(over)
	}
	p.set(key, full)
	return 0
}

// giveBack undoes a take.
func (p *pace) giveBack(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if full := p.get(key); full > 0 {
		p.set(key, full-int64(p.every))
	}
}

func (p *pace) get(key string) int64 {
	if full, ok := p.young[key]; ok {
		return full
	}
	return p.old[key]
}

func (p *pace) set(key string, full int64) {
	if _, ok := p.young[key]; !ok && len(p.young) >= p.most {
		p.old, p.young = p.young, map[string]int64{}
	}
	p.young[key] = full
}

// keyedLock lets one of those with the same key in at a time. The zero value is
// open.
type keyedLock struct {
	mu   sync.Mutex
	held map[key]chan struct{}
}

// lock waits until k is free or ctx is done.
func (l *keyedLock) lock(ctx context.Context, k key) (unlock func(), err error) {
	for {
		l.mu.Lock()
		held, taken := l.held[k]
		if !taken {
			if l.held == nil {
				l.held = map[key]chan struct{}{}
			}
			mine := make(chan struct{})
			l.held[k] = mine
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.held, k)
				l.mu.Unlock()
				close(mine)
			}, nil
		}
		l.mu.Unlock()
		select {
		case <-held:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
