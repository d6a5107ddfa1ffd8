package main

import (
	"context"
	"io"
	"testing"
	"time"
)

// TestExitCodes: the codes that the README promises.
func TestExitCodes(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want int
	}{
		{[]string{"ask", "61"}, 0},
		{[]string{"ask"}, exitUsage},
		{[]string{"ask", ""}, exitUsage},
		{[]string{"ask", "--nonsense"}, exitUsage},
		{[]string{"nonsense"}, exitUsage},
		{[]string{"chat", "extra"}, exitUsage},
		{[]string{"ask", "61", "--kb", "nowhere"}, exitInvalid},
		{[]string{"kb", "fmt", "--check", "nowhere"}, exitInvalid},
	} {
		if _, stderr, code := command(t, tt.args...); code != tt.want {
			t.Errorf("%q exits with %d, want %d: %s", tt.args, code, tt.want, stderr)
		}
	}
}

// TestInterrupt: Ctrl-C ends a command that waits for its input, with 130.
func TestInterrupt(t *testing.T) {
	for _, args := range [][]string{{"ask", "--jsonl"}, {"ask", "-"}, {"chat"}} {
		ctx, cancel := context.WithCancel(t.Context())
		in, typed := io.Pipe()
		done := make(chan error, 1)
		go func() {
			done <- run(ctx, args, func(string) string { return "" }, in, io.Discard, io.Discard)
		}()
		cancel()
		select {
		case err := <-done:
			if code := exitCode(err); code != exitInterrupted {
				t.Errorf("%q exits with %d, want %d", args, code, exitInterrupted)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%q still waits", args)
		}
		typed.Close()
	}
}
