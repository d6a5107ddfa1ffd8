package bot

import (
	"cmp"
	"fmt"
	"slices"

	"decline61/kb"
	"decline61/kb/text"
)

// Brief is what a person of the provider wants to know beside a [Reply]: why
// it says what it says, and what to ask the merchant next. It is for people
// who know the field, never for merchants.
type Brief struct {
	Entry      Named        // the entry that is shown; its ID is empty if none is
	Facts      []string     // what is known, as labels: "错误码 61", "别的卡能刷"
	Causes     []WeighCause // best first
	Ask        []string     // questions to the merchant that would tell most, best first
	Neighbours []Neighbour  // codes that are taken for this one
}

// Named is an entry with its title.
type Named struct{ ID, Title string }

// WeighCause is a cause with the facts that speak for and against it.
type WeighCause struct {
	Named
	Probability  float64
	For, Against []string
}

// Neighbour is a code with what it means.
type Neighbour struct{ Code, Meaning string }

// What a brief holds at most: it is read beside the conversation.
const (
	briefCauses     = 3
	briefAsks       = 2
	briefNeighbours = 4
	speaks          = 1.3 // times the likelihood under the other causes, from which a fact speaks for a cause
)

// Brief explains r from the knowledge base in service. What r names and the
// knowledge base no longer has is left out.
func (b *Bot) Brief(r Reply) (Brief, error) {
	x, release, err := b.live.Acquire()
	if err != nil {
		return Brief{}, fmt.Errorf("briefing: %w", err)
	}
	defer release()
	k := x.KB()
	var out Brief
	if len(r.Entries) > 0 && r.Decision != OutOfScope && r.Decision != Clarify {
		if e := k.Entry(r.Entries[0].ID); e != nil {
			out.Entry = Named{e.ID, e.Title.In(r.Lang)}
		}
	}
	var d diagnosis
	for _, c := range r.Causes {
		if e := k.Entry(c.ID); e != nil {
			d.causes, d.p = append(d.causes, e), append(d.p, c.Probability)
		}
	}
	for i := range min(len(d.causes), briefCauses) {
		out.Causes = append(out.Causes, WeighCause{Named: Named{d.causes[i].ID, d.causes[i].Title.In(r.Lang)}, Probability: d.p[i]})
	}
	type ask struct {
		text  string
		worth float64
	}
	var asks []ask
	for _, e := range k.Evidence {
		value, known := r.Evidence[e.ID]
		if !known {
			if worth := d.gain(e) / e.Cost; len(d.causes) > 1 && worth > 0 {
				asks = append(asks, ask{e.Ask.In(r.Lang), worth})
			}
			continue
		}
		if value == unknown {
			continue
		}
		fact := label(e, value, r.Lang)
		out.Facts = append(out.Facts, fact)
		for i := range out.Causes {
			c := &out.Causes[i]
			switch l, others := likelihood(e, d.causes[i], value), d.others(i, e, value); {
			case l >= speaks*others:
				c.For = append(c.For, fact)
			case l*speaks <= others:
				c.Against = append(c.Against, fact)
			}
		}
	}
	slices.SortStableFunc(asks, func(a, b ask) int { return cmp.Compare(b.worth, a.worth) })
	for _, a := range asks[:min(len(asks), briefAsks)] {
		out.Ask = append(out.Ask, a.text)
	}
	out.Neighbours = neighbours(k, r.Code, r.Lang)
	return out, nil
}

// others is the likelihood of value under the causes beside the ith, each
// counted by its probability.
func (d diagnosis) others(i int, e *kb.Evidence, value string) float64 {
	sum, total := 0.0, 0.0
	for j, c := range d.causes {
		if j != i {
			sum += d.p[j] * likelihood(e, c, value)
			total += d.p[j]
		}
	}
	if total == 0 {
		return 1
	}
	return sum / total
}

// label says a fact in words.
func label(e *kb.Evidence, value string, lang kb.Lang) string {
	if e.ID == codeShown {
		return say(lang, "code") + value
	}
	for _, v := range e.Values {
		if v.Value == value {
			return v.Label.In(lang)
		}
	}
	return value
}

// neighbours are the codes whose entries set them apart from code: whoever
// wrote "unlike 61" there has seen them confused.
func neighbours(k *kb.KB, code string, lang kb.Lang) []Neighbour {
	if code == "" {
		return nil
	}
	var out []Neighbour
	for _, e := range k.Entries {
		if e.Status != "approved" || len(e.Codes) == 0 || e.Kind != kb.Cause && e.Kind != kb.Code {
			continue
		}
		own := e.Codes[0]
		named := func(c text.Code) bool { return c.Value == code }
		if own == code || own == kb.Local || !slices.ContainsFunc(text.Codes(text.Normalise(e.Meaning.In(lang))), named) {
			continue
		}
		if !slices.ContainsFunc(out, func(n Neighbour) bool { return n.Code == own }) {
			out = append(out, Neighbour{own, e.Meaning.In(lang)})
		}
	}
	slices.SortStableFunc(out, func(a, b Neighbour) int {
		return cmp.Compare(k.CodeWeights[b.Code], k.CodeWeights[a.Code])
	})
	return out[:min(len(out), briefNeighbours)]
}
