package bot

import (
	"regexp"
	"slices"
	"unicode/utf8"

	"decline61/kb"
)

// Some messages must not depend on how well they match: a wish for a person,
// money that may have been taken, a captured card, a threat, a request to
// split. Each is found twice, by the patterns here and by its own class of the
// model (the phrasings of routes.yaml and of the entry), and either is enough.
// The patterns are for what must never be missed; wordings belong into the
// knowledge base.

// pattern decides one route from a normalised text.
type pattern struct {
	route string // id in routes.yaml, or of the entry
	match *regexp.Regexp
	veto  *regexp.Regexp // nil, or what makes it harmless
}

// Patterns in order of precedence: who asks for a person gets one whatever
// else he writes; money and fraud come before a refusal, since a person sees
// the case then anyway.
var patterns = []pattern{
	{"human",
		regexp.MustCompile(`转(接)?(人工|人公|真人|客服|主管|经理)|有没有人(管|理|处理|来)|没(有)?人(管|理)|人工(客服|服务|坐席|帮|处理|接|来)|^(人工|真人|客服)[!。.?~ ]*$|(找|要|叫|喊|换)(个|一?位|你们)?(的)?(真人|活人|人工|客服|主管|经理|领导|负责人|老板)(来|吧|!|$|说|谈|聊|接|处理|听)|(不要|别|不想)(跟|和|再|用)?.{0,6}机器人|(talk|speak|chat|connect|transfer|put).{0,16}\b(human|person|agent|someone|somebody|manager|supervisor|representative|operator|staff|rep)\b|\b(real|live|actual) (person|human|agent)\b|^(human|agent|operator|representative|manager)[!. ?]*$`),
		regexp.MustCompile(`人工智能|人工费|转人工码|刷卡.{0,4}转人工`)},
	{"threat",
		regexp.MustCompile(`(投诉|举报|曝光|起诉)(到|你们|你|上|去|给).{0,10}|告(你们|到法院|上法院)|(我|就)要?(去)?(投诉|举报|起诉|报警|报案|曝光)|12363|12315|消协|银监|人民?银行投诉|律师函|上法院|打官司|找(记者|媒体|电视台)|\b(sue you|suing|lawsuit|lawyer|attorney|police|journalist|the press|regulator|report you|complain(t)? (to|with) the)\b`),
		regexp.MustCompile(`投诉电话是多少|怎么避免投诉`)},
	{charged,
		regexp.MustCompile(`单边账|(钱|款|账)(都|已经|却|也|就)?(被)?(扣|划|付)(了|掉|走|出去|款)|(已|已经|被|都|就|才|先)(扣|划)(了)?(钱|款)|(扣了|扣走|扣掉|划走|划了)(他|她|客人|顾客|人家|客户|持卡人)(的)?.{0,4}(钱|款|[0-9两一二三四五六七八九十百千万])|(额度|钱|款|金额).{0,4}被?(占用|冻结)了?|(占用|冻结)了.{0,10}(额度|钱|款)|(扣|划)了?(两|2|二|双|俩)(次|遍|笔|份|回)|少了.{0,6}(钱|块|元|[0-9]{2,})|重复(扣|收|刷|付)|多扣(了)?(客人|顾客|他|她|钱)|(收到|有|来)(了)?.{0,6}(扣款|消费|支出)(短信|通知|提醒|信息)|\b(charged|debited|deducted|money (was |has been |is )?(taken|gone))\b|double.?charg|charged twice|(money|funds) (left|came out)`),
		regexp.MustCompile(`扣(钱|款|费)?.{0,6}(手续费|流量|费率|押金|服务费|年费)|(没|未)(有)?收到.{0,4}扣款|(没|未|不会|会不会|会多|有没有|是否|没有|会)(被)?(扣|划)|(钱|款)(没|未)(被)?(扣|划)|(not|n't|never) (been )?(charged|debited|deducted)|\b(will|would|does|do|is|was|are|were) (we|i|it|he|she|they|the customer|my customer|customers?) .{0,12}(charged|debited)|(fee|fees|monthly|rate)`)},
	{captured,
		regexp.MustCompile(`吞(了|掉)?.{0,4}卡|卡.{0,4}(被)?(机器)?吞|没收卡|没收.{0,4}卡|扣(留|下).{0,3}卡|挂失卡|被窃卡|(被盗|偷来|盗刷|捡(到|来)|假|伪|克隆|伪造|复制)的?(银行|信用)?卡|盗刷|(card|it).{0,12}(stolen|captured|swallowed|retained|cloned|counterfeit)|\b(stolen|counterfeit|cloned|fraudulent|lost) (credit |debit )?card|pick.?up card|card testing|\b(machine|terminal|pos)\b.{0,12}\b(ate|swallowed|kept (the|his|her|my|their|customer'?s?) )`),
		regexp.MustCompile(`atm|取款机|自动柜员|如何(防|避免)|怎么(防|避免)|我的卡丢|自己的卡|(银行|短信|疑似|怀疑|风控).{0,6}盗刷`)},
	{"split-request",
		regexp.MustCompile(`拆(成|开|单|分|为)|分(成|开|为|几|两|二|三|多)(单|笔|次|几|两|二|三|多|批)?(笔|次|单|回|下|着|张)?.{0,3}(刷|收|付|扣|支付|交易|走|过)|分(单|笔|次|批|期)(刷|收|付|扣|交易)|(刷|收)(成)?(两|二|三|四|五|几|多|好几|2|3|4|5)(次|笔|回)(小|行|可以|能|吧|\?)|一(笔|单).{0,4}(分成|分开|分几|分两|拆)|化整为零|连(着)?刷.{0,4}(笔|次)(总|就|行|可以|吧|过)|套现|养卡|跳码|套码|切机|(换|改|调|选)(个|一?下|成)?.{0,6}(商户类型|行业|mcc|商户类别)|(绕|躲|避|规避)(过|开|掉)?.{0,6}(限额|风控|限制|监控|检查)|\bsplit(ting)?\b|(two|2|three|separate|different) (receipts|slips)|(in|into|as|do|make|ring|run|put|take) .{0,12}(several|multiple|two|three|smaller) (smaller )?(transactions|payments|swipes|sales)|cash.?(out|back) (on|from|with|through).{0,12}(card|credit)|(bypass|circumvent|get (a)?round|dodge|evade|work ?around).{0,24}(limit|control|check|risk)|change.{0,12}(mcc|merchant (type|category|code))`),
		regexp.MustCompile(`(怀疑|说|涉嫌|防|反|是不是|算不算|当成|认为|误判).{0,6}套现|拆(开)?(机器|机|包装|后盖|电池)|split (the )?(bill|screen)`)},
	{"card-data",
		regexp.MustCompile(`(cvv|cvc|cvn|安全码|背面.{0,3}(三|3)位|背后.{0,3}(三|3)(位|个)).{0,12}(发|给|告诉|报|要不要|需要|记|存|写|输|填)|(发|给|告诉|报|记|存|把).{0,10}(cvv|cvc|cvn|安全码|完整卡号|支付密码|验证码)|(验证码|密码).{0,6}(发给|告诉|报给)(你|您|我)|密码(跟|和|对)我(说|讲)|(替|帮)(他|她|客人|顾客|客户|老人|大爷|大妈)(按|输|摁)(一下|密码)|\b(cvv|cvc|security code)\b|(gave|give|giving|texted|told|sent|sends|tells|reads?) .{0,14}\b(pin|otp|card number|one.?time code)\b|(3|three) digits (on|from|at) the back`),
		regexp.MustCompile(`密码(错|不对|忘)`)},
}

