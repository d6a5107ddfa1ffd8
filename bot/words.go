package bot

import "decline61/kb"

// say returns one of the bot's own fixed sentences. Everything about payments
// stands in the knowledge base; here is only what holds a reply together.
func say(lang kb.Lang, key string) string { return sentences[key].In(lang) }

var sentences = map[string]kb.Bilingual{
	"code":           {ZH: "代码 ", EN: "code "},
	"do now":         {ZH: "现在做:", EN: "Do now: "},
	"tell customer":  {ZH: "对顾客说:", EN: "Tell the customer: "},
	"steps":          {ZH: "步骤:", EN: "Steps:"},
	"never":          {ZH: "别做:", EN: "Never: "},
	"reply number":   {ZH: "(回复数字即可,也可以直接说)", EN: " (reply with a number or in your own words)"},
	"human line":     {ZH: "要人工请回复“转人工”。", EN: "For a person, reply \"agent\"."},
	"which of these": {ZH: "您说的是下面哪一种情况?", EN: "Which of these do you mean?"},
	"clarify":        {ZH: "交易没成功,先要知道机器上显示的代码,才能说准原因。请先不要反复刷卡。", EN: "The sale failed; the code on the screen tells why. Please don't keep retrying the card meanwhile."},
	"still this":     {ZH: "这样看还是这一条:%s。", EN: "This still points to the same cause. %s."},
	"no new steps":   {ZH: "请先做完前面的步骤;做完还不行,回复“还是不行”。", EN: "Please finish the steps above first; if they do not help, reply \"still failing\"."},
	"clarify more":   {ZH: "还差一点信息才能判断原因。", EN: "One more fact is needed to tell the cause."},

	"out_of_scope":  {ZH: "这个我没有可靠的答案:我只负责 POS 刷卡失败和应答码(例如 61)的问题。费率、到账、办机、换机请联系您的收单机构或办机的服务商。", EN: "I have no reliable answer to that: I only know about failed card sales and response codes such as 61. For fees, settlement or terminals, please contact your acquirer or the provider of your terminal."},
	"greeting":      {ZH: "您好,我是61助手(机器人)。POS 刷卡失败时,把屏幕或小票上的代码和文字发给我,例如“刷卡显示61”。", EN: "Hello, this is the decline61 assistant (a bot). When a card sale fails, send me the code and words on the screen, for example \"declined 61\"."},
	"thanks":        {ZH: "不客气。下次刷卡失败,把代码发来就行。", EN: "You're welcome. Next time a sale fails, just send the code."},
	"bye":           {ZH: "好的,再见。", EN: "All right, goodbye."},
	"solved":        {ZH: "好的,解决了就好。大额交易前先请顾客确认卡的限额,可以少遇到 61。", EN: "Good to hear. Before large sales, ask customers to check their card's limit: it avoids most 61 declines."},
	"help":          {ZH: "我能说明 POS 应答码(如 61、51、55、65)的意思、原因、该谁处理、下一步怎么做。直接发代码和情况,例如“61,换了张卡也不行”。请不要发卡号、密码、验证码。", EN: "I explain POS response codes (61, 51, 55, 65 ...): what they mean, why they come, who has to act and what to do next. Send the code and what happened, for example \"61, another card fails too\". Never send card numbers, PINs or one-time codes."},
	"human":         {ZH: "好的,这件事要由人来处理。请联系您的收单机构客服,电话在机身贴纸、签购单或商户 APP 上。", EN: "All right, this needs a person. Please contact your acquirer's support; the number is on the terminal's sticker, the slip or the merchant app."},
	"threat":        {ZH: "明白,这件事要由人来处理。请联系您的收单机构客服,电话在机身贴纸、签购单或商户 APP 上。", EN: "Understood, this needs a person. Please contact your acquirer's support; the number is on the terminal's sticker, the slip or the merchant app."},
	"waiting":       {ZH: "这件事要由收单机构的人来处理,请打电话给他们的客服(我这里不会转接)。在结果查清之前,这笔不要再收、再刷;有新的代码可以继续发给我。", EN: "This needs your acquirer's people: please call their support (I cannot connect you). Until it is settled, do not charge this sale again; you can still send me a new code."},
	"card-data":     {ZH: "不要在这里或任何聊天里发送、记录卡号、有效期、CVV、密码或验证码,也不要向顾客索要。密码只能由持卡人自己在机器上输入。已经发出的请马上撤回或删除。", EN: "Never send or write down a card number, expiry date, CVV, PIN or one-time code here or in any chat, and never ask a customer for them. The PIN is entered by the cardholder on the terminal only. If you have sent one, please recall or delete that message now."},
	"fallback":      {ZH: "抱歉,系统暂时没能处理您的消息,这件事要由人来处理。请联系您的收单机构客服,电话在机身贴纸、签购单或商户 APP 上。", EN: "Sorry, your message could not be processed just now, so this needs a person. Please contact your acquirer's support; the number is on the terminal's sticker, the slip or the merchant app."},
	"prepare":       {ZH: "请准备好:商户号、终端号、参考号/流水号、交易时间和金额、屏幕原文;不要发卡号。", EN: "Please have ready: merchant number, terminal number, reference or trace number, time and amount of the sale, and the words on the screen. Send no card number."},
	"not that code": {ZH: "(您提到的情况一般显示 %s,不是 %s;如果屏幕上确实是 %s,请告诉我。)", EN: "(What you describe usually shows as %s, not %s; if the screen does say %s, tell me.)"},
}
