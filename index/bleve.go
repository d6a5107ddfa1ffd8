package index

import (
	"context"
	"fmt"
	"slices"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	bleveindex "github.com/blevesearch/bleve_index_api"
)

const (
	field = "all"
	// maxTerms bounds the terms of one query, and maxPostings the documents
	// that they touch: the rarest terms come first and the rest is left out, so
	// that a long message in a large knowledge base costs no more than a short
	// one. Thirty entries never reach it.
	maxTerms    = 96
	maxPostings = 4_000
	candidates  = 20 // hits taken from bleve
)

// entryField is the one field of an entry's document: the terms of the entry's
// lines and how many lines have them. The model has counted them already, so
// that a start need not read a single phrasing.
type entryField struct {
	counts []termCount
	length int
	freqs  bleveindex.TokenFrequencies
}

type termCount struct {
	text  string
	lines int
}

// Analyze hands the counts to bleve in the form that it wants, on one of its
// analysis goroutines.
func (f *entryField) Analyze() {
	f.freqs = make(bleveindex.TokenFrequencies, len(f.counts))
	slab := make([]bleveindex.TokenFreq, len(f.counts))
	for i, c := range f.counts {
		slab[i].Term = []byte(c.text)
		slab[i].SetFrequency(c.lines)
		f.freqs[c.text] = &slab[i]
		f.length += c.lines
	}
}

func (f *entryField) Name() string                                          { return field }
func (f *entryField) Value() []byte                                         { return nil }
func (f *entryField) ArrayPositions() []uint64                              { return nil }
func (f *entryField) EncodedFieldType() byte                                { return 't' }
func (f *entryField) Options() bleveindex.FieldIndexingOptions              { return bleveindex.IndexField }
func (f *entryField) AnalyzedLength() int                                   { return f.length }
func (f *entryField) AnalyzedTokenFrequencies() bleveindex.TokenFrequencies { return f.freqs }
func (f *entryField) NumPlainTextBytes() uint64                             { return 0 }
func (f *entryField) Size() int                                             { return 0 }

// fields makes the field of each entry from the model's inverted lists.
func fields(m *Model) []entryField {
	fs := make([]entryField, m.entries)
	for _, t := range m.terms {
		lines := m.postings[m.start[t.f]:][:m.inEntries(int(t.f))]
		for len(lines) > 0 {
			class, n := m.lines[lines[0]], 1
			for n < len(lines) && m.lines[lines[n]] == class {
				n++
			}
			lines = lines[n:]
			fs[class].counts = append(fs[class].counts, termCount{t.text, n})
		}
	}
	return fs
}

// newBleve makes an index in memory with one document for each entry.
//
// NewUsing with scorch and no path is the one way to BM25 in memory: NewMemOnly
// ignores ScoringModel without a word.
func newBleve(m *Model) (bleve.Index, error) {
	x, err := bleve.NewUsing("", newMapping(), scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, fmt.Errorf("opening bleve in memory: %w", err)
	}
	if err := fill(x, m); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

func newMapping() mapping.IndexMapping {
	m := bleve.NewIndexMapping()
	m.ScoringModel = bleveindex.BM25Scoring
	return m
}

// fill adds the entries to an empty index, all in one batch: an index in memory
// never merges its segments, and BM25's average length changes with how
// documents fell into segments.
func fill(x bleve.Index, m *Model) error {
	batch := x.NewBatch()
	fs := fields(m)
	for i, id := range m.classes[:m.entries] {
		doc := document.NewDocument(id)
		doc.AddField(&fs[i])
		if err := batch.IndexAdvanced(doc); err != nil {
			return fmt.Errorf("indexing entry %q: %w", id, err)
		}
	}
	if err := x.Batch(batch); err != nil {
		return fmt.Errorf("indexing %d entries: %w", m.entries, err)
	}
	return nil
}

// termsQuery asks for documents with any of its terms. It is made of terms,
// never of text, so that no character of a message is an operator.
type termsQuery []string

func newQuery(ws []word) termsQuery {
	q := make(termsQuery, 0, len(ws))
	for _, w := range ws {
		q = append(q, w.text)
	}
	slices.Sort(q)
	return slices.Compact(q)
}

// Searcher implements bleve's query.Query.
func (q termsQuery) Searcher(ctx context.Context, r bleveindex.IndexReader, _ mapping.IndexMapping, opt search.SearcherOptions) (search.Searcher, error) {
	ss := make([]search.Searcher, 0, len(q))
	closeAll := func(ss []search.Searcher) {
		for _, s := range ss {
			s.Close()
		}
	}
	for _, t := range q {
		s, err := searcher.NewTermSearcherBytes(ctx, r, []byte(t), field, 1, opt)
		if err != nil {
			closeAll(ss)
			return nil, fmt.Errorf("looking up term %q: %w", t, err)
		}
		if s.Count() == 0 {
			s.Close()
			continue
		}
		ss = append(ss, s)
	}
	slices.SortStableFunc(ss, func(a, b search.Searcher) int { return int(a.Count()) - int(b.Count()) })
	n, postings := 0, uint64(0)
	for n < len(ss) && n < maxTerms {
		if postings += ss[n].Count(); n > 0 && postings > maxPostings {
			break
		}
		n++
	}
	closeAll(ss[n:])
	ss = ss[:n]
	if len(ss) == 0 {
		return searcher.NewMatchNoneSearcher(r)
	}
	return searcher.NewDisjunctionSearcher(ctx, r, ss, 1, opt)
}

// request is the search that Match runs. Without the second sort key equal
// scores come in the random order in which bleve walked its batch.
func request(q termsQuery) *bleve.SearchRequest {
	req := bleve.NewSearchRequestOptions(q, candidates, 0, false)
	req.SortBy([]string{"-_score", "_id"})
	return req
}
