package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/index"
	"decline61/kb"
)

func newKB(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kb",
		Short: "Check and edit the knowledge base / 知识库",
		Long: `Check and edit the knowledge base. Its format is described in kb/FORMAT.md.
Use --kb DIR to work on your own copy instead of the embedded one.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newLint(s), newNew(s), newFmt(s), newStats(s), newExport(s), newBuild(s))
	return cmd
}

// folder is the knowledge base that a command writes to: the argument, else --kb.
func (s *settings) folder(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	if err := s.findKB(); err != nil {
		return "", err
	}
	if s.kbDir != "" {
		return s.kbDir, nil
	}
	return "", exit(exitUsage, errors.New("the embedded knowledge base cannot be changed: give the folder of yours with --kb DIR"))
}

func newLint(s *settings) *cobra.Command {
	var asJSON bool
	var lang string
	cmd := &cobra.Command{
		Use:   "lint [DIR]",
		Short: "Name every fault of the knowledge base with its place / 检查知识库",
		Long: `Name every fault with file, line and column, its rule, and what to write
instead. Among the rules: every phrasing finds its own entry first, and every
line of the seed article is accounted for. Exits with 1 if there are errors.`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkLang(lang); err != nil {
				return err
			}
			if len(args) > 0 {
				s.kbDir = args[0]
			}
			files, err := s.files()
			if err != nil {
				return err
			}
			problems := kb.Lint(files, kb.LintOptions{Now: time.Now(), SelfTest: selfTest(cmd.Context())})
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			errs := 0
			for _, p := range problems {
				if p.Severity == kb.SeverityError {
					errs++
				}
			}
			out := cmd.OutOrStdout()
			if asJSON {
				if problems == nil {
					problems = []kb.Problem{}
				}
				if err := writeJSON(out, problems); err != nil {
					return err
				}
			} else {
				for _, p := range problems {
					printProblem(out, p, kb.Lang(lang))
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "%d errors, %d warnings\n", errs, len(problems)-errs)
			}
			if errs > 0 {
				return exit(exitFindings, nil)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	cmd.Flags().StringVar(&lang, "lang", "", "zh or en (default: both)")
	return cmd
}

func printProblem(w interface{ Write([]byte) (int, error) }, p kb.Problem, lang kb.Lang) {
	fmt.Fprintf(w, "%s:%d:%d: %s [%s]\n", p.File, p.Line, p.Col, p.Severity, p.Rule)
	for _, l := range []kb.Lang{kb.ZH, kb.EN} {
		if lang != "" && lang != l {
			continue
		}
		what, fix := p.In(l)
		fmt.Fprintf(w, "    %s\n    → %s\n", what, fix)
	}
}

// selfTest asks the bot every phrasing as a merchant would, and reports those
// that are answered with another entry. A phrasing that is handed over to a
// person is right where it is the code of an incident (41 挂失卡): the incident
// stands first then.
func selfTest(ctx context.Context) func(*kb.KB) ([]kb.Miss, error) {
	return func(k *kb.KB) ([]kb.Miss, error) {
		x, err := index.New(k)
		if err != nil {
			return nil, fmt.Errorf("indexing: %w", err)
		}
		live := index.NewLive(x)
		defer live.Close()
		b := bot.New(live)
		var misses []kb.Miss
		for _, e := range k.Entries {
			if e.Status != "approved" {
				continue
			}
			for _, p := range e.Phrasings {
				a, err := b.Answer(ctx, bot.Question{Text: mask.Of(p)})
				if err != nil {
					return misses, fmt.Errorf("asking %q: %w", p, err)
				}
				found := ""
				if len(a.Entries) > 0 {
					found = a.Entries[0].ID
				}
				handedOver := e.Kind == kb.Code && a.Decision == bot.Handoff
				if found != e.ID && !handedOver {
					misses = append(misses, kb.Miss{Entry: e.ID, Phrasing: p, Found: found})
				}
			}
		}
		return misses, nil
	}
}

func newFmt(s *settings) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "fmt [DIR]",
		Short: "Bring entries into their canonical form / 统一格式",
		Args:  usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := s.folder(args)
			if err != nil {
				return err
			}
			if _, err := os.Stat(filepath.Join(dir, "entries")); err != nil {
				return exit(exitInvalid, fmt.Errorf("%s is no knowledge base: %w", dir, err))
			}
			changed, err := formatAll(dir, !check)
			for _, name := range changed {
				fmt.Fprintln(cmd.OutOrStdout(), name)
			}
			if err != nil {
				return exit(exitInvalid, err)
			}
			if check && len(changed) > 0 {
				return exit(exitFindings, nil)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "only list the files that would change, and exit with 1 if there are any")
	return cmd
}

// formatAll formats the entries below dir and returns the names of those that
// changed. A file that cannot be read as an entry is left alone and reported.
func formatAll(dir string, write bool) (changed []string, err error) {
	var faults []error
	for _, pattern := range []string{"entries/*.md", "codes/*.md"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", pattern, err)
		}
		for _, name := range names {
			before, err := os.ReadFile(name)
			if err != nil {
				return changed, fmt.Errorf("reading an entry: %w", err)
			}
			rel, err := filepath.Rel(dir, name)
			if err != nil {
				return changed, fmt.Errorf("naming an entry: %w", err)
			}
			after, err := kb.Format(filepath.ToSlash(rel), before)
			switch {
			case err != nil:
				faults = append(faults, err)
			case !bytes.Equal(before, after):
				changed = append(changed, rel)
				if write {
					if err := replaceFile(name, after); err != nil {
						return changed, err
					}
				}
			}
		}
	}
	return changed, errors.Join(faults...)
}

// replaceFile writes a file so that it is never seen half written.
func replaceFile(name string, b []byte) error {
	temp := name + ".tmp"
	if err := os.WriteFile(temp, b, 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := os.Rename(temp, name); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), os.Remove(temp))
	}
	return nil
}

// codeID is the form of the id of a code's entry, which tells its kind.
var codeID = regexp.MustCompile(`^code-[0-9A-Z]{2}$`)

func newNew(s *settings) *cobra.Command {
	var kind string
	cmd := &cobra.Command{
		Use:   "new ID",
		Short: "Start an entry / 新建条目",
		Long: `Write the skeleton of an entry into the knowledge base given by --kb: into
codes/ for an id like code-51, else into entries/. kb lint then says what is
still to be filled in.`,
		Example: `  decline61 kb new weekend-limit --kind cause --kb my-kb`,
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := s.folder(nil)
			if err != nil {
				return err
			}
			id := args[0]
			if codeID.MatchString(id) {
				kind = string(kb.Code)
			}
			body, err := kb.Template(id, kb.Kind(kind), time.Now())
			if err != nil {
				return exit(exitUsage, err)
			}
			name := filepath.Join(dir, filepath.FromSlash(kb.EntryPath(id, kb.Kind(kind))))
			f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) // never over an entry that exists
			if errors.Is(err, fs.ErrExist) {
				return exit(exitUsage, fmt.Errorf("%s exists already: edit it, or choose another id", name))
			}
			if err != nil {
				return exit(exitInvalid, fmt.Errorf("starting an entry: %w", err))
			}
			_, err = f.Write(body)
			if err := errors.Join(err, f.Close()); err != nil {
				return fmt.Errorf("writing %s: %w", name, err)
			}
			fmt.Fprintln(cmd.OutOrStdout(), name)
			fmt.Fprintf(cmd.ErrOrStderr(), "fill it in, then: decline61 kb lint %s\n", dir)
			return nil
		},
	}
	cmd.Flags().StringVar(&kind, "kind", string(kb.Cause), "cause, incident, policy, topic or code")
	return cmd
}

func newStats(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Count what the knowledge base holds / 统计",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, err := s.load()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), k.Stats())
			}
			return k.Stats().Write(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func newExport(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "export",
		Short: "Write the whole knowledge base as one JSON document / 导出",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, err := s.load()
			if err != nil {
				return err
			}
			return k.Export(cmd.OutOrStdout())
		},
	}
}

// newBuild is for whoever changes the knowledge base inside the source tree:
// what it writes is embedded, and a test fails while it is out of date.
func newBuild(s *settings) *cobra.Command {
	var weights string
	cmd := &cobra.Command{
		Use:   "build [DIR]",
		Short: "Prepare the knowledge base for a quick start / 预编译",
		Long: `Write parsed.bin (the parsed entries) into the knowledge base's folder and the
trained model into the file given by --weights, so that the next start need
neither parse nor train. Both are taken only while they fit the files; without
them everything works as well, about a second later.`,
		Example: `  go run ./cmd/decline61 kb build kb --weights index/weights.bin`,
		Args:    usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := s.folder(args)
			if err != nil {
				return err
			}
			files := os.DirFS(dir)
			parsed, err := kb.Build(files)
			if err != nil {
				return exit(exitInvalid, fmt.Errorf("building: %w", err))
			}
			if err := replaceFile(filepath.Join(dir, "parsed.bin"), parsed); err != nil {
				return err
			}
			if weights == "" {
				return nil
			}
			k, err := kb.Load(files)
			if err != nil {
				return exit(exitInvalid, fmt.Errorf("loading what was built: %w", err))
			}
			model, err := index.Train(k).MarshalBinary()
			if err != nil {
				return fmt.Errorf("writing the model: %w", err)
			}
			return replaceFile(weights, model)
		},
	}
	cmd.Flags().StringVar(&weights, "weights", "", "file to write the trained model to")
	return cmd
}
