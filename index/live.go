package index

import (
	"context"
	"errors"
	"sync"
)

// Live is the index in service. Swap replaces it while others search: a Match
// that has begun ends on the index that it began with, and that index is closed
// when the last of them is done.
type Live struct {
	mu  sync.Mutex
	cur *lease // nil after Close
}

// lease is an index and a count of who uses it.
type lease struct {
	x     *Index
	users sync.WaitGroup
}

// ErrClosed is returned by a Live after Close.
var ErrClosed = errors.New("index: closed")

// NewLive puts x in service. Live owns it from then on.
func NewLive(x *Index) *Live { return &Live{cur: &lease{x: x}} }

// Acquire returns the index that is current now, for a caller that needs it
// and its knowledge base for the length of one message. It stays open until
// release is called, whatever is swapped in meanwhile.
func (l *Live) Acquire() (x *Index, release func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	cur := l.cur
	if cur == nil {
		return nil, nil, ErrClosed
	}
	cur.users.Add(1) // under the lock: after Swap took the lease away nobody may join
	return cur.x, cur.users.Done, nil
}

// Match is [Index.Match] on the index that is current now.
func (l *Live) Match(ctx context.Context, text string) (Match, error) {
	x, release, err := l.Acquire()
	if err != nil {
		return Match{}, err
	}
	defer release()
	return x.Match(ctx, text)
}

// Swap puts x in service, waits until nobody uses the index before it any more
// and closes that one. Whoever holds an index from [Live.Acquire] must not call
// it. The error is from closing, when x is in service all the same, or
// [ErrClosed], when x was closed instead.
func (l *Live) Swap(x *Index) error {
	l.mu.Lock()
	old := l.cur
	if old == nil {
		l.mu.Unlock()
		return errors.Join(ErrClosed, x.Close())
	}
	l.cur = &lease{x: x}
	l.mu.Unlock()
	return old.end()
}

// Close ends the service, once nobody uses the index any more.
func (l *Live) Close() error {
	l.mu.Lock()
	old := l.cur
	l.cur = nil
	l.mu.Unlock()
	if old == nil {
		return ErrClosed
	}
	return old.end()
}

func (l *lease) end() error {
	l.users.Wait()
	return l.x.Close()
}
