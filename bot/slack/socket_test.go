package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"decline61/bot/slack/slacktest"
)

func TestSocketsTakeInAndAcknowledge(t *testing.T) {
	l := newLine(t, slacktest.Config{}, func(l *line) {
		l.sockets.take = func(_ context.Context, e envelope) (any, bool) {
			if e.Type == kindCommand {
				return map[string]string{"text": "kept"}, true
			}
			return map[string]string{"text": "an answer to what accepts none"}, true
		}
	}).connected(t)
	l.AddUser(slacktest.User{ID: "U1"})
	l.AddChannel(slacktest.Channel{ID: "C1", Members: []string{"U1"}})
	for i := range 20 {
		if ack := l.acknowledged(t, l.say("C1", fmt.Sprint(i))); ack.Tries != 1 {
			t.Errorf("event %d took %d tries", i, ack.Tries)
		}
	}
	ack := l.acknowledged(t, l.Command("U1", "C1", "61"))
	if got := string(ack.Payload); got != `{"text":"kept"}` {
		t.Errorf("the command was answered %q", got)
	}
	if got := l.Complaints(); len(got) > 0 {
		t.Errorf("Slack complains: %q", got)
	}
	if n := len(l.taken()); n != 21 {
		t.Errorf("%d taken in, want 21", n)
	}
	if err := l.sockets.well(); err != nil {
		t.Errorf("not well: %v", err)
	}
	l.cancel()
	if err := l.end(t); !errors.Is(err, context.Canceled) {
		t.Errorf("run ended with %v", err)
	}
	if err := l.sockets.well(); err == nil {
		t.Error("well after its end")
	}
}

// Slack drops large acknowledgements without a word, and the person who typed
// the command would be told that it failed.
func TestSocketsAnAnswerThatIsTooLargeIsLeftOut(t *testing.T) {
	l := newLine(t, slacktest.Config{}, func(l *line) {
		l.sockets.take = func(_ context.Context, e envelope) (any, bool) {
			n := 2 * mostAck
			if strings.Contains(string(e.Payload), "just fits") {
				n = mostAck - 100
			}
			return map[string]string{"text": strings.Repeat("x", n)}, true
		}
	}).connected(t)
	l.AddUser(slacktest.User{ID: "U1"})
	l.AddChannel(slacktest.Channel{ID: "C1", Members: []string{"U1"}})
	for text, want := range map[string]bool{"too large": false, "just fits": true} {
		if ack := l.acknowledged(t, l.Command("U1", "C1", text)); (len(ack.Payload) > mostAck/2) != want {
			t.Errorf("%s: %d bytes came with the acknowledgement", text, len(ack.Payload))
		}
	}
	if got := l.Complaints(); len(got) > 0 {
		t.Errorf("Slack complains: %q", got)
	}
	if n := l.sockets.counts.oversize.Load(); n != 1 {
		t.Errorf("%d answers counted as too large, want 1", n)
	}
}

func TestSocketsKeepTheOrderOfAThread(t *testing.T) {
	const threads, each = 10, 20
	l := newLine(t, slacktest.Config{}, func(l *line) {
		l.sockets.take = func(_ context.Context, e envelope) (any, bool) {
			n, _ := strconv.Atoi(e.ID)
			time.Sleep(time.Duration(n*7919%5) * time.Millisecond)
			return nil, true
		}
	}).connected(t)
	socket := l.Sockets()[0]
	for n := range threads * each {
		thread := fmt.Sprint("C", n%threads)
		socket.Send(map[string]any{
			"type": kindEvent, "envelope_id": strconv.Itoa(n),
			"payload": map[string]any{"event": map[string]any{"type": "message", "channel": thread, "text": fmt.Sprintf("%s %04d", thread, n)}},
		})
	}
	l.soon(t, "all to be taken in", func() bool { return len(l.taken()) == threads*each })
	last := map[string]string{}
	for _, text := range l.taken() {
		thread, _, _ := strings.Cut(text, " ")
		if text < last[thread] {
			t.Errorf("%q was taken in after %q", text, last[thread])
		}
		last[thread] = text
	}
}

