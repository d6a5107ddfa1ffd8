package mask

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// leaks reports whether out still holds seven or more digits of number in a row,
// however they are written. Markers don't count: what they show may be shown.
func leaks(out, number string) bool {
	var b strings.Builder
	m := read(out)
	for _, c := range m.digits {
		b.WriteByte('0' + c)
	}
	rest := b.String()
	for i := 0; i+7 <= len(number); i++ {
		if strings.Contains(rest, number[i:i+7]) {
			return true
		}
	}
	return false
}

// check masks text and reports whether number is gone. It fails the test where
// masking twice is not masking once.
func check(t *testing.T, text, number string) bool {
	t.Helper()
	got, _ := Mask(text)
	if again, found := Mask(got.String()); again != got || found.Any() {
		t.Fatalf("masking twice\n text  %q\n once  %q\n twice %q", text, got, again)
	}
	return !leaks(got.String(), number)
}

// rate runs try n times and fails the test if less than want succeed.
func rate(t *testing.T, name string, n int, want float64, try func(r *rand.Rand) (string, bool)) (failures int) {
	t.Helper()
	r := newRand(uint64(len(name)) + 1)
	var example string
	for range n {
		if text, ok := try(r); !ok {
			if failures++; failures <= 3 {
				example += fmt.Sprintf("\n   %q -> %q", text, Of(text))
			}
		}
	}
	if got := 1 - float64(failures)/float64(n); got < want {
		t.Errorf("%-36s %.2f %% of %d, want %.2f %%%s", name, 100*got, n, 100*want, example)
	} else if failures > 0 {
		t.Logf("%-36s %.2f %% of %d%s", name, 100*got, n, example)
	}
	return failures
}

func TestCleanCards(t *testing.T) {
	for _, s := range cleanStyles {
		rate(t, s.name, 4000, 1, func(r *rand.Rand) (string, bool) {
			card := newCard(r)
			text := strings.Replace(pick(r, cardSentences), "{}", s.write(r, card), 1)
			ok := check(t, text, card)
			return text, ok && (strings.Contains(Of(text).String(), "尾号"+card[len(card)-4:]))
		})
	}
}

func TestDisguisedCards(t *testing.T) {
	const n = 300
	failures := 0
	for _, s := range disguises {
		failures += rate(t, s.name, n, 0.985, func(r *rand.Rand) (string, bool) {
			card := newCard(r)
			text := strings.Replace(pick(r, cardSentences), "{}", s.write(r, card), 1)
			return text, check(t, text, card)
		})
	}
	total := n * len(disguises)
	t.Logf("%d of %d disguised cards found in %d styles, %.3f %%", total-failures, total, len(disguises), 100-100*float64(failures)/float64(total))
	if float64(failures) > 0.005*float64(total) {
		t.Errorf("%d of %d disguised cards were missed", failures, total)
	}
}

// TestBusinessNumbers: what support works with stays as it is.
func TestBusinessNumbers(t *testing.T) {
	const n = 500
	for _, b := range business {
		rate(t, b.name, n, 1, func(r *rand.Rand) (string, bool) {
			text := b.make(r)
			got, found := Mask(text)
			return text, got.String() == text && !found.Any()
		})
	}
	t.Logf("%d texts of %d kinds", n*len(business), len(business))
}

// TestBareNumbers: a number that nothing names is taken for a card when prefix,
// length and check digit allow it. That is the price of finding every card; this
// is how high it is.
func TestBareNumbers(t *testing.T) {
	rate(t, "bare numbers of 16 to 19 digits", 20000, 0.975, func(r *rand.Rand) (string, bool) {
		text := strings.Replace(pick(r, []string{"{}", "这笔 {} 帮我查一下", "{} 失败了", "刷卡失败 {}", "信用卡付的，{} 这单没到账"}), "{}", fmt.Sprint(1+r.IntN(9))+digitsOf(r, 15+r.IntN(4)), 1)
		_, found := Mask(text)
		return text, !found.Any()
	})
	rate(t, "bare numbers of other lengths", 20000, 0.999, func(r *rand.Rand) (string, bool) {
		text := "这笔 " + fmt.Sprint(2+r.IntN(8)) + digitsOf(r, pick(r, []int{5, 7, 9, 11, 19, 21, 27, 31})) + " 帮我查一下"
		_, found := Mask(text)
		return text, !found.Any()
	})
}

func TestSecrets(t *testing.T) {
	const n = 3000
	for _, s := range secrets {
		rate(t, s.kind.String(), n, 0.99, func(r *rand.Rand) (string, bool) {
			value, st := s.value(r), pick(r, s.styles)
			written := st.write(r, value)
			text := strings.Replace(pick(r, s.sentences), "{}", written, 1)
			got, found := Mask(text)
			if again, _ := Mask(got.String()); again != got {
				t.Fatalf("masking twice\n text  %q\n once  %q\n twice %q", text, got, again)
			}
			return text, found[s.kind] > 0 && !strings.Contains(got.String(), written)
		})
	}
}

