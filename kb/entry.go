package kb

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// The values that a field may have, in the order in which FORMAT.md names them.
var (
	kinds      = []string{string(Cause), string(Incident), string(Policy), string(Topic), string(Code)}
	statuses   = []string{"approved", "draft", "retired"}
	retries    = []string{string(RetryNever), string(RetryCard), string(RetryMethod), string(RetryLater), string(RetrySame)}
	handoffs   = []string{"issuer", "acquirer", "vendor", "agent"}
	sourceKind = []string{"practice", "unionpay", "iso8583", "scheme-rules", "acquirer-rules", "law"}
)

// document is an entry's file as it was read: the entry, and where each of its
// parts stands, so that rules can point at them.
type document struct {
	*Entry
	front  *yaml.Node        // root of the front matter, nil if unreadable
	places map[string]place  // of fields ("prior") and list items ("phrasings/3")
	bare   map[string]bool   // codes that stand there without quotes, by place
	texts  []placed          // every text that a merchant may see
	order  map[Lang][]string // English names of the sections, as they stand

	frontSource []byte
}

// placed is a text of the body with its place.
type placed struct {
	lang    Lang
	section string // English name of the section, "title" for the heading
	n       int    // index of the step or ban
	text    string
	place
}

func (d *document) at(key string, n ...int) place {
	for _, i := range n {
		key = fmt.Sprintf("%s/%d", key, i)
	}
	return d.places[key]
}

// readEntry reads one entry's file. It never fails: what cannot be read is
// reported, and the rest is read all the same.
func readEntry(file string, src []byte, out *[]Problem) *document {
	rep := reporter{file, out}
	d := &document{
		Entry:  &Entry{File: file},
		places: map[string]place{},
		bare:   map[string]bool{},
		order:  map[Lang][]string{},
	}
	src, ok := plain(rep, src)
	if !ok {
		return d
	}
	front, body, lines, ok := splitFront(src)
	if !ok {
		rep.add(place{1, 1}, "no-front-matter")
		return d
	}
	d.frontSource = front
	r := yamlReader{rep, 1}
	if d.front = r.document(front); d.front != nil {
		d.readFront(r)
	}
	d.readBody(rep, string(body), lines)
	d.pairSteps(rep)
	if want := strings.TrimSuffix(path.Base(file), ".md"); d.ID != "" && d.ID != want {
		rep.add(d.at("id"), "id-file", d.ID, want)
	}
	return d
}

// plain takes away what editors on Windows add: a byte order mark and CRs.
func plain(rep reporter, src []byte) ([]byte, bool) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if !utf8.Valid(src) {
		line := 1
		for rest := src; len(rest) > 0; {
			r, n := utf8.DecodeRune(rest)
			if r == utf8.RuneError && n == 1 {
				break
			}
			if r == '\n' {
				line++
			}
			rest = rest[n:]
		}
		rep.add(place{line, 1}, "not-utf8")
		return nil, false
	}
	if bytes.IndexByte(src, '\r') >= 0 {
		src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
		src = bytes.ReplaceAll(src, []byte("\r"), []byte("\n"))
	}
	return src, true
}

// splitFront cuts a file at its two lines of three dashes. lines is how many
// lines stand before the body.
func splitFront(src []byte) (front, body []byte, lines int, ok bool) {
	rest, found := bytes.CutPrefix(src, []byte("---\n"))
	if !found {
		return nil, nil, 0, false
	}
	for end := 0; end < len(rest); {
		line, _, more := bytes.Cut(rest[end:], []byte("\n"))
		next := end + len(line)
		if more {
			next++
		}
		if string(bytes.TrimRight(line, " ")) == "---" {
			return rest[:end], rest[next:], bytes.Count(rest[:end], []byte("\n")) + 2, true
		}
		end = next
	}
	return nil, nil, 0, false
}

