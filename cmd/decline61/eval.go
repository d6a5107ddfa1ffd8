package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"decline61/bot/eval"
	"decline61/index"
)

func newEval(s *settings) *cobra.Command {
	var asJSON, misses bool
	var banking string
	cmd := &cobra.Command{
		Use:   "eval [FILE...]",
		Short: "Score question sets and dialogs / 用问题集打分",
		Long: `Score the bot on question sets (TSV: id, lang, style, text, accept, decision,
note) and on dialogs (JSONL: id, lang, text, cause, facts, words), all files
together. With --banking77, score the index alone on the public BANKING77
benchmark in that folder (train.csv, test.csv).`,
		Example: `  decline61 eval questions.tsv dialogs.jsonl
  decline61 eval --misses questions.tsv
  decline61 eval --banking77 datasets/banking77`,
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if banking != "" {
				return evalBanking(cmd, banking, asJSON)
			}
			if len(args) == 0 {
				return exit(exitUsage, errors.New("nothing to score: give question sets (.tsv) or dialogs (.jsonl)"))
			}
			questions, dialogs, err := readSets(args)
			if err != nil {
				return exit(exitUsage, err)
			}
			b, err := s.bot()
			if err != nil {
				return err
			}
			qs, err := eval.Questions(cmd.Context(), b, questions)
			if err != nil {
				return err
			}
			ds, err := eval.Dialogs(cmd.Context(), b, dialogs)
			if err != nil {
				return err
			}
			report := eval.Sum(qs, ds)
			if asJSON {
				return writeJSON(out, report)
			}
			var page bytes.Buffer
			if misses {
				eval.WriteMisses(&page, qs, ds)
			}
			report.Write(&page)
			_, err = out.Write(page.Bytes())
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	cmd.Flags().BoolVar(&misses, "misses", false, "list every question and dialog that went wrong")
	cmd.Flags().StringVar(&banking, "banking77", "", "folder of the BANKING77 benchmark")
	return cmd
}

func readSets(files []string) (questions []eval.Question, dialogs []eval.Dialog, err error) {
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, nil, fmt.Errorf("opening a question set: %w", err)
		}
		defer f.Close()
		switch strings.ToLower(filepath.Ext(name)) {
		case ".tsv":
			qs, err := eval.ReadQuestions(name, f)
			if err != nil {
				return nil, nil, err
			}
			questions = append(questions, qs...)
		case ".jsonl":
			ds, err := eval.ReadDialogs(name, f)
			if err != nil {
				return nil, nil, err
			}
			dialogs = append(dialogs, ds...)
		default:
			return nil, nil, fmt.Errorf("%s: a question set ends in .tsv, a dialog set in .jsonl", name)
		}
	}
	return questions, dialogs, nil
}

// bankingRun is one line of the public benchmark.
type bankingRun struct {
	Shots    int     `json:"shots"` // training questions an intent, 0: all
	Seeds    int     `json:"seeds"`
	Accuracy float64 `json:"accuracy"`
	Of       int     `json:"of"`
}

func evalBanking(cmd *cobra.Command, dir string, asJSON bool) error {
	var runs []bankingRun
	for _, r := range []bankingRun{{Shots: 0, Seeds: 1}, {Shots: 10, Seeds: 3}, {Shots: 5, Seeds: 3}} {
		accuracy, n, err := index.Banking77(cmd.Context(), dir, r.Shots, r.Seeds)
		if err != nil {
			return exit(exitUsage, err)
		}
		r.Accuracy, r.Of = accuracy, n
		runs = append(runs, r)
		if !asJSON {
			name := "full"
			if r.Shots > 0 {
				name = fmt.Sprintf("%d-shot, mean of %d samples", r.Shots, r.Seeds)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "BANKING77 %-28s accuracy %.4f on %d questions\n", name, r.Accuracy, r.Of)
		}
	}
	if asJSON {
		return writeJSON(cmd.OutOrStdout(), runs)
	}
	return nil
}
