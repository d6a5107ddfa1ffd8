package kb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var testNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestGoodLints(t *testing.T) {
	for _, p := range Lint(goodFS(t), LintOptions{Now: testNow}) {
		t.Error(p)
	}
}

// Each file of testdata/broken is named after the rule that it breaks. It
// edits the good knowledge base; "want" is what lint says then.
func TestBroken(t *testing.T) {
	for _, r := range Rules() {
		if r.ID == "not-utf8" || r.ID == "unreadable" { // see TestUnreadable
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			file := filepath.Join("testdata", "broken", r.ID+".txtar")
			a, err := readArchive(file)
			if err != nil {
				t.Fatalf("every rule has a broken example: %v", err)
			}
			opts := LintOptions{Now: testNow}
			problems := Lint(breakFS(t, a, &opts), opts)
			got, found := "", false
			for _, p := range problems {
				found = found || p.Rule == r.ID
				got += fmt.Sprintf("%s:%d:%d %s %s\n  %s\n  -> %s\n  %s\n  -> %s\n", p.File, p.Line, p.Col, p.Severity, p.Rule, p.ZH, p.Fix.ZH, p.EN, p.Fix.EN)
				if strings.Contains(got, "%!") {
					t.Errorf("the texts of %s do not fit their arguments", p.Rule)
				}
			}
			if !found {
				t.Errorf("the rule %s was not broken", r.ID)
			}
			compare(t, file, a, got)
		})
	}
}

// compare holds got against the archive's "want", or writes it there.
func compare(t *testing.T, file string, a *archive, got string) {
	t.Helper()
	last := len(a.files) - 1
	if *update {
		if a.files[last].name == "want" {
			a.files = a.files[:last]
		}
		a.files = append(a.files, sourceFile{name: "want", data: []byte(got)})
		if err := a.write(file); err != nil {
			t.Fatal(err)
		}
		return
	}
	if a.files[last].name != "want" {
		t.Fatalf("%s has no want: run go test -update", file)
	}
	if diff := cmp.Diff(string(a.files[last].data), got); diff != "" {
		t.Error(diff)
	}
}

// breakFS is the good knowledge base after an archive's edits.
func breakFS(t *testing.T, a *archive, opts *LintOptions) fstest.MapFS {
	fsys := goodFS(t)
	for _, f := range a.files {
		verb, name, _ := strings.Cut(f.name, " ")
		body := strings.TrimSuffix(string(f.data), "\n")
		switch verb {
		case "edit":
			old, new, _ := strings.Cut(body, "\n-->\n")
			src := string(fsys[name].Data)
			if !strings.Contains(src, old) {
				t.Fatalf("%s does not contain %q", name, old)
			}
			fsys[name].Data = []byte(strings.Replace(src, old, new, 1))
		case "cut": // everything from this text on
			src, _, found := strings.Cut(string(fsys[name].Data), body)
			if !found {
				t.Fatalf("%s does not contain %q", name, body)
			}
			fsys[name].Data = []byte(src)
		case "delete":
			delete(fsys, name)
		case "few": // leave the background as small as it is in the archive
			src, _, _ := strings.Cut(string(fsys[backgroundFile].Data), "无关")
			fsys[backgroundFile].Data = []byte(src)
		case "misses":
			opts.SelfTest = func(*KB) ([]Miss, error) { return misses(body) }
		case "want":
		default:
			fsys[f.name] = &fstest.MapFile{Data: f.data}
		}
	}
	return fsys
}

// misses reads "entry phrasing found" lines, or "ERROR text".
func misses(s string) (out []Miss, err error) {
	for _, line := range strings.Split(s, "\n") {
		f := strings.Fields(line)
		if f[0] == "ERROR" {
			return nil, errors.New(strings.Join(f[1:], " "))
		}
		out = append(out, Miss{Entry: f[0], Phrasing: f[1], Found: strings.Join(f[2:], " ")})
	}
	return out, nil
}

func TestUnreadable(t *testing.T) {
	fsys := goodFS(t)
	fsys["entries/limit.md"].Data = []byte("---\nid: limit\nkind: \xff\n---\n")
	ps := Lint(fsys, LintOptions{})
	if len(ps) == 0 || ps[0].Rule != "not-utf8" && !hasRule(ps, "not-utf8") {
		t.Errorf("want not-utf8, got %v", ps)
	}
	if ps := Lint(os.DirFS(filepath.Join(t.TempDir(), "none")), LintOptions{}); !hasRule(ps, "no-entries") || !hasRule(ps, "missing-file") {
		t.Errorf("a missing folder: %v", ps)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, questionsFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if ps := Lint(os.DirFS(dir), LintOptions{}); !hasRule(ps, "unreadable") {
		t.Errorf("a folder in place of a file: %v", ps)
	}
}

func hasRule(ps []Problem, rule string) bool {
	for _, p := range ps {
		if p.Rule == rule {
			return true
		}
	}
	return false
}

// A byte order mark and CRLF are what Windows editors leave; they change nothing.
func TestWindowsFiles(t *testing.T) {
	want, err := Load(goodFS(t))
	if err != nil {
		t.Fatal(err)
	}
	fsys := goodFS(t)
	for _, f := range fsys {
		f.Data = []byte("\ufeff" + strings.ReplaceAll(string(f.Data), "\n", "\r\n"))
	}
	for _, p := range Lint(fsys, LintOptions{Now: testNow}) {
		t.Error(p)
	}
	got, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	got.Version = want.Version // it counts bytes, and these differ
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(KB{})); diff != "" {
		t.Error(diff)
	}
}

// Load names every file, line and column at once, and only what it cannot read.
func TestLoadRefuses(t *testing.T) {
	fsys := goodFS(t)
	edit := func(name, old, new string) {
		fsys[name].Data = []byte(strings.Replace(string(fsys[name].Data), old, new, 1))
	}
	edit("entries/limit.md", "prior: 100", "prior: half") // refused
	edit("entries/limit.md", "2. [cardholder]", "2. [merchant]")
	edit("codes/code-55.md", `"55是什么意思"`, `"额度够但是报61"`) // only lint minds
	_, err := Load(fsys)
	if err == nil {
		t.Fatal("Load took it")
	}
	want := []string{"entries/limit.md:6:8: ", "entries/limit.md:56:1: "}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not name %s:\n%v", w, err)
		}
	}
	if strings.Contains(err.Error(), "code-55") {
		t.Errorf("a fault of content stops Load:\n%v", err)
	}
	var p Problem
	if !errors.As(err, &p) || p.File != "entries/limit.md" {
		t.Errorf("no Problem in %v", err)
	}
}
