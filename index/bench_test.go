package index

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bleveindex "github.com/blevesearch/bleve_index_api"
	_ "modernc.org/sqlite"

	"decline61/kb"
)

// syntheticKB makes n entries of three phrasings and a title. Words are drawn
// with the skew of a language, so that the commonest characters stand in nearly
// every entry; each phrasing has a few words of its own entry.
func syntheticKB(n int) *kb.KB {
	rng := rand.New(rand.NewPCG(61, uint64(n)))
	char := func() rune { return rune(0x4E00 + int(2500*rng.Float64()*rng.Float64()*rng.Float64())*8) }
	lexicon := make([]string, 4000)
	for i := range lexicon {
		lexicon[i] = string([]rune{char(), char()})
	}
	word := func() string { return lexicon[int(float64(len(lexicon))*rng.Float64()*rng.Float64()*rng.Float64())] }
	frames := []string{"刷卡", "显示", "怎么办", "为什么", "pos机", "的", "了", "是不是", "customer", "card", "61", "超限"}
	k := &kb.KB{}
	for i := range n {
		own := []string{word(), word(), word()}
		phrase := func() string {
			var b strings.Builder
			for range 3 {
				b.WriteString(frames[rng.IntN(len(frames))])
				b.WriteString(word())
				b.WriteString(own[rng.IntN(len(own))])
			}
			return b.String()
		}
		k.Entries = append(k.Entries, &kb.Entry{
			ID: fmt.Sprintf("e%06d", i), Status: "approved",
			Phrasings: []string{phrase(), phrase(), phrase()},
			Title:     kb.Bilingual{ZH: strings.Join(own, "")},
		})
	}
	return k
}

// syntheticQuestions takes phrasings of k and cuts a piece out of each. The
// category is the entry's id.
func syntheticQuestions(k *kb.KB, n int) []question {
	rng := rand.New(rand.NewPCG(7, 7))
	qs := make([]question, n)
	for i := range qs {
		e := k.Entries[rng.IntN(len(k.Entries))]
		r := []rune(e.Phrasings[rng.IntN(len(e.Phrasings))])
		at := rng.IntN(max(1, len(r)-3))
		qs[i] = question{string(slices.Delete(r, at, min(at+3, len(r)-1))), e.ID}
	}
	return qs
}

// BenchmarkMatch compares the engine with what a reader would try first, on the
// same texts in the same run, those of the embedded knowledge base and synthetic
// ones: bleve with its cjk analyser, SQLite's FTS5 with
// its trigram tokenizer, and FTS5 with our words. ns/op is the mean; p50 and
// p99 are reported beside it.
func BenchmarkMatch(b *testing.B) {
	real, err := kb.Load(kb.Embedded())
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{0, 30, 1_000, 10_000, 100_000} {
		name, k := fmt.Sprintf("entries=%d", n), real
		if n == 0 {
			name = "embedded"
		} else {
			k = syntheticKB(n)
		}
		for _, peer := range []struct {
			name string
			open func(*testing.B, *kb.KB) func(string) string
		}{
			{"decline61", openIndex},
			{"bleve-cjk", openBleveCJK},
			{"fts5-trigram", openTrigram},
			{"fts5-words", openWords},
		} {
			b.Run(name+"/"+peer.name, func(b *testing.B) {
				search := peer.open(b, k)
				qs := syntheticQuestions(k, 500)
				search(qs[0].text)
				took := make([]time.Duration, 0, b.N)
				b.ResetTimer()
				for i := range b.N {
					start := time.Now()
					search(qs[i%len(qs)].text)
					took = append(took, time.Since(start))
				}
				b.StopTimer()
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "p50-ms")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1e3, "p99-ms")
			})
		}
	}
}

func openIndex(b *testing.B, k *kb.KB) func(string) string {
	x, err := New(k)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { x.Close() })
	return func(q string) string {
		m, err := x.Match(context.Background(), q)
		if err != nil {
			b.Fatal(err)
		}
		if len(m.Hits) == 0 {
			return ""
		}
		return m.Hits[0].ID
	}
}

