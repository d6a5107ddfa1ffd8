package bot

import (
	"regexp"

	"decline61/kb/text"
)

// Replies to an open question. In answer to "also the cards of other banks?",
// "都不行" says it all; the same words elsewhere say nothing. So once a
// question is open, its answer is read more freely than a fact is read from
// any sentence (kb/text.Evidence), and only after that found none.

// reading says which words give which value, in the order to look.
type reading struct {
	value string
	words *regexp.Regexp
}

var (
	fails = regexp.MustCompile(`不行|不能|不过|不了|刷不|过不|用不|失败|不可以|没成功|没过|不通过|被拒|拒绝|61|declin|fail|(does|did|is|was|wo|ca)n[o']?t|not work|refus|no good`)
	works = regexp.MustCompile(`(能|可以)(刷|用|过|付|收|行)|^(能|可以|行)|(能|可以|都行|就行|也行|卡行|的行|嘅得)$|成了|好了|成功|正常|过了|通过|刷过|没问题|没事|行了|都行|刷得动|ke yi shua|neng shua|works?|worked|went through|goes through|approved|fine|\bok|okay|success|accepted|\byep\b|\bwent\b`)
	skips = regexp.MustCompile(`没试|没换|没有试|没别的|没有别的|只有(这)?一张|未试|没刷过|没去|不肯|没带|唔试|冇试|not tried|haven'?t|didn'?t try|not yet|no other card|(has|have|had) (only )?(this|that|the|just)? ?one|only (has|have|had) |only one`)
)

