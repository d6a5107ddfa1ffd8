package kb

import (
	"errors"
	"io/fs"
	"path"
	"time"
)

// LintOptions says what lint cannot know by itself.
type LintOptions struct {
	// Now decides which reviews are overdue; the zero time checks none.
	Now time.Time
	// SelfTest asks the matcher for every phrasing that does not find its own
	// entry first. It is only called when the files can be read. Nil skips it.
	SelfTest func(*KB) ([]Miss, error)
}

// Miss is a phrasing that does not find its own entry first.
type Miss struct {
	Entry    string // the entry that owns the phrasing
	Phrasing string // as it stands in the entry
	Found    string // the entry or route that was found instead, "" for none
}

// Lint says everything that is wrong with the files of a knowledge base, in
// the order of files and lines. Without problems, the result is empty.
func Lint(fsys fs.FS, opts LintOptions) []Problem {
	files, err := readFiles(fsys)
	if err != nil {
		var out []Problem
		reporter{fileOf(err), &out}.add(place{}, "unreadable", err.Error())
		return out
	}
	p := parse(files, versionOf(files))
	l := &linter{parsed: p, opts: opts}
	for _, d := range p.docs {
		if d.front != nil {
			for _, check := range documentChecks {
				check(l, d)
			}
		}
	}
	for _, check := range wholeChecks {
		check(l)
	}
	l.strayFiles(fsys)
	l.selfTest()
	return sortProblems(p.problems)
}

// linter holds one run of lint.
type linter struct {
	*parsed
	opts LintOptions
}

// documentChecks look at one entry, wholeChecks at all files together.
var (
	documentChecks = []func(*linter, *document){
		(*linter).codes, (*linter).causeFacts, (*linter).likelihood, (*linter).retry,
		(*linter).steps, (*linter).sources, (*linter).review,
		(*linter).needSections, (*linter).lengths, (*linter).bans, (*linter).entryTexts, (*linter).phrasings,
	}
	wholeChecks = []func(*linter){
		(*linter).priors, (*linter).evidence, (*linter).codeWeights, (*linter).questionTexts,
		(*linter).owners, (*linter).lists, (*linter).seedQuotes, (*linter).seedCoverage, (*linter).quarantined,
	}
)

func (l *linter) rep(file string) reporter { return reporter{file, &l.problems} }

// strayFiles reports what Load would pass over without a word.
func (l *linter) strayFiles(fsys fs.FS) {
	for _, dir := range []string{"entries", "codes"} {
		found, err := fs.ReadDir(fsys, dir)
		if err != nil {
			continue // a missing folder has no stray files
		}
		for _, f := range found {
			if name := path.Join(dir, f.Name()); f.IsDir() || !isEntryFile(name) {
				l.rep(name).add(place{}, "stray-file", f.Name())
			}
		}
	}
}

// selfTest asks the matcher, once the knowledge base can be read at all.
func (l *linter) selfTest() {
	k, err := l.result()
	if l.opts.SelfTest == nil || err != nil {
		return
	}
	misses, err := l.opts.SelfTest(k)
	if err != nil {
		l.rep("entries").add(place{}, "self-test-failed", err.Error())
	}
	for _, m := range misses {
		for _, d := range l.docs {
			if d.ID != m.Entry {
				continue
			}
			for i, phrasing := range d.Phrasings {
				if phrasing == m.Phrasing {
					l.rep(d.File).add(d.at("phrasings", i), "self-test", m.Phrasing, orNone(m.Found))
				}
			}
		}
	}
}

func orNone(id string) string {
	if id == "" {
		return "nothing (无)"
	}
	return id
}

// fileOf names the file that an error of the file system is about.
func fileOf(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Path
	}
	return "."
}
