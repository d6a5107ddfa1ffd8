package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"
)

// origin is who set a value, as config show names it.
type origin string

const (
	fromFlag        origin = "flag"
	fromEnvironment origin = "environment"
	fromFile        origin = "file"
	fromDefault     origin = "default"
)

// given is a value as somebody wrote it.
type given struct {
	text   string
	origin origin
	where  string // what to change
}

// layer looks a key up in one of the places where it can be set.
type layer func(k key) (given, bool)

// flags declares the flags of the keys, or of only those that are named. Flags
// that hold a secret work and are hidden: whoever lists the processes of the
// machine reads them.
func (s *settings) flags(cmd *cobra.Command, only ...string) {
	f := cmd.Flags()
	f.SortFlags = false // as in the table
	for _, k := range keys {
		if k.Env == "KB" || len(only) > 0 && !slices.Contains(only, k.Env) { // --kb is everybody's
			continue
		}
		if !k.Secret {
			f.String(k.flag(), "", k.usage())
			continue
		}
		f.String(k.flag(), "", k.Help+"; other accounts of this machine can read it here: use --"+k.twin().flag())
		if err := f.MarkHidden(k.flag()); err != nil {
			panic(err) // the flag was declared a line above
		}
		f.String(k.twin().flag(), "", k.twin().usage())
	}
}

func (k key) usage() string {
	standard := k.Default
	if standard == "" {
		standard = k.Computed
	}
	if standard != "" {
		standard = "default: " + standard + "; "
	}
	return k.Help + " (" + standard + "environment: " + k.variable() + ")"
}

// layers are the places, the strongest first.
func (s *settings) layers(cmd *cobra.Command, c *config) []layer {
	file := c.readFile()
	return []layer{
		func(k key) (given, bool) {
			f := cmd.Flags().Lookup(k.flag())
			if f == nil || !f.Changed {
				return given{}, false
			}
			return given{f.Value.String(), fromFlag, "--" + k.flag()}, true
		},
		func(k key) (given, bool) {
			text := s.getenv(k.variable())
			return given{text, fromEnvironment, k.variable()}, text != ""
		},
		func(k key) (given, bool) {
			g, ok := file[k.yaml()]
			return g, ok
		},
	}
}

// collect takes every key from the strongest layer that has it, the secrets out
// of their files, and returns the texts.
func (c *config) collect(layers []layer) map[string]string {
	texts := map[string]string{}
	for _, k := range keys {
		for _, in := range layers {
			g, ok := in(k)
			if k.Secret {
				if path, twice := in(k.twin()); twice && ok {
					c.given[k.Env] = g
					c.fault(k.Env, "is set together with %s: keep one of the two", path.where)
				} else if twice {
					g, ok = path, true
					c.given[k.Env] = g
					g.text = c.readSecret(k, path.text)
				}
			}
			if ok {
				c.given[k.Env] = g
				texts[k.Env] = g.text
				break
			}
		}
	}
	return texts
}

const maxSecret = 64 << 10 // bytes of a file; more is some other file

// readSecret is the content of a secret's file without its last line break.
func (c *config) readSecret(k key, path string) string {
	f, err := os.Open(path)
	if err != nil {
		c.fault(k.Env, "the file with the secret cannot be opened: %v", err)
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"); {
	case err != nil:
		c.fault(k.Env, "the file with the secret cannot be read: %v", err)
	case len(b) > maxSecret:
		c.fault(k.Env, "%s is too large for a secret: name the file that holds nothing else", path)
	case text == "":
		c.fault(k.Env, "%s is empty: write the secret into it", path)
	default:
		c.warnIfOpen(f)
		return text
	}
	return ""
}

// warnIfOpen warns of a file with a secret that every account of the machine
// can read.
func (c *config) warnIfOpen(f *os.File) {
	info, err := f.Stat()
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0 {
		c.warnings = append(c.warnings, fmt.Sprintf("%s holds a secret and can be read by every account of this machine: chmod 600 %s", f.Name(), f.Name()))
	}
}

// readFile reads the file of the configuration: one mapping of known keys to
// texts or numbers.
func (c *config) readFile() map[string]given {
	values := map[string]given{}
	if c.file == "" {
		return values
	}
	wrong := func(line int, format string, args ...any) {
		where := c.file
		if line > 0 {
			where = fmt.Sprintf("%s:%d", c.file, line)
		}
		c.faults = append(c.faults, fault{Where: where, What: fmt.Sprintf(format, args...)})
	}
	f, err := os.Open(c.file)
	if err != nil {
		wrong(0, "the configuration cannot be opened: %v; decline61 config init %s writes a sample", err, c.file)
		return values
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		wrong(0, "the configuration cannot be read: %v", err)
		return values
	}
	var document yaml.Node
	if err := yaml.Unmarshal(b, &document); err != nil {
		wrong(0, "is no YAML: %v", err)
		return values
	}
	if len(document.Content) == 0 { // only comments
		return values
	}
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		wrong(top.Line, "must be lines like listen: 127.0.0.1:8061; decline61 config init writes a sample")
		return values
	}
	known := map[string]key{}
	for _, k := range keys {
		known[k.yaml()] = k
		if k.Secret {
			known[k.twin().yaml()] = k.twin()
		}
	}
	secrets := false
	for i := 0; i+1 < len(top.Content); i += 2 {
		name, v := top.Content[i], top.Content[i+1]
		k, ok := known[name.Value]
		_, twice := values[name.Value]
		switch {
		case !ok:
			wrong(name.Line, "there is no key %q%s; decline61 config schema lists them", name.Value, nearest(name.Value, known))
		case twice:
			wrong(name.Line, "%s stands there twice: keep one", name.Value)
		case v.Kind != yaml.ScalarNode:
			wrong(v.Line, "%s must be one value on the line: write lists as one text, with commas", name.Value)
		case v.Tag == "!!null": // the key alone, as in a sample that was not filled in
		default:
			secrets = secrets || k.Secret
			values[name.Value] = given{v.Value, fromFile, fmt.Sprintf("%s:%d: %s", c.file, name.Line, name.Value)}
		}
	}
	if secrets {
		c.warnIfOpen(f)
	}
	return values
}

// nearest suggests the key that was probably meant: one with the same letters
// but for their case and what separates them.
func nearest(name string, known map[string]key) string {
	plain := func(s string) string {
		s = strings.TrimPrefix(strings.ToUpper(s), "DECLINE61_")
		return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(s)
	}
	for k := range known {
		if plain(k) == plain(name) {
			return ": write " + k
		}
	}
	return ""
}
