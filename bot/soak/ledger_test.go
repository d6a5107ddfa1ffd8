package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"decline61/bot"
	"decline61/bot/channeltest"
)

// codes are what merchants' messages are about. The reply to each begins with
// its code, or names it before all others, also in the middle of a conversation.
var codes = []string{"61", "51", "05", "55", "65", "91", "54", "14", "62", "57"}

// fallbackWords are in the answer that is given where nothing can be decided.
const fallbackWords = "系统暂时没能处理"

// againWords begin the answer to a message that brings nothing new to what has
// been advised. It gives the title of that, which need not hold a code.
const againWords = "这样看还是这一条"

// entry is one message to the bot, as the platform knows it.
type entry struct {
	id          string
	thread      *thread
	role        bot.Role
	code        string
	sent, acked time.Duration // since the start; acked is 0 until it is
	answers     int           // posts that name it
	passed      bool          // a later one was answered before
	by          string        // key of the first post that names it
	at          time.Duration // when that was shown
}

// thread is a conversation, as the platform knows it.
type thread struct {
	latestSent time.Duration // of the messages that have been answered
	agent      time.Duration // when the first message of an agent was acknowledged, 0 if none was
	hasAgent   bool          // one has been sent
	open       []*entry      // messages of the merchant without an answer, as they were sent
	fewer      chan struct{} // closed when there is one less; nil while nobody waits for that
}

// ledger is the checker: it writes down what goes to the bot and what comes
// from it, and finds at once whatever can be found at once. What is lost can
// only be told at the end.
type ledger struct {
	mu       sync.Mutex
	start    time.Time
	entries  map[string]*entry
	threads  map[string]*thread
	notices  map[string]bool // keys of posts that answer nothing
	pending  int             // acknowledged messages that must be answered and are not yet
	problems map[string]int  // by kind
	examples []string
	noticed  chan struct{} // closed with the first problem
	looking  []string      // if there are any, with the first of these kinds

	messages, duplicates, posts, merged, fallbacks, vague int
	repeats                                               int // deliveries that were not acknowledged and so had to be repeated
	took                                                  histogram
	acks                                                  histogram
}

func newLedger() *ledger {
	return &ledger{
		start: time.Now(), entries: map[string]*entry{}, threads: map[string]*thread{}, notices: map[string]bool{},
		problems: map[string]int{}, noticed: make(chan struct{}),
	}
}

// wrong notes that the bot has broken a promise. The caller holds mu.
func (l *ledger) wrong(kind, format string, args ...any) {
	if !closed(l.noticed) && (len(l.looking) == 0 || slices.Contains(l.looking, kind)) {
		close(l.noticed)
	}
	if l.problems[kind]++; l.problems[kind] <= 5 {
		l.examples = append(l.examples, fmt.Sprintf("%8.3fs %s: %s", time.Since(l.start).Seconds(), kind, fmt.Sprintf(format, args...)))
	}
}

// sending is called before the first try to deliver m.
func (l *ledger) sending(m channeltest.Message, code string) {
	now := time.Since(l.start)
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.threads[m.Thread]
	if t == nil {
		t = &thread{}
		l.threads[m.Thread] = t
	}
	e := &entry{id: m.ID, thread: t, role: m.Role, code: code, sent: now}
	if m.Role == bot.Agent {
		t.hasAgent = true
	} else {
		t.open = append(t.open, e)
	}
	l.messages++
	l.entries[m.ID] = e
}

// acknowledged is called after each delivery that the bot acknowledged.
func (l *ledger) acknowledged(id string) {
	now := time.Since(l.start)
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[id]
	if e.acked != 0 {
		l.duplicates++
		return
	}
	e.acked = now
	l.acks.add(now - e.sent)
	if e.answers == 0 {
		l.pending++
	}
	if e.role == bot.Agent && e.thread.agent == 0 {
		e.thread.agent = now
	}
}

// unacknowledged is called after each delivery that came to nothing.
func (l *ledger) unacknowledged() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.repeats++
}

// stored is called with each post at the moment at which it is shown.
func (l *ledger) stored(p channeltest.Post) {
	now := time.Since(l.start)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.posts++
	if len(p.Answers) == 0 {
		if l.notices[p.Key] {
			l.wrong("double", "a post that answers nothing is shown twice in %s", p.Thread)
		}
		l.notices[p.Key] = true
		return
	}
	if len(p.Answers) > 1 {
		l.merged++
	}
	var about []string
	for _, id := range p.Answers {
		e := l.entries[id]
		if e == nil || e.thread != l.threads[p.Thread] {
			l.wrong("invented", "%s answers %s in %s, which nobody wrote there", p.ID, id, p.Thread)
			continue
		}
		l.answered(p, id, e, now)
		about = append(about, e.code)
	}
	if p.Role == bot.Robot {
		l.read(p, about)
		l.passedOver(p)
	}
}

