package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what version says. The figures come from the Go build itself, so
// that no release script can get them wrong.
type build struct {
	Version       string `json:"version"`
	Commit        string `json:"commit"`
	Modified      bool   `json:"modified"`
	Go            string `json:"go"`
	Platform      string `json:"platform"`
	KnowledgeBase string `json:"knowledge_base"` // version of the knowledge base in use
	Entries       int    `json:"entries"`
}

func newVersion(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which version this is / 版本",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, err := s.load()
			if err != nil {
				return err
			}
			b := built()
			b.KnowledgeBase, b.Entries = k.Version, len(k.Entries)
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), b)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "decline61 %s %s (%s %s), knowledge base %s with %d entries\n", b.Version, b.Commit, b.Go, b.Platform, b.KnowledgeBase, b.Entries)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

// built is what the Go build knows about this program.
func built() build {
	b := build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Commit = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}
