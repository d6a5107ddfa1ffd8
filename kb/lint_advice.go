package kb

import (
	"regexp"
	"strings"
)

// What must never be advised. Each rule is a pattern for a clause in either
// language; most are allowed where the clause forbids or denies it.
//
// The patterns are there for the honest slip of a support lead in a hurry.
// They cannot stop somebody who wants to get around them.

// patterns is one pattern a language.
type patterns struct{ zh, en *regexp.Regexp }

func (p patterns) In(l Lang) *regexp.Regexp {
	if l == EN {
		return p.en
	}
	return p.zh
}

func words(zh, en string) patterns {
	return patterns{regexp.MustCompile(zh), regexp.MustCompile(en)}
}

// adviceRule breaks where a clause matches bad, unless the clause is a ban.
type adviceRule struct {
	rule string
	bad  patterns
	fine patterns // what is cut out of the clause before: harmless uses of the same words
	ban  bool     // allowed in a ban
}

var nothing = words(`\x00`, `\x00`)

var adviceRules = []adviceRule{
	{"splitting", words(
		`拆单|拆成|拆开[刷付]|拆分|分单|分笔|分(成)?[几两二三四五多数]+[笔次单]|分次(刷|付|支付|交易)|多刷(几|两|一)笔|[几两多三]笔[刷付]|化整为零|(换|改|变更|更换|调整)(个|成|为|一个|其他|别的)?(商户|行业|经营)(的)?(类型|类别|类目)|(换|改)(个)?(行业|mcc)|换个?商户(号|名)?刷|跳码|套码|切机|套现`,
		`\bsplit(s|ting)?\b|\b(in|into|as|make|making|take|taking|run|do|key|charge|try|use|with|by) (several|multiple|two|three|many|a few|smaller|separate)( \w+)? (payments?|sales|transactions|charges|swipes|amounts)\b|\b(several|two|three|a few) (smaller|separate) \w+|\bin (several|two|three|smaller) parts\b|\b(break|divide|cut)(ing)? (it|up|down|the (sale|amount|payment|total|bill))\b|\b(change|changing|switch|switching|use|using) (the |your |a |an |another |different )*(merchant|business) (type|category|code)|\bmcc\b|\bcash(ing)?[- ]?out\b`),
		nothing, true},
	{"smaller-amount", words(
		`换(个|成)?(更)?小(的)?金额|(减|改|调|变|降)(小|低|少)(一点|一下|些)?(交易|刷卡|消费)?(的)?(金额|数额)|(金额|数额)(改|调|换|降|减|输|刷)?(得)?(小|低|少)(一?点|些|额)|刷(得)?(小|少)(一?点|些|额)|小额(试|测|刷|的试)|(先|再)(刷|试)(一笔)?(1|一|几|十|10)(块|元|毛)|减少(交易|刷卡|消费)?金额|降低(交易|刷卡|消费)?金额|调整(交易|刷卡|消费)?金额|试(一|几)?(笔|次)?小额`,
		`\b(smaller|lower|less|reduced|small|test) (amount|sum|sale|payment|transaction)\b|\b(reduce|lower|decrease|adjust|lessen) (the |your )?(\w+ )?(amount|sum)\b`),
		nothing, true},
	{"asks-secret", words(
		`(提供|发(送|来|给|我|一下)?|告诉|告知|报(一下|上|给)?|说(一下|出|给)|给(我|出)|拍|截|索要|询问|问(一下|问|他|她|顾客|客人|持卡人)?|记(下|录|住)|抄|回复|留下|保存|代(为)?输|(替|帮)(顾客|客人|他|她|持卡人)输入?)[^,。;]{0,8}(卡号|密码|pin|cvv2?|cvn2?|cvc|安全码|有效期|验证码|动态码|短信码|磁道|身份证号)|(卡号|密码|pin|cvv2?|cvn2?|安全码|有效期|验证码|动态码|短信码|身份证号)[^,。;]{0,6}(发(送|来|给|我)|告诉|告知|报给|说给|给我|拍|截图|记下|抄)|(拍|照片|截图)[^,。;]{0,6}(银行卡|卡面|卡片|卡的正面|卡的背面)|在(这里|此|聊天|对话)[^,。;]{0,4}(输入|填)[^,。;]{0,6}(卡号|密码|验证码|有效期)`,
		`\b(provide|send|give|tell|share|ask\w*|read out|note|write down|record|keep|store|photograph|post|reply with|message|text|email)\b[^,.;]{0,40}\b(card (number|no)|pan|pin|cvv2?|cvn2?|cvc2?|security code|expiry|expiration|valid(ity)? (date|thru)|verification code|sms code|one-time (code|password)|otp|password|id number)\b|\b(photo|picture|screenshot|image)s? of (the |your |a )*(bank )?card\b`),
		words(`(卡号|卡片)?(的)?(后|末)(四|4)位|尾号|报(错|警|障|修|装|停)|发卡|记录|密码键盘|不用密码|免密|(问|询问)[^,。;]{0,8}(发卡行|银行|客服)[^,。;]{0,8}`, `last (four|4)( digits)?( of (the )?card number)?|issuer|chip (and|\+) pin|pin[ -]?(pad|entry)`), true},
	{"promise", words(
		`(马上|立刻|立即|随即|很快)(就)?(会|能|可以)?(到账|退款|退回|退还|返还|到帐)|[0-9一二两三四五六七八九十几]+ ?(个)?(工作)?(天|日|小时|分钟)(之)?(内)?[^,。;]{0,6}(到账|到帐|退回|退还|退款|返还|恢复|解决|处理好|解冻|冲正|原路)|(到账|退回|退还|退款|返还|恢复|解冻|冲正)[^,。;]{0,8}[0-9一二两三四五六七八九十几]+ ?(个)?(工作)?(天|日|小时|分钟)|保证(能|会|可以|到账|退|成功|通过|批|您|你|不会)|(一定|肯定|必定|绝对)(会|能|可以|到账|退|成功|通过)|包(退|赔|过|成功)|承诺|赔(付|偿)|百分之百|100%`,
		`\bguarante\w*|\bwithin (\w+[- ]){0,3}(day|hour|minute|week)s?\b|\b(will|shall) (definitely|certainly|surely|always|immediately)\b|\bpromis(e|es|ed|ing)\b|\b(will|gets?) (be )?(refunded|returned|credited|reversed|compensated|paid back)\b|\bby tomorrow\b|\bcompensation\b`),
		words(`(保证金|承诺书)`, `\x00`), true},
	{"limit-figure", words(
		`\d[\d,.]*\s*(万|千|百|亿|w|k)?\s*(元|块|圆|人民币|rmb|cny|美元|欧元|港币)|\d[\d,.]*\s*万|[一二两三四五六七八九十百千]+[万千百]+(元|块|圆)?(以上|以下|以内)?(的)?(限额|上限)?[元块圆]|[一二两三四五六七八九十百千]+(元|块钱)|[¥$€£]\s*\d[\d.,]*|(限额|额度|上限|最高|最多|不超过|封顶)(为|是|到)?[^,。;\d]{0,4}\d[\d,]{2,}`,
		`\d[\d,.]*\s*(k|m|million|thousand)?\s*(yuan|rmb|cny|usd|dollars?|euros?|hkd)\b|(rmb|cny|usd|hkd)\s*\d|[¥$€£]\s*\d[\d.,]*|\b(limit|cap|maximum|up to|at most|no more than)\b[^,.;\d]{0,20}\d[\d,]{2,}`),
		words(`95516|12363`, `95516|12363`), false},
	promotion,
}

