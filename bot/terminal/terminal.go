// Package terminal is the channel of whoever sits at a terminal: one
// conversation over stdin and stdout, a line a message.
//
// Set-up: none. "decline61 chat" starts it. On a terminal it shows a prompt;
// with its input piped it writes replies only, each ended by an empty line, so
// that a conversation can be scripted:
//
//	printf '刷卡显示61\n2\n' | decline61 chat
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

// Answerer decides on a message; *bot.Bot is one.
type Answerer interface {
	Answer(context.Context, bot.Question) (bot.Answer, error)
}

// Chat is one conversation at a terminal.
type Chat struct {
	Bot    Answerer
	Lang   kb.Lang // of the replies; empty: that of each message
	Prompt bool    // a person is watching: greet and show where to type
}

const greeting = `decline61 · 61助手
把 POS 屏幕上的代码和情况发来,例如:刷卡显示61,换了张卡也不行
Tell me what the terminal shows, for example: declined 61, another card works
(/new 新的对话 new case · /quit 退出 · 不要输入卡号、密码 no card numbers or PINs)
`

// Run talks until the input ends, /quit is typed, or ctx is done.
func (c Chat) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	if c.Prompt {
		fmt.Fprintf(out, "%s\n", greeting)
	}
	lines, errs := readLines(ctx, in)
	var cas bot.Case
	var memory mask.Memory
	for n := 0; ; n++ {
		if c.Prompt {
			fmt.Fprint(out, "> ")
		}
		var line string
		select {
		case <-ctx.Done():
			return ctx.Err()
		case l, ok := <-lines:
			if !ok {
				if c.Prompt {
					fmt.Fprintln(out)
				}
				return <-errs
			}
			line = l
		}
		switch strings.TrimSpace(line) {
		case "":
			continue
		case "/quit", "/exit", "/q":
			return nil
		case "/new":
			cas = bot.Case{}
			if c.Prompt {
				fmt.Fprintln(out, "新的对话 / new case")
			}
			continue
		}
		said, found, _ := memory.Mask(time.Now(), "terminal", strconv.Itoa(n), line)
		a, err := c.Bot.Answer(ctx, bot.Question{Text: said, Found: found, Lang: c.Lang, Case: cas})
		switch {
		case errors.Is(err, context.Canceled):
			return err
		case err != nil: // of this message only: the conversation goes on
			fmt.Fprintf(out, "%v\n\n", err)
			continue
		}
		cas = a.Case
		if _, err := fmt.Fprintf(out, "%s\n\n", a.Text); err != nil {
			return fmt.Errorf("writing a reply: %w", err)
		}
	}
}

// readLines reads in the background, since a read of a terminal cannot be
// interrupted and Ctrl-C must end the chat at once.
func readLines(ctx context.Context, in io.Reader) (<-chan string, <-chan error) {
	lines, errs := make(chan string), make(chan error, 1)
	go func() {
		defer close(lines)
		r := bufio.NewReader(in)
		for {
			line, err := r.ReadString('\n')
			if line != "" {
				select {
				case lines <- line:
				case <-ctx.Done():
					errs <- nil
					return
				}
			}
			if err != nil {
				if err == io.EOF {
					err = nil
				} else {
					err = fmt.Errorf("reading a message: %w", err)
				}
				errs <- err
				return
			}
		}
	}()
	return lines, errs
}
