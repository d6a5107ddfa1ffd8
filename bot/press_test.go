package bot_test

import (
	"testing"

	"decline61/bot"
	"decline61/bot/mask"
)

// TestPressedLabel: a button says by its evidence what it is about. Its label
// is not read as an answer to whatever is asked by then.
func TestPressedLabel(t *testing.T) {
	b := newBot(t)
	var c bot.Case
	say := func(text string, evidence map[string]string) bot.Answer {
		a, err := b.Answer(t.Context(), bot.Question{Text: mask.Of(text), Evidence: evidence, Case: c})
		if err != nil {
			t.Fatal(err)
		}
		c = a.Case
		return a
	}
	say("刷卡显示61", nil)
	a := say("一致", map[string]string{"amount_matches_bill": "yes"})
	if a.Ask == nil || a.Ask.ID != "other_card" {
		t.Fatalf("asks %+v", a.Ask)
	}
	say("不知道", map[string]string{"amount_matches_bill": "unknown"}) // an old button
	if _, told := c.Facts["other_card"]; told {
		t.Errorf("the old button answers the new question: %+v", c.Facts)
	}
	say("不知道", map[string]string{"other_card": "unknown"})
	if c.Facts["other_card"].Value != "unknown" {
		t.Errorf("the button of the question itself is not heard: %+v", c.Facts)
	}
}
