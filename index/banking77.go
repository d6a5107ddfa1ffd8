package index

import (
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"decline61/kb"
)

// Banking77 measures the engine on a public set of bank customers' questions in
// English (BANKING77, PolyAI, CC BY 4.0): each of the 77 categories is an
// entry, the category's name its title and its training questions its
// phrasings. dir holds train.csv and test.csv.
//
// shots is how many training questions a category gets, 0 for all of them; with
// shots the result is the mean over seeds draws. It returns the share of the n
// test questions whose best hit is their category.
func Banking77(ctx context.Context, dir string, shots, seeds int) (accuracy float64, n int, err error) {
	train, err := readQuestions(filepath.Join(dir, "train.csv"))
	if err != nil {
		return 0, 0, fmt.Errorf("index: banking77: %w", err)
	}
	test, err := readQuestions(filepath.Join(dir, "test.csv"))
	if err != nil {
		return 0, 0, fmt.Errorf("index: banking77: %w", err)
	}
	if shots == 0 {
		seeds = 1
	}
	for seed := range seeds {
		sample, _ := draw(train, shots, uint64(seed))
		a, err := accuracyOf(ctx, sample, test)
		if err != nil {
			return 0, 0, fmt.Errorf("index: banking77: %w", err)
		}
		accuracy += a / float64(seeds)
	}
	return accuracy, len(test), nil
}

// question is a labelled question.
type question struct{ text, category string }

func readQuestions(file string) ([]question, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if len(rows) < 2 || len(rows[0]) != 2 {
		return nil, fmt.Errorf("reading %s: want a header and rows of text and category", file)
	}
	qs := make([]question, 0, len(rows)-1)
	for _, r := range rows[1:] {
		qs = append(qs, question{r[0], r[1]})
	}
	return qs, nil
}

// draw takes shots questions of each category at random, and all with shots 0.
func draw(qs []question, shots int, seed uint64) (taken, left []question) {
	got := map[string]int{}
	for _, i := range rand.New(rand.NewPCG(77, seed)).Perm(len(qs)) {
		q := qs[i]
		if got[q.category] < shots || shots == 0 {
			got[q.category]++
			taken = append(taken, q)
		} else {
			left = append(left, q)
		}
	}
	return taken, left
}

func accuracyOf(ctx context.Context, train, test []question) (float64, error) {
	x, err := New(questionsKB(train))
	if err != nil {
		return 0, err
	}
	defer x.Close()
	right := 0
	for _, q := range test {
		m, err := x.Match(ctx, q.text)
		if err != nil {
			return 0, err
		}
		if len(m.Hits) > 0 && m.Hits[0].ID == q.category {
			right++
		}
	}
	return float64(right) / float64(len(test)), nil
}

// questionsKB makes a knowledge base of one entry for each category, in the
// order in which they first come.
func questionsKB(qs []question) *kb.KB {
	k := &kb.KB{}
	entry := map[string]*kb.Entry{}
	for _, q := range qs {
		e := entry[q.category]
		if e == nil {
			e = &kb.Entry{ID: q.category, Kind: kb.Topic, Status: "approved"}
			e.Title.EN = strings.ReplaceAll(q.category, "_", " ")
			entry[q.category] = e
			k.Entries = append(k.Entries, e)
		}
		e.Phrasings = append(e.Phrasings, q.text)
	}
	return k
}