// captured is the incident whose very code (41 挂失卡) needs a person, whatever
// words stand beside it.
const captured = "card-captured-or-fraud"

// charged is the incident of money taken though the terminal failed.
const charged = "charged-but-failed"

// moved are the words without which no message says that money was taken.
var moved = regexp.MustCompile(`扣|划(走|了|款|掉)|账|帐|短信|少了|不见|没了|小票|出(票|单|纸)|打(票|单|印)|付(了|过|款)|收到|转走|成功|重复|(两|二|2|双)(次|笔|遍|回)|占用|冻结|退|查不到|找不到|停电|断电|断网|超时|kou|duan ?xin|charg|debit|deduct|tak(e|en|ing)|took|gone|left|paid|pay twice|receipt|slip|statement|balance (is|went|down|drop)|twice|double|refund|sms|alert|notif|went (out|through)|came off|missing|pending|disappear|timed? ?out|power|batch|reversal|on hold|withdr(ew|awn)|transferred|text(ed)? (from|by)|bank text|banking app|bank app|app (lists|shows)`)

// notCharged settles the doubt: nothing was taken after all.
var notCharged = regexp.MustCompile(`(没|未)(有)?(被)?扣|钱没少|没有?少钱|(not|n't|never) (been )?(charged|debited|deducted)|no money (was |has been )?taken|nothing (was |has been )?(taken|charged)`)

