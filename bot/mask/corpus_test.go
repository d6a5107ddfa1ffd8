package mask

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The corpora are made here, from a fixed seed, so that every failure can be
// repeated. All numbers are random; none is anybody's card.

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 61)) }

func digitsOf(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(r.IntN(10))
	}
	return string(b)
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// cardPrefixes are prefixes and lengths of the issuer table, the common ones
// more than once.
var cardPrefixes = []struct {
	prefix string
	length int
}{
	{"621700", 19}, {"622202", 19}, {"622848", 19}, {"621226", 19}, {"62", 19}, {"62", 19}, {"62", 16}, {"625", 16}, {"62", 17}, {"62", 18},
	{"81", 16}, {"81", 19}, {"4", 16}, {"4", 16}, {"4", 13}, {"4", 19}, {"51", 16}, {"52", 16}, {"53", 16}, {"54", 16}, {"55", 16},
	{"2[2-7]", 16}, {"2[2-7]", 16}, {"34", 15}, {"37", 15}, {"3528", 16}, {"3589", 16}, {"356", 19}, {"36", 14}, {"38", 14}, {"39", 14},
	{"300", 14}, {"305", 14}, {"6011", 16}, {"644", 16}, {"649", 16}, {"65", 16}, {"601382", 19}, {"60", 16}, {"68", 16}, {"69", 19}, {"955880", 19}, {"9", 16},
}

func newCard(r *rand.Rand) string {
	p := pick(r, cardPrefixes)
	if p.prefix == "2[2-7]" { // Mastercard, 2221 to 2720
		p.prefix = fmt.Sprint(2221 + r.IntN(500))
	}
	return withLuhn(p.prefix + digitsOf(r, p.length-len(p.prefix)-1))
}

func withLuhn(s string) string {
	for c := byte('0'); c <= '9'; c++ {
		if luhn(values(s + string(c))) {
			return s + string(c)
		}
	}
	panic("no check digit")
}

func values(s string) []byte {
	v := []byte(s)
	for i := range v {
		v[i] -= '0'
	}
	return v
}

func newID(r *rand.Rand) string {
	s := pick(r, []string{"110101", "440305", "620102", "510104", "330106", "230102", "654001"}) +
		fmt.Sprintf("%d%02d%02d", 1950+r.IntN(60), 1+r.IntN(12), 1+r.IntN(28)) + digitsOf(r, 3)
	for c := byte(0); c <= 10; c++ {
		if isID(values(s), c) {
			return s + string("0123456789X"[c])
		}
	}
	panic("no check character")
}

func newMobile(r *rand.Rand) string {
	return "1" + pick(r, strings.Split("3456789", "")) + digitsOf(r, 9)
}

// style writes a number in some way.
type style struct {
	name  string
	write func(r *rand.Rand, s string) string
}

