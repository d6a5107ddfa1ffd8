package wecom

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"decline61/bot"
)

// Codes of WeCom's that callers act on.
const (
	CodeBusy         = -1
	CodeTooLong      = 45002
	CodeTooOften     = 45009
	CodeQuota        = 95001  // kf: five messages since the customer's last one
	CodeWindow       = 95002  // kf: the customer's last message is more than 48 h old
	CodeUnverified   = 95003  // kf: the company is not verified
	CodeKfToken      = 95007  // kf: the token of the callback has run out: pull without
	CodeEnded        = 95013  // kf: the session has ended
	CodeNoServicer   = 95014  // kf: no servicer of this account, or not activated
	CodeTransition   = 95016  // kf: no way from this session state to that
	CodeState        = 95018  // kf: nothing may be sent in this session state
	CodeServicerOff  = 95019  // kf: the servicer has stopped
	CodeRequestID    = 846605 // AI bot: the req_id is of a connection that is gone
	CodeStreamOver   = 846608 // AI bot: the stream has run out
	CodeSubscription = 853000 // AI bot: bot id or secret is wrong
	CodeWebhook      = 93000  // the key of a group webhook is wrong, or the webhook was removed
)

// refusedToken are the codes with which WeCom refuses an access token. It may
// do so long before the token's time is up.
func refusedToken(code int) bool { return code == 40001 || code == 40014 || code == 42001 }

