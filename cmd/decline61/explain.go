package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/slack"
	"decline61/kb"
	"decline61/kb/text"
)

// explanation is everything that led to a reply, in the order it came about.
type explanation struct {
	Text       mask.Text          `json:"text"`
	Normalised string             `json:"normalised"`
	Codes      []explainedCode    `json:"codes"`
	Facts      []explainedFact    `json:"facts"`
	Hits       []explainedHit     `json:"hits"`
	Routes     map[string]float64 `json:"routes"`     // talk beside the matter, by model probability
	Background float64            `json:"background"` // probability that it is none of our business
	Topic      string             `json:"topic"`      // of that
	Confidence float64            `json:"confidence"`
	Zone       string             `json:"zone"` // answer, choose or pass
	Reply      bot.Reply          `json:"reply"`
	Channels   map[string]string  `json:"channels"` // the message as each channel would send it
}

type explainedCode struct {
	Value   string `json:"value"`
	Span    string `json:"span"` // as it was typed
	Negated bool   `json:"negated"`
	Named   bool   `json:"named"`
}

type explainedFact struct {
	ID     string `json:"id"`
	Value  string `json:"value"`
	Span   string `json:"span"`
	Hedged bool   `json:"hedged"`
}

type explainedHit struct {
	ID    string   `json:"id"`
	Score float64  `json:"score"` // fused, for the order only
	P     float64  `json:"p"`     // of the model
	Cos   float64  `json:"cos"`   // to the nearest phrasing
	BM25  float64  `json:"bm25"`
	Terms []string `json:"terms"` // that matched
}

func newExplain(s *settings) *cobra.Command {
	var asJSON bool
	var lang string
	cmd := &cobra.Command{
		Use:   "explain TEXT",
		Short: "Say why a question gets its answer / 为什么这样回答",
		Long: `Say which entries a question matches and by which terms, which code and facts
were read from it, in which zone of confidence it falls, which rule decided,
and what is sent.`,
		Example: `  decline61 explain 换了张建行的卡也是61
  decline61 explain --json "tap fails with 61 but insert works"`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLang(lang); err != nil {
				return err
			}
			b, err := s.bot()
			if err != nil {
				return err
			}
			question, err := questionOf(args, cmd.InOrStdin())
			if err != nil {
				return err
			}
			masked, found := mask.Mask(question)
			a, err := b.Answer(cmd.Context(), bot.Question{Text: masked, Found: found, Lang: kb.Lang(lang)})
			if err != nil {
				return exit(exitUsage, err)
			}
			x, err := explain(b, masked, found, a)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), x)
			}
			var page bytes.Buffer
			x.write(&page)
			_, err = cmd.OutOrStdout().Write(page.Bytes())
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	cmd.Flags().StringVar(&lang, "lang", "", "language of the reply, zh or en (default: that of the question)")
	return cmd
}

func explain(b *bot.Bot, question mask.Text, found mask.Found, a bot.Answer) (explanation, error) {
	t := text.Normalise(question.String())
	x := explanation{
		Text: question, Normalised: t.Norm,
		Codes: []explainedCode{}, Facts: []explainedFact{}, Hits: []explainedHit{}, Routes: map[string]float64{},
		Background: a.Match.Background, Topic: a.Match.Topic, Confidence: a.Confidence, Zone: bot.Zone(a.Confidence),
		Reply: a.Reply(bot.Request{Found: found}), Channels: map[string]string{"terminal": a.Text},
	}
	typed := func(start, end int) string {
		from, to := t.Span(start, end)
		return t.Original[from:to]
	}
	for _, c := range text.Codes(t) {
		x.Codes = append(x.Codes, explainedCode{c.Value, typed(c.Start, c.End), c.Negated, c.Named})
	}
	for _, f := range text.Evidence(t) {
		x.Facts = append(x.Facts, explainedFact{f.ID, f.Value, typed(f.Start, f.End), f.Hedged})
	}
	for _, h := range a.Match.Hits {
		x.Hits = append(x.Hits, explainedHit{h.ID, h.Score, h.P, h.Cos, h.BM25, h.Terms})
	}
	for _, r := range a.Match.Routes {
		if r.P >= 0.01 {
			x.Routes[r.ID] = r.P
		}
	}
	for name, internal := range map[string]bool{"slack": false, "slack, internal": true} {
		blocks, err := slack.Preview(b, x.Reply, internal)
		if err != nil {
			return x, fmt.Errorf("drawing the reply for %s: %w", name, err)
		}
		x.Channels[name] = string(blocks)
	}
	return x, nil
}

func (x explanation) write(w io.Writer) {
	fmt.Fprintf(w, "read as      %s\n", x.Normalised)
	for _, c := range x.Codes {
		fmt.Fprintf(w, "code         %s from %q%s%s\n", c.Value, c.Span, flag(c.Named, ", named"), flag(c.Negated, ", denied"))
	}
	for _, f := range x.Facts {
		fmt.Fprintf(w, "fact         %s = %s from %q%s\n", f.ID, f.Value, f.Span, flag(f.Hedged, ", with a doubt"))
	}
	for i, h := range x.Hits {
		if i == 5 {
			break
		}
		fmt.Fprintf(w, "match        %-28s score %.2f  model %.2f  cosine %.2f  terms %s\n", h.ID, h.Score, h.P, h.Cos, strings.Join(h.Terms, " "))
	}
	fmt.Fprintf(w, "not ours     %.2f (%s)\n", x.Background, x.Topic)
	fmt.Fprintf(w, "confidence   %.2f, zone %s\n", x.Confidence, x.Zone)
	for _, c := range x.Reply.Causes[:min(5, len(x.Reply.Causes))] {
		fmt.Fprintf(w, "cause        %-28s %.2f\n", c.ID, c.Probability)
	}
	fmt.Fprintf(w, "decision     %s, decided by: %s\n", x.Reply.Decision, x.Reply.Reason)
	if x.Reply.Question != nil {
		fmt.Fprintf(w, "asks         %s\n", x.Reply.Question.ID)
	}
	fmt.Fprintf(w, "\n--- terminal, %d bytes ---\n%s\n", len(x.Channels["terminal"]), x.Channels["terminal"])
	fmt.Fprintf(w, "\n--- slack: blocks for Block Kit Builder, %d bytes; for your own people %d bytes: with --json ---\n", len(x.Channels["slack"]), len(x.Channels["slack, internal"]))
}

func flag(on bool, s string) string {
	if on {
		return s
	}
	return ""
}
