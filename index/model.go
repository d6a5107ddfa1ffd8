package index

import (
	"cmp"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"decline61/kb"
)

// Model is what training makes of the lines of a knowledge base: phrasings and
// titles of the entries, phrasings of the routes, and background questions.
// Each entry, route and background topic is a class.
//
// It is a softmax regression over n-grams, kept in its dual form. Instead of a
// weight for each feature and class, which would be ten million numbers, it has
// for each line its features and its pull, which says how strongly a message
// like this line speaks for or against each class:
//
//	score(class) = sum over lines of pull(line, class) * cosine(message, line)
//
// So one walk over inverted lists gives both the probabilities and the cosine
// to the nearest phrasing. It is not changed after training or loading.
type Model struct {
	key     string   // of the knowledge base and the code that it was trained with
	classes []string // entries by id, then "route:ID", then "background:TOPIC"
	entries int      // the first classes are entries
	lines   []uint32 // line -> its class; lines of a class stand together

	features []feature // ascending
	start    []uint32  // feature -> its first posting; one more than there are features
	postings []uint32  // lines that have the feature, ascending

	terms []modelTerm // the terms of bleve's index, ascending by feature

	// The pulls of line i are pullClass and pull from pullStart[i] to
	// pullStart[i+1]; there are none if there were too many classes to train.
	pullStart []uint32
	pullClass []uint16
	pull      []int8 // in units of pullUnit

	packed []byte // the files of bleve's index, see pack; none after training

	// What follows is worked out from the above.
	entryLines int // the first lines are those of entries
	ext        *extractor
	idf        []float32        // feature -> rarity
	scale      [kinds][]float32 // line -> what makes a shared feature's rarity a share of the cosine
}

// modelTerm is a feature that bleve knows too, and its text there.
type modelTerm struct {
	f    uint32 // position in Model.features
	text string
}

const (
	routePrefix      = "route:"
	backgroundPrefix = "background:"

	// pullUnit is the grain of a pull. A line pulls to its own class by 2 to 8.
	pullUnit = 0.2

	// maxWeights and maxPulls bound features and lines times classes in training,
	// at 4 bytes each. A knowledge base beyond them, of about a thousand entries,
	// is matched by bleve and cosine alone.
	maxWeights = 64 << 20
	maxPulls   = 8 << 20

	epochs    = 6
	firstRate = 5.0
)

// kindWeight is how much of a text's vector each kind of feature makes up.
var kindWeight = [kinds]float64{wordFeature: 1, charFeature: 1.5, pinyinFeature: 0.25}

// Train makes the model of the approved entries, routes and background of k.
// The same k gives the same model.
func Train(k *kb.KB) *Model {
	m := &Model{key: modelKey(k), ext: newExtractor()}
	var texts []string
	class := func(name string, lines ...string) {
		for _, l := range lines {
			if l != "" {
				texts = append(texts, l)
				m.lines = append(m.lines, uint32(len(m.classes)))
			}
		}
		m.classes = append(m.classes, name)
	}
	for _, e := range approved(k) {
		class(e.ID, append(slices.Clone(e.Phrasings), e.Title.ZH, e.Title.EN)...)
	}
	m.entries, m.entryLines = len(m.classes), len(m.lines)
	for _, r := range k.Routes {
		class(routePrefix+r.ID, r.Phrasings...)
	}
	for _, b := range k.Background {
		class(backgroundPrefix+b.Topic, b.Lines...)
	}

	features, words := m.extract(texts)
	m.invert(features)
	m.name(words[:m.entryLines])
	m.derive()
	m.train()
	return m
}

// extract returns the features and the words of each text.
func (m *Model) extract(texts []string) (fs [][]feature, ws [][]word) {
	fs, ws = make([][]feature, len(texts)), make([][]word, len(texts))
	var wg sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for w := range n {
		wg.Go(func() {
			for i := w; i < len(texts); i += n {
				us := units(texts[i])
				fs[i], ws[i] = m.ext.features(us), words(us)
			}
		})
	}
	wg.Wait()
	return fs, ws
}

