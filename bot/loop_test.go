package bot_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"decline61/bot"
	"decline61/bot/mask"
)

// in runs f in a bubble whose clock jumps ahead whenever all sleep.
func in(t *testing.T, f func(*testing.T)) { synctest.Test(t, f) }

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the merchant sees (-want +got)\n%s", diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestLoop: every message is answered once, in order, with the case that the
// one before left; a redelivery changes nothing.
func TestLoop(t *testing.T) {
	in(t, func(t *testing.T) {
		w := newWorld(t, &echo{})
		w.start()
		defer w.stop()
		for i := range 3 {
			id := fmt.Sprint("m", i)
			must(t, w.say("a", id, "61"))
			time.Sleep(time.Second)
			must(t, w.say("a", id, "61"))
			time.Sleep(time.Second)
		}
		must(t, w.say("b", "m0", "hello"))
		time.Sleep(time.Second)
		expect(t, w.seen("a"), "bot m0: 1:61", "bot m1: 2:61", "bot m2: 3:61")
		expect(t, w.seen("b"), "bot m0: 1:hello")
	})
}

// TestBurst: what comes within the channel's window is one turn with one reply.
func TestBurst(t *testing.T) {
	in(t, func(t *testing.T) {
		w := newWorld(t, &echo{})
		w.manner.Window = 1500 * time.Millisecond
		w.start()
		defer w.stop()
		for i, s := range []string{"61", "刷了8000", "换卡也不行"} {
			must(t, w.say("a", fmt.Sprint("m", i), s))
			time.Sleep(time.Second)
		}
		time.Sleep(5 * time.Second)
		expect(t, w.seen("a"), "bot m0+m1+m2: 1:61+刷了8000+换卡也不行")

		// Who never stops is answered all the same.
		for i := range 20 {
			must(t, w.say("b", fmt.Sprint("m", i), fmt.Sprint(i)))
			time.Sleep(time.Second)
		}
		time.Sleep(5 * time.Second)
		if n := len(w.seen("b")); n < 3 || n > 8 {
			t.Errorf("20 messages in 20 s got %d replies", n)
		}
	})
}

// TestRestart: what was received before a stop is answered after it, and what
// was shown is not shown again.
func TestRestart(t *testing.T) {
	in(t, func(t *testing.T) {
		w := newWorld(t, &echo{})
		w.manner.Window = time.Minute
		w.start()
		must(t, w.say("a", "m0", "61"))
		w.stop()
		expect(t, w.seen("a"))
		time.Sleep(time.Hour)
		w.start()
		time.Sleep(time.Second)
		expect(t, w.seen("a"), "bot m0: 1:61")
		w.stop()
		w.start()
		time.Sleep(time.Minute)
		w.stop()
		expect(t, w.seen("a"), "bot m0: 1:61")
	})
}

// TestPoison: a message that cannot be answered gets the fallback answer, and
// what comes after it is answered.
func TestPoison(t *testing.T) {
	for _, bad := range []string{"fail", "panic"} {
		t.Run(bad, func(t *testing.T) {
			in(t, func(t *testing.T) {
				e := &echo{}
				w := newWorld(t, e)
				w.start()
				defer w.stop()
				must(t, w.say("a", "m0", bad))
				time.Sleep(20 * time.Second)
				must(t, w.say("a", "m1", "61"))
				time.Sleep(time.Second)
				seen := w.seen("a")
				if len(seen) != 2 || !strings.Contains(seen[0], "抱歉") && !strings.Contains(seen[0], "Sorry") || seen[1] != "bot m1: 1:61" {
					t.Errorf("seen %q", seen)
				}
				if n := e.times(bad); n != 4 {
					t.Errorf("tried %d times", n)
				}
				stats, err := w.db.Stats(t.Context(), time.Now())
				must(t, err)
				if stats.Dead != 1 || stats.Waiting != 1 || stats.Unanswered != 0 {
					t.Errorf("stats %+v", stats)
				}
			})
		})
	}
}

