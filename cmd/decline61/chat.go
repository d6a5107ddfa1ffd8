package main

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"decline61/bot/terminal"
	"decline61/kb"
)

func newChat(s *settings) *cobra.Command {
	var lang string
	cmd := &cobra.Command{
		Use:   "chat",
		Short: "Chat in the terminal / 在终端里对话",
		Long: `Chat in the terminal, one line a message. Options can be answered by their
number. /new starts a new case, /quit or Ctrl-D ends the chat.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkLang(lang); err != nil {
				return err
			}
			b, err := s.bot()
			if err != nil {
				return err
			}
			chat := terminal.Chat{Bot: b, Lang: kb.Lang(lang), Prompt: s.terminal}
			return chat.Run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&lang, "lang", "", "language of the replies, zh or en (default: that of each message)")
	return cmd
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