// passedOver finds messages that should have been answered before p: whether
// their answers come later or never, the promise is broken now.
func (l *ledger) passedOver(p channeltest.Post) {
	t := l.threads[p.Thread]
	if t == nil || t.hasAgent {
		return
	}
	for _, e := range t.open {
		if e.acked != 0 && e.acked < t.latestSent && !e.passed {
			e.passed = true
			l.wrong("passed over", "%s in %s was acknowledged %v before a message that %s answers was written", e.id, p.Thread, t.latestSent-e.acked, p.ID)
		}
	}
}

// answered checks one message that p answers.
func (l *ledger) answered(p channeltest.Post, id string, e *entry, now time.Duration) {
	t := e.thread
	if e.answers++; e.answers > 1 {
		how := "decided again" // under another key
		if e.by == p.Key {
			how = "sent again"
		}
		l.wrong("double", "%s in %s is answered again by %s, %v after the first time: %s", id, p.Thread, p.ID, now-e.at, how)
		return
	}
	e.by, e.at = p.Key, now
	l.took.add(now - e.sent)
	if i := slices.Index(t.open, e); i >= 0 {
		t.open = slices.Delete(t.open, i, i+1)
		if t.fewer != nil {
			close(t.fewer)
			t.fewer = nil
		}
	}
	if e.acked != 0 {
		l.pending--
	}
	switch {
	case (p.Role == bot.Agent) != (e.role == bot.Agent):
		l.wrong("wrong role", "%s, said by the %s, is answered by %s as %s", id, e.role, p.ID, p.Role)
	case p.Role == bot.Robot && t.agent != 0 && e.sent > t.agent:
		l.wrong("over agent", "%s in %s was written %v after the agent's message was acknowledged, and the bot answers it", id, p.Thread, e.sent-t.agent)
	}
	// Only what was acknowledged before another was written is certainly before it.
	if e.acked != 0 && e.acked < t.latestSent {
		l.wrong("out of order", "%s in %s is answered after a message that was written %v later", id, p.Thread, t.latestSent-e.acked)
	}
	t.latestSent = max(t.latestSent, e.sent)
}

// read checks that p speaks of what it answers. What is right to say to several
// messages about several codes is not for a checker to know.
func (l *ledger) read(p channeltest.Post, about []string) {
	if strings.Contains(p.Text, fallbackWords) {
		l.fallbacks++
		return
	}
	if strings.HasPrefix(p.Text, againWords) && firstCode(p.Text) == "" {
		l.vague++
		return
	}
	if code := firstCode(p.Text); p.Text == "" || len(about) == 1 && about[0] != code {
		l.wrong("wrong text", "%s answers %v about %v and speaks of %q: %.90q", p.ID, p.Answers, about, code, p.Text)
	}
}

// firstCode is the first of codes in text.
func firstCode(text string) string {
	first, at := "", len(text)
	for _, c := range codes {
		if i := strings.Index(text, c); i >= 0 && i < at {
			first, at = c, i
		}
	}
	return first
}

// owed is how many messages the bot has acknowledged and must still answer. To
// what a merchant writes in a thread that an agent took over, silence is right.
func (l *ledger) owed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pending == 0 {
		return 0
	}
	n := 0
	for _, e := range l.entries {
		if e.mustBeAnswered() && e.acked != 0 && e.answers == 0 {
			n++
		}
	}
	return n
}

func (e *entry) mustBeAnswered() bool { return e.role == bot.Agent || !e.thread.hasAgent }

// fewerOpen gives a channel that is closed when fewer than so many messages of a
// merchant in a thread may be without an answer, nil if they are fewer already.
func (l *ledger) fewerOpen(name string, most int) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.threads[name]
	if t == nil || t.hasAgent || len(t.open) < most {
		return nil
	}
	if t.fewer == nil {
		t.fewer = make(chan struct{})
	}
	return t.fewer
}

// finish finds what is lost. Call it when nothing more can come.
func (l *ledger) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, e := range l.entries {
		switch {
		case e.acked == 0:
			l.wrong("never acknowledged", "%s, first sent at %v", id, e.sent)
		case e.answers == 0 && e.mustBeAnswered():
			l.wrong("lost", "%s of the %s, sent at %v, acknowledged at %v, has no answer", id, e.role, e.sent, e.acked)
		}
	}
}

// verdict is all that was found, "" if the bot kept its promises.
func (l *ledger) verdict() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.problems) == 0 {
		return ""
	}
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(l.problems)) {
		fmt.Fprintf(&b, "%s: %d\n", kind, l.problems[kind])
	}
	b.WriteString(strings.Join(l.examples, "\n"))
	return b.String()
}

// count is how many problems there are of one of the kinds.
func (l *ledger) count(kinds ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, k := range kinds {
		n += l.problems[k]
	}
	return n
}
