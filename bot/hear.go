package bot

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"decline61/kb"
	"decline61/kb/text"
)

// Hearing: what a message says about the case, before anything is decided.

// heard is what one message contributed.
type heard struct {
	open     string // the question that was open, "" if none
	answered bool   // it answered the open question
	chosen   string // the entry picked from "which of these do you mean?"
	facts    int    // facts found in free words
	code     string // the response code that the message itself names
	label    bool   // the text is the label of a fact that the caller gives: a button, of whatever question
}

// hear takes the message's facts into the case. An option's number or label
// and "don't know" count only while a question is open: "2" alone says
// nothing otherwise.
func (t *turn) hear() heard {
	if t.cas.Incident == charged && notCharged.MatchString(t.text.Norm) {
		t.cas.Incident, t.cas.WantsOne = "", false
	}
	open := t.cas.Open
	h := heard{open: open, facts: t.heard.facts, code: t.heard.code, answered: t.heard.answered} // of the caller's evidence
	if t.heard.label {
		return h
	}
	code := t.codeHere()
	corrects := code != "" && t.cas.Code() != "" && code != t.cas.Code() // "不对,是51": of the code only
	if open != "" && !(open == codeShown && code != "") {                // "04" is a code there, not the fourth option
		if value, ok := t.option(open); ok {
			h.answered = true
			if open == ChooseEntry {
				h.chosen = value
			} else {
				t.cas.Facts[open] = Fact{Value: value}
				if open == codeShown && value != unknown {
					h.code = value
				}
			}
			t.cas.Open, t.cas.Options = "", nil
			return h
		}
	}
	for _, f := range text.Evidence(t.text) {
		e := t.kb.EvidenceByID(f.ID)
		if e == nil || !slices.Contains(values(e), f.Value) {
			continue // the knowledge base has dropped this evidence
		}
		if open == "insert_chip_works" && f.ID == "entry_mode" {
			continue // "插了,过了" answers that, and tells nothing of the sale that failed
		}
		h.facts++
		if f.ID == open { // asked for, it needs no context to be sure
			f.Hedged = doubt.MatchString(t.text.Norm)
		}
		t.cas.Facts[f.ID] = Fact{Value: f.Value, Hedged: f.Hedged}
		if f.ID == open {
			h.answered = true
		}
	}
	if code != "" {
		h.code = code
		t.cas.Facts[codeShown] = Fact{Value: code, Hedged: doubt.MatchString(t.text.Norm)}
		if open == codeShown {
			h.answered = true
		}
	}
	if open != "" && !h.answered && !corrects {
		value, ok := t.shortReply(open)
		if t.small() == "still-failing" && open != "insert_chip_works" {
			ok = false // "还是不行" is about the steps, whatever was asked
		} else if !ok && t.talk() == "" { // "好了,能刷了,谢谢" is no answer to it
			value, ok = readOpen(open, t.text)
		}
		if value == "declined_61" && t.cas.Code() != home {
			value = "declined_other" // they fail alike, with what this one shows
		}
		if ok {
			t.cas.Facts[open] = Fact{Value: value}
			h.answered = true
		}
	}
	if h.answered {
		t.cas.Open, t.cas.Options = "", nil
	}
	return h
}

// codeHere is the code that the message names for the sale at hand: not one of
// another card's ("另一张说51") or of a question beside the matter ("55是啥").
func (t *turn) codeHere() string {
	code := shownCode(text.Codes(t.text))
	if code != "" && t.cas.Code() != "" && code != t.cas.Code() && besides.MatchString(t.text.Norm) {
		return ""
	}
	if code == "" && bareHome.MatchString(t.text.Norm) && t.match.Background < 0.5 {
		if top := t.topHit(); top != nil && slices.Contains(top.Codes, home) {
			return home // "外卡刷61": an amount for the parser, a code beside these words
		}
	}
	return code
}

var (
	besides  = regexp.MustCompile(`(另|别的|别人的|其他|其它|第二张|换(了)?一?张|换的).{0,10}(卡|张)|(other|another|second|different) (customer'?s |bank'?s )?(card|one)|顺便问|by the way`)
	bareHome = regexp.MustCompile(`(^|[^0-9.,:/])61($|[,.:/]([^0-9]|$)|[^0-9.,:/%元块笔个台张次万岁路号度折人天年分秒])`)
)

// home is the code that this program is about. A message that names it beside
// others ("小票是51,屏幕是61") is about it.
const home = "61"

// shownCode picks the code that the terminal shows: 61 if it is named and not
// denied, else one with a label ("代码51"), else the first number.
func shownCode(codes []text.Code) string {
	first, named := "", ""
	for _, c := range codes {
		switch {
		case c.Negated:
		case c.Value == home:
			return home
		case c.Named && named == "":
			named = c.Value
		case first == "":
			first = c.Value
		}
	}
	return cmp.Or(named, first)
}

// doubt is what people say of a code that they did not read well.
var doubt = regexp.MustCompile(`好像|可能|大概|没看清|看不清|看不太清|记不清|貌似|maybe|i think|not sure|looks like|probably|couldn't read`)

