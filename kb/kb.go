// Package kb is the knowledge base: what a decline code means, why it comes,
// who can do what about it, and how merchants say so.
//
// It lives in plain files (FORMAT.md) that a support lead can edit: one
// Markdown file an entry with machine facts in its front matter and prose in
// its body, Chinese and English side by side. [Load] reads them from any
// fs.FS and [Lint] says everything that is wrong with them at once.
// [Embedded] is the knowledge base that ships inside the binary.
//
// The package knows nothing of matching or conversations; what its lint must
// ask of the matcher ("does each phrasing find its own entry?") comes in as a
// function.
package kb

// Lang is a language that the knowledge base is written in: [ZH] or [EN].
type Lang string

// The two languages. Every text that a merchant sees exists in both.
const (
	ZH Lang = "zh"
	EN Lang = "en"
)

// Bilingual is one text in both languages.
type Bilingual struct {
	ZH string `yaml:"zh" json:"zh"`
	EN string `yaml:"en" json:"en"`
}

// In returns the text in lang, Chinese when lang is neither.
func (b Bilingual) In(lang Lang) string {
	if lang == EN {
		return b.EN
	}
	return b.ZH
}

// Kind says what an entry is about, which decides what the bot does with it.
type Kind string

const (
	Cause    Kind = "cause"    // why a sale fails; takes part in triage
	Incident Kind = "incident" // money or fraud: a person is needed at once
	Policy   Kind = "policy"   // a request that is refused
	Topic    Kind = "topic"    // a question without a diagnosis
	Code     Kind = "code"     // what one response code means
)

// Retry says whether the same sale may be tried again, and how.
type Retry string

const (
	RetryNever  Retry = "never"        // no further try of this sale
	RetryCard   Retry = "other_card"   // another card
	RetryMethod Retry = "other_method" // the same card, read or paid another way
	RetryLater  Retry = "later"        // after the limit, the fault or the window has passed
	RetrySame   Retry = "same"         // again at once, after the step was done
)

// Local is the "code" of causes for which the terminal shows its own message
// and no host has answered, so that there is no response code at all.
const Local = "local"

// KB is a whole knowledge base, as [Load] read it. It is not changed afterwards.
type KB struct {
	Entries     []*Entry           // sorted by ID
	Evidence    []*Evidence        // in the order of questions.yaml
	CodeWeights map[string]float64 // share of each code among the questions that reach us; sums to 1
	Routes      []Route            // messages that are no question to the knowledge base
	Background  []Background       // questions that are none of our business, the reject class
	Seed        Seed               // the article that the entries were written from
	Version     string             // hash over all files, 12 hex digits

	byID map[string]*Entry
}

// Entry returns the entry with this id, nil if there is none.
func (k *KB) Entry(id string) *Entry { return k.byID[id] }

// EvidenceByID returns the evidence with this id, nil if there is none.
func (k *KB) EvidenceByID(id string) *Evidence {
	for _, e := range k.Evidence {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// Entry is one piece of knowledge: a file in entries/ or codes/.
type Entry struct {
	ID     string   // the file's name without .md; never changes
	Kind   Kind     //
	Codes  []string // response codes that it explains, the typical one first; "local" where no host has answered
	Status string   // approved, draft or retired; only approved ones are matched and shown

	Prior      float64                       // causes: share among the causes of Codes[0], in percent; judged
	Likelihood map[string]map[string]float64 // causes: evidence id -> value -> P(value | this cause); judged

	Retry   Retry
	Handoff Handoff

	Phrasings []string // how merchants say it; each finds this entry first
	Sources   []Source

	Title      Bilingual
	Meaning    Bilingual // first line of an answer: what it means
	DoNow      Bilingual // second line: do this now
	Customer   Bilingual // third line: what to tell the customer, without the refusal's details
	Steps      []Step
	Never      []Bilingual
	Prevention Bilingual // may be empty

	Reviewed        string // date of the last review, 2006-01-02
	ReviewEveryDays int

	File string // path inside the fs.FS
}

// Step is one thing to do. Its ID is stable as long as its position is: "issuer-limit#s1".
type Step struct {
	ID      string
	Who     string    // a role of [Roles]: cashier, cardholder, merchant, acquirer, vendor
	Text    Bilingual //
	Fix     float64   // chance that this step settles the matter if the entry is the cause; judged
	Minutes float64   // effort
}

// Handoff says who is next when an entry's own steps did not help.
type Handoff struct {
	To    string // issuer, acquirer, vendor, agent
	After int    // steps without success before a person is offered
}

// Source says where a statement comes from: a quote of the seed, or a basis outside it.
type Source struct {
	Line  int    // of the seed, from 1; 0 with Basis
	Quote string // verbatim from that line
	Basis string // "practice", "unionpay", "iso8583", "scheme-rules", "acquirer-rules", "law"
}

// Evidence is a fact that separates causes, and the question that asks for it.
type Evidence struct {
	ID     string
	Ask    Bilingual
	Cost   float64 // effort of answering, 1 = a glance
	Values []Value
	// Open evidence takes any value (code_shown takes any code); Values are
	// then only the options that are offered.
	Open bool
}

// Value is one answer to a question.
type Value struct {
	Value string
	Label Bilingual
	// Base is P(value) for causes that say nothing about this evidence. A
	// value without one (unknown, not_tried) tells nothing about the cause.
	Base float64
}

// Route is a class of messages that are no question to the knowledge base,
// such as a wish for a person.
type Route struct {
	ID        string   `yaml:"id"`
	Phrasings []string `yaml:"phrasings"`
}

// Background is one topic of questions that are none of our business.
type Background struct {
	Topic string
	Lines []string
}

// Seed is the article that the knowledge base was first written from, with an
// account of every line in it.
type Seed struct {
	Lines      []string     // verbatim; Lines[0] is line 1
	Filler     map[int]bool // headings and sentences that say nothing
	Quarantine []Quarantined
}

// Quarantined is a span of the seed that is kept for provenance and never
// indexed or shown: an advert, a lure, a masked word.
type Quarantined struct {
	Line   int
	Quote  string
	Reason string
}
