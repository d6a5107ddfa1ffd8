package bot_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"unicode/utf8"

	"decline61/bot"
	"decline61/bot/mask"
)

// FuzzAnswer: whatever is typed, in a new case and as the reply to an open
// question, gets a decision of the five and a reply that fits every channel,
// and the case that comes back can be kept as JSON.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"刷卡显示61", "declined 61", "转人工", "", "\xff61", "１\u200b61", "拆成两笔", "不知道", "2", "{}", "\"+61 -x:y"} {
		f.Add(s, "1")
		f.Add("刷卡显示61", s)
	}
	b := newBot(f)
	f.Fuzz(func(t *testing.T, first, second string) {
		var cas bot.Case
		for _, text := range []string{first, second} {
			a, err := b.Answer(t.Context(), bot.Question{Text: mask.Of(text), Case: cas})
			if errors.Is(err, bot.ErrEmpty) || errors.Is(err, bot.ErrTooLong) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains([]bot.Decision{bot.Answered, bot.Clarify, bot.Handoff, bot.Refuse, bot.OutOfScope}, a.Decision) {
				t.Errorf("decision %q", a.Decision)
			}
			if len(a.Text) == 0 || len(a.Text) > bot.MaxReply || !utf8.ValidString(a.Text) {
				t.Errorf("a reply of %d bytes: %q", len(a.Text), a.Text)
			}
			if a.Confidence < 0 || a.Confidence > 1 {
				t.Errorf("confidence %v", a.Confidence)
			}
			kept, err := json.Marshal(a.Case)
			if err != nil {
				t.Fatal(err)
			}
			cas = bot.Case{}
			if err := json.Unmarshal(kept, &cas); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzParseRequest: any bytes are a request or a clear error.
func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"id":"q1","conversation":"c1","text":"刷卡显示61","evidence":{"other_card":"declined_61"},"lang":"zh"}`))
	f.Add([]byte(`{"id":1}`))
	f.Add([]byte(`[]`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := bot.ParseRequest(b)
		if err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
		if err == nil && r.Lang != "" && r.Lang != "zh" && r.Lang != "en" {
			t.Errorf("lang %q", r.Lang)
		}
	})
}
