package bot_test

import (
	"slices"
	"strings"
	"testing"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

// TestBrief: what speaks for a cause and what against it is the knowledge
// base's own word, and what is known is not asked for again.
func TestBrief(t *testing.T) {
	b := newBot(t)
	a, err := b.Answer(t.Context(), bot.Question{Text: mask.Of("刷卡显示61,换了张建行的卡也是61")})
	if err != nil {
		t.Fatal(err)
	}
	brief, err := b.Brief(a.Reply(bot.Request{}))
	if err != nil {
		t.Fatal(err)
	}
	if brief.Entry.ID != a.Entries[0].ID || brief.Entry.Title == "" {
		t.Errorf("the entry is %+v, shown is %s", brief.Entry, a.Entries[0].ID)
	}
	if want := []string{"代码 61", "别的卡也是61"}; !slices.Equal(brief.Facts, want) {
		t.Errorf("facts are %q, want %q", brief.Facts, want)
	}
	for _, c := range brief.Causes {
		switch c.ID {
		case "acquirer-limit":
			if !slices.Contains(c.For, "别的卡也是61") {
				t.Errorf("that other cards fail too speaks for the acquirer's limit, not only for %q", c.For)
			}
		case "issuer-limit":
			if !slices.Contains(c.Against, "别的卡也是61") {
				t.Errorf("that other cards fail too speaks against this card's limit, not only against %q", c.Against)
			}
		}
	}
	if len(brief.Causes) == 0 || len(brief.Ask) == 0 {
		t.Fatalf("no causes or nothing to ask: %+v", brief)
	}
	for _, q := range brief.Ask {
		if strings.Contains(q, "别的银行的卡") {
			t.Errorf("asks for what is known: %s", q)
		}
	}
	if len(brief.Neighbours) == 0 || brief.Neighbours[0].Code != "51" {
		t.Errorf("61 is taken for 51 before all others; neighbours are %+v", brief.Neighbours)
	}
}

// TestBriefOfNothing: a reply without causes or code has an empty brief.
func TestBriefOfNothing(t *testing.T) {
	b := newBot(t)
	brief, err := b.Brief(bot.Reply{Lang: kb.ZH, Decision: bot.OutOfScope, Causes: []bot.ReplyCause{{ID: "gone", Probability: 1}}})
	if err != nil || len(brief.Causes)+len(brief.Ask)+len(brief.Facts)+len(brief.Neighbours) > 0 || brief.Entry.ID != "" {
		t.Errorf("%+v, %v", brief, err)
	}
}
