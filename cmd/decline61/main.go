// Command decline61 helps merchants whose POS shows decline code 61: from the
// terminal, a chat page, Slack and WeCom, out of one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"decline61/bot/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	os.Exit(exitCode(err))
}

// run is the whole program but for the process around it, so that tests start
// it in their own.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	root := newRoot(getenv, stdin)
	root.SetArgs(args)
	root.SetIn(interruptible{ctx, stdin})
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && errors.Is(err, context.Canceled) {
		err = exit(exitInterrupted, nil)
	}
	var status *exitError
	switch {
	case err == nil, errors.As(err, &status) && status.err == nil:
	default:
		fmt.Fprintln(stderr, "decline61:", err)
	}
	return err
}

// interruptible ends a read when ctx is done: a read of a terminal or of an
// open pipe cannot be interrupted, and Ctrl-C must end the program at once.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i interruptible) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	buffer := make([]byte, len(p)) // p belongs to the caller again once this returns
	done := make(chan result, 1)
	go func() {
		n, err := i.r.Read(buffer)
		done <- result{n, err}
	}()
	select {
	case <-i.ctx.Done():
		return 0, i.ctx.Err()
	case r := <-done:
		return copy(p, buffer[:r.n]), r.err
	}
}

// exitError is an error with its exit code; without an inner error there is
// nothing more to say than what has been printed.
type exitError struct {
	code int
	err  error
}

func exit(code int, err error) error { return &exitError{code, err} }

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// Exit codes, as the README promises them.
const (
	exitFindings    = 1
	exitUsage       = 2
	exitInvalid     = 3
	exitRefused     = 4
	exitData        = 5
	exitTimeout     = 124
	exitInterrupted = 130
)

// exitCode is the process's exit code for what run returned. Errors that no
// command has classed come from the store, from cobra's reading of the command
// line, or from input and output that failed, such as a full disk.
func exitCode(err error) int {
	var e *exitError
	var refused *pgconn.ConnectError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, store.ErrLocked), errors.Is(err, store.ErrDamaged), errors.Is(err, store.ErrVersion), errors.Is(err, store.ErrReadOnly):
		return exitData
	case errors.As(err, &refused):
		return exitRefused
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	default:
		return exitUsage
	}
}

// settings are what every command may need of the command line and the
// environment. A flag wins over a variable.
type settings struct {
	getenv     func(string) string
	configFile string
	kbDir      string
	terminal   bool // a person sits at stdin
}

func newRoot(getenv func(string) string, stdin io.Reader) *cobra.Command {
	s := &settings{getenv: getenv, terminal: isTerminal(stdin)}
	root := &cobra.Command{
		Use:   "decline61",
		Short: "POS 交易失败 61:原因、步骤、下一个问题 / what to do when a POS declines with code 61",
		Long: `decline61 answers merchants whose POS shows a decline code such as 61: what it
means, what to do now, who has to act, and the next best question. It needs no
network, no key and no model.

decline61 回答商户“刷卡显示61怎么办”一类的问题:什么意思、现在做什么、该谁处理、还差哪条信息。
不需要联网、密钥或大模型。`,
		Example: `  decline61 chat
  decline61 ask 刷卡显示61怎么办
  decline61 explain "declined 61, other cards work"
  decline61 kb lint`,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVar(&s.kbDir, "kb", getenv("DECLINE61_KB"), "folder of a knowledge base to use instead of the embedded one (environment: DECLINE61_KB)")
	root.PersistentFlags().StringVar(&s.configFile, "config", getenv("DECLINE61_CONFIG"), "YAML file of the configuration, see decline61 config (environment: DECLINE61_CONFIG)")
	root.AddCommand(
		newServe(s), newAsk(s), newChat(s), newExplain(s), newEval(s), newKB(s),
		newConfig(s), newDoctor(s), newManifest(s), newWeCom(s), newBackup(s), newRestore(s), newStore(s),
		newVersion(s), newMan(root),
	)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return exit(exitUsage, fmt.Errorf("%w; see %s --help", err, cmd.CommandPath()))
	})
	return root
}

// usage wraps a positional-argument check so that its error names the help.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return exit(exitUsage, fmt.Errorf("%s: %w; see %s --help", strings.TrimSpace(cmd.Use), err, cmd.CommandPath()))
		}
		return nil
	}
}
