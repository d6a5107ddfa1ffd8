package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2"

	"decline61/kb"
)

// Match is what the index makes of one message.
type Match struct {
	Hits       []Hit      // entries, best first, at most 10
	Routes     []RouteHit // all routes, most probable first
	Background float64    // probability that it is none of our business, 0 to 1
	Topic      string     // the most probable background topic; "" if there is none
	// Confidence that Hits[0] is right, 0 to 1: two thirds of its P and one
	// third of its Cos. It can be compared between messages; Score cannot.
	Confidence float64
}

// Hit is an entry that fits a message.
type Hit struct {
	ID    string
	Score float64  // rank score, 0 to 1; orders the hits of one message and means nothing else
	P     float64  // the model's probability, 0 to 1; all entries, routes and background topics sum to 1
	Cos   float64  // cosine to the nearest phrasing or title of the entry, 0 to 1
	BM25  float64  // bleve's score, 0 or more; cannot be compared between messages
	Terms []string // what the message shares with that phrasing, normalised, in the message's order
}

// RouteHit is a route that fits a message.
type RouteHit struct {
	ID string
	P  float64 // the model's probability, 0 to 1
}

const maxHits = 10

// Weights of the engines in Hit.Score. Each engine's best hit counts as 1.
const (
	weightP    = 1.0
	weightBM25 = 1.0
	weightCos  = 0.5
)

// Index matches messages to the entries of one knowledge base. Any number of
// goroutines may call Match.
type Index struct {
	kb      *kb.KB
	bleve   bleve.Index
	dir     string // to be removed after closing bleve; "" if there is none
	model   *Model
	trained bool
	class   map[string]int // entry id -> class
	scratch sync.Pool      // of *scratch
}

// KB is the knowledge base that x was built from.
func (x *Index) KB() *kb.KB { return x.kb }

// Option changes how [New] works.
type Option func(*options)

type options struct{ weights []byte }

// Weights replaces the embedded weights by others that [Model.MarshalBinary]
// made; nil makes New train.
func Weights(b []byte) Option { return func(o *options) { o.weights = b } }

// New builds the index of the approved entries, the routes and the background
// of k. It takes the embedded weights if they are those of k.Version and trains
// otherwise, which takes about a second for 6,000 lines. Close it after use.
func New(k *kb.KB, opts ...Option) (*Index, error) {
	o := options{weights: embedded}
	for _, opt := range opts {
		opt(&o)
	}
	x := &Index{kb: k, model: new(Model)}
	if !fits(o.weights, k) || x.model.UnmarshalBinary(o.weights) != nil {
		x.model, x.trained = Train(k), true
	}
	x.class = make(map[string]int, x.model.entries)
	for c, id := range x.model.classes[:x.model.entries] {
		x.class[id] = c
	}
	x.scratch.New = func() any { return x.model.newScratch() }
	var err error
	if len(x.model.packed) > 0 {
		if x.bleve, x.dir, err = unpack(x.model.packed); err == nil {
			return x, nil
		}
	}
	if x.bleve, err = newBleve(x.model); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return x, nil
}

// Trained reports whether New trained the model because there were no weights
// for this version of the knowledge base.
func (x *Index) Trained() bool { return x.trained }

// Model returns the model in use, for writing it.
func (x *Index) Model() *Model { return x.model }

// Close frees the index. No Match may run or follow.
func (x *Index) Close() error {
	err := x.bleve.Close()
	if x.dir != "" {
		err = errors.Join(err, os.RemoveAll(x.dir))
	}
	if err != nil {
		return fmt.Errorf("index: closing bleve: %w", err)
	}
	return nil
}

