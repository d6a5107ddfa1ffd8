package kb

import (
	"slices"
	"testing"
)

// adviceOf says which rules of advice a line of the named section breaks.
func adviceOf(lang Lang, section, s string, kind Kind) (rules []string) {
	var problems []Problem
	l := &linter{parsed: &parsed{kb: &KB{}}}
	t := placed{lang: lang, section: section, text: s, place: place{1, 1}}
	rep := reporter{"x.md", &problems}
	l.text(rep, t, kind)
	l.insufficient61(rep, &document{Entry: &Entry{Kind: kind, Codes: []string{"61"}}}, t)
	for _, p := range problems {
		if !slices.Contains(rules, p.Rule) {
			rules = append(rules, p.Rule)
		}
	}
	slices.Sort(rules)
	return rules
}

// What the web advises, and what a support lead may write in a hurry.
func TestAdviceCaught(t *testing.T) {
	for _, tt := range []struct {
		lang Lang
		text string
		rule string
	}{
		{ZH, "请顾客分两笔刷。", "splitting"},
		{ZH, "可以把金额拆成几笔。", "splitting"},
		{ZH, "建议拆单后再刷", "splitting"},
		{ZH, "多刷几笔就能过。", "splitting"},
		{ZH, "分次刷也行", "splitting"},
		{ZH, "一万分成五笔付", "splitting"},
		{ZH, "换个商户类型再试。", "splitting"},
		{ZH, "不要反复刷,可以分笔付。", "splitting"},
		{ZH, "能不能拆单要看银行", "splitting"},
		{ZH, "如果不能换卡就分两次付款,或分笔刷", "splitting"},
		{ZH, "拆单是不被禁止的", "splitting"},
		{ZH, "分笔刷没有被禁止", "splitting"},
		{ZH, "别的店可以分笔刷", "splitting"},
		{ZH, "换MCC再刷", "splitting"},
		{EN, "Split the amount into two payments.", "splitting"},
		{EN, "Try several smaller payments.", "splitting"},
		{EN, "Break the sale up into parts.", "splitting"},
		{EN, "Run it as two transactions.", "splitting"},
		{EN, "If you can't raise the limit split it.", "splitting"},
		{EN, "Do not retry, split the sale instead.", "splitting"},
		{EN, "Splitting is not forbidden.", "splitting"},
		{EN, "Change the merchant category and retry.", "splitting"},

		{ZH, "可以减小金额再试一次。", "smaller-amount"},
		{ZH, "换小金额刷一下", "smaller-amount"},
		{ZH, "先刷1块试试。", "smaller-amount"},
		{ZH, "调整交易金额,确保在限额内。", "smaller-amount"},
		{ZH, "金额改小一点", "smaller-amount"},
		{ZH, "小额试刷一笔", "smaller-amount"},
		{EN, "Try a smaller amount on the card.", "smaller-amount"},
		{EN, "Reduce the amount and retry.", "smaller-amount"},
		{EN, "Make a small test transaction.", "smaller-amount"},

		{ZH, "请提供卡号。", "asks-secret"},
		{ZH, "把CVV告诉我们", "asks-secret"},
		{ZH, "请持卡人报一下密码", "asks-secret"},
		{ZH, "拍一张银行卡正面发来", "asks-secret"},
		{ZH, "记下卡号和有效期", "asks-secret"},
		{ZH, "把收到的验证码发给客服", "asks-secret"},
		{ZH, "替顾客输密码", "asks-secret"},
		{EN, "Please send the card number.", "asks-secret"},
		{EN, "Ask the cardholder for the PIN.", "asks-secret"},
		{EN, "Note the expiry date and CVV.", "asks-secret"},
		{EN, "Share the SMS code with support.", "asks-secret"},

		{ZH, "钱马上到账。", "promise"},
		{ZH, "三个工作日内退回", "promise"},
		{ZH, "7天内原路返还", "promise"},
		{ZH, "我们保证不会扣钱", "promise"},
		{ZH, "调额后一定能刷", "promise"},
		{ZH, "损失由我们赔付", "promise"},
		{EN, "The money comes back within 7 days.", "promise"},
		{EN, "This is guaranteed to work.", "promise"},
		{EN, "You will be refunded.", "promise"},
		{EN, "It usually settles within three business days.", "promise"},

		{ZH, "单笔限额五万元", "limit-figure"},
		{ZH, "限额一般是 50000", "limit-figure"},
		{ZH, "超过1000块要输密码", "limit-figure"},
		{ZH, "小微商户 30万", "limit-figure"},
		{ZH, "免密上限￥1,000", "limit-figure"},
		{EN, "The limit is 5,000 per day.", "limit-figure"},
		{EN, "Taps above 1000 yuan need a PIN.", "limit-figure"},
		{EN, "RMB 500 a day", "limit-figure"},

		{ZH, "61 就是余额不足", "61-balance"},
		{ZH, "报61说明卡里没钱", "61-balance"},
		{ZH, "出现61通常因为余额不够", "61-balance"},
		{EN, "61 means insufficient funds", "61-balance"},
		{EN, "Code 61 is shown because there is not enough money", "61-balance"},

		{ZH, "推荐拉卡拉", "brand-promotion"},
		{EN, "We recommend Lakala", "brand-promotion"},
	} {
		if got := adviceOf(tt.lang, secDoNow, tt.text, Cause); !slices.Contains(got, tt.rule) {
			t.Errorf("%q: %v, want %s", tt.text, got, tt.rule)
		}
	}
}

