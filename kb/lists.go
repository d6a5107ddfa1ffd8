package kb

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// questionsDoc is questions.yaml with the places of its parts.
type questionsDoc struct {
	evidence []*Evidence
	weights  map[string]float64 // percent
	places   map[string]place   // "other_card", "other_card/values/1", "code_weights/61"
	bare     map[string]bool    // codes that stand there without quotes
	texts    []placed           // section is the evidence's id
}

func readQuestions(src []byte, out *[]Problem) *questionsDoc {
	q := &questionsDoc{weights: map[string]float64{}, places: map[string]place{}, bare: map[string]bool{}}
	rep := reporter{questionsFile, out}
	if src == nil {
		rep.add(place{}, "missing-file", questionsFile)
		return q
	}
	src, ok := plain(rep, src)
	if !ok {
		return q
	}
	r := yamlReader{rep, 0}
	if root := r.document(src); root != nil {
		r.object(root,
			field{"code_weights", true, func(n *yaml.Node) { q.readWeights(r, n) }},
			field{"evidence", true, func(n *yaml.Node) {
				for _, item := range r.list(n) {
					q.readEvidence(r, item)
				}
			}})
	}
	return q
}

func (q *questionsDoc) readWeights(r yamlReader, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		r.wrongType(n, "映射", "a mapping")
		return
	}
	for k, v := range r.pairs(n) {
		q.places["code_weights/"+k.Value] = r.at(k)
		q.bare[k.Value] = !quoted(k)
		q.weights[k.Value] = r.float(v)
	}
}

func (q *questionsDoc) readEvidence(r yamlReader, n *yaml.Node) {
	e := &Evidence{}
	r.object(n,
		field{"id", true, func(n *yaml.Node) { e.ID = r.word(n) }},
		field{"open", false, func(n *yaml.Node) { e.Open = r.bool(n) }},
		field{"cost", true, func(n *yaml.Node) { e.Cost = r.float(n) }},
		field{"ask", true, func(n *yaml.Node) {
			e.Ask = r.bilingual(n)
			q.addTexts(e.Ask, e.ID, r.at(n))
		}},
		field{"values", true, func(n *yaml.Node) {
			for i, item := range r.list(n) {
				q.places[fmt.Sprintf("%s/values/%d", e.ID, i)] = r.at(item)
				e.Values = append(e.Values, q.readValue(r, item, e.ID))
			}
		}})
	if _, twice := q.places[e.ID]; twice && e.ID != "" {
		r.add(r.at(n), "double-evidence", e.ID)
		return
	}
	q.places[e.ID] = r.at(n)
	if e.ID != "" {
		q.evidence = append(q.evidence, e)
	}
}

func (q *questionsDoc) readValue(r yamlReader, n *yaml.Node, id string) (v Value) {
	r.object(n,
		field{"value", true, func(n *yaml.Node) { v.Value = r.word(n) }},
		field{"base", false, func(n *yaml.Node) { v.Base = r.float(n) }},
		field{"label", true, func(n *yaml.Node) {
			v.Label = r.bilingual(n)
			q.addTexts(v.Label, id, r.at(n))
		}})
	return v
}

func (q *questionsDoc) addTexts(b Bilingual, id string, at place) {
	q.texts = append(q.texts,
		placed{lang: ZH, section: id, text: b.ZH, place: at},
		placed{lang: EN, section: id, text: b.EN, place: at})
}

// routesDoc is routes.yaml with the places of its phrasings.
type routesDoc struct {
	routes []Route
	lines  []listLine
}

// listLine is one phrasing of a list: who owns it, and where it stands.
type listLine struct {
	owner, text string
	place
}

func readRoutes(src []byte, out *[]Problem) *routesDoc {
	d := &routesDoc{}
	rep := reporter{routesFile, out}
	if src == nil {
		rep.add(place{}, "missing-list", routesFile)
		return d
	}
	src, ok := plain(rep, src)
	if !ok {
		return d
	}
	r := yamlReader{rep, 0}
	if root := r.document(src); root != nil {
		r.object(root, field{"routes", true, func(n *yaml.Node) {
			for _, item := range r.list(n) {
				d.readRoute(r, item)
			}
		}})
	}
	return d
}