// cut divides s into groups of the given sizes, the last size repeating.
func cut(s string, sizes ...int) []string {
	var out []string
	for i := 0; len(s) > 0; i++ {
		n := min(sizes[min(i, len(sizes)-1)], len(s))
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

// cutRandomly divides s into groups of one to five.
func cutRandomly(r *rand.Rand, s string) []string {
	var out []string
	for len(s) > 0 {
		n := min(1+r.IntN(5), len(s))
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

// in writes every digit with the runes of set, which are ten in order.
func in(set string) func(*rand.Rand, string) string {
	runes := []rune(set)
	return func(_ *rand.Rand, s string) string {
		var b strings.Builder
		for _, c := range s {
			if '0' <= c && c <= '9' {
				c = runes[c-'0']
			}
			b.WriteRune(c)
		}
		return b.String()
	}
}

func joinedBy(sep string, sizes ...int) func(*rand.Rand, string) string {
	return func(_ *rand.Rand, s string) string { return strings.Join(cut(s, sizes...), sep) }
}

// joinedByWords puts what next gives between groups.
func joinedByWords(next func(*rand.Rand) string, sizes ...int) func(*rand.Rand, string) string {
	return func(r *rand.Rand, s string) string {
		var b strings.Builder
		for i, p := range cut(s, sizes...) {
			if i > 0 {
				b.WriteString(next(r))
			}
			b.WriteString(p)
		}
		return b.String()
	}
}

func oneOf(words ...string) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return pick(r, words) }
}

const (
	fullWidth = "０１２３４５６７８９"
	chinese   = "零一二三四五六七八九"
	circles   = "⓪①②③④⑤⑥⑦⑧⑨"
)

var cleanStyles = []style{
	{"plain", joinedBy("", 20)},
	{"by four, spaces", joinedBy(" ", 4)},
	{"by four, hyphens", joinedBy("-", 4)},
}

var disguises = []style{
	{"by four, dots", joinedBy(".", 4)},
	{"by four, slashes", joinedBy("/", 4)},
	{"by four, underscores", joinedBy("_", 4)},
	{"by four, middle dots", joinedBy("·", 4)},
	{"by four, tildes", joinedBy("~", 4)},
	{"by four, asterisks", joinedBy("*", 4)},
	{"by four, bars", joinedBy("|", 4)},
	{"by four, commas", joinedBy("，", 4)},
	{"by four, enumeration commas", joinedBy("、", 4)},
	{"by four, long dashes", joinedBy("—", 4)},
	{"by four, two spaces", joinedBy("  ", 4)},
	{"by four, wide spaces", joinedBy("\u3000", 4)},
	{"by four, no-break spaces", joinedBy("\u00a0", 4)},
	{"by four, new lines", joinedBy("\n", 4)},
	{"by four, colons", joinedBy(":", 4)},
	{"by four, brackets", joinedBy(")(", 4)},
	{"by four, emoji", joinedBy("💳", 4)},
	{"by four, dash in spaces", joinedBy(" - ", 4)},
	{"single digits, spaces", joinedBy(" ", 1)},
	{"single digits, hyphens", joinedBy("-", 1)},
	{"single digits, dots", joinedBy(".", 1)},
	{"single digits, commas", joinedBy(",", 1)},
	{"single digits, zero width", joinedBy("\u200b", 1)},
	{"single digits, joiners", joinedBy("\u2060", 1)},
	{"by four, zero width", joinedBy("\u200b", 4)},
	{"pairs, spaces", joinedBy(" ", 2)},
	{"by three, spaces", joinedBy(" ", 3)},
	{"by six and rest", joinedBy(" ", 6, 20)},
	{"4-6-rest", joinedBy(" ", 4, 6, 9)},
	{"4-8-rest", joinedBy("-", 4, 8, 9)},
	{"two halves", joinedBy(" ", 8, 20)},
	{"random groups, spaces", func(r *rand.Rand, s string) string { return strings.Join(cutRandomly(r, s), " ") }},
	{"random groups, random separators", func(r *rand.Rand, s string) string {
		var b strings.Builder
		for i, p := range cutRandomly(r, s) {
			if i > 0 {
				b.WriteString(pick(r, []string{" ", "-", ".", "·", "_", "/", "|", "~", "*", "+", "，", "、", " - "}))
			}
			b.WriteString(p)
		}
		return b.String()
	}},
	{"full width", in(fullWidth)},
	{"full width by four", func(r *rand.Rand, s string) string { return in(fullWidth)(r, joinedBy("　", 4)(r, s)) }},
	{"chinese", in(chinese)},
	{"chinese with circles for zero", in("〇一二三四五六七八九")},
	{"chinese as on the telephone", in("洞幺两三四五六拐八勾")},
	{"chinese formal", in("零壹贰叁肆伍陆柒捌玖")},
	{"chinese formal traditional", in("零壹貳參肆伍陸柒捌玖")},
	{"chinese by four, commas", func(r *rand.Rand, s string) string { return in(chinese)(r, joinedBy("，", 4)(r, s)) }},
	{"chinese single, spaces", func(r *rand.Rand, s string) string { return in(chinese)(r, joinedBy(" ", 1)(r, s)) }},
	{"circled", in(circles)},
	{"arabic-indic", in("٠١٢٣٤٥٦٧٨٩")},
	{"mathematical bold", in("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")},
	{"superscript", in("⁰¹²³⁴⁵⁶⁷⁸⁹")},
	{"keycaps", func(_ *rand.Rand, s string) string {
		var b strings.Builder
		for _, c := range s {
			b.WriteRune(c)
			b.WriteString("\ufe0f\u20e3")
		}
		return b.String()
	}},
	{"struck through", func(_ *rand.Rand, s string) string {
		var b strings.Builder
		for _, c := range s {
			b.WriteRune(c)
			b.WriteRune('\u0336')
		}
		return b.String()
	}},
	{"letters for digits", func(r *rand.Rand, s string) string {
		b := []byte(s)
		for i := 1; i < len(b)-1; i++ {
			if b[i] == '0' && i > 1 {
				b[i] = "oO"[r.IntN(2)]
			} else if b[i] == '1' && i > 1 {
				b[i] = "lI"[r.IntN(2)]
			}
		}
		return string(b)
	}},
	{"scripts mixed by digit", func(r *rand.Rand, s string) string {
		var b strings.Builder
		for i := range len(s) {
			b.WriteString(in(pick(r, []string{"0123456789", fullWidth, chinese, circles}))(r, s[i:i+1]))
		}
		return b.String()
	}},
	{"scripts mixed by group", func(r *rand.Rand, s string) string {
		var b strings.Builder
		for _, p := range cut(s, 4) {
			b.WriteString(in(pick(r, []string{"0123456789", fullWidth, chinese}))(r, p))
		}
		return b.String()
	}},
	{"words between", joinedByWords(oneOf("然后", "后面", "后面是", "然后是", "接着", "再", "中间", "最后", "空格", "杠"), 4)},
	{"words and commas between", joinedByWords(oneOf("，然后", "，后面是", "，接着是 ", "，再 ", "，最后是"), 4)},
	{"counted groups", func(_ *rand.Rand, s string) string {
		p := cut(s, 4, 4, 20)
		return "前四位" + p[0] + "，中间四位" + p[1] + "，后面" + p[2]
	}},
	{"numbered groups", func(_ *rand.Rand, s string) string {
		p := cut(s, 4, 4, 4, 20)
		return "第一组" + p[0] + "第二组" + p[1] + "第三组" + p[2] + "剩下的" + p[3]
	}},
	{"spelled in english", func(_ *rand.Rand, s string) string {
		return spell(s, []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"})
	}},
	{"spelled in pinyin", func(_ *rand.Rand, s string) string {
		return spell(s, []string{"ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"})
	}},
}

func spell(s string, words []string) string {
	out := make([]string, len(s))
	for i := range len(s) {
		out[i] = words[s[i]-'0']
	}
	return strings.Join(out, " ")
}

// sentences a card number turns up in. {} stands for it.
var cardSentences = []string{
	"{}", "卡号{}", "卡号是{}", "我的卡号：{} 刷不了", "刷{}这张卡显示61", "{}报61怎么办", "顾客的卡{}提示超限", "这张卡 {} 一直不行",
	"POS显示61，卡是{}，帮忙看看", "刷了8000，{}，不行", "61 {}", "{} 61", "建行{}", "{}这是卡号", "您好，{}，刷不了",
	"转账到王芳的卡 {}", "{} 李娜的银行卡", "信息汇总：刘伟/{}/北京", "my card {} was declined", "card no: {} code 61",
	"商户号898440154110001 {} 不行", "终端号12345678，卡号{}，参考号123456789012", "“{}”", "（{}）", "昨天下午3点刷的{},金额6800元",
}

// business makes texts with numbers that must stay, all of them labelled.
var business = []struct {
	name string
	make func(r *rand.Rand) string
}{
	{"merchant number", func(r *rand.Rand) string {
		return pick(r, []string{"商户号", "商户号：", "商户编号: ", "商编", "MID:", "merchant no ", "我的商户号是", "商户号(银联) ", "商戶號"}) + digitsOf(r, 15)
	}},
	{"terminal number", func(r *rand.Rand) string {
		return pick(r, []string{"终端号", "终端号：", "终端编号 ", "TID ", "terminal id: ", "终端号是"}) + digitsOf(r, 8)
	}},
	{"terminal numbers", func(r *rand.Rand) string {
		return "终端号" + digitsOf(r, 8) + pick(r, []string{"、", "和", "，", " ", "/"}) + digitsOf(r, 8)
	}},
	{"reference number", func(r *rand.Rand) string {
		return pick(r, []string{"参考号", "参考号：", "系统参考号 ", "RRN ", "ref no: ", "检索参考号为"}) + digitsOf(r, 12)
	}},
	{"trace number", func(r *rand.Rand) string {
		return pick(r, []string{"流水", "流水号：", "凭证号 ", "trace ", "批次号", "授权码 "}) + digitsOf(r, 6)
	}},
	{"trace numbers", func(r *rand.Rand) string {
		return "流水号 " + digitsOf(r, 6) + pick(r, []string{"、", " ", "，", "和"}) + digitsOf(r, 6) + pick(r, []string{"、", " ", "，"}) + digitsOf(r, 6)
	}},
	{"slip", func(r *rand.Rand) string {
		sep := pick(r, []string{" ", "\n", "，", "；", " / "})
		return strings.Join([]string{"商户号 " + digitsOf(r, 15), "终端号 " + digitsOf(r, 8), "参考号 " + digitsOf(r, 12),
			"流水 " + digitsOf(r, 6), "批次 " + digitsOf(r, 6), "授权码 " + digitsOf(r, 6), "金额 " + digitsOf(r, 4) + ".00", "卡号 622202******" + digitsOf(r, 4)}, sep)
	}},
	{"english slip", func(r *rand.Rand) string {
		return "MERCHANT NO: " + digitsOf(r, 15) + "\nTERMINAL NO: " + digitsOf(r, 8) + "\nREF NO: " + digitsOf(r, 12) + "\nBATCH NO: " + digitsOf(r, 6) + "\nTRACE NO: " + digitsOf(r, 6) + "\nAUTH NO: " + digitsOf(r, 6) + "\nCARD NO: 622202******" + digitsOf(r, 4)
	}},
	{"order number", func(r *rand.Rand) string {
		return pick(r, []string{"订单号", "订单号：", "订单编号是", "单号 ", "商户单号", "交易单号: ", "微信支付单号 ", "order no. ", "order number is ", "快递单号", "运单号："}) + digitsOf(r, pick(r, []int{13, 14, 15, 16, 17, 18, 19, 20, 28, 32}))
	}},
	{"order number in groups", func(r *rand.Rand) string {
		return "订单号 " + strings.Join(cut(digitsOf(r, 16), 4), pick(r, []string{" ", "-"}))
	}},
	{"order numbers", func(r *rand.Rand) string {
		return "订单号" + digitsOf(r, 16) + pick(r, []string{"、", "和", "及"}) + digitsOf(r, 16)
	}},
	{"order number with letters", func(r *rand.Rand) string {
		return pick(r, []string{"订单号", "单号：", "快递单号 "}) + pick(r, []string{"SF", "JD", "NO", "AB"}) + digitsOf(r, pick(r, []int{12, 13, 16}))
	}},
	{"serial number", func(r *rand.Rand) string {
		return pick(r, []string{"SN", "SN:", "SN码 ", "机身号 ", "IMEI ", "IMEI：", "序列号：", "S/N "}) + digitsOf(r, pick(r, []int{13, 14, 15, 16, 19}))
	}},
	{"order number beside a card", func(r *rand.Rand) string {
		return "用建行信用卡付的，" + pick(r, []string{"订单号", "单号"}) + digitsOf(r, 16) + "，卡尾号" + digitsOf(r, 4)
	}},
	{"amounts", func(r *rand.Rand) string {
		sep := pick(r, []string{"、", "，", " ", "和", "/"})
		var a []string
		for range 2 + r.IntN(7) {
			a = append(a, fmt.Sprint(100*(1+r.IntN(99))))
		}
		return "刷了" + strings.Join(a, sep) + pick(r, []string{"", "都不行", "元"})
	}},
	{"amounts in yuan", func(r *rand.Rand) string {
		var a []string
		for range 2 + r.IntN(5) {
			a = append(a, fmt.Sprint(1+r.IntN(99999))+pick(r, []string{"元", "块", "块钱"}))
		}
		return "收款" + strings.Join(a, pick(r, []string{"、", "，", " "}))
	}},
	{"amounts with cents", func(r *rand.Rand) string {
		var a []string
		for range 2 + r.IntN(5) {
			a = append(a, fmt.Sprintf("%d.%02d", 1+r.IntN(9999), r.IntN(100)))
		}
		return "金额" + strings.Join(a, pick(r, []string{"、", "，", " ", "\n"}))
	}},
	{"amounts with currency", func(r *rand.Rand) string {
		return fmt.Sprintf("¥%d,%03d.%02d + ¥%d.00 + ￥%d", 1+r.IntN(99), r.IntN(1000), r.IntN(100), r.IntN(10000), r.IntN(100000))
	}},
	{"dates and times", func(r *rand.Rand) string {
		return fmt.Sprintf("2024-%02d-%02d %02d:%02d:%02d 到 2025/%d/%d %02d:%02d", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60))
	}},
	{"dates in words", func(r *rand.Rand) string {
		return fmt.Sprintf("%d月%d日%d点%d分刷了%d，%d号又刷%d次", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(90000), 1+r.IntN(28), r.IntN(9))
	}},
	{"time stamp", func(r *rand.Rand) string {
		return fmt.Sprintf("时间2024%02d%02d%02d%02d%02d", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60))
	}},
	{"response codes", func(r *rand.Rand) string {
		codes := []string{"51", "61", "65", "75", "55", "91", "96", "05", "57", "62", "41", "43", "14", "54"}
		r.Shuffle(len(codes), func(i, k int) { codes[i], codes[k] = codes[k], codes[i] })
		return "提示过" + strings.Join(codes[:6+r.IntN(4)], pick(r, []string{"、", "，", "/"}))
	}},
	{"hotlines", func(r *rand.Rand) string {
		return "打了95516、95533、95588、" + pick(r, []string{"400", "800"}) + digitsOf(r, 7) + "和010-" + digitsOf(r, 8)
	}},
	{"last four", func(r *rand.Rand) string {
		d := digitsOf(r, 4)
		return pick(r, []string{"尾号" + d, "卡尾号" + d + "报61", "卡号后四位" + d, "尾号是" + d + "的建行卡", "后四位：" + d, "card ending " + d, "last four " + d, "622202******" + d, "**** **** **** " + d})
	}},
	{"PIN tries", func(r *rand.Rand) string {
		d := fmt.Sprint(1 + r.IntN(999))
		return pick(r, []string{"密码错误" + d, "密码错了" + d + "次", "输错" + d + "次", "密码输错" + d + "次", "密码是6位数", "密码要输" + d + "遍", "验证码" + d + "分钟没收到", "验证码等了" + d + "秒", "PIN tries exceeded 75", "密码错误 55，金额 8000", "输密码 " + fmt.Sprint(100*(10+r.IntN(90))) + "不行",
			"验证码发到尾号" + digitsOf(r, 4) + "的手机", "密码正确，刷了" + d, "cvv是什么", "安全码是3位还是4位", "不要密码，" + d})
	}},
	{"quantities in words", func(r *rand.Rand) string {
		return pick(r, []string{"一共刷了三次，两张卡都不行", "刷了一万二千三百四十五元", "三千五百六十七块八", "六月一日到六月十五日", "一二三四五六七", "二〇二四年一月一日", "第一次六一，第二次五一"})
	}},
}

// secret is a way to write one of the values that nothing may survive of.
type secret struct {
	kind      Kind
	value     func(r *rand.Rand) string
	sentences []string
	styles    []style
}

func digits(lengths ...int) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return digitsOf(r, pick(r, lengths)) }
}

