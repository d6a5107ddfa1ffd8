package bot

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"decline61/bot/mask"
	"decline61/kb"
	"decline61/kb/text"
)

// Case is what a conversation has come to: the only memory of the bot. It is
// a plain value that a store can keep as JSON; the zero value is a new case.
type Case struct {
	Lang     kb.Lang            `json:"lang,omitempty"`
	Facts    map[string]Fact    `json:"facts,omitempty"`     // evidence id -> what was said
	Words    map[string]float64 `json:"words,omitempty"`     // cause -> log of how much its words were heard, at most maxWords
	Entry    string             `json:"entry,omitempty"`     // the entry that was shown last
	Open     string             `json:"open,omitempty"`      // the question that waits for an answer: an evidence id or [ChooseEntry]
	Options  []string           `json:"options,omitempty"`   // values offered for Open, option 1 first
	Asked    []string           `json:"asked,omitempty"`     // questions asked so far; none is asked twice
	Shown    []string           `json:"shown,omitempty"`     // ids of steps shown so far; none is shown twice
	Failed   int                `json:"failed,omitempty"`    // times that our steps did not help
	Incident string             `json:"incident,omitempty"`  // what a person must settle before this sale is charged again
	WantsOne bool               `json:"wants_one,omitempty"` // a person is needed
	Warned   bool               `json:"warned,omitempty"`    // told to delete what was masked
}

// Fact is the value of one evidence as somebody gave it.
type Fact struct {
	Value  string `json:"value"`
	Hedged bool   `json:"hedged,omitempty"`
}

// ChooseEntry is the id of the question "which of these do you mean?", whose
// options are entries.
const ChooseEntry = "entry"

// unknown is the value of a fact that its owner cannot tell.
const unknown = "unknown"

// codeShown is the evidence that names the response code.
const codeShown = "code_shown"

func (c Case) clone() Case {
	c.Facts = maps.Clone(c.Facts)
	if c.Facts == nil {
		c.Facts = map[string]Fact{}
	}
	c.Words = maps.Clone(c.Words)
	if c.Words == nil {
		c.Words = map[string]float64{}
	}
	c.Options = slices.Clone(c.Options)
	c.Asked = slices.Clone(c.Asked)
	c.Shown = slices.Clone(c.Shown)
	return c
}

// ongoing reports whether something has been said in this case that a short
// message could refer to.
func (c Case) ongoing() bool { return c.Entry != "" || c.Open != "" }

// Code is the response code that the case is about, "" when none is known.
func (c Case) Code() string {
	if f, ok := c.Facts[codeShown]; ok && f.Value != unknown {
		return f.Value
	}
	return ""
}

var codeForm = regexp.MustCompile(`^[0-9A-Z]{2}$`)

// facts checks what a caller gives beside the text: evidence id -> value, in
// the spelling of the knowledge base. Errors wrap ErrEvidence and name the fix.
func facts(k *kb.KB, given map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(given)) {
		value := given[id]
		e := k.EvidenceByID(id)
		switch {
		case e == nil:
			return nil, fmt.Errorf("%w %q is unknown: use one of %s", ErrEvidence, mask.Of(id), strings.Join(evidenceIDs(k), ", "))
		case e.Open && strings.EqualFold(value, unknown):
			value = unknown
		case e.Open:
			if value = strings.ToUpper(value); !codeForm.MatchString(value) {
				return nil, fmt.Errorf("%w %s is %q: use the two characters that are shown, or unknown", ErrEvidence, id, mask.Of(given[id]))
			}
		case !slices.Contains(values(e), value):
			return nil, fmt.Errorf("%w %s has no value %q: use one of %s", ErrEvidence, id, mask.Of(value), strings.Join(values(e), ", "))
		}
		out[id] = value
	}
	return out, nil
}

// learn takes over facts that the caller gives beside the text.
func (t *turn) learn(given map[string]string) error {
	known, err := facts(t.kb, given)
	if err != nil {
		return err
	}
	for id, value := range known {
		t.cas.Facts[id] = Fact{Value: value}
		t.heard.facts++
		e := t.kb.EvidenceByID(id)
		t.heard.label = t.heard.label || slices.ContainsFunc(e.Values, func(v kb.Value) bool {
			return v.Value == value && (same(t.text, v.Label.ZH) || same(t.text, v.Label.EN))
		})
		if id == codeShown && value != unknown {
			t.heard.code = value
		}
		if id == t.cas.Open {
			t.heard.answered = true
			t.cas.Open, t.cas.Options = "", nil
		}
	}
	return nil
}

// same reports whether a message says just this.
func same(t text.Text, label string) bool {
	return t.Norm != "" && bare(t.Norm) == bare(text.Normalise(label).Norm)
}

func evidenceIDs(k *kb.KB) []string {
	var ids []string
	for _, e := range k.Evidence {
		ids = append(ids, e.ID)
	}
	return ids
}

func values(e *kb.Evidence) []string {
	var vs []string
	for _, v := range e.Values {
		vs = append(vs, v.Value)
	}
	return vs
}

// known lists the facts of the case in the order of questions.yaml, so that
// the same case always reads the same.
func (t *turn) known() []Known {
	var ks []Known
	for _, e := range t.kb.Evidence {
		if f, ok := t.cas.Facts[e.ID]; ok {
			ks = append(ks, Known{ID: e.ID, Value: f.Value, Hedged: f.Hedged})
		}
	}
	return ks
}
