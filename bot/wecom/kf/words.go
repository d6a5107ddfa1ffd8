package kf

import (
	"strings"

	"decline61/kb"
)

// word gives one of the channel's own fixed words, in Chinese where no language
// is known. What is said about payments stands in the knowledge base.
func word(lang kb.Lang, key string) string { return words[key].In(lang) }

var words = map[string]kb.Bilingual{
	"solved":  {ZH: "已解决", EN: "Solved"},
	"failing": {ZH: "没解决", EN: "Still failing"},
	"human":   {ZH: "转人工", EN: "Talk to a person"},
	"tap":     {ZH: "可以直接点:", EN: "You can tap:"},
	"steps":   {ZH: "步骤:", EN: "Steps:"},
	"code":    {ZH: "错误码 ", EN: "code "},

	"hours": {ZH: "服务时间", EN: "Service hours"},

	"no picture": {ZH: "我看不了图片" + instead, EN: "I cannot see pictures" + insteadEN},
	"no voice":   {ZH: "我听不了语音" + instead, EN: "I cannot listen to voice messages" + insteadEN},
	"no video":   {ZH: "我看不了视频" + instead, EN: "I cannot watch videos" + insteadEN},
	"no file":    {ZH: "我打不开文件" + instead, EN: "I cannot open files" + insteadEN},
	"no place":   {ZH: "我用不上位置" + instead, EN: "I have no use for places" + insteadEN},
	"no link":    {ZH: "我打不开链接" + instead, EN: "I cannot open links" + insteadEN},
	"only text":  {ZH: "我只能看文字" + instead, EN: "I can read text only" + insteadEN},

	"transferring": {ZH: "正在为您转接人工客服。", EN: "Connecting you to our staff."},
	"served":       {ZH: "已转接人工客服,请稍等,客服会在这里回复您。", EN: "You are connected: please wait, our staff will answer here."},
	"queued":       {ZH: "已为您排队,轮到时人工客服会在这里回复您。", EN: "You are in the queue: our staff will answer here when it is your turn."},
	"closed":       {ZH: "现在不是人工服务时间。", EN: "Our staff is not there at this time. "},
	"noted":        {ZH: "已登记,编号 %s,人工客服上班后处理。", EN: "It is noted under number %s and will be seen to when they are back."},
	"nobody":       {ZH: "人工客服现在都不在线。已登记,编号 %s,上线后处理。急的话稍后再回复“转人工”。", EN: "None of our staff is online at the moment. It is noted under number %s and will be seen to. If it is urgent, reply \"agent\" again in a while."},
	"no luck":      {ZH: "刚才没能转接成功。已登记,编号 %s,人工客服会处理。急的话稍后再回复“转人工”。", EN: "You could not be connected just now. It is noted under number %s and will be seen to. If it is urgent, reply \"agent\" again in a while."},
	"passed on":    {ZH: "已知情况(客服能看到,不用重说):", EN: "Known so far (our staff sees this):"},
	"terminal":     {ZH: "二维码带的终端号 %s(未核实)", EN: "terminal %s, from the QR code (not verified)"},
	"hours are":    {ZH: "人工服务时间:%s。", EN: "Our staff is there %s. "},
	"bot hours":    {ZH: "我(机器人)全天在。", EN: "I (a bot) am here at all times. "},
	"open now":     {ZH: "现在有人工客服。", EN: "Our staff is there now. "},
}

// What is said before anybody has written is Chinese, the language of nearly
// all who come, with a line for the others. The bot knows the menu by its words
// when it sends it.
const (
	welcomeWords = "您好,我是61助手(机器人)。刷卡失败时,把屏幕或小票上的代码和文字发给我就行,也可以点下面的问题。要人工随时回复“转人工”。请不要发卡号、密码、验证码。" +
		"\nEnglish: send me the code on the screen, or reply \"help\" for a menu, \"agent\" for a person."
	closingWords = "本次人工服务已结束。还有刷卡的问题,直接把代码发给我(机器人)。"
)

// menuHead stands above the menu once the language is known.
var menuHead = kb.Bilingual{
	ZH: welcomeWords,
	EN: "Hello, I am the 61 assistant (a bot). When a card sale fails, send me the code and words on the screen or the slip, or tap a question below. For a person, reply \"agent\" at any time. Please send no card numbers, PINs or one-time codes.",
}

var closingHead = kb.Bilingual{
	ZH: closingWords,
	EN: "This talk with our staff has ended. If a card still fails, send me (a bot) the code.",
}

// unreadable are the kinds of messages that cannot be read, with the word for
// what is said of each. What is not named here, such as a sticker, is passed
// over.
var unreadable = map[string]string{
	"image": "no picture", "voice": "no voice", "video": "no video", "file": "no file", "location": "no place",
	"link": "no link", "business_card": "only text", "miniprogram": "only text", "merged_msg": "only text",
	"channels": "only text", "channels_shop_product": "only text", "channels_shop_order": "only text",
}

const (
	instead   = ",请把屏幕上的数字代码打给我,或回复“转人工”。"
	insteadEN = "; please type the code on the screen, or reply \"agent\" for a person."
)

// questions are those of the welcome menu, by the id in it.
var questions = map[string]kb.Bilingual{
	"shows61":   {ZH: "屏幕显示61怎么办", EN: "The screen shows 61"},
	"still61":   {ZH: "换卡还是61", EN: "Another card gives 61 too"},
	"limit":     {ZH: "限额是多少,谁能提", EN: "What is the limit, and who can raise it"},
	"othercode": {ZH: "刷卡失败,显示的是其他错误码", EN: "The card fails with another code"},
	"human":     {ZH: "转人工", EN: "Talk to a person"},
}

// welcome is the greeting with its menu.
func welcome(lang kb.Lang) message {
	ask := func(id string) menuItem {
		press := "ask:" + id
		if lang == kb.EN {
			press += ":" + string(kb.EN)
		}
		return item1(press, questions[id].In(lang))
	}
	return message{Type: "msgmenu", Menu: &msgMenu{Head: menuHead.In(lang), List: []menuItem{
		ask("shows61"), ask("still61"), ask("limit"), ask("othercode"), ask("human"), item1(press{kind: pressHours, lang: lang}.id(), word(lang, "hours")),
	}}}
}

// closing is what is said when a person has ended.
func closing(lang kb.Lang) message {
	m := message{Type: "msgmenu", Menu: &msgMenu{Head: closingHead.In(lang), List: welcome(lang).Menu.List[:1:1]}}
	m.Menu.List = append(m.Menu.List, item1(press{kind: pressHuman, lang: lang}.id(), word(lang, "human")))
	return m
}

// menuWords ask for the menu if they are all that is said, in a language.
var menuWords = map[string]kb.Lang{"菜单": kb.ZH, "帮助": kb.ZH, "menu": kb.EN, "help": kb.EN}

func bare(s string) string { return strings.ToLower(strings.TrimRight(s, "。.!！?？~～ ")) }
