package slacktest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goslack "github.com/slack-go/slack"
)

func TestPosts(t *testing.T) {
	s, client := world(t, short())
	c := connect(t, s, acknowledge).hello(t)
	ctx := t.Context()
	if got, err := client.AuthTestContext(ctx); err != nil || got.UserID != s.Bot() || got.BotID == "" {
		t.Errorf("auth.test: %+v, %v", got, err)
	}
	root := s.Say("U1", "C1", "61", "").TS
	metadata := goslack.SlackMetadata{EventType: "decline61_answer", EventPayload: map[string]any{"key": "k1"}}
	_, ts, err := client.PostMessageContext(ctx, "C1", goslack.MsgOptionText("a &amp; b", false), goslack.MsgOptionTS(root), goslack.MsgOptionMetadata(metadata))
	if err != nil {
		t.Fatal(err)
	}
	last := ts
	for range 50 {
		_, next, err := client.PostMessageContext(ctx, "C1", goslack.MsgOptionText("x", false), goslack.MsgOptionTS(root))
		if err != nil || next <= last {
			t.Fatalf("ts %s after %s, %v", next, last, err)
		}
		last = next
	}
	thread := s.Thread("C1", root)
	if m := thread[1]; len(thread) != 52 || m.TS != ts || m.ThreadTS != root || m.BotID == "" || m.Plain() != "a & b" || m.Metadata.EventPayload["key"] != "k1" {
		t.Errorf("%d messages, %+v", len(thread), m)
	}
	eventually(t, "the bot hears itself", func() bool {
		for _, f := range c.got("events_api") {
			if _, inner := f.event(); inner["ts"] == ts && inner["bot_id"] != nil && inner["app_id"] != nil {
				return true
			}
		}
		return false
	})
	if _, _, _, err := client.UpdateMessageContext(ctx, "C1", ts, goslack.MsgOptionText("new", false)); err != nil {
		t.Error(err)
	}
	if m := s.Thread("C1", root)[1]; m.Text != "new" || m.Edited != 1 || m.Metadata == nil {
		t.Errorf("updated: %+v", m)
	}
	if link, err := client.GetPermalinkContext(ctx, &goslack.PermalinkParameters{Channel: "C1", Ts: ts}); err != nil || !strings.Contains(link, "C1") {
		t.Errorf("%s, %v", link, err)
	}
	if err := client.AddReactionContext(ctx, "eyes", goslack.NewRefToMessage("C1", root)); err != nil {
		t.Error(err)
	}
	wantCode(t, client.AddReactionContext(ctx, "eyes", goslack.NewRefToMessage("C1", root)), "already_reacted")
	if _, err := client.PostEphemeralContext(ctx, "C1", "U1", goslack.MsgOptionText("psst", false)); err != nil {
		t.Error(err)
	}
	if len(s.Ephemerals("U1")) != 1 || len(s.Messages("C1")) != 52 {
		t.Error("an ephemeral is in the history, or nowhere")
	}
	if _, _, err := client.DeleteMessageContext(ctx, "C1", ts); err != nil || len(s.Thread("C1", root)) != 51 {
		t.Error("it cannot be deleted", err)
	}
}

