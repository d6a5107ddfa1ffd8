package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	goslack "github.com/slack-go/slack"

	"decline61/bot/slack/slacktest"
)

// fromSocket is a line of socket.mjs.
type fromSocket struct {
	State  string
	GaveUp string

	Type     string
	Envelope string
	Body     json.RawMessage
	Retry    int
	Reason   string
	Answers  bool
}

// inner is the event in it, if it is one.
func (f fromSocket) inner() event { return eventOf(f.Body) }

func (f fromSocket) String() string {
	return fmt.Sprintf("%s%s%s %s (retry %d %s) %s", f.State, f.GaveUp, f.Type, f.Envelope, f.Retry, f.Reason, f.Body)
}

// id is the event's.
func (f fromSocket) id() string {
	var body struct {
		EventID string `json:"event_id"`
	}
	_ = json.Unmarshal(f.Body, &body)
	return body.EventID
}

// TestJudgeSocket: Slack's own Socket Mode client takes our fake for Slack,
// when all is well and when connections break.
func TestJudgeSocket(t *testing.T) {
	s := slacktest.New(t, slacktest.Config{
		Patience: 500 * time.Millisecond, Retries: []time.Duration{0, 0, 0}, Ping: 200 * time.Millisecond, OpensAMinute: -1,
	})
	client := startJudge(t, "socket.mjs", map[string]any{"api": s.APIURL(), "token": s.AppToken()})
	heardState(t, client, "connected")
	if n := len(s.Sockets()); n != 1 {
		t.Fatalf("%d sockets are open, want 1", n)
	}

	time.Sleep(2 * time.Second) // without pongs it gives up every half second
	if n := s.SocketsEver(); n > 2 {
		t.Fatalf("the client does not trust its connection: it has made %d", n)
	}
	s.AddUser(slacktest.User{ID: "U1"})
	s.AddChannel(slacktest.Channel{ID: "C1", Members: []string{"U1", s.Bot()}})
	shown := postButton(t, s)
	if echo := heardDelivery(t, client); echo.inner().TS != shown {
		t.Errorf("the bot is told %v, want its own message", echo)
	}
	for name, c := range map[string]struct {
		do    func() *slacktest.Delivery
		kinds []string // in any order
	}{
		"message":       {func() *slacktest.Delivery { return s.Say("U1", "C1", "刷卡显示61", "") }, []string{"events_api message"}},
		"mention":       {func() *slacktest.Delivery { return s.Say("U1", "C1", "<@"+s.Bot()+"> 61", "") }, []string{"events_api app_mention", "events_api message"}},
		"home":          {func() *slacktest.Delivery { return s.OpenHome("U1", "home") }, []string{"events_api app_home_opened"}},
		"unknown event": {func() *slacktest.Delivery { return s.RawEvent(map[string]any{"type": "of_the_future"}) }, []string{"events_api of_the_future"}},
		"command":       {func() *slacktest.Delivery { return s.Command("U1", "C1", "刷卡显示61") }, []string{"slash_commands "}},
		"click":         {func() *slacktest.Delivery { return s.Click("U1", "C1", shown, "press", "") }, []string{"interactive "}},
		"unknown envelope": {func() *slacktest.Delivery {
			return s.RawEnvelope("of_the_future", map[string]any{"a": 1})
		}, []string{"of_the_future "}},
	} {
		d := c.do()
		if d.Err != nil {
			t.Errorf("%s: %v", name, d.Err)
			continue
		}
		ack := d.Wait(t.Context())
		var kinds []string
		for range c.kinds {
			got := heardDelivery(t, client)
			kinds = append(kinds, got.Type+" "+got.inner().Type)
			if got.Envelope == "" || got.Body == nil {
				t.Errorf("%s: arrives as %v", name, got)
			}
		}
		slices.Sort(kinds)
		if !slices.Equal(kinds, c.kinds) || !ack.Acknowledged || ack.Tries != 1 {
			t.Errorf("%s: arrives as %v, want %v, acknowledged as %+v", name, kinds, c.kinds, ack)
		}
		if answered := strings.Contains(string(ack.Payload), "judged"); answered != (name == "command") {
			t.Errorf("%s: is acknowledged with %s", name, ack.Payload)
		}
	}
	if shown := s.Ephemerals("U1"); len(shown) != 1 || shown[0].Text != "judged" {
		t.Errorf("the answer to the command is shown as %+v", shown)
	}

	message := func(text string) map[string]any {
		return map[string]any{"type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "text": text, "ts": "1700000000.000100"}
	}
	t.Run("what is not acknowledged comes again", func(t *testing.T) {
		ack := s.RawEvent(message("unacknowledged")).Wait(t.Context())
		first, second := heardDelivery(t, client), heardDelivery(t, client)
		if first.Retry != 0 || second.Retry != 1 || second.Reason != "timeout" || !ack.Acknowledged || ack.Tries != 2 {
			t.Errorf("first %v, then %v, acknowledged as %+v", first, second, ack)
		}
		if first.id() == "" || first.id() != second.id() {
			t.Errorf("one event has the ids %q and %q", first.id(), second.id())
		}
	})

	t.Run("nonsense between", func(t *testing.T) {
		for _, c := range s.Sockets() {
			c.Frame(websocket.TextMessage, []byte(`{"type":`))
			c.Frame(websocket.TextMessage, nil)
			c.Frame(websocket.BinaryMessage, []byte{0, 1})
		}
		delivered(t, s, client, message("after nonsense"))
	})

	// However a connection ends, the client comes back by a new one.
	for _, c := range []struct {
		name string
		end  func(*slacktest.Socket)
	}{
		{"refreshed", func(c *slacktest.Socket) { c.Refresh(50 * time.Millisecond) }},
		{"closed", func(c *slacktest.Socket) { c.Close(websocket.CloseNormalClosure) }},
		{"dropped", func(c *slacktest.Socket) { c.Close(websocket.CloseAbnormalClosure) }},
		{"reset", (*slacktest.Socket).Reset},
		{"truncated", (*slacktest.Socket).Truncate},
		{"silent", (*slacktest.Socket).HalfOpen}, // it misses the pongs
	} {
		if t.Failed() {
			return // what follows would only wait in vain
		}
		t.Run(c.name, func(t *testing.T) {
			before := s.SocketsEver()
			for _, open := range s.Sockets() {
				c.end(open)
			}
			heardState(t, client, "reconnecting")
			heardState(t, client, "connected")
			if s.SocketsEver() == before {
				t.Error("the client says that it has a new connection, and the fake has none")
			}
			delivered(t, s, client, message("by a new connection"))
		})
	}

	t.Run("a wrong token", func(t *testing.T) {
		stranger := startJudge(t, "socket.mjs", map[string]any{"api": s.APIURL(), "token": "xapp-1-of-another-app"})
		if got := heard[fromSocket](stranger); got.GaveUp != "invalid_auth" {
			t.Errorf("the client says %v, want invalid_auth", got)
		}
	})

	if complaints := s.Complaints(); len(complaints) > 0 {
		t.Errorf("our fake finds fault with Slack's own client: %q", complaints)
	}
}

// heardState waits until the client says that it is in state.
func heardState(t *testing.T, client *judge, state string) {
	t.Helper()
	for range 20 {
		got := heard[fromSocket](client)
		if got.State == state {
			return
		}
		if got.GaveUp != "" {
			t.Fatalf("the client gave up: %s", got.GaveUp)
		}
	}
	t.Fatalf("the client is never %s", state)
}

// heardDelivery is what the client is handed over next.
func heardDelivery(t *testing.T, client *judge) fromSocket {
	t.Helper()
	for {
		got := heard[fromSocket](client)
		if got.GaveUp != "" {
			t.Fatalf("the client gave up: %s", got.GaveUp)
		}
		if got.Type != "" {
			return got
		}
	}
}

// delivered delivers an event that has to arrive.
func delivered(t *testing.T, s *slacktest.Slack, client *judge, event map[string]any) {
	t.Helper()
	ack := s.RawEvent(event).Wait(t.Context())
	got := heardDelivery(t, client)
	if got.inner().Text != event["text"] || !ack.Acknowledged {
		t.Fatalf("%v arrives as %v, and its acknowledgement as %+v", event["text"], got, ack)
	}
}

// postButton has the bot post a message with a button.
func postButton(t *testing.T, s *slacktest.Slack) (ts string) {
	t.Helper()
	api := goslack.New(s.BotToken(), goslack.OptionAPIURL(s.APIURL()))
	button := goslack.NewButtonBlockElement("press", "1", goslack.NewTextBlockObject(goslack.PlainTextType, "Press", false, false))
	_, ts, err := api.PostMessageContext(t.Context(), "C1", goslack.MsgOptionText("press", false), goslack.MsgOptionBlocks(goslack.NewActionBlock("buttons", button)))
	if err != nil {
		t.Fatal(err)
	}
	return ts
}
