package slacktest

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goslack "github.com/slack-go/slack"
)

const card = `[{"type":"section","text":{"type":"mrkdwn","text":"61"}},
 {"type":"actions","block_id":"b1","elements":[
  {"type":"button","action_id":"pick","text":{"type":"plain_text","text":"yes"},"value":"yes"},
  {"type":"users_select","action_id":"assign"}]},
 {"type":"actions","block_id":"b2","elements":[{"type":"button","action_id":"pick","text":{"type":"plain_text","text":"no"},"value":"no"}]},
 {"type":"context_actions","elements":[{"type":"feedback_buttons","action_id":"useful",
  "positive_button":{"text":{"type":"plain_text","text":"+"},"value":"up"},"negative_button":{"text":{"type":"plain_text","text":"-"},"value":"down"}}]}]`

func blocksOf(t testing.TB, raw string) goslack.MsgOption {
	var read goslack.Blocks
	if err := json.Unmarshal([]byte(raw), &read); err != nil {
		t.Fatal(err)
	}
	return goslack.MsgOptionBlocks(read.BlockSet...)
}

// clicks is a client that keeps the last interaction.
func clicks(t testing.TB, s *Slack, answer any) func() goslack.InteractionCallback {
	var last atomic.Value
	connect(t, s, func(f frame) (any, bool) {
		var c goslack.InteractionCallback
		if f.Type == "interactive" {
			if err := json.Unmarshal(f.Payload, &c); err != nil {
				t.Errorf("%s: %v", f.Payload, err)
			}
			last.Store(c)
		}
		if f.Answers {
			return answer, true
		}
		return nil, true
	}).hello(t)
	return func() goslack.InteractionCallback { return last.Load().(goslack.InteractionCallback) }
}

func TestClick(t *testing.T) {
	s, client := world(t, short())
	last := clicks(t, s, nil)
	root := s.Say("U1", "C1", "61", "").TS
	_, ts, err := client.PostMessageContext(t.Context(), "C1", goslack.MsgOptionText("x", false), goslack.MsgOptionTS(root), blocksOf(t, card))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct{ id, value, block string }{{"pick", "", "b1"}, {"pick", "no", "b2"}, {"assign", "U2", "b1"}, {"useful", "down", "3"}} {
		if !wait(t, s.Click("U1", "C1", ts, f.id, f.value)).Acknowledged {
			t.Fatalf("%v is not acknowledged", f)
		}
		c := last()
		a := c.ActionCallback.BlockActions[0]
		if c.Container.MessageTs != ts || c.Container.ThreadTs != root || c.Message.Text != "x" || c.User.ID != "U1" || c.Channel.ID != "C1" || c.TriggerID == "" || c.ResponseURL == "" {
			t.Errorf("%+v", c)
		}
		if a.ActionID != f.id || f.value != "" && a.Value+a.SelectedUser != f.value || !strings.Contains(a.BlockID, f.block) && f.block != "3" {
			t.Errorf("%v becomes %+v", f, a)
		}
	}
	for _, d := range []*Delivery{
		s.Click("U1", "C1", ts, "nothing", ""), s.Click("U1", "C1", ts, "pick", "maybe"), s.Click("U1", "C1", "1.2", "pick", ""),
		s.Click("U2", "G1", ts, "pick", ""), s.ClickView("U1", "home", "pick", ""), s.SubmitView("U1", "V1", nil),
	} {
		if d.Err == nil {
			t.Error("something can be clicked that is not there")
		}
	}
	if _, err := client.PostEphemeralContext(t.Context(), "C1", "U1", goslack.MsgOptionText("y", false), blocksOf(t, card)); err != nil {
		t.Fatal(err)
	}
	hidden := s.Ephemerals("U1")[0].TS
	if s.Click("U2", "C1", hidden, "pick", "").Err == nil {
		t.Error("somebody else clicks in an ephemeral message")
	}
	wait(t, s.Click("U1", "C1", hidden, "pick", ""))
	if c := last(); !c.Container.IsEphemeral || c.Message.Text != "" {
		t.Errorf("%+v", c)
	}
}

