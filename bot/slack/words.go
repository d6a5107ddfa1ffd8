package slack

import "decline61/kb"

// word gives one of the channel's own fixed words. What is said about payments
// stands in the knowledge base, what the bot says everywhere in package bot.
func word(lang kb.Lang, key string) string { return words[key].In(lang) }

var words = map[string]kb.Bilingual{
	"solved":  {ZH: "已解决", EN: "Solved"},
	"failing": {ZH: "还是不行", EN: "Still failing"},
	"human":   {ZH: "转人工", EN: "Talk to a person"},
	"share":   {ZH: "公开给大家", EN: "Share with everyone"},
	"helped":  {ZH: "有帮助", EN: "Helpful"},
	"useless": {ZH: "没帮助", EN: "Not helpful"},

	"solved label":  {ZH: "已解决:结束这个问题", EN: "Solved: close this question"},
	"failing label": {ZH: "还是不行:给下一步", EN: "Still failing: show what to try next"},
	"human label":   {ZH: "转人工:交给工作人员", EN: "Talk to a person: hand this over"},
	"share label":   {ZH: "把这条回答发给本频道的所有人", EN: "Post this answer for everyone in this channel"},

	"steps":       {ZH: "步骤", EN: "Steps"},
	"source":      {ZH: "知识库原文", EN: "From the knowledge base"},
	"robot":       {ZH: "机器人回答,可能有误", EN: "Answered by a bot, which may be wrong"},
	"agent":       {ZH: "人工客服", EN: "Support staff"},
	"approved":    {ZH: "工作人员核对后发出", EN: "Checked and sent by staff"},
	"handed over": {ZH: "随这次求助记录", EN: "Recorded with this request"},
	"has shared":  {ZH: "公开了机器人的这条回答;想接着问,请在话题里 @我", EN: "has shared this answer of the bot; to ask more, mention me in the thread"},
	"you asked":   {ZH: "您问:", EN: "You asked: "},
	"help me":     {ZH: "帮助", EN: "help"},
	"transcript":  {ZH: "本会话的文字(卡号等已遮盖)", EN: "the words of this conversation (card numbers masked)"},
	"tried":       {ZH: "已给出的步骤 %d 条", EN: "%d steps shown so far"},
	"only you":    {ZH: "只有您能看到;接着问请再用 /decline61 或 @我", EN: "Only you can see this; to ask more, use /decline61 again or mention me"},

	"brief":      {ZH: "给工作人员", EN: "For staff"},
	"for":        {ZH: "支持:", EN: "for: "},
	"against":    {ZH: "不支持:", EN: "against: "},
	"ask next":   {ZH: "可以问商户", EN: "Ask the merchant"},
	"neighbours": {ZH: "容易混淆的代码", EN: "Codes taken for this one"},

	"draft":          {ZH: "回复草稿,商户还没看到:", EN: "Draft of an answer, not shown to the merchant yet:"},
	"draft question": {ZH: "看提问", EN: "see the question"},
	"empty":          {ZH: "请写要发给商户的话。", EN: "Write what the merchant is to read."},
	"draft send":     {ZH: "发送", EN: "Send"},
	"draft edit":     {ZH: "修改后发送", EN: "Edit and send"},
	"draft ignore":   {ZH: "忽略", EN: "Ignore"},
	"draft title":    {ZH: "修改后发送", EN: "Edit and send"},
	"draft field":    {ZH: "回复商户的内容", EN: "Answer to the merchant"},
	"cancel":         {ZH: "取消", EN: "Cancel"},

	"thanks for feedback": {ZH: "收到,谢谢。", EN: "Noted, thank you."},
	"sorry for feedback":  {ZH: "收到,谢谢。把还不对的地方直接说给我,或点“转人工”。", EN: "Noted, thank you. Tell me what is still wrong, or press \"Talk to a person\"."},
	"sent already":        {ZH: "这条已经发过了,没有再发一次。", EN: "This was sent already; it is not sent twice."},
	"gone":                {ZH: "这条回答已经按保存期限删除了,请重新提问。", EN: "This answer was deleted after its time; please ask again."},
	"try again":           {ZH: "没打开,请再点一次。", EN: "It did not open; please press again."},
	"chose":               {ZH: "已选:%s", EN: "Chosen: %s"},

	"help": {
		ZH: "POS 刷卡失败时,把屏幕上的代码和文字发给我,例如:/decline61 换了几张卡都显示61。只有您能看到回答,可以再公开给大家。在频道里可以直接 @我 提问;要人工,说“转人工”。请不要发卡号、密码、验证码。回答由机器人给出,可能有误。",
		EN: "When a card sale fails, send me the code and words on the screen, for example: /decline61 every card shows 61. Only you see the answer, and you can share it. In a channel, mention me; for a person, say \"agent\". Never send card numbers, PINs or one-time codes. Answers come from a bot and may be wrong.",
	},
	"introduction": {
		ZH: "谢谢邀请。刷卡失败时 @我 并写上屏幕上的代码,我在消息下面的话题里回答。要人工,说“转人工”。",
		EN: "Thanks for the invitation. When a card sale fails, mention me with the code on the screen; I answer in a thread. For a person, say \"agent\".",
	},

	"home title": {ZH: "61助手:POS 刷卡失败,先问我", EN: "decline61: when a card sale fails, ask me first"},
	"home how":   {ZH: "点一个问题,或在“消息”页直接说;回答在“消息”页。", EN: "Pick a question, or write in the Messages tab; answers appear there."},
	"home cases": {ZH: "正在处理的求助", EN: "Your open cases"},
	"home none":  {ZH: "没有等待处理的求助。", EN: "No open cases."},
	"home open":  {ZH: "查看", EN: "Open"},
	"waiting":    {ZH: "等待人工", EN: "waiting for a person"},
	"with agent": {ZH: "人工处理中", EN: "with a person"},
	"no code":    {ZH: "没有代码", EN: "no code"},
	"home legal": {ZH: "机器人回答,可能有误。会话中的卡号等在保存前遮盖,到期删除;不用于训练模型。请不要发卡号、密码、验证码。", EN: "Answers come from a bot and may be wrong. Card numbers are masked before anything is kept, conversations are deleted after their time, and nothing is used to train models. Never send card numbers, PINs or one-time codes."},
	"prompts":    {ZH: "刷卡失败?点一个问题试试", EN: "A card sale failed? Try one of these"},
}

// starters are questions to begin with, on the Home tab and in the agent view.
var starters = []struct{ title, question kb.Bilingual }{
	{kb.Bilingual{ZH: "显示 61", EN: "It shows 61"}, kb.Bilingual{ZH: "刷卡显示61", EN: "The terminal shows 61"}},
	{kb.Bilingual{ZH: "换卡也是 61", EN: "Every card shows 61"}, kb.Bilingual{ZH: "换了几张卡都显示61", EN: "Every card we try shows 61"}},
	{kb.Bilingual{ZH: "扣了款但显示失败", EN: "Charged, but it says failed"}, kb.Bilingual{ZH: "顾客收到扣款短信,POS机显示交易失败", EN: "The customer was charged but the terminal says failed"}},
	{kb.Bilingual{ZH: "我要人工", EN: "I need a person"}, kb.Bilingual{ZH: "转人工", EN: "I want to talk to a person"}},
}
