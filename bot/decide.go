package bot

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"decline61/bot/mask"
	"decline61/index"
	"decline61/kb"
	"decline61/kb/text"
)

// turn is one message being decided.
type turn struct {
	kb     *kb.KB
	found  mask.Found
	text   text.Text
	lang   kb.Lang
	match  index.Match
	heard  heard
	before Case // as it was when the message came
	cas    Case // as it becomes
}

// decide tells the story of a message from top to bottom: what it says about
// the case; whether a person or a refusal is due whatever else it says;
// whether it goes on with the case, is talk beside it, or asks something new.
func (t *turn) decide() Answer {
	t.heard = t.hear()
	if route, reason := t.urgent(); route != "" && !(t.unsettled() && t.isPolicy(route)) {
		return t.answerUrgent(route, reason)
	}
	if e := t.entry(t.heard.chosen); e != nil {
		if e.Kind == kb.Incident || e.Kind == kb.Policy {
			return t.answerUrgent(e.ID, "chosen from the offered entries")
		}
		return t.show(e, t.diagnose(), "chosen from the offered entries")
	}
	if t.unsettled() {
		return t.answerWaiting()
	}
	if t.meansNothing() {
		return t.answerSmall("help")
	}
	if route := t.small(); route != "" && !t.heard.answered && t.heard.facts == 0 && t.heard.code == "" {
		return t.answerSmall(route)
	}
	if t.goesOn() {
		return t.goOn()
	}
	if t.evades() {
		t.cas.Facts[t.heard.open] = Fact{Value: unknown}
		t.cas.Open, t.cas.Options = "", nil
		return t.goOn()
	}
	return t.answerNew()
}

// evades reports whether the message neither answers the open question nor
// asks anything of its own ("他不肯看手机"). The question counts as answered by
// "don't know" then: asking again is what people hate most about bots.
func (t *turn) evades() bool {
	if t.heard.open == "" || t.heard.open == ChooseEntry || questions.MatchString(t.text.Norm) || t.match.Background > 0.5 {
		return false
	}
	top := t.topHit()
	if utf8.RuneCountInString(t.text.Norm) <= shortMessage && top != nil && top.Kind == kb.Incident {
		return true // "客人走了": too few words to call it one
	}
	return t.confidence() < sureEntry || top == nil || top.Kind == kb.Cause
}

// goesOn reports whether the message belongs to the case that is under way:
// it answers the question, or it brings facts and no other subject.
func (t *turn) goesOn() bool {
	if !t.cas.ongoing() {
		return false
	}
	if t.heard.answered {
		return true
	}
	if t.heard.facts == 0 && t.heard.code == "" {
		return false
	}
	top := t.topHit()
	return top == nil || top.Kind == kb.Cause || t.match.Confidence < sureEntry
}

// goOn shows what the case has come to with the new facts.
func (t *turn) goOn() Answer {
	if !t.heard.answered { // the words of an answer say no more than its value
		t.hearWords()
	}
	d := t.diagnose()
	best, p := d.top()
	if best == nil {
		return t.answerNew()
	}
	if code := t.cas.Code(); code != "" && !slices.Contains(best.Codes, code) {
		if e := t.codeEntry(code); e != nil { // a code without a cause of its own
			return t.show(e, d, "code "+code)
		}
	}
	if t.cas.Code() == "" && p < likelyCause {
		return t.clarify(d, "no code and no cause is likely yet")
	}
	a := t.show(best, d, fmt.Sprintf("facts make %s %.2f", best.ID, p))
	a.Confidence = p
	return a
}

// answerNew decides on a message that asks something.
func (t *turn) answerNew() Answer {
	t.hearWords()
	d := t.diagnose()
	entries := t.rank(d)
	confidence := t.confidence()
	switch {
	case t.heard.code == "" && t.cas.Code() == "" && notACode.MatchString(t.text.Norm) && confidence >= sureEntry && len(entries) > 0 && slices.Contains(t.kb.Entry(entries[0].ID).Codes, home):
		return t.clarify(d, "61 stands there, but not as a code")
	case t.vague():
		return t.clarify(d, "a failed sale without a code")
	case confidence >= sureEntry && len(entries) > 0:
		if e := t.kb.Entry(entries[0].ID); e.Kind == kb.Incident || e.Kind == kb.Policy {
			return t.answerUrgent(e.ID, "best match "+e.ID)
		}
		return t.show(t.kb.Entry(entries[0].ID), d, fmt.Sprintf("confidence %.2f", confidence))
	case confidence >= maybeEntry && len(entries) > 0 && !slices.Contains(t.cas.Asked, ChooseEntry):
		return t.choose(d, entries, fmt.Sprintf("confidence %.2f", confidence))
	case t.cas.WantsOne:
		return t.answerWaiting()
	}
	a := t.finish(OutOfScope, fmt.Sprintf("confidence %.2f", confidence))
	a.Entries, a.Confidence = entries, confidence
	return t.render(a, nil)
}

