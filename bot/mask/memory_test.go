package mask

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// conversation sends messages a second apart and gives what the store holds in
// the end.
func conversation(t *testing.T, texts ...string) (stored []string, found Found) {
	t.Helper()
	var m Memory
	now := time.Date(2025, 1, 15, 12, 0, 0, 0, time.UTC)
	for i, s := range texts {
		got, f, changed := m.Mask(now, "c", fmt.Sprint(i), s)
		found = found.Plus(f)
		stored = append(stored, got.String())
		for _, c := range changed {
			var at int
			fmt.Sscan(c.ID, &at)
			if at >= i {
				t.Fatalf("message %d changes message %s", i, c.ID)
			}
			stored[at] = c.Text.String()
		}
		now = now.Add(time.Second)
	}
	return stored, found
}

func TestSplitCards(t *testing.T) {
	frames := [][]string{{"{}", "{}"}, {"卡号{}", "{}"}, {"卡号是{}", "后面是{}"}, {"我的卡 {}", "剩下的{}"}, {"前面{}", "后半段 {} 这个卡刷不了"}, {"61 {}", "{} 不行"}, {"刷了8000，{}", "接着{}，帮我看"},
		{"{}", "稍等", "{}"}, {"{}", "61", "{}"}, {"{}", "还有", "刷了8000", "{}"}, {"{}", "{}", "{}"}, {"卡号{}", "{}", "{}", "{}"}, {"{}，", "，{}", "{}。"}}
	rate(t, "cards split over messages", 5000, 0.995, func(r *rand.Rand) (string, bool) {
		card, frame := newCard(r), pick(r, frames)
		parts := strings.Count(strings.Join(frame, ""), "{}")
		var texts []string
		rest := card
		for _, f := range frame {
			if strings.Contains(f, "{}") {
				n := len(rest)
				if parts > 1 {
					n = 3 + r.IntN(len(rest)-3*(parts-1)-2)
				}
				p := rest[:n]
				if r.IntN(3) == 0 {
					p = strings.Join(cut(p, 4), " ")
				} else if r.IntN(4) == 0 {
					p = in(chinese)(r, p)
				}
				f = strings.Replace(f, "{}", p, 1)
				rest, parts = rest[n:], parts-1
			}
			texts = append(texts, f)
		}
		stored, found := conversation(t, texts...)
		text := strings.Join(texts, " ‖ ")
		return text, found[Card] > 0 && !leaks(strings.Join(stored, "\n"), card)
	})
}

func TestSplitSecrets(t *testing.T) {
	for _, texts := range [][]string{
		{"验证码是", "123456"}, {"密码", "123456"}, {"cvv：", "123"}, {"身份证", "110101199003070038"}, {"110101", "19900307", "0038"},
	} {
		stored, found := conversation(t, texts...)
		if !found.Any() || stored[len(stored)-1] != hidden {
			t.Errorf("%q is stored as %q", texts, stored)
		}
	}
}

func TestSplitShowsLastFourOnce(t *testing.T) {
	stored, found := conversation(t, "卡号是4111 1111", "后面 1111 1111，刷了8000")
	want := []string{"卡号是[已屏蔽]", "后面 [卡号 尾号1111]，刷了8000"}
	if strings.Join(stored, "|") != strings.Join(want, "|") || found != (Found{Card: 1}) {
		t.Errorf("stored %q, found %v", stored, found)
	}
}

func TestMemoryForgets(t *testing.T) {
	var m Memory
	now := time.Date(2025, 1, 15, 12, 0, 0, 0, time.UTC)
	m.Mask(now, "c", "1", "卡号41111111")
	if _, f, changed := m.Mask(now.Add(Window+time.Second), "c", "2", "11111111"); f.Any() || changed != nil {
		t.Errorf("found %v, changed %v after more than %v", f, changed, Window)
	}
	if m.Mask(now.Add(3*Window), "d", "3", "61"); len(m.of) != 1 || len(m.queue)-m.head != 1 {
		t.Errorf("remembers %d conversations, %d messages", len(m.of), len(m.queue)-m.head)
	}
	m = Memory{}
	m.Mask(now, "c", "1", "卡号41111111")
	if _, f, _ := m.Mask(now, "d", "2", "11111111"); f.Any() {
		t.Error("another conversation's digits were used")
	}
	m = Memory{}
	m.Mask(now, "c", "1", "40000000")
	if _, f, _ := m.Mask(now, "c", "1", "40000000"); f.Any() {
		t.Error("a message delivered twice was taken for two halves")
	}
	for i := range mostRemembered + 100 {
		m.Mask(now, fmt.Sprint(i), "1", "61")
	}
	if len(m.of) > mostRemembered {
		t.Errorf("remembers %d messages", len(m.of))
	}
}

// TestSplitBusiness: people send the numbers of a slip one by one.
func TestSplitBusiness(t *testing.T) {
	rate(t, "labelled numbers, one a message", 1500, 1, func(r *rand.Rand) (string, bool) {
		var texts []string
		for range 3 + r.IntN(5) {
			texts = append(texts, pick(r, business).make(r))
		}
		stored, found := conversation(t, texts...)
		all := strings.Join(texts, " ‖ ")
		return all, strings.Join(stored, " ‖ ") == all && !found.Any()
	})
	rate(t, "talk with bare numbers", 1500, 0.98, func(r *rand.Rand) (string, bool) {
		texts := []string{"刷卡显示61", pick(r, []string{"8000", "刷了6800", "4500元", fmt.Sprint(r.IntN(20000))}), "换卡也不行",
			pick(r, []string{digitsOf(r, 8), digitsOf(r, 12), digitsOf(r, 6), digitsOf(r, 15)}), "尾号" + digitsOf(r, 4), pick(r, []string{"10点刷的", "12:30", "是的", digitsOf(r, 4)}), digitsOf(r, 8)}
		stored, found := conversation(t, texts...)
		all := strings.Join(texts, " ‖ ")
		return all + " -> " + strings.Join(stored, " ‖ "), !found.Any()
	})
}
