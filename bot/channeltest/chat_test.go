package channeltest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
)

// setup opens Chat and its channel; wrong may put something around the channel.
func setup(wrong func(*ChatChannel, *Chat) bot.Channel) Setup {
	return Setup{
		Threads: [2]string{"t1", "t2"},
		Open: func(t testing.TB) (bot.Channel, Platform) {
			chat := &Chat{Signing: "signing-key-1", Secret: "app-secret-1", Delay: 5 * time.Second}
			far := httptest.NewServer(chat)
			inner := NewChannel(Config{Name: "chat", URL: far.URL, Signing: chat.Signing, Secret: chat.Secret, Timeout: 300 * time.Millisecond})
			channel := bot.Channel(inner)
			if wrong != nil {
				channel = wrong(inner, chat)
			}
			near := httptest.NewServer(channel.(http.Handler))
			chat.Webhook, chat.Client = near.URL, near.Client()
			t.Cleanup(func() {
				inner.client.CloseIdleConnections()
				near.Close()
				far.Close()
			})
			return channel, chat
		},
	}
}

func TestChat(t *testing.T) { Run(t, setup(nil)) }

// trial notes failures instead of failing.
type trial struct {
	testing.TB
	mu     sync.Mutex
	failed []string
}

func (t *trial) Helper() {}

func (t *trial) note(s string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = append(t.failed, s)
}

func (t *trial) Error(args ...any)            { t.note(fmt.Sprint(args...)) }
func (t *trial) Errorf(f string, args ...any) { t.note(fmt.Sprintf(f, args...)) }
func (t *trial) Fatal(args ...any)            { t.Error(args...); runtime.Goexit() }
func (t *trial) Fatalf(f string, args ...any) { t.Errorf(f, args...); runtime.Goexit() }

// wrong is a channel with one method replaced.
type wrong struct {
	*ChatChannel
	manner  func() bot.Manner
	run     func(context.Context, bot.Inbox) error
	send    func(context.Context, bot.Outgoing) (bot.Receipt, error)
	find    func(context.Context, bot.Outgoing) (bot.Receipt, bool, error)
	recover func(context.Context, bot.Class, bot.Outgoing) (bot.Outgoing, error)
	serve   http.HandlerFunc
}

func (w *wrong) Manner() bot.Manner {
	if w.manner != nil {
		return w.manner()
	}
	return w.ChatChannel.Manner()
}

func (w *wrong) Run(ctx context.Context, in bot.Inbox) error {
	if w.run != nil {
		return w.run(ctx, in)
	}
	return w.ChatChannel.Run(ctx, in)
}

func (w *wrong) Send(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
	if w.send != nil {
		return w.send(ctx, o)
	}
	return w.ChatChannel.Send(ctx, o)
}

func (w *wrong) Find(ctx context.Context, o bot.Outgoing) (bot.Receipt, bool, error) {
	if w.find != nil {
		return w.find(ctx, o)
	}
	return w.ChatChannel.Find(ctx, o)
}

func (w *wrong) Recover(ctx context.Context, c bot.Class, o bot.Outgoing) (bot.Outgoing, error) {
	if w.recover != nil {
		return w.recover(ctx, c, o)
	}
	return w.ChatChannel.Recover(ctx, c, o)
}

func (w *wrong) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if w.serve != nil {
		w.serve(rw, r)
		return
	}
	w.ChatChannel.ServeHTTP(rw, r)
}

// through is an inbox with something done to each delivery on its way.
type through struct {
	bot.Inbox
	receive func(context.Context, bot.Delivery) ([]bot.Received, error)
}

func (t through) Receive(ctx context.Context, d bot.Delivery) ([]bot.Received, error) {
	return t.receive(ctx, d)
}

// meddle makes a channel whose deliveries pass through f.
func meddle(f func(next bot.Inbox, ctx context.Context, d bot.Delivery) ([]bot.Received, error)) func(*ChatChannel, *Chat) bot.Channel {
	return func(c *ChatChannel, _ *Chat) bot.Channel {
		return &wrong{ChatChannel: c, run: func(ctx context.Context, in bot.Inbox) error {
			return c.Run(ctx, through{in, func(ctx context.Context, d bot.Delivery) ([]bot.Received, error) { return f(in, ctx, d) }})
		}}
	}
}

