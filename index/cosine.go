package index

import (
	"cmp"
	"math"
	"slices"
)

const (
	// maxWalk bounds the postings read for one message, rarest features first.
	// What is left out then are features so common that they tell little.
	maxWalk = 400_000
	// Where there are too many classes to train, the probability of a class goes
	// with exp(untrainedSharpness * cosine), and a class that is not there with
	// the cosine nearToNothing takes its share.
	untrainedSharpness = 12
	nearToNothing      = 0.35
)

// guess is what the model thinks of one class.
type guess struct {
	class int
	line  int     // the class's line nearest to the message; -1 if none has a feature in common
	cos   float64 // to that line, 0 to 1
	p     float64
	bm25  float64 // filled in by rank
}

// scratch is the working memory of one guesses call, kept between calls
// because clearing what was touched is cheaper than allocating it all. Between
// calls cos is all zero and near all -1.
type scratch struct {
	cos     []float32 // line -> cosine
	lines   []uint32  // whose cos is not zero
	near    []int32   // class -> nearest line
	classes []uint32  // whose near is set
	z       []float64 // class -> score, then probability
	out     []guess
}

func (m *Model) newScratch() *scratch {
	s := &scratch{
		cos:  make([]float32, len(m.lines)),
		near: slices.Repeat([]int32{-1}, len(m.classes)),
	}
	if m.trained() {
		s.z = make([]float64, len(m.classes))
	}
	return s
}

func (m *Model) trained() bool { return len(m.pull) > 0 }

// guesses compares a message to all lines. It returns a guess for every class,
// or without training for the classes at least half as near as the nearest, in
// no particular but always the same order. The slice is good until s is used
// again.
func (m *Model) guesses(q []term, s *scratch) []guess {
	m.walk(q, s)
	for _, i := range s.lines {
		c := m.lines[i]
		near := s.near[c]
		if near < 0 {
			s.classes = append(s.classes, c)
		}
		if near < 0 || s.cos[i] > s.cos[near] || s.cos[i] == s.cos[near] && int32(i) < near {
			s.near[c] = int32(i)
		}
	}
	s.out = s.out[:0]
	guessOf := func(c int) guess {
		if s.near[c] < 0 {
			return guess{class: c, line: -1}
		}
		return guess{class: c, line: int(s.near[c]), cos: min(1, float64(s.cos[s.near[c]]))}
	}
	if m.trained() {
		clear(s.z)
		for _, i := range s.lines {
			cos := s.cos[i] * pullUnit
			from, to := m.pullStart[i], m.pullStart[i+1]
			pull := m.pull[from:to]
			for j, c := range m.pullClass[from:to] {
				s.z[c] += float64(float32(pull[j]) * cos)
			}
		}
		softmax(s.z)
		for c, p := range s.z {
			g := guessOf(c)
			g.p = p
			s.out = append(s.out, g)
		}
	} else {
		top := 0.0
		for _, c := range s.classes {
			top = max(top, float64(s.cos[s.near[c]]))
		}
		// A message that is near to nothing belongs to nothing.
		sum := math.Exp(untrainedSharpness * nearToNothing)
		for _, c := range s.classes {
			if float64(s.cos[s.near[c]]) < top/2 {
				continue // out of the question, and they are the many
			}
			g := guessOf(int(c))
			g.p = math.Exp(untrainedSharpness * g.cos)
			sum += g.p
			s.out = append(s.out, g)
		}
		for i := range s.out {
			s.out[i].p /= sum
		}
	}
	for _, i := range s.lines {
		s.cos[i] = 0
	}
	for _, c := range s.classes {
		s.near[c] = -1
	}
	s.lines, s.classes = s.lines[:0], s.classes[:0]
	return s.out
}

// walk sums up the cosines of all lines that share a feature with q.
func (m *Model) walk(q []term, s *scratch) {
	slices.SortFunc(q, func(a, b term) int {
		return cmp.Or(cmp.Compare(m.count(a.f), m.count(b.f)), cmp.Compare(a.f, b.f))
	})
	left := maxWalk
	for _, t := range q {
		if left -= m.count(t.f); left < 0 {
			break
		}
		x := t.x * m.idf[t.f]
		scale := m.scale[m.features[t.f]&3]
		for _, i := range m.postings[m.start[t.f]:m.start[t.f+1]] {
			if s.cos[i] == 0 {
				s.lines = append(s.lines, i)
			}
			s.cos[i] += x * scale[i]
		}
	}
}

// count is the number of lines that have a feature.
func (m *Model) count(f uint32) int { return int(m.start[f+1] - m.start[f]) }

// has reports whether a line has a feature, given by its hash.
func (m *Model) has(line int, f feature) bool {
	i, ok := slices.BinarySearch(m.features, f)
	if ok {
		_, ok = slices.BinarySearch(m.postings[m.start[i]:m.start[i+1]], uint32(line))
	}
	return ok
}

// shared returns the pieces of a message that a line has too: runs of
// neighbouring units, in the message's order, each once.
func (m *Model) shared(us []unit, line int) []string {
	var out []string
	for i := 0; i < len(us); {
		if !m.has(line, gram(us[i:i+1])) {
			i++
			continue
		}
		run := us[i].text
		for i++; i < len(us) && m.has(line, gram(us[i-1:i+1])); i++ {
			if !us[i].han || !us[i-1].han {
				run += " "
			}
			run += us[i].text
		}
		if !slices.Contains(out, run) {
			out = append(out, run)
		}
	}
	return out
}
