package channeltest

import (
	"context"
	"slices"
	"sync"

	"decline61/bot"
)

// inbox notes what a channel hands over. It can refuse, and it can take long.
type inbox struct {
	mu       sync.Mutex
	messages []bot.Message
	cursors  map[string]string
	refuse   error
	hold     chan struct{} // while it is open, Receive waits
	held     chan struct{} // one signal for each Receive that waits
}

func newInbox() *inbox {
	return &inbox{cursors: map[string]string{}, held: make(chan struct{}, 100)}
}

// Receive notes the messages of d, or refuses all of it.
func (in *inbox) Receive(ctx context.Context, d bot.Delivery) ([]bot.Received, error) {
	in.mu.Lock()
	hold := in.hold
	in.mu.Unlock()
	if hold != nil {
		in.held <- struct{}{}
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.refuse != nil {
		return nil, in.refuse
	}
	got := make([]bot.Received, len(d.Messages))
	for i, m := range d.Messages {
		got[i] = bot.Received{Found: m.Found}
		for k, old := range in.messages {
			if old.ID == m.ID && old.From == m.From {
				got[i].Seq, got[i].Duplicate = int64(k+1), true
			}
		}
		in.messages = append(in.messages, m)
		if got[i].Seq == 0 {
			got[i].Seq = int64(len(in.messages))
		}
	}
	if d.CursorName != "" {
		in.cursors[d.CursorName] = d.CursorValue
	}
	return got, nil
}

// Cursor gives the value that the last Delivery brought.
func (in *inbox) Cursor(_ context.Context, _, name string) (string, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.cursors[name], nil
}

// all are the messages handed over so far, redelivered ones as often as they came.
func (in *inbox) all() []bot.Message {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.messages)
}

func (in *inbox) forget() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.messages = nil
}

// refusing makes Receive fail with err until it is nil.
func (in *inbox) refusing(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.refuse = err
}

// holding makes Receive wait until release is called.
func (in *inbox) holding() (release func()) {
	hold := make(chan struct{})
	in.mu.Lock()
	defer in.mu.Unlock()
	in.hold = hold
	return sync.OnceFunc(func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		in.hold = nil
		close(hold)
	})
}
