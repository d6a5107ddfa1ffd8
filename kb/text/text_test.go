package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

var normaliseCases = []struct{ in, want string }{
	{"", ""},
	{" \t\n", ""},
	{"POS机", "pos机"},
	{"ＰＯＳ機顯示６１？", "pos机显示61?"},
	{"  61 \r\n\t 怎么办　啊 ", "61 怎么办 啊"},
	{"代码：６１，怎么办。好、的", "代码:61,怎么办。好、的"},
	{"說明書", "说明书"},
	{"為什麼餘額後來變了", "为什么余额后来变了"},
	{"到帳沒有,帳戶凍結", "到账没有,账户冻结"},
	{"到帐了吗", "到账了吗"},
	{"裡面 裏面", "里面 里面"},
	{"苧薴", "苎苎"},
	{"6\u200b1\ufeff", "61"},
	{"\u202e61\u202c", "61"},
	{"a\u0000b\u0007c", "abc"},
	{"6️⃣1️⃣", "61"},
	{"①②", "12"},
	{"٦١", "61"},
	{"㎏", "kg"},
	{"ﬁne", "fine"},
	{"Ａ\u0301", "á"},
	{"H\u0331", "ẖ"},
	{"İ", "i"},
	{"豈", "岂"},
	{"ﾊﾟ", "パ"},
	{"한글", "한글"},
	{"\xff61\xfe", "\ufffd61\ufffd"},
	{"don’t “61”—no", "don't \"61\"-no"},
	{"￥61", "¥61"},
	{"🙂👍🏽", "🙂👍🏽"},

	// disguised and misspelt
	{"银行KA卡余额", "银行卡余额"},
	{"刷ka卡有积芬", "刷卡有积分"},
	{"刷KA", "刷卡"},
	{"刷ka机", "刷卡机"},
	{"涮卡", "刷卡"},
	{"涮KA卡", "刷卡"},
	{"涮羊肉", "涮羊肉"},
	{"POSS机", "pos机"},
	{"正规POSS易说", "正规pos易说"},
	{"p0s机", "pos机"},
	{"possible", "possible"},
	{"lakaka卡", "lakaka卡"},
	{"visaka卡", "visaka卡"},
	{"状态码l1", "状态码l1"},
	{"就答码", "应答码"},
	{"核淮", "核准"},
	{"信xi息 身份zheng证 七咋", "信息 身份证 欺诈"},

	// numbers in words
	{"六十一", "61"},
	{"六一", "61"},
	{"六零", "60"},
	{"陆拾壹", "61"},
	{"陸拾壹", "61"},
	{"貳佰伍拾", "250"},
	{"五十一", "51"},
	{"零五", "05"},
	{"〇五", "05"},
	{"六幺", "61"},
	{"十二", "12"},
	{"二十", "20"},
	{"一百", "100"},
	{"一百六", "160"},
	{"一百零六", "106"},
	{"八千五", "8500"},
	{"六千一百", "6100"},
	{"一万二", "12000"},
	{"一万零五十", "10050"},
	{"两万三千", "23000"},
	{"五十万", "500000"},
	{"一亿", "100000000"},
	{"一百六十一", "161"},
	{"一千九百六十一", "1961"},
	{"二零二五年", "2025年"},
	{"十二月三十一日", "12月31日"},
	{"九五五一六", "95516"},
	{"一二一", "121"},
	{"显示六一一直这样", "显示61一直这样"},
	{"报六十一一直这样", "报61一直这样"},
	{"六五一张卡", "65一张卡"},
	{"六十一张卡", "61张卡"},
	{"二十一个", "21个"},
	{"报五六", "报56"},
	{"万一六一呢", "万一61呢"},
	{"sixty-one", "61"},
	{"Sixty One", "61"},
	{"sixtyone", "61"},
	{"fifty five", "55"},
	{"sixty", "sixty"},
	{"sixty-first", "sixty-first"},
	{"one hundred and sixty one", "one hundred and sixty one"},
	{"twenty sixty-one", "twenty 61"},

	// words that only look like numbers
	{"一一核对", "一一核对"},
	{"万一", "万一"},
	{"万一刷不了", "万一刷不了"},
	{"等一下", "等一下"},
	{"十分着急", "十分着急"},
	{"三五个人", "三五个人"},
	{"五六个客户", "五六个客户"},
	{"七八百块", "七八百块"},
	{"两三千", "两三千"},
	{"几十万", "几十万"},
	{"千万别刷", "千万别刷"},
	{"一清机", "一清机"},
	{"二清", "二清"},
	{"一机一码", "一机一码"},
	{"四要素", "四要素"},
	{"二维码", "二维码"},
	{"一五一十", "一五一十"},
	{"乱七八糟", "乱七八糟"},
	{"星期六", "星期六"},
	{"星期六一直刷不了", "星期六一直刷不了"},
	{"周五一早", "周五一早"},
	{"六月一日", "六月一日"},
	{"九点五十一", "九点五十一"},
	{"六点一万", "六点一万"},
	{"五一假期", "五一假期"},
	{"六一儿童节", "六一儿童节"},
	{"收拾一下", "收拾一下"},
	{"大陆一家银行", "大陆一家银行"},
	{"统一六", "统一六"},
	{"三三两两", "三三两两"},
	{"百分百", "百分百"},
	{"5千五百", "5千五百"},

	// leading zeros
	{"061", "61"},
	{"零六一", "61"},
	{"005", "05"},
	{"05", "05"},
	{"0612", "0612"},
	{"2061", "2061"},
	{"00061", "00061"},
	{"E061", "e61"},
	{"v061", "v061"},
	{"1,061", "1,061"},
	{"10 000", "10 000"},
	{"2.061", "2.061"},
	{"12:061", "12:061"},
	{"010-061", "010-061"},
	{"¥061", "¥061"},
	{"*061", "*061"},
	{"061/065", "61/65"},
	{"061.", "61."},
	{"061k", "061k"},
}