// TestHang: an answer that never comes counts as a failure, and as nothing
// worse; what hangs is left behind.
func TestHang(t *testing.T) {
	in(t, func(t *testing.T) {
		e := &echo{slow: make(chan struct{})}
		w := newWorld(t, e)
		w.start()
		must(t, w.say("a", "m0", "slow"))
		time.Sleep(20 * time.Second)
		if n := e.times("slow"); n != 4 {
			t.Errorf("tried %d times", n)
		}
		if seen := w.seen("a"); len(seen) != 1 || !strings.Contains(seen[0], "Sorry") {
			t.Errorf("seen %q", seen)
		}
		close(e.slow)
		w.stop()
	})
}

// deadly is a store whose tasks have been begun too often already.
type deadly struct{ bot.Store }

func (d deadly) Claim(ctx context.Context, now time.Time, overdue time.Duration) (*bot.Task, error) {
	t, err := d.Store.Claim(ctx, now, overdue)
	if t != nil {
		t.Tries = 4
	}
	return t, err
}

// TestDeadly: a message that ends the program each time is not tried for ever.
func TestDeadly(t *testing.T) {
	in(t, func(t *testing.T) {
		e := &echo{}
		w := newWorld(t, e)
		w.wrap = func(s bot.Store) bot.Store { return deadly{s} }
		w.start()
		defer w.stop()
		must(t, w.say("a", "m0", "stack overflow"))
		time.Sleep(time.Second)
		if seen := w.seen("a"); len(seen) != 1 || !strings.Contains(seen[0], "Sorry") || e.times("stack") != 0 {
			t.Errorf("seen %q, heard %d times", seen, e.times("stack"))
		}
	})
}

// TestConflict: what comes while an answer is being thought of is part of it,
// but who writes without end gets an answer all the same.
func TestConflict(t *testing.T) {
	in(t, func(t *testing.T) {
		e := &echo{slow: make(chan struct{})}
		w := newWorld(t, e)
		w.start()
		defer w.stop()
		must(t, w.say("a", "m0", "slow"))
		synctest.Wait()
		must(t, w.say("a", "m1", "more"))
		close(e.slow)
		time.Sleep(time.Second)
		expect(t, w.seen("a"), "bot m0+m1: 1:slow+more")
	})
	in(t, func(t *testing.T) {
		e := &echo{slow: make(chan struct{})}
		w := newWorld(t, e)
		w.start()
		defer w.stop()
		must(t, w.say("a", "m0", "slow"))
		for i := range 10 {
			synctest.Wait()
			must(t, w.say("a", fmt.Sprint("n", i), "more"))
			e.mu.Lock()
			close(e.slow) // what is being thought of now ends
			e.slow = make(chan struct{})
			e.mu.Unlock()
			time.Sleep(10 * time.Millisecond)
		}
		if len(w.seen("a")) == 0 {
			t.Error("no answer while the merchant goes on writing")
		}
		e.mu.Lock()
		close(e.slow)
		e.slow = nil
		e.mu.Unlock()
	})
}

// TestTakeover: once an agent has said something the bot says nothing more,
// not even what it was thinking of.
func TestTakeover(t *testing.T) {
	in(t, func(t *testing.T) {
		e := &echo{slow: make(chan struct{})}
		w := newWorld(t, e)
		w.start()
		defer w.stop()
		must(t, w.say("a", "m0", "slow"))
		synctest.Wait()
		must(t, w.reply("a", "a0", "我来处理"))
		close(e.slow)
		time.Sleep(time.Second)
		must(t, w.say("a", "m1", "61"))
		time.Sleep(time.Second)
		expect(t, w.seen("a"), "agent a0: 我来处理")
		for _, id := range []string{"m0", "m1"} {
			r, answered, _, err := w.db.Reply(t.Context(), "chat:a", id)
			must(t, err)
			if !answered || r.Decision != bot.Handoff || r.Reason != "agent_owns" || r.Text != "" {
				t.Errorf("%s: answered %v, %+v", id, answered, r)
			}
		}
	})
}