// Messages come all the time while Slack renews one connection after the
// other. Each is acknowledged at its first delivery, also those that come over
// a connection whose end is announced, and there is always one to come over.
func TestSocketsRefreshWithoutAGap(t *testing.T) {
	l := newLine(t, slacktest.Config{}, nil).connected(t)
	var closing sync.RWMutex // what Slack sends into a connection that it closes, nobody can acknowledge
	var all sync.WaitGroup
	stop := make(chan struct{})
	var said atomic.Int64
	for n := range 8 {
		all.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				closing.RLock()
				ack := l.acknowledged(t, l.say(fmt.Sprint("C", n), fmt.Sprint(n, " ", i)))
				closing.RUnlock()
				said.Add(1)
				if ack.Tries != 1 {
					t.Errorf("message %d of %d was delivered %d times", i, n, ack.Tries)
				}
			}
		})
	}
	for range 3 {
		for _, old := range l.Sockets() {
			before, count := l.SocketsEver(), said.Load()
			old.Disconnect("warning")
			l.soon(t, "the replacement", func() bool { return l.SocketsEver() == before+1 })
			l.soon(t, "messages over all three", func() bool { return said.Load() > count+30 })
			if n := len(l.Sockets()); n != seats+1 {
				t.Errorf("%d connections while one is replaced, want %d: the old one is to be left to Slack", n, seats+1)
			}
			closing.Lock()
			old.Disconnect("refresh_requested")
			old.Close(1000)
			closing.Unlock()
			l.soon(t, "the end of the old one", func() bool { return len(l.Sockets()) == seats })
		}
	}
	close(stop)
	all.Wait()
	seen := map[string]bool{}
	for _, text := range l.taken() {
		if seen[text] {
			t.Errorf("%q was taken in twice", text)
		}
		seen[text] = true
	}
	if int64(len(seen)) != said.Load() {
		t.Errorf("%d taken in, %d were said", len(seen), said.Load())
	}
	t.Logf("%d messages during 6 renewals", said.Load())
}

// Slack closes what it has announced, but one that it forgets must not count
// against the ten that an app may have.
func TestSocketsAReplacedConnectionIsClosedInTheEnd(t *testing.T) {
	l := newLine(t, slacktest.Config{}, func(l *line) { l.sockets.timing.linger = 50 * time.Millisecond }).connected(t)
	l.Sockets()[0].Disconnect("warning")
	l.soon(t, "the replacement", func() bool { return l.SocketsEver() == seats+1 })
	l.soon(t, "the end of the old one", func() bool { return len(l.Sockets()) == seats })
	if n := l.sockets.counts.connections.Load(); n != seats+1 {
		t.Errorf("%d connections counted, want %d", n, seats+1)
	}
}

// The connection over which a message came is gone when it is kept at last.
// Another one tells Slack.
func TestSocketsALateAcknowledgementGoesOverAnotherConnection(t *testing.T) {
	release := make(chan struct{})
	l := newLine(t, slacktest.Config{SameEnvelope: true, Retries: []time.Duration{50 * time.Millisecond}}, func(l *line) {
		l.sockets.take = func(_ context.Context, e envelope) (any, bool) {
			<-release
			return nil, e.RetryAttempt == 0 // the redelivery never says anything, so that only the first can
		}
		l.sockets.key = func(e envelope) string { return "" }
	}).connected(t)
	d := l.say("C1", "61")
	l.soon(t, "the message", func() bool { return l.busy() == 1 })
	old := l.Sockets()
	for _, s := range old {
		s.Close(1006)
	}
	l.soon(t, "new connections", func() bool { return l.SocketsEver() == 2*seats })
	l.soon(t, "the redelivery", func() bool { return l.busy() == 2 })
	close(release)
	if ack := l.acknowledged(t, d); ack.Tries != 2 {
		t.Errorf("acknowledged at try %d, want 2", ack.Tries)
	}
	if n := l.sockets.counts.unsent.Load(); n != 0 {
		t.Errorf("%d acknowledgements found no connection", n)
	}
}

