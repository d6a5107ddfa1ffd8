package kb

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"decline61/kb/text"
)

// The checks of phrasings, questions, lists and the seed.

const minBackground = 600

// phrasings looks at one entry's phrasings by themselves.
func (l *linter) phrasings(d *document) {
	rep := l.rep(d.File)
	if n := len(d.Phrasings); n < minPhrasings && d.Kind != Code && d.Status == "approved" {
		rule := "phrasings-few"
		if d.Kind == Cause {
			rule = "phrasings-few-cause"
		}
		rep.add(d.at("phrasings"), rule, n, minPhrasings)
	}
	for i, p := range d.Phrasings {
		at := d.at("phrasings", i)
		l.unfilled(rep, p, at)
		l.numbers(rep, p, at)
		l.links(rep, p, at)
		// Of the forbidden advice only this one: the rest is what merchants ask.
		if found := promotion.find(clause{lang: Lang(text.Lang(p)), folded: fold(p)}); found != "" {
			rep.add(at, promotion.rule, found)
		}
	}
}

// owners holds that a phrasing belongs to one entry, route or topic only. A
// phrasing of two entries would make the matcher toss a coin.
func (l *linter) owners() {
	type owner struct{ who, file, where string }
	owned := map[string]owner{}
	for _, d := range l.byRank() {
		for i, p := range d.Phrasings {
			key, at := text.Normalise(p).Norm, d.at("phrasings", i)
			first, taken := owned[key]
			switch {
			case p == "":
			case strings.TrimSpace(key) == "":
				l.rep(d.File).add(at, "phrasing-empty", p)
			case taken && first.who == d.ID:
				l.rep(d.File).add(at, "phrasing-twice", p, first.where)
			case taken:
				l.rep(d.File).add(at, "phrasing-owned", p, first.who, first.where)
			default:
				owned[key] = owner{d.ID, d.File, fmt.Sprintf("%s:%d", d.File, at.line)}
			}
		}
	}
	for _, list := range []struct {
		file  string
		lines []listLine
	}{{routesFile, l.routes.lines}, {backgroundFile, l.ground.lines}} {
		for _, line := range list.lines {
			key := text.Normalise(line.text).Norm
			first, taken := owned[key]
			switch {
			case !taken:
				owned[key] = owner{line.owner, list.file, fmt.Sprintf("%s:%d", list.file, line.line)}
			case first.file == list.file && first.who == line.owner:
				l.rep(list.file).add(line.place, "phrasing-again", line.text, first.where)
			default:
				l.rep(list.file).add(line.place, "phrasing-elsewhere", line.text, first.who, first.where)
			}
		}
	}
}

// byRank returns the entries whose phrasings count, those that own a phrasing
// first: a cause before its code's entry.
func (l *linter) byRank() []*document {
	var docs []*document
	for _, d := range l.docs {
		if d.Status != "retired" {
			docs = append(docs, d)
		}
	}
	slices.SortStableFunc(docs, func(a, b *document) int {
		return slices.Index(kinds, string(a.Kind)) - slices.Index(kinds, string(b.Kind))
	})
	return docs
}

func (l *linter) lists() {
	for _, file := range []struct {
		name  string
		lines []listLine
	}{{routesFile, l.routes.lines}, {backgroundFile, l.ground.lines}} {
		for _, line := range file.lines {
			l.numbers(l.rep(file.name), line.text, line.place)
		}
	}
	if n := len(l.ground.lines); n < minBackground && n > 0 {
		l.rep(backgroundFile).add(place{}, "background-few", n, minBackground)
	}
}

// evidence holds questions.yaml to its own sums.
func (l *linter) evidence() {
	rep := l.rep(questionsFile)
	for _, e := range l.kb.Evidence {
		at := l.questions.places[e.ID]
		if e.Cost == 0 {
			rep.add(at, "cost", e.ID)
		}
		sum := 0.0
		for i, v := range e.Values {
			sum += v.Base
			if e.value(v.Value) != &e.Values[i] {
				rep.add(l.questions.places[fmt.Sprintf("%s/values/%d", e.ID, i)], "value-twice", v.Value, e.ID)
			}
		}
		if !e.Open && math.Abs(sum-1) > 0.02 {
			rep.add(at, "base-sum", e.ID, sum)
		}
	}
}