// each makes a channel that changes each message on its way in.
func each(f func(*bot.Message)) func(*ChatChannel, *Chat) bot.Channel {
	return meddle(func(next bot.Inbox, ctx context.Context, d bot.Delivery) ([]bot.Received, error) {
		f(&d.Messages[0])
		return next.Receive(ctx, d)
	})
}

// sending makes a channel with another Send.
func sending(f func(*ChatChannel, context.Context, bot.Outgoing) (bot.Receipt, error)) func(*ChatChannel, *Chat) bot.Channel {
	return func(c *ChatChannel, _ *Chat) bot.Channel {
		return &wrong{ChatChannel: c, send: func(ctx context.Context, o bot.Outgoing) (bot.Receipt, error) { return f(c, ctx, o) }}
	}
}

// TestSuiteFails: every check can fail, each on a channel that is wrong in the
// way that it is there to find.
func TestSuiteFails(t *testing.T) {
	var last struct {
		sync.Mutex
		n int
	}
	type variant struct {
		wrong string
		check string
		make  func(*ChatChannel, *Chat) bot.Channel
	}
	variants := []variant{
		{"no name", "manner", func(c *ChatChannel, _ *Chat) bot.Channel {
			return &wrong{ChatChannel: c, manner: func() bot.Manner { return bot.Manner{} }}
		}},
		{"no id", "received", each(func(m *bot.Message) { m.ID = "" })},
		{"role of everybody is merchant", "agent", each(func(m *bot.Message) { m.Role = bot.Merchant })},
		{"does not say what was masked", "masked", each(func(m *bot.Message) { m.Found = bot.Message{}.Found })},
		{"a new id each time", "redelivered", each(func(m *bot.Message) {
			last.Lock()
			defer last.Unlock()
			last.n++
			m.ID = fmt.Sprint(last.n)
		})},
		{"drops what is older", "reordered", func(c *ChatChannel, chat *Chat) bot.Channel {
			newest := ""
			return meddle(func(next bot.Inbox, ctx context.Context, d bot.Delivery) ([]bot.Received, error) {
				if d.Messages[0].ID < newest {
					return nil, nil
				}
				newest = d.Messages[0].ID
				return next.Receive(ctx, d)
			})(c, chat)
		}},
		{"one thread for all", "reordered", each(func(m *bot.Message) { m.From.Thread = "t" })},
		{"drops when two come at once", "concurrent", func(c *ChatChannel, chat *Chat) bot.Channel {
			var one sync.Mutex
			return meddle(func(next bot.Inbox, ctx context.Context, d bot.Delivery) ([]bot.Received, error) {
				if !one.TryLock() {
					return nil, nil
				}
				defer one.Unlock()
				time.Sleep(time.Millisecond)
				return next.Receive(ctx, d)
			})(c, chat)
		}},
		{"acknowledges first", "acknowledged after receive", meddle(func(next bot.Inbox, ctx context.Context, d bot.Delivery) ([]bot.Received, error) {
			go next.Receive(context.WithoutCancel(ctx), d)
			return nil, nil
		})},
		{"acknowledges what was refused", "refused is repeated", meddle(func(next bot.Inbox, ctx context.Context, d bot.Delivery) ([]bot.Received, error) {
			got, _ := next.Receive(ctx, d)
			return got, nil
		})},
		{"remembers ids of what was refused", "refused is repeated", func(c *ChatChannel, chat *Chat) bot.Channel {
			var seen sync.Map
			return meddle(func(next bot.Inbox, ctx context.Context, d bot.Delivery) ([]bot.Received, error) {
				if _, again := seen.LoadOrStore(d.Messages[0].ID, true); again {
					return nil, nil
				}
				return next.Receive(ctx, d)
			})(c, chat)
		}},
		{"acknowledges while nobody listens", "nothing before and after run", func(c *ChatChannel, _ *Chat) bot.Channel {
			return &wrong{ChatChannel: c, serve: func(w http.ResponseWriter, r *http.Request) {
				c.mu.Lock()
				in := c.inbox
				c.mu.Unlock()
				if in != nil {
					c.ServeHTTP(w, r)
				}
			}}
		}},
		{"believes everybody", "forged", func(c *ChatChannel, _ *Chat) bot.Channel {
			return &wrong{ChatChannel: c, serve: func(w http.ResponseWriter, r *http.Request) {
				c.ServeHTTP(httptest.NewRecorder(), r)
				w.WriteHeader(http.StatusOK)
			}}
		}},
		{"refuses long messages", "over-long in", func(c *ChatChannel, _ *Chat) bot.Channel {
			return &wrong{ChatChannel: c, serve: func(w http.ResponseWriter, r *http.Request) {
				r.Body = http.MaxBytesReader(w, r.Body, 4096)
				c.ServeHTTP(w, r)
			}}
		}},
		{"never ends", "run ends", func(c *ChatChannel, _ *Chat) bot.Channel {
			return &wrong{ChatChannel: c, run: func(ctx context.Context, in bot.Inbox) error {
				_ = c.Run(ctx, in)
				time.Sleep(1200 * time.Millisecond)
				return nil
			}}
		}},
		{"sends elsewhere", "shown", sending(func(c *ChatChannel, ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
			o.To.Thread = "t2"
			return c.Send(ctx, o)
		})},
		{"cuts long texts", "over-long out", sending(func(c *ChatChannel, ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
			if o.Text.Len() > 1000 {
				o.Text = bot.Outgoing{}.Text
			}
			return c.Send(ctx, o)
		})},
		{"knows no classes", "classes", sending(func(c *ChatChannel, ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
			got, err := c.Send(ctx, o)
			if err != nil {
				err = errors.New("sending failed")
			}
			return got, err
		})},
		{"tells its token", "discreet errors", sending(func(c *ChatChannel, ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
			got, err := c.Send(ctx, o)
			if err != nil {
				err = fmt.Errorf("with token %s: %w", c.token, err)
			}
			return got, err
		})},
		{"tells what was said", "discreet errors", sending(func(c *ChatChannel, ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
			got, err := c.Send(ctx, o)
			if err != nil {
				err = fmt.Errorf("sending %q: %w", o.Text.String(), err)
			}
			return got, err
		})},
		{"tries again by itself", "unknown outcome", sending(func(c *ChatChannel, ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
			if _, err := c.Send(ctx, o); err == nil {
				return bot.Receipt{}, nil
			}
			return c.Send(ctx, o)
		})},
		{"never finds", "unknown outcome", func(c *ChatChannel, _ *Chat) bot.Channel {
			return &wrong{ChatChannel: c, find: func(context.Context, bot.Outgoing) (bot.Receipt, bool, error) { return bot.Receipt{}, false, nil }}
		}},
		{"finds anything", "find takes no other", func(c *ChatChannel, _ *Chat) bot.Channel {
			return &wrong{ChatChannel: c, find: func(context.Context, bot.Outgoing) (bot.Receipt, bool, error) {
				return bot.Receipt{ID: "p1"}, true, nil
			}}
		}},
		{"takes no answer for a no", "find that cannot look", func(c *ChatChannel, _ *Chat) bot.Channel {
			return &wrong{ChatChannel: c, find: func(ctx context.Context, o bot.Outgoing) (bot.Receipt, bool, error) {
				got, found, _ := c.Find(ctx, o)
				return got, found, nil
			}}
		}},
		{"recovers nothing", "recovers", func(c *ChatChannel, _ *Chat) bot.Channel {
			return &wrong{ChatChannel: c, recover: func(_ context.Context, _ bot.Class, o bot.Outgoing) (bot.Outgoing, error) { return o, nil }}
		}},
		{"does not look at the clock", "deadline", sending(func(c *ChatChannel, ctx context.Context, o bot.Outgoing) (bot.Receipt, error) {
			defer time.Sleep(1200 * time.Millisecond)
			return c.Send(ctx, o)
		})},
	}
	for _, c := range checks {
		if !slices.ContainsFunc(variants, func(v variant) bool { return v.check == c.name }) {
			t.Errorf("no channel is wrong in a way that %q finds", c.name)
		}
	}
	for _, v := range variants {
		t.Run(v.check+"/"+v.wrong, func(t *testing.T) {
			t.Parallel()
			for _, c := range checks {
				if c.name != v.check {
					continue
				}
				attempt := &trial{TB: t}
				done := make(chan struct{})
				go func() {
					defer close(done)
					c.run(attempt, setup(v.make))
				}()
				<-done
				if len(attempt.failed) == 0 {
					t.Errorf("a channel that %s passes", v.wrong)
				}
				t.Log(strings.Join(attempt.failed, "\n"))
				return
			}
			t.Fatal("there is no such check")
		})
	}
}
