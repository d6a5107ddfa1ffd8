//go:build soak

package soak

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/channeltest"
)

var (
	loadTime     = flag.Duration("load.time", 10*time.Second, "how long each load lasts")
	loadMessages = flag.Int("load.messages", 0, "send so many messages and watch the memory, instead of the rest of TestLoad")
	loadClients  = flag.Int("load.clients", 64, "conversations at a time at the maximum")
	loadPostgres = flag.Bool("load.postgres", false, "load two bots on the Postgres of DECLINE61_TEST_POSTGRES, and not one on SQLite")
)

// bench is bots that nothing happens to, and their platform.
type bench struct {
	ledger *ledger
	chat   *channeltest.Chat
	bots   fleet
	client *http.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{ledger: newLedger()}
	b.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 300}}
	t.Cleanup(b.client.CloseIdleConnections)
	b.chat = &channeltest.Chat{Signing: signing, Secret: secret, Client: b.client, Stored: b.ledger.stored}
	platform := httptest.NewServer(b.chat)
	t.Cleanup(platform.Close)
	n, database := 1, ""
	if *loadPostgres {
		n, database = 2, freshDatabase(t)
	}
	data := t.TempDir()
	for i := range n {
		p := newProcess(t, filepath.Join(data, fmt.Sprint(i)),
			"DECLINE61_SOAK_PLATFORM_URL="+platform.URL, "DECLINE61_SOAK_SIGNING="+signing, "DECLINE61_SOAK_SECRET="+secret,
			"DECLINE61_DATABASE_URL="+database, "DECLINE61_LOG_LEVEL=error")
		if err := p.start(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		took, ok := p.ready(ctx)
		cancel()
		if !ok {
			t.Fatalf("the bot does not become ready: %s", p.said())
		}
		t.Logf("ready after %v, %.0f MB", brief(took), p.rss())
		b.bots = append(b.bots, p)
	}
	return b
}

// traffic is load without anything unusual.
func (b *bench) traffic(conversations int) traffic {
	return traffic{conversations: conversations, length: 10, unanswered: 1, chat: b.chat, ledger: b.ledger, route: b.bots.route}
}