func TestSocketsQueueFullLeavesTheRestToSlack(t *testing.T) {
	release := make(chan struct{})
	l := newLine(t, slacktest.Config{Patience: 100 * time.Millisecond, Retries: slices.Repeat([]time.Duration{20 * time.Millisecond}, 100)},
		func(l *line) {
			l.sockets.most, l.sockets.workers = 3, 1
			l.sockets.take = func(context.Context, envelope) (any, bool) { <-release; return nil, true }
		}).connected(t)
	var all []*slacktest.Delivery
	for i := range 10 {
		all = append(all, l.say(fmt.Sprint("C", i), fmt.Sprint(i)))
	}
	l.soon(t, "refusals", func() bool { return l.sockets.counts.refused.Load() > 20 })
	close(release)
	for _, d := range all {
		l.acknowledged(t, d)
	}
	if n := l.SocketsEver(); n != seats {
		t.Errorf("there were %d connections, want %d: nobody but the taker waits", n, seats)
	}
}

func TestSocketsPanicIsContained(t *testing.T) {
	l := newLine(t, slacktest.Config{Patience: 50 * time.Millisecond}, func(l *line) {
		l.sockets.take = func(_ context.Context, e envelope) (any, bool) {
			if eventOf(e.Payload).Text == "poison" {
				panic("poison")
			}
			return nil, true
		}
	}).connected(t)
	poison := l.say("C1", "poison")
	if ack := l.acknowledged(t, poison); ack.Tries != lastRetry+1 {
		t.Errorf("the poison was acknowledged at try %d, want the last, %d", ack.Tries, lastRetry+1)
	}
	l.acknowledged(t, l.say("C1", "61"))
	if n := l.sockets.counts.panics.Load(); n != lastRetry+1 {
		t.Errorf("%d panics counted, want %d", n, lastRetry+1)
	}
}

// What was begun when the program is told to stop is acknowledged exactly if
// it was kept.
func TestSocketsStopUnderLoad(t *testing.T) {
	l := newLine(t, slacktest.Config{Retries: []time.Duration{}}, func(l *line) {
		l.sockets.take = func(context.Context, envelope) (any, bool) { time.Sleep(20 * time.Millisecond); return nil, true }
	}).connected(t)
	all := map[string]*slacktest.Delivery{}
	for i := range 300 {
		text := fmt.Sprint("message ", i)
		all[text] = l.say(fmt.Sprint("C", i%50), text)
	}
	l.soon(t, "half of them", func() bool { return len(l.taken()) > 100 })
	l.cancel()
	l.end(t)
	took := l.taken()
	if len(took) == len(all) {
		t.Fatal("all were taken in before the end: nothing is shown")
	}
	acked := 0
	for text, d := range all {
		ack := d.Wait(t.Context())
		if ack.Acknowledged {
			acked++
		}
		if kept := slices.Contains(took, text); kept != ack.Acknowledged {
			t.Errorf("%s: kept %t, acknowledged %t", text, kept, ack.Acknowledged)
		}
	}
	t.Logf("%d of %d taken in and acknowledged", acked, len(all))
}

// During a long outage Slack is asked at most every so often, by nobody at the
// same moment as the last time, and for ever.
func TestSocketsBackOffDuringALongOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var asked []time.Time
		s := &sockets{
			seats: 1, log: (&written{}).logger(),
			open: func(context.Context) (string, error) {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, time.Now())
				return "", errors.New("down")
			},
		}
		ctx, cancel := context.WithTimeout(t.Context(), 6*time.Hour)
		defer cancel()
		if err := s.run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("it gave up: %v", err)
		}
		pauses := map[time.Duration]bool{}
		for i := 1; i < len(asked); i++ {
			pause := asked[i].Sub(asked[i-1])
			pauses[pause] = true
			if pause < usual.apart || pause > usual.longest {
				t.Fatalf("pause %d is %v, want between %v and %v", i, pause, usual.apart, usual.longest)
			}
			if i > 10 && pause < usual.longest/2 {
				t.Fatalf("pause %d is %v: it is to be slow by now", i, pause)
			}
		}
		if len(asked) < 6*60*2 || len(pauses) < len(asked)/2 {
			t.Errorf("asked %d times in 6 hours with %d different pauses", len(asked), len(pauses))
		}
	})
}

