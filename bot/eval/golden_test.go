package eval_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decline61/bot"
	"decline61/bot/eval"
	"decline61/index"
	"decline61/kb"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func embedded(t testing.TB) *bot.Bot {
	t.Helper()
	k, err := kb.Load(kb.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	x, err := index.New(k)
	if err != nil {
		t.Fatal(err)
	}
	live := index.NewLive(x)
	t.Cleanup(func() { live.Close() })
	return bot.New(live)
}

// TestGolden holds every ranking and decision over the question sets to the
// golden files, so that a change of the knowledge base or the matcher shows as
// a difference to review; -update rewrites them.
func TestGolden(t *testing.T) {
	b := embedded(t)
	for _, set := range []string{"dev", "held"} {
		t.Run(set, func(t *testing.T) {
			qs, ds := play(t, b, set)
			var got bytes.Buffer
			for _, q := range qs {
				fmt.Fprintf(&got, "%s\t%s\t%d\t%s\n", q.ID, q.Got, q.Rank, strings.Join(q.Entries[:min(3, len(q.Entries))], " "))
			}
			for _, d := range ds {
				fmt.Fprintf(&got, "%s\t%d\t%s\tasked %s\n", d.ID, d.Rank, strings.Join(d.Causes[:min(3, len(d.Causes))], " "), strings.Join(d.Asked, " "))
			}
			eval.Sum(qs, ds).Write(&got)
			name := filepath.Join("testdata", set+".golden")
			if *update {
				if err := os.WriteFile(name, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
				t.Errorf("ranking or decisions changed; if for the better, go test ./bot/eval -update (-want +got):\n%s", diff)
			}
		})
	}
}

func play(t *testing.T, b *bot.Bot, set string) ([]eval.QuestionResult, []eval.DialogResult) {
	t.Helper()
	questions, err := os.Open(filepath.Join("testdata", set+".tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer questions.Close()
	dialogs, err := os.Open(filepath.Join("testdata", set+"-dialogs.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer dialogs.Close()
	q, err := eval.ReadQuestions(questions.Name(), questions)
	if err != nil {
		t.Fatal(err)
	}
	d, err := eval.ReadDialogs(dialogs.Name(), dialogs)
	if err != nil {
		t.Fatal(err)
	}
	qs, err := eval.Questions(t.Context(), b, q)
	if err != nil {
		t.Fatal(err)
	}
	ds, err := eval.Dialogs(t.Context(), b, d)
	if err != nil {
		t.Fatal(err)
	}
	return qs, ds
}
