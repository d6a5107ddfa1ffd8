package kb

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// EntryPath is where the file of a new entry belongs.
func EntryPath(id string, kind Kind) string {
	if kind == Code {
		return "codes/" + id + ".md"
	}
	return "entries/" + id + ".md"
}

var (
	idForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	codeID = regexp.MustCompile(`^code-[0-9A-Z]{2}$`)
)

// Template returns the file of a new entry, to be filled by its author. What
// the draft already knows (codes, texts, phrasings) stands in it; at most one
// is used. Everything else is marked 待填 or FILL ME, which is the only thing
// that lint finds wrong with it. It fails on an id or kind that cannot be.
func Template(id string, kind Kind, today time.Time, draft ...Entry) ([]byte, error) {
	switch {
	case !slices.Contains(kinds, string(kind)):
		return nil, fmt.Errorf("there is no kind %q: write one of %s", kind, strings.Join(kinds, ", "))
	case !idForm.MatchString(id) && !codeID.MatchString(id):
		return nil, fmt.Errorf("%q is no id: write small letters, digits and dashes, such as weekend-limit, or code-51", id)
	case codeID.MatchString(id) != (kind == Code):
		return nil, fmt.Errorf("the id %q does not fit the kind %s: entries of kind code are named code-NN, and no others", id, kind)
	}
	e := Entry{}
	if len(draft) > 0 {
		e = draft[0]
	}
	e.ID, e.Kind = id, kind
	e.fill(today)
	var w strings.Builder
	e.writeFront(&w)
	e.writeBody(&w, ZH)
	w.WriteString("\n")
	e.writeBody(&w, EN)
	return []byte(w.String()), nil
}

// fill puts something that can be read into every field that is still empty.
func (e *Entry) fill(today time.Time) {
	if nn, ok := strings.CutPrefix(e.ID, "code-"); ok && e.Kind == Code {
		e.Codes = []string{nn}
	}
	if len(e.Codes) == 0 && e.Kind == Cause {
		e.Codes = []string{"61"}
	}
	if e.Retry == "" {
		e.Retry = RetryCard
	}
	if e.Handoff.To == "" {
		e.Handoff = Handoff{To: "acquirer", After: 1}
	}
	if len(e.Phrasings) == 0 {
		e.Phrasings = []string{fillMe.ZH + " " + e.ID + ":商户会怎么问"}
	}
	if len(e.Sources) == 0 {
		e.Sources = []Source{{Basis: "practice"}}
	}
	if len(e.Steps) == 0 {
		e.Steps = []Step{{Who: "cashier", Fix: 0.5, Minutes: 2}}
	}
	if len(e.Never) == 0 {
		e.Never = []Bilingual{{}}
	}
	e.Handoff.After = min(e.Handoff.After, len(e.Steps))
	e.Reviewed, e.ReviewEveryDays = today.Format(time.DateOnly), 180
	fillText(&e.Title, "一句话的标题", "a title of one line")
	fillText(&e.Meaning, "这是什么意思,商户一眼能懂", "what it means, so that a merchant sees it at a glance")
	fillText(&e.DoNow, "现在先做什么", "what to do first")
	fillText(&e.Customer, "对顾客怎么说,不提拒绝的细节", "what to tell the customer, without the refusal's details")
	e.Steps, e.Never = slices.Clone(e.Steps), slices.Clone(e.Never)
	for i := range e.Steps {
		fillText(&e.Steps[i].Text, "做什么", "what to do")
	}
	for i := range e.Never {
		fillText(&e.Never[i], "不要……", "Do not ...")
	}
}

func fillText(b *Bilingual, zh, en string) {
	if b.ZH == "" {
		b.ZH = fillMe.ZH + ":" + zh
	}
	if b.EN == "" {
		b.EN = fillMe.EN + ": " + en
	}
}

func (e *Entry) writeFront(w *strings.Builder) {
	fmt.Fprintf(w, "---\nid: %s\nkind: %s\n", e.ID, e.Kind)
	if len(e.Codes) > 0 {
		fmt.Fprintf(w, "codes: [%s]\n", quoteAll(e.Codes))
	}
	w.WriteString("status: draft  # approved after somebody else has read it\n")
	if e.Kind == Cause {
		fmt.Fprintf(w, "prior: %g  # judged: share in percent among the causes of the first code\n", max(e.Prior, 1))
		e.writeLikelihood(w)
	}
	w.WriteString("steps:  # judged: chance that the step settles the matter, and its effort\n")
	for _, s := range e.Steps {
		fmt.Fprintf(w, "  - {fix: %g, minutes: %g}\n", s.Fix, max(s.Minutes, 1))
	}
	fmt.Fprintf(w, "retry: %s  # %s\n", e.Retry, strings.Join(retries, " | "))
	fmt.Fprintf(w, "handoff: {to: %s, after: %d}  # %s\n", e.Handoff.To, e.Handoff.After, strings.Join(handoffs, " | "))
	w.WriteString("phrasings:\n")
	for _, p := range e.Phrasings {
		fmt.Fprintf(w, "  - %s\n", quote(p))
	}
	w.WriteString("sources:\n")
	for _, s := range e.Sources {
		if s.Line > 0 {
			fmt.Fprintf(w, "  - {line: %d, quote: %s}\n", s.Line, quote(s.Quote))
		} else {
			fmt.Fprintf(w, "  - {basis: %s}\n", s.Basis)
		}
	}
	fmt.Fprintf(w, "reviewed: %s\nreview_every_days: %d\n---\n", e.Reviewed, e.ReviewEveryDays)
}

func (e *Entry) writeLikelihood(w *strings.Builder) {
	if len(e.Likelihood) == 0 {
		return
	}
	w.WriteString("likelihood:\n")
	for _, id := range sortedKeys(e.Likelihood) {
		var parts []string
		for _, v := range sortedKeys(e.Likelihood[id]) {
			parts = append(parts, fmt.Sprintf("%s: %g", quote(v), e.Likelihood[id][v]))
		}
		fmt.Fprintf(w, "  %s: {%s}\n", id, strings.Join(parts, ", "))
	}
}

func quoteAll(words []string) string {
	var out []string
	for _, s := range words {
		out = append(out, quote(s))
	}
	return strings.Join(out, ", ")
}

func (e *Entry) writeBody(w *strings.Builder, lang Lang) {
	head := func(name string) { fmt.Fprintf(w, "## %s\n", sections[sectionIndex(name)].name.In(lang)) }
	fmt.Fprintf(w, "# %s %s\n\n", lang, e.Title.In(lang))
	for _, p := range []struct {
		name string
		text Bilingual
	}{{secMeaning, e.Meaning}, {secDoNow, e.DoNow}, {secCustomer, e.Customer}} {
		head(p.name)
		w.WriteString(p.text.In(lang) + "\n")
	}
	head(secSteps)
	for i, s := range e.Steps {
		fmt.Fprintf(w, "%d. [%s] %s\n", i+1, Roles()[s.Who].In(lang), s.Text.In(lang))
	}
	head(secNever)
	for _, n := range e.Never {
		w.WriteString("- " + n.In(lang) + "\n")
	}
	if e.Prevention != (Bilingual{}) {
		head(secPrevention)
		w.WriteString(e.Prevention.In(lang) + "\n")
	}
}