// name finds the terms for bleve among the features: the words of the entries.
// A pair of characters that only one line or two have is left to the cosine;
// such pairs are most of all terms, and bleve would take three times as long to
// start.
func (m *Model) name(ws [][]word) {
	named := make([]bool, len(m.features))
	for _, line := range ws {
		for _, w := range line {
			f, _ := slices.BinarySearch(m.features, w.f)
			if named[f] || w.pair && m.inEntries(f) < 3 {
				continue
			}
			named[f] = true
			m.terms = append(m.terms, modelTerm{uint32(f), w.text})
		}
	}
	slices.SortFunc(m.terms, func(a, b modelTerm) int { return cmp.Compare(a.f, b.f) })
}

// inEntries counts the lines of entries that have feature number f.
func (m *Model) inEntries(f int) int {
	lines := m.postings[m.start[f]:m.start[f+1]]
	n, _ := slices.BinarySearch(lines, uint32(m.entryLines))
	return n
}

// invert turns the features of the lines into lines of the features.
func (m *Model) invert(lines [][]feature) {
	n := 0
	for _, fs := range lines {
		n += len(fs)
	}
	pairs := make([]uint64, 0, n)
	for i, fs := range lines {
		for _, f := range fs {
			pairs = append(pairs, uint64(f)<<32|uint64(i))
		}
	}
	slices.Sort(pairs)
	m.postings = make([]uint32, n)
	for i, p := range pairs {
		f := feature(p >> 32)
		if len(m.features) == 0 || m.features[len(m.features)-1] != f {
			m.features = append(m.features, f)
			m.start = append(m.start, uint32(i))
		}
		m.postings[i] = uint32(p)
	}
	m.start = append(m.start, uint32(n))
}

// derive works out rarity and scale. The rarity of a feature is counted over
// background lines too, which tell common words from those of the trade.
func (m *Model) derive() {
	n := float64(len(m.lines))
	byCount := make([]float32, len(m.lines)+1)
	for df := range byCount {
		byCount[df] = float32(1 + math.Log((1+n)/(1+float64(df))))
	}
	m.idf = make([]float32, len(m.features))
	for k := range m.scale {
		m.scale[k] = make([]float32, len(m.lines))
	}
	for f := range m.features {
		lines := m.postings[m.start[f]:m.start[f+1]]
		idf := byCount[len(lines)]
		m.idf[f] = idf
		squares := m.scale[m.features[f]&3]
		for _, i := range lines {
			squares[i] += idf * idf
		}
	}
	for i := range m.lines {
		sc := scales([kinds]float64{float64(m.scale[0][i]), float64(m.scale[1][i]), float64(m.scale[2][i])})
		for k := range sc {
			m.scale[k][i] = float32(sc[k])
		}
	}
}

// scales returns, for a text whose squared rarities sum up to squares, the
// factor for each kind of feature that gives the kind its weight in a vector of
// length 1. Letters weigh as much as words in an English text, and little where
// "pos" is the one Latin word in a Chinese one.
func scales(squares [kinds]float64) (sc [kinds]float64) {
	weight := kindWeight
	if word := squares[wordFeature]; word > 0 {
		weight[charFeature] *= min(1, squares[charFeature]/(3*word))
	}
	var total float64
	for k, s := range squares {
		if s > 0 {
			total += weight[k]
		}
	}
	for k, s := range squares {
		if s > 0 {
			sc[k] = math.Sqrt(weight[k] / total / s)
		}
	}
	return sc
}

