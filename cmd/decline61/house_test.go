package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What each package of ours may import of ours. A package that is not listed
// must be added here, with a thought.
var imports = map[string][]string{
	"decline61/kb/text":             {},
	"decline61/kb":                  {"decline61/kb/text"},
	"decline61/index":               {"decline61/kb", "decline61/kb/text"},
	"decline61/bot":                 {"decline61/kb", "decline61/kb/text", "decline61/index", "decline61/bot/mask", "decline61/bot/fault"},
	"decline61/bot/channeltest":     {"decline61/bot", "decline61/bot/mask"},
	"decline61/bot/eval":            {"decline61/bot", "decline61/bot/mask", "decline61/kb"},
	"decline61/bot/fault":           {},
	"decline61/bot/mask":            {"decline61/kb/text"},
	"decline61/bot/metrics":         {"decline61/bot", "decline61/bot/mask"},
	"decline61/bot/slack":           {"decline61/bot", "decline61/bot/mask", "decline61/kb"},
	"decline61/bot/soak":            {},
	"decline61/bot/slack/slacktest": {"decline61/bot", "decline61/bot/channeltest"},
	"decline61/bot/store":           {"decline61/bot", "decline61/bot/mask", "decline61/bot/fault", "decline61/kb"},
	"decline61/bot/storetest":       {"decline61/bot", "decline61/bot/mask"},
	"decline61/bot/terminal":        {"decline61/bot", "decline61/bot/mask", "decline61/kb"},
	"decline61/bot/web":             {"decline61/bot", "decline61/bot/mask", "decline61/kb"},
	"decline61/bot/wecom":           {"decline61/bot"},
	"decline61/bot/wecom/aibot":     {"decline61/bot", "decline61/bot/mask", "decline61/bot/wecom", "decline61/kb", "decline61/kb/text"},
	"decline61/bot/wecom/app":       {"decline61/bot", "decline61/bot/mask", "decline61/bot/wecom", "decline61/kb", "decline61/kb/text"},
	"decline61/bot/wecom/kf":        {"decline61/bot", "decline61/bot/mask", "decline61/bot/wecom", "decline61/kb"},
	"decline61/bot/wecom/webhook":   {"decline61/bot", "decline61/bot/mask", "decline61/bot/wecom"},
	"decline61/bot/wecom/wecomtest": {"decline61/bot", "decline61/bot/channeltest"},
	"decline61/cmd/decline61":       {"*"},
	"decline61/cmd/rehearse":        {"decline61/bot/wecom/wecomtest"},
}

type listed struct {
	ImportPath string
	Doc        string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "decline61/...")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestImports holds the direction of imports: a lower package never knows a
// higher one, and no adapter knows another.
func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		seen[p.ImportPath] = true
		allowed, ok := imports[p.ImportPath]
		if !ok {
			t.Errorf("package %s is not in the table of imports", p.ImportPath)
			continue
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "decline61/") && !slices.Contains(allowed, i) && !slices.Contains(allowed, "*") {
				t.Errorf("%s imports %s, which it may not", p.ImportPath, i)
			}
		}
	}
	for p := range imports {
		if !seen[p] {
			t.Errorf("the table of imports names %s, which does not exist", p)
		}
	}
}

// TestPackageComments: every package says what it is for.
func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		if p.Doc == "" {
			t.Errorf("package %s has no package comment", p.ImportPath)
		}
	}
}

// TestDocumentation: what the tour and the README name must exist, and every
// package must have its place in the tour.
func TestDocumentation(t *testing.T) {
	tour := read(t, "bot/doc.go")
	readme := read(t, "README.md")
	exists := map[string]bool{}
	for _, p := range packages(t) {
		exists[p.ImportPath] = true
		if !strings.Contains(tour, p.ImportPath+"\n") {
			t.Errorf("bot/doc.go does not tell of %s", p.ImportPath)
		}
	}
	for _, doc := range []struct{ name, body string }{{"bot/doc.go", tour}, {"README.md", readme}} {
		for _, m := range regexp.MustCompile(`decline61(/[a-z0-9]+)+`).FindAllString(doc.body, -1) {
			if !exists[m] && !strings.HasSuffix(m, "/decline61") {
				t.Errorf("%s names %s, which does not exist", doc.name, m)
			}
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readme, -1) {
		if _, err := os.Stat(filepath.Join(root(t), m[1])); err != nil {
			t.Errorf("README.md links to %s, which does not exist", m[1])
		}
	}
}

// TestTopLevel: the tree's top level is fixed.
func TestTopLevel(t *testing.T) {
	allowed := []string{"cmd", "bot", "kb", "index", "prompts", "go.mod", "go.sum", "README.md"}
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) && !ignored(e.Name()) {
			t.Errorf("%s does not belong to the top level, which is %v", e.Name(), allowed)
		}
	}
}

// ignored are build results that .gitignore names.
func ignored(name string) bool {
	return name == "decline61" || name == "dist" || strings.HasSuffix(name, ".test") || strings.HasSuffix(name, ".out")
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
