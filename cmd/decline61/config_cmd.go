package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func newConfig(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show, start or describe the configuration / 配置",
		Long: `Show, start or describe the configuration. Each key can be a flag
(--slack-api-url), a variable of the environment (DECLINE61_SLACK_API_URL) or a
line of a YAML file given with --config (slack_api_url: ...); a flag wins over
the environment, that over the file, and an empty variable counts as none. Each
secret can also be read from a file, named by the same key with _FILE.

配置项可以用命令行参数、环境变量或 YAML 文件给出,前者优先。密钥可放在文件里,用 ..._FILE 指定。`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigShow(s), newConfigInit(), newConfigSchema())
	return cmd
}

// shownConfig is config show --json.
type shownConfig struct {
	File     string         `json:"file"` // "" if none was read
	Valid    bool           `json:"valid"`
	Settings []shownSetting `json:"settings"`
	Channels []string       `json:"channels"` // configured whole
	Faults   []fault        `json:"faults"`
	Warnings []string       `json:"warnings"`
}

type shownSetting struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // "(set)" for a secret
	Origin origin `json:"origin"`
	Where  string `json:"where"` // flag, variable or line; "" for a default
}

func newConfigShow(s *settings) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show every value and who set it / 查看生效的配置",
		Long: `Show every value with where it comes from: flag, environment, file or default.
A secret is only shown as (set). What is wrong is named as serve would name it,
all at once, and the exit code is then 3.`,
		Example: `  decline61 config show
  decline61 config show --json --config decline61.yaml`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c := s.readConfig(cmd)
			shown := c.show()
			var err error
			if asJSON {
				err = writeJSON(cmd.OutOrStdout(), shown)
			} else {
				err = shown.write(cmd.OutOrStdout())
			}
			if err != nil {
				return err
			}
			for _, w := range c.warnings {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning:", w)
			}
			if len(c.faults) > 0 {
				return exit(exitInvalid, configError(c.faults))
			}
			return nil
		},
	}
	s.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func (c *config) show() shownConfig {
	shown := shownConfig{
		File: c.file, Valid: len(c.faults) == 0, Channels: c.channels(),
		Faults: slices.Concat([]fault{}, c.faults), Warnings: slices.Concat([]string{}, c.warnings),
	}
	for _, k := range keys {
		setting := shownSetting{Key: k.yaml(), Value: c.text(k), Origin: fromDefault}
		g, ok := c.given[k.Env]
		if ok {
			setting.Origin, setting.Where = g.origin, g.where
		}
		switch {
		case k.Secret && setting.Value != "":
			setting.Value = secretSet
		case !k.Secret && ok && g.text != "":
			setting.Value = g.text // as it was written, even if it could not be read
		}
		shown.Settings = append(shown.Settings, setting)
	}
	return shown
}

func (shown shownConfig) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, s := range shown.Settings {
		from := string(s.Origin)
		if s.Where != "" {
			from += " (" + s.Where + ")"
		}
		value := s.Value
		if value == "" {
			value = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, value, from)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return nil
}

func newConfigInit() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE | -]",
		Short: "Write a sample with every key explained / 生成配置样例",
		Long: `Write a YAML file with every key, what it means and its default, all of them
commented out: it changes nothing until you edit it. Without FILE the name is
decline61.yaml, and "-" is standard output. A file that exists is left alone;
the new one is readable by your account only, because secrets may go into it.`,
		Example: `  decline61 config init
  decline61 config init /etc/decline61.yaml
  decline61 serve --config decline61.yaml`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "decline61.yaml"
			if len(args) > 0 {
				name = args[0]
			}
			if name == "-" {
				_, err := io.WriteString(cmd.OutOrStdout(), sample())
				return err
			}
			f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if errors.Is(err, fs.ErrExist) {
				return exit(exitUsage, fmt.Errorf("%s exists already: edit it, or give another name", name))
			}
			if err != nil {
				return exit(exitUsage, fmt.Errorf("starting the configuration: %w", err))
			}
			_, err = io.WriteString(f, sample())
			if err := errors.Join(err, f.Close()); err != nil {
				return fmt.Errorf("writing %s: %w", name, err)
			}
			fmt.Fprintln(cmd.OutOrStdout(), name)
			fmt.Fprintf(cmd.ErrOrStderr(), "edit it, then: decline61 config show --config %s\n", name)
			return nil
		},
	}
}

// sample is a configuration with every key as a comment.
func sample() string {
	var b strings.Builder
	b.WriteString(`# Configuration of decline61. Every key may be left out. A flag or a variable of
# the environment wins over this file. Check it with:
#   decline61 config show --config THIS_FILE
# 每一项都可以省略;命令行参数和环境变量优先于本文件。
`)
	for _, k := range keys {
		if k.Section != "" {
			fmt.Fprintf(&b, "\n# ---- %s ----\n", k.Section)
		}
		fmt.Fprintf(&b, "\n# %s\n", capital(k.Help))
		standard := k.Default
		if standard == "" {
			standard = k.Computed
		}
		if standard == "" {
			standard = "none"
		}
		fmt.Fprintf(&b, "# Default: %s. Environment: %s\n", standard, k.variable())
		if k.Secret {
			fmt.Fprintf(&b, "#%s: %s\n", k.twin().yaml(), k.twin().Example)
			fmt.Fprintf(&b, "# or here, if nobody else can read this file:\n")
		}
		value := k.Example
		if value == "" {
			value = k.Default
		}
		fmt.Fprintf(&b, "#%s: %s\n", k.yaml(), value)
	}
	return b.String()
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func newConfigSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Write the JSON Schema of the file / 配置文件的 JSON Schema",
		Long: `Write the JSON Schema of the configuration file, for editors that check YAML
while it is typed.`,
		Example: `  decline61 config schema > decline61.schema.json`,
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return writeJSON(cmd.OutOrStdout(), schema())
		},
	}
}

type schemaProperty struct {
	Type        []string `json:"type"`
	Description string   `json:"description"`
	Enum        []string `json:"enum,omitempty"`
	Default     string   `json:"default,omitempty"`
	Examples    []string `json:"examples,omitempty"`
	WriteOnly   bool     `json:"writeOnly,omitempty"` // a secret
}

// schema is the JSON Schema of the configuration file.
func schema() map[string]any {
	properties := map[string]schemaProperty{}
	add := func(k key) {
		p := schemaProperty{
			Type: append(slices.Clone(k.Schema), "null"), Description: capital(k.Help) + ". Environment: " + k.variable(),
			Enum: k.OneOf, Default: k.Default, WriteOnly: k.Secret,
		}
		if len(p.Enum) > 0 {
			p.Type = []string{"string"}
		}
		if k.Example != "" && !k.Secret {
			p.Examples = []string{k.Example}
		}
		properties[k.yaml()] = p
	}
	for _, k := range keys {
		add(k)
		if k.Secret {
			add(k.twin())
		}
	}
	return map[string]any{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "decline61 configuration",
		"type":                 "object",
		"additionalProperties": false,
		"properties":           properties,
	}
}