func TestNormalise(t *testing.T) {
	for _, c := range normaliseCases {
		got := Normalise(c.in)
		if got.Norm != c.want {
			t.Errorf("Normalise(%q) = %q, want %q", c.in, got.Norm, c.want)
		}
		if got.Original != c.in {
			t.Errorf("Normalise(%q).Original = %q", c.in, got.Original)
		}
		if again := Normalise(got.Norm).Norm; again != got.Norm {
			t.Errorf("Normalise(%q) = %q, and of that %q", c.in, got.Norm, again)
		}
	}
}

// Long runs of combining marks must neither grow without bound nor be handled
// in more than linear time.
func TestNormaliseMarks(t *testing.T) {
	for _, mark := range []string{"\u0301", "\u0344", "\u0315\u0300", "\u1161", "\u3099"} {
		s := "a" + strings.Repeat(mark, 1000)
		norm := Normalise(s).Norm
		if n := utf8.RuneCountInString(norm); n > 1+3*maxMarks {
			t.Errorf("%q…: %d runes are left", s[:10], n)
		}
		if again := Normalise(norm).Norm; again != norm {
			t.Errorf("%q…: %q becomes %q", s[:10], norm, again)
		}
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct{ in, part, want string }{
		{"显示61怎么办", "61", "61"},
		{"顯示６１怎麼辦", "61", "６１"},
		{"显示六十一怎么办", "61", "六十一"},
		{"显示六十一怎么办", "6", "六十一"},
		{"显示六十一怎么办", "1", "六十一"},
		{"显示六十一怎么办", "怎么", "怎么"},
		{"显示061吗", "61", "061"},
		{"显示零六一吗", "61", "零六一"},
		{"报 sixty-one 了", "61", "sixty-one"},
		{"银行KA卡问题", "卡", "KA卡"},
		{"银行KA卡问题", "银行卡", "银行KA卡"},
		{"涮卡", "刷", "涮"},
		{"6\u200b1", "61", "6\u200b1"},
		{"6️⃣1️⃣", "6", "6"},
		{"㎏数", "k", "㎏"},
		{"e\u0301t", "é", "e\u0301"},
		{"a  \t b", " ", "  \t "},
		{"\xff61", "61", "61"},
		{"a\xffb", "\ufffd", "\xff"},
		{"好！６１！", "!61!", "！６１！"},
	} {
		text := Normalise(c.in)
		at := strings.Index(text.Norm, c.part)
		if at < 0 {
			t.Errorf("%q: no %q in %q", c.in, c.part, text.Norm)
			continue
		}
		from, to := text.Span(at, at+len(c.part))
		if got := c.in[from:to]; got != c.want {
			t.Errorf("%q: %q came from %q, want %q", c.in, c.part, got, c.want)
		}
	}
}

func TestSpanClamps(t *testing.T) {
	for _, in := range []string{"", "61", "６１", "一张卡", "六十一"} {
		text := Normalise(in)
		n := len(text.Norm)
		for _, c := range [][2]int{{-5, n + 5}, {0, n}, {-1, 1 << 40}} {
			if from, to := text.Span(c[0], c[1]); from != 0 || to != len(in) {
				t.Errorf("%q: Span(%d, %d) = %d, %d", in, c[0], c[1], from, to)
			}
		}
		for _, c := range [][2]int{{0, 0}, {-3, -1}, {n, n}, {n + 1, n + 9}, {1, 0}} {
			if from, to := text.Span(c[0], c[1]); from != to || from < 0 || to > len(in) {
				t.Errorf("%q: Span(%d, %d) = %d, %d, want an empty range", in, c[0], c[1], from, to)
			}
		}
	}
	if from, to := Normalise("卡好").Span(1, 4); from != 0 || to != 6 {
		t.Errorf("a cut rune: %d, %d", from, to)
	}
	if from, to := (Text{Original: "ab", Norm: "abcd"}).Span(1, 4); from != 1 || to != 2 {
		t.Errorf("a text put together by hand: %d, %d", from, to)
	}
}

func TestLang(t *testing.T) {
	for want, texts := range map[string][]string{
		"zh": {
			"", "   ", "61", "61?", "６１", "?!", "🙂", "POS 61", "E61", "Z1", "T+1", "QR 61",
			"刷卡显示61", "card declined 怎么办", "為什麼", "ﾊﾟ",
			"pos ji xianshi 61 zenme ban", "shua ka shi bai", "jiaoyijine chaoxian", "ni hao", "zenmeban",
			"xiàn'é duōshao", "tishi 61", "xian e", "61 shi sha yisi", "xinyongka edu bu gou", "ka bei dongjie le",
			"you ren na haoduo ka shi", "wifi lian bu shang", "mac jiaoyan cuo",
		},
		"en": {
			"what does 61 mean", "declined 61", "help", "hi", "Hello!", "error 61", "code ER", "card",
			"can you change the machine", "same line name", "cashier training", "terminal care",
			"my card machine says no", "ｈｅｌｐ", "EXP APPR AMT LIM", "Mr Wang's card declined", "code 92 routing error",
			"made in china", "take the fee please", "do not honor",
		},
	} {
		for _, s := range texts {
			if got := Lang(s); got != want {
				t.Errorf("Lang(%q) = %s, want %s", s, got, want)
			}
		}
	}
}

func BenchmarkNormalise(b *testing.B) {
	for name, s := range map[string]string{
		"simplified":  "昨天还能刷的,今天换了张建行卡也是报61,客人还在店里等着,请问应该怎么办啊老师",
		"traditional": "昨天還能刷的，今天換了張建行卡也是報６１，客人還在店裡等著，請問應該怎麼辦啊老師",
		"english":     "the terminal says declined 61 again, what now?",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Normalise(s)
			}
		})
	}
}