// vague reports whether the message says that a sale failed and nothing more.
func (t *turn) vague() bool {
	p := routeP(t.match, "no-code")
	return t.heard.code == "" && t.cas.Code() == "" && p >= 0.3 && (len(t.match.Hits) == 0 || p > t.match.Hits[0].P)
}

func routeP(m index.Match, id string) float64 {
	for _, r := range m.Routes {
		if r.ID == id {
			return r.P
		}
	}
	return 0
}

// entry is the approved entry with this id, nil if there is none: a draft is
// never shown, and a case may name an entry that a reload has removed.
func (t *turn) entry(id string) *kb.Entry {
	if e := t.kb.Entry(id); e != nil && e.Status == "approved" {
		return e
	}
	return nil
}

// unsettled reports whether money or a card is in doubt in this case and the
// message does not name a code of its own: then nothing is said that could
// have the sale charged again.
func (t *turn) unsettled() bool {
	return t.cas.Incident != "" && t.heard.code == "" && t.small() != "solved"
}

// isPolicy reports whether route is a refusal, which can wait while money is in
// doubt: "还要再刷一次吗" asks about the sale, whatever its words match.
func (t *turn) isPolicy(route string) bool {
	e := t.entry(route)
	return e != nil && e.Kind == kb.Policy
}

// notACode finds 61 as part of another number or as an amount, which the
// matcher cannot tell from the code.
var notACode = regexp.MustCompile(`[0-9]61|61[0-9]|61 ?(元|块|笔|个|台|张|次|万|岁|路|号|度|折|%)|不是 ?61|not 61`)

// meansNothing reports whether the message is a bare number, a yes, a no or a
// "don't know" to which nothing was asked.
func (t *turn) meansNothing() bool {
	said := bare(t.text.Norm)
	digit := len(said) == 1 && said[0] >= '0' && said[0] <= '9'
	return t.heard.open == "" && t.heard.code == "" && t.before.Open == "" && !t.cas.ongoing() && (digit || yes[said] || no[said] || dontKnow[said] || notTried[said])
}

func (t *turn) topHit() *kb.Entry {
	if len(t.match.Hits) == 0 {
		return nil
	}
	return t.kb.Entry(t.match.Hits[0].ID)
}

// codeEntry is the entry that says what a code means.
func (t *turn) codeEntry(code string) *kb.Entry {
	if e := t.entry("code-" + code); e != nil {
		return e
	}
	for _, e := range t.kb.Entries {
		if e.Kind == kb.Topic && e.Status == "approved" && slices.Contains(e.Codes, code) {
			return e
		}
	}
	return nil
}

// rank orders entries for a new question: what matched, corrected by the code
// that is known (a code says more than words: "61 是不是密码错" is about 61),
// and by the diagnosis when facts are known.
//
// All weights are on the scale of the index's score, 0 to 1.
func (t *turn) rank(d diagnosis) []Ranked {
	const (
		codeAlone  = 0.60 // a code's own entry, whatever words matched
		ofCode     = 0.25 // an entry about the code that is shown
		causeFirst = 0.06 // a cause owns its words before its code's entry does; 61 has many causes and words of its own
		ofOther    = 0.60 // off, for an entry about another code
		byFacts    = 0.50 // times the probability, where facts were told

		sureWords   = 0.90 // model probability from which the words say more than a number
		bySureWords = 0.55
	)
	scores := map[string]float64{}
	for _, h := range t.match.Hits {
		scores[h.ID] = h.Score
		if h.P >= sureWords {
			scores[h.ID] += bySureWords
		}
	}
	code, codeID := t.cas.Code(), ""
	if e := t.codeEntry(code); code != "" && e != nil {
		codeID = e.ID
		scores[e.ID] = max(scores[e.ID], codeAlone)
	}
	var rs []Ranked
	for id, s := range scores {
		e := t.kb.Entry(id)
		if e == nil {
			continue
		}
		switch about := slices.Contains(e.Codes, code); {
		case code == "":
		case e.Kind == kb.Cause && about && e.Codes[0] == code && code != home:
			s += ofCode + causeFirst
		case about || id == codeID:
			s += ofCode
		case e.Kind == kb.Cause || e.Kind == kb.Code:
			s -= ofOther
		}
		if t.heard.facts > 0 && e.Kind == kb.Cause {
			s += byFacts * d.of(id)
		}
		if t.noMoneyMoved(id) {
			s -= ofOther
		}
		rs = append(rs, Ranked{ID: id, Score: s})
	}
	sortRanked(rs)
	top := 1.0
	if len(rs) > 0 {
		top = max(1, rs[0].Score)
	}
	for i := range rs {
		rs[i].Score = max(0, rs[i].Score/top)
	}
	return rs[:min(len(rs), 10)]
}

