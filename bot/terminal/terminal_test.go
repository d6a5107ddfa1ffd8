package terminal_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/terminal"
)

// echo answers with the text and how many turns its case has seen.
type echo struct{}

func (echo) Answer(_ context.Context, q bot.Question) (bot.Answer, error) {
	if q.Text.String() == "fail\n" {
		return bot.Answer{}, errors.New("this one failed")
	}
	c := q.Case
	c.Failed++
	return bot.Answer{Text: strings.Repeat("*", c.Failed) + strings.TrimSpace(q.Text.String()), Case: c}, nil
}

func talk(t *testing.T, c terminal.Chat, typed string) string {
	t.Helper()
	var out strings.Builder
	if err := c.Run(t.Context(), strings.NewReader(typed), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestChat(t *testing.T) {
	// The case goes from message to message, an error concerns one message only,
	// /new starts afresh, /quit ends, and without a person there is no prompt.
	got := talk(t, terminal.Chat{Bot: echo{}}, "a\n\nfail\nb\n/new\nc\n/quit\nd\n")
	if want := "*a\n\nthis one failed\n\n**b\n\n*c\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// The last line may lack its end.
	if got := talk(t, terminal.Chat{Bot: echo{}}, "a"); got != "*a\n\n" {
		t.Errorf("got %q", got)
	}
	if got := talk(t, terminal.Chat{Bot: echo{}, Prompt: true}, "a\n"); !strings.Contains(got, "> *a") {
		t.Errorf("no prompt: %q", got)
	}
}

// TestInterrupt: Ctrl-C ends the chat although nothing is typed.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, typed := io.Pipe()
	defer typed.Close()
	done := make(chan error, 1)
	go func() { done <- terminal.Chat{Bot: echo{}}.Run(ctx, in, io.Discard) }()
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("still reading")
	}
}
