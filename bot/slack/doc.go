// Package slack is the channel of Slack: merchants in direct messages and in
// channels shared by Slack Connect, and the provider's own people in theirs.
//
// # What people see
//
// Whoever mentions the bot in a channel is answered in a thread below, and goes
// on there without a mention. When people in that thread talk to each other the
// bot leaves them alone until it is mentioned again. In direct messages
// everything is for the bot. /decline61 TEXT is answered for its sender alone,
// with a button to share the answer; the shortcut 转人工 on a message hands its
// thread over to a person, and so does the button below every answer, at once.
// The Home tab has questions to begin with and the cases that are open.
//
// SLACK_CHANNELS sets a channel to more: all (every question that the bot can
// surely answer, without a mention), draft (the same, but the answer goes to
// the agents of SLACK_AGENTS in their direct messages, who send it, change it
// or do not), ephemeral (answers for the asker alone). With internal, where only
// the provider's own people are, an answer also tells what speaks for and
// against each cause, what to ask the merchant, and which codes are taken for
// this one; the bot asks Slack whether another company is in such a channel, and
// then it is the answer for merchants.
//
// A channel's id stands at the end of its details, a member's in the menu of
// his profile. Cases are not posted to SLACK_TRIAGE_CHANNEL in this version: who
// asks for a person waits with his conversation, and is told whom to call.
//
// # Set-up, from nothing to an answer
//
//  1. decline61 manifest > manifest.json
//     (--lang en for English texts; --guests if guests of your workspace use
//     it, whom Slack keeps from apps with the agent view)
//  2. https://api.slack.com/apps?new_app=1: From a manifest, your workspace,
//     the JSON tab, paste, Create.
//  3. Basic Information, App-Level Tokens, Generate: with connections:write.
//     It begins with xapp- and is DECLINE61_SLACK_APP_TOKEN.
//  4. Install App, Install to Workspace. The Bot User OAuth Token begins with
//     xoxb- and is DECLINE61_SLACK_BOT_TOKEN. Better put each into a file that
//     only you can read, and name that with ..._FILE.
//  5. decline61 doctor: every line about Slack is ok, or names its fix.
//  6. decline61 serve
//  7. In a channel: /invite @decline61, then @decline61 刷卡显示61.
//
// Over HTTP instead, where Slack reaches you by https (a proxy with a
// certificate in front of serve): the manifest with --http --base-url
// https://..., in place of step 3 the Signing Secret of Basic Information, App
// Credentials, as DECLINE61_SLACK_SIGNING_SECRET, and after step 6 have Slack
// verify the request URL under App Manifest. With both, both work.
//
// 中文:1 运行 decline61 manifest > manifest.json;2 在上面的网址选 From a
// manifest,粘贴 JSON,Create;3 Basic Information 里生成 App-Level Token
// (connections:write),填到 DECLINE61_SLACK_APP_TOKEN;4 Install App 安装后把
// Bot User OAuth Token 填到 DECLINE61_SLACK_BOT_TOKEN;5 运行 decline61 doctor,
// 按提示改到全部 ok;6 decline61 serve;7 频道里 /invite @decline61,再 @decline61 提问。
//
// # How it keeps its word
//
// A message is acknowledged to Slack once [bot.Inbox] has kept it, by either
// way in; Slack repeats what is not, and a message's ts is its id, so that
// app_mention and message, retries and second events of one text are one. Our
// messages carry their key as metadata: when the outcome of a post is unknown,
// the thread is read before anything is posted again. What only one person sees
// (answers to commands) cannot be read by anybody: it may be shown twice after
// a crash. With a manifest made by --mention-only the bot may not
// read threads either, and posts again without a look.
//
// Of Slack's data only ids and the masked words of conversations are kept, for
// as long as RETAIN says; what the bot has no answer to in a channel set to all
// is not kept at all.
//
// # What only a live workspace can show
//
// Everything above is tested against a fake of Slack ([decline61/bot/slack/slacktest]),
// which Slack's own libraries accept. These remain to be looked at once in a
// real workspace:
//
//   - that Slack takes the manifest
//   - how soon and how often it repeats over Socket Mode, and whether with the
//     same envelope_id; that an acknowledgement may come over another connection
//   - how often it pings, and when it refreshes connections
//   - that our own metadata can be read without metadata.message:read, and stays
//     when a message is changed
//   - status and suggested questions of the agent view; that everything else
//     works without it; who of a Slack Connect channel may use it
//   - that buttons and feedback below an answer work in Connect channels, and
//     whether members of the other company have the command, the shortcut and
//     the Home tab
//   - how bold Chinese, numbered lists and the buttons look on a telephone
package slack
