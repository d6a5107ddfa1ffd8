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

// What is said before anybody has written, so in the language of nearly all
// who come. The bot knows the menu by the first of these words when it sends it.
const (
	welcomeWords = "您好,我是61助手(机器人)。刷卡失败时,把屏幕或小票上的代码和文字发给我就行,也可以点下面的问题。要人工随时回复“转人工”。请不要发卡号、密码、验证码。"
	closingWords = "本次人工服务已结束。还有刷卡的问题,直接把代码发给我(机器人)。"
)

// unreadable are the kinds of messages that cannot be read, with what is said
// of each. What is not named here, such as a sticker, is passed over.
var unreadable = map[string]string{
	"image": "我看不了图片" + instead, "voice": "我听不了语音" + instead, "video": "我看不了视频" + instead,
	"file": "我打不开文件" + instead, "location": "我用不上位置" + instead,
	"link": "我打不开链接" + instead, "business_card": textOnly, "miniprogram": textOnly, "merged_msg": textOnly,
	"channels": textOnly, "channels_shop_product": textOnly, "channels_shop_order": textOnly,
}

const (
	instead  = ",请把屏幕上的数字代码打给我,或回复“转人工”。"
	textOnly = "我只能看文字" + instead
)

// questions are those of the welcome menu, by the id in it.
var questions = map[string]string{
	"shows61":   "屏幕显示61怎么办",
	"still61":   "换卡还是61",
	"limit":     "限额是多少,谁能提",
	"othercode": "刷卡失败,显示的是其他错误码",
	"human":     "转人工",
}

// welcome is the greeting with its menu.
func welcome() message {
	ask := func(id string) menuItem { return item1("ask:"+id, questions[id]) }
	return message{Type: "msgmenu", Menu: &msgMenu{Head: welcomeWords, List: []menuItem{
		ask("shows61"), ask("still61"), ask("limit"), ask("othercode"), ask("human"), item1(pressHours+":", "服务时间"),
	}}}
}

// closing is what is said when a person has ended.
func closing() message {
	return message{Type: "msgmenu", Menu: &msgMenu{Head: closingWords, List: []menuItem{
		item1("ask:shows61", questions["shows61"]), item1(press{kind: pressHuman}.id(), word(kb.ZH, "human")),
	}}}
}

// wantsMenu reports whether somebody asks for the menu and for nothing else.
func wantsMenu(s string) bool {
	switch strings.ToLower(strings.TrimRight(s, "。.!！?？~～ ")) {
	case "菜单", "帮助", "menu":
		return true
	}
	return false
}
