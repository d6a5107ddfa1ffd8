package bot

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"decline61/bot/mask"
	"decline61/index"
	"decline61/kb"
	"decline61/kb/text"
)

// MaxText is how many bytes of a message are read. A merchant's story with a
// pasted slip has under 2,000; what is longer is no question, and matching it
// would cost every other merchant time.
const MaxText = 16 << 10

// ErrTooLong is returned for a text over [MaxText], ErrEmpty for one without
// a single visible character. Neither loses anything: the caller still has it.
var (
	ErrTooLong = fmt.Errorf("text is longer than %d bytes: shorten it to the question and what the slip says", MaxText)
	ErrEmpty   = fmt.Errorf("text is empty: write what the terminal shows, for example 刷卡显示61")
)

// ErrEvidence is wrapped by what Answer says of facts that the knowledge base
// does not know.
var ErrEvidence = errors.New("evidence")

// Decision is what the bot does with a message. See the contract's list in
// the README; the five values are relied on by other programs.
type Decision string

const (
	Answered   Decision = "answer"       // an entry fits and its steps are given
	Clarify    Decision = "clarify"      // too little is known for steps: one question
	Handoff    Decision = "handoff"      // a person is needed
	Refuse     Decision = "refuse"       // asked to split, dodge, cash out, or use card secrets
	OutOfScope Decision = "out_of_scope" // none of our business
)

// Question is one message, with what is known of its conversation.
type Question struct {
	Text     mask.Text
	Found    mask.Found        // what masking took out of it; the sender is told once
	Lang     kb.Lang           // of the reply; empty: the language of the text, else of the conversation
	Evidence map[string]string // facts that the caller knows, evidence id -> value
	Case     Case              // the conversation so far; the zero value starts one
}

// Answer is a decision with everything that led to it and the reply's text.
type Answer struct {
	Decision   Decision
	Reason     string // the rule or measure that decided, in English, for audit
	Code       string // the response code it is about, "" if none
	Lang       kb.Lang
	Entries    []Ranked    // best first, at most 10; begins with the entry that is shown
	Causes     []Probable  // best first; empty where no cause applies
	Confidence float64     // 0..1, that the entry shown is the right one
	Evidence   []Known     // all facts known so far, in the order of questions.yaml
	Ask        *Ask        // the next question, nil if none
	Steps      []StepShown // in the order to do them
	Lines      []Line      // what is said beside steps and question; none where Text had to be cut
	Text       string      // the whole reply in plain text
	KB         string      // version of the knowledge base that it comes from
	Case       Case        // the conversation after this message
	Solved     bool        // the merchant says that it is settled

	Match index.Match // what the index found, for explain
}

// Ranked is an entry with its score, 0..1, comparable within one answer only.
type Ranked struct {
	ID    string
	Score float64
}

// Probable is a cause with its probability given everything known.
type Probable struct {
	ID          string
	Probability float64
}

// Known is a fact: the value of one evidence.
type Known struct {
	ID     string
	Value  string
	Hedged bool // said with a doubt ("好像"), so it weighs less
}

// StepShown is a step as it is shown, in the reply's language.
type StepShown struct {
	ID   string
	Who  string
	Text string
}

// Bot answers messages from a knowledge base. It holds no conversation: what
// is to be remembered goes out in Answer.Case and comes back in Question.Case.
type Bot struct {
	live *index.Live
}

// New returns a bot over whatever index is live at the time of each message.
func New(live *index.Live) *Bot { return &Bot{live: live} }

// Answer decides on one message. It is pure: the same question over the same
// knowledge base gives the same answer, and nothing is stored or sent. Chat,
// ask, explain, eval and every channel call it, so that a preview can never
// differ from the bot.
func (b *Bot) Answer(ctx context.Context, q Question) (Answer, error) {
	if q.Text.Len() > MaxText {
		return Answer{}, ErrTooLong
	}
	x, release, err := b.live.Acquire()
	if err != nil {
		return Answer{}, fmt.Errorf("answering: %w", err)
	}
	defer release()

	t := text.Normalise(q.Text.String())
	if t.Norm == "" && len(q.Evidence) == 0 {
		return Answer{}, ErrEmpty
	}
	turn := &turn{
		kb:     x.KB(),
		found:  q.Found,
		text:   t,
		before: q.Case,
		cas:    q.Case.clone(),
		lang:   language(q, t),
	}
	if err := turn.learn(q.Evidence); err != nil {
		return Answer{}, err
	}
	match, err := x.Match(ctx, t.Norm)
	if err != nil {
		return Answer{}, fmt.Errorf("matching the message: %w", err)
	}
	turn.match = match
	a := turn.decide()
	a.KB = x.KB().Version
	return a, nil
}

// Check tells what Answer would refuse in r, so that a request can be turned
// away before it is kept.
func (b *Bot) Check(r Request) error {
	if r.Text.Len() > MaxText {
		return ErrTooLong
	}
	if text.Normalise(r.Text.String()).Norm == "" && len(r.Evidence) == 0 {
		return ErrEmpty
	}
	x, release, err := b.live.Acquire()
	if err != nil {
		return fmt.Errorf("checking a message: %w", err)
	}
	defer release()
	_, err = facts(x.KB(), r.Evidence)
	return err
}

// language is the reply's language: the caller's wish, else the text's own,
// else the conversation's. A bare "61" or "2" has no language of its own.
func language(q Question, t text.Text) kb.Lang {
	switch {
	case q.Lang == kb.ZH || q.Lang == kb.EN:
		return q.Lang
	case q.Case.Lang != "" && !hasLanguage(t.Norm):
		return q.Case.Lang
	default:
		return kb.Lang(text.Lang(t.Norm))
	}
}

// hasLanguage reports whether s has enough letters to tell a language: a
// Han character, or a Latin word of three letters.
func hasLanguage(s string) bool {
	run := 0
	for _, r := range s {
		switch {
		case r >= 0x3400 && utf8.RuneLen(r) >= 3:
			return true
		case r >= 'a' && r <= 'z':
			if run++; run >= 3 {
				return true
			}
		default:
			run = 0
		}
	}
	return false
}