func (l *linter) codeWeights() {
	rep, sum := l.rep(questionsFile), 0.0
	for _, c := range sortedKeys(l.questions.weights) {
		at := l.questions.places["code_weights/"+c]
		sum += l.questions.weights[c]
		switch {
		case !validCode(c):
			rep.add(at, "code-form", c)
		case l.questions.bare[c] && c != Local:
			rep.add(at, "code-unquoted", c)
		}
	}
	if sum > 101 {
		rep.add(place{}, "weights-sum", sum)
	}
}

// seedQuotes holds that every quote stands in the line that it names.
func (l *linter) seedQuotes() {
	for _, d := range l.docs {
		for i, s := range d.Sources {
			if s.Line > 0 {
				l.quote(l.rep(d.File), d.at("sources", i), s.Line, s.Quote)
			}
		}
	}
	for i, q := range l.seed.Quarantine {
		l.quote(l.rep(seedNotesFile), l.seed.quarantine[i], q.Line, q.Quote)
	}
	for line, at := range l.seed.filler {
		l.quote(l.rep(seedNotesFile), at, line, "")
	}
}

func (l *linter) quote(rep reporter, at place, line int, quote string) {
	switch lines := l.seed.Lines; {
	case line < 1 || line > len(lines):
		rep.add(at, "quote-line", line, len(lines))
	case !strings.Contains(lines[line-1], quote):
		rep.add(at, "quote-missing", line, quote, l.lineWith(quote))
	}
}

// lineWith helps to repair a wrong line number.
func (l *linter) lineWith(quote string) string {
	var found []string
	for i, line := range l.seed.Lines {
		if strings.Contains(line, quote) {
			found = append(found, fmt.Sprint(i+1))
		}
	}
	return orNone(strings.Join(found, ", "))
}

// seedCoverage holds that no line of the seed is forgotten.
func (l *linter) seedCoverage() {
	covered := l.kb.SeedCoverage()
	for i, line := range l.seed.Lines {
		if strings.TrimSpace(line) != "" && covered[i+1] == "" {
			l.rep(seedFile).add(place{line: i + 1}, "seed-uncovered", i+1)
		}
	}
}

// SeedCoverage says how each line of the seed is accounted for: "cited",
// "quarantined" or "filler". Lines that are not in the map are forgotten.
func (k *KB) SeedCoverage() map[int]string {
	covered := map[int]string{}
	for line := range k.Seed.Filler {
		covered[line] = "filler"
	}
	for _, q := range k.Seed.Quarantine {
		covered[q.Line] = "quarantined"
	}
	for _, e := range k.Entries {
		for _, s := range e.Sources {
			if s.Line > 0 && e.Status != "retired" {
				covered[s.Line] = "cited"
			}
		}
	}
	return covered
}

// repeatRunes is how much of a quarantined span may not come back: less is
// shared by chance, such as 是否有支付牌照. A span of fewer than shortest runes
// is no advert by itself.
const (
	repeatRunes = 10
	shortest    = 4
)

// quarantined holds that nothing quarantined comes back in an entry's texts,
// phrasings or quotes.
func (l *linter) quarantined() {
	pieces := l.pieces()
	for _, d := range l.docs {
		rep := l.rep(d.File)
		for _, t := range d.texts {
			pieces.find(rep, t.place, t.text)
		}
		for i, p := range d.Phrasings {
			pieces.find(rep, d.at("phrasings", i), p)
		}
		for i, s := range d.Sources {
			for _, q := range l.seed.Quarantine {
				if q.Line == s.Line && q.Quote != "" && strings.Contains(s.Quote, q.Quote) {
					rep.add(d.at("sources", i), "quote-quarantined", q.Quote, q.Line)
				}
			}
		}
	}
}

// pieces are the parts of the quarantined spans, by length and normal form,
// with the line of the seed that they come from.
type pieces map[int]map[string]int

func (l *linter) pieces() pieces {
	all := pieces{}
	for _, q := range l.seed.Quarantine {
		quote := []rune(text.Normalise(q.Quote).Norm)
		n := min(repeatRunes, len(quote))
		if n < shortest {
			continue
		}
		if all[n] == nil {
			all[n] = map[string]int{}
		}
		for i := 0; i+n <= len(quote); i++ {
			all[n][string(quote[i:i+n])] = q.Line
		}
	}
	return all
}

// find reports the first piece that s contains.
func (p pieces) find(rep reporter, at place, s string) {
	runes := []rune(text.Normalise(s).Norm)
	for _, n := range slices.Sorted(maps.Keys(p)) {
		for i := 0; i+n <= len(runes); i++ {
			if line, found := p[n][string(runes[i:i+n])]; found {
				rep.add(at, "quarantined", string(runes[i:i+n]), line)
				return
			}
		}
	}
}
