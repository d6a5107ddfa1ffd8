package text

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// short names of evidence for the tables
var evidenceShort = map[string]string{
	"amount_matches_bill": "amount", "other_card": "other", "entry_mode": "mode", "insert_chip_works": "chip",
	"transaction_type": "type", "terminal_state": "terminal", "issuer_message": "bank", "foreign_card": "foreign",
	"same_card_elsewhere": "elsewhere", "acquirer_notice": "acquirer",
}

// evidenceCases say which facts a message states, as id=value, with ~ behind
// what is hedged. An empty string: none. Order does not matter here.
var evidenceCases = []struct{ in, want string }{
	// another card, zh
	{"换了张建行的卡也是61", "other=declined_61"},
	{"换卡也不行", "other=declined_61~"},
	{"换卡也失败", "other=declined_61~"},
	{"换了好几张不同银行的卡全是61", "other=declined_61"},
	{"所有卡都这样", "other=declined_61"},
	{"别的卡能刷", "other=approved"},
	{"换一张就过了", "other=approved"},
	{"就这一张刷不了,别人的都行", "other=approved"},
	{"前面几个客人都刷成功了", "other=approved"},
	{"刷卡显示61,换了一张也不行", "other=declined_61"},
	{"显示61,换了张卡,还是一样", "other=declined_61"},
	{"61。换了张招行的。也是61。", "other=declined_61"},
	{"换了张卡 还是61", "other=declined_61"},
	{"61 换卡也61", "other=declined_61"},
	{"换了张卡报51", "other=declined_other"},
	{"61,换了一张卡提示余额不足", "other=declined_other"},
	{"61,换了一张也不行,报51", "other=declined_other"},
	{"换张卡报别的错", "other=declined_other"},
	{"别的卡也失败,但不是61", "other=declined_other"},
	{"显示51,换卡也不行", "other=declined_other"},
	{"别的卡不报61", "other=approved"},
	{"其他卡没有61", "other=approved"},
	{"别的卡好像也不行", "other=declined_61~"},
	{"应该是所有卡都61", "other=declined_61~"},
	{"貌似其他卡能刷", "other=approved~"},
	{"没试过别的卡", "other=not_tried"},
	{"别的卡还没试", "other=not_tried"},
	{"没换卡试", "other=not_tried"},
	{"还没换过卡", "other=not_tried"},
	{"客人没带别的卡", "other=not_tried"},
	{"客人没有别的卡", "other=not_tried"},
	{"他只带了一张卡", "other=not_tried~"},
	{"只有这一张卡", "other=approved~"},
	{"就这张卡报61", "other=approved"},
	{"只有他的卡不行", "other=approved"},
	{"唯独这张卡刷不了", "other=approved"},
	{"不知道别的卡行不行", "other=unknown"},
	{"别的卡行不行不清楚", "other=unknown"},
	{"我自己的卡也刷不了,61", "other=declined_61"},
	{"拿老板的卡试了也是61", "other=declined_61"},
	{"建行工行的卡都61", "other=declined_61"},
	{"建行、工行、农行的卡都报61", "other=declined_61"},
	{"建行的卡61,农行的卡也是61", "other=declined_61"},
	{"建行卡61,农行卡能刷", "other=approved"},
	{"谁的卡都刷不了,全是61", "other=declined_61"},
	{"今天什么卡都刷不了,显示金额超限", "other=declined_61"},
	{"三张卡都是61", "other=declined_61"},
	{"两家银行的卡全报61", "other=declined_61"},
	{"没有一张卡能刷", "other=declined_61~"},
	{"换哪张都是61", "other=declined_61"},
	{"为什么换卡也不行", "other=declined_61~"},
	{"换了卡也61怎么办", "other=declined_61"},
	{"怎么换了卡还是61?", "other=declined_61"},
	{"为啥别的卡都能刷,就这张不行?", "other=approved"},
	{"换卡也61是不是机器坏了", "other=declined_61"},
	{"让客人换了张卡,一刷就过了", "other=approved"},
	{"客人换了张信用卡,结果过了", "other=approved"},
	{"换了张卡刷成功了", "other=approved"},
	{"其他客人的卡都没问题", "other=approved"},
	{"别的顾客刷卡正常", "other=approved"},
	{"上一个客人刷就没事", "other=approved"},
	{"换卡没用", "other=declined_61~"},
	{"換了張卡還是61", "other=declined_61"},
	{"別的卡都可以刷", "other=approved"},
	{"换ka也是61", "other=declined_61"},
	{"刷ＫＡ卡61,换了張卡也係６１", "other=declined_61"},
	{"不只这张,别的卡也61", "other=declined_61"},
	{"一笔都刷不出来", "other=declined_61~"},
	{"第一张61,第二张过了", "other=approved"},
	{"换一张又能刷了", "other=approved"},
	{"换小额别的卡能刷", ""},

	// another card, en
	{"another card worked", "other=approved"},
	{"every card gets 61", "other=declined_61"},
	{"only this card", "other=approved~"},
	{"two different banks' cards both 61", "other=declined_61"},
	{"61, tried another card, same thing", "other=declined_61"},
	{"I tried a different card and it went through", "other=approved"},
	{"another card doesn't work either", "other=declined_61~"},
	{"other cards are fine, just this one fails", "other=approved"},
	{"all cards are declined with 61", "other=declined_61"},
	{"it works with other cards", "other=approved"},
	{"61 on every card we try", "other=declined_61"},
	{"haven't tried another card yet", "other=not_tried"},
	{"we didn't try another card", "other=not_tried"},
	{"the customer has no other card", "other=not_tried"},
	{"no card works today, all 61", "other=declined_61"},
	{"a second card from another bank was approved", "other=approved"},
	{"another card says 51", "other=declined_other"},
	{"I think other cards fail too", "other=declined_61~"},
	{"don't know if other cards work", "other=unknown"},
	{"why does every card fail with 61?", "other=declined_61"},
	{"only one card gets 61", "other=approved"},
	{"other customers' cards go through", "other=approved"},
	{"my own card works", "other=approved"},
	{"none of the cards work", "other=declined_61~"},
	{"got 61. Tried another card. Same.", "other=declined_61"},
	{"declined 61 tried another card still 61", "other=declined_61"},

	// entry mode and the chip, zh
	{"挥卡61,插卡就过了", "mode=contactless chip=yes"},
	{"插卡也是61", "mode=chip chip=no"},
	{"插卡61", "mode=chip chip=no"},
	{"插卡输密码,显示61", "mode=chip chip=no"},
	{"我们是插卡的", "mode=chip"},
	{"插的卡", "mode=chip"},
	{"拍卡报61", "mode=contactless"},
	{"手机碰一下,报61", "mode=contactless"},
	{"闪付刷不了,提示超限", "mode=contactless"},
	{"apple pay付的,61", "mode=contactless"},
	{"客人用华为pay,61", "mode=contactless"},
	{"刷磁条显示61", "mode=stripe"},
	{"划卡61", "mode=stripe"},
	{"磁条卡,刷了就61", "mode=stripe"},
	{"扫码付款显示61", "mode=qr"},
	{"客人用付款码,61", "mode=qr"},
	{"微信扫码61", "mode=qr"},
	{"手输卡号的,61", "mode=keyed"},
	{"手工输入卡号报61", "mode=keyed"},
	{"刷卡61", ""},
	{"刷卡显示61怎么办", ""},
	{"不是扫码,是插卡", "mode=chip"},
	{"不是插卡是挥卡", "mode=contactless"},
	{"挥卡61,还没插卡试", "mode=contactless chip=not_tried"},
	{"没插卡", "chip=not_tried"},
	{"插卡没试过", "chip=not_tried"},
	{"没试过插卡", "chip=not_tried"},
	{"挥卡和插卡都61", "mode=chip chip=no"},
	{"挥卡61,插卡也61", "mode=chip chip=no"},
	{"插卡61,挥卡也61", "mode=chip chip=no"},
	{"扫码61,刷卡可以", "mode=qr"},
	{"碰一碰61,插卡输密码成功了", "mode=contactless chip=yes"},
	{"挥卡不行插卡行", "mode=contactless chip=yes"},
	{"插卡才能过", "chip=yes"},
	{"要插卡才行", "chip=yes"},
	{"划卡61插卡不61", "mode=stripe chip=yes"},
	{"插卡试了,也不行", "mode=chip chip=no"},
	{"插卡好像也不行", "mode=chip~ chip=no~"},
	{"应该是闪付的", "mode=contactless~"},
	{"不知道怎么刷的", "mode=unknown"},
	{"不知道插卡行不行", "chip=unknown"},
	{"昨天插卡还能刷", "terminal=normal"},
	{"換成插卡就可以了", "chip=yes"},
	{"感應付款61", "mode=contactless"},
	{"换了张卡插卡也不行", "other=declined_61~"},
	{"别的卡插卡能过", "other=approved"},

	// entry mode and the chip, en
	{"tapped it and got 61", "mode=contactless"},
	{"contactless declined 61, inserting the chip worked", "mode=contactless chip=yes"},
	{"chip doesn't work either", "chip=no"},
	{"inserted the card, still 61", "mode=chip chip=no"},
	{"the customer inserted the card and entered the PIN", "mode=chip"},
	{"swiped the card, 61", "mode=stripe"},
	{"magstripe gives 61", "mode=stripe"},
	{"scanned the QR code, got 61", "mode=qr"},
	{"keyed in, got 61", "mode=keyed"},
	{"manual entry, 61", "mode=keyed"},
	{"it was Apple Pay, declined 61", "mode=contactless"},
	{"we haven't tried inserting", "chip=not_tried"},
	{"didn't insert the chip", "chip=not_tried"},
	{"chip and pin works", "chip=yes"},
	{"tap fails with 61 but inserting works", "mode=contactless chip=yes"},
	{"it only fails when tapping", "mode=contactless"},
	{"works when inserted", "chip=yes"},
	{"I think it was tapped", "mode=contactless~"},
	{"not tapped, inserted", "mode=chip"},

	// transaction type
	{"预授权61", "type=preauth"},
	{"做预授权报61", "type=preauth"},
	{"预授权完成报61", "type=preauth_completion"},
	{"做完成的时候61", "type=preauth_completion"},
	{"退房做完成交易,61", "type=preauth_completion"},
	{"预授权刷了两千,完成三千报61", "type=preauth_completion"},
	{"退货报61", "type=refund"},
	{"做退款的时候显示61", "type=refund"},
	{"客人要退货", ""},
	{"客人要求退款", ""},
	{"普通消费", "type=sale"},
	{"就是消费", "type=sale"},
	{"是消费不是预授权", "type=sale"},
	{"不是预授权", "type=sale~"},
	{"消费正常,预授权61", "type=preauth"},
	{"无法完成交易", ""},
	{"消费限额是多少", ""},
	{"怎么做预授权", ""},
	{"不知道是不是预授权", "type=unknown"},
	{"pre-auth declined 61", "type=preauth"},
	{"pre-auth completion gives 61", "type=preauth_completion"},
	{"completing the pre-authorisation fails, 61", "type=preauth_completion"},
	{"refund failed with 61", "type=refund"},
	{"a normal sale, 61", "type=sale"},
	{"sale works but pre-auth gets 61", "type=preauth"},
	{"the customer wants a refund", ""},
	{"how do I do a pre-auth?", ""},
	{"it's a plain sale", "type=sale"},

	// the terminal
	{"新装的机器", "terminal=new"},
	{"刚换的机器就61", "terminal=new"},
	{"第一天用就61", "terminal=new"},
	{"昨天才开通", "terminal=new"},
	{"昨天刚装的pos", "terminal=new"},
	{"新机器第一笔就61", "terminal=new"},
	{"机器是新的", "terminal=new"},
	{"pos机昨天刚激活", "terminal=new"},
	{"半年没用了,今天一刷就61", "terminal=idle_long"},
	{"好久没刷了", "terminal=idle_long"},
	{"机器放了很久", "terminal=idle_long"},
	{"三个月没开机", "terminal=idle_long"},
	{"这台闲置了半年", "terminal=idle_long"},
	{"一直正常", "terminal=normal"},
	{"机器一直都正常", "terminal=normal"},
	{"平时都好好的", "terminal=normal"},
	{"昨天还能刷", "terminal=normal"},
	{"上午还好好的,下午就61了", "terminal=normal"},
	{"之前都没问题", "terminal=normal"},
	{"天天在用", "terminal=normal"},
	{"刚才还能刷", "terminal=normal"},
	{"机器每天都在用,没出过问题", "terminal=normal"},
	{"以前从来没出现过", "terminal=normal~"},
	{"机器没问题", "terminal=normal~"},
	{"不是新机器", ""},
	{"要不要换新机器", ""},
	{"怎么激活新机器", ""},
	{"新机器,一直正常,今天61", "terminal=new"},
	{"这张卡好久没用了", ""},
	{"客人的新卡刚激活", ""},
	{"刚办的卡", ""},
	{"他昨天还能刷", ""},
	{"这卡之前都能刷", ""},
	{"机器平时好像正常", "terminal=normal~"},
	{"brand new terminal", "terminal=new"},
	{"we just got the terminal", "terminal=new"},
	{"the machine was installed yesterday", "terminal=new"},
	{"the terminal is new", "terminal=new"},
	{"hasn't been used for months", "terminal=idle_long"},
	{"the terminal was idle for half a year", "terminal=idle_long"},
	{"we haven't used it in a long time", "terminal=idle_long"},
	{"was fine yesterday", "terminal=normal"},
	{"it worked this morning", "terminal=normal"},
	{"the terminal is used every day", "terminal=normal"},
	{"his card worked fine yesterday", ""},
	{"is the terminal new?", ""},
	{"new customer, 61", ""},

	// the bank's message
	{"短信说超限额", "bank=names_limit"},
	{"银行app提示超过限额", "bank=names_limit"},
	{"客人收到短信,说超过单笔限额", "bank=names_limit"},
	{"银行发短信说当日累计超限", "bank=names_limit"},
	{"银行客服说卡有日限额", "bank=names_limit"},
	{"银行说有风险", "bank=names_risk"},
	{"银行短信说交易异常", "bank=names_risk"},
	{"银行打电话来确认是否本人", "bank=names_risk"},
	{"银行冻结了交易,短信让确认是不是本人", "bank=names_risk"},
	{"银行说是风控不是限额", "bank=names_risk"},
	{"银行短信说余额不足", "bank=names_balance"},
	{"手机银行提示可用额度不足", "bank=names_balance"},
	{"银行没发短信", "bank=none"},
	{"没收到短信", "bank=none"},
	{"短信也没收到", "bank=none"},
	{"没有任何提示", "bank=none"},
	{"客人手机没收到任何消息", "bank=none"},
	{"银行说卡没问题", "bank=none~"},
	{"短信好像说超限额", "bank=names_limit~"},
	{"不知道银行有没有发短信", "bank=unknown"},
	{"机器提示余额不足", ""},
	{"机器显示交易金额超限", ""},
	{"短信验证码收不到", ""},
	{"银行卡限额怎么调", ""},
	{"怎么在银行app里调限额", ""},
	{"银行有没有发短信?", ""},
	{"银行短信说消费成功", ""},
	{"客人说银行是不是限额了", ""},
	{"银行卡风控是什么意思", ""},
	{"銀行簡訊說超過限額", "bank=names_limit"},
	{"bank text says over limit", "bank=names_limit"},
	{"his bank's app says the daily limit is exceeded", "bank=names_limit"},
	{"the bank says insufficient funds", "bank=names_balance"},
	{"the bank called to verify it was him", "bank=names_risk"},
	{"bank app shows a fraud alert", "bank=names_risk"},
	{"no message from the bank", "bank=none"},
	{"no text, nothing", "bank=none"},
	{"the customer didn't get any text", "bank=none"},
	{"did the bank send a message?", ""},
	{"terminal says over limit", ""},
	{"the error message says exceeds limit", ""},

	// the acquirer's notice
	{"收单app提示限额", "acquirer=limit"},
	{"拉卡拉发短信说降额", "acquirer=limit"},
	{"拉卡拉app提示商户限额", "acquirer=limit"},
	{"后台显示风控", "acquirer=risk_control"},
	{"商户后台提示日限额已满", "acquirer=limit"},
	{"服务商说被风控了", "acquirer=risk_control"},
	{"客户经理说我们被限额了", "acquirer=limit"},
	{"app没提示", "acquirer=none"},
	{"收单app没有任何提示", "acquirer=none"},
	{"后台没提示", "acquirer=none"},
	{"服务商说没有风控", "acquirer=none"},
	{"拉卡拉刷卡显示61", ""},
	{"拉卡拉机器提示超限", ""},
	{"服务商说是银行限额", ""},
	{"怎么找收单机构提额", ""},
	{"收单机构会不会限额", ""},
	{"后台好像显示被风控", "acquirer=risk_control~"},
	{"my acquirer's app says limit reached", "acquirer=limit"},
	{"the provider told us we are under risk control", "acquirer=risk_control"},
	{"nothing in the acquirer's app", "acquirer=none"},

	// foreign card
	{"外卡", "foreign=yes"},
	{"外卡61", "foreign=yes"},
	{"境外卡刷不了", "foreign=yes"},
	{"老外的卡", "foreign=yes"},
	{"国外的visa,61", "foreign=yes"},
	{"香港客人的信用卡报61", "foreign=yes"},
	{"客人的卡是美国的", "foreign=yes"},
	{"老外刷卡61", "foreign=yes~"},
	{"visa卡报61", "foreign=yes~"},
	{"好像是外卡", "foreign=yes~"},
	{"不是外卡", "foreign=no"},
	{"不是境外卡,就普通的", "foreign=no"},
	{"国内卡", "foreign=no"},
	{"国内的卡也61", "foreign=no"},
	{"本地卡刷不了", "foreign=no"},
	{"不是国内卡", "foreign=yes"},
	{"不知道是不是外卡", "foreign=unknown"},
	{"外卡61,国内卡没问题", "foreign=yes other=approved"},
	{"外卡手续费多少", ""},
	{"我们能刷外卡吗", ""},
	{"没开通外卡", ""},
	{"外卡限额多少", ""},
	{"是不是外卡刷不了", ""},
	{"外卖平台的单子61", ""},
	{"foreign card", "foreign=yes"},
	{"card issued in the US, 61", "foreign=yes"},
	{"it's a Hong Kong card", "foreign=yes"},
	{"the guest's card is from Japan", "foreign=yes"},
	{"not a foreign card", "foreign=no"},
	{"a local card", "foreign=no"},
	{"is it a foreign card?", ""},
	{"visa card declined 61", ""},
	{"don't know if it's a foreign card", "foreign=unknown"},

	// the same card elsewhere
	{"这卡在隔壁店能刷", "elsewhere=approved"},
	{"昨天在超市还刷过", "elsewhere=approved"},
	{"他在别家也刷不了", "elsewhere=declined"},
	{"客人说在别的店刷没问题", "elsewhere=approved"},
	{"这张卡去别家店也是61", "elsewhere=declined"},
	{"同一张卡上午在隔壁刷过,到我这就61", "elsewhere=approved"},
	{"没在别的店刷过", "elsewhere=not_tried"},
	{"没去别家试过", "elsewhere=not_tried"},
	{"不知道别的店能不能刷", "elsewhere=unknown"},
	{"隔壁店也刷不了", "elsewhere=declined"},
	{"我们是超市,刷卡61", ""},
	{"我在超市收银,客人刷卡61", ""},
	{"让客人去别家刷", ""},
	{"去别的店刷能行吗", ""},
	{"works at the shop next door", "elsewhere=approved"},
	{"the card works elsewhere", "elsewhere=approved"},
	{"same card was declined at another store too", "elsewhere=declined"},
	{"he used it at another shop this morning", "elsewhere=approved"},
	{"will it work at another shop?", ""},

	// the amount
	{"金额核对过没错", "amount=yes"},
	{"金额核对过,没错", "amount=yes"},
	{"跟账单一样", "amount=yes"},
	{"金额对的", "amount=yes"},
	{"金额没输错", "amount=yes"},
	{"金额和账单一致", "amount=yes"},
	{"没多按零", "amount=yes"},
	{"小数点没错", "amount=yes"},
	{"金额没问题", "amount=yes"},
	{"金额应该没错", "amount=yes~"},
	{"多按了一个零", "amount=no"},
	{"输成8000了本来800", "amount=no"},
	{"小数点错了", "amount=no"},
	{"金额输错了", "amount=no"},
	{"金额好像多打了个0", "amount=no~"},
	{"金额跟账单对不上", "amount=no"},
	{"本来800输了8000", "amount=no"},
	{"八百按成八千,报61", "amount=no"},
	{"可能是金额输错了", "amount=no~"},
	{"不知道金额对不对", "amount=unknown"},
	{"金额对不对没注意", "amount=unknown"},
	{"金额对吗", ""},
	{"是不是金额输错了", ""},
	{"金额输错会报61吗", ""},
	{"如果金额输错怎么办", ""},
	{"密码输错了", ""},
	{"卡号输错了", ""},
	{"金额太大刷不了", ""},
	{"到账金额不对", ""},
	{"请核对金额", ""},
	{"金額沒輸錯", "amount=yes"},
	{"keyed 1000 instead of 100", "amount=no"},
	{"amount is right", "amount=yes"},
	{"the amount matches the bill", "amount=yes"},
	{"amount is wrong", "amount=no"},
	{"typed an extra zero", "amount=no"},
	{"no extra zero", "amount=yes"},
	{"amount doesn't match the bill", "amount=no"},
	{"is the amount right?", ""},
	{"not sure about the amount", "amount=unknown"},

	// nothing is stated
	{"", ""},
	{"61", ""},
	{"你好", ""},
	{"61是什么意思", ""},
	{"换张卡能行吗", ""},
	{"换张卡试试", ""},
	{"如果换卡呢", ""},
	{"要是换张卡也不行呢", ""},
	{"换卡的话能过吗", ""},
	{"要不要插卡试试", ""},
	{"插卡会不会好", ""},
	{"可以换卡吗", ""},
	{"能不能换一张卡", ""},
	{"我想换张卡试试", ""},
	{"建议客人换卡吗", ""},
	{"需要插卡吗", ""},
	{"换卡能解决吗?", ""},
	{"是换卡还是插卡?", ""},
	{"插卡还是挥卡", ""},
	{"别的卡有没有问题?", ""},
	{"银行会不会发短信", ""},
	{"万一所有卡都不行怎么办", ""},
	{"should I try another card?", ""},
	{"what if another card fails too", ""},
	{"can I insert the card instead?", ""},
	{"would another card work", ""},
	{"if other cards work then what", ""},
	{"do I need to insert the chip?", ""},
	{"could it be the amount?", ""},
	{"I want to try another card", ""},
	{"please insert card", ""},
	{"转人工", ""},
	{"谢谢", ""},
	{"怎么提高限额", ""},
	{"刷卡机坏了吗", ""},
	{"机器提示请插卡", ""},
	{"手续费多少", ""},
	{"钱什么时候到账", ""},
	{"换个机器", ""},
	{"网络没问题,61", ""},
	{"额度够的", ""},
	{"是外卡,对吗?", ""},

	// stories
	{"客人刷3800元显示61,金额没错,换了张工行的卡也是61,机器昨天还能刷,app没提示",
		"amount=yes other=declined_61 terminal=normal acquirer=none"},
	{"刚装的pos机,挥卡61,插卡也61,换了两张卡都一样,金额核对过了没错",
		"terminal=new mode=chip chip=no other=declined_61 amount=yes"},
	{"酒店前台,老外的卡做预授权完成报61,别的客人没问题,客人手机没收到短信",
		"foreign=yes type=preauth_completion other=approved bank=none"},
	{"客人的卡61,他说上午在隔壁店刷过没问题,银行也没发短信",
		"elsewhere=approved bank=none"},
	{"刷卡61。金额对的。就这张卡这样。别的客人都能刷。银行短信说超过单笔限额。",
		"amount=yes other=approved bank=names_limit"},
	{"半年没用的机器今天开机,客人扫码61,插卡没试,后台显示商户被降额",
		"terminal=idle_long mode=qr chip=not_tried acquirer=limit"},
	{"急!客人等着呢,刷了3次都61,换了他老婆的卡也61,要不要报修?", "other=declined_61"},
	{"用手机碰一下61,换成插卡输密码就过了,为什么?", "mode=contactless chip=yes"},
	{"customer tapped, got 61, inserted the chip and it worked", "mode=contactless chip=yes"},
	{"61 on a foreign visa, amount is right, other cards work, terminal was fine yesterday",
		"foreign=yes amount=yes other=approved terminal=normal"},
	{"brand new terminal, every card gets 61, acquirer's app shows nothing, amount checked and correct",
		"terminal=new other=declined_61 acquirer=none amount=yes"},
	{"The guest inserted his card for a pre-auth, 61. His bank texted that the limit was exceeded.",
		"mode=chip chip=no type=preauth bank=names_limit"},
	{"不是金额的问题,也不是外卡,就是61", "amount=yes~ foreign=no"},
	{"我试了别的卡能刷,那这张是不是限额了?", "other=approved"},
}

func TestEvidence(t *testing.T) {
	for _, tt := range evidenceCases {
		if got, want := evidenceList(tt.in), sortedFields(tt.want); got != want {
			t.Errorf("Evidence(%q)\n got %s\nwant %s", tt.in, got, want)
		}
	}
	if n := len(evidenceCases); n < 250 {
		t.Errorf("only %d cases", n)
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
		checkEvidence(t, Text{Original: s, Norm: s}) // one put together by hand
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
