package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"decline61/bot"
)

// answers runs ask --jsonl over lines.
func answers(t *testing.T, lines ...string) []map[string]any {
	t.Helper()
	var out, errs bytes.Buffer
	err := run(t.Context(), []string{"ask", "--jsonl"}, func(string) string { return "" }, strings.NewReader(strings.Join(lines, "\n")), &out, &errs)
	if err != nil || errs.Len() > 0 {
		t.Fatalf("ask --jsonl: %v, stderr %s", err, &errs)
	}
	var all []map[string]any
	for line := range strings.Lines(out.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("answer is no JSON object: %q: %v", line, err)
		}
		all = append(all, m)
	}
	return all
}

// TestLinesConversation: two interleaved dialogs stay apart, an option's
// number answers the question of its own dialog, and facts are remembered.
func TestLinesConversation(t *testing.T) {
	got := answers(t,
		`{"id":"q1","conversation":"a","text":"刷卡显示61"}`,
		`{"id":"q2","conversation":"b","text":"declined 61"}`,
		`{"id":"q3","conversation":"a","text":"换了张建行的卡也是61"}`,
		`{"id":"q4","conversation":"b","text":"another bank's card works fine"}`,
	)
	if len(got) != 4 {
		t.Fatalf("%d answers, want 4", len(got))
	}
	for i, want := range []string{"q1", "q2", "q3", "q4"} {
		if got[i]["id"] != want {
			t.Errorf("answer %d has id %v, want %s", i, got[i]["id"], want)
		}
	}
	for i, want := range map[int]string{2: "declined_61", 3: "approved"} {
		if e := got[i]["evidence"].(map[string]any); e["other_card"] != want || e["code_shown"] != "61" {
			t.Errorf("evidence of %v is %v, want other_card %s and code_shown 61", got[i]["id"], e, want)
		}
	}
	for i, want := range map[int]string{2: "acquirer-limit", 3: "issuer-limit"} {
		if top := got[i]["causes"].([]any)[0].(map[string]any)["id"]; top != want {
			t.Errorf("first cause of %v is %v, want %s", got[i]["id"], top, want)
		}
	}
	if got[1]["lang"] != "en" || got[3]["lang"] != "en" {
		t.Errorf("languages are %v and %v, want en", got[1]["lang"], got[3]["lang"])
	}
}

// TestLinesShape: every field of the contract is there, lists are lists, and
// question is null where nothing is asked.
func TestLinesShape(t *testing.T) {
	for _, m := range answers(t,
		`{"id":"q1","text":"刷卡显示61","conversation":"c"}`,
		`{"id":"q2","text":"今天天气怎么样"}`,
		`{"id":"q3","text":"转人工"}`,
		`{"id":"q4","text":"能不能拆成两笔刷"}`,
		`{"id":"q5","text":"","evidence":{"code_shown":"61","other_card":"approved"}}`,
	) {
		for _, key := range []string{"id", "conversation", "decision", "reason", "code", "lang", "entries", "causes", "confidence", "evidence", "question", "steps", "citations", "text", "masked"} {
			if _, ok := m[key]; !ok {
				t.Errorf("%v lacks %s", m["id"], key)
			}
		}
		for _, key := range []string{"entries", "causes", "steps", "citations"} {
			if _, ok := m[key].([]any); !ok {
				t.Errorf("%v: %s is %T, want a list", m["id"], key, m[key])
			}
		}
		text, _ := m["text"].(string)
		if text == "" || len(text) > bot.MaxReply {
			t.Errorf("%v: text of %d bytes", m["id"], len(text))
		}
	}
}

// TestLinesBadInput: a wrong line is answered under its id, and the next goes on.
func TestLinesBadInput(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	got := answers(t,
		`{"id":"e1","text":5}`,
		`{"id":"e2","evidence":["other_card"],"text":"61"}`,
		`{"id":"e3","evidence":{"other_card":"green"},"text":"61"}`,
		`{"id":"e4","evidence":{"colour":"green"},"text":"61"}`,
		`{"id":"e5","lang":"fr","text":"61"}`,
		`{"id":"e6","text":"   "}`,
		`{"id":"e7","text":"`+strings.Repeat("61", 500_000)+`"}`, // under the line limit, over the text limit
		`{"id":"e8","text":"`+strings.Repeat("x", 2<<20)+`"}`,    // over the line limit
		`[1,2]`, `null`, `"61"`, `{`, `not json`, "\x00\xff", deep,
		"\ufeff"+`{"id":"ok","text":"刷卡显示61","surprise":{"a":1}}`,
	)
	if len(got) != 16 {
		t.Fatalf("%d answers, want 16", len(got))
	}
	for i, m := range got[:15] {
		if m["error"] == nil || m["error"] == "" {
			t.Errorf("line %d is answered %v, want an error", i+1, m)
		}
		if want := []string{"e1", "e2", "e3", "e4", "e5", "e6", "e7"}; i < len(want) && m["id"] != want[i] {
			t.Errorf("line %d is answered under id %v, want %s", i+1, m["id"], want[i])
		}
	}
	if last := got[15]; last["id"] != "ok" || last["decision"] != "answer" {
		t.Errorf("the line after the wrong ones got %v", last)
	}
}

// TestLinesOddText: whatever a text holds, the answer is an ordinary one.
func TestLinesOddText(t *testing.T) {
	odd := []string{
		"61\u202e\u0000\u200b", "😀😀😀", "+61 -\"61\" text:61 /.*/ ^2 ~1", "\xff\xfe61", "(((", "AND OR NOT",
		"６１", "\u0663\u0661", strings.Repeat("刷卡61 ", 1000), "<script>alert(61)</script>", "{{.Text}}", "%s%n", "61'; DROP TABLE inbox;--",
	}
	for _, s := range odd {
		line, err := json.Marshal(map[string]string{"id": "x", "text": s})
		if err != nil {
			t.Fatal(err)
		}
		m := answers(t, string(line))[0]
		if m["error"] != nil || m["text"] == "" {
			t.Errorf("%q is answered %v", s, m)
		}
	}
}

// TestLinesMasked: a card number is not used, not repeated and said to have
// been there, also when it comes in two messages; the sender is told once.
func TestLinesMasked(t *testing.T) {
	got := answers(t,
		`{"id":"m1","conversation":"a","text":"卡号6222021234567890128,刷卡显示61"}`,
		`{"id":"m2","conversation":"a","text":"密码是123456"}`,
		`{"id":"m3","conversation":"b","text":"卡号是 62220212345"}`,
		`{"id":"m4","conversation":"b","text":"67890128 显示61"}`,
		`{"id":"m5","conversation":"c","text":"商户号898440154110001 终端号12345678 显示61"}`,
		`{"id":"m6","conversation":"d","text":"61","evidence":{"other_card":"6222021234567890128"}}`,
	)
	for i, want := range []bool{true, true, false, true, false} {
		if got[i]["masked"] != want {
			t.Errorf("%v: masked is %v, want %v", got[i]["id"], got[i]["masked"], want)
		}
	}
	if got[0]["code"] != "61" {
		t.Errorf("the rest of a masked message is not read: code %v", got[0]["code"])
	}
	if text := got[0]["text"].(string); !strings.Contains(text, "撤回或删除") {
		t.Errorf("the sender is not told: %s", text)
	}
	if text := got[1]["text"].(string); strings.Contains(text, "我们没有保存") {
		t.Errorf("the sender is told twice: %s", text)
	}
	for _, m := range got {
		all, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(all), "2345678901") || strings.Contains(string(all), "123456\"") {
			t.Errorf("a secret comes back: %s", all)
		}
	}
}
