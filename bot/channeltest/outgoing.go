package channeltest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"decline61/bot"
)

// outgoing are the rules of the way out.
var outgoing = []check{
	{"shown", shown},
	{"over-long out", overLongOut},
	{"classes", classes},
	{"discreet errors", discreetErrors},
	{"unknown outcome", unknownOutcome},
	{"find takes no other", findTakesNoOther},
	{"find that cannot look", findThatCannotLook},
	{"recovers", recovers},
	{"deadline", deadline},
}

func shown(t testing.TB, s Setup) {
	r := start(t, s)
	o := r.message("k1", "61 是交易金额超限。")
	got, err := r.send(o)
	if err != nil {
		t.Fatalf("sending: %v", err)
	}
	posts := r.platform.Posts()
	if len(posts) != 1 {
		t.Fatalf("%d posts are shown, want 1", len(posts))
	}
	if p := posts[0]; p.Thread != s.Threads[0] || !strings.Contains(p.Text, o.Text.String()) || got.ID != p.ID {
		t.Errorf("sent to %s with receipt %q, shown is %+v", s.Threads[0], got.ID, p)
	}
}

// overLongOut: what is too long may be refused or shown in parts, but nothing
// may be missing from what is said to be shown.
func overLongOut(t testing.TB, s Setup) {
	r := start(t, s)
	limit := r.channel.Manner().MaxText
	size := limit
	if limit == 0 {
		size = 20_000
	}
	whole := strings.Repeat("61是金额超限", size/17)
	if _, err := r.send(r.message("k1", whole)); err != nil {
		t.Fatalf("sending %d bytes of %d allowed: %v", len(whole), limit, err)
	}
	if got := together(r.platform.Posts()); !strings.Contains(got, whole) {
		t.Errorf("of %d bytes, %d are shown", len(whole), len(got))
	}
	if limit == 0 {
		return
	}
	before := len(r.platform.Posts())
	tooLong := strings.Repeat("再看61是金额", limit/17+10)
	if _, err := r.send(r.message("k2", tooLong)); err != nil {
		if c, _ := class(err); c != bot.Never {
			t.Errorf("a text over the limit is refused as %q, so that it would be tried again for ever", c)
		}
	} else if got := together(r.platform.Posts()[before:]); !strings.Contains(got, tooLong) {
		t.Errorf("of a text over the limit, %d bytes, %d are shown", len(tooLong), len(got))
	}
}

func together(posts []Post) string {
	var b strings.Builder
	for _, p := range posts {
		b.WriteString(p.Text)
	}
	return b.String()
}

func classes(t testing.TB, s Setup) {
	for _, f := range slices.Sorted(maps.Keys(faults)) {
		r := start(t, s)
		if !r.platform.Fail(f) {
			continue
		}
		_, err := r.send(r.message("k1", "61 是金额超限"))
		if err == nil {
			t.Errorf("%v: Send reports no error", f)
			continue
		}
		got, after := class(err)
		if got != faults[f] {
			t.Errorf("%v: %q, want %q (%v)", f, got, faults[f], err)
		}
		if f == TooFast && after != RetryAfter {
			t.Errorf("%v: come back after %v, the platform said %v", f, after, RetryAfter)
		}
		if n := len(r.platform.Posts()); n > 1 {
			t.Errorf("%v: %d posts are shown after one Send", f, n)
		}
		_ = r.stop()
	}
}

// discreetErrors provokes all errors; send and find look at them.
func discreetErrors(t testing.TB, s Setup) {
	for _, f := range slices.Sorted(maps.Keys(faults)) {
		r := start(t, s)
		o := r.message("k1", "请商户核对金额后再试一次")
		if r.platform.Fail(f) {
			_, _ = r.send(o)
		}
		if r.platform.Fail(f) {
			_, _, _ = r.find(o)
		}
		_ = r.stop()
	}
}

// unknownOutcome does what the loop does after an error that tells nothing.
// However it went, exactly one post must be shown in the end.
func unknownOutcome(t testing.TB, s Setup) {
	for _, f := range []Fault{Down, Late, Cut, Lost, Slow} {
		r := start(t, s)
		if !r.platform.Fail(f) {
			continue
		}
		o := r.message("k1", "61 是金额超限")
		if _, err := r.send(o); err == nil {
			t.Errorf("%v: Send reports no error", f)
		}
		there := len(r.platform.Posts()) == 1
		o.Tries, o.Unknown = 1, true
		got, found, err := r.find(o)
		switch {
		case err != nil:
			t.Errorf("%v: looking: %v", f, err)
			continue
		case found != there && !s.Keyed:
			t.Errorf("%v: shown is %v, Find says %v", f, there, found)
		}
		if !found {
			if got, err = r.send(o); err != nil {
				t.Errorf("%v: sending again: %v", f, err)
			}
		}
		posts := r.platform.Posts()
		if len(posts) != 1 {
			t.Errorf("%v: %d posts are shown in the end, want 1", f, len(posts))
		} else if got.ID != posts[0].ID && !s.Keyed {
			t.Errorf("%v: the receipt says %q, the post is %q", f, got.ID, posts[0].ID)
		}
		_ = r.stop()
	}
}

// findTakesNoOther: the same words are often said twice, for good reasons.
func findTakesNoOther(t testing.TB, s Setup) {
	if s.Keyed {
		return
	}
	r := start(t, s)
	if _, err := r.send(r.message("k1", "61 是金额超限")); err != nil {
		t.Fatalf("sending: %v", err)
	}
	if _, found, err := r.find(r.message("k2", "61 是金额超限")); err != nil || found {
		t.Errorf("another message with the same words is taken for this one (%v)", err)
	}
}

// findThatCannotLook: "not there" would mean to send it again.
func findThatCannotLook(t testing.TB, s Setup) {
	if s.Keyed {
		return
	}
	for _, f := range []Fault{Down, Cut, Slow, TooFast, Expired} {
		r := start(t, s)
		o := r.message("k1", "61 是金额超限")
		if _, err := r.send(o); err != nil {
			t.Fatalf("sending: %v", err)
		}
		if !r.platform.Fail(f) {
			continue
		}
		if _, found, err := r.find(o); err == nil && !found {
			t.Errorf("%v: Find says that the message is not there, and it is", f)
		}
		_ = r.stop()
	}
}

func recovers(t testing.TB, s Setup) {
	for _, f := range []Fault{Expired, Moved, Closed} {
		r := start(t, s)
		rec, ok := r.channel.(bot.Recoverer)
		if !ok {
			return
		}
		if !r.platform.Fail(f) {
			continue
		}
		o := r.message("k1", "61 是金额超限")
		_, err := r.send(o)
		ctx, cancel := r.timeout()
		next, rerr := rec.Recover(ctx, faults[f], o)
		cancel()
		r.discreet("Recover", rerr, o)
		switch {
		case err == nil:
			t.Errorf("%v: Send reports no error", f)
		case rerr != nil && f == Expired:
			t.Errorf("%v: Recover: %v", f, rerr)
		case rerr != nil: // a platform with one way only
		default:
			if _, err := r.send(next); err != nil || len(r.platform.Posts()) != 1 {
				t.Errorf("%v: after Recover %d posts are shown: %v", f, len(r.platform.Posts()), err)
			}
		}
		_ = r.stop()
	}
}

func deadline(t testing.TB, s Setup) {
	r := start(t, s)
	if !r.platform.Fail(Slow) {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := r.channel.Send(ctx, r.message("k1", "61 是金额超限"))
	if d := time.Since(began); err == nil || d > time.Second {
		t.Errorf("with 100ms to go, Send ended after %v with %v", d, err)
	}
}
