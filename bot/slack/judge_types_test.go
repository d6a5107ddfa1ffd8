package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestJudgeTypes: Slack's own types know all that we send. It proves in the
// same run that they know a mistake when they see one.
func TestJudgeTypes(t *testing.T) {
	dir := judges(t)
	wrong := wrongSamples()
	right := rightSamples(t)
	for name, sample := range right {
		writeFile(t, filepath.Join(dir, "right-"+name+".ts"), typed(t, sample))
	}
	for name, sample := range wrong {
		writeFile(t, filepath.Join(dir, "wrong-"+name+".ts"), typed(t, sample))
	}
	found := compile(t, dir)
	for name := range right {
		for _, complaint := range found["right-"+name] {
			t.Errorf("%s: %s", name, complaint)
		}
		delete(found, "right-"+name)
	}
	for name := range wrong {
		if len(found["wrong-"+name]) == 0 {
			t.Errorf("%s is wrong, and no type says so: this test proves nothing", name)
		}
		delete(found, "wrong-"+name)
	}
	for file, complaints := range found {
		t.Errorf("%s: %s", file, strings.Join(complaints, "\n"))
	}
	t.Logf("%d samples fit, %d mistakes were found", len(right), len(wrong))
}

// rightSamples are what we send, by what it is called in a complaint.
func rightSamples(t *testing.T) map[string]any {
	all := pictures(t)
	for name, o := range everyManifest {
		m, err := Manifest(o)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(name, ".json")] = json.RawMessage(m)
	}
	return all
}

// wrongSamples are mistakes that slack-go lets through.
func wrongSamples() map[string]any {
	return map[string]any{
		"task-card-without-status":   json.RawMessage(`[{"type":"task_card","task_id":"1","title":"looking"}]`),
		"button-without-text":        json.RawMessage(`[{"type":"actions","elements":[{"type":"button","action_id":"a"}]}]`),
		"section-in-plain-string":    json.RawMessage(`[{"type":"section","text":"61"}]`),
		"unknown-block":              json.RawMessage(`[{"type":"paragraph","text":{"type":"mrkdwn","text":"61"}}]`),
		"unknown-field":              json.RawMessage(`[{"type":"divider","color":"red"}]`),
		"citation-beside-a-mistake":  json.RawMessage(`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"citation"},{"type":"quotation","text":"61"}]}]}]`),
		"home-with-a-wrong-block":    json.RawMessage(`{"type":"home","blocks":[{"type":"actions","elements":[{"type":"button","action_id":"a"}]}]}`),
		"modal-without-title":        json.RawMessage(`{"type":"modal","blocks":[]}`),
		"modal-with-a-wrong-block":   json.RawMessage(`{"type":"modal","title":{"type":"plain_text","text":"61"},"blocks":[{"type":"input","element":{"type":"plain_text_input"}}]}`),
		"manifest-with-unknown-name": json.RawMessage(`{"display_information":{"name":"61"},"settings":{"event_subscriptions":{"bot_events":["message.everywhere"]}}}`),
		"manifest-with-such-a-scope": json.RawMessage(`{"display_information":{"name":"61"},"oauth_config":{"scopes":{"bot":["assistant:write","chat:shout"]}}}`),
	}
}

// typed writes a sample as TypeScript that says what it is. A list is blocks.
func typed(t *testing.T, sample any) []byte {
	t.Helper()
	encoded, err := json.Marshal(sample)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(encoded, &value); err != nil {
		t.Fatal(err)
	}
	kind := "Blocks"
	if object, ok := value.(map[string]any); ok {
		switch object["type"] {
		case "home":
			kind = "Home"
		case "modal":
			kind = "Modal"
		default:
			kind = "Manifest"
		}
	}
	pretty, err := json.MarshalIndent(withoutNews(value), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, "import type { %s } from './kinds.js'\n\nexport const sample: %[1]s = %s\n", kind, pretty)
}

// withoutNews leaves out the three things that Slack documents and these
// versions of its types lack: citations in rich text, the number that a list
// begins with, and the scope of agents.
func withoutNews(v any) any {
	switch v := v.(type) {
	case []any:
		kept := []any{}
		for _, e := range v {
			o, _ := e.(map[string]any)
			if e != "assistant:write" && o["type"] != "citation" {
				kept = append(kept, withoutNews(e))
			}
		}
		return kept
	case map[string]any:
		kept := map[string]any{}
		for k, e := range v {
			if v["type"] != "rich_text_list" || k != "offset" {
				kept[k] = withoutNews(e)
			}
		}
		return kept
	}
	return v
}

// complaint is a line of tsc's.
var complaint = regexp.MustCompile(`(?m)^([^\s(]+)\.ts\((.*)$`)

// compile gives what Slack's types say about the files in dir, by file.
func compile(t *testing.T, dir string) map[string][]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "node_modules/typescript/bin/tsc", "--pretty", "false")
	cmd.Dir = dir
	out, err := cmd.Output()
	found := map[string][]string{}
	for _, m := range complaint.FindAllSubmatch(out, -1) {
		found[string(m[1])] = append(found[string(m[1])], "("+string(m[2]))
	}
	if len(found) == 0 {
		t.Fatalf("tsc says nothing that can be read (%v):\n%s", err, bytes.TrimSpace(out))
	}
	t.Logf("complaints about %s", strings.Join(slices.Sorted(maps.Keys(found)), ", "))
	return found
}
