package soak

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/channeltest"
)

// tiny is a bot in a few lines, correct as long as it lives. Traffic and ledger
// are tried on it, and on what wrong makes of it.
type tiny struct {
	channel *channeltest.ChatChannel
	wrong   string

	mu    sync.Mutex
	seen  map[string]bool
	queue map[string]chan bot.Message
	agent map[string]bool
	all   sync.WaitGroup
	n     int
}

func (b *tiny) Receive(ctx context.Context, d bot.Delivery) ([]bot.Received, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := d.Messages[0]
	if b.seen[m.ID] && b.wrong != "answers repeated messages" {
		return []bot.Received{{Duplicate: true}}, nil
	}
	b.seen[m.ID] = true
	if b.n++; b.wrong == "forgets" && b.n%50 == 0 {
		return []bot.Received{{}}, nil
	}
	q := b.queue[m.From.Thread]
	if q == nil {
		q = make(chan bot.Message, 1000)
		b.queue[m.From.Thread] = q
		b.all.Go(func() { b.answer(ctx, q) })
	}
	q <- m
	return []bot.Received{{}}, nil
}

func (b *tiny) Cursor(context.Context, string, string) (string, error) { return "", nil }

func (b *tiny) answer(ctx context.Context, q chan bot.Message) {
	ctx = context.WithoutCancel(ctx)
	for {
		select {
		case m := <-q:
			if b.wrong == "swaps" {
				select {
				case next := <-q:
					b.say(ctx, next)
				case <-time.After(20 * time.Millisecond):
				}
			}
			b.say(ctx, m)
		case <-time.After(300 * time.Millisecond):
			return
		}
	}
}

func (b *tiny) say(ctx context.Context, m bot.Message) {
	b.mu.Lock()
	owned := b.agent[m.From.Thread]
	if m.Role == bot.Agent {
		b.agent[m.From.Thread] = true
	}
	b.mu.Unlock()
	if owned && m.Role != bot.Agent && b.wrong != "talks over agents" {
		return
	}
	o := bot.Outgoing{Key: m.ID, Role: bot.Robot, Text: m.Text, Answers: []string{m.ID}, To: m.From}
	if m.Role == bot.Agent {
		o.Role = bot.Agent
	}
	if b.wrong == "says the same to all" {
		o.Text = bot.Message{}.Text
	}
	for {
		if _, err := b.channel.Send(ctx, o); err == nil {
			return
		}
		_, _ = b.channel.Recover(ctx, bot.NeedsCredentials, o)
		if b.wrong == "does not look" {
			continue
		}
		for {
			_, found, err := b.channel.Find(ctx, o)
			if found {
				return
			}
			if err == nil {
				break
			}
		}
	}
}

// TestTiny: traffic that a correct bot answers is found correct, and what each
// wrong bot does wrong is found.
func TestTiny(t *testing.T) {
	for wrong, want := range map[string]string{
		"":                          "",
		"answers repeated messages": "double",
		"forgets":                   "lost",
		"swaps":                     "out of order",
		"talks over agents":         "over agent",
		"says the same to all":      "wrong text",
		"does not look":             "double",
	} {
		t.Run(fmt.Sprintf("%q", wrong), func(t *testing.T) {
			t.Parallel()
			l, mess := newLedger(), usualMischief()
			mess.tooFast, mess.slow = 0, 0
			chat := &channeltest.Chat{Signing: "s1", Secret: "s2", Fault: mess.fault, Stored: l.stored}
			far := httptest.NewServer(chat)
			defer far.Close()
			b := &tiny{wrong: wrong, seen: map[string]bool{}, queue: map[string]chan bot.Message{}, agent: map[string]bool{}}
			b.channel = channeltest.NewChannel(channeltest.Config{Name: "soak", URL: far.URL, Signing: chat.Signing, Secret: chat.Secret})
			near := httptest.NewServer(b.channel)
			defer near.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			go b.channel.Run(ctx, b)

			chat.Webhook, chat.Client = near.URL, near.Client()
			tr := usual()
			tr.conversations, tr.chat, tr.ledger = 10, chat, l
			tr.route = func(context.Context) string { return near.URL }
			stop := make(chan struct{})
			time.AfterFunc(500*time.Millisecond, func() { close(stop) })
			tr.run(ctx, stop)
			for began := time.Now(); l.owed() > 0 && time.Since(began) < time.Second; {
				time.Sleep(20 * time.Millisecond)
			}
			b.all.Wait()
			l.finish()
			if wrong == "" && l.verdict() != "" || wrong != "" && l.count(want) == 0 {
				t.Errorf("want %q, found:\n%s", want, l.verdict())
			}
			t.Logf("%d messages, %d duplicates; %v", l.messages, l.duplicates, mess)
		})
	}
}
