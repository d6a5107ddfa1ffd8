package app

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"decline61/bot"
	"decline61/bot/wecom/wecomtest"
)

// notebook is an inbox that notes what it gets.
type notebook struct {
	mu       sync.Mutex
	messages []bot.Message
	cursors  map[string]string
}

func (n *notebook) Receive(_ context.Context, d bot.Delivery) ([]bot.Received, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.messages = append(n.messages, d.Messages...)
	if d.CursorName != "" {
		n.cursors[d.CursorName] = d.CursorValue
	}
	return make([]bot.Received, len(d.Messages)), nil
}

func (n *notebook) Cursor(_ context.Context, _, name string) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cursors[name], nil
}

// TestTake: who repeats an event says the same, who says another in the same
// second does not (WxJava#1745); what is for another app is left alone.
func TestTake(t *testing.T) {
	fake := wecomtest.New(t, wecomtest.Config{})
	a, _ := channelFor(t, fake, Config{})
	n := &notebook{cursors: map[string]string{}}
	a.begin(n)
	told := func(fields string) (got []bot.Message) {
		t.Helper()
		before := len(n.messages)
		if _, err := a.take(t.Context(), []byte("<xml><FromUserName>li</FromUserName><CreateTime>1</CreateTime>"+fields+"</xml>")); err != nil {
			t.Fatal(err)
		}
		return n.messages[before:]
	}
	ours := fmt.Sprintf("<AgentID>%d</AgentID>", fake.Config().AgentID)
	menu := "<MsgType>event</MsgType><Event>click</Event><EventKey>%s</EventKey>" + ours
	first, again, other := told(fmt.Sprintf(menu, "帮助")), told(fmt.Sprintf(menu, "帮助")), told(fmt.Sprintf(menu, "转人工"))
	if len(first)+len(again)+len(other) != 3 || first[0].ID != again[0].ID || first[0].ID == other[0].ID || other[0].Text.String() != "转人工" {
		t.Errorf("the menu says %+v, %+v, %+v", first, again, other)
	}
	if got := told("<MsgType>text</MsgType><Content>61</Content><MsgId>7</MsgId><AgentID>7</AgentID>"); len(got) > 0 {
		t.Errorf("a message to another app is taken: %+v", got)
	}
	if got := told("<MsgType>voice</MsgType><Recognition>显示61</Recognition><MsgId>8</MsgId>" + ours); len(got) != 1 || got[0].ID != "8" || got[0].Text.String() != "显示61" {
		t.Errorf("a voice message with words is %+v", got)
	}
	press := `<MsgType>event</MsgType><Event>template_card_event</Event><TaskId>c-1</TaskId><EventKey>{"l":"zh","s":"换卡也不行","i":"other_card","v":"declined"}</EventKey>` + ours
	if got := append(told(press), told(press)...); len(got) != 2 || got[0].ID != got[1].ID || got[0].Evidence["other_card"] != "declined" || got[0].Author != "li" {
		t.Errorf("a press is %+v", got)
	}
	for _, key := range []string{"", "{}", "notice:", "notice:take:", "notice:other:c1", "notice:take:c1"} {
		if got := told("<MsgType>event</MsgType><Event>template_card_event</Event><TaskId>c-1</TaskId><EventKey>" + key + "</EventKey>" + ours); len(got) > 0 {
			t.Errorf("button %q says %+v", key, got)
		}
	}
	waiting := len(a.asides)
	enter := "<MsgType>event</MsgType><Event>enter_agent</Event>" + ours
	told(enter)
	told(enter)
	if got := len(a.asides) - waiting; got != 1 {
		t.Errorf("who opens the app twice is welcomed %d times", got)
	}
}
