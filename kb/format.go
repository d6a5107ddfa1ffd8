package kb

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// Format returns an entry's file in its canonical form: keys in the order of
// FORMAT.md, phrasings, quotes and codes in double quotes, one line a list
// item, sections in order. Comments in the front matter stay with what they
// stand at. It never changes what the file says: it fails on a file that
// [Load] would refuse, and on the rare comment that it cannot keep.
func Format(file string, src []byte) ([]byte, error) {
	before, err := readable(file, src)
	if err != nil {
		return nil, err
	}
	doc, out := before, []byte(nil)
	// A comment between two items may change its owner once by moving to a
	// line of its own; after that, formatting changes nothing.
	for range 3 {
		next := write(doc)
		if slices.Equal(next, out) {
			return out, keeps(file, before, doc)
		}
		out = next
		if doc, err = readable(file, out); err != nil {
			return nil, fmt.Errorf("formatting %s would break it: %w", file, err)
		}
	}
	return nil, fmt.Errorf("formatting %s does not come to rest: move its comments to lines of their own", file)
}

// readable reads a file that Load would take.
func readable(file string, src []byte) (*document, error) {
	var problems []Problem
	d := readEntry(file, src, &problems)
	var fatal []error
	for _, p := range sortProblems(problems) {
		if ruleByID[p.Rule].Fatal {
			fatal = append(fatal, p)
		}
	}
	return d, errors.Join(fatal...)
}

// keeps holds that formatting lost nothing.
func keeps(file string, before, after *document) error {
	if !reflect.DeepEqual(before.Entry, after.Entry) {
		return fmt.Errorf("formatting %s would change its meaning; please report this", file)
	}
	a, b := before.comments(), after.comments()
	if !slices.Equal(a, b) {
		return fmt.Errorf("formatting %s would lose a comment: move it to a line of its own", file)
	}
	return nil
}

