package wecom

import (
	"context"
	"sync"
	"time"

	"decline61/bot"
)

// tokens keeps the access token of one secret.
type tokens struct {
	fetch func(context.Context) (value string, life time.Duration, err error)
	now   func() time.Time

	mu      sync.Mutex
	value   string // "" is none
	renew   time.Time
	expires time.Time
	running *fetching // nil while none is fetched
	refused error     // why WeCom gave none; holds until again
	again   time.Time
}

// fetching is one fetch, for all who wait for it.
type fetching struct {
	done  chan struct{}
	value string
	err   error
}

// refusedFor is how long a refused secret is not tried again: WeCom blocks those
// who keep trying.
const refusedFor = 10 * time.Second

// get gives a token. Whoever comes while one is fetched waits for that one.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	now := t.now()
	if t.value != "" && now.Before(t.renew) {
		defer t.mu.Unlock()
		return t.value, nil
	}
	if t.refused != nil && now.Before(t.again) {
		defer t.mu.Unlock()
		return "", t.refused
	}
	f := t.running
	if f == nil {
		f = &fetching{done: make(chan struct{})}
		t.running = f
		// Its end is not the end of the others who wait. It ends by its own timeout.
		go t.run(context.WithoutCancel(ctx), f)
	}
	t.mu.Unlock()
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		return "", &Error{Method: "gettoken", Class: bot.Backoff, Err: ctx.Err()}
	}
}

// run fetches a token. Should that fail in the last tenth of the old one's life,
// the old one has to do.
func (t *tokens) run(ctx context.Context, f *fetching) {
	value, life, err := t.fetch(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	switch {
	case err == nil:
		t.value, t.renew, t.expires = value, now.Add(life/10*9), now.Add(life)
		t.refused = nil
	case t.value != "" && now.Before(t.expires):
		value, err = t.value, nil
		t.renew = now.Add(refusedFor)
	case Code(err) != 0:
		t.refused, t.again = err, now.Add(refusedFor)
	}
	f.value, f.err = value, err
	t.running = nil
	close(f.done)
}

// drop forgets value. One that was fetched since stays.
func (t *tokens) drop(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == value {
		t.value = ""
	}
}
