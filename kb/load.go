package kb

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// The files of a knowledge base beside entries/*.md and codes/*.md.
const (
	questionsFile  = "questions.yaml"
	routesFile     = "routes.yaml"
	backgroundFile = "background.txt"
	seedFile       = "seed.txt"
	seedNotesFile  = "seed.yaml"
)

// Load reads a knowledge base. Its error joins one [Problem] for each thing
// that cannot be read, with file, line and column; faults of content are left
// to [Lint]. Where fsys holds a parsed.bin that [Build] made of exactly these
// files, it is taken instead of parsing them, which is some fifteen times faster.
func Load(fsys fs.FS) (*KB, error) {
	files, err := readFiles(fsys)
	if err != nil {
		return nil, err
	}
	version := versionOf(files)
	if k, _ := loadParsed(fsys, version); k != nil {
		return k, nil
	}
	return parse(files, version).result()
}

// result is the knowledge base, or an error that joins everything for which it
// must not be used.
func (p *parsed) result() (*KB, error) {
	var fatal []error
	for _, problem := range sortProblems(p.problems) {
		if ruleByID[problem.Rule].Fatal {
			fatal = append(fatal, problem)
		}
	}
	if len(fatal) > 0 {
		return nil, fmt.Errorf("reading the knowledge base: %w", errors.Join(fatal...))
	}
	return p.kb, nil
}

// sourceFile is one file as it was read.
type sourceFile struct {
	name string
	data []byte
}

// readFiles reads everything that makes up a knowledge base, sorted by path.
func readFiles(fsys fs.FS) ([]sourceFile, error) {
	names := []string{questionsFile, routesFile, backgroundFile, seedFile, seedNotesFile}
	for _, dir := range []string{"entries", "codes"} {
		found, err := fs.Glob(fsys, dir+"/*.md")
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", dir, err)
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	var files []sourceFile
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // parse says which of them must be there
		}
		if err != nil {
			return nil, fmt.Errorf("reading the knowledge base: %w", err)
		}
		files = append(files, sourceFile{name, data})
	}
	return files, nil
}

// versionOf hashes paths and contents, each with its length, so that no two
// sets of files can run together into the same bytes.
func versionOf(files []sourceFile) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%d %s %d\n", len(f.name), f.name, len(f.data))
		h.Write(f.data)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// parsed is a knowledge base with all that lint needs to point at its faults.
type parsed struct {
	kb        *KB
	docs      []*document
	questions *questionsDoc
	routes    *routesDoc
	ground    *backgroundDoc
	seed      *seedDoc
	problems  []Problem
}

// parse reads all files and collects what is wrong with them.
func parse(files []sourceFile, version string) *parsed {
	p := &parsed{kb: &KB{Version: version}}
	byName := map[string][]byte{}
	for _, f := range files {
		byName[f.name] = f.data
		if strings.HasSuffix(f.name, ".md") {
			p.docs = append(p.docs, readEntry(f.name, f.data, &p.problems))
		}
	}
	p.questions = readQuestions(byName[questionsFile], &p.problems)
	p.routes = readRoutes(byName[routesFile], &p.problems)
	p.ground = readBackground(byName[backgroundFile], &p.problems)
	p.seed = readSeed(byName[seedFile], byName[seedNotesFile], &p.problems)
	p.assemble()
	return p
}

// assemble puts the parts together and checks what no single file can know.
func (p *parsed) assemble() {
	k := p.kb
	byID := map[string]*document{}
	for _, d := range p.docs {
		if d.ID == "" {
			continue // reported as a missing key
		}
		if first := byID[d.ID]; first != nil {
			reporter{d.File, &p.problems}.add(d.at("id"), "double-id", d.ID, first.File)
			continue
		}
		byID[d.ID] = d
		k.Entries = append(k.Entries, d.Entry)
	}
	if len(p.docs) == 0 {
		reporter{"entries", &p.problems}.add(place{}, "no-entries")
	}
	slices.SortFunc(k.Entries, func(a, b *Entry) int { return strings.Compare(a.ID, b.ID) })
	k.Evidence = p.questions.evidence
	k.Routes = p.routes.routes
	k.Background = p.ground.topics
	k.Seed = p.seed.Seed
	k.CodeWeights = shareWeights(p.questions.weights, k.Entries)
	k.index()
}

// index fills what is derived from the entries; a decoded KB needs it too.
func (k *KB) index() {
	k.byID = make(map[string]*Entry, len(k.Entries))
	for _, e := range k.Entries {
		k.byID[e.ID] = e
	}
}

// shareWeights turns the percentages of questions.yaml into shares that sum to
// 1. What is left of the hundred is spread over the codes that have an entry
// and no weight of their own, so that no code is impossible.
func shareWeights(percent map[string]float64, entries []*Entry) map[string]float64 {
	weights, sum := map[string]float64{}, 0.0
	for _, code := range sortedKeys(percent) {
		weights[code] = percent[code]
		sum += percent[code]
	}
	var others []string
	for _, e := range entries {
		if len(e.Codes) > 0 && !slices.Contains(others, e.Codes[0]) {
			if _, named := weights[e.Codes[0]]; !named {
				others = append(others, e.Codes[0])
			}
		}
	}
	// A sum of a hundred or more leaves nothing; a little is better than never.
	rest := max(100-sum, 1)
	for _, code := range others {
		weights[code] = rest / float64(len(others))
		sum += weights[code]
	}
	for code := range weights {
		weights[code] /= sum
	}
	return weights
}

// isEntryFile tells entries from other Markdown.
func isEntryFile(name string) bool {
	dir := path.Dir(name)
	return (dir == "entries" || dir == "codes") && path.Ext(name) == ".md"
}
