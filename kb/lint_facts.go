package kb

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The checks of the front matter.

const minPhrasings = 8

var codeForm = regexp.MustCompile(`^[0-9A-Z]{2}$`)

func validCode(c string) bool { return c == Local || codeForm.MatchString(c) }

func (l *linter) codes(d *document) {
	rep := l.rep(d.File)
	for i, c := range d.Codes {
		switch {
		case !validCode(c):
			rep.add(d.at("codes", i), "code-form", c)
		case d.bare[c] && c != Local:
			rep.add(d.at("codes", i), "code-unquoted", c)
		case slices.Index(d.Codes, c) < i:
			rep.add(d.at("codes", i), "code-twice", c)
		}
	}
	if len(d.Codes) == 0 && (d.Kind == Cause || d.Kind == Code) {
		rep.add(d.at("kind"), "code-missing", string(d.Kind))
	}
	l.codeFile(d, rep)
}

// codeFile holds that what explains a code stands in codes/, under its name.
func (l *linter) codeFile(d *document, rep reporter) {
	inCodes := path.Dir(d.File) == "codes"
	nn, named := strings.CutPrefix(d.ID, "code-")
	switch {
	case inCodes != (d.Kind == Code):
		rep.add(d.at("kind"), "code-folder", string(d.Kind), path.Dir(d.File))
	case inCodes && (!named || len(d.Codes) != 1 || d.Codes[0] != nn):
		rep.add(d.at("codes"), "code-file", d.ID, strings.Join(d.Codes, ", "), nn)
	}
}

func (l *linter) causeFacts(d *document) {
	rep := l.rep(d.File)
	if d.Kind != Cause {
		for _, key := range []string{"prior", "likelihood"} {
			if at, there := d.places[key]; there {
				rep.add(at, "not-a-cause", key, string(d.Kind))
			}
		}
		return
	}
	if d.Prior <= 0 || d.Prior > 100 {
		rep.add(d.at("prior"), "prior-range", d.Prior)
	}
	if len(d.Likelihood) == 0 && d.Status == "approved" {
		rep.add(d.at("kind"), "likelihood-none")
	}
}

// priors holds that the causes of one code share a hundred percent.
func (l *linter) priors() {
	byCode := map[string][]*document{}
	for _, d := range l.docs {
		if d.Kind == Cause && d.Status == "approved" && len(d.Codes) > 0 {
			byCode[d.Codes[0]] = append(byCode[d.Codes[0]], d)
		}
	}
	for _, code := range sortedKeys(byCode) {
		sum, parts := 0.0, []string{}
		for _, d := range byCode[code] {
			sum += d.Prior
			parts = append(parts, fmt.Sprintf("%s %g", d.ID, d.Prior))
		}
		if math.Abs(sum-100) > 1 {
			first := byCode[code][0]
			l.rep(first.File).add(first.at("prior"), "prior-sum", code, sum, strings.Join(parts, ", "))
		}
	}
}

func (l *linter) likelihood(d *document) {
	rep := l.rep(d.File)
	for _, id := range sortedKeys(d.Likelihood) {
		at, key := d.at("likelihood/"+id), "likelihood/"+id+"/"
		e := l.kb.EvidenceByID(id)
		if e == nil {
			rep.add(at, "evidence-unknown", id, l.evidenceIDs())
			continue
		}
		sum := 0.0
		for _, value := range sortedKeys(d.Likelihood[id]) {
			p := d.Likelihood[id][value]
			sum += p
			v := e.value(value)
			switch {
			case v == nil && !(e.Open && validCode(value)):
				rep.add(d.at(key+value), "value-unknown", value, id, e.valueNames())
			case v != nil && v.Base == 0 && !e.Open:
				rep.add(d.at(key+value), "value-says-nothing", value, id)
			case p == 0:
				rep.add(d.at(key+value), "likelihood-zero", value)
			}
		}
		if math.Abs(sum-1) > 0.02 {
			rep.add(at, "likelihood-sum", id, sum)
		}
		for _, v := range e.Values {
			if _, named := d.Likelihood[id][v.Value]; !named && v.Base > 0 {
				rep.add(at, "likelihood-gap", id, v.Value)
			}
		}
	}
}

