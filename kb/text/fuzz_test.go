package text

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func seed(f *testing.F) {
	for _, c := range normaliseCases {
		f.Add(c.in)
	}
	for _, c := range codeCases {
		f.Add(c.in)
	}
}

// FuzzNormalise: the normal form is valid, clean and normal; every piece of it
// leads back to whole runes of the original, in order.
func FuzzNormalise(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		text := Normalise(s)
		norm := text.Norm
		if text.Original != s || !utf8.ValidString(norm) {
			t.Fatalf("%q: %+v", s, text)
		}
		if strings.TrimSpace(norm) != norm || strings.Contains(norm, "  ") {
			t.Errorf("%q: spaces in %q", s, norm)
		}
		for _, r := range norm {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.ToLower(r) != r || unicode.IsSpace(r) && r != ' ' {
				t.Errorf("%q: %U in %q", s, r, norm)
			}
		}
		if again := Normalise(norm).Norm; again != norm {
			t.Errorf("%q: %q, and of that %q", s, norm, again)
		}
		checkSpans(t, text)
		if lang := Lang(s); lang != "zh" && lang != "en" {
			t.Errorf("Lang(%q) = %q", s, lang)
		}
	})
}

func checkSpans(t *testing.T, text Text) {
	boundary := map[int]bool{len(text.Original): true}
	for i := range text.Original {
		boundary[i] = true
	}
	last := 0
	for i, r := range text.Norm {
		from, to := text.Span(i, i+utf8.RuneLen(r))
		if from < last || to <= from || !boundary[from] || !boundary[to] {
			t.Fatalf("%q: %q at %d came from %d to %d, after %d", text.Original, r, i, from, to, last)
		}
		last = from
	}
	for i := -1; i <= len(text.Norm)+1; i++ { // any range, also one that cuts runes
		for _, j := range []int{i, i + 1, i + 5} {
			from, to := text.Span(i, j)
			if from < 0 || to < from || to > len(text.Original) || !boundary[from] || !boundary[to] {
				t.Fatalf("%q: Span(%d, %d) = %d, %d", text.Original, i, j, from, to)
			}
		}
	}
}

// FuzzCodes: codes are two characters, in order, and where they say they are.
func FuzzCodes(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, s string) {
		text := Normalise(s)
		codes := Codes(text)
		if len(codes) > maxCodes {
			t.Errorf("%q: %d codes", s, len(codes))
		}
		last := 0
		for _, c := range codes {
			if len(c.Value) != 2 || strings.ToUpper(c.Value) != c.Value || !isAlnum(strings.ToLower(c.Value)[0]) {
				t.Errorf("%q: value %q", s, c.Value)
			}
			if c.Start < last || c.End <= c.Start || c.End > len(text.Norm) {
				t.Fatalf("%q: %+v after %d", s, c, last)
			}
			last = c.End
			if part := text.Norm[c.Start:c.End]; len(part) == 2 && strings.ToUpper(part) != c.Value {
				t.Errorf("%q: %+v is at %q", s, c, part)
			}
			if c.End-c.Start == 2 && (c.Start > 0 && isDigit(rune(text.Norm[c.Start-1])) || c.End < len(text.Norm) && isDigit(rune(text.Norm[c.End]))) {
				t.Errorf("%q: %+v is part of a number", s, c)
			}
		}
		Codes(Text{Original: s, Norm: s}) // whatever it makes of it, it must not panic
	})
}

// mixtures are what the fuzzer, which changes bytes, does not find: words that
// this package rewrites, put side by side.
var mixtures = strings.Fields(`一 二 三 五 六 七 十 百 千 万 亿 零 〇 两 幺 壹 陆 拾 佰 点 第 周 几 直 个 张 报 码 节 说
	0 1 5 6 61 061 05 00 000 , . : - / 、 。 ( ) % ¥ * + ： ６ １ ，
	ka 卡 KA poss p0s 机 刷 涮 银行 xi 息 信 zheng 证 s o 核淮 帳 帐 顯 s e E r code error
	sixty six ty twenty one five hundred and - A0 ts er pos 不是 是 和 exceeds withdrawal amount limit
	ﬁ ㎏ Å İ H ẖ ﾊ ﾟ 한 각 ₃ ① ½ … ⑽ ﷺ 豈`)

func TestMixtures(t *testing.T) {
	invisible := []string{"", "", "", "", " ", "\u3000", "\u200b", "\u0301", "\u0331", "\u0338", "\ufe0f", "\u1161", "\u11a8", "\xff", "\u0344"}
	n := 300_000
	if testing.Short() {
		n = 20_000
	}
	rng := rand.New(rand.NewPCG(61, 51))
	for range n {
		var b strings.Builder
		for range 1 + rng.IntN(8) {
			b.WriteString(mixtures[rng.IntN(len(mixtures))])
			b.WriteString(invisible[rng.IntN(len(invisible))])
		}
		text := Normalise(b.String())
		if again := Normalise(text.Norm).Norm; again != text.Norm {
			t.Fatalf("%q: %q, and of that %q", b.String(), text.Norm, again)
		}
		checkSpans(t, text)
		for _, c := range Codes(text) {
			if len(c.Value) != 2 {
				t.Fatalf("%q: %+v", b.String(), c)
			}
		}
	}
}
