package wecomtest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"decline61/bot"
	"decline61/bot/channeltest"
)

// Platform is one way into a [WeCom] as channeltest sees it. [WeCom.KfPlatform],
// [WeCom.AppPlatform] and [WeCom.BotPlatform] make one; the fields may be set
// before its first use.
type Platform struct {
	// Split takes the channel's Thread apart, into an account and a customer, a
	// chat and a member, or nothing and a member. Join is the way back.
	Split func(thread string) (place, person string)
	Join  func(place, person string) string
	// Greet are threads in which somebody writes to the AI bot along with the
	// first message that it acknowledges: by the callback's way it has no other
	// chance to say something there, and over the long connection its next
	// answer there is a stream instead of a push.
	Greet []string
	// Cannot are faults that the channel is not to be tried with.
	Cannot []channeltest.Fault
	// Again is how often the client itself tries again with a new token.
	Again int

	w    *WeCom
	kind string // as conversations begin with it
	met  bool   // those of Greet have written
	kept map[string]bool
}

var _ channeltest.Platform = (*Platform)(nil)

// KfPlatform is 微信客服. A thread is account/customer. Setup.Keyed is true: a
// msgid is taken once. A message counts as acknowledged when the bot has asked
// for what comes after it; until then it is told again and again that there is
// something. Everybody in threads has written before, so that they can be
// written to; accounts that are not there are added.
//
// The platform has no answer that says when to come back, so there is no
// channeltest.TooFast.
func (w *WeCom) KfPlatform(threads ...string) *Platform {
	p := &Platform{w: w, kind: "kf", Again: 1, Split: splitKf, Join: func(account, customer string) string { return account + "/" + customer }}
	for _, t := range threads {
		account, customer := p.Split(t)
		w.set(func() {
			a := w.kf.accounts[account]
			if a == nil {
				a = newDesk(Account{ID: account, Name: account})
				w.kf.accounts[account] = a
			}
			s := w.session(a, customer)
			s.Wrote, s.Quota = w.now(), quota
			w.enter(a, customer, s, Unhandled, "")
		})
	}
	return p
}

func splitKf(thread string) (account, customer string) {
	account, customer, _ = strings.Cut(thread, "/")
	return account, customer
}

// AppPlatform is the self-built application. A thread is a member's id.
// Setup.Keyed is true for a channel that sets enable_duplicate_check, and
// Setup.NoAgents too. There is no TooFast, Moved and Closed.
func (w *WeCom) AppPlatform(members ...string) *Platform {
	for _, m := range members {
		w.AddMember(m)
	}
	return &Platform{
		w: w, kind: "app", Again: 1,
		Split: func(thread string) (string, string) { return "", thread },
		Join:  func(_, member string) string { return member },
	}
}

// BotPlatform is the AI bot, by the way that is set up. A thread is a member's
// id, or group/member; everybody in threads has written before, and groups that
// are not there are made. In a group, a push is to nobody, and its thread the
// group alone. Setup.NoAgents is true, and Setup.Keyed where all answers are
// streams: the same one again changes nothing.
//
// By the callback, a message is acknowledged by a 200. Over the long connection
// there is no such thing; what counts is the first frame of an answer. By both,
// an answer that is finished at once says that the message was not kept ("please
// send this again") and acknowledges nothing. A receipt's id is the stream's, or
// "" for a push.
//
// Over the long connection there is Cut, Refused and Closed, and Slow where
// Greet makes the answer a stream: nothing can tell whether a push has arrived.
// By the callback nothing is sent by the bot, and so nothing fails.
//
// The suite writes faster than people do: what one chat may be sent in a minute
// is lifted.
func (w *WeCom) BotPlatform(threads ...string) *Platform {
	p := &Platform{
		w: w, kind: "bot", kept: map[string]bool{},
		Split: func(thread string) (string, string) {
			if group, member, ok := strings.Cut(thread, "/"); ok {
				return group, member
			}
			return thread, thread
		},
		Join: func(chat, member string) string {
			if member == "" || member == chat {
				return chat
			}
			return chat + "/" + member
		},
	}
	w.set(func() { w.config.ChatMinute = 1000 })
	for _, t := range threads {
		place, person := p.Split(t)
		w.AddMember(person)
		if place != person {
			w.AddGroup(place, person)
		}
		w.set(func() {
			if c := w.chatOf(place, person); c != nil {
				c.wrote = w.now()
			}
		})
	}
	return p
}

