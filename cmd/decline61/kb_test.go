package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decline61/kb"
)

// copyKB makes a copy of the embedded knowledge base that may be broken.
func copyKB(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, kb.Embedded()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// edit replaces old by new, once, in a file, and returns the line it stands in.
func edit(t *testing.T, dir, name, old, new string) (line int) {
	t.Helper()
	file := filepath.Join(dir, name)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, after, ok := strings.Cut(string(b), old)
	if !ok {
		t.Fatalf("%s has no %q", name, old)
	}
	if err := os.WriteFile(file, []byte(before+new+after), 0o644); err != nil {
		t.Fatal(err)
	}
	return 1 + strings.Count(before, "\n")
}

// command runs the program in this process.
func command(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	err := run(t.Context(), args, func(string) string { return "" }, strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), exitCode(err)
}

// TestLintBrokenCopy breaks a copy of the knowledge base in the ways that
// people do, and wants each fault named with its file and line.
func TestLintBrokenCopy(t *testing.T) {
	if testing.Short() {
		t.Skip("lints the whole knowledge base")
	}
	dir := copyKB(t)
	type fault struct {
		rule string
		file string
		line int
	}
	var want []fault
	// below: how many lines under the edit the fault stands
	spoil := func(rule, name, old, new string, below int) {
		want = append(want, fault{rule, name, edit(t, dir, name, old, new) + below})
	}
	spoil("id-file", "entries/card-expired.md", "id: card-expired", "id: card-is-expired", 0)
	spoil("lost-text", "entries/weak-signal.md", "phrasings:\n", "phrasings:\n  - 信号差,拨打 #1 热线\n", 1)
	spoil("code-unquoted", "codes/code-05.md", `codes: ["05"]`, `codes: [05]`, 0)
	spoil("quote-missing", "entries/bank-maintenance.md", `quote: "`, `quote: "并非原文`, 0)
	spoil("phrasing-owned", "entries/wrong-pin.md", "phrasings:\n", "phrasings:\n  - \"卡已过期\"\n", 1)
	edit(t, dir, "entries/card-expired.md", "phrasings:\n", "phrasings:\n  - \"卡已过期\"\n")
	spoil("splitting", "entries/network-unstable.md", "## 现在做\n", "## 现在做\n拆成几笔小额再刷。", 1)
	spoil("step-count", "entries/terminal-fault.md", "## Steps\n1. ", "## Steps\n1. [cashier] Look.\n2. ", 0)
	stdout, stderr, code := command(t, "kb", "lint", dir)
	if code != exitFindings {
		t.Errorf("exit code %d, want %d; %s", code, exitFindings, stderr)
	}
	for _, f := range want {
		found := false
		for line := range strings.Lines(stdout) {
			found = found || strings.HasPrefix(line, fmt.Sprintf("%s:%d:", f.file, f.line)) && strings.Contains(line, "["+f.rule+"]")
		}
		if !found {
			t.Errorf("%s is not named at %s:%d", f.rule, f.file, f.line)
		}
	}
	if t.Failed() {
		t.Log(stdout)
	}
}

// TestNew: a new entry is written where it belongs, lints with nothing but
// what is to be filled in, and is never written over another.
func TestNew(t *testing.T) {
	dir := copyKB(t)
	stdout, _, code := command(t, "kb", "new", "weekend-limit", "--kb", dir)
	if name := strings.TrimSpace(stdout); code != 0 || name != filepath.Join(dir, "entries", "weekend-limit.md") {
		t.Fatalf("exit code %d, wrote %q", code, name)
	}
	if _, stderr, code := command(t, "kb", "new", "weekend-limit", "--kb", dir); code != exitUsage || !strings.Contains(stderr, "exists already") {
		t.Errorf("the second time: exit code %d, %s", code, stderr)
	}
	if _, stderr, code := command(t, "kb", "new", "x"); code != exitUsage || !strings.Contains(stderr, "--kb DIR") {
		t.Errorf("without a folder: exit code %d, %s", code, stderr)
	}
	if _, _, code := command(t, "kb", "new", "No Id", "--kb", dir); code != exitUsage {
		t.Errorf("with a wrong id: exit code %d", code)
	}
}

// TestFmt: the embedded entries are in canonical form, and what is not is
// brought into it, without touching a file that cannot be read.
func TestFmt(t *testing.T) {
	dir := copyKB(t)
	edit(t, dir, "entries/wrong-pin.md", "## 步骤\n", "\n\n## 步骤\n")
	if stdout, _, code := command(t, "kb", "fmt", "--check", dir); code != exitFindings || strings.TrimSpace(stdout) != "entries/wrong-pin.md" {
		t.Errorf("--check: exit code %d, %q", code, stdout)
	}
	if _, stderr, code := command(t, "kb", "fmt", dir); code != 0 {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if stdout, _, code := command(t, "kb", "fmt", "--check", dir); code != 0 {
		t.Errorf("after fmt, --check: exit code %d, %q", code, stdout)
	}
	edit(t, dir, "entries/wrong-pin.md", "---\n", "--\n")
	if _, stderr, code := command(t, "kb", "fmt", dir); code != exitInvalid || !strings.Contains(stderr, "entries/wrong-pin.md:1") {
		t.Errorf("a broken file: exit code %d, %s", code, stderr)
	}
}

// TestBrokenKB: a command over a knowledge base that cannot be loaded says so,
// names the fix, and exits with 3.
func TestBrokenKB(t *testing.T) {
	dir := copyKB(t)
	edit(t, dir, "entries/wrong-pin.md", "---\n", "--\n")
	_, stderr, code := command(t, "ask", "61", "--kb", dir)
	if code != exitInvalid || !strings.Contains(stderr, "kb lint") || !strings.Contains(stderr, "wrong-pin.md") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if _, _, code := command(t, "ask", "61", "--kb", filepath.Join(dir, "nowhere")); code != exitInvalid {
		t.Errorf("a folder that is not there: exit code %d", code)
	}
}

// TestOwnKB: a knowledge base in a folder answers like the embedded one, and
// an edit shows at once, with neither parsed.bin nor weights.
func TestOwnKB(t *testing.T) {
	dir := copyKB(t)
	if err := errors.Join(os.Remove(filepath.Join(dir, "parsed.bin"))); err != nil {
		t.Fatal(err)
	}
	edit(t, dir, "entries/meaning-of-61.md", "## 现在做\n", "## 现在做\n先喝口水。")
	stdout, stderr, code := command(t, "ask", "刷卡显示61怎么办", "--kb", dir)
	if code != 0 || !strings.Contains(stdout, "先喝口水") {
		t.Errorf("exit code %d, %s%s", code, stdout, stderr)
	}
}

// TestExportAndStats: both describe the same knowledge base.
func TestExportAndStats(t *testing.T) {
	if stdout, _, code := command(t, "kb", "export"); code != 0 || !strings.Contains(stdout, `"issuer-limit"`) {
		t.Errorf("export: exit code %d, %d bytes", code, len(stdout))
	}
	if stdout, _, code := command(t, "kb", "stats", "--json"); code != 0 || !strings.Contains(stdout, "{") {
		t.Errorf("stats: exit code %d, %s", code, stdout)
	}
}
