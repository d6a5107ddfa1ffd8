// Package wecomtest is a WeCom on loopback: the API with its access tokens, 微信
// 客服 with its sessions and quotas, the self-built application, the group
// webhook, the AI bot by callback and by long connection, and the customers,
// servicers and colleagues who write, tap and press. It is for tests of what
// talks to WeCom, and for trying the bot without a company. It is stricter than
// WeCom is on a good day: it refuses what WeCom documents as a limit, and it
// misbehaves in every way that is known of WeCom when told to.
//
// # Setting up
//
// [New] starts one for a test, [Start] anywhere. The bot is given [WeCom.URL],
// [WeCom.SocketURL], [WeCom.WebhookURL] and the ids and secrets of
// [WeCom.Config]; the platform is given the bot's callback addresses by
// [WeCom.CallBack]. Without an address for the AI bot, it is reached by the long
// connection. [Clock] makes hours pass.
//
//	clock := &wecomtest.Clock{}
//	w := wecomtest.New(t, wecomtest.Config{Clock: clock})
//	w.SetServicer(wecomtest.DefaultAccount, wecomtest.ServicerStatus{ID: "mei"})
//	// start the bot on a server, then
//	w.CallBack(server.URL+"/wecom/kf", server.URL+"/wecom/app", "")
//	w.Open(wecomtest.DefaultAccount, "wm1", "pos61", "T-4711")
//	w.Say(wecomtest.DefaultAccount, "wm1", "刷卡显示61").Wait(ctx)
//	w.Await(ctx, func() bool { return len(w.Sent("")) == 2 })
//
// # What people do
//
// Customers of 微信客服: [WeCom.Open] (a QR code; [WeCom.OpenLink] one that the
// bot had made), [WeCom.Say], [WeCom.Menu], [WeCom.Image], [WeCom.Voice],
// [WeCom.File], [WeCom.Location], [WeCom.Send], [WeCom.Recall], [WeCom.Reject].
// Servicers: [WeCom.TakeOver], [WeCom.Speak], [WeCom.RecallSpoken], [WeCom.End],
// [WeCom.SetServicer]. Members, with the application: [WeCom.Write],
// [WeCom.WriteImage], [WeCom.WriteVoice], [WeCom.EnterApp], [WeCom.PressCard];
// with the AI bot: [WeCom.EnterChat], [WeCom.Ask], [WeCom.AskWith],
// [WeCom.AskAbout], [WeCom.AskImage], [WeCom.Click], [WeCom.Feedback].
//
// Each gives a [Delivery]: its Wait tells how the bot took the callback, its Err
// what WeCom's client would not let the person do. Nothing is acknowledged over
// the long connection; there it tells whether there was somebody to be told.
// Callbacks are made at once and side by side, as WeCom does: who wants order
// waits for each.
//
// # What is there
//
// [WeCom.Transcript] and [WeCom.Sent] have what was said, in each conversation
// or in all; as JSON it is a record of the run. [WeCom.Session] is a session's
// state and what is left of its quota. [WeCom.Calls] and [WeCom.Counters] count.
// [WeCom.Invariants] are the rules that were broken, [WeCom.Complaints] what a
// client does that WeCom lets pass, [WeCom.Unanswered] who waits.
//
// # What goes wrong
//
// Requests and frames: [WeCom.Fail] (60020 is an address that is not on the
// list, 95003 a company that is not verified), [WeCom.ExpireTokens]. Answers that are
// errors repeat the URL, its token and all that was sent, so that a client that
// puts them into errors or logs is found out. Callbacks: [WeCom.LoseCallbacks],
// [WeCom.DoubleCallbacks], [WeCom.ParallelRetries], [WeCom.HoldCallbacks] (and
// so reorder), [WeCom.Announce] (a burst), [WeCom.SkewCallbacks],
// [WeCom.ForgeCallbacks]. Pulling: [WeCom.SetPages] (small, empty, overlapping),
// [WeCom.RepeatItem], [WeCom.ForgetCursors]. Sending: [WeCom.FailSend]. The long
// connection: the methods of [Socket], [WeCom.KickSoftly].
//
// [Platform] puts all this behind channeltest.Platform.
//
// # What is not known
//
// What WeCom does in some cases is not documented, and only a live company can
// show it: the errcode for a msgid that was used before, for a webhook over its
// limit, for a cursor that is unknown, for a response_code that was used, for a code of send_msg_on_event that is
// no longer good (95007 here), for a push to a chat where nobody wrote (93006
// here); how long a stream may take (6 or 10 minutes); how long WeCom waits
// between two tries of a callback; whether the API may end a session that nobody
// serves; whether the last frame of a stream may come twice (here it may, if it
// is the same). Where it matters, [Config] plays each.
package wecomtest