func openBleveCJK(b *testing.B, k *kb.KB) func(string) string {
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = cjk.AnalyzerName
	m.ScoringModel = bleveindex.BM25Scoring
	x, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { x.Close() })
	batch := x.NewBatch()
	for _, e := range k.Entries {
		if err := batch.Index(e.ID, map[string]string{"all": strings.Join(append(e.Phrasings, e.Title.ZH), "\n")}); err != nil {
			b.Fatal(err)
		}
	}
	if err := x.Batch(batch); err != nil {
		b.Fatal(err)
	}
	return func(q string) string {
		mq := bleve.NewMatchQuery(q)
		mq.SetField("all")
		res, err := x.Search(bleve.NewSearchRequest(mq))
		if err != nil {
			b.Fatal(err)
		}
		if len(res.Hits) == 0 {
			return ""
		}
		return res.Hits[0].ID
	}
}

func openTrigram(b *testing.B, k *kb.KB) func(string) string {
	return openFTS5(b, k, "trigram", func(s string) []string {
		r := []rune(s)
		var ts []string
		for i := 0; i+3 <= len(r); i++ {
			ts = append(ts, string(r[i:i+3]))
		}
		return ts
	}, func(s string) string { return s })
}

func openWords(b *testing.B, k *kb.KB) func(string) string {
	split := func(s string) []string {
		var ts []string
		for _, w := range words(units(s)) {
			ts = append(ts, w.text)
		}
		return ts
	}
	return openFTS5(b, k, "unicode61", split, func(s string) string { return strings.Join(split(s), " ") })
}

func openFTS5(b *testing.B, k *kb.KB, tokenizer string, split func(string) []string, index func(string) string) func(string) string {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { db.Close() })
	exec := func(q string, args ...any) {
		if _, err := db.Exec(q, args...); err != nil {
			b.Fatal(err)
		}
	}
	exec(`CREATE VIRTUAL TABLE kb USING fts5(id UNINDEXED, body, tokenize=` + tokenizer + `)`)
	exec(`BEGIN`)
	for _, e := range k.Entries {
		exec(`INSERT INTO kb VALUES (?, ?)`, e.ID, index(strings.Join(append(e.Phrasings, e.Title.ZH), "\n")))
	}
	exec(`COMMIT`)
	stmt, err := db.Prepare(`SELECT id FROM kb WHERE kb MATCH ? ORDER BY bm25(kb) LIMIT 10`)
	if err != nil {
		b.Fatal(err)
	}
	return func(q string) string {
		ts := split(q)
		if len(ts) == 0 {
			return "" // too short for a trigram
		}
		for i, t := range ts {
			ts[i] = `"` + strings.ReplaceAll(t, `"`, `""`) + `"`
		}
		rows, err := stmt.Query(strings.Join(ts, " OR "))
		if err != nil {
			b.Fatal(err)
		}
		defer rows.Close()
		first := ""
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				b.Fatal(err)
			}
			if first == "" {
				first = id
			}
		}
		return first
	}
}

// BenchmarkBuild builds an index without weights, as a reload of a changed
// knowledge base does, and with them, as a start does.
func BenchmarkBuild(b *testing.B) {
	build := func(b *testing.B, k *kb.KB, opts ...Option) {
		for b.Loop() {
			x, err := New(k, opts...)
			if err != nil {
				b.Fatal(err)
			}
			x.Close()
		}
		b.ReportMetric(float64(len(k.Entries)*b.N)/b.Elapsed().Seconds(), "entries/s")
	}
	for _, n := range []int{30, 1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("entries=%d", n), func(b *testing.B) { build(b, syntheticKB(n)) })
	}
	k, err := kb.Load(kb.Embedded())
	if err != nil {
		b.Fatal(err)
	}
	b.Run("embedded/train", func(b *testing.B) { build(b, k, Weights(nil)) })
	weights, err := Train(k).MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("embedded/weights", func(b *testing.B) { build(b, k, Weights(weights)) })
}