func TestTracks(t *testing.T) {
	for _, tr := range tracks {
		rate(t, tr.name, 300, 0.99, func(r *rand.Rand) (string, bool) {
			card := newCard(r)
			text := strings.Replace(pick(r, []string{"{}", "磁道数据 {}", "POS打出来 {} 帮我看", "log: {}\n交易失败"}), "{}", tr.make(r, card), 1)
			got, _ := Mask(text)
			return text, check(t, text, card) && !strings.Contains(got.String(), "2512")
		})
	}
}

// TestExamples shows what becomes of what. An empty want means that it stays.
func TestExamples(t *testing.T) {
	for _, e := range []struct{ text, want string }{
		{"61 刷了8000", ""},
		{"商户号 898440154110001 终端号 12345678 参考号 123456789012 流水 000123", ""},
		{"尾号0128", ""},
		{"95516", ""},
		{"密码错误55", ""},
		{"输错3次", ""},
		{"刷了5000、4000、3000、2000都不行", ""},
		{"51、55、61、05、14、54、41、43都出现过", ""},
		{"单号：4200001234202401151234567890", ""},
		{"卡号 622202******0128 订单号4111111111111111", ""},
		{"用信用卡付的,参考号123456789012,尾号1111", ""},
		{"有效期到2025-12-31", ""},
		{"客服电话400-820-8820或010-62345678", ""},
		{"输密码 8000 不行", ""},
		{"4111111111111111是订单号", ""},
		{"error code is 1061", ""},
		{"验证码短信是不是1069开头的", ""},
		{"证书有效期到2026/12", ""},
		{"合同2026/12到期，卡照样能刷", ""},
		{"4818 9692 8349 4755这四笔没到账", ""},
		{"流水12345611:06", ""},

		{"卡号4111111111111111刷不了", "卡号[卡号 尾号1111]刷不了"},
		{"四幺幺幺 幺幺幺幺 幺幺幺幺 幺幺幺幺", "[卡号 尾号1111]"},
		{"前四位4111，中间八位11111111，最后1111", "前四位[卡号 尾号1111]"},
		{"61 4111-1111-1111-1111 8000元", "61 [卡号 尾号1111] 8000元"},
		{"信息：刘伟/13812345678/110101199003070038/4111111111111111", "信息：刘伟/138****5678/[已屏蔽]/[卡号 尾号1111]"},
		{"SN:8823718237/4111111111111111", "SN:8823718237/[卡号 尾号1111]"},
		{"订单号4111111111111111，卡号5500005555555559", "订单号4111111111111111，卡号[卡号 尾号5559]"},
		{"4111111111111111 12/25 123", "[卡号 尾号1111] [已屏蔽] [已屏蔽]"},
		{"4111111111111111|12|28|123", "[卡号 尾号1111]|[已屏蔽]|[已屏蔽]"},
		{"4111111111111111 Dec 2028 123", "[卡号 尾号1111] [已屏蔽] [已屏蔽]"},
		{"12/28 123 4111111111111111", "[已屏蔽] [已屏蔽] [卡号 尾号1111]"},
		{"4111111111111111 10-28 消费", "[卡号 尾号1111] 10-28 消费"}, // a day
		{"begins 4111, middle 11111111, last four 1111", "begins [卡号 尾号1111]"},
		{"4111那什么1111好像是1111最后1111", "[卡号 尾号1111]"},
		{"尾号1111的卡，前面是411111111111", "尾号1111的卡，前面是[卡号 尾号1111]"},
		{"1. 4111\n2. 1111\n3. 1111\n4. 1111", "1. [卡号 尾号1111]"},
		{"李娜 9:31\n41111111\n李娜 9:32\n11111111", "李娜 9:31\n[卡号 尾号1111]"},
		{"128.00元411111111111111111:06", "128.00元[卡号 尾号1111]11:06"},
		{"订单号4111111111111111(不对，这是卡号)", "订单号[卡号 尾号1111](不对，这是卡号)"},
		{"3 digits on the back are 2 4 5", "3 digits on the back are [已屏蔽]"},
		{"cvv228", "cvv[已屏蔽]"},
		{"密码（别跟别人说）160896", "密码（别跟别人说）[已屏蔽]"},
		{"输了三次000000都是密码错误", "输了三次[已屏蔽]都是密码错误"},
		{"sms says 41 32 89 is the code", "sms says [已屏蔽] is the code"},
		{"这张卡零四三一才到期", "这张卡[已屏蔽]才到期"},
		{"卡号6222021234567895", "卡号[卡号 尾号7895]"}, // the check digit is wrong
		{"4111111111111111一直不行", "[卡号 尾号1111]一直不行"},
		{";4111111111111111=25121011000012345678?", "[已屏蔽]"},
		{"密码不是123456就是654321", "密码不是[已屏蔽]就是[已屏蔽]"},
		{"wifi密码是Abc12345", "wifi密码是[已屏蔽]"},
		{"您的验证码为123456，5分钟内有效", "您的验证码为[已屏蔽]，5分钟内有效"},
		{`{"cardNo":"4111111111111111","cvv":"123","exp":"12/25"}`, `{"cardNo":"[卡号 尾号1111]","cvv":"[已屏蔽]","exp":"[已屏蔽]"}`},
	} {
		if e.want == "" {
			e.want = e.text
		}
		if got := Of(e.text).String(); got != e.want {
			t.Errorf("%q\n got  %q\n want %q", e.text, got, e.want)
		}
	}
}
