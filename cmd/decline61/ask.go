package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

func newAsk(s *settings) *cobra.Command {
	var asJSON, asLines bool
	var lang string
	cmd := &cobra.Command{
		Use:   "ask [TEXT | -]",
		Short: "Answer one question / 回答一个问题",
		Long: `Answer one question and exit. "-" reads the question from standard input.

With --jsonl, read one JSON object a line from standard input and write one a
line to standard output, in the same order, each as soon as it is answered:
  {"id":"q1","conversation":"c1","text":"刷卡显示61","evidence":{"other_card":"declined_61"},"lang":"zh"}
Lines with the same conversation continue one dialog. A wrong line is answered
by {"id":...,"error":"..."} and the next one goes on.`,
		Example: `  decline61 ask 刷卡显示61怎么办
  decline61 ask --json "declined 61, another card works"
  pbpaste | decline61 ask -
  decline61 ask --jsonl < questions.jsonl > answers.jsonl`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLang(lang); err != nil {
				return err
			}
			switch {
			case asLines && (len(args) > 0 || asJSON):
				return exit(exitUsage, errors.New("ask --jsonl reads questions from standard input and takes neither TEXT nor --json"))
			case !asLines && len(args) == 0:
				return exit(exitUsage, errors.New("nothing to answer: give the question, for example decline61 ask 刷卡显示61怎么办, or - to read it from standard input"))
			}
			b, err := s.bot()
			if err != nil {
				return err
			}
			if asLines {
				return askLines(cmd.Context(), b, kb.Lang(lang), cmd.InOrStdin(), cmd.OutOrStdout())
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
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), a.Reply(bot.Request{Found: found}))
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), a.Text)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the whole answer as JSON")
	cmd.Flags().BoolVar(&asLines, "jsonl", false, "read questions and write answers as JSON lines")
	cmd.Flags().StringVar(&lang, "lang", "", "language of the reply, zh or en (default: that of the question)")
	return cmd
}

func checkLang(lang string) error {
	if lang != "" && lang != string(kb.ZH) && lang != string(kb.EN) {
		return exit(exitUsage, fmt.Errorf("--lang is %q: use zh or en", lang))
	}
	return nil
}

// questionOf is the question on the command line, or all of stdin for "-".
func questionOf(args []string, stdin io.Reader) (string, error) {
	if len(args) != 1 || args[0] != "-" {
		return strings.Join(args, " "), nil
	}
	b, err := io.ReadAll(io.LimitReader(stdin, bot.MaxText+1)) // one more, so that too long is seen as such
	if err != nil {
		return "", fmt.Errorf("reading the question from standard input: %w", err)
	}
	return string(b), nil
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// lineError answers a line that could not be answered.
type lineError struct {
	ID    string `json:"id"`
	Error string `json:"error"`
}

// maxConversations bounds the memory of one run of ask --jsonl. A conversation
// that has been pushed out starts anew, as one would after a long time.
const maxConversations = 100_000

// askLines answers one request a line until stdin ends.
func askLines(ctx context.Context, b *bot.Bot, lang kb.Lang, stdin io.Reader, stdout io.Writer) error {
	in := bufio.NewReaderSize(stdin, 64<<10)
	cases := map[string]bot.Case{}
	var memory mask.Memory
	var order []string
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, tooLong, err := readLine(in, maxLine)
		if err != nil && err != io.EOF {
			return fmt.Errorf("reading a question: %w", err)
		}
		end := err == io.EOF
		if len(strings.TrimSpace(string(line))) > 0 || tooLong {
			out, next, conversation := answerLine(ctx, b, lang, line, tooLong, cases, &memory)
			if next != nil && conversation != "" {
				if _, ok := cases[conversation]; !ok {
					if order = append(order, conversation); len(order) > maxConversations {
						delete(cases, order[0])
						order = order[1:]
					}
				}
				cases[conversation] = *next
			}
			encoded, err := bot.EncodeLine(out)
			if err != nil {
				return err
			}
			if _, err := stdout.Write(encoded); err != nil {
				return fmt.Errorf("writing an answer: %w", err)
			}
		}
		if end {
			return nil
		}
	}
}

// answerLine answers one line; next is the conversation's state afterwards,
// nil after an error, which leaves the conversation as it was.
func answerLine(ctx context.Context, b *bot.Bot, lang kb.Lang, line []byte, tooLong bool, cases map[string]bot.Case, memory *mask.Memory) (out any, next *bot.Case, conversation string) {
	if tooLong {
		return lineError{Error: fmt.Sprintf("the line is longer than %d bytes", maxLine)}, nil, ""
	}
	r, err := bot.ParseRequest(line)
	if err != nil {
		return lineError{r.ID, err.Error()}, nil, ""
	}
	if r.Lang == "" {
		r.Lang = lang
	}
	if r.Conversation != "" { // a card number may come in two messages
		masked, found, _ := memory.Mask(time.Now(), r.Conversation, r.ID, r.Text.String())
		r.Text, r.Found = masked, r.Found.Plus(found)
	}
	a, err := b.Answer(ctx, bot.Question{Text: r.Text, Found: r.Found, Lang: r.Lang, Evidence: r.Evidence, Case: cases[r.Conversation]})
	if err != nil {
		return lineError{r.ID, err.Error()}, nil, ""
	}
	return a.Reply(r), &a.Case, r.Conversation
}

// maxLine is the longest line that is read whole; a longer one is passed over.
const maxLine = 1 << 20

// readLine reads one line without its end. Of a line over max it returns
// nothing and tooLong, having read past it.
func readLine(in *bufio.Reader, max int) (line []byte, tooLong bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
		}
		if len(line) > max {
			line, tooLong = nil, true
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		return line, tooLong, err
	}
}