// settle waits until everything is answered, at most so long, and judges.
func (b *bench) settle(t *testing.T, within time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	for b.ledger.owed() > 0 && time.Since(began) < within {
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(began)
	time.Sleep(500 * time.Millisecond) // for what should not come
	b.ledger.finish()
	if v := b.ledger.verdict(); v != "" {
		t.Error(v)
	}
	return took
}

func TestLoad(t *testing.T) {
	if *loadMessages > 0 {
		t.Run("memory", testMemory)
		return
	}
	t.Run("channel at 100 a second", func(t *testing.T) {
		b := newBench(t)
		steady(t, 100, *loadTime, func(n int) {
			m := channeltest.Message{ID: fmt.Sprint("m", n), Thread: fmt.Sprint("t", n%500), Role: bot.Merchant}
			code := codes[n%len(codes)]
			m.Text = words(code)
			b.ledger.sending(m, code)
			b.traffic(1).deliver(t.Context(), m)
		})
		b.settle(t, 10*time.Second)
		t.Logf("send to acknowledged %v; send to answer %v", &b.ledger.acks, &b.ledger.took)
	})
	t.Run("API at 100 a second", func(t *testing.T) {
		b := newBench(t)
		took, wrong := b.ask(t, func(one func(n int)) { steady(t, 100, *loadTime, one) })
		t.Logf("send to reply %v, %d not answered", took, wrong)
	})
	t.Run("channel at the maximum", func(t *testing.T) {
		b := newBench(t)
		stop := make(chan struct{})
		time.AfterFunc(*loadTime, func() { close(stop) })
		began := time.Now()
		b.traffic(*loadClients).run(t.Context(), stop)
		b.settle(t, 20*time.Second)
		took := time.Since(began) - 500*time.Millisecond
		t.Logf("%d messages, %.0f answered a second; send to acknowledged %v; send to answer %v; %.0f MB",
			b.ledger.messages, float64(b.ledger.messages)/took.Seconds(), &b.ledger.acks, &b.ledger.took, b.bots[0].rss())
	})
	t.Run("API at the maximum", func(t *testing.T) {
		b := newBench(t)
		began, sent := time.Now(), 0
		took, wrong := b.ask(t, func(one func(n int)) {
			var next atomic.Int64
			var all sync.WaitGroup
			for range *loadClients {
				all.Go(func() {
					for time.Since(began) < *loadTime {
						one(int(next.Add(1)))
					}
				})
			}
			all.Wait()
			sent = int(next.Load())
		})
		t.Logf("%d messages, %.0f answered a second; send to reply %v, %d not answered; %.0f MB",
			sent, float64(sent)/time.Since(began).Seconds(), took, wrong, b.bots[0].rss())
	})
	t.Run("storm", func(t *testing.T) {
		const messages, conversations, within = 10_000, 5_000, 10 * time.Second
		b := newBench(t)
		began := time.Now()
		steady(t, messages/int(within.Seconds()), within, func(n int) {
			if n >= messages {
				return
			}
			m := channeltest.Message{ID: fmt.Sprint("m", n), Thread: fmt.Sprint("t", n%conversations), Role: bot.Merchant}
			code := codes[n%len(codes)]
			m.Text = words(code)
			b.ledger.sending(m, code)
			b.traffic(1).deliver(t.Context(), m)
		})
		took := time.Since(began)
		drained := b.settle(t, time.Minute)
		t.Logf("%d messages from %d conversations in %v, the last answer %v later; send to acknowledged %v; send to answer %v",
			b.ledger.messages, conversations, brief(took), brief(drained), &b.ledger.acks, &b.ledger.took)
	})
}

// steady calls one so often a second, whether the calls before have ended or not.
func steady(t *testing.T, rate int, d time.Duration, one func(n int)) {
	var all sync.WaitGroup
	began := time.Now()
	for n := 0; ; n++ {
		at := time.Duration(n) * time.Second / time.Duration(rate)
		if at >= d || t.Context().Err() != nil {
			break
		}
		time.Sleep(time.Until(began.Add(at)))
		all.Go(func() { one(n) })
	}
	all.Wait()
}

// ask sends one message a call through the API, three to a conversation.
func (b *bench) ask(t *testing.T, drive func(one func(n int))) (took *histogram, wrong int) {
	a := &api{fleet: b.bots, ledger: b.ledger, client: b.client}
	took = &histogram{}
	var mu sync.Mutex
	drive(func(n int) {
		id, conversation, code := fmt.Sprint("m", n), fmt.Sprint("c", n%100+n/300*100), codes[n%len(codes)]
		body, _ := json.Marshal(map[string]string{"id": id, "conversation": conversation, "text": words(code)})
		began := time.Now()
		reply, status, _ := a.post(t.Context(), body)
		var r bot.Reply
		_ = json.Unmarshal(reply, &r)
		mu.Lock()
		defer mu.Unlock()
		took.add(time.Since(began))
		if status != http.StatusOK || r.ID != id || r.Text == "" {
			if wrong++; wrong < 5 {
				t.Errorf("%s is answered with %d: %s", id, status, reply)
			}
		}
	})
	return took, wrong
}

// testMemory sends many messages and prints how much memory the bot has.
func testMemory(t *testing.T) {
	b := newBench(t)
	stop := make(chan struct{})
	var all sync.WaitGroup
	began := time.Now()
	all.Go(func() { b.traffic(*loadClients).run(t.Context(), stop) })
	for next := 0; ; time.Sleep(100 * time.Millisecond) {
		b.ledger.mu.Lock()
		n := b.ledger.messages
		b.ledger.mu.Unlock()
		if n >= next {
			t.Logf("%8d messages, %6.0fs: %.1f MB", n, time.Since(began).Seconds(), b.bots[0].rss())
			next += *loadMessages / 10
		}
		if n >= *loadMessages || b.bots[0].rss() == 0 {
			break
		}
	}
	close(stop)
	all.Wait()
	b.settle(t, 20*time.Second)
	t.Logf("%8d messages, %6.0fs: %.1f MB; send to answer %v", b.ledger.messages, time.Since(began).Seconds(), b.bots[0].rss(), &b.ledger.took)
}