func (e *Evidence) value(name string) *Value {
	for i := range e.Values {
		if e.Values[i].Value == name {
			return &e.Values[i]
		}
	}
	return nil
}

func (e *Evidence) valueNames() string {
	var names []string
	for _, v := range e.Values {
		names = append(names, v.Value)
	}
	return strings.Join(names, ", ")
}

func (l *linter) evidenceIDs() string {
	var ids []string
	for _, e := range l.kb.Evidence {
		ids = append(ids, e.ID)
	}
	return strings.Join(ids, ", ")
}

// hardDeclines are codes after which the same sale must not be tried again:
// the issuer or the acquirer has said no, and asking again looks like fraud.
var hardDeclines = []string{"03", "04", "07", "34", "41", "43", "54", "57", "58", "61", "62", "65", "67"}

func (l *linter) retry(d *document) {
	if d.Retry != RetrySame || d.keyedWrongly() {
		return
	}
	for _, c := range d.Codes {
		if slices.Contains(hardDeclines, c) {
			l.rep(d.File).add(d.at("retry"), "retry-same", c)
			return
		}
	}
}

// keyedWrongly reports that the amount itself was entered wrongly, so that the
// next try is another sale: the only case in which a hard decline passes at once.
func (d *document) keyedWrongly() bool {
	return d.Likelihood["amount_matches_bill"]["no"] >= 0.5
}

func (l *linter) steps(d *document) {
	rep := l.rep(d.File)
	for i, s := range d.Steps {
		if d.at("steps", i).line == 0 {
			continue // a step without facts is reported as such
		}
		if s.Fix < 0 || s.Fix > 1 {
			rep.add(d.at("steps", i), "step-fix", s.Fix)
		}
		if s.Minutes <= 0 {
			rep.add(d.at("steps", i), "step-minutes")
		}
	}
	if d.Handoff.After > len(d.Steps) {
		rep.add(d.at("handoff"), "handoff-after", d.Handoff.After, len(d.Steps))
	}
	if len(d.Steps) == 0 {
		return
	}
	switch at := d.firstStep(); d.Steps[0].Who {
	case "cardholder":
		rep.add(at, "first-step-cardholder")
	case "acquirer", "vendor":
		rep.add(at, "first-step", d.Steps[0].Who)
	}
}

func (d *document) firstStep() place {
	for _, t := range d.texts {
		if t.section == secSteps {
			return t.place
		}
	}
	return d.at("steps")
}

func (l *linter) sources(d *document) {
	rep := l.rep(d.File)
	if len(d.Sources) == 0 {
		rep.add(d.at("id"), "source-none")
	}
	for i, s := range d.Sources {
		at := d.at("sources", i)
		if (s.Line > 0) == (s.Basis != "") || (s.Line > 0) != (s.Quote != "") {
			rep.add(at, "source-form")
		}
	}
}

func (l *linter) review(d *document) {
	rep, at := l.rep(d.File), d.at("reviewed")
	day, err := time.Parse(time.DateOnly, d.Reviewed)
	if err != nil {
		if d.Reviewed != "" {
			rep.add(at, "review-date", d.Reviewed)
		}
		return
	}
	if d.ReviewEveryDays == 0 {
		rep.add(d.at("review_every_days"), "review-days")
	}
	due := day.AddDate(0, 0, d.ReviewEveryDays)
	if now := l.opts.Now; !now.IsZero() && now.After(due.AddDate(0, 0, 1)) {
		rep.add(at, "review-overdue", due.Format(time.DateOnly))
	}
	// A day of grace: the reviewer's date line may be ahead of the server's.
	if now := l.opts.Now; !now.IsZero() && day.After(now.AddDate(0, 0, 1)) {
		rep.add(at, "review-future", d.Reviewed)
	}
}