// BenchmarkNormaliseAndCodes holds the budget of a message of 40 characters,
// 20 µs.
func BenchmarkNormaliseAndCodes(b *testing.B) {
	for name, s := range map[string]string{
		"simplified":  "昨天还能刷的,今天换了张建行卡也是报61,客人还在店里等着,请问应该怎么办啊老师",
		"traditional": "昨天還能刷的，今天換了張建行卡也是報６１，客人還在店裡等著，請問應該怎麼辦啊老師",
		"english":     "the terminal says declined 61 again, what now?",
		"numbers":     "6222 0202 61 11/05 18:51 61元 刷了51 不是61是51 尾号61 终端号 61",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Codes(Normalise(s))
			}
		})
	}
}

func BenchmarkMegabyte(b *testing.B) {
	for name, s := range map[string]string{
		"han":     strings.Repeat("顯示陸拾壹一直這樣，", 1<<20/30),
		"codes":   strings.Repeat("61元 ", 1<<20/6),
		"digits":  strings.Repeat("6", 1<<20),
		"spaces":  strings.Repeat(" ", 1<<20-2) + "61",
		"marks":   strings.Repeat("\u0301", 1<<19),
		"dashes":  "61" + strings.Repeat("-", 1<<20) + "61",
		"numeral": strings.Repeat("六", 1<<20/3),
		"kaka":    strings.Repeat("涮ka卡", 1<<20/8),
		"letters": strings.Repeat("exceeds ", 1<<20/8),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				Codes(Normalise(s))
			}
		})
	}
}