// remedies are what can be done about a code, and what the operator should do.
// What an operator can put right with a few clicks is NeedsCredentials rather
// than Never: the messages wait for a day meanwhile, and are not lost.
var remedies = map[int]struct {
	class bot.Class
	after time.Duration
	hint  string
}{
	CodeBusy: {bot.MayHaveArrived, 0, "企业微信繁忙，稍后重试 (WeCom is busy)"},

	40001: {bot.NeedsCredentials, 0, "Secret 不对或已重置：在应用或微信客服的详情页重新复制 (the secret is wrong or was reset: copy it again)"},
	40003: {bot.Never, 0, "userid 不存在或不在可见范围 (no such member, or outside the app's visible range)"},
	40007: {bot.Never, 0, "media_id 无效或已过 3 天 (the media_id is wrong or older than 3 days)"},
	40008: {bot.Never, 0, "这里不支持该消息类型 (this kind of message is not allowed here)"},
	40013: {bot.NeedsCredentials, 0, "企业ID 不对：我的企业 → 企业信息 → 企业ID (the corp id is wrong)"},
	40014: {bot.NeedsCredentials, 0, "access_token 失效，且换新后仍被拒：检查是否有另一套系统用同一 Secret (the access token was refused, and so was a new one)"},
	40056: {bot.NeedsCredentials, 0, "AgentId 不对：应用管理 → 应用 → AgentId (the agent id is wrong)"},
	40058: {bot.Never, 0, "参数不合法 (a parameter is not allowed)"},
	41001: {bot.NeedsCredentials, 0, "缺少 access_token (the access token is missing)"},
	42001: {bot.NeedsCredentials, 0, "access_token 过期，且换新后仍被拒：校准服务器时间 (the access token has expired, and so has a new one: set the clock)"},
	43004: {bot.Never, 0, "对方未关注 (the receiver does not follow)"},
	44004: {bot.Never, 0, "文本为空 (the text is empty)"},
	45033: {bot.Backoff, time.Second, "并发过高 (too many calls at a time)"},
	48002: {bot.NeedsCredentials, 0, "无接口权限：微信客服 → 可调用接口的应用，勾选本应用 (no permission: list the app there)"},
	60011: {bot.NeedsCredentials, 0, "无权限：应用管理 → 应用 → 可见范围，加入该成员 (no permission: widen the app's visible range)"},
	60020: {bot.NeedsCredentials, 0, "服务器 IP 不在白名单：应用管理 → 应用 → 企业可信IP (add this server's address to the app's trusted IPs)"},
	60111: {bot.Never, 0, "userid 不存在 (no such member)"},
	81013: {bot.Never, 0, "接收人都无效：检查 userid 和应用可见范围 (no receiver is valid: compare user ids and visible range)"},
	93001: {bot.Never, 0, "群不存在 (no such chat)"},
	93006: {bot.Never, 0, "chatid 无效 (the chat id is wrong)"},
	93008: {bot.Never, 0, "机器人不在群里 (not in this chat)"},

	CodeTooLong:  {bot.Never, 0, "内容过长 (too long)"},
	CodeTooOften: {bot.Backoff, 30 * time.Second, "调用过于频繁 (called too often)"},

	95000:           {bot.Never, 0, "open_kfid 不对：微信客服 → 客服账号 (the kf account is wrong)"},
	CodeQuota:       {bot.OtherRoute, 0, "客户每发一条最多回 5 条，已用完 (all five replies to the customer's last message are used)"},
	CodeWindow:      {bot.OtherRoute, 0, "客户超过 48 小时没有发消息 (the customer has been silent for 48 hours)"},
	CodeUnverified:  {bot.Never, 0, "企业未认证：我的企业 → 企业信息 → 去认证 (the company is not verified)"},
	95004:           {bot.Never, 0, "缺少 open_kfid，或账号未在「通过API管理」下：微信客服 → 通过API管理微信客服账号 (put the account there)"},
	CodeKfToken:     {bot.Never, 0, "回调 token 超过 10 分钟，去掉再拉 (the callback's token has run out: pull without)"},
	95008:           {bot.Never, 0, "菜单不合法 (the menu is not allowed)"},
	95009:           {bot.Never, 0, "菜单不合法 (the menu is not allowed)"},
	95011:           {bot.NeedsCredentials, 0, "Secret 不是微信客服可用的：用 可调用接口的应用 的 Secret (the secret is of another product: take that of the app listed there)"},
	95012:           {bot.NeedsCredentials, 0, "Secret 不是微信客服可用的：用 可调用接口的应用 的 Secret (the secret is of another product: take that of the app listed there)"},
	CodeEnded:       {bot.StateMoved, 0, "会话已结束 (the session has ended)"},
	CodeNoServicer:  {bot.Never, 0, "不是该账号的接待人员或未激活：微信客服 → 接待人员 (not a servicer of this account, or not activated)"},
	CodeTransition:  {bot.StateMoved, 0, "会话状态不允许这样变更 (the session state does not allow this change)"},
	95017:           {bot.NeedsCredentials, 0, "API 功能已关闭：微信客服 → 通过API管理微信客服账号 (the API is switched off there)"},
	CodeState:       {bot.StateMoved, 0, "会话状态不允许发送；若总是这样，账号处于人工接待：微信客服 → 客服账号 → 接待方式 (the session state does not allow sending; if always so, servicers take this account's sessions)"},
	CodeServicerOff: {bot.StateMoved, 0, "接待人员已停止接待 (the servicer has stopped or is suspended)"},

	CodeRequestID:    {bot.OtherRoute, 0, "req_id 属于已断开的连接，改用主动推送 (the req_id is of a connection that is gone)"},
	CodeStreamOver:   {bot.OtherRoute, 0, "流式消息已过期，改用主动推送 (the stream has run out)"},
	CodeSubscription: {bot.NeedsCredentials, 0, "BotID 或 Secret 不对：智能机器人 → API 模式 → 长连接 (bot id or secret is wrong)"},
	CodeWebhook:      {bot.NeedsCredentials, 0, "Webhook 的 key 不对或已被移除：群 → 消息推送，重新复制地址 (the key is wrong or was removed: copy the address again)"},
}

// Refusal is the error of a method that WeCom refused with a code. errmsg is
// WeCom's own word on it; nothing of it is repeated but the address that it saw
// us call from, because a merchant's text may be in it.
func Refusal(method string, code int, errmsg string) *Error {
	e := &Error{Method: method, Code: code, Class: bot.Never}
	if r, ok := remedies[code]; ok {
		e.Class, e.After, e.Hint = r.class, r.after, r.hint
	} else {
		e.Hint = fmt.Sprintf("含义见 https://open.work.weixin.qq.com/devtool/query?e=%d (what it means)", code)
	}
	if m := fromIP.FindStringSubmatch(errmsg); code == 60020 && m != nil {
		if ip, err := netip.ParseAddr(strings.TrimRight(m[1], ".")); err == nil {
			e.Hint += ": " + ip.String()
		}
	}
	return e
}

var fromIP = regexp.MustCompile(`from ip: ([0-9a-fA-F.:]{2,45})`)