func sortRanked(rs []Ranked) {
	slices.SortFunc(rs, func(a, b Ranked) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
}

// show answers with an entry and, where causes compete, the next question.
func (t *turn) show(e *kb.Entry, d diagnosis, reason string) Answer {
	a := t.finish(Answered, reason)
	a.Entries = first(e.ID, t.rank(d))
	a.Confidence = t.confidence()
	if t.isDiagnosis(e) || t.cas.Code() != "" && t.explains(t.cas.Code()) {
		a.Causes = d.ranked()
		if q := t.nextQuestion(); q != nil {
			a.Ask = t.ask(q)
		}
	}
	a.Code = t.codeOf(e)
	a.Steps = t.giveSteps(e)
	t.cas.Entry = e.ID
	return t.render(a, e)
}

// isDiagnosis reports whether showing e means that causes are being weighed.
func (t *turn) isDiagnosis(e *kb.Entry) bool {
	if e.Kind == kb.Cause {
		return true
	}
	return len(e.Codes) > 0 && t.explains(e.Codes[0])
}

// explains reports whether some cause explains code.
func (t *turn) explains(code string) bool {
	return slices.ContainsFunc(t.kb.Entries, func(c *kb.Entry) bool {
		return c.Kind == kb.Cause && slices.Contains(c.Codes, code)
	})
}

// codeOf is the code that the answer is about: the one named, else the typical
// one of the entry.
func (t *turn) codeOf(e *kb.Entry) string {
	if f, told := t.cas.Facts[codeShown]; told {
		if f.Value == unknown {
			return ""
		}
		return f.Value
	}
	if len(e.Codes) > 0 && e.Codes[0] != kb.Local {
		return e.Codes[0]
	}
	return ""
}

// first puts id in front of a ranking.
func first(id string, rs []Ranked) []Ranked {
	if len(rs) > 0 && rs[0].ID == id {
		return rs
	}
	out := []Ranked{{ID: id, Score: 1}}
	for _, r := range rs {
		if r.ID != id {
			out = append(out, r)
		}
	}
	return out[:min(len(out), 10)]
}

const maxSteps = 4

// nextSteps are the steps of e to show now, none that this case has seen, in
// the author's order: safety first, then by the chance of settling the matter
// per minute. Steps of other causes are never mixed in: "ask for another card"
// beside "no more cards" helps nobody, and they are still fresh when a fact
// makes their cause the likeliest.
func (t *turn) nextSteps(e *kb.Entry) []kb.Step {
	var out []kb.Step
	for _, s := range e.Steps {
		if len(out) < maxSteps && !slices.Contains(t.cas.Shown, s.ID) {
			out = append(out, s)
		}
	}
	return out
}

// giveSteps takes the next steps of e into the case and returns them as shown.
func (t *turn) giveSteps(e *kb.Entry) []StepShown {
	var out []StepShown
	for _, s := range t.nextSteps(e) {
		out = append(out, StepShown{ID: s.ID, Who: s.Who, Text: s.Text.In(t.lang)})
		t.cas.Shown = append(t.cas.Shown, s.ID)
	}
	return out
}

// clarify asks for the code, or for whatever tells most where the code is
// known or cannot be told, and gives no steps.
func (t *turn) clarify(d diagnosis, reason string) Answer {
	a := t.finish(Clarify, reason)
	a.Entries = t.rank(d)
	words := len(t.match.Hits) > 0 && t.match.Hits[0].P >= 0.2
	if e := t.codeEntry(home); e != nil && t.cas.Code() == "" && !words { // the likeliest by far
		a.Entries = first(e.ID, a.Entries)
	}
	a.Causes = d.ranked()
	a.Confidence = t.confidence()
	code := t.kb.EvidenceByID(codeShown)
	if _, known := t.cas.Facts[codeShown]; !known && code != nil && !slices.Contains(t.cas.Asked, codeShown) {
		a.Ask = t.ask(code)
	} else if q := t.nextQuestion(); q != nil {
		a.Ask = t.ask(q)
	}
	if a.Ask == nil { // nothing left to ask: a person
		return t.answerUrgent("human", reason+"; nothing left to ask")
	}
	t.cas.Entry = ChooseEntry
	return t.render(a, nil)
}

// choose offers up to three entries.
func (t *turn) choose(d diagnosis, entries []Ranked, reason string) Answer {
	a := t.finish(Clarify, reason)
	a.Entries = entries
	a.Confidence = t.confidence()
	ask := &Ask{ID: ChooseEntry, Text: say(t.lang, "which of these")}
	t.cas.Options = nil
	for _, r := range entries[:min(3, len(entries))] {
		ask.Options = append(ask.Options, Option{Value: r.ID, Label: t.kb.Entry(r.ID).Title.In(t.lang)})
		t.cas.Options = append(t.cas.Options, r.ID)
	}
	t.cas.Open = ChooseEntry
	t.cas.Asked = append(t.cas.Asked, ChooseEntry)
	a.Ask = ask
	return t.render(a, nil)
}

// Ask is a question with its options.
type Ask struct {
	ID      string
	Text    string
	Options []Option
}

// Option is one answer that is offered.
type Option struct {
	Value string
	Label string
}

// ask opens a question.
func (t *turn) ask(e *kb.Evidence) *Ask {
	a := &Ask{ID: e.ID, Text: e.Ask.In(t.lang)}
	t.cas.Options = nil
	for _, v := range e.Values {
		a.Options = append(a.Options, Option{Value: v.Value, Label: v.Label.In(t.lang)})
		t.cas.Options = append(t.cas.Options, v.Value)
	}
	t.cas.Open = e.ID
	t.cas.Asked = append(t.cas.Asked, e.ID)
	return a
}

// answerUrgent hands over or refuses.
func (t *turn) answerUrgent(route, reason string) Answer {
	decision := Handoff
	e := t.entry(route)
	if route == "card-data" || (e != nil && e.Kind == kb.Policy) {
		decision = Refuse
	}
	a := t.finish(decision, reason)
	a.Entries = t.rank(t.diagnose())
	a.Confidence = 1
	t.cas.Open, t.cas.Options = "", nil // what was asked before does not matter now
	if decision == Handoff {
		t.cas.WantsOne = true
	}
	if route == "card-data" { // refused as the policy is, in words of its own
		for _, id := range []string{"staff-training", "split-request"} {
			if t.kb.Entry(id) != nil {
				a.Entries = first(id, a.Entries)
			}
		}
	}
	if e != nil {
		a.Entries = first(e.ID, a.Entries)
		a.Steps = t.giveSteps(e)
		t.cas.Entry = e.ID
		if e.Kind == kb.Incident {
			t.cas.Incident = e.ID
		}
	}
	a.Code = t.cas.Code()
	return t.renderRoute(a, route, e)
}

// answerSmall replies to talk beside the matter.
func (t *turn) answerSmall(route string) Answer {
	switch route {
	case "no-code":
		return t.clarify(t.diagnose(), "a failed sale without a code")
	case "still-failing":
		return t.answerStillFailing()
	}
	if route == "solved" { // the next message starts afresh
		t.cas = Case{Lang: t.cas.Lang, Warned: t.cas.Warned}.clone()
	}
	if t.cas.WantsOne {
		return t.answerWaiting()
	}
	a := t.finish(OutOfScope, "route "+route)
	a.Solved = route == "solved"
	a.Entries = t.rank(t.diagnose())
	return t.renderRoute(a, route, nil)
}

// answerStillFailing goes on after steps that did not help: to steps not yet
// shown, and after the second time to a person.
func (t *turn) answerStillFailing() Answer {
	if !t.cas.ongoing() {
		return t.clarify(t.diagnose(), "a failed sale without a code")
	}
	t.cas.Failed++
	d := t.diagnose()
	best, _ := d.top()
	if e := t.entry(t.cas.Entry); best == nil || e != nil && e.Kind != kb.Cause && !t.isDiagnosis(e) {
		best = e
	}
	if best == nil {
		return t.answerUrgent("human", "the steps did not help")
	}
	if t.cas.Failed >= 2 || len(t.nextSteps(best)) == 0 {
		return t.answerUrgent("human", "two steps did not help")
	}
	return t.show(best, d, "the steps so far did not help")
}

// answerWaiting tells how a case stands that waits for a person.
func (t *turn) answerWaiting() Answer {
	a := t.finish(Handoff, "waiting for a person")
	if e := t.entry(t.cas.Incident); e != nil {
		a.Entries = []Ranked{{ID: e.ID, Score: 1}}
	}
	return t.renderRoute(a, "waiting", nil)
}

// finish starts an answer. What every answer carries is filled in by render.
func (t *turn) finish(d Decision, reason string) Answer {
	return Answer{Decision: d, Reason: reason, Lang: t.lang, Match: t.match}
}