// readFront fills the entry from its front matter. The fields stand in the
// order in which [Format] writes them.
func (d *document) readFront(r yamlReader) {
	set := func(key string, need bool, read func(*yaml.Node)) field {
		return field{key, need, func(n *yaml.Node) {
			d.places[key] = r.at(n)
			read(n)
		}}
	}
	r.object(d.front,
		set("id", true, func(n *yaml.Node) { d.ID = r.word(n) }),
		set("kind", true, func(n *yaml.Node) { d.Kind = Kind(r.oneOf(n, kinds...)) }),
		set("codes", false, func(n *yaml.Node) { d.readCodes(r, n) }),
		set("status", true, func(n *yaml.Node) { d.Status = r.oneOf(n, statuses...) }),
		set("prior", false, func(n *yaml.Node) { d.Prior = r.float(n) }),
		set("likelihood", false, func(n *yaml.Node) { d.readLikelihood(r, n) }),
		set("steps", false, func(n *yaml.Node) { d.readStepFacts(r, n) }),
		set("retry", true, func(n *yaml.Node) { d.Retry = Retry(r.oneOf(n, retries...)) }),
		set("handoff", true, func(n *yaml.Node) { d.readHandoff(r, n) }),
		set("phrasings", true, func(n *yaml.Node) { d.readPhrasings(r, n) }),
		set("sources", false, func(n *yaml.Node) { d.readSources(r, n) }),
		set("reviewed", true, func(n *yaml.Node) { d.Reviewed = r.word(n) }),
		set("review_every_days", true, func(n *yaml.Node) { d.ReviewEveryDays = r.int(n) }),
	)
}

func (d *document) readCodes(r yamlReader, n *yaml.Node) {
	for i, c := range r.list(n) {
		d.places[fmt.Sprintf("codes/%d", i)] = r.at(c)
		word := r.word(c)
		d.Codes = append(d.Codes, word)
		d.bare[word] = d.bare[word] || !quoted(c)
	}
}

func (d *document) readLikelihood(r yamlReader, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		r.wrongType(n, "映射", "a mapping")
		return
	}
	d.Likelihood = map[string]map[string]float64{}
	for k, v := range r.pairs(n) {
		d.places["likelihood/"+k.Value] = r.at(k)
		if v.Kind != yaml.MappingNode {
			r.wrongType(v, "映射", "a mapping")
			continue
		}
		values := map[string]float64{}
		for vk, vv := range r.pairs(v) {
			d.places["likelihood/"+k.Value+"/"+vk.Value] = r.at(vk)
			values[vk.Value] = r.float(vv)
		}
		d.Likelihood[k.Value] = values
	}
}

func (d *document) readStepFacts(r yamlReader, n *yaml.Node) {
	for i, s := range r.list(n) {
		d.places[fmt.Sprintf("steps/%d", i)] = r.at(s)
		var step Step
		r.object(s,
			field{"fix", true, func(n *yaml.Node) { step.Fix = r.float(n) }},
			field{"minutes", true, func(n *yaml.Node) { step.Minutes = r.float(n) }})
		d.Steps = append(d.Steps, step)
	}
}

func (d *document) readHandoff(r yamlReader, n *yaml.Node) {
	r.object(n,
		field{"to", true, func(n *yaml.Node) { d.Handoff.To = r.oneOf(n, handoffs...) }},
		field{"after", true, func(n *yaml.Node) { d.Handoff.After = r.int(n) }})
}

func (d *document) readPhrasings(r yamlReader, n *yaml.Node) {
	for i, p := range r.list(n) {
		d.places[fmt.Sprintf("phrasings/%d", i)] = r.at(p)
		d.Phrasings = append(d.Phrasings, r.filled(p))
	}
}

func (d *document) readSources(r yamlReader, n *yaml.Node) {
	for i, s := range r.list(n) {
		d.places[fmt.Sprintf("sources/%d", i)] = r.at(s)
		var src Source
		r.object(s,
			field{"line", false, func(n *yaml.Node) { src.Line = r.int(n) }},
			field{"quote", false, func(n *yaml.Node) { src.Quote = r.filled(n) }},
			field{"basis", false, func(n *yaml.Node) { src.Basis = r.oneOf(n, sourceKind...) }})
		d.Sources = append(d.Sources, src)
	}
}
