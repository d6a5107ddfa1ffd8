package text

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// short names of evidence for the tables
var evidenceShort = map[string]string{
	"amount_matches_bill": "amount", "other_card": "other", "entry_mode": "mode", "insert_chip_works": "chip",
	"transaction_type": "type", "terminal_state": "terminal", "issuer_message": "bank", "foreign_card": "foreign",
	"same_card_elsewhere": "elsewhere", "acquirer_notice": "acquirer",
}

func TestEvidence(t *testing.T) {
	for _, tt := range evidenceCases {
		if got, want := evidenceList(tt.in), sortedFields(tt.want); got != want {
			t.Errorf("Evidence(%q)\n got %s\nwant %s", tt.in, got, want)
		}
	}
}

// evidenceList writes the facts of a message in the form of evidenceCases.
func evidenceList(s string) string {
	var list []string
	for _, f := range Evidence(Normalise(s)) {
		hedge := ""
		if f.Hedged {
			hedge = "~"
		}
		list = append(list, fmt.Sprintf("%s=%s%s", evidenceShort[f.ID], f.Value, hedge))
	}
	return sortedFields(strings.Join(list, " "))
}

func sortedFields(s string) string {
	fields := strings.Fields(s)
	slices.Sort(fields)
	return strings.Join(fields, " ")
}

// Facts come in order of appearance, and the last statement wins.
func TestEvidenceOrder(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"金额没错,换卡也61,插卡能过", "amount_matches_bill other_card insert_chip_works"},
		{"插卡能过,换卡也61,金额没错", "insert_chip_works other_card amount_matches_bill"},
	} {
		var ids []string
		for _, f := range Evidence(Normalise(tt.in)) {
			ids = append(ids, f.ID)
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, got, tt.want)
		}
	}
	for _, tt := range []struct{ in, want string }{
		{"换了一张也61,再换一张就过了", "other=approved"},
		{"别的卡能刷。哦不对,别的卡也是61", "other=declined_61"},
		{"换了建行的也61,别的没试过", "other=declined_61"}, // not tried takes nothing back
		{"不知道金额对不对,哦,金额是对的", "amount=yes"},
	} {
		if got := evidenceList(tt.in); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, got, tt.want)
		}
	}
}

// The span is what says so, in Norm and, by Text.Span, in what was typed.
func TestEvidenceSpan(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"61,換了張建行的卡,還是61,急", "換了張建行的卡,還是61"},
		{"客人說金額沒輸錯", "金額沒輸錯"},
		{"我還沒試過插卡", "還沒試過插卡"},
		{"it works with another card", "works with another card"},
		{"銀行發了短信,說超過單筆限額", "銀行發了短信,說超過單筆限額"},
	} {
		text := Normalise(tt.in)
		found := Evidence(text)
		if len(found) == 0 {
			t.Errorf("%q: nothing found", tt.in)
			continue
		}
		from, to := text.Span(found[0].Start, found[0].End)
		if got := text.Original[from:to]; got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

// evidenceValues are the values that the contract allows.
var evidenceValues = map[string]string{
	"amount_matches_bill": "yes no unknown",
	"other_card":          "approved declined_61 declined_other not_tried unknown",
	"entry_mode":          "chip contactless stripe qr keyed unknown",
	"insert_chip_works":   "yes no not_tried unknown",
	"transaction_type":    "sale preauth preauth_completion refund unknown",
	"terminal_state":      "new idle_long normal unknown",
	"issuer_message":      "names_limit names_risk names_balance none unknown",
	"foreign_card":        "yes no unknown",
	"same_card_elsewhere": "approved declined not_tried unknown",
	"acquirer_notice":     "limit risk_control none unknown",
}

func FuzzEvidence(f *testing.F) {
	for _, tt := range evidenceCases {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := Normalise(s)
		checkEvidence(t, text)
		hand := Text{Original: s, Norm: s} // put together by hand
		if Evidence(hand); utf8.ValidString(s) {
			checkEvidence(t, hand)
		}
	})
}

func checkEvidence(t *testing.T, text Text) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range Evidence(text) {
		switch {
		case !slices.Contains(strings.Fields(evidenceValues[f.ID]), f.Value):
			t.Errorf("%q: %s=%s is not in the contract", text.Norm, f.ID, f.Value)
		case seen[f.ID]:
			t.Errorf("%q: %s twice", text.Norm, f.ID)
		case f.Start < 0 || f.Start >= f.End || f.End > len(text.Norm):
			t.Errorf("%q: %s has span %d to %d", text.Norm, f.ID, f.Start, f.End)
		case !onRune(text.Norm, f.Start) || !onRune(text.Norm, f.End):
			t.Errorf("%q: %s: span %d to %d cuts a character", text.Norm, f.ID, f.Start, f.End)
		}
		seen[f.ID] = true
	}
}

func onRune(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

// No word may stand in two classes, where only the first would be found.
func TestEvidenceWords(t *testing.T) {
	class := map[string]wordClass{}
	for _, row := range evidenceWords {
		for w := range strings.SplitSeq(row.words, "|") {
			bare := strings.Trim(w, "^$")
			switch old, ok := class[w]; {
			case bare == "":
				t.Errorf("class %d has an empty word", row.class)
			case Normalise(bare).Norm != bare:
				t.Errorf("%q never occurs: its normal form is %q", bare, Normalise(bare).Norm)
			case ok && old != row.class:
				t.Errorf("%q is in classes %d and %d", w, old, row.class)
			}
			class[w] = row.class
		}
	}
}

// A long message takes time in proportion to its length.
func TestEvidenceLong(t *testing.T) {
	const n = 20000
	for _, s := range []string{"换卡", "换卡也不行", "插卡 ", "金额没错,", "no ", "tap,", "建行", "visa ", "香港卡,", "行了", "银行短信说", "？", "别的卡能刷吗", "1 ", "a", "。"} {
		text := Normalise(strings.Repeat(s, n))
		start := time.Now()
		checkEvidence(t, text)
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%d times %q took %v", n, s, took)
		}
	}
}

func BenchmarkEvidence(b *testing.B) {
	for _, s := range []string{
		"你好,刷卡显示61是什么意思,应该怎么办,客人还在店里等着呢,麻烦快点告诉我一下到底是哪里的问题,谢谢了,急急急急急急急",
		"客人刷3800元显示61,金额没错,换了张工行的卡也是61,机器昨天还能刷,app没提示,挥卡和插卡都不行,怎么办",
		"The guest tapped, got 61, then inserted the chip, still 61; another card works.",
	} {
		text := Normalise(s)
		b.Run(fmt.Sprint(utf8.RuneCountInString(s)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Evidence(text)
			}
		})
	}
}