// Posts are what people see of the bot, streams when they are finished.
func (p *Platform) Posts() []channeltest.Post {
	w := p.w
	if p.kind == "bot" {
		p.ask()
	}
	var all []channeltest.Post
	for _, s := range w.Sent("") {
		kind, rest, _ := strings.Cut(s.Conversation, "/")
		if kind != p.kind || s.Type == "stream" && !s.Finished {
			continue
		}
		place, person, _ := strings.Cut(rest, "/")
		if kind == "app" {
			place, person = "", rest
		}
		if kind == "bot" {
			person = s.Who
		}
		post := channeltest.Post{ID: s.ID, Thread: p.Join(place, person), Role: bot.Robot, Text: s.Text}
		if kind == "bot" && s.Type != "stream" {
			post.ID = ""
		}
		all = append(all, post)
	}
	return all
}

// ask polls all streams that are open, so that nobody has to wait until it is
// time for that.
func (p *Platform) ask() {
	w := p.w
	if w.Config().BotURL == "" {
		return
	}
	w.mu.Lock()
	var open []*request
	for _, s := range w.bot.streams {
		if !s.finished {
			open = append(open, s.request)
		}
	}
	w.mu.Unlock()
	for _, rq := range open {
		w.mu.Lock()
		c, goOn := w.refresh(rq)
		w.mu.Unlock()
		if !goOn {
			continue
		}
		if status, reply := w.try(w.ctx, c); status == http.StatusOK {
			w.passive(rq, reply)
		}
	}
}

// forever is longer than anybody waits for an answer.
const forever = 10 * time.Second

// Fail makes the next message of the bot go wrong.
func (p *Platform) Fail(f channeltest.Fault) bool {
	if slices.Contains(p.Cannot, f) {
		return false
	}
	var with map[channeltest.Fault]Fault
	switch p.kind {
	case "kf", "app":
		with = map[channeltest.Fault]Fault{
			channeltest.Down:    {Status: http.StatusInternalServerError},
			channeltest.Late:    {Stored: true, Status: http.StatusBadGateway},
			channeltest.Cut:     {Cut: true},
			channeltest.Lost:    {Stored: true, Cut: true},
			channeltest.Slow:    {Stored: true, Delay: forever},
			channeltest.Refused: {Code: 40008},
			channeltest.Expired: {Code: 42001, Times: 1 + p.Again},
		}
		if p.kind == "kf" {
			with[channeltest.Moved], with[channeltest.Closed] = Fault{Code: 95018}, Fault{Code: 95002}
		}
	default:
		if p.w.Config().BotURL != "" {
			return false
		}
		with = map[channeltest.Fault]Fault{
			channeltest.Cut:     {Cut: true},
			channeltest.Refused: {Code: 40008},
			channeltest.Closed:  {Code: 846608},
		}
		if len(p.Greet) > 0 {
			with[channeltest.Slow] = Fault{Stored: true, Mute: true}
		}
	}
	fault, known := with[f]
	if !known {
		return false
	}
	fault.On = map[string]string{"kf": "kf/send_msg", "app": "message/send", "bot": "aibot_send_msg|aibot_respond_msg"}[p.kind]
	p.w.Fail(fault)
	return true
}

// Secrets are all that the platform has.
func (p *Platform) Secrets() []string { return p.w.Secrets() }