// readings are by evidence; the first that matches counts.
var readings = map[string][]reading{
	"code_shown": {
		{unknown, regexp.MustCompile(`没(有)?(显示|看到|看见|看清|代码|数字|写)|看不(到|清|懂)|不显示|冇|no (code|number)|didn'?t (see|show)|can'?t (see|read)|nothing`)},
	},
	"amount_matches_bill": {
		{"yes", regexp.MustCompile(`没(有)?(输|按|打|搞|弄)?错|不多不少|对得上|对的|一致|一样|核对|没问题|没多按|分毫不差|correct|right|match|same|exact|no mistake|double.?checked|^(yes|对|是)`)},
		{"no", regexp.MustCompile(`不对|不一致|不一样|不符|对不上|错|多(按|打|输|了)|少(按|打|输|了)|零|小数|wrong|extra|typo|mistake|zero|decimal|\bno\b|should('?ve| be| have)|\bnope\b|[0-9][0-9,.]* ?(not|instead|应该|本来|应)|(应该|本来|应收|才|not|instead of|supposed to be) ?[0-9]`)},
	},
	"other_card": {
		{"not_tried", skips},
		{"declined_other", regexp.MustCompile(`(别的|其他|不同|另外)的?(错误|代码|提示|报错)|不是61|(another|different|other) (code|error|message)`)},
		{"declined_61", regexp.MustCompile(`^(all|every|both)( of (them|the))?( cards?)?$|^(全部|所有|都有?|全都|每张)(的?卡)?$|一样|同样|照样|都(是)?这样|也是|also|same|every|all of them`)},
		{"declined_61", fails},
		{"approved", works},
		{"approved", regexp.MustCompile(`只有(这|他|她)|就(这|他|她)|only (this|his|her|that|the one)|just (this|his|her|that)`)},
	},
	"entry_mode": {
		{"contactless", regexp.MustCompile(`挥|拍|碰|贴|闪付|感应|非接|免密|手机|手表|tap|contactless|nfc|wave|phone|watch|apple|huawei pay|嘟`)},
		{"qr", regexp.MustCompile(`扫|码|qr|scan`)},
		{"keyed", regexp.MustCompile(`手输|手动|输卡号|键入|keyed|typed|manual`)},
		{"chip", regexp.MustCompile(`插|芯片|chip|insert|dip`)},
		{"stripe", regexp.MustCompile(`磁|划|拉卡|刷的卡槽|swipe|stripe|mag`)},
	},
	"insert_chip_works": {
		{"not_tried", skips},
		{"no", fails},
		{"yes", works},
	},
	"transaction_type": {
		{"preauth_completion", regexp.MustCompile(`完成|complet|check.?out|退房|结账离店`)},
		{"preauth", regexp.MustCompile(`预授权|预受权|押金|冻结|pre.?auth|deposit|hold`)},
		{"refund", regexp.MustCompile(`退|refund|return`)},
		{"sale", regexp.MustCompile(`消费|普通|正常|买|收款|一般|sale|purchase|normal|regular|buy`)},
	},
	"terminal_state": {
		{"idle_long", regexp.MustCompile(`没用|没开|没刷|闲|搁|放了|好久|很久|半年|几个月|idle|unused|not (been )?used|drawer|long time|months`)},
		{"new", regexp.MustCompile(`新|刚(装|到|换|拿|开|激活|办)|昨天(装|到|换|开)|今天(装|到|换|开)|第一天|头一|new|just (got|installed|arrived|set)|first day|yesterday|last week|this week`)},
		{"normal", regexp.MustCompile(`一直|天天|每天|正常|平时|老机|用了.{0,4}年|常用|好好的|daily|normal|always|every ?day|regular|years|no change|fine`)},
	},
	"issuer_message": {
		{"none", regexp.MustCompile(`没(有)?(收到|发|短信|提示|消息|动静|来|说|任何)|什么(都|也)没|啥(都|也)没|无提示|冇|没有$|^没|nothing|no (message|text|sms|notification|alert)|none|didn'?t (get|receive)|hasn'?t`)},
		{"names_limit", regexp.MustCompile(`限额|超限|超过|额度上限|单笔|日限|limit|exceed|over`)},
		{"names_risk", regexp.MustCompile(`风险|风控|异常|可疑|本人|诈骗|安全|管控|risk|fraud|suspicious|unusual|security|verify|was it you`)},
		{"names_balance", regexp.MustCompile(`余额|不足|额度不够|没钱|balance|insufficient|funds|credit`)},
	},
	"foreign_card": {
		{"no", regexp.MustCompile(`国内|本地|大陆|境内|中国|内地|银联卡|(工|农|建|中|交|招)行|邮储|农商|信用社|不是|不系|domestic|local|chinese|\bno\b|not (a )?foreign`)},
		{"yes", regexp.MustCompile(`外|境|海|香港|澳门|台湾|美国|日本|韩国|欧|英国|德国|法国|马来|新加坡|泰国|俄|印度|澳洲|加拿大|国的卡|亚的卡|visa|master|amex|万事达|运通|foreign|abroad|overseas|american|british|german|french|japan|korea|singapore|hong kong|\bus\b|\buk\b|euro|yes`)},
	},
	"same_card_elsewhere": {
		{"not_tried", skips},
		{"declined", fails},
		{"approved", works},
		{"approved", regexp.MustCompile(`刚(刚)?(刷|付|买)|刷(了|的)|bought|used it|paid`)},
	},
	"acquirer_notice": {
		{unknown, regexp.MustCompile(`没装|没(有)?(下载|用过|登录|app|这个app)|没看|不会看|没注意|don'?t have (the|an|that) app|haven'?t (checked|looked|installed)|no app`)},
		{"none", regexp.MustCompile(`没(有)?(收到|发|短信|提示|消息|通知|说|动静|任何)|什么(都|也)没|啥(都|也)没|无提示|冇|没有$|^没|正常|nothing|no (message|text|sms|notice|notification|alert)|none|normal|quiet`)},
		{"risk_control", regexp.MustCompile(`风控|风险|异常|管控|冻结|调查|核实|risk|review|suspicious|monitor|frozen`)},
		{"limit", regexp.MustCompile(`限额|超限|额度|降额|封顶|上限|用完|满额|limit|cap|reached|quota`)},
	},
}

// questions are messages that ask, with or without a question mark, and guesses
// those that only suppose.
var (
	questions = regexp.MustCompile(`[?]|吗|么$|怎么|咋|多少|什么|啥|是不是|能不能|可不可以|要不要|为何|为什么|哪|\b(how|what|why|when|where|who|which|can i|could i|should i|do i)\b`)
	guesses   = regexp.MustCompile(`可能吧|大概吧|应该吧|会不会|也许|\b(maybe|perhaps|probably)\b`)
)

// longestReply bounds what is read as a reply to the open question: a story
// may well be about something else.
const longestReply = 80 // runes

// readOpen reads t freely as the answer to the open question.
func readOpen(open string, t text.Text) (string, bool) {
	if questions.MatchString(t.Norm) || guesses.MatchString(t.Norm) || len([]rune(t.Norm)) > longestReply {
		return "", false // a question or a guess is no answer
	}
	for _, r := range readings[open] {
		if r.words.MatchString(t.Norm) {
			return r.value, true
		}
	}
	return "", false
}