// comments returns every comment line of the front matter, sorted. Lines that
// are comments altogether are read from the source, since the YAML parser
// drops some of them without a word.
func (d *document) comments() []string {
	var all []string
	walk(d.front, func(n *yaml.Node) { all = append(all, commentLines(n.LineComment)...) })
	for line := range strings.Lines(string(d.frontSource)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	slices.Sort(all)
	// A comment at the end of a line that moved to its own line is counted
	// on both ways; what matters is that its text is still there.
	return slices.Compact(all)
}

func walk(n *yaml.Node, visit func(*yaml.Node)) {
	if n == nil {
		return
	}
	visit(n)
	for _, c := range n.Content {
		walk(c, visit)
	}
}

func commentLines(s string) (lines []string) {
	for _, line := range strings.Split(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// writer builds the canonical form of a file.
type writer struct{ strings.Builder }

func write(d *document) []byte {
	w := &writer{}
	w.WriteString("---\n")
	w.front(d.front)
	w.WriteString("---\n")
	w.body(d, ZH)
	w.WriteString("\n")
	w.body(d, EN)
	return []byte(w.String())
}

// frontOrder is the order of the keys; it is that of FORMAT.md.
var frontOrder = []string{"id", "kind", "codes", "status", "prior", "likelihood", "steps", "retry", "handoff", "phrasings", "sources", "reviewed", "review_every_days"}

// innerOrder is the order of the keys inside an item. Values of evidence are
// not among them and stay as they are.
var innerOrder = []string{"fix", "minutes", "line", "quote", "basis", "to", "after"}

// onLines are the keys whose value stands on lines of its own, one an item.
var onLines = []string{"likelihood", "steps", "phrasings", "sources"}

func (w *writer) front(root *yaml.Node) {
	w.comment("", root.HeadComment)
	if len(root.Content) > 0 { // what stands above the first key is about the file
		w.comment("", root.Content[0].HeadComment)
		root.Content[0].HeadComment = ""
	}
	values := map[string][2]*yaml.Node{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		values[root.Content[i].Value] = [2]*yaml.Node{root.Content[i], root.Content[i+1]}
	}
	for _, name := range frontOrder {
		pair, there := values[name]
		if !there {
			continue
		}
		key, value := pair[0], pair[1]
		if slices.Contains(onLines, name) && len(value.Content) > 0 {
			w.block(name, key, value)
			continue
		}
		head, line, foot := gather(key, value)
		w.comment("", head...)
		w.line(name+": "+flow(value, name), line)
		w.comment("", foot...)
	}
	w.comment("", root.FootComment)
}

// block writes a list or mapping with one line an item.
func (w *writer) block(name string, key, value *yaml.Node) {
	w.comment("", key.HeadComment, value.HeadComment)
	w.line(name+":", joinComments(key.LineComment, value.LineComment))
	step := 1
	if value.Kind == yaml.MappingNode {
		step = 2
	}
	for i := 0; i+step <= len(value.Content); i += step {
		item, lead := value.Content[i], "  - "
		nodes := []*yaml.Node{item}
		if step == 2 {
			lead = "  " + scalar(item, "") + ": "
			item = value.Content[i+1]
			nodes = append(nodes, item)
		}
		head, line, foot := gather(nodes...)
		w.comment("  ", head...)
		w.line(lead+flow(item, name), line)
		w.comment("  ", foot...)
	}
	w.comment("  ", value.FootComment)
	w.comment("", key.FootComment)
}

// gather collects all comments in some nodes: those before, at the end of the
// line, and after. Only one can stay at the end of a line.
func gather(nodes ...*yaml.Node) (head []string, line string, foot []string) {
	for _, n := range nodes {
		walk(n, func(n *yaml.Node) {
			head = append(head, n.HeadComment)
			line = joinComments(line, n.LineComment)
			foot = append(foot, n.FootComment)
		})
	}
	return head, line, foot
}

func joinComments(a, b string) string {
	return strings.Join(append(commentLines(a), commentLines(b)...), "\n")
}

// line writes one line with a comment at its end; of several comments, all go
// before it.
func (w *writer) line(s, comment string) {
	lines := commentLines(comment)
	if len(lines) > 1 {
		indent := s[:len(s)-len(strings.TrimLeft(s, " "))]
		w.comment(indent, comment)
		lines = nil
	}
	w.WriteString(s)
	for _, c := range lines {
		w.WriteString("  " + c)
	}
	w.WriteString("\n")
}

func (w *writer) comment(indent string, comments ...string) {
	for _, c := range comments {
		for _, line := range commentLines(c) {
			w.WriteString(indent + line + "\n")
		}
	}
}

// flow writes a value on one line.
func flow(n *yaml.Node, key string) string {
	var parts []string
	switch n.Kind {
	case yaml.SequenceNode:
		for _, c := range n.Content {
			parts = append(parts, flow(c, key))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case yaml.MappingNode:
		var pairs [][2]*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			pairs = append(pairs, [2]*yaml.Node{n.Content[i], n.Content[i+1]})
		}
		slices.SortStableFunc(pairs, func(a, b [2]*yaml.Node) int {
			return slices.Index(innerOrder, a[0].Value) - slices.Index(innerOrder, b[0].Value)
		})
		for _, p := range pairs {
			parts = append(parts, scalar(p[0], "")+": "+flow(p[1], p[0].Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return scalar(n, key)
}

var (
	plainWord   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	plainNumber = regexp.MustCompile(`^\d+(\.\d+)?$`)
	plainDate   = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	// Words that some YAML parser takes for a truth value or for nothing.
	notPlain = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
)

// scalar writes a single value. Texts and codes are always quoted, names of
// things and numbers never.
func scalar(n *yaml.Node, key string) string {
	v := strings.TrimSpace(n.Value)
	switch {
	case slices.Contains([]string{"phrasings", "quote", "codes"}, key):
		return quote(v)
	case !quoted(n) && (n.Tag == "!!int" || n.Tag == "!!float") && key != "id":
		return number(v)
	case key == "reviewed" && plainDate.MatchString(v):
		return v
	case plainWord.MatchString(v) && !slices.Contains(notPlain, strings.ToLower(v)):
		return v
	}
	return quote(v)
}

// number leaves a number as it was written (0.80 stays 0.80), unless YAML and
// people may read it in two ways.
func number(v string) string {
	f, err := strconv.ParseFloat(v, 64)
	if plainNumber.MatchString(v) || err != nil {
		return v
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// quote writes a text in double quotes. What cannot be seen is escaped.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == ' ' || unicode.IsGraphic(r) && !unicode.Is(unicode.Zs, r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// body writes the half of one language.
func (w *writer) body(d *document, lang Lang) {
	fmt.Fprintf(w, "# %s %s\n", lang, d.Title.In(lang))
	for _, s := range sections {
		if !slices.Contains(d.order[lang], s.name.EN) {
			continue
		}
		if s.name.EN == sections[0].name.EN || d.order[lang][0] == s.name.EN {
			w.WriteString("\n")
		}
		fmt.Fprintf(w, "## %s\n", s.name.In(lang))
		for _, t := range d.texts {
			if t.lang == lang && t.section == s.name.EN {
				w.WriteString(d.bodyLine(s, t) + "\n")
			}
		}
	}
}

func (d *document) bodyLine(s section, t placed) string {
	switch s.form {
	case 's':
		who := Roles()[d.Steps[t.n].Who].In(t.lang)
		return fmt.Sprintf("%d. [%s] %s", t.n+1, who, t.text)
	case 'b':
		return "- " + t.text
	}
	return t.text
}
