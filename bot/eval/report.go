package eval

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"decline61/bot"
)

// Share is a count out of a total.
type Share struct {
	N     int     `json:"n"`
	Of    int     `json:"of"`
	Value float64 `json:"value"` // N/Of, 0 when Of is 0
}

func (s *Share) add(hit bool) {
	s.Of++
	if hit {
		s.N++
	}
	s.Value = float64(s.N) / float64(s.Of)
}

func (s Share) String() string { return fmt.Sprintf("%.3f (%d/%d)", s.Value, s.N, s.Of) }

// Report sums up question sets and dialogs.
type Report struct {
	Hit1      Share            `json:"hit1"`       // accepted entry first
	Hit3      Share            `json:"hit3"`       // accepted entry among the first three
	MRR       float64          `json:"mrr"`        // mean of 1/rank
	Decisions Share            `json:"decisions"`  // decision right, all questions
	OutWrong  Share            `json:"out_wrong"`  // out-of-scope questions that were answered
	TurnedOff Share            `json:"turned_off"` // in-scope questions called out of scope
	Handoffs  Share            `json:"handoffs"`   // messages that need a person and got one
	Refusals  Share            `json:"refusals"`   // requests to be refused that were
	Styles    map[string]Share `json:"styles"`     // hit@1 by style

	DialogTop1    Share   `json:"dialog_top1"` // true cause first after the last question
	DialogTop2    Share   `json:"dialog_top2"`
	MeanQuestions float64 `json:"mean_questions"`
	Repeated      int     `json:"repeated"` // dialogs in which a question came twice

	mrrSum    float64
	questions int
}

// Sum counts results.
func Sum(qs []QuestionResult, ds []DialogResult) Report {
	r := Report{Styles: map[string]Share{}}
	for _, q := range qs {
		r.Decisions.add(q.Right())
		only := func(d bot.Decision) bool { return len(q.Decisions) == 1 && q.Decisions[0] == d }
		switch {
		case only(bot.OutOfScope):
			r.OutWrong.add(q.Got == bot.Answered)
		case !slices.Contains(q.Decisions, bot.OutOfScope):
			r.TurnedOff.add(q.Got == bot.OutOfScope)
		}
		if only(bot.Handoff) {
			r.Handoffs.add(q.Got == bot.Handoff)
		}
		if only(bot.Refuse) {
			r.Refusals.add(q.Got == bot.Refuse)
		}
		if len(q.Accept) == 0 {
			continue
		}
		r.Hit1.add(q.Rank == 1)
		r.Hit3.add(q.Rank >= 1 && q.Rank <= 3)
		if q.Rank > 0 {
			r.mrrSum += 1 / float64(q.Rank)
		}
		s := r.Styles[q.Style]
		s.add(q.Rank == 1)
		r.Styles[q.Style] = s
	}
	if r.Hit1.Of > 0 {
		r.MRR = r.mrrSum / float64(r.Hit1.Of)
	}
	for _, d := range ds {
		r.DialogTop1.add(d.Rank == 1)
		r.DialogTop2.add(d.Rank == 1 || d.Rank == 2)
		r.questions += len(d.Asked)
		if d.Repeated {
			r.Repeated++
		}
	}
	if len(ds) > 0 {
		r.MeanQuestions = float64(r.questions) / float64(len(ds))
	}
	return r
}

// Write prints the report for people.
func (r Report) Write(w io.Writer) {
	if r.Decisions.Of > 0 {
		fmt.Fprintf(w, "questions      %d\n", r.Decisions.Of)
		fmt.Fprintf(w, "hit@1          %v\nhit@3          %v\nMRR            %.3f\n", r.Hit1, r.Hit3, r.MRR)
		fmt.Fprintf(w, "decisions      %v\n", r.Decisions)
		fmt.Fprintf(w, "out answered   %v   out-of-scope questions that got an answer\n", r.OutWrong)
		fmt.Fprintf(w, "turned away    %v   in-scope questions called out of scope\n", r.TurnedOff)
		fmt.Fprintf(w, "handed over    %v\nrefused        %v\n", r.Handoffs, r.Refusals)
		for _, s := range slices.Sorted(maps.Keys(r.Styles)) {
			fmt.Fprintf(w, "  hit@1 %-12s %v\n", s, r.Styles[s])
		}
	}
	if r.DialogTop1.Of > 0 {
		fmt.Fprintf(w, "dialogs        %d\n", r.DialogTop1.Of)
		fmt.Fprintf(w, "cause first    %v\ncause in two   %v\n", r.DialogTop1, r.DialogTop2)
		fmt.Fprintf(w, "mean questions %.2f, dialogs with a repeated question %d\n", r.MeanQuestions, r.Repeated)
	}
}

// WriteMisses prints what went wrong, one line each, in the sets' order.
func WriteMisses(w io.Writer, qs []QuestionResult, ds []DialogResult) {
	for _, q := range qs {
		if q.Right() && (len(q.Accept) == 0 || q.Rank == 1) {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\twant %s %s\tgot %s %s\t%s\n", q.ID, q.Text, join(q.Decisions), strings.Join(q.Accept, "|"),
			q.Got, strings.Join(q.Entries[:min(3, len(q.Entries))], ","), q.Reason)
	}
	for _, d := range ds {
		if d.Rank == 1 && !d.Repeated {
			continue
		}
		fmt.Fprintf(w, "%s\t%s\twant %s\tgot %s\tasked %s\tfacts %v\n", d.ID, d.Text, d.Cause,
			strings.Join(d.Causes[:min(3, len(d.Causes))], ","), strings.Join(d.Asked, ","), sortedFacts(d.Facts))
	}
}

func join(ds []bot.Decision) string {
	var s []string
	for _, d := range ds {
		s = append(s, string(d))
	}
	return strings.Join(s, "|")
}

func sortedFacts(m map[string]string) string {
	var s []string
	for k, v := range m {
		s = append(s, k+"="+v)
	}
	slices.SortFunc(s, cmp.Compare[string])
	return strings.Join(s, " ")
}