var promotion = adviceRule{"brand-promotion", words(
	`(拉卡拉|盛付通|瑞银信|银联商务|lakala)[^,。;]{0,12}(首选|推荐|口碑|名气|最好|特别简单|办理|申请|官网|适合)|(首选|推荐|办理|申请)[^,。;]{0,8}(拉卡拉|盛付通|瑞银信|银联商务|lakala)`,
	`\b(lakala|shengpay|ruiyinxin|chinaums|ums)\b[^,.;]{0,40}\b(best|recommend\w*|popular|apply|sign up|choice)\b|\b(recommend|apply|choose)\b[^,.;]{0,20}\b(lakala|shengpay|ruiyinxin|chinaums|ums)\b`),
	nothing, true}

// find returns what breaks the rule in c, "" if nothing does.
func (r adviceRule) find(c clause) string {
	s := reported.In(c.lang).ReplaceAllString(c.folded, " ")
	s = r.fine.In(c.lang).ReplaceAllString(s, " ")
	found := r.bad.In(c.lang).FindString(s)
	if found == "" && c.lang == ZH {
		found = r.bad.en.FindString(s) // English words in Chinese text
	}
	if found == "" || (r.ban && c.ban) {
		return ""
	}
	return strings.TrimSpace(found)
}

// clause is a piece of a text between commas or stops.
type clause struct {
	lang   Lang
	folded string
	ban    bool // it forbids or denies what it names
}

var (
	sentenceEnd = regexp.MustCompile(`[;!?。；！？…\n]+|\.(\s|$)`)
	clauseEnd   = regexp.MustCompile(`[,，]+`)
	thousands   = regexp.MustCompile(`\b(\d{1,3}),(\d{3})\b`)
)

// clausesOf cuts a text. A ban covers its clause. In a line of 别做 it reaches
// over the following commas, until a clause says what to do instead; in an
// entry that is about a refusal, it reaches over the whole sentence likewise
// ("splitting, changing the type, cashing out: all forbidden").
func clausesOf(t placed, kind Kind) (out []clause) {
	inBan := false
	for _, sentence := range sentenceEnd.Split(thousands.ReplaceAllString(fold(t.text), "$1$2"), -1) {
		refused := kind == Policy && refusal.In(t.lang).MatchString(undone(t.lang, sentence))
		for _, s := range clauseEnd.Split(sentence, -1) {
			plainly := undone(t.lang, s)
			says := banWord.In(t.lang).MatchString(plainly)
			instead := insteadWord.In(t.lang).MatchString(plainly)
			inBan = says || (inBan && !instead)
			out = append(out, clause{t.lang, s, says || (t.section == secNever && inBan) || (refused && !instead)})
		}
	}
	return out
}

