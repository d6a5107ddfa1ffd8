package bot

import (
	"cmp"
	"math"
	"slices"

	"decline61/kb"
)

// Triage: which cause is it, given everything known, and which question would
// tell most. Posterior = prior x likelihood of each known fact x what the
// words matched; all numbers stand in the knowledge base.

const (
	maxQuestions = 3     // no merchant is asked more in one case
	likelyCause  = 0.55  // a cause this probable is named although no code is known
	sure         = 0.97  // a cause this probable needs no question
	worthAsking  = 0.025 // least expected gain per cost of a question
	hedge        = 0.5   // exponent of a likelihood that was said with a doubt
	maxWords     = 5.0   // cap on what words alone can add, in log units
	askWords     = 0.6   // share of the words' weight when choosing a question
	wordFloor    = 0.003 // model probability below which words say nothing
)

// diagnosis is the posterior over causes.
type diagnosis struct {
	causes []*kb.Entry
	p      []float64 // same order as causes, sums to 1
}

// diagnose weighs all approved causes.
func (t *turn) diagnose() diagnosis { return t.weigh(1) }

// weigh is diagnose with words that count only in part.
func (t *turn) weigh(words float64) diagnosis {
	var d diagnosis
	for _, e := range t.kb.Entries {
		if e.Kind == kb.Cause && e.Status == "approved" && len(e.Codes) > 0 {
			d.causes = append(d.causes, e)
		}
	}
	logs := make([]float64, len(d.causes))
	for i, c := range d.causes {
		l := math.Log(prior(t.kb, c))
		for _, e := range t.kb.Evidence {
			f, ok := t.cas.Facts[e.ID]
			if !ok {
				continue
			}
			weight := 1.0
			if f.Hedged {
				weight = hedge
			}
			l += weight * math.Log(likelihood(e, c, f.Value))
		}
		logs[i] = l + words*t.cas.Words[c.ID]
	}
	d.p = softmax(logs)
	return d
}

// prior is a cause's share among everything that reaches us.
func prior(k *kb.KB, c *kb.Entry) float64 {
	w, ok := k.CodeWeights[c.Codes[0]]
	if !ok {
		w = 0.005
	}
	return w * max(c.Prior, 0.1) / 100
}

// likelihood is P(value | cause). A value that says nothing about causes
// (unknown, not_tried) has likelihood 1 under all of them.
func likelihood(e *kb.Evidence, c *kb.Entry, value string) float64 {
	if e.ID == codeShown {
		return codeLikelihood(c, value)
	}
	if given, ok := c.Likelihood[e.ID]; ok {
		if p, ok := given[value]; ok {
			return max(p, 0.005)
		}
	}
	for _, v := range e.Values {
		if v.Value == value {
			if v.Base == 0 {
				return 1
			}
			if c.Likelihood[e.ID] != nil { // the entry names other values only
				return 0.005
			}
			return v.Base
		}
	}
	return 1
}

// codeLikelihood is P(code shown | cause), from the codes that the entry
// names: mostly the first, sometimes another, rarely a misread one.
func codeLikelihood(c *kb.Entry, code string) float64 {
	const misread = 0.0008
	switch i := slices.Index(c.Codes, code); {
	case code == unknown:
		return 1
	case i == 0 && len(c.Codes) == 1:
		return 0.96
	case i == 0:
		return 0.80
	case i > 0:
		return 0.16 / float64(len(c.Codes)-1)
	default:
		return misread
	}
}