func (d *routesDoc) readRoute(r yamlReader, n *yaml.Node) {
	var route Route
	r.object(n,
		field{"id", true, func(n *yaml.Node) { route.ID = r.word(n) }},
		field{"phrasings", true, func(n *yaml.Node) {
			for _, item := range r.list(n) {
				text := r.filled(item)
				route.Phrasings = append(route.Phrasings, text)
				d.lines = append(d.lines, listLine{route.ID, text, r.at(item)})
			}
		}})
	if slices.ContainsFunc(d.routes, func(x Route) bool { return x.ID == route.ID }) {
		r.add(r.at(n), "double-route", route.ID)
		return
	}
	d.routes = append(d.routes, route)
}

// backgroundDoc is background.txt: topics as "# name" lines, a question a line.
type backgroundDoc struct {
	topics []Background
	lines  []listLine
}

func readBackground(src []byte, out *[]Problem) *backgroundDoc {
	d := &backgroundDoc{}
	rep := reporter{backgroundFile, out}
	if src == nil {
		rep.add(place{}, "missing-list", backgroundFile)
		return d
	}
	src, ok := plain(rep, src)
	if !ok {
		return d
	}
	for i, line := range strings.Split(string(src), "\n") {
		line = strings.TrimSpace(line)
		at := place{i + 1, 1}
		name, heading := strings.CutPrefix(line, "#")
		switch last := len(d.topics) - 1; {
		case line == "":
		case heading:
			d.topics = append(d.topics, Background{Topic: strings.TrimSpace(name)})
		case last < 0:
			rep.add(at, "background-topic", line)
		default:
			d.topics[last].Lines = append(d.topics[last].Lines, line)
			d.lines = append(d.lines, listLine{d.topics[last].Topic, line, at})
		}
	}
	return d
}

// seedDoc is seed.txt with the account of its lines in seed.yaml.
type seedDoc struct {
	Seed
	quarantine []place
	filler     map[int]place
}

func readSeed(article, notes []byte, out *[]Problem) *seedDoc {
	d := &seedDoc{Seed: Seed{Filler: map[int]bool{}}, filler: map[int]place{}}
	if article == nil {
		return d // a knowledge base need not come from an article
	}
	article = bytes.TrimPrefix(article, []byte("\ufeff"))
	article = bytes.ReplaceAll(article, []byte("\r\n"), []byte("\n"))
	d.Lines = strings.Split(strings.TrimSuffix(string(article), "\n"), "\n")
	rep := reporter{seedNotesFile, out}
	if notes == nil {
		rep.add(place{}, "missing-list", seedNotesFile)
		return d
	}
	notes, ok := plain(rep, notes)
	if !ok {
		return d
	}
	r := yamlReader{rep, 0}
	if root := r.document(notes); root != nil {
		r.object(root,
			field{"filler", false, func(n *yaml.Node) { d.readFiller(r, n) }},
			field{"quarantine", false, func(n *yaml.Node) { d.readQuarantine(r, n) }})
	}
	return d
}

// readFiller reads line numbers, bare or with a reason.
func (d *seedDoc) readFiller(r yamlReader, n *yaml.Node) {
	for _, item := range r.list(n) {
		line := 0
		if item.Kind == yaml.MappingNode {
			r.object(item,
				field{"line", true, func(n *yaml.Node) { line = r.int(n) }},
				field{"reason", false, func(n *yaml.Node) { r.filled(n) }})
		} else {
			line = r.int(item)
		}
		d.Filler[line] = true
		d.filler[line] = r.at(item)
	}
}

func (d *seedDoc) readQuarantine(r yamlReader, n *yaml.Node) {
	for _, item := range r.list(n) {
		var q Quarantined
		r.object(item,
			field{"line", true, func(n *yaml.Node) { q.Line = r.int(n) }},
			field{"quote", true, func(n *yaml.Node) { q.Quote = r.filled(n) }},
			field{"reason", true, func(n *yaml.Node) { q.Reason = r.filled(n) }})
		d.Quarantine = append(d.Quarantine, q)
		d.quarantine = append(d.quarantine, r.at(item))
	}
}

func sortedKeys[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
