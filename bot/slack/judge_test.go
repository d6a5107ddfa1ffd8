package slack

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The judges are programs that we did not write: Slack's own code for the other
// end of what we speak, Slack's own types, and somebody else's Slack. What we
// and our fake of Slack both misunderstand passes all other tests, and not
// theirs. They need Node and what testdata/judges/package.json names:
//
//	dir=$(mktemp -d); cp bot/slack/testdata/judges/package*.json "$dir"
//	npm ci --ignore-scripts --prefix "$dir"
//	DECLINE61_TEST_JUDGES="$dir" go test -run TestJudge ./bot/slack

// judges gives a folder with their scripts and packages. Without the variable
// the test is skipped; with it, nothing may be missing.
func judges(t *testing.T) string {
	t.Helper()
	installed := os.Getenv("DECLINE61_TEST_JUDGES")
	if installed == "" {
		t.Skip("DECLINE61_TEST_JUDGES is not set: it names the folder where npm ci was run for testdata/judges")
	}
	installed, err := filepath.Abs(installed)
	if err != nil {
		t.Fatal(err)
	}
	var pinned struct{ Dependencies map[string]string }
	readJSON(t, "testdata/judges/package.json", &pinned)
	if len(pinned.Dependencies) == 0 {
		t.Fatal("testdata/judges/package.json names no packages")
	}
	for name, want := range pinned.Dependencies {
		var got struct{ Version string }
		readJSON(t, filepath.Join(installed, "node_modules", name, "package.json"), &got)
		if got.Version != want {
			t.Fatalf("%s is %s and not %s: run npm ci again", name, got.Version, want)
		}
	}
	// Node looks for packages beside the script, whatever the working directory.
	dir := t.TempDir()
	files, err := filepath.Glob("testdata/judges/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, filepath.Base(file)), content)
	}
	if err := os.Symlink(filepath.Join(installed, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func writeFile(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// judge is one of them at work, who is talked to in lines of JSON.
type judge struct {
	t     *testing.T
	in    io.WriteCloser
	lines chan []byte
}

// judgePatience is for everything that a judge should do soon.
const judgePatience = 15 * time.Second

// startJudge runs a script of testdata/judges, and tells it first.
func startJudge(t *testing.T, script string, first any) *judge {
	t.Helper()
	dir := judges(t)
	ctx, kill := context.WithTimeout(context.Background(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, "node", script)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", script, err)
	}
	j := &judge{t: t, in: in, lines: make(chan []byte, 1000)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(j.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			j.lines <- bytes.Clone(s.Bytes())
		}
	}()
	t.Cleanup(func() {
		in.Close() // it ends by itself
		after := time.AfterFunc(5*time.Second, kill)
		defer after.Stop()
		for range j.lines { // so that it is not stuck telling us something
		}
		<-read
		err := cmd.Wait()
		kill()
		if t.Failed() || err != nil {
			t.Logf("%s ended with: %v\n%s", script, err, cmp.Or(complaints.String(), "(without complaints)"))
		}
	})
	j.tell(first)
	return j
}

func (j *judge) tell(v any) {
	j.t.Helper()
	line, err := json.Marshal(v)
	if err != nil {
		j.t.Fatal(err)
	}
	if _, err := j.in.Write(append(line, '\n')); err != nil {
		j.t.Fatalf("the judge has gone: %v", err)
	}
}

// heard reads what j says next.
func heard[T any](j *judge) T {
	j.t.Helper()
	var v T
	select {
	case line, ok := <-j.lines:
		if !ok {
			j.t.Fatal("the judge has gone")
		}
		if err := json.Unmarshal(line, &v); err != nil {
			j.t.Fatalf("the judge says %s: %v", line, err)
		}
	case <-time.After(judgePatience):
		j.t.Fatal("the judge says nothing")
	}
	return v
}