// What good entries say must pass, or authors learn to work around the lint.
func TestAdviceAllowed(t *testing.T) {
	for _, tt := range []struct {
		lang    Lang
		section string
		kind    Kind
		text    string
	}{
		{ZH, secNever, Cause, "不要把一笔拆成几笔刷,卡组织规则和收单协议都禁止。"},
		{ZH, secNever, Cause, "不要拆单、换商户类型,分笔刷同样违规。"},
		{ZH, secDoNow, Cause, "先别反复刷,也不得分笔刷。"},
		{ZH, secMeaning, Policy, "拆单分笔、换商户类型(跳码)、套现,卡组织规则和收单协议都禁止。"},
		{EN, secMeaning, Policy, "Splitting a sale, changing the merchant type, cash-out: all forbidden by card scheme rules."},
		{EN, secNever, Cause, "Do not split one sale into several; card scheme rules and acquiring contracts forbid it."},
		{EN, secDoNow, Cause, "You must not split the sale."},
		{ZH, secNever, Cause, "不要改小金额反复试,会触发风控。"},
		{EN, secNever, Cause, "Never test with a smaller amount on the same card."},
		{ZH, secSteps, Cause, "有人连着试小额的,停止交易。"},
		{ZH, secSteps, Cause, "重新输入正确的金额。"},

		{ZH, secSteps, Cause, "请持卡人自己在密码键盘上输入密码,店员不看、不问密码。"},
		{ZH, secSteps, Cause, "请顾客核对卡片有效期。"},
		{ZH, secSteps, Cause, "提供商户号、终端号、参考号和卡号后四位。"},
		{ZH, secSteps, Cause, "拨打卡背面的客服电话,说明情况。"},
		{ZH, secSteps, Cause, "重新手输卡号并逐位核对。"},
		{ZH, secNever, Topic, "不要让顾客把密码、验证码告诉店员。"},
		{EN, secSteps, Cause, "Call the number on the back of the card."},
		{EN, secSteps, Cause, "Ask for chip and PIN."},
		{EN, secSteps, Cause, "Never ask for the PIN or a card number."},
		{EN, secSteps, Cause, "Give the merchant number, terminal number and the last four digits of the card number."},
		{EN, secSteps, Cause, "Let the cardholder enter the PIN on the PIN pad."},

		{ZH, secMeaning, Incident, "什么时候退回以发卡行的答复为准,我们不保证时间。"},
		{EN, secMeaning, Incident, "Only the issuer can say when the money is back; we cannot promise a date."},
		{ZH, secSteps, Cause, "保证网络稳定后再刷。"},
		{ZH, secSteps, Cause, "等系统恢复后再刷。"},
		{ZH, secSteps, Cause, "等 5 分钟再查一次。"},

		{ZH, secMeaning, Cause, "61 是金额超限,和余额无关;余额不足是 51。"},
		{ZH, secMeaning, Cause, "61 不是余额不足。"},
		{ZH, secMeaning, Cause, "余额不足一般显示 51,不是 61。"},
		{EN, secMeaning, Cause, "61 means the amount is over a limit. It is not about the balance."},
		{EN, secMeaning, Cause, "61 does not mean insufficient balance, which is 51."},

		{ZH, secMeaning, Cause, "这笔超过了这张卡的单笔或当日限额。"},
		{ZH, secSteps, Cause, "拨打银联客服 95516 核实。"},
		{ZH, secSteps, Cause, "61、51、55 是不同的代码。"},
		{ZH, secMeaning, Cause, "短时间内多笔交易会触发风控。"},
		{EN, secMeaning, Cause, "Typical after several sales in a short time."},
		{EN, secMeaning, Cause, "Too many transactions today."},
		{ZH, secSteps, Topic, "在人民银行官网(pbc.gov.cn)查支付机构。"},
	} {
		if got := adviceOf(tt.lang, tt.section, tt.text, tt.kind); len(got) > 0 {
			t.Errorf("%q: %v, want none", tt.text, got)
		}
	}
}
