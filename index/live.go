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
	cur *lease
}

// lease counts who uses an index.
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

// Swap puts x in service, waits for the searches on the index before it to end
// and closes that one. The error is from closing; x is in service all the same.
func (l *Live) Swap(x *Index) error {
	return l.replace(&lease{x: x})
}

// Close ends the service; later calls of Match fail with [ErrClosed].
func (l *Live) Close() error { return l.replace(nil) }

func (l *Live) replace(next *lease) error {
	l.mu.Lock()
	old := l.cur
	l.cur = next
	l.mu.Unlock()
	if old == nil {
		return nil
	}
	old.users.Wait()
	return old.x.Close()
}
