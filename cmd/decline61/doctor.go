package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"decline61/kb"
)

// status is how a check ended.
type status string

const (
	good    status = "ok"
	warning status = "warning" // works, but look at it
	problem status = "problem" // does not work, or merchants are waiting
)

// finding is one line of doctor.
type finding struct {
	Check  string `json:"check"`
	Status status `json:"status"`
	Says   string `json:"says"`
	Fix    string `json:"fix,omitempty"`
}

// deadLetter is a message that was given up: never its text.
type deadLetter struct {
	Conversation string    `json:"conversation"`
	Channel      string    `json:"channel"`
	Why          string    `json:"why"`
	Tries        int       `json:"tries"`
	Time         time.Time `json:"time"`
}

// examination is a run of doctor.
type examination struct {
	Status      status       `json:"status"` // the worst of all
	Findings    []finding    `json:"checks"`
	DeadLetters []deadLetter `json:"dead_letters"`

	code int // exit code
}

func newDoctor(s *settings) *cobra.Command {
	var asJSON, offline bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check everything that serve needs, and say what to do / 自检",
		Long: `Check everything that serve needs, one line each: configuration, knowledge base,
time, data folder, database (all of it, page by page), what waits or was given
up, and Slack and WeCom if they are configured: tokens, permissions, clock. A line
is ok, a warning, or a problem, with what to do about it. It changes nothing and
may run beside serve. --offline reaches for nothing outside this machine.

逐项检查配置、知识库、数据、待处理消息、Slack 和企业微信,并给出处理办法;不改动任何数据,可与服务同时运行。

Exit codes: 0 no problem, 1 problems, 3 configuration or knowledge base invalid,
5 data damaged or locked.`,
		Example: `  decline61 doctor
  decline61 doctor --json --offline --config decline61.yaml`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			x := s.examine(cmd, offline)
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			var err error
			if asJSON {
				err = writeJSON(cmd.OutOrStdout(), x)
			} else {
				err = x.write(cmd.OutOrStdout())
			}
			if err == nil && x.code != 0 {
				err = exit(x.code, nil)
			}
			return err
		},
	}
	s.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	cmd.Flags().BoolVar(&offline, "offline", false, "reach for nothing outside this machine")
	return cmd
}

// examine runs all checks; one that fails keeps no other from running.
func (s *settings) examine(cmd *cobra.Command, offline bool) *examination {
	x := &examination{Status: good, DeadLetters: []deadLetter{}}
	b := built()
	x.ok("version", "%s", strings.Join(strings.Fields(b.Version+" "+b.Commit+" "+b.Go+" "+b.Platform), " "))
	c := s.readConfig(cmd)
	x.configuration(&c)
	s.kbDir = c.KB
	x.knowledgeBase(s)
	x.clock(&c)
	x.folder(&c)
	serving := x.serve(cmd.Context(), &c)
	x.database(cmd.Context(), &c, serving, offline)
	x.slack(cmd.Context(), &c, offline)
	x.wecom(cmd.Context(), &c, offline)
	return x
}

func (x *examination) add(f finding, code int) {
	x.Findings = append(x.Findings, f)
	if f.Status == problem || f.Status == warning && x.Status == good {
		x.Status = f.Status
	}
	x.code = max(x.code, code)
}

func (x *examination) ok(check, format string, args ...any) {
	x.add(finding{Check: check, Status: good, Says: fmt.Sprintf(format, args...)}, 0)
}

func (x *examination) warn(check, fix, format string, args ...any) {
	x.add(finding{check, warning, fmt.Sprintf(format, args...), fix}, 0)
}

func (x *examination) problem(check string, code int, fix, format string, args ...any) {
	x.add(finding{check, problem, fmt.Sprintf(format, args...), fix}, code)
}

func (x *examination) write(out io.Writer) error {
	count := map[status]int{}
	for _, f := range x.Findings {
		count[f.Status]++
		fmt.Fprintf(out, "%-8s %-15s %s\n", f.Status, f.Check, f.Says)
		if f.Fix != "" {
			fmt.Fprintf(out, "%24s → %s\n", "", f.Fix)
		}
	}
	for _, d := range x.DeadLetters {
		fmt.Fprintf(out, "%24s %s %s: %s (%s, tries: %d)\n", "", d.Time.Format(time.DateTime), d.Conversation, d.Why, d.Channel, d.Tries)
	}
	_, err := fmt.Fprintf(out, "problems: %d, warnings: %d\n", count[problem], count[warning])
	return err
}

func (x *examination) configuration(c *config) {
	for _, f := range c.faults {
		x.problem("configuration", exitInvalid, "decline61 config show names the origin of every value", "%v", f)
	}
	for _, w := range c.warnings {
		x.warn("secrets", "", "%s", w)
	}
	if len(c.faults) == 0 {
		where := "no file"
		if c.file != "" {
			where = c.file
		}
		x.ok("configuration", "valid; %s, %d of %d keys set", where, len(c.given), len(keys))
	}
	for _, name := range c.unbuilt() {
		x.warn("channels", "", "%s is configured, but this version does not have it yet", name)
	}
}

func (x *examination) knowledgeBase(s *settings) {
	const fix = "decline61 kb lint names every fault with its place"
	files, err := s.files()
	if err != nil {
		x.problem("knowledge base", exitInvalid, fix, "%v", err)
		return
	}
	if s.kbDir == "" { // linted before it was built in
		if k, err := s.load(); err != nil {
			x.problem("knowledge base", exitInvalid, "this program is broken: install it again", "%v", err)
		} else {
			x.ok("knowledge base", "version %s, %d entries, the embedded one", k.Version, len(k.Entries))
		}
		return
	}
	errs, warnings := 0, 0
	// Without the self-test, which takes seconds and does not keep serve from
	// starting; kb lint makes it.
	for _, p := range kb.Lint(files, kb.LintOptions{Now: time.Now()}) {
		if p.Severity == kb.SeverityError {
			errs++
		} else {
			warnings++
		}
	}
	k, err := s.load()
	switch {
	case err != nil:
		x.problem("knowledge base", exitInvalid, fix, "%v", err)
	case errs > 0:
		x.problem("knowledge base", exitInvalid, fix, "version %s has %d faults", k.Version, errs)
	case warnings > 0:
		x.warn("knowledge base", fix, "version %s, %d entries, %d warnings", k.Version, len(k.Entries), warnings)
	default:
		x.ok("knowledge base", "version %s, %d entries, no fault", k.Version, len(k.Entries))
	}
}

// clock looks whether times will be right.
func (x *examination) clock(c *config) {
	now := time.Now()
	zone, _ := now.Zone()
	if now.Year() < 2026 {
		x.problem("time", exitFindings, "set the clock, for example with NTP: limits, timers and platforms' signatures depend on it", "the clock says %s", now.Format(time.RFC3339))
		return
	}
	var agents string
	if next := c.hours.NextOpen(now); next.Equal(now) {
		agents = fmt.Sprintf("; agents in %s are there now", c.Timezone)
	} else if !next.IsZero() {
		agents = fmt.Sprintf("; agents in %s are there again at %s", c.Timezone, next.Format("Mon 2006-01-02 15:04 MST"))
	}
	x.ok("time", "%s (%s)%s", now.Format(time.DateTime), zone, agents)
}
