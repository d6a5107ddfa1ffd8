package aibot

import "decline61/kb"

// word gives one of the channel's own fixed words. What is said about payments
// stands in the knowledge base, what the bot says everywhere in package bot.
func word(lang kb.Lang, key string) string { return words[key].In(lang) }

var words = map[string]kb.Bilingual{
	"solved":  {ZH: "已解决", EN: "Solved"},
	"failing": {ZH: "还是不行", EN: "Still failing"},
	"human":   {ZH: "转人工", EN: "Talk to a person"},

	"steps":      {ZH: "步骤", EN: "Steps"},
	"source":     {ZH: "知识库", EN: "From the knowledge base"},
	"robot":      {ZH: "机器人回答，可能有误", EN: "Answered by a bot, which may be wrong"},
	"agent":      {ZH: "人工", EN: "Support staff"},
	"approved":   {ZH: "同事核对后发出", EN: "Checked and sent by staff"},
	"brief":      {ZH: "判断依据", EN: "Why"},
	"for":        {ZH: "支持：", EN: "for: "},
	"against":    {ZH: "不支持：", EN: "against: "},
	"ask next":   {ZH: "可以问商户", EN: "Ask the merchant"},
	"neighbours": {ZH: "容易混淆的代码", EN: "Codes taken for this one"},

	"reply to":      {ZH: "回复 %s：", EN: "To %s:"},
	"perhaps twice": {ZH: "（若上面已看到这条回答，请忽略）", EN: "(If you have seen this answer above, ignore it.)"},

	"card title":   {ZH: "点一下，或直接打字", EN: "Press one, or just write"},
	"card answer":  {ZH: "这样解决了吗？", EN: "Did this help?"},
	"chose":        {ZH: "已选：%s", EN: "Chosen: %s"},
	"chose below":  {ZH: "答案在下面的消息里", EN: "The answer is in the message below"},
	"please write": {ZH: "按钮已失效，请直接打字发给我：%s", EN: "This button no longer works; please write to me: %s"},

	"looking": {ZH: "收到，正在查…", EN: "Looking it up…"},
	"merged":  {ZH: "已和后面的消息一起回答。", EN: "Answered together with the message below."},
	"later":   {ZH: "还没有查完，这里不再等；查到后另发一条消息。再问一次也可以。", EN: "This takes longer; the answer comes as a message of its own. You may also ask again."},
	"below":   {ZH: "回答在另一条消息里。", EN: "The answer is in another message."},
	"owned":   {ZH: "这个会话由人工同事处理，您的话已转给他们，机器人不插话。", EN: "A person has this conversation; your words were passed on, and the bot keeps silent."},
	"gone":    {ZH: "这条回答已经不在了，请再问一次。", EN: "This answer is no longer here; please ask again."},
	"not kept": {ZH: "刚才没能收下这条消息，请过几秒再发一次。",
		EN: "Your message could not be kept just now; please send it again in a few seconds."},

	"image": {ZH: "我看不了图片，请把屏幕或小票上的代码和文字打给我，例如“显示61”。", EN: "I cannot see pictures; please write me the code and words on the screen, for example \"declined 61\"."},
	"file":  {ZH: "我看不了文件和视频，请把屏幕或小票上的代码和文字打给我，例如“显示61”。", EN: "I cannot open files; please write me the code and words on the screen, for example \"declined 61\"."},
	"voice": {ZH: "这条语音没有转成文字，请打字发给我，例如“显示61”。", EN: "This voice message has no words; please write to me, for example \"declined 61\"."},
	"other": {ZH: "这种消息我看不懂，请打字发给我，例如“显示61”。", EN: "I cannot read this kind of message; please write to me, for example \"declined 61\"."},

	"welcome": {
		ZH: "您好，我是61助手（机器人）。把商户说的代码和情况发给我，例如“商户刷卡显示61，换卡也不行”，我给出原因和依据、处理步骤、该问商户什么、容易混淆的代码。群里请 @我。要人工，回复“转人工”。请不要发卡号、密码、验证码。",
		EN: "Hello, this is the decline61 assistant (a bot). Send me the code and what the merchant says, for example \"61, another card fails too\": you get causes with the evidence, steps, what to ask, and codes taken for this one. Never send card numbers, PINs or one-time codes.",
	},
}
