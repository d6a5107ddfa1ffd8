package kb

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// The embedded entries are all in canonical form: kb fmt changes nothing.
func TestEmbeddedIsFormatted(t *testing.T) {
	files, err := readFiles(Embedded())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !isEntryFile(f.name) {
			continue
		}
		got, err := Format(f.name, f.data)
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(string(f.data), string(got)); diff != "" {
			t.Errorf("%s: run decline61 kb fmt\n%s", f.name, diff)
		}
	}
}

const unformatted = `---
# about the file
kind: "cause"
id: limit   # the file's name
status: approved
codes: [ '61' ]  # the code
likelihood: {other_card: {approved: 0.90, declined: 1e-1}}
prior: 100
steps:
- fix: 0.4   # judged
  minutes: 2
- {minutes: 5, fix: .5}
handoff: {to: issuer, after: 2}
retry: other_card
# merchants' words
phrasings:
# the first
- 额度够但是报61
- 'it''s over'  # heard often
# the last
- "tab\u200b \\ \"q\""
# about the date
reviewed: 2026-11-22
review_every_days: 180
sources: [{quote: "银行", line: 2}, {basis: unionpay}]
---

# zh 卡的限额
## 含义
61 是交易金额
超限。

## 步骤

3.  [收银员]   请顾客
    换一张卡。
9. [持卡人] 拨打电话。

# en The card's limit
## Meaning
Over
a limit.
## Steps
1. [cashier] Ask.
2. [cardholder] Call.
`

const formatted = `---
# about the file
id: limit  # the file's name
kind: cause
codes: ["61"]  # the code
status: approved
prior: 100
likelihood:
  other_card: {approved: 0.90, declined: 0.1}
steps:
  - {fix: 0.4, minutes: 2}  # judged
  - {fix: 0.5, minutes: 5}
retry: other_card
handoff: {to: issuer, after: 2}
# merchants' words
phrasings:
  # the first
  - "额度够但是报61"
  - "it's over"  # heard often
  # the last
  - "tab\u200B \\ \"q\""
sources:
  - {line: 2, quote: "银行"}
  - {basis: unionpay}
# about the date
reviewed: 2026-11-22
review_every_days: 180
---
# zh 卡的限额

## 含义
61 是交易金额超限。
## 步骤
1. [收银员] 请顾客换一张卡。
2. [持卡人] 拨打电话。

# en The card's limit

## Meaning
Over a limit.
## Steps
1. [cashier] Ask.
2. [cardholder] Call.
`

func TestFormat(t *testing.T) {
	got, err := Format("entries/limit.md", []byte(unformatted))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(formatted, string(got)); diff != "" {
		t.Error(diff)
	}
}

// Wherever somebody puts a comment into the front matter, it stays.
func TestFormatKeepsComments(t *testing.T) {
	front, body, _ := strings.Cut(unformatted, "\n---\n")
	lines := strings.Split(front, "\n")
	for i := 1; i < len(lines); i++ {
		for _, put := range []string{"# new\n" + lines[i], "  # new\n" + lines[i], lines[i] + "  # new"} {
			with := slices.Clone(lines)
			with[i] = put
			src := strings.Join(with, "\n") + "\n---\n" + body
			got, err := Format("entries/limit.md", []byte(src))
			if err != nil || strings.Count(string(got), "# new") != 1 {
				t.Errorf("the comment at line %d is gone (%v):\n%s", i+1, err, got)
			}
		}
	}
}

// FuzzLoadEntry feeds any bytes as an entry's file. Reading never panics, and
// what Format accepts keeps its meaning and is formatted for good.
func FuzzLoadEntry(f *testing.F) {
	files, err := readFiles(goodFS(f)) // small seeds: the mutator is slow on large ones
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if isEntryFile(file.name) {
			f.Add(file.data)
		}
	}
	blank, err := Template("limit", Cause, testNow)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blank)
	f.Add([]byte(unformatted))
	const file = "entries/limit.md"
	base := goodFS(f)
	delete(base, backgroundFile) // 600 lines are slow
	f.Fuzz(func(t *testing.T, src []byte) {
		fsys := maps.Clone(base)
		fsys[file] = &fstest.MapFile{Data: src}
		Lint(fsys, LintOptions{Now: testNow})
		once, err := Format(file, src)
		if err != nil {
			return
		}
		var problems []Problem
		before, after := readEntry(file, src, &problems), readEntry(file, once, &problems)
		if diff := cmp.Diff(before.Entry, after.Entry); diff != "" {
			t.Errorf("Format changed the meaning:\n%s", diff)
		}
		twice, err := Format(file, once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("formatted twice (%v):\n%s", err, cmp.Diff(string(once), string(twice)))
		}
	})
}
