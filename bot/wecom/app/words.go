package app

import "decline61/kb"

// word gives one of the channel's own fixed words. What is said about payments
// stands in the knowledge base, what the bot says everywhere in package bot.
func word(lang kb.Lang, key string) string { return words[key].In(lang) }

var words = map[string]kb.Bilingual{
	"solved":   {ZH: "已解决", EN: "Solved"},
	"failing":  {ZH: "还是不行", EN: "Still failing"},
	"human":    {ZH: "转人工", EN: "Talk to a person"},
	"robot":    {ZH: "机器人回答，可能有误", EN: "Answered by a bot, which may be wrong"},
	"agent":    {ZH: "人工", EN: "Support staff"},
	"approved": {ZH: "同事核对后发出", EN: "Checked and sent by staff"},

	"take":  {ZH: "接单", EN: "I take it"},
	"done":  {ZH: "已解决", EN: "Solved"},
	"chose": {ZH: "已选：%s", EN: "Chosen: %s"},

	"starter 61":      {ZH: "刷卡显示61", EN: "It shows 61"},
	"starter cards":   {ZH: "换卡也是61", EN: "Every card shows 61"},
	"starter charged": {ZH: "扣款但显示失败", EN: "Charged, but it says failed"},

	"card title":  {ZH: "点一下，或直接打字", EN: "Press one, or just write"},
	"card answer": {ZH: "这样解决了吗？", EN: "Did this help?"},

	"brief":    {ZH: "判断依据", EN: "Why"},
	"for":      {ZH: "支持：", EN: "for: "},
	"against":  {ZH: "不支持：", EN: "against: "},
	"ask next": {ZH: "可以问商户：", EN: "Ask the merchant: "},

	"image": {ZH: "我看不了图片，请把屏幕或小票上的代码和文字打给我，例如“显示61”，或回复“转人工”。", EN: "I cannot see pictures; please write me the code and words on the screen."},
	"file":  {ZH: "我看不了文件和视频，请把屏幕或小票上的代码和文字打给我，例如“显示61”。", EN: "I cannot open files; please write me the code and words on the screen."},
	"voice": {ZH: "我听不了语音，请打字发给我，例如“显示61”。", EN: "I cannot listen; please write to me, for example \"declined 61\"."},
	"other": {ZH: "这种消息我看不懂，请打字发给我，例如“显示61”。", EN: "I cannot read this kind of message; please write to me."},

	"welcome": {
		ZH: "您好，我是61助手（机器人）。把商户说的代码和情况发给我，例如“商户刷卡显示61，换卡也不行”，我给出原因、依据和步骤。要人工，回复“转人工”。请不要发卡号、密码、验证码。",
		EN: "Hello, this is the decline61 assistant (a bot). Send me the code and what the merchant says, for example \"61, another card fails too\". For a person, reply \"agent\". Never send card numbers, PINs or one-time codes.",
	},
}
