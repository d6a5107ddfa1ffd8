// Package slacktest is a Slack on loopback: Web API, Socket Mode, signed HTTP
// deliveries, and the people who write, click and type commands. It is for
// tests of what talks to Slack, and stricter than Slack is on a good day: it
// refuses what Slack documents as a limit, and it misbehaves in every way that
// is known of Slack when told to.
//
// A [Slack] has places ([Slack.AddChannel], [Slack.AddUser], [Slack.DM]). People
// do something ([Slack.Say], [Slack.Click], [Slack.Command] ...), which delivers
// events to the bot and gives a [Delivery], whose Wait tells how the bot
// acknowledged them. What the bot made of it is read back: [Slack.Thread],
// [Slack.Ephemerals], [Slack.Home], [Slack.Views].
//
//	s := slacktest.New(t, slacktest.Config{})
//	s.AddUser(slacktest.User{ID: "U1"})
//	s.AddChannel(slacktest.Channel{ID: "C1", Members: []string{"U1", s.Bot()}})
//	// start the bot with s.APIURL(), s.BotToken() and s.AppToken()
//	root := s.Say("U1", "C1", "<@"+s.Bot()+"> 61", "")
//	ack := root.Wait(ctx)
//	answer := s.Thread("C1", root.TS)[1]
//
// Deliveries go to open sockets, or by HTTP once [Slack.SetRequestURL] has named
// the bot. What is not acknowledged within Config.Patience is delivered again
// after each of Config.Retries.
//
// [Slack.Complaints] tells what a client did that Slack would silently ignore.
//
// Things go wrong by [Slack.Fail] for requests to the Web API, by [Socket] and
// [Slack.OnHello] for connections, by [Slack.LoseAcks], [Slack.Hold] and
// [Slack.Repeat] for deliveries, by [Slack.Request] for forged ones. Answers to
// requests that go wrong repeat the token and the request, so that a client that
// puts them into errors or logs is found out.
//
// [Platform] puts all this behind channeltest.Platform.
//
// What only a live workspace can show is not claimed: how long Slack itself
// waits between retries over a socket, whether it keeps the envelope's id
// (Config.SameEnvelope plays both), and what a client draws.
package slacktest