// TestWatchdog: whatever the workers are stuck in, nobody waits without end.
func TestWatchdog(t *testing.T) {
	in(t, func(t *testing.T) {
		e := &echo{slow: make(chan struct{})}
		w := newWorld(t, e)
		w.start()
		for i := range 5 { // more than there are workers
			must(t, w.say(fmt.Sprint("c", i), "m0", "slow"))
		}
		time.Sleep(45 * time.Second)
		for i := range 5 {
			if seen := w.seen(fmt.Sprint("c", i)); len(seen) != 1 {
				t.Errorf("conversation %d sees %q", i, seen)
			}
		}
		close(e.slow)
		w.stop()
	})
}

// TestSend: what each kind of error of a platform leads to.
func TestSend(t *testing.T) {
	cases := map[string]struct {
		faults []string // of the first sends
		posts  int
		within time.Duration
		state  string
	}{
		"busy twice":        {[]string{"busy", "busy"}, 1, 3 * time.Second, ""},
		"never":             {[]string{"never"}, 0, time.Second, "failed"},
		"token":             {[]string{"token"}, 1, 100 * time.Millisecond, ""},
		"token for ever":    {[]string{"token", "token", "token", "token"}, 1, 3 * time.Second, ""},
		"lost":              {[]string{"lost", "lost"}, 1, 10 * time.Second, ""},
		"panic":             {[]string{"panic", "panic"}, 1, 10 * time.Second, ""},
		"arrived unnoticed": {[]string{"no answer"}, 1, 10 * time.Second, ""},
		"too slow":          {[]string{"late"}, 1, 10 * time.Second, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				w := newWorld(t, &echo{})
				first := ""
				w.fault = func(kind, key string, n int) string {
					if first == "" {
						first = key
					}
					if kind == "send" && key == first && n <= len(c.faults) {
						return c.faults[n-1]
					}
					return ""
				}
				w.start()
				defer w.stop()
				must(t, w.say("a", "m0", "61"))
				time.Sleep(c.within)
				must(t, w.say("a", "m1", "62"))
				time.Sleep(10 * time.Second)
				seen := w.seen("a")
				if len(seen) != c.posts+1 || !strings.HasPrefix(seen[len(seen)-1], "bot m1") {
					t.Errorf("seen %q", seen)
				}
				stats, err := w.db.Stats(t.Context(), time.Now())
				must(t, err)
				if stats.Unsent != 0 || (stats.Failed == 1) != (c.state == "failed") {
					t.Errorf("stats %+v", stats)
				}
			})
		})
	}
}

// TestDeadLetter: a platform that is away for a day is not asked for ever.
func TestDeadLetter(t *testing.T) {
	in(t, func(t *testing.T) {
		w := newWorld(t, &echo{})
		w.fault = func(kind, _ string, _ int) string {
			if kind == "send" {
				return "busy"
			}
			return ""
		}
		w.start()
		defer w.stop()
		must(t, w.say("a", "m0", "61"))
		time.Sleep(25 * time.Hour)
		stats, err := w.db.Stats(t.Context(), time.Now())
		must(t, err)
		if stats.Failed != 1 || stats.Unsent != 0 {
			t.Errorf("stats %+v", stats)
		}
	})
}

// TestComeBackLater: a platform that asks for an hour is left alone for a
// while, not asked without pause.
func TestComeBackLater(t *testing.T) {
	in(t, func(t *testing.T) {
		w := newWorld(t, &echo{})
		w.fault = func(string, string, int) string { return "hour" }
		w.start()
		defer w.stop()
		must(t, w.say("a", "m0", "61"))
		time.Sleep(20 * time.Minute)
		w.mu.Lock()
		defer w.mu.Unlock()
		for what, n := range w.calls {
			if n > 2 {
				t.Errorf("%s: %d times in 20 minutes", what, n)
			}
		}
	})
}

// TestRate: a platform that takes one message a second gets no more.
func TestRate(t *testing.T) {
	in(t, func(t *testing.T) {
		w := newWorld(t, &echo{})
		w.manner.Rate, w.manner.Burst = 1, 2
		w.start()
		defer w.stop()
		began := time.Now()
		for i := range 12 {
			must(t, w.say(fmt.Sprint("c", i), "m0", "61"))
		}
		time.Sleep(time.Minute)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.posts) != 12 {
			t.Fatalf("%d posts", len(w.posts))
		}
		for i, p := range w.posts {
			if soonest := began.Add(time.Duration(i-1) * time.Second); p.at.Before(soonest) {
				t.Errorf("post %d at %v, before %v", i, p.at.Sub(began), soonest.Sub(began))
			}
		}
	})
}