func TestRefusals(t *testing.T) {
	s, client := world(t, short())
	ctx := t.Context()
	theirs := s.Say("U1", "C1", "61", "").TS
	post := func(channel string, options ...goslack.MsgOption) error {
		_, _, err := client.PostMessageContext(ctx, channel, options...)
		return err
	}
	hi := goslack.MsgOptionText("hi", false)
	wantCode(t, post("C2", hi), "not_in_channel")
	wantCode(t, post("C3", hi), "channel_not_found")
	wantCode(t, post("C9", hi), "is_archived")
	wantCode(t, post("C1", hi, goslack.MsgOptionTS("1.000001")), "thread_not_found")
	wantCode(t, post("C1", goslack.MsgOptionText(" ", false)), "no_text")
	wantCode(t, post("C1", goslack.MsgOptionText(strings.Repeat("啊", 40_001), false)), "msg_too_long")
	_, _, _, err := client.UpdateMessageContext(ctx, "C1", theirs, hi)
	wantCode(t, err, "cant_update_message")
	_, _, _, err = client.UpdateMessageContext(ctx, "C1", "1.000001", hi)
	wantCode(t, err, "message_not_found")
	_, _, err = client.DeleteMessageContext(ctx, "C1", theirs)
	wantCode(t, err, "cant_delete_message")
	_, err = client.PostEphemeralContext(ctx, "G1", "U2", hi)
	wantCode(t, err, "user_not_in_channel")
	_, err = client.GetUserInfoContext(ctx, "U404")
	wantCode(t, err, "user_not_found")
	wantCode(t, client.AddPinContext(ctx, "C1", goslack.NewRefToMessage("C1", theirs)), "unknown_method")
	_, err = goslack.New("xoxb-wrong", goslack.OptionAPIURL(s.APIURL())).AuthTestContext(ctx)
	wantCode(t, err, "invalid_auth")
	_, err = goslack.New(s.AppToken(), goslack.OptionAPIURL(s.APIURL())).AuthTestContext(ctx)
	wantCode(t, err, "not_allowed_token_type")
	resp, err := http.PostForm(s.APIURL()+"auth.test?token="+url.QueryEscape(s.BotToken()), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); !strings.Contains(string(body), "not_authed") {
		t.Errorf("a token in the query: %s", body)
	}
}

func TestScopes(t *testing.T) {
	config := short()
	config.Scopes = []string{"commands", "im:read"}
	_, client := world(t, config)
	_, _, err := client.PostMessageContext(t.Context(), "C1", goslack.MsgOptionText("hi", false))
	var e goslack.SlackErrorResponse
	if !errors.As(err, &e) || e.Err != "missing_scope" || e.Needed != "chat:write" || e.Provided != "commands,im:read" {
		t.Errorf("%#v", err)
	}
}

func TestReading(t *testing.T) {
	s, client := world(t, short())
	ctx := t.Context()
	root := s.Say("U1", "C1", "61", "").TS
	metadata := goslack.SlackMetadata{EventType: "decline61_answer", EventPayload: map[string]any{"key": "k1"}}
	for range 3 {
		if _, _, err := client.PostMessageContext(ctx, "C1", goslack.MsgOptionText("x", false), goslack.MsgOptionTS(root), goslack.MsgOptionMetadata(metadata)); err != nil {
			t.Fatal(err)
		}
	}
	for _, all := range []bool{false, true} {
		var seen []goslack.Message
		cursor := ""
		for pages := 0; ; pages++ {
			page, more, next, err := client.GetConversationRepliesContext(ctx, &goslack.GetConversationRepliesParameters{
				ChannelID: "C1", Timestamp: root, Limit: 3, Cursor: cursor, IncludeAllMetadata: all,
			})
			if err != nil || pages > 2 {
				t.Fatalf("page %d: %v", pages, err)
			}
			seen = append(seen, page...)
			if cursor = next; !more {
				break
			}
		}
		if len(seen) != 4 || (seen[3].Metadata.EventPayload["key"] == "k1") != all {
			t.Errorf("with metadata %v: %d messages, %+v", all, len(seen), seen[len(seen)-1].Metadata)
		}
		if seen[0].ReplyCount != 3 {
			t.Errorf("reply_count %d", seen[0].ReplyCount)
		}
	}
	second := s.Thread("C1", root)[1].TS
	page, _, _, err := client.GetConversationRepliesContext(ctx, &goslack.GetConversationRepliesParameters{ChannelID: "C1", Timestamp: root, Oldest: second})
	if err != nil || len(page) != 3 { // the root and what came after
		t.Errorf("since %s: %d messages, %v", second, len(page), err)
	}
	history, err := client.GetConversationHistoryContext(ctx, &goslack.GetConversationHistoryParameters{ChannelID: "C1"})
	if err != nil || len(history.Messages) != 1 {
		t.Errorf("history: %+v, %v", history, err)
	}
	info, err := client.GetConversationInfoContext(ctx, &goslack.GetConversationInfoInput{ChannelID: "C1"})
	if err != nil || !info.IsExtShared || !info.IsMember || info.IsPrivate {
		t.Errorf("info: %+v, %v", info, err)
	}
	members, _, err := client.GetUsersInConversationContext(ctx, &goslack.GetUsersInConversationParameters{ChannelID: "C1"})
	if diff := cmp.Diff([]string{"U1", "U2", s.Bot()}, members); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if u, err := client.GetUserInfoContext(ctx, "U2"); err != nil || u.TeamID != "T0OTHER" {
		t.Errorf("user: %+v, %v", u, err)
	}
	dm, _, _, err := client.OpenConversationContext(ctx, &goslack.OpenConversationParameters{Users: []string{"U1"}})
	if err != nil || dm.ID != s.DM("U1") {
		t.Errorf("direct channel: %+v, %v", dm, err)
	}
}

