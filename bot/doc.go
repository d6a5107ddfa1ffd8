// Package bot decides what to reply to a merchant whose POS declined a card,
// and this comment is the tour of the whole program, from bottom to top.
//
// # The idea
//
// A merchant writes "刷卡显示61,换了张建行的卡也不行". The bot reads the code and
// the facts out of the sentence, finds the entry of the knowledge base that
// fits, weighs the causes, and replies with what it means, what to do now, what
// to tell the customer, who does which step, and the one question that would
// tell most. It does so without network, key or model. What it decides is
// decided by code and data that a person can read; nothing is left to chance,
// so that the same question always gets the same answer.
//
// # decline61/kb/text
//
// One normal form for everything that is compared (width, case, traditional
// characters, Chinese numerals, disguised words), with the way back to what
// was typed. On top of it, what can be read from a sentence without matching:
// response codes (61 in all its spellings, never 61元) and facts ("insert
// works", "no message from the bank"), with their negations and doubts.
//
// # decline61/kb
//
// The knowledge base: Markdown files, one an entry, embedded into the binary,
// and the linter that holds them to FORMAT.md. It also holds the evidence that
// separates causes (questions.yaml), the routes for messages that are no
// question (routes.yaml), and the questions that are none of our business
// (background.txt), which the matcher learns to reject.
//
// # decline61/index
//
// Matching: bleve with an analyser of Han characters and their pairs, and a
// small linear model over character n-grams trained from the phrasings of the
// entries. Their scores are fused for the order; the model's probability and a
// cosine give the confidence. [decline61/index.Live] swaps a rebuilt index in
// while others search.
//
// # decline61/bot
//
// This package, in two halves.
//
// The first decides. [Bot.Answer] is a pure function from a message and a
// [Case] to an [Answer] and the next Case: hear what the message says (hear.go),
// see whether a person or a refusal is due whatever else it says (routes.go),
// decide (decide.go), weigh causes and pick the question (triage.go), write
// the reply (render.go). [Request] and [Reply] are its shape for other
// programs.
//
// The second keeps its word (conversation.go has its nouns). A conversation is
// a row; a message or a timer plus that row gives a new row and messages to
// show, in one transaction:
//
//	platform -> Channel -> Loop.Receive -> Store.Receive -> only now acknowledged
//	         Store.Claim -> Bot.Answer -> Store.Commit       (work.go)
//	         Store.Due -> Channel.Find, Channel.Send -> Store.Sent  (send.go)
//
// Store.Receive raises the version of the conversation and Store.Commit insists
// on the version that it was claimed with, so an answer never ignores what was
// said while it was thought of, least of all by an agent who takes over. What
// is being sent is marked before, so that after a crash the bot looks at the
// platform before it sends again. All of it can die at any point: what is not
// committed did not happen, and what is committed is found again.
//
// # decline61/bot/mask
//
// Card numbers, track data, PINs and other secrets never get past here: a
// text becomes a mask.Text once, at the edge, and what stores, logs or sends
// accepts nothing else.
//
// # decline61/bot/store
//
// The [Store]: SQLite in one file, or Postgres where one machine is not enough.
// One SQL text for both.
//
// # decline61/bot/web
//
// The JSON API with its event stream, the merchant's page, and what an operator
// asks: is it alive, is it ready.
//
// # decline61/bot/slack
//
// Slack, over Socket Mode or signed HTTP: threads, buttons, drafts for agents,
// the Home tab. Its package comment is the set-up guide.
//
// # decline61/bot/slack/slacktest
//
// A Slack on loopback with Slack's limits and faults, for the tests.
//
// # decline61/bot/wecom
//
// What the ways into WeCom share: callback crypto, API client, error codes with
// what an operator does about them, limits.
//
// # decline61/bot/wecom/kf
//
// 微信客服, the way of merchants, who are outside the company: every message of
// every page, the five-message quota, session states, and real transfers to
// servicers.
//
// # decline61/bot/wecom/aibot
//
// 智能机器人, for colleagues: streams over the long connection or over callbacks.
//
// # decline61/bot/wecom/app
//
// 自建应用: questions of colleagues, and cards with 接单 and 已解决.
//
// # decline61/bot/wecom/webhook
//
// Notices to a group of colleagues.
//
// # decline61/bot/wecom/wecomtest
//
// A WeCom on loopback with WeCom's states, quotas and faults, for the tests.
//
// # decline61/bot/metrics
//
// What the loop does, as Prometheus reads it.
//
// # decline61/bot/eval
//
// Runs question sets and dialogs through that same function and counts; its
// golden files show every change of ranking as a reviewable difference.
//
// # decline61/bot/terminal
//
// The first channel: a conversation over stdin and stdout.
//
// # decline61/bot/storetest
//
// What every Store must do, as one suite of tests for all of them.
//
// # decline61/bot/channeltest
//
// What every [Channel] must do, and a chat platform on loopback with its
// channel, as a model for the real ones.
//
// # decline61/bot/fault
//
// Places where the bot can be made to die or misbehave, in test builds only.
//
// # decline61/bot/soak
//
// The real program under kills, pauses, lost responses and redeliveries, with a
// checker that believes only what the platforms saw.
//
// # decline61/cmd/decline61
//
// The program: one file a command, all wired in run.
//
// # decline61/cmd/rehearse
//
// The bot in WeCom on one machine without a network: one person plays merchant,
// servicer and colleague.
package bot