// Match finds the entries that fit a message. Any bytes will do as text; what
// has no letter or digit, or nothing in common with any entry, gives no hits.
// Only the first 4 KB are read. The error is that of ctx, or bleve's.
func (x *Index) Match(ctx context.Context, text string) (Match, error) {
	if err := ctx.Err(); err != nil {
		return Match{}, fmt.Errorf("index: %w", err)
	}
	us := units(text)
	if len(us) == 0 {
		return Match{}, nil
	}
	res, err := x.bleve.SearchInContext(ctx, request(newQuery(words(us))))
	if err != nil {
		return Match{}, fmt.Errorf("index: searching: %w", err)
	}
	s := x.scratch.Get().(*scratch)
	gs := x.model.guesses(x.model.vector(us), s)
	var m Match
	x.rest(gs, &m)
	lines := x.rank(gs, res, &m)
	x.scratch.Put(s)

	for i, l := range lines {
		if l >= 0 {
			m.Hits[i].Terms = x.model.shared(us, l)
		}
	}
	if len(m.Hits) > 0 {
		m.Confidence = (m.Hits[0].P + m.Hits[0].Cos/2) / 1.5
	}
	return m, nil
}

// rest fills in what is said of routes and background.
func (x *Index) rest(gs []guess, m *Match) {
	topic := 0.0
	for _, g := range gs {
		if g.class < x.model.entries {
			continue
		}
		name := x.model.classes[g.class]
		if id, ok := strings.CutPrefix(name, routePrefix); ok {
			m.Routes = append(m.Routes, RouteHit{id, g.p})
			continue
		}
		m.Background += g.p
		if g.p > topic {
			topic, m.Topic = g.p, strings.TrimPrefix(name, backgroundPrefix)
		}
	}
	slices.SortFunc(m.Routes, func(a, b RouteHit) int {
		return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(a.ID, b.ID))
	})
}

// rank fuses the engines into m.Hits and returns the nearest line of each hit.
func (x *Index) rank(gs []guess, res *bleve.SearchResult, m *Match) []int {
	bm25 := make(map[int]float64, len(res.Hits))
	var topP, topCos, topBM25 float64
	for _, h := range res.Hits {
		bm25[x.class[h.ID]] = h.Score
		topBM25 = max(topBM25, h.Score)
	}
	for _, g := range gs {
		if g.class < x.model.entries {
			topP, topCos = max(topP, g.p), max(topCos, g.cos)
		}
	}
	score := func(p, bm25, cos float64) float64 {
		s := weightP*math.Sqrt(share(p, topP)) + weightBM25*share(bm25, topBM25) + weightCos*share(cos, topCos)
		return s / (weightP + weightBM25 + weightCos)
	}
	var top []guess // best first
	var scores []float64
	offer := func(g guess, s float64) {
		at := len(top)
		for at > 0 && (s > scores[at-1] || s == scores[at-1] && x.model.classes[g.class] < x.model.classes[top[at-1].class]) {
			at--
		}
		if at == maxHits {
			return
		}
		top, scores = slices.Insert(top, at, g), slices.Insert(scores, at, s)
		top, scores = top[:min(len(top), maxHits)], scores[:min(len(top), maxHits)]
	}
	for _, g := range gs {
		if g.class >= x.model.entries {
			continue
		}
		b, ok := bm25[g.class]
		if g.line < 0 && !ok {
			continue // nothing in common
		}
		delete(bm25, g.class)
		if s := score(g.p, b, g.cos); len(top) < maxHits || s >= scores[maxHits-1] {
			g.bm25 = b
			offer(g, s)
		}
	}
	for _, h := range res.Hits { // what only bleve found, in the text that is not trained on
		c := x.class[h.ID]
		if b, ok := bm25[c]; ok {
			offer(guess{class: c, line: -1, bm25: b}, score(0, b, 0))
		}
	}
	lines := make([]int, len(top))
	for i, g := range top {
		lines[i] = g.line
		m.Hits = append(m.Hits, Hit{ID: x.model.classes[g.class], Score: scores[i], P: g.p, Cos: g.cos, BM25: g.bm25})
	}
	return lines
}

// share is v relative to the best, 0 if there is none.
func share(v, top float64) float64 {
	if top <= 0 {
		return 0
	}
	return v / top
}