func softmax(logs []float64) []float64 {
	if len(logs) == 0 {
		return nil // a knowledge base without causes
	}
	top := slices.Max(logs)
	sum := 0.0
	p := make([]float64, len(logs))
	for i, l := range logs {
		p[i] = math.Exp(l - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// of returns the probability of one cause.
func (d diagnosis) of(id string) float64 {
	for i, c := range d.causes {
		if c.ID == id {
			return d.p[i]
		}
	}
	return 0
}

// ranked lists the causes best first, leaving out what is next to impossible.
func (d diagnosis) ranked() []Probable {
	var ps []Probable
	for i, c := range d.causes {
		if d.p[i] >= 0.001 {
			ps = append(ps, Probable{ID: c.ID, Probability: d.p[i]})
		}
	}
	slices.SortStableFunc(ps, func(a, b Probable) int {
		return cmp.Or(cmp.Compare(b.Probability, a.Probability), cmp.Compare(a.ID, b.ID))
	})
	return ps[:min(len(ps), 10)]
}

// top is the most probable cause, nil if there are none.
func (d diagnosis) top() (*kb.Entry, float64) {
	if len(d.causes) == 0 {
		return nil, 0
	}
	best := 0
	for i := range d.p {
		if d.p[i] > d.p[best] {
			best = i
		}
	}
	return d.causes[best], d.p[best]
}

// nextQuestion returns the evidence whose answer is worth most per cost, nil
// when no more may be asked or none would change the advice.
//
// Words count less here than for the diagnosis: they may well decide which
// cause is named first, but not that a fact need not be asked.
func (t *turn) nextQuestion() *kb.Evidence {
	if t.questionsAsked() >= maxQuestions {
		return nil
	}
	d := t.weigh(askWords)
	if _, p := d.top(); p >= sure {
		return nil
	}
	var best *kb.Evidence
	bestWorth := worthAsking
	for _, e := range t.kb.Evidence {
		f, known := t.cas.Facts[e.ID]
		if slices.Contains(t.cas.Asked, e.ID) || known && !(e.ID == codeShown && f.Hedged) {
			continue // only a code that was read badly is worth asking for again
		}
		if worth := d.gain(e) / e.Cost; worth > bestWorth {
			best, bestWorth = e, worth
		}
	}
	return best
}

// questionsAsked counts the questions for evidence; "which of these do you
// mean?" is no question about the case.
func (t *turn) questionsAsked() int {
	n := 0
	for _, id := range t.cas.Asked {
		if id != ChooseEntry {
			n++
		}
	}
	return n
}

// gain is what an answer to e is expected to bring: the rise of the chance
// that the first cause is the right one, which is what changes the advice,
// plus a share of the uncertainty that it removes, which is what makes the
// next question cheaper. An answer that leaves everything as it is brings 0.
func (d diagnosis) gain(e *kb.Evidence) float64 {
	_, now := d.top()
	before := entropy(d.p)
	expectedTop, expectedEntropy, total := 0.0, 0.0, 0.0
	joint := make([]float64, len(d.p))
	for _, v := range answers(e, d.causes) {
		sum, top := 0.0, 0.0
		for i, c := range d.causes {
			joint[i] = d.p[i] * likelihood(e, c, v)
			sum += joint[i]
			top = max(top, joint[i])
		}
		if sum == 0 {
			continue
		}
		expectedTop += top
		for i := range joint {
			joint[i] /= sum
		}
		expectedEntropy += sum * entropy(joint)
		total += sum
	}
	if total == 0 {
		return 0
	}
	return (expectedTop/total - now) + 0.3*(before-expectedEntropy/total)
}

// answers lists the values of e that would tell something.
func answers(e *kb.Evidence, causes []*kb.Entry) []string {
	var vs []string
	if e.Open {
		for _, c := range causes {
			for _, code := range c.Codes {
				if code != kb.Local && !slices.Contains(vs, code) {
					vs = append(vs, code)
				}
			}
		}
		return vs
	}
	for _, v := range e.Values {
		if v.Base > 0 {
			vs = append(vs, v.Value)
		}
	}
	return vs
}

func entropy(p []float64) float64 {
	h := 0.0
	for _, x := range p {
		if x > 0 {
			h -= x * math.Log(x)
		}
	}
	return h
}

// hearWords adds what the words of this message matched to the case.
func (t *turn) hearWords() {
	for _, h := range t.match.Hits {
		e := t.kb.Entry(h.ID)
		if e == nil || e.Kind != kb.Cause {
			continue
		}
		if l := math.Log((h.P + wordFloor) / (2 * wordFloor)); l > 0 {
			t.cas.Words[h.ID] = min(maxWords, t.cas.Words[h.ID]+l)
		}
	}
}