func TestRate(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	s, client := world(t, Config{Now: func() time.Time { return now }})
	var last error
	for range 6 {
		_, _, last = client.PostMessageContext(t.Context(), "C1", goslack.MsgOptionText("x", false))
	}
	var e *goslack.RateLimitedError
	if !errors.As(last, &e) || e.RetryAfter != time.Second || len(s.Messages("C1")) != 5 {
		t.Errorf("the 6th of a burst of 5: %v", last)
	}
	if _, _, err := client.PostMessageContext(t.Context(), "G1", goslack.MsgOptionText("x", false)); err != nil {
		t.Errorf("another channel: %v", err)
	}
	calls := s.Calls("chat.postMessage")
	if len(calls) != 7 || calls[5].Error != "ratelimited" {
		t.Errorf("%+v", calls)
	}
}

func TestFaults(t *testing.T) {
	for name, f := range map[string]struct {
		Fault
		shown int
		ok    bool
	}{
		"503":          {Fault{Status: 503}, 0, false},
		"done, 502":    {Fault{Done: true, Status: 502}, 1, false},
		"cut":          {Fault{Cut: true}, 0, false},
		"done, cut":    {Fault{Done: true, Cut: true}, 1, false},
		"done, slow":   {Fault{Done: true, Delay: 10 * time.Second}, 1, false},
		"late":         {Fault{Done: true, Delay: 10 * time.Millisecond}, 1, true},
		"too fast":     {Fault{After: 7 * time.Second}, 0, false},
		"refused":      {Fault{Code: "restricted_action"}, 0, false},
		"a login page": {Fault{Body: "<html>"}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, client := world(t, short())
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			s.Fail("chat.*", f.Fault)
			_, _, err := client.PostMessageContext(ctx, "C1", goslack.MsgOptionText("words", false))
			if (err == nil) != f.ok || len(s.Messages("C1")) != f.shown {
				t.Errorf("%d are shown, error %v", len(s.Messages("C1")), err)
			}
			var e *goslack.RateLimitedError
			if name == "too fast" && (!errors.As(err, &e) || e.RetryAfter != 7*time.Second) {
				t.Errorf("%v", err)
			}
			if _, _, err := client.PostMessageContext(t.Context(), "C1", goslack.MsgOptionText("x", false)); err != nil {
				t.Errorf("the next one fails as well: %v", err)
			}
		})
	}
	s, _ := world(t, short())
	s.Fail("*", Fault{Status: 500, Times: -1})
	for range 3 {
		resp, err := http.PostForm(s.APIURL()+"chat.postMessage", url.Values{"token": {s.BotToken()}, "text": {"words"}})
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if !strings.Contains(string(body), s.BotToken()) || !strings.Contains(string(body), "words") {
			t.Errorf("the error does not tempt anybody: %s", body)
		}
	}
	s.Heal()
	if _, err := clientOf(s).AuthTestContext(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestEphemeralInThread: what is for one person shows in a thread only once
// somebody has replied there, although Slack says ok.
func TestEphemeralInThread(t *testing.T) {
	s, client := world(t, short())
	root := s.Say("U1", "C1", "61", "")
	for replies, want := range []int{0, 1} {
		if replies > 0 {
			s.Say("U2", "C1", "me too", root.TS)
		}
		if _, err := client.PostEphemeralContext(t.Context(), "C1", "U1", goslack.MsgOptionText("psst", false), goslack.MsgOptionTS(root.TS)); err != nil {
			t.Fatal(err)
		}
		if n := len(s.Ephemerals("U1")); n != want {
			t.Errorf("with %d replies %d are seen", replies, n)
		}
	}
}
