package kb

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// yamlReader reads one YAML document node by node. Decoding into structs would
// be shorter, but it loses what lint must see: where a value stands, whether it
// was quoted, and the comment that swallowed half of it.
type yamlReader struct {
	reporter
	base int // lines of the file before the document
}

// field is one key of a mapping and what to do with its value.
type field struct {
	key  string
	need bool
	read func(*yaml.Node)
}

func (r yamlReader) at(n *yaml.Node) place { return place{n.Line + r.base, n.Column} }

// document parses src and returns its root, nil after a problem.
func (r yamlReader) document(src []byte) *yaml.Node {
	if r.typingMistakes(src) {
		return nil // the parser would only say the same less clearly
	}
	var doc yaml.Node
	err := yaml.Load(src, &doc)
	if err == nil && len(doc.Content) == 1 {
		return doc.Content[0]
	}
	p, msg := place{line: 1}, "empty"
	var le *yaml.LoadError
	switch {
	case errors.As(err, &le):
		p, msg = place{le.Mark.Line, le.Mark.Column}, le.Message
	case err != nil:
		msg = err.Error()
	}
	p.line = max(p.line, 1) + r.base
	r.add(p, "yaml-syntax", msg)
	return nil
}

var wideColonKey = regexp.MustCompile(`^[\s\-{]*["']?[A-Za-z_]\w*["']?\s*：`)

// typingMistakes looks for two slips of people who write Chinese, for which
// the YAML parser's own words are no help: tabs, and a full-width colon.
func (r yamlReader) typingMistakes(src []byte) bool {
	found := false
	for i, line := range strings.Split(string(src), "\n") {
		at := place{line: i + 1 + r.base}
		if indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]; strings.Contains(indent, "\t") {
			at.col = strings.IndexByte(indent, '\t') + 1
			r.add(at, "tab")
			found = true
		}
		if m := wideColonKey.FindString(line); m != "" {
			at.col = utf8.RuneCountInString(m)
			r.add(at, "wide-colon", strings.TrimSpace(strings.TrimSuffix(m, "：")))
			found = true
		}
	}
	return found
}

// object reads a mapping: every key must be known, needed keys must be there.
func (r yamlReader) object(n *yaml.Node, fields ...field) {
	if n.Kind != yaml.MappingNode {
		r.wrongType(n, "映射", "a mapping")
		return
	}
	seen := map[string]bool{}
	for key, value := range r.pairs(n) {
		seen[key.Value] = true
		i := 0
		for i < len(fields) && fields[i].key != key.Value {
			i++
		}
		if i == len(fields) {
			r.add(r.at(key), "unknown-key", key.Value, keyNames(fields))
			continue
		}
		fields[i].read(value)
	}
	for _, f := range fields {
		if f.need && !seen[f.key] {
			r.add(r.at(n), "missing-key", f.key)
		}
	}
}

// pairs ranges over the keys and values of a mapping and reports double keys,
// of which YAML would silently keep one.
func (r yamlReader) pairs(n *yaml.Node) func(yield func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			switch {
			case k.Kind != yaml.ScalarNode:
				r.wrongType(k, "文字", "a text")
			case seen[k.Value]:
				r.add(r.at(k), "double-key", k.Value)
			case !yield(k, v):
				return
			}
			seen[k.Value] = true
		}
	}
}

// list ranges over the items of a sequence.
func (r yamlReader) list(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.wrongType(n, "列表", "a list")
		return nil
	}
	return n.Content
}

// word reads a scalar as it was written: 05 stays "05".
func (r yamlReader) word(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.wrongType(n, "文字", "a text")
		return ""
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || strings.ContainsAny(n.Value, "\n\r\t") {
		r.add(r.at(n), "one-line")
	}
	return strings.TrimSpace(n.Value)
}

// prose reads a text in somebody's own words, where a # may belong to it.
func (r yamlReader) prose(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && !quoted(n) && n.LineComment != "" {
		r.add(r.at(n), "lost-text", n.Value, strings.TrimSpace(n.Value+" "+n.LineComment))
	}
	return r.word(n)
}

func (r yamlReader) float(n *yaml.Node) float64 {
	f, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != yaml.ScalarNode || quoted(n) || err != nil || math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		r.wrongType(n, "不小于 0 的数字", "a number of 0 or more")
		return 0
	}
	return f
}

func (r yamlReader) int(n *yaml.Node) int {
	i, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || quoted(n) || err != nil || i < 0 || i > 1e6 {
		r.wrongType(n, "不小于 0 的整数", "a whole number of 0 or more")
		return 0
	}
	return i
}

func (r yamlReader) bool(n *yaml.Node) bool {
	if n.Tag != "!!bool" {
		r.wrongType(n, "true 或 false", "true or false")
	}
	return n.Value == "true"
}

// oneOf reads a word that must be among those allowed.
func (r yamlReader) oneOf(n *yaml.Node, allowed ...string) string {
	w := r.word(n)
	for _, a := range allowed {
		if w == a {
			return w
		}
	}
	if w != "" {
		r.add(r.at(n), "bad-value", w, strings.Join(allowed, " | "))
	}
	return w
}

// bilingual reads {zh: ..., en: ...}.
func (r yamlReader) bilingual(n *yaml.Node) (b Bilingual) {
	r.object(n,
		field{"zh", true, func(n *yaml.Node) { b.ZH = r.filled(n) }},
		field{"en", true, func(n *yaml.Node) { b.EN = r.filled(n) }})
	return b
}

// filled reads prose that must not be empty.
func (r yamlReader) filled(n *yaml.Node) string {
	s := r.prose(n)
	if s == "" && n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		r.add(r.at(n), "empty-text")
	}
	return s
}

func (r yamlReader) wrongType(n *yaml.Node, zh, en string) {
	r.add(r.at(n), "wrong-type", zh, en, what(n))
}

func quoted(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
}

// what describes a node for a message.
func what(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "{...}"
	case yaml.SequenceNode:
		return "[...]"
	case yaml.AliasNode:
		return "*" + n.Value
	}
	if quoted(n) {
		return fmt.Sprintf("%q", n.Value)
	}
	return n.Value
}

func keyNames(fields []field) string {
	var names []string
	for _, f := range fields {
		names = append(names, f.key)
	}
	return strings.Join(names, ", ")
}
