// Package eval measures how well the bot answers: it runs question sets and
// dialogs through the same Answer that every channel calls, and counts.
//
// A question set is a TSV file with a header line and the columns id, lang,
// style, text, accept, decision, note: accept holds the ids of the entries
// that are right as the first hit, separated by "|" (empty: not scored);
// decision the decisions that are right. A dialog set is a JSONL file of
// [Dialog]s: a merchant who knows some facts, answers what he is asked, and
// says 不知道 to everything else.
package eval

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

// Answerer decides on a message; *bot.Bot is one.
type Answerer interface {
	Answer(context.Context, bot.Question) (bot.Answer, error)
}

// Question is one row of a question set.
type Question struct {
	ID        string
	Lang      kb.Lang
	Style     string
	Text      string
	Accept    []string       // entries that are right first; empty: ranking is not scored
	Decisions []bot.Decision // decisions that are right
	Note      string
}

// Dialog is one merchant with a failed sale.
type Dialog struct {
	ID    string            `json:"id"`
	Lang  kb.Lang           `json:"lang"`
	Text  string            `json:"text"`  // the opening message
	Cause string            `json:"cause"` // the true one
	Facts map[string]string `json:"facts"` // evidence id -> value, what the merchant could tell
	Words map[string]string `json:"words"` // evidence id -> how he says it; else the option's label
	Note  string            `json:"note"`
}

var columns = []string{"id", "lang", "style", "text", "accept", "decision", "note"}

// ReadQuestions reads a question set. name is for errors.
func ReadQuestions(name string, r io.Reader) ([]Question, error) {
	var qs []Question
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(strings.TrimRight(lines.Text(), "\r"), "\t")
		if n == 1 {
			if !slices.Equal(fields, columns) {
				return nil, fmt.Errorf("%s:1: the header must be %q, separated by tabs", name, columns)
			}
			continue
		}
		if len(fields) == 1 && fields[0] == "" {
			continue
		}
		if len(fields) < 6 || len(fields) > 7 {
			return nil, fmt.Errorf("%s:%d: %d columns, want 7 separated by tabs", name, n, len(fields))
		}
		q := Question{ID: fields[0], Lang: kb.Lang(fields[1]), Style: fields[2], Text: fields[3]}
		if fields[4] != "" {
			q.Accept = strings.Split(fields[4], "|")
		}
		for _, d := range strings.Split(fields[5], "|") {
			switch d := bot.Decision(d); d {
			case bot.Answered, bot.Clarify, bot.Handoff, bot.Refuse, bot.OutOfScope:
				q.Decisions = append(q.Decisions, d)
			default:
				return nil, fmt.Errorf("%s:%d: decision %q is none of answer, clarify, handoff, refuse, out_of_scope", name, n, d)
			}
		}
		if len(fields) == 7 {
			q.Note = fields[6]
		}
		qs = append(qs, q)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return qs, nil
}

// ReadDialogs reads a dialog set. name is for errors.
func ReadDialogs(name string, r io.Reader) ([]Dialog, error) {
	var ds []Dialog
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var d Dialog
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if d.ID == "" || d.Text == "" || d.Cause == "" {
			return nil, fmt.Errorf("%s:%d: a dialog needs id, text and cause", name, n)
		}
		ds = append(ds, d)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return ds, nil
}

// QuestionResult is how one question went.
type QuestionResult struct {
	Question
	Got     bot.Decision
	Rank    int // place of the first accepted entry, from 1; 0: not among the entries
	Entries []string
	Reason  string
}

// Right reports whether the decision was right.
func (r QuestionResult) Right() bool { return slices.Contains(r.Decisions, r.Got) }

// Questions asks every question as a conversation of its own.
func Questions(ctx context.Context, b Answerer, qs []Question) ([]QuestionResult, error) {
	var rs []QuestionResult
	for _, q := range qs {
		a, err := b.Answer(ctx, bot.Question{Text: mask.Of(q.Text)})
		if err != nil {
			return nil, fmt.Errorf("question %s: %w", q.ID, err)
		}
		r := QuestionResult{Question: q, Got: a.Decision, Reason: a.Reason}
		for i, e := range a.Entries {
			r.Entries = append(r.Entries, e.ID)
			if r.Rank == 0 && slices.Contains(q.Accept, e.ID) {
				r.Rank = i + 1
			}
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// DialogResult is how one dialog went.
type DialogResult struct {
	Dialog
	Asked    []string // ids of the questions asked, in order
	Repeated bool     // one of them twice
	Rank     int      // place of the true cause in the last reply, from 1; 0: not among the causes
	Causes   []string // of the last reply
	Decision bot.Decision
}

// maxQuestions is how many questions a dialog answers before its causes count.
const maxQuestions = 3

// Dialogs plays every dialog to its last question, three at most.
func Dialogs(ctx context.Context, b Answerer, ds []Dialog) ([]DialogResult, error) {
	var rs []DialogResult
	for _, d := range ds {
		r := DialogResult{Dialog: d}
		said := d.Text
		var cas bot.Case
		for {
			a, err := b.Answer(ctx, bot.Question{Text: mask.Of(said), Lang: d.Lang, Case: cas})
			if err != nil {
				return nil, fmt.Errorf("dialog %s: %w", d.ID, err)
			}
			cas, r.Decision = a.Case, a.Decision
			r.Causes, r.Rank = nil, 0
			for i, c := range a.Causes {
				r.Causes = append(r.Causes, c.ID)
				if c.ID == d.Cause {
					r.Rank = i + 1
				}
			}
			if a.Ask == nil || len(r.Asked) == maxQuestions {
				break
			}
			r.Repeated = r.Repeated || slices.Contains(r.Asked, a.Ask.ID)
			r.Asked = append(r.Asked, a.Ask.ID)
			said = d.reply(a.Ask)
		}
		rs = append(rs, r)
	}
	return rs, nil
}

// reply is what the merchant says to a question.
func (d Dialog) reply(q *bot.Ask) string {
	if words := d.Words[q.ID]; words != "" {
		return words
	}
	value, known := d.Facts[q.ID]
	if known {
		for _, o := range q.Options {
			if o.Value == value {
				return o.Label
			}
		}
		return value // a code that is not among the options
	}
	if d.Lang == kb.EN {
		return "don't know"
	}
	return "不知道"
}