var shortStyles = []style{
	{"plain", joinedBy("", 20)}, {"plain", joinedBy("", 20)}, {"plain", joinedBy("", 20)},
	{"spaces", joinedBy(" ", 1)}, {"hyphens", joinedBy("-", 1)}, {"full width", in(fullWidth)}, {"chinese", in(chinese)},
	{"telephone", in("洞幺两三四五六拐八勾")}, {"formal", in("零壹贰叁肆伍陆柒捌玖")}, {"circled", in(circles)}, {"zero width", joinedBy("\u200b", 1)}, {"threes", joinedBy(" ", 3)},
}

var secrets = []secret{
	{CVV, digits(3), []string{"CVV {}", "cvv2:{}", "CVN2 是{}", "安全码{}", "安全码是 {}", "背面三位{}", "背面三位数是{}", "卡背面的三位数字：{}", "后三位安全码{}", "cvc: {}", "security code {}",
		"the cvv is {}", "cvv码{}，有效期12/25", "{}是cvv", "CVV（{}）", "\"cvv\":\"{}\"", "背面后三位是{}", "签名栏后三位 {}", "客人的cvv是{} 帮看看", "CVV2为{}"}, shortStyles},
	{PIN, digits(6), []string{"密码{}", "密码是{}", "密码：{}", "密码为 {}", "卡密码 {}", "取款密码是{}，对的", "PIN {}", "pin码是{}", "PIN: {}", "my pin is {}", "the password is {}", "交易密码就是{}", "密码我发你 {}",
		"密码应该是{}", "{}是密码", "密码({})", "支付密码＝{}", "客人密码{}输不对", "密码改成{}了", "操作员密码：{}", "pin={}", "密 码：{}", "密码是6位数{}"}, shortStyles},
	{PIN, digits(4), []string{"PIN: {}", "pin is {}", "密码是{}", "密码:{}", "PIN码为{}"}, shortStyles[:11]},
	{Code, digits(4, 6), []string{"验证码{}", "验证码是{}", "验证码：{}", "您的验证码为{}，5分钟内有效", "【建设银行】验证码{}，请勿泄露", "动态码 {}", "动态密码：{}", "短信验证码收到了是{}", "校验码{}", "OTP {}",
		"verification code: {}", "{}是验证码", "{}（动态验证码）", "one-time code is {}", "{} is your verification code", "手机验证码 {} 发给你了", "驗證碼：{}", "yzm {}", "验证码发你{}", "刚收到的验证码{}"}, shortStyles[:11]},
	{Expiry, func(r *rand.Rand) string {
		m, y := 1+r.IntN(12), 24+r.IntN(12)
		return pick(r, []string{fmt.Sprintf("%02d/%d", m, y), fmt.Sprintf("%02d%d", m, y), fmt.Sprintf("%d/%02d", y, m), fmt.Sprintf("%02d-%d", m, y), fmt.Sprintf("%02d/20%d", m, y), fmt.Sprintf("20%d年%d月", y, m), fmt.Sprintf("%d年%d月", y, m), fmt.Sprintf("20%d-%02d", y, m)})
	}, []string{"有效期{}", "有效期：{}", "有效期是{}", "有效期至 {}", "exp {}", "expiry date: {}", "valid thru {}", "卡有效期{}，cvv 123", "有效期到{}"}, shortStyles[:1]},
	{ID, newID, []string{"身份证{}", "身份证号：{}", "{}", "证件号码 {}", "我的身份证号是{}", "刘伟 {} 手机13800000000", "信息：刘伟/13800000000/{}", "名下身份证{}办的卡", "id card {}"},
		[]style{{"plain", joinedBy("", 20)}, {"6-8-4", joinedBy(" ", 6, 8, 4)}, {"6-4-4-4", joinedBy("-", 6, 4, 4, 4)}, {"full width", in(fullWidth)}, {"chinese", in(chinese)}, {"zero width", joinedBy("\u200b", 1)}, {"singles", joinedBy(" ", 1)}}},
	{Mobile, newMobile, []string{"手机{}", "电话：{}", "我的手机号是{}", "{}", "打{}找我", "联系刘伟打这个{}", "刘伟/{}/北京", "call me at {}", "tel:{}", "微信同号 {}", "+86 {}", "我是张三{}", "{} 这是我的号"},
		[]style{{"plain", joinedBy("", 20)}, {"3-4-4", joinedBy(" ", 3, 4, 4)}, {"3-4-4", joinedBy("-", 3, 4, 4)}, {"3-8", joinedBy(" ", 3, 8)}, {"full width", in(fullWidth)}, {"chinese", in(chinese)}, {"telephone", in("洞幺两三四五六拐八勾")}, {"zero width", joinedBy("\u200b", 1)}}},
}

