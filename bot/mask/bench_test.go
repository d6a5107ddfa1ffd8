package mask

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func BenchmarkMask(b *testing.B) {
	for _, m := range []struct{ name, text string }{
		{"question", "刷卡显示61,换了张建行的卡也不行,昨天还能刷"},
		{"slip", "商户号 898440154110001 终端号 12345678 参考号 123456789012 流水 000123 批次 000001 金额 8000.00 时间 2024-01-15 12:30:45"},
		{"card", "卡号是4111 1111 1111 1111,密码123456,cvv 123,刷不了"},
		{"long", strings.Repeat("刷卡显示61,换了张建行的卡也不行,昨天刷了8000,今天不行。", 20)},
	} {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Mask(m.text)
			}
		})
	}
}

func BenchmarkJoin(b *testing.B) {
	var earlier []Earlier
	for _, s := range []string{"刷卡显示61", "刷了8000", "商户号 898440154110001", "终端号 12345678", "换卡也不行", "尾号0128"} {
		earlier = append(earlier, Earlier{s, Of(s)})
	}
	b.ReportAllocs()
	for b.Loop() {
		Join(earlier, "昨天10点开始的,参考号 123456789012")
	}
}

// floods are texts that make a careless rule quadratic.
var floods = map[string]string{
	"digits": "4", "digits by four": "4111 ", "single digits": "4 ", "cards": "4111111111111111 ", "cards by four": "4111 1111 1111 1111 ",
	"chinese digits": "四", "spelled": "four ", "labels": "订单号", "labelled": "订单号1234 ", "card words": "卡号", "card word and digit": "卡号4 ",
	"pins": "密码", "pin values": "密码123456 ", "separators": " - ", "stars": "*", "brackets": "[", "markers": "[已屏蔽]", "zero width": "1\u200b", "carets": "^", "tracks": "4111111111111111^",
	"equals": "4111111111111111=", "lookalikes": "1o", "mobiles": "138 ", "ones": "1 ", "codes": "51、", "amounts": "8000、", "words between": "4然后", "alternating": "1234567890123 1 ", "ordinals": "第一组",
	"fullwidth": "４", "spaces": " ", "one word": "pin ", "letters": "a", "hex": "5A08", "x": "x", "13 and 1": "4000000000006 4 ",
	"chat": "李娜 9:31\n", "repeated names": "李娜:62\n", "lists": "1. 62\n", "tails": "尾号1234 622202123456 ", "times": "12311:06 ", "expiries": "到期12/28 ", "codes on the back": "背面三位123 ", "trailers": "4111111111111111 12/28 123 ",
}

// TestLinear: eight times the text takes about eight times as long, and a
// megabyte of the worst less than a second on a quiet machine. The bounds are
// generous, for machines that do other things as well.
func TestLinear(t *testing.T) {
	const size = 1 << 17
	for name, unit := range floods {
		short, long := strings.Repeat(unit, size/8/len(unit)), strings.Repeat(unit, size/len(unit))
		var first, second time.Duration
		for range 4 { // a machine that does something else for a moment is no quadratic rule
			first, second = quickest(first, short), quickest(second, long)
			if second <= time.Second/2 || second <= 24*first {
				break
			}
		}
		if second > time.Second/2 && second > 24*first {
			t.Errorf("%s: %v for %d bytes, %v for %d", name, first, len(short), second, len(long))
		}
		t.Logf("%-20s %8v %8v", name, first.Round(time.Millisecond), second.Round(time.Millisecond))
	}
}

// quickest is how long masking s takes, or what it took before if that was
// shorter.
func quickest(before time.Duration, s string) time.Duration {
	start := time.Now()
	Mask(s)
	if took := time.Since(start); before == 0 || took < before {
		return took
	}
	return before
}

// TestLatency reports how long a message takes. It fails only where something
// is badly wrong.
func TestLatency(t *testing.T) {
	r := newRand(61)
	var took []time.Duration
	for range 5000 {
		text := pick(r, business).make(r)
		if r.IntN(3) == 0 {
			text = strings.Replace(pick(r, cardSentences), "{}", pick(r, disguises).write(r, newCard(r)), 1)
		}
		start := time.Now()
		Mask(text)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	p50, p99 := took[len(took)/2], took[len(took)*99/100]
	t.Logf("p50 %v, p99 %v, longest %v", p50, p99, took[len(took)-1])
	if p99 > 5*time.Millisecond {
		t.Errorf("p99 %v, want at most 200µs on a quiet machine", p99)
	}
}
