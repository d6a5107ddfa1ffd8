package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan(root *cobra.Command) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man [COMMAND...]",
		Short: "Write the manual page / 手册页",
		Long: `Write the manual page of decline61, or of one of its commands, to standard
output in troff; with --dir, the pages of all commands into a folder.`,
		Example: `  decline61 man | man -l -
  decline61 man ask | man -l -
  decline61 man --dir /usr/local/share/man/man1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			root.DisableAutoGenTag = true
			header := &doc.GenManHeader{Section: "1", Source: "decline61", Manual: "decline61"}
			if dir != "" {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					return fmt.Errorf("making the folder for manual pages: %w", err)
				}
				if err := doc.GenManTree(root, header, filepath.Clean(dir)); err != nil {
					return fmt.Errorf("writing manual pages: %w", err)
				}
				return nil
			}
			page, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return exit(exitUsage, fmt.Errorf("there is no command %q; decline61 --help lists them", args))
			}
			return doc.GenMan(page, header, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder to write the pages of all commands into")
	return cmd
}