// Whatever happens, nobody at Slack counts more calls of apps.connections.open
// than its strictest reading of the limit allows over the first minutes: two
// seats fail side by side.
func TestSocketsStayBelowTheLimitOfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var asked []time.Time
		s := &sockets{log: (&written{}).logger(), open: func(context.Context) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, time.Now())
			return "", errors.New("down")
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_ = s.run(ctx) // ends with ctx
		for i, at := range asked {
			if i > 0 && at.Sub(asked[i-1]) < usual.apart {
				t.Fatalf("call %d comes %v after the last one", i, at.Sub(asked[i-1]))
			}
			if n := i - 20; n >= 0 && at.Sub(asked[n]) < time.Minute {
				t.Fatalf("more than 20 calls in a minute")
			}
		}
	})
}

// Once the operator has mended what was hopeless, it runs again.
func TestSocketsRunAgain(t *testing.T) {
	l := newLine(t, slacktest.Config{}, func(l *line) {
		l.Fail("apps.connections.open", slacktest.Fault{Code: "invalid_auth", Times: -1})
	})
	if err := l.end(t); err == nil {
		t.Fatal("it did not end")
	}
	if err := l.sockets.well(); err == nil {
		t.Error("well although it ended")
	}
	l.Heal()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error)
	go func() { done <- l.sockets.run(ctx) }()
	l.connected(t).acknowledged(t, l.say("C1", "61"))
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("run ended with %v", err)
	}
}

func TestSocketsWell(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := &sockets{now: func() time.Time { return now }}
	if err := s.well(); err == nil || !strings.Contains(err.Error(), "yet") {
		t.Errorf("before the first connection: %v", err)
	}
	s.note(errors.New("the cable is cut"))
	if err := s.well(); err == nil || !strings.Contains(err.Error(), "the cable is cut") {
		t.Errorf("without a connection: %v", err)
	}
	old, young := &connection{}, &connection{}
	old.last.Store(now.Add(-time.Hour).UnixNano())
	young.last.Store(now.UnixNano())
	s.add(old)
	if err := s.well(); err == nil || !strings.Contains(err.Error(), "silent") {
		t.Errorf("with a silent connection: %v", err)
	}
	s.add(young)
	if err := s.well(); err != nil {
		t.Errorf("with one that lives: %v", err)
	}
}

func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"type":"hello","num_connections":1}`, `{"type":"disconnect","reason":"warning"}`,
		`{"type":"events_api","envelope_id":"1","payload":{"event":{"type":"message","channel":"C1"}},"accepts_response_payload":false,"retry_attempt":1,"retry_reason":"timeout"}`,
		`{"type":"interactive","envelope_id":"1","payload":[],"retry_attempt":"1"}`, `{"type":7,"envelope_id":{}}`,
		`{"type":"x"}`, `null`, `[]`, ``, `{`, "\xff", `{"type":"events_api","envelope_id":"1","payload":`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decodeFrame(data)
		if err != nil {
			if got.Type != "" || got.ID != "" {
				t.Fatalf("an error, and an envelope as well: %+v", got)
			}
			return
		}
		if got.Type == "" || got.ID == "" && got.Type != "hello" && got.Type != "disconnect" {
			t.Fatalf("neither an error nor something to act on: %+v", got)
		}
		if len(got.Payload) > 0 && !json.Valid(got.Payload) {
			t.Fatalf("a payload that is no JSON: %q", got.Payload)
		}
		threadOf(got.Type, got.Payload)
		ack, err := json.Marshal(acknowledgement{ID: got.ID})
		if err != nil || !json.Valid(ack) {
			t.Fatalf("cannot be acknowledged: %v", err)
		}
	})
}