// train fits the pulls by stochastic gradient descent in a fixed order.
func (m *Model) train() {
	classes := len(m.classes)
	if len(m.features)*classes > maxWeights || max(len(m.lines), classes)*classes > maxPulls {
		return
	}
	vecs := m.vectors()
	// The weights themselves make a step cheap; only the pulls are kept.
	weights := make([]float32, len(m.features)*classes)
	pulls := make([]float32, len(m.lines)*classes)
	z := make([]float64, classes)
	type step struct {
		class int
		by    float32
	}
	steps := make([]step, 0, classes)
	rng := rand.New(rand.NewPCG(6, 1))
	order := rng.Perm(len(m.lines))
	for epoch := range epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		rate := firstRate / (1 + 4*float64(epoch)/epochs)
		for _, i := range order {
			clear(z)
			for _, t := range vecs[i] {
				row := weights[int(t.f)*classes:][:classes]
				for c, w := range row {
					z[c] += float64(t.x * w)
				}
			}
			softmax(z)
			z[m.lines[i]]--
			steps = steps[:0]
			for c, g := range z {
				if math.Abs(g) > 1e-3 { // most classes are out of the question
					by := float32(-rate * g)
					steps = append(steps, step{c, by})
					pulls[i*classes+c] += by
				}
			}
			for _, t := range vecs[i] {
				row := weights[int(t.f)*classes:][:classes]
				for _, s := range steps {
					row[s.class] += t.x * s.by
				}
			}
		}
	}
	m.pack(pulls)
}

// pack rounds the pulls. What all classes have in common is taken off a line's
// pulls first, since it changes no probability and most of them are then next
// to nothing. What rounding cuts off goes on to the class's next line, which is
// much like it; simply dropped, it cost 8 points of hit@1 on merchants'
// questions.
func (m *Model) pack(pulls []float32) {
	classes := len(m.classes)
	sorted := make([]float32, classes)
	rest := make([]float32, classes)
	for i, class := range m.lines {
		m.pullStart = append(m.pullStart, uint32(len(m.pull)))
		row := pulls[i*classes:][:classes]
		copy(sorted, row)
		slices.Sort(sorted)
		if i > 0 && class != m.lines[i-1] {
			clear(rest)
		}
		for c, p := range row {
			rest[c] += p - sorted[classes/2]
			if q := int8(max(-127, min(127, rest[c]/pullUnit))); q != 0 {
				rest[c] -= float32(q) * pullUnit
				m.pullClass = append(m.pullClass, uint16(c))
				m.pull = append(m.pull, q)
			}
		}
	}
	m.pullStart = append(m.pullStart, uint32(len(m.pull)))
}

// term is one feature of a text and its share of the text's vector.
type term struct {
	f uint32 // position in Model.features
	x float32
}

// vectors returns the vector of each line.
func (m *Model) vectors() [][]term {
	vecs := make([][]term, len(m.lines))
	for f := range m.features {
		scale := m.scale[m.features[f]&3]
		for _, i := range m.postings[m.start[f]:m.start[f+1]] {
			vecs[i] = append(vecs[i], term{uint32(f), m.idf[f] * scale[i]})
		}
	}
	return vecs
}

// vector returns the vector of a message, without the features that no line has.
func (m *Model) vector(us []unit) []term {
	fs := m.ext.features(us)
	ts := make([]term, 0, len(fs))
	var squares [kinds]float64
	for _, f := range fs {
		if i, ok := slices.BinarySearch(m.features, f); ok {
			ts = append(ts, term{uint32(i), m.idf[i]})
			squares[f&3] += float64(m.idf[i] * m.idf[i])
		}
	}
	sc := scales(squares)
	for i := range ts {
		ts[i].x *= float32(sc[m.features[ts[i].f]&3])
	}
	return ts
}

// softmax turns scores into probabilities.
func softmax(z []float64) {
	if len(z) == 0 {
		return
	}
	top, sum := slices.Max(z), 0.0
	for i, v := range z {
		z[i] = math.Exp(v - top)
		sum += z[i]
	}
	for i := range z {
		z[i] /= sum
	}
}

func approved(k *kb.KB) []*kb.Entry {
	es := make([]*kb.Entry, 0, len(k.Entries))
	for _, e := range k.Entries {
		if e.Status == "approved" {
			es = append(es, e)
		}
	}
	return es
}