// TestParts: a channel with short messages gets several, in order.
func TestParts(t *testing.T) {
	in(t, func(t *testing.T) {
		w := newWorld(t, &echo{})
		w.manner.MaxText = 30
		w.start()
		defer w.stop()
		must(t, w.say("a", "m0", strings.Repeat("刷卡显示", 10)))
		time.Sleep(time.Second)
		var all string
		seen := w.seen("a")
		for _, s := range seen {
			_, part, _ := strings.Cut(s, ": ")
			if len(part) > 30 {
				t.Errorf("a part of %d bytes", len(part))
			}
			all += part
		}
		if len(seen) != 5 || all != "1:"+strings.Repeat("刷卡显示", 10) {
			t.Errorf("seen %q", seen)
		}
	})
}

// TestSticker: a message without words gets words on what to send.
func TestSticker(t *testing.T) {
	in(t, func(t *testing.T) {
		w := newWorld(t, newBot(t))
		w.start()
		defer w.stop()
		must(t, w.say("a", "m0", " "))
		time.Sleep(time.Second)
		if seen := w.seen("a"); len(seen) != 1 || !strings.Contains(seen[0], "61助手") {
			t.Errorf("seen %q", seen)
		}
	})
}

// TestCardOverTwoMessages: neither half stays, and the sender is told.
func TestCardOverTwoMessages(t *testing.T) {
	in(t, func(t *testing.T) {
		w := newWorld(t, newBot(t))
		w.start()
		defer w.stop()
		must(t, w.say("a", "m0", "卡号是 6222 0212"))
		time.Sleep(time.Second)
		must(t, w.say("a", "m1", "3456 7894"))
		time.Sleep(time.Second)
		events, err := w.db.Events(t.Context(), "chat:a", 0, 100)
		must(t, err)
		for _, e := range events {
			if strings.Contains(e.Text.String(), "0212") || strings.Contains(e.Text.String(), "3456") {
				t.Errorf("event %d still says %s", e.ID, e.Text.String())
			}
		}
		if seen := w.seen("a"); len(seen) != 2 || !strings.Contains(seen[1], mask.Notice("zh")) {
			t.Errorf("seen %q", seen)
		}
	})
}

// TestOnThePlatform: what an agent says on the platform itself silences the bot
// and is not shown again; when he ends it the bot begins anew; and words that
// he lets the bot say leave the conversation with the bot.
func TestOnThePlatform(t *testing.T) {
	in(t, func(t *testing.T) {
		w := newWorld(t, &echo{})
		w.start()
		defer w.stop()
		say := func(m bot.Message) {
			m.From = bot.Address{Channel: "chat", Thread: "a"}
			_, err := w.inbox.Receive(t.Context(), bot.Delivery{Channel: "chat", Messages: []bot.Message{m}})
			must(t, err)
			time.Sleep(time.Second)
		}
		say(bot.Message{ID: "m0", Text: mask.Of("61")})
		say(bot.Message{ID: "r0", Role: bot.Robot, Text: mask.Of("换卡")})
		say(bot.Message{ID: "m1", Text: mask.Of("再问")})
		say(bot.Message{ID: "a0", Role: bot.Agent, Text: mask.Of("我来"), Shown: true})
		say(bot.Message{ID: "m2", Text: mask.Of("好")})
		say(bot.Message{ID: "r1", Role: bot.Robot, Text: mask.Of("我看不了图片")})
		say(bot.Message{ID: "r2", Role: bot.Robot, Author: "U1", Text: mask.Of("换卡")})
		say(bot.Message{ID: "a1", Role: bot.Agent, Ends: true, Shown: true})
		say(bot.Message{ID: "m3", Text: mask.Of("又61")})
		expect(t, w.seen("a"), "bot m0: 1:61", "bot r0: 换卡", "bot m1: 2:再问", "bot r2: 换卡", "bot m3: 1:又61")
	})
}