var (
	banWord = words(
		`不要|不得|禁止|严禁|切勿|请勿|勿|不能|不可|不准|不许|不允许|不支持|不接受|不应|不该|不会|不帮|不教|不提供|不代|不问|不看|不收集|不索|不拍|不抄|不念|不发|不记|不存|不留|不传|不告诉|不透露|不泄露|不保证|不承诺|无法|拒绝|违反|违规|违约|违法|不建议|避免|绝不|决不|从不|不需要|不必|不用|无需|不是|并非|别`,
		`\b(never|do not|don't|must not|mustn't|may not|cannot|can't|not allowed|not permitted|forbid(s|den)?|prohibit(s|ed)?|refuse[sd]?|refusing|against|will not|won't|does not|doesn't|is not|isn't|are not|aren't|should not|shouldn't|without|avoid|nobody|no one|let no|nor|no need|not to|not as)\b`)
	insteadWord = words(
		`请|可以|建议|应该|应当|改用|改为|改成|而是|不如`,
		`\b(please|instead|you can|you may|you should|rather|but)\b`)
	refusal = words(`禁止|拒绝|违法|违规|不能|不可以|不允许`, `\b(forbidden|prohibited|refused?|not (allowed|permitted|possible))\b`)
	// falseBan are words that look like a ban and are none, or take it back.
	falseBan = words(
		`保证不(会|能)|特别|个别|分别|识别|类别|级别|区别|差别|辨别|性别|鉴别|别的|别处|别家|别人|别店|别张|别行|别名|能不能|可不可以|要不要|是不是|会不会|该不该|用不用|准不准|不得不|不能不|不要紧|不用说|不是不(能|可以|行)|不妨|(没有|没|不|未|并未|并不|从未)(被)?(禁止|违反|违规|违约|违法|拒绝)|(如果|要是|若|假如|万一|因为|由于|既然)[^,。;]{0,8}(不能|不可|不支持|不允许|不准|不接受|无法|不会|不是)`,
		`\bnot only\b|\bwhy not\b|\b(not|never|no longer) (forbidden|prohibited|against|refused?)\b|\b(if|when|because|since|as|where) (\w+ ){1,4}(can't|cannot|do not|don't|does not|doesn't|is not|isn't|are not|aren't|will not|won't|refuses)\b`)
)

// reported are the words by which a text tells what others do or want.
var reported = words(
	`(有人|被要求|遇到)[^,。;]*|(顾客|客人|持卡人|对方)(自己)?(要求|提出|想)[^,。;]*`,
	`\b(somebody|someone|anybody|anyone|whoever|customers?|callers?|cardholders?|he|she|they) (who )?(asks?|asked|asking|wants?|tries|trying|requests?)( you)? (for|to)\b[^,.;]*`)

// undone cuts out what only looks like a ban.
func undone(lang Lang, s string) string {
	return falseBan.In(lang).ReplaceAllString(s, " ")
}

var (
	poor  = words(`(余额|可用额度|资金|卡里的?钱|账户)(不足|不够|不多)|没钱|钱不够|余额(问题|为零)|透支`, `insufficient (funds|balance|money)|(not|n't) (have )?enough (money|funds|balance|credit)|lacks? (of )?(money|funds|balance)|no money`)
	about = words(`=|是|表示|意味|即|代表|说明|指|因为|由于|属于|等于|提示`, `=|\b(is|means?|indicates?|says?|stands for|because|due to|shows?)\b`)
	deny  = words(`不|并非|无关|没有关系|而非|≠|别`, `\b(not|n't|never|no|nothing|rather than|different|unrelated|other than)\b|n't|≠`)
	code  = regexp.MustCompile(`(?:^|[^0-9])([0-9]{2})(?:[^0-9]|$)`)
)

// insufficient61 reports a claim that 61 is about the balance: the commonest
// error on the web, and in the seed. Where an entry is about 61, its meaning
// need not even name the code to make the claim.
func (l *linter) insufficient61(rep reporter, d *document, t placed) {
	implied := len(d.Codes) > 0 && d.Codes[0] == "61" && (t.section == secMeaning || t.section == secTitle)
	for _, c := range clausesOf(t, d.Kind) {
		lack := poor.In(t.lang).FindString(c.folded)
		if lack == "" || denied(t.lang, c.folded, lack) {
			continue
		}
		is61, isOther := false, false
		for _, m := range code.FindAllStringSubmatch(c.folded, -1) {
			is61, isOther = is61 || m[1] == "61", isOther || m[1] != "61"
		}
		if (is61 && about.In(t.lang).MatchString(c.folded)) || (implied && !isOther) {
			rep.add(t.place, "61-balance", strings.TrimSpace(c.folded))
		}
	}
}

// denied reports that a clause denies what it says of the lack. The lack's own
// 不 does not count.
func denied(lang Lang, clause, lack string) bool {
	return deny.In(lang).MatchString(strings.Replace(clause, lack, " ", 1))
}