// tracks make magnetic stripe and chip data of a card number.
var tracks = []struct {
	name string
	make func(r *rand.Rand, card string) string
}{
	{"track 1", func(r *rand.Rand, c string) string {
		return "%B" + c + "^ZHANG/SAN^2512" + "101" + digitsOf(r, 13) + "?"
	}},
	{"track 1 cut short", func(r *rand.Rand, c string) string { return "B" + c + "^ZHANG/SAN ^2512101" }},
	{"track 2", func(r *rand.Rand, c string) string { return ";" + c + "=2512101" + digitsOf(r, 10) + "?" }},
	{"track 2 without sentinels", func(r *rand.Rand, c string) string { return c + "=2512" + digitsOf(r, 9) }},
	{"track 2 full width", func(r *rand.Rand, c string) string { return in(fullWidth)(r, c) + "＝2512" + digitsOf(r, 9) }},
	{"track 2 equivalent", func(r *rand.Rand, c string) string { return c + "D2512" + digitsOf(r, 11) + "F" }},
	{"track 2 equivalent, small", func(r *rand.Rand, c string) string { return c + "d2512" + digitsOf(r, 11) }},
	{"tag 57", func(r *rand.Rand, c string) string {
		v := c + "D2512" + digitsOf(r, 10)
		return fmt.Sprintf("9F260857%02X%sF", (len(v)+1)/2, v)
	}},
	{"tag 57 in words", func(r *rand.Rand, c string) string { return "tag 57: " + c + "D2512" + digitsOf(r, 10) + "F" }},
	{"tag 57 by bytes", func(r *rand.Rand, c string) string {
		v := c + "D2512" + digitsOf(r, 10) + "F"
		return fmt.Sprintf("57 %02X %s", (len(v)+1)/2, strings.Join(cut(v, 2), " "))
	}},
	{"tag 5A", func(r *rand.Rand, c string) string {
		if len(c)%2 == 1 {
			return fmt.Sprintf("5A%02X%sF5F3401015F2403251231", (len(c)+1)/2, c)
		}
		return fmt.Sprintf("5A%02X%s5F3401015F2403251231", len(c)/2, c)
	}},
	{"tag 5A in words", func(r *rand.Rand, c string) string { return "5A(08): " + c }},
	{"track 3", func(r *rand.Rand, c string) string {
		return ";01" + c + "=156156" + digitsOf(r, 12) + "=" + digitsOf(r, 10) + "?"
	}},
}
