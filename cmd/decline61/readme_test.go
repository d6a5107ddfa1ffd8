package main

import (
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// blocks returns the fenced blocks of the README of one kind.
func blocks(readme, kind string) []string {
	var all []string
	for _, m := range regexp.MustCompile("(?s)```"+kind+"\n(.*?)```").FindAllStringSubmatch(readme, -1) {
		all = append(all, m[1])
	}
	return all
}

// Commands of the README that are not run here: the tests and benchmarks
// themselves and what writes into the tree. .ci/run runs the first ones; the
// chat is played by TestReadmePicture. Those for a running service are run
// against one.
var elsewhere = regexp.MustCompile(`^(go test |CGO_ENABLED=0 go build|go run ./cmd/decline61 (chat$|kb build ))`)

// curl is a command to the running service, which this test sends itself.
var curl = regexp.MustCompile(`^curl (?:--json '(.*)' )?\$bot(/\S*)$`)

func request(t *testing.T, url, body string) {
	t.Helper()
	r, err := http.Get(url)
	if body != "" {
		r, err = http.Post(url, "application/json", strings.NewReader(body))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK || !strings.Contains(string(b), "61") {
		t.Errorf("%s: %v\n%s", r.Status, err, b)
	}
}

// TestReadmeCommands runs every command of the README.
func TestReadmeCommands(t *testing.T) {
	commands := 0
	var service *process
	for _, b := range blocks(read(t, "README.md"), "sh") {
		for line := range strings.Lines(b) {
			line = strings.TrimSpace(line)
			if line == "" || elsewhere.MatchString(line) {
				continue
			}
			commands++
			if said, ok := strings.CutPrefix(line, "bot="); ok {
				if said != "http://"+keys[0].Default {
					t.Errorf("the README's service is at %s", said)
				}
				service = start(t, t.TempDir())
				continue
			}
			if asked := curl.FindStringSubmatch(line); asked != nil {
				t.Run(line, func(t *testing.T) { request(t, service.url+asked[2], asked[1]) })
				continue
			}
			t.Run(line, func(t *testing.T) {
				cmd := exec.Command("sh", "-c", strings.ReplaceAll(line, "go run ./cmd/decline61", "decline61"))
				cmd.Dir = root(t)
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Errorf("%v\n%s", err, out)
				}
				if len(out) == 0 && !strings.Contains(line, "--check") {
					t.Error("prints nothing")
				}
			})
		}
	}
	if commands < 10 {
		t.Errorf("found %d commands in the README", commands)
	}
}

// TestReadmePicture plays the conversation that the README shows.
func TestReadmePicture(t *testing.T) {
	picture := blocks(read(t, "README.md"), "console")[0]
	var typed strings.Builder
	var replies []string
	for line := range strings.Lines(picture) {
		if said, ok := strings.CutPrefix(line, "> "); ok {
			typed.WriteString(said)
			continue
		}
		replies = append(replies, line)
	}
	var out bytes.Buffer
	err := run(t.Context(), []string{"chat"}, func(string) string { return "" }, strings.NewReader(typed.String()), &out, &out)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(replies, ""); strings.TrimSpace(out.String()) != strings.TrimSpace(want) {
		t.Errorf("the README's picture is out of date; the program says:\n%s", &out)
	}
}
