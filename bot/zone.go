package bot

import "math"

// The three zones of confidence: from sureEntry an entry is shown, from
// maybeEntry a choice of entries is offered, below it the message is none of
// our business.
const (
	sureEntry  = 0.55
	maybeEntry = 0.25
)

// Zone names the zone that a confidence falls in: answer, choose or pass.
func Zone(confidence float64) string {
	switch {
	case confidence >= sureEntry:
		return "answer"
	case confidence >= maybeEntry:
		return "choose"
	}
	return "pass"
}

// confidence is how sure we are, 0 to 1, that the message is ours to answer.
// It weighs what the model gives to all entries together against what it gives
// to the questions that are none of our business: entries share their words,
// so that the best of them alone may have little. To this comes how near the
// nearest phrasing is, and whether the message names a response code: "61"
// alone matches little and says all. The weights were fitted on the dev
// question set (AUROC .98; the best entry's probability plus half the cosine
// has .94).
func (t *turn) confidence() float64 {
	const (
		floor   = 0.01 // probabilities below it are noise
		nearest = 2.0
		code    = 2.0
		facts   = 0.7
		middle  = 1.6 // of the log odds, where the two kinds part
	)
	m := t.match
	ours, nearestCos := routeP(m, "no-code")+routeP(m, "still-failing"), 0.0
	talk := 0.0
	for _, r := range m.Routes {
		talk += r.P
	}
	ours += max(0, 1-m.Background-talk)
	if len(m.Hits) > 0 {
		nearestCos = m.Hits[0].Cos
	}
	x := math.Log((ours+floor)/(m.Background+floor)) + nearest*nearestCos - middle
	switch {
	case t.heard.code != "":
		x += code
	case t.cas.Code() != "": // of an earlier message
		x += code / 2
	}
	if t.heard.facts > 0 {
		x += facts
	}
	return 1 / (1 + math.Exp(-x))
}
