package kb

import (
	"cmp"
	"fmt"
	"slices"
)

// The severities of a [Problem]. An error must not ship; a warning may.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// Problem is one fault in the files of a knowledge base: where it is, what is
// wrong, and what to write instead.
type Problem struct {
	File     string    `json:"file"`
	Line     int       `json:"line"` // from 1; 1 where the whole file is meant
	Col      int       `json:"col"`  // in characters, from 1
	Rule     string    `json:"rule"` // an id of [Rules]
	Severity string    `json:"severity"`
	ZH       string    `json:"zh"`
	EN       string    `json:"en"`
	Fix      Bilingual `json:"fix"`
}

// Error makes a Problem an error: place, rule and both languages on one line.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s (%s) [%s]", p.File, p.Line, p.Col, p.EN, p.ZH, p.Rule)
}

// In is the problem and its fix in lang, without the place.
func (p Problem) In(lang Lang) (what, fix string) {
	return Bilingual{ZH: p.ZH, EN: p.EN}.In(lang), p.Fix.In(lang)
}

// place is a position in a file, both numbers from 1.
type place struct{ line, col int }

// reporter collects the problems of one file.
type reporter struct {
	file string
	out  *[]Problem
}

// add reports that the named rule is broken at p. All four texts of the rule
// take the same args.
func (r reporter) add(p place, rule string, args ...any) {
	x, ok := ruleByID[rule]
	if !ok {
		panic("kb: no such rule: " + rule) // a typo in this package; every rule is tested
	}
	*r.out = append(*r.out, Problem{
		File: r.file, Line: max(p.line, 1), Col: max(p.col, 1),
		Rule: rule, Severity: x.Severity,
		ZH: fill(x.ZH, args), EN: fill(x.EN, args),
		Fix: Bilingual{ZH: fill(x.Fix.ZH, args), EN: fill(x.Fix.EN, args)},
	})
}

// fill formats a rule's text. The texts name their arguments by number and
// need not use all of them, which Sprintf would complain about at the end of
// the text unless the last verb says so; hence the cut.
func fill(format string, args []any) string {
	const mark = "\x00"
	s := fmt.Sprintf(format+mark, args...)
	for i := range len(s) {
		if s[i] == mark[0] {
			return s[:i]
		}
	}
	return s
}

// sortProblems puts problems into the order of the files, drops repeats, and
// drops what a fault of reading at the same place has caused.
func sortProblems(ps []Problem) []Problem {
	ps = slices.Clone(ps)
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.EN, b.EN))
	})
	type spot struct {
		file      string
		line, col int
	}
	unread := map[spot]bool{}
	for _, p := range ps {
		if ruleByID[p.Rule].Fatal {
			unread[spot{p.File, p.Line, p.Col}] = true
		}
	}
	return slices.DeleteFunc(slices.Compact(ps), func(p Problem) bool {
		return !ruleByID[p.Rule].Fatal && unread[spot{p.File, p.Line, p.Col}]
	})
}