// option reads the message as one of the open question's options: its number,
// its label, or a plain "don't know".
func (t *turn) option(open string) (string, bool) {
	said := bare(t.text.Norm)
	if word, ok := ordinals[said]; ok {
		said = word
	}
	if n, err := strconv.Atoi(strings.TrimLeft(said, "第选 ")); err == nil && !strings.HasPrefix(said, "0") && n >= 1 && n <= len(t.cas.Options) {
		return t.cas.Options[n-1], true
	}
	for _, o := range t.cas.Options {
		for _, lang := range []kb.Lang{kb.ZH, kb.EN} {
			if label := t.label(open, o, lang); label != "" && bare(text.Normalise(label).Norm) == said {
				return o, true
			}
		}
	}
	if dontKnow[said] && open != ChooseEntry {
		return unknown, true
	}
	return "", false
}

// label is the text of an option of a question.
func (t *turn) label(question, value string, lang kb.Lang) string {
	if question == ChooseEntry {
		if e := t.kb.Entry(value); e != nil {
			return e.Title.In(lang)
		}
		return ""
	}
	if e := t.kb.EvidenceByID(question); e != nil {
		for _, v := range e.Values {
			if v.Value == value {
				return v.Label.In(lang)
			}
		}
	}
	return ""
}

// bare strips what people put around a short reply.
func bare(s string) string {
	return strings.Trim(s, " .,!?。、~()的了吧啊呢哦")
}

// ordinals are options said in words.
var ordinals = map[string]string{"第一个": "1", "第二个": "2", "第三个": "3", "第四个": "4", "第五个": "5", "一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "first": "1", "second": "2", "third": "3", "the first": "1", "the second": "2", "the third": "3", "option 1": "1", "option 2": "2", "option 3": "3"}

var dontKnow = setOf("不知道", "不清楚", "不晓得", "不确定", "没注意", "不记得", "忘", "忘记", "不懂", "说不准", "不好说", "看不到", "没看到", "没看", "不太清楚", "不是很清楚", "不会看", "bu zhidao", "buzhidao", "跳过", "没看清", "唔知", "唔知道", "我不知道", "这个不知道", "我也不知道", "不太知道", "无法确认", "没法确认",
	"don't know", "dont know", "i don't know", "i dont know", "idk", "no idea", "not sure", "i'm not sure", "im not sure", "unknown", "skip", "can't tell", "cannot tell", "no clue", "don't remember", "unsure", "i have no idea")

// shortReply reads a bare yes or no, which means something only as the answer
// to the question that is open, and "still the same".
func (t *turn) shortReply(open string) (string, bool) {
	said := bare(t.text.Norm)
	r, ok := shortReplies[open]
	if !ok {
		return "", false
	}
	switch {
	case yes[said]:
		return r.yes, r.yes != ""
	case no[said]:
		return r.no, r.no != ""
	case notTried[said]:
		return r.notTried, r.notTried != ""
	}
	return "", false
}

// shortReplies says what yes, no and "not tried" mean to each question, as
// its Chinese and English wording asks it.
var shortReplies = map[string]struct{ yes, no, notTried string }{
	"amount_matches_bill": {"yes", "no", unknown},
	"other_card":          {"", "", "not_tried"}, // "只有这一张,还是别的也": yes and no are ambiguous
	"insert_chip_works":   {"yes", "no", "not_tried"},
	"issuer_message":      {"", "none", unknown},
	"foreign_card":        {"yes", "no", unknown},
	"same_card_elsewhere": {"approved", "declined", "not_tried"},
	"acquirer_notice":     {"", "none", unknown},
}

var (
	yes = setOf("是", "对", "对的", "是的", "嗯", "嗯嗯", "恩", "有", "能", "可以", "行", "没错", "一致", "一样", "对得上", "能过", "能刷", "过", "成功", "shi", "shide", "dui", "系", "yes", "y", "yep", "yeah", "yup", "correct", "it does", "it did", "it is", "right", "sure", "works", "it works", "yes it does", "yes it did", "yes it is", "yes it works")
	no  = setOf("不是", "不", "否", "没有", "没", "无", "不能", "不行", "不可以", "不对", "也不行", "还是不行", "不一致", "不一样", "都没有", "没收到", "没有收到", "刷不", "过不", "失败", "冇", "唔系", "bushi", "meiyou", "no", "n", "nope", "none", "nothing", "not", "it doesn't", "it does not", "it didn't", "it isn't", "doesn't work", "didn't work", "no it doesn't", "no it isn't", "no message", "nothing came", "no it didn't", "fails", "failed")

	notTried = setOf("没试过", "没试", "还没试", "没有试", "没有试过", "还没有试", "没换", "没换过", "未试", "没刷过", "没去过", "not tried", "haven't tried", "havent tried", "not yet", "didn't try", "i haven't tried", "have not tried", "i haven't")
)

func setOf(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[bare(w)] = true
	}
	return m
}