// noMoneyMoved reports whether id is the incident of money taken and the
// message has no word of it, or says afterwards that nothing was taken. The
// model cannot tell: "my customer has money but the pos says declined" is made
// of the same words as the messages of those who were charged.
func (t *turn) noMoneyMoved(id string) bool {
	return id == charged && (!moved.MatchString(t.text.Norm) || t.before.Incident == charged && notCharged.MatchString(t.text.Norm))
}

// urgent returns the route that a message must take whatever it matches
// otherwise, with the reason, or "".
func (t *turn) urgent() (route, reason string) {
	for _, p := range patterns {
		if p.match.MatchString(t.text.Norm) && (p.veto == nil || !p.veto.MatchString(t.text.Norm)) && t.plausible(p.route) {
			return p.route, "pattern " + p.route
		}
	}
	if e := t.kb.Entry(captured); e != nil && t.heard.code != "" && slices.Contains(e.Codes, t.heard.code) {
		return captured, "code " + t.heard.code + " of " + captured
	}
	if t.heard.answered {
		return "", "" // its words were those of an answer
	}
	for _, r := range t.match.Routes {
		if least, ok := urgentRoutes[r.ID]; ok && r.P >= least {
			return r.ID, "words of route " + r.ID
		}
	}
	if t.cas.Open != "" && utf8.RuneCountInString(t.text.Norm) <= shortMessage {
		return "", "" // an attempt to answer, and too few words to judge
	}
	for _, h := range t.match.Hits {
		e := t.entry(h.ID)
		if e == nil || e.Kind != kb.Incident && e.Kind != kb.Policy || t.noMoneyMoved(e.ID) {
			continue
		}
		plain := t.heard.facts == 0 && t.heard.code == ""
		switch {
		case h.P >= urgentP && (plain || e.Kind == kb.Incident && t.heard.code == ""), h.P >= surePolicyP:
			return h.ID, "words of " + h.ID
		case plain && h.P >= suspectP && h.P >= 0.6*t.match.Hits[0].P && t.match.Background < 0.35:
			return h.ID, "suspicion of " + h.ID
		}
	}
	return "", ""
}

// plausible reports whether the model gives a route at least something. Without
// that a pattern has met its words by chance ("the terminal kept saying 61",
// "I press OK"). Who asks for a person is taken at his word always.
func (t *turn) plausible(route string) bool {
	if route == "human" || routeP(t.match, route) >= plausibleP {
		return true
	}
	for _, h := range t.match.Hits {
		if h.ID == route && h.P >= plausibleP {
			return true
		}
	}
	return false
}

// urgentP is the model probability from which an urgent class is taken at its
// word. It is well below one half: a needless handover costs a person a
// minute, a missed one costs a merchant his money.
const urgentP = 0.40

// plausibleP is what a pattern needs of the model beside its words.
const plausibleP = 0.02

// shortMessage is how long a message may be, in runes, to be taken as an
// attempt to answer the open question.
const shortMessage = 14

// urgentRoutes are the routes that need a person or a refusal, with the
// probability that each takes.
var urgentRoutes = map[string]float64{"human": urgentP, "card-data": urgentP, "threat": 0.55}

// surePolicyP is the same for a policy where the message also tells the code or
// facts of a declined sale, as a merchant with an honest question does.
const surePolicyP = 0.70

// suspectP is what suffices where the model is sure of nothing else either.
const suspectP = 0.20

// talk is small, without the routes that say something about the sale.
func (t *turn) talk() string {
	if route, ok := buttons[bare(t.text.Norm)]; ok {
		return route
	}
	if r := t.small(); r != "no-code" && routeP(t.match, r) >= surelyTalk {
		return r
	}
	return ""
}

// surelyTalk is the probability from which a message is talk beside the matter
// although a question is open: "试了张中信的,可以" is an answer to it.
const surelyTalk = 0.85

// buttons are the words that chats offer below every answer. Whoever presses
// one must be understood, whatever the model makes of its words.
var buttons = map[string]string{
	"已解决": "solved", "解决": "solved", "已经解决": "solved", "solved": "solved",
	"没解决": "still-failing", "未解决": "still-failing", "还没解决": "still-failing", "还是不行": "still-failing", "still failing": "still-failing",
}

// small returns the route of a message that is talk beside the matter.
func (t *turn) small() string {
	if route, ok := buttons[bare(t.text.Norm)]; ok {
		return route
	}
	if len(t.match.Routes) == 0 {
		return ""
	}
	if r := t.match.Routes[0]; r.P >= 0.5 {
		return r.ID
	}
	return ""
}
