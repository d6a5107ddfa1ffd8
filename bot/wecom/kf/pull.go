package kf

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"decline61/bot"
	"decline61/bot/wecom"
)

// puller pulls one account: one page after the other, so that what a customer
// said first is kept first.
type puller struct {
	*Channel
	in      bot.Inbox
	account string
	wake    chan struct{}

	stateTries int // in a row that a session's state was not told
}

const (
	pageLimit      = 500              // items asked for at a time
	mostStateTries = 4                // of a session's state, then it is unknown
	mostEmpty      = 100              // empty pages in a row that say that there is more
	tokenLife      = 9 * time.Minute  // of a callback's token, which WeCom takes for ten
	mostFuture     = 10 * time.Minute // that WeCom's clock may be ahead of ours
)

// ring says that there is something.
func (p *puller) ring() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run pulls at once, whenever there is a callback, and now and then without
// one: callbacks get lost.
func (p *puller) run(ctx context.Context) {
	wait := p.config.Retry
	for ctx.Err() == nil {
		err := p.pull(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			wait = p.config.Retry
			p.rest(ctx, p.config.Poll)
			continue
		}
		var e *bot.SendError
		after := wait
		if errors.As(err, &e) && e.After > 0 {
			after = min(e.After, longest)
		}
		p.log.Error("kf: pulling failed; trying again", "account", p.account, "in", after, "error", err)
		p.rest(ctx, after)
		wait = min(2*wait, longest)
	}
}

// rest waits for a callback, at most that long: after a failure, too, it says
// that WeCom is there.
func (p *puller) rest(ctx context.Context, most time.Duration) {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-p.wake:
	case <-t.C:
	case <-ctx.Done():
	}
}

// position is how far an account was pulled, as syncCursor has it.
type position struct {
	Cursor string `json:"cursor,omitempty"` // "" is from the beginning
	// Newest is the time of the newest item so far, in WeCom's seconds; of a new
	// account, when it was first heard of. What is much older than that is
	// history: it was seen before, or was said before the bot was there.
	Newest int64 `json:"newest"`
}

func (p position) String() string {
	b, _ := json.Marshal(p) // a string and a number
	return string(b)
}

// history reports whether an item is too old to be acted on.
func (p position) history(it item) bool { return it.Seconds < p.Newest-int64(lookback/time.Second) }

// past is p after it, whose clock may be wrong.
func (p position) past(it item, now time.Time) position {
	p.Newest = max(p.Newest, min(it.Seconds, now.Add(mostFuture).Unix()))
	return p
}

// pull reads on from where it stands, to the end.
func (p *puller) pull(ctx context.Context) error {
	var rung bell
	value, err := p.in.Cursor(ctx, Name, pullCursor+p.account)
	if err != nil {
		return fmt.Errorf("reading the last callback: %w", err)
	}
	if value != "" && json.Unmarshal([]byte(value), &rung) != nil {
		rung = bell{}
	}
	at, err := p.stand(ctx, rung)
	if err != nil {
		return err
	}
	token := rung.Token
	if p.now().Sub(time.Unix(rung.Time, 0)).Abs() > tokenLife {
		token = ""
	}
	if at.Cursor != "" {
		err = p.follow(ctx, at, token)
		if !unknownCursor(err) {
			return err
		}
		p.log.Warn("kf: WeCom does not know how far we have read; reading again from three days ago", "account", p.account, "error", err)
	}
	return p.catchUp(ctx, at, token)
}

// stand reads how far the account was pulled. When it is first heard of is kept
// before anything is pulled: the first question must not become history while
// pulling fails.
func (p *puller) stand(ctx context.Context, rung bell) (position, error) {
	value, err := p.in.Cursor(ctx, Name, syncCursor+p.account)
	if err != nil {
		return position{}, fmt.Errorf("reading how far was pulled: %w", err)
	}
	var at position
	if value != "" && json.Unmarshal([]byte(value), &at) == nil {
		return at, nil
	}
	at = position{Newest: p.now().Unix()}
	if rung.Time > 0 {
		at.Newest = min(at.Newest, rung.Time)
	}
	_, err = p.in.Receive(ctx, bot.Delivery{Channel: Name, CursorName: syncCursor + p.account, CursorValue: at.String()})
	return at, err
}

// follow keeps page after page, each with the cursor behind it in one
// transaction.
func (p *puller) follow(ctx context.Context, at position, token string) error {
	return p.pages(ctx, at.Cursor, token, func(items []item, next string) error {
		floor := at
		at.Cursor = next
		for _, it := range items {
			at = at.past(it, p.now())
		}
		b := p.batch(false)
		if err := b.addAll(ctx, slices.DeleteFunc(items, floor.history)); err != nil {
			return err
		}
		return b.keep(ctx, at)
	})
}

// catchUp reads all that WeCom has, which is what was said in three days, and
// keeps what is not history and was not seen to by a person meanwhile.
func (p *puller) catchUp(ctx context.Context, at position, token string) error {
	floor := at
	var fresh []item
	skipped := 0
	err := p.pages(ctx, "", token, func(items []item, next string) error {
		at.Cursor = next
		for _, it := range items {
			at = at.past(it, p.now())
			if floor.history(it) {
				skipped++
			} else {
				fresh = append(fresh, it)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.log.Info("kf: reading from the beginning", "account", p.account, "history", skipped, "kept", len(fresh))
	b := p.batch(true)
	if err := b.addAll(ctx, fresh); err != nil {
		return err
	}
	return b.keep(ctx, at)
}

// pages gives take all pages from cursor on. Only has_more says that there are
// more: a page without items may stand before one with some.
func (p *puller) pages(ctx context.Context, cursor, token string, take func(items []item, next string) error) error {
	for empty := 0; ; {
		var got page
		err := p.client.Call(ctx, "kf/sync_msg", nil, map[string]any{
			"open_kfid": p.account, "cursor": cursor, "token": token, "limit": pageLimit,
		}, &got)
		if wecom.Code(err) == wecom.CodeKfToken && token != "" {
			token = "" // it may be slow now, but it goes on
			continue
		}
		if err != nil {
			return err
		}
		if got.Next == "" {
			got.Next = cursor
		}
		items := make([]item, 0, len(got.List))
		for _, raw := range got.List {
			if it, ok := parseItem(raw); ok {
				items = append(items, it)
			} else {
				p.log.Warn("kf: an item cannot be read and is left out", "account", p.account, "bytes", len(raw))
			}
		}
		if err := take(items, got.Next); err != nil {
			return err
		}
		if got.More == 0 {
			return nil
		}
		if empty++; len(got.List) > 0 {
			empty = 0
		}
		if empty > mostEmpty || got.Next == cursor && len(got.List) > 0 {
			return errors.New("kf/sync_msg says again and again that there is more, and does not get on")
		}
		cursor = got.Next
	}
}

// unknownCursor reports whether WeCom refuses what was asked for and none of
// the reasons that we know is it. Its code for a cursor is not documented.
func unknownCursor(err error) bool {
	var e *wecom.Error
	if !errors.As(err, &e) || e.Code == 0 || e.Class != bot.Never {
		return false
	}
	switch e.Code {
	case wecom.CodeUnverified, wecom.CodeKfToken, 95000, 95004:
		return false
	}
	return true
}
