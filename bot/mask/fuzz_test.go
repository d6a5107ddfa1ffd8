package mask

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func addSeeds(f *testing.F) {
	r := newRand(1)
	for _, s := range disguises {
		f.Add(strings.Replace(pick(r, cardSentences), "{}", s.write(r, newCard(r)), 1))
	}
	for _, b := range business {
		f.Add(b.make(r))
	}
	for _, s := range secrets {
		f.Add(strings.Replace(pick(r, s.sentences), "{}", s.value(r), 1))
	}
	for _, t := range tracks {
		f.Add(t.make(r, newCard(r)))
	}
	f.Add("[卡号 尾号0128] 138****5678 [已屏蔽]")
}

// FuzzMask: whatever comes in, what comes out is valid, holds nothing that Mask
// would find, and keeps the digits that it shows of a card.
func FuzzMask(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		got, found := Mask(s)
		if !utf8.ValidString(got.String()) {
			t.Fatalf("not UTF-8: %q", got)
		}
		if again, f := Mask(got.String()); again != got || f.Any() {
			t.Fatalf("masking twice\n text  %q\n once  %q\n twice %q", s, got, again)
		}
		if !found.Any() && utf8.ValidString(s) && !strings.Contains(s, "\x00") && got.String() != s {
			t.Fatalf("nothing was found, but %q became %q", s, got)
		}
		if n := found[Card]; n > 0 && strings.Count(got.String(), cardPrefix)+strings.Count(got.String(), hidden) == 0 {
			t.Fatalf("%d cards were found and none is marked in %q", n, got)
		}
	})
}

// FuzzCard: a card number survives no surroundings, as long as these don't go on
// with digits or letters or call it something else.
func FuzzCard(f *testing.F) {
	f.Add("卡号是", "刷不了", uint64(1))
	f.Add("刷了8000，", " 密码123456", uint64(2))
	f.Add("订单号20240115，卡", "。", uint64(3))
	f.Fuzz(func(t *testing.T, before, after string, seed uint64) {
		r := newRand(seed)
		card := newCard(r)
		text := before + "。卡号" + card + "。" + after
		got, _ := Mask(text)
		if !leaks(before+after, card) && leaks(got.String(), card) {
			t.Fatalf("card %s: %q became %q", card, text, got)
		}
	})
}

// FuzzJoin: messages read together are as clean as messages read alone.
func FuzzJoin(f *testing.F) {
	f.Add("卡号4111 1111", "后面", "11111111")
	f.Add(";4111111111111111", "=2512101", "1234")
	f.Add("密码是", "", "123456")
	f.Add("身份证11010119900307", "00", "3X")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		var m Memory
		now := time.Unix(0, 0)
		stored := map[string]Text{}
		for _, msg := range []struct{ id, s string }{{"a", a}, {"b", b}, {"c", c}} {
			got, _, changed := m.Mask(now, "x", msg.id, msg.s)
			stored[msg.id] = got
			for _, c := range changed {
				if _, ok := stored[c.ID]; !ok || c.ID == msg.id {
					t.Fatalf("message %s changes %s", msg.id, c.ID)
				}
				stored[c.ID] = c.Text
			}
		}
		for id, text := range stored {
			if again, f := Mask(text.String()); again != text || f.Any() {
				t.Fatalf("message %s is kept as %q, which is masked as %q", id, text, again)
			}
		}
	})
}

// scraps are what random texts are put together from: everything that the rules
// look at.
func scrap(r *rand.Rand) string {
	switch r.IntN(14) {
	case 0:
		return pick(r, disguises).write(r, newCard(r))
	case 1:
		return newCard(r)
	case 2:
		return pick(r, business).make(r)
	case 3:
		s := pick(r, secrets)
		return strings.Replace(pick(r, s.sentences), "{}", pick(r, s.styles).write(r, s.value(r)), 1)
	case 4:
		return pick(r, tracks).make(r, newCard(r))
	case 5, 6:
		v := pick(r, vocabulary[:])
		return strings.ReplaceAll(pick(r, strings.Fields(v.words)), "_", " ")
	case 7, 8:
		return digitsOf(r, 1+r.IntN(20))
	case 9:
		return in(pick(r, []string{fullWidth, chinese, circles}))(r, digitsOf(r, 1+r.IntN(6)))
	case 10:
		return pick(r, []string{hidden, cardPrefix + digitsOf(r, 4) + cardSuffix, "138****" + digitsOf(r, 4), "[", "]", "[卡号 尾号", "****", "^", "=", "D", "5A", "?"})
	}
	return pick(r, []string{" ", " ", ",", "，", "、", "/", "-", ":", "\n", ".", "。", "(", ")", "元", "位", "次", "年", "x", "\u200b", "¥", "第", "一", "o"})
}

func scraps(r *rand.Rand) string {
	var b strings.Builder
	for range 2 + r.IntN(30) {
		b.WriteString(scrap(r))
	}
	return b.String()
}

// TestScraps: no text, however contrived, needs as many passes as Mask allows
// itself.
func TestScraps(t *testing.T) {
	const texts = 5000
	r := newRand(61)
	var needed [passes + 1]int
	for range texts {
		s := clean(scraps(r))
		n, rest := 0, s
		var f Found
		for ; n <= passes; n++ {
			spans := find(rest)
			if len(spans) == 0 {
				break
			}
			rest = replace(rest, spans, &f)
		}
		if n > passes {
			t.Fatalf("%q needs more than %d passes", s, passes)
		}
		needed[n]++
		if got := Of(s).String(); got != rest || Of(got).String() != got {
			t.Fatalf("masking twice\n text  %q\n once  %q\n twice %q", s, got, Of(got))
		}
	}
	t.Logf("texts by the number of passes that found something: %v", needed)
}