func TestResponseURL(t *testing.T) {
	s, client := world(t, short())
	last := clicks(t, s, nil)
	ctx := t.Context()
	respond := func(options ...goslack.MsgOption) error {
		_, _, err := client.PostMessageContext(ctx, "C1", options...)
		return err
	}
	text := goslack.MsgOptionText("new", false)
	_, ts, err := client.PostMessageContext(ctx, "C1", goslack.MsgOptionText("x", false), blocksOf(t, card))
	if err != nil {
		t.Fatal(err)
	}
	wait(t, s.Click("U1", "C1", ts, "pick", ""))
	url := last().ResponseURL
	if err := respond(goslack.MsgOptionReplaceOriginal(url), text); err != nil || s.Messages("C1")[0].Text != "new" {
		t.Errorf("replacing: %v %+v", err, s.Calls("response_url"))
	}
	if err := respond(goslack.MsgOptionResponseURL(url, goslack.ResponseTypeInChannel), text); err != nil || len(s.Messages("C1")) != 2 {
		t.Errorf("to everybody: %v", err)
	}
	if err := respond(goslack.MsgOptionResponseURL(url, goslack.ResponseTypeEphemeral), text, blocksOf(t, card)); err != nil || len(s.Ephemerals("U1")) != 1 {
		t.Errorf("to one: %v", err)
	}
	wait(t, s.Click("U1", "C1", s.Ephemerals("U1")[0].TS, "pick", ""))
	hidden := last().ResponseURL
	if err := respond(goslack.MsgOptionReplaceOriginal(hidden), text); err != nil || s.Ephemerals("U1")[0].Edited != 1 {
		t.Errorf("replacing an ephemeral: %v", err)
	}
	if err := respond(goslack.MsgOptionDeleteOriginal(hidden)); err != nil || len(s.Ephemerals("U1")) != 0 {
		t.Errorf("deleting an ephemeral: %v", err)
	}
	if err := respond(goslack.MsgOptionDeleteOriginal(url)); err != nil || len(s.Messages("C1")) != 1 {
		t.Errorf("deleting: %v", err)
	}
	if err := respond(goslack.MsgOptionResponseURL(url, goslack.ResponseTypeEphemeral), text); err != nil {
		t.Errorf("the 5th use: %v", err)
	}
	if err := respond(goslack.MsgOptionResponseURL(url, goslack.ResponseTypeEphemeral), text); err == nil {
		t.Error("a response_url can be used for ever")
	}
}

func TestViews(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	config := short()
	config.Now = func() time.Time { return now }
	s, client := world(t, config)
	ctx := t.Context()
	last := clicks(t, s, map[string]any{"response_action": "errors", "errors": map[string]string{"words": "too short"}})
	plain := func(text string) *goslack.TextBlockObject {
		return goslack.NewTextBlockObject("plain_text", text, false, false)
	}
	modal := goslack.ModalViewRequest{
		Type: goslack.VTModal, Title: plain("Reply"), Submit: plain("Send"), CallbackID: "reply", PrivateMetadata: "case-1",
		Blocks: goslack.Blocks{BlockSet: []goslack.Block{goslack.NewInputBlock("words", plain("Words"), nil, goslack.NewPlainTextInputBlockElement(nil, "text"))}},
	}
	wait(t, s.Command("U1", "C1", "reply"))
	wait(t, s.Shortcut("U1", "", "", "reply"))
	trigger := last().TriggerID
	long := modal
	long.Title = plain(strings.Repeat("x", 25))
	_, err := client.OpenViewContext(ctx, trigger, long)
	wantCode(t, err, "invalid_arguments")
	opened, err := client.OpenViewContext(ctx, trigger, modal)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.OpenViewContext(ctx, trigger, modal)
	wantCode(t, err, "exchanged_trigger_id")
	wait(t, s.Shortcut("U1", "", "", "reply"))
	now = now.Add(4 * time.Second)
	_, err = client.OpenViewContext(ctx, last().TriggerID, modal)
	wantCode(t, err, "expired_trigger_id")
	if s.SubmitView("U1", opened.ID, nil).Err == nil || s.SubmitView("U1", opened.ID, map[string]string{"text": "x", "other": "y"}).Err == nil {
		t.Error("a modal can be submitted with too little, or too much")
	}
	ack := wait(t, s.SubmitView("U1", opened.ID, map[string]string{"text": "hello"}))
	if !ack.Acknowledged || !strings.Contains(string(ack.Payload), "too short") || s.Views("U1")[0].Closed {
		t.Errorf("%+v", ack)
	}
	c := last()
	if c.View.State.Values["words"]["text"].Value != "hello" || c.View.PrivateMetadata != "case-1" || c.View.CallbackID != "reply" {
		t.Errorf("%+v", c.View)
	}
	if _, err := client.UpdateViewContext(ctx, modal, "", opened.Hash, opened.ID); err != nil || s.Views("U1")[0].Updates != 1 {
		t.Error(err)
	}
	_, err = client.UpdateViewContext(ctx, modal, "", opened.Hash, opened.ID)
	wantCode(t, err, "hash_conflict")

	var blocks goslack.Blocks
	if err := json.Unmarshal([]byte(strings.Split(card, ",\n {\"type\":\"context_actions")[0]+"]"), &blocks); err != nil {
		t.Fatal(err)
	}
	home := goslack.PublishViewContextRequest{UserID: "U1", View: goslack.HomeTabViewRequest{Type: goslack.VTHomeTab, Blocks: blocks}}
	if _, err := client.PublishViewContext(ctx, home); err != nil || s.Home("U1") == nil {
		t.Fatal(err)
	}
	for range 97 { // beside three of the card
		home.View.Blocks.BlockSet = append(home.View.Blocks.BlockSet, goslack.NewDividerBlock())
	}
	if _, err := client.PublishViewContext(ctx, home); err != nil {
		t.Errorf("100 blocks: %v", err)
	}
	home.View.Blocks.BlockSet = append(home.View.Blocks.BlockSet, goslack.NewDividerBlock())
	_, err = client.PublishViewContext(ctx, home)
	wantCode(t, err, "invalid_blocks")
	long = modal
	long.PrivateMetadata = strings.Repeat("x", 3001)
	_, err = client.UpdateViewContext(ctx, long, "", "", opened.ID)
	wantCode(t, err, "invalid_arguments")
	wait(t, s.ClickView("U1", "home", "pick", "no"))
	if c := last(); c.Container.Type != "view" || c.ActionCallback.BlockActions[0].Value != "no" {
		t.Errorf("%+v", c)
	}
	if all := s.Complaints(); len(all) != 1 { // the command was answered with errors of a modal
		t.Error(all)
	}
}

