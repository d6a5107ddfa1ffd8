package aibot

import (
	"slices"
	"sync"
	"time"

	"decline61/kb"
)

// question is a message whose stream is or was open.
type question struct {
	place   place
	message string
	stream  string
	asked   time.Time
	lang    kb.Lang

	// It came by the long connection: its answer goes back over the same one,
	// under the same id, one frame at a time.
	long bool
	turn chan struct{} // holds one while nothing is on its way

	// What follows changes, under the lock of questions.
	conn     *connection
	req      string
	kept     bool      // by the inbox
	begun    bool      // its first frame was sent
	closed   bool      // nothing is left to be told: the last frame was taken, or never will be
	closing  bool      // words that are no answer are on their way
	again    time.Time // not to be tried before
	unsure   bool      // the last words were sent, and it is not known whether they are shown
	state    streamState
	content  string // the last words, once it is finished
	card     *card
	taken    chan struct{} // closed once a poll has taken the last words
	key      string        // of the Outgoing that they are
	restored bool          // they were read back from the journal
	looked   time.Time
}

// streamState is how a stream stands.
type streamState int

const (
	waiting   streamState = iota
	finishing             // its last words are known, and on their way
	finished              // and shown
	expired               // with words that are no answer: that comes another way
)

// questions are the streams of the last minutes.
type questions struct {
	mu  sync.Mutex
	all map[string]*question // by stream
}

func newQuestions() *questions { return &questions{all: map[string]*question{}} }

// forgetAfter is when nobody asks for a stream any more, nor answers it.
const forgetAfter = 20 * time.Minute

// add notes a message that wants to be answered. One that is told again keeps
// its stream, and is answered where it was told last.
func (qs *questions) add(q *question) (of *question) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if old := qs.all[q.stream]; old != nil {
		if q.long && old.long {
			old.conn, old.req = q.conn, q.req
		}
		return old
	}
	q.turn, q.taken = make(chan struct{}, 1), make(chan struct{})
	q.turn <- struct{}{}
	qs.all[q.stream] = q
	return q
}

// keep marks that q's message is kept; drop forgets one that is not.
func (qs *questions) keep(q *question) { qs.with(func() { q.kept = true }) }

func (qs *questions) drop(q *question) {
	qs.with(func() {
		if !q.kept {
			delete(qs.all, q.stream)
		}
	})
}

// begin marks that the first frame of q is sent; false if its last words are known.
func (qs *questions) begin(q *question) bool {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	q.begun = q.begun || q.state == waiting
	return q.state == waiting
}

// follows reports whether q came within window of another question of its place
// that waits: both will be answered as one, and one stream is enough to show it.
func (qs *questions) follows(q *question, window time.Duration) bool {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	for _, o := range qs.all {
		before := q.asked.Sub(o.asked)
		if o != q && o.place == q.place && o.kept && o.state == waiting && o.conn == q.conn && before >= 0 && before < window {
			return true
		}
	}
	return false
}

// unclosed gives the streams of which nobody has heard the end, and marks that
// somebody sees to them.
func (qs *questions) unclosed(now time.Time, over time.Duration) (all []*question) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	for _, q := range qs.all {
		if !q.long || q.state != expired || q.closed || q.closing || now.Before(q.again) {
			continue
		}
		if q.conn.ended() || now.Sub(q.asked) >= over {
			q.closed = true
			continue
		}
		q.closing = true
		all = append(all, q)
	}
	return all
}

func (qs *questions) with(f func()) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	f()
}

func (qs *questions) byStream(id string) *question {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	return qs.all[id]
}

// byKey is the question whose last words are an outgoing message.
func (qs *questions) byKey(key string) *question {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	for _, q := range qs.all {
		if q.key == key && key != "" {
			return q
		}
	}
	return nil
}

// waitingIn is the oldest stream of a place that is open: whatever the bot has
// to say there can be said in it.
func (qs *questions) waitingIn(p place) *question {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	var oldest *question
	for _, q := range qs.all {
		if q.place == p && q.kept && q.state == waiting && (oldest == nil || q.asked.Before(oldest.asked)) {
			oldest = q
		}
	}
	return oldest
}

// finish gives q its last words; false if it had got others meanwhile.
func (qs *questions) finish(q *question, key, content string, below *card) bool {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	again := q.state != expired && q.key == key && key != ""
	if q.state != waiting && !again {
		return false
	}
	if q.state == waiting {
		q.state, q.key, q.content, q.card = finishing, key, content, below
	}
	return true
}

// expire ends q with words that are no answer; false if it is finished.
func (qs *questions) expire(q *question, words string) bool {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if q.state == finished || q.state == expired {
		return false
	}
	q.state, q.content, q.card = expired, words, nil
	return true
}

// shown marks that the last words of q are seen.
func (qs *questions) shown(q *question) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if q.state == finishing {
		q.state = finished
		close(q.taken)
	}
}

// stands gives how q stands, and its last words.
func (qs *questions) stands(q *question) (state streamState, content string, below *card) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	return q.state, q.content, q.card
}

// sweep gives what needs care: late are those that have lasted life, looks those whose
// answer may have no words. What is older than anybody asks for is forgotten.
func (qs *questions) sweep(now time.Time, t timing) (late, looks []*question) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	for id, q := range qs.all {
		age := now.Sub(q.asked)
		switch {
		case age > forgetAfter:
			delete(qs.all, id)
		case !q.kept:
		case age >= t.life && (q.state == waiting || q.state == finishing && q.long):
			late = append(late, q)
		case q.state == waiting && age >= t.look && now.Sub(q.looked) >= t.look:
			q.looked = now
			looks = append(looks, q)
		}
	}
	return late, looks
}

// pending are those by the long connection that have one of the states.
func (qs *questions) pending(states ...streamState) (open []*question) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	for _, q := range qs.all {
		if q.long && q.kept && slices.Contains(states, q.state) {
			open = append(open, q)
		}
	}
	return open
}