func TestAgents(t *testing.T) {
	s, client := world(t, short())
	ctx := t.Context()
	root := s.Say("U1", "C1", "61", "").TS
	for _, status := range []string{goslack.AgentSessionStatusProcessing, goslack.AgentSessionStatusActive} {
		if _, err := client.SetAgentSessionStatusContext(ctx, goslack.AgentSessionSetStatusParameters{ChannelID: "C1", ThreadTS: root, Status: status}); err != nil {
			t.Error(err)
		}
	}
	_, err := client.SetAgentSessionStatusContext(ctx, goslack.AgentSessionSetStatusParameters{ChannelID: "C1", ThreadTS: root, Status: "busy"})
	wantCode(t, err, "invalid_status")
	if _, err := client.RenameAgentSessionContext(ctx, goslack.AgentSessionRenameParameters{ChannelID: "C1", ThreadTS: root, Title: "61"}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(Session{Status: "active", History: []string{"processing", "active"}, Title: "61"}, s.Session("C1", root)); diff != "" {
		t.Error(diff)
	}
	dm := s.DM("U1")
	prompts := goslack.AssistantThreadsSetSuggestedPromptsParameters{ChannelID: dm, Prompts: []goslack.AssistantThreadsPrompt{{Title: "61?", Message: "what is 61"}}}
	if err := client.SetAssistantThreadsSuggestedPromptsContext(ctx, prompts); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]Prompt{{"61?", "what is 61"}}, s.Prompts(dm, "")); diff != "" {
		t.Error(diff)
	}
	if err := client.SetAssistantThreadsStatusContext(ctx, goslack.AssistantThreadsSetStatusParameters{ChannelID: "C1", ThreadTS: root, Status: "is thinking"}); err != nil {
		t.Error(err)
	}
}

func TestStreams(t *testing.T) {
	s, client := world(t, short())
	ctx := t.Context()
	root := s.Say("U1", "C1", "61", "").TS
	words := goslack.MsgOptionMarkdownText("61 ")
	_, _, err := client.StartStreamContext(ctx, "C1", goslack.MsgOptionTS(root), words)
	wantCode(t, err, "missing_recipient_user_id")
	start := func() string {
		_, ts, err := client.StartStreamContext(ctx, "C1", goslack.MsgOptionTS(root), words,
			goslack.MsgOptionRecipientUserID("U1"), goslack.MsgOptionRecipientTeamID("T0HOME"))
		if err != nil {
			t.Fatal(err)
		}
		return ts
	}
	ts := start()
	if _, _, err := client.AppendStreamContext(ctx, "C1", ts, goslack.MsgOptionChunks(goslack.NewMarkdownTextChunk("means "))); err != nil {
		t.Error(err)
	}
	if _, _, err := client.StopStreamContext(ctx, "C1", ts, goslack.MsgOptionMarkdownText("a limit"), blocksOf(t, card)); err != nil {
		t.Error(err)
	}
	if m := s.Thread("C1", root)[1]; m.Text != "61 means a limit" || m.Streaming || len(m.Blocks) == 0 {
		t.Errorf("%+v", m)
	}
	_, _, err = client.AppendStreamContext(ctx, "C1", ts, words)
	wantCode(t, err, "message_not_in_streaming_state")
	ts = start()
	wait(t, s.StopStream("U1", "C1", ts))
	_, _, err = client.AppendStreamContext(ctx, "C1", ts, words)
	wantCode(t, err, "stopped_by_user")
}
