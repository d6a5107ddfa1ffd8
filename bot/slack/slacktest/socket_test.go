package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	goslack "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

func TestSocketEvents(t *testing.T) {
	s, _ := world(t, short())
	c := connect(t, s, acknowledge).hello(t)
	d := s.Say("U1", "C1", "<@"+s.Bot()+"> 61 &lt;", "")
	if ack := wait(t, d); !ack.Acknowledged || ack.Tries != 1 {
		t.Fatalf("%+v", ack)
	}
	frames := c.got("events_api")
	if len(frames) != 2 {
		t.Fatalf("%d events for a mention, want message and app_mention", len(frames))
	}
	ids, types := map[string]bool{}, map[any]bool{}
	for _, f := range frames {
		id, inner := f.event()
		ids[id], types[inner["type"]] = true, true
		if inner["ts"] != d.TS {
			t.Errorf("ts %v, want %s", inner["ts"], d.TS)
		}
	}
	if len(ids) != 2 || !types["message"] || !types["app_mention"] {
		t.Errorf("event ids %v, types %v", ids, types)
	}
	if m := s.Messages("C1")[0]; m.Plain() != "<@"+s.Bot()+"> 61 <" {
		t.Errorf("text %q", m.Plain())
	}
	for what, d := range map[string]*Delivery{
		"an edit": s.Edit("U1", "C1", d.TS, "62"), "opening Home": s.OpenHome("U1", "home"),
		"an unknown event": s.RawEvent(object{"type": "new_thing"}), "an unknown envelope": s.RawEnvelope("new", object{}),
		"joining": s.Join("U2", "G1"), "too many events": s.AppRateLimited(), "a direct message": s.Say("U1", s.DM("U1"), "hi", ""),
		"deletion": s.Delete("U1", "C1", d.TS),
	} {
		before := len(c.got("events_api")) + len(c.got("new"))
		if ack := wait(t, d); !ack.Acknowledged || before == 0 {
			t.Errorf("%s: %+v", what, ack)
		}
	}
	if s.Say("U1", "C9", "x", "").Err == nil || s.Say("U2", "C2", "x", "").Err == nil || s.Say("U1", "C1", "x", "1.2").Err == nil {
		t.Error("people can write where they cannot")
	}
	before := len(c.got("events_api"))
	if wait(t, s.Say("U1", "C2", "nobody hears", "")); len(c.got("events_api")) != before {
		t.Error("the bot hears what is said where it is not")
	}
	if all := s.Complaints(); len(all) > 0 {
		t.Error(all)
	}
}

func TestRedeliveryBySocket(t *testing.T) {
	for _, same := range []bool{false, true} {
		config := hasty()
		config.SameEnvelope = same
		s, _ := world(t, config)
		early := s.Say("U1", "C1", "before anybody listens", "")
		if ack := wait(t, early); ack.Acknowledged || ack.Tries != 4 {
			t.Errorf("without a socket: %+v", ack)
		}
		c := connect(t, s, acknowledge).hello(t)
		s.LoseAcks(1)
		if ack := wait(t, s.Say("U1", "C1", "61", "")); !ack.Acknowledged || ack.Tries != 2 {
			t.Fatalf("%+v", ack)
		}
		got := c.got("events_api")
		first, _ := got[0].event()
		second, _ := got[1].event()
		if first != second || got[1].RetryAttempt != 1 || got[1].RetryReason != "timeout" {
			t.Errorf("redelivered as %s (retry %d, %s), was %s", second, got[1].RetryAttempt, got[1].RetryReason, first)
		}
		if (got[0].EnvelopeID == got[1].EnvelopeID) != same {
			t.Errorf("same envelope is %v, ids %s and %s", same, got[0].EnvelopeID, got[1].EnvelopeID)
		}
	}
}

func TestRepeatAndOrder(t *testing.T) {
	s, _ := world(t, short())
	c := connect(t, s, acknowledge).hello(t)
	release := s.Hold()
	one, two := s.Say("U1", "C1", "1", ""), s.Say("U1", "C1", "2", "")
	if n := len(c.got("events_api")); n != 0 {
		t.Fatalf("%d events came while they are held", n)
	}
	release()
	wait(t, one)
	if _, first := c.got("events_api")[0].event(); first["ts"] != two.TS {
		t.Errorf("%v comes first, want %s", first["ts"], two.TS)
	}
	wait(t, s.Repeat(one, false))
	wait(t, s.Repeat(one, true))
	got := c.got("events_api")
	a, _ := got[1].event()
	b, _ := got[2].event()
	x, _ := got[3].event()
	if a != b || a == x {
		t.Errorf("event ids %s, repeated %s, as something new %s", a, b, x)
	}
	if !s.Deliver(t.Context(), "Ev1", object{"type": "message", "channel": "C1"}) {
		t.Error("Deliver is not acknowledged")
	}
}

func TestConnections(t *testing.T) {
	config := short()
	config.Ping = 10 * time.Millisecond
	s, _ := world(t, config)
	pinged := make(chan bool, 100)
	c := connect(t, s, acknowledge).hello(t)
	c.conn.SetPingHandler(func(string) error { pinged <- true; return nil })
	ponged := make(chan bool, 1)
	c.conn.SetPongHandler(func(string) error { ponged <- true; return nil })
	if err := c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	for what, ch := range map[string]chan bool{"ping": pinged, "pong": ponged} {
		select {
		case <-ch:
		case <-time.After(2 * time.Second):
			t.Errorf("no %s", what)
		}
	}
	for range 9 {
		connect(t, s, acknowledge).hello(t)
	}
	if n := len(s.Sockets()); n != 10 || s.SocketsEver() != 10 {
		t.Errorf("%d sockets, %d ever", n, s.SocketsEver())
	}
	eleventh := connect(t, s, acknowledge)
	eventually(t, "the 11th is refused", func() bool {
		got := eleventh.got("disconnect")
		return len(got) == 1 && got[0].Reason == "too_many_websockets"
	})
	if s.Opens() != 11 {
		t.Errorf("%d opens", s.Opens())
	}
	_, url, err := clientOf(s).StartSocketModeContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ticket := strings.Replace(url, "ticket=", "ticket=x", 1)
	if _, _, err := websocket.DefaultDialer.Dial(ticket, nil); err == nil {
		t.Error("a ticket can be made up")
	}
}

// TestSocketFaults looks at what a client sees of each fault.
func TestSocketFaults(t *testing.T) {
	closed := func(code int) func(error) bool {
		return func(err error) bool { return websocket.IsCloseError(err, code) }
	}
	broken := func(err error) bool { return err != nil }
	for name, f := range map[string]struct {
		do    func(*Socket)
		ended func(error) bool
		frame string
	}{
		"close 1000":   {func(c *Socket) { c.Close(1000) }, closed(1000), ""},
		"close 1006":   {func(c *Socket) { c.Close(1006) }, closed(1006), ""},
		"reset":        {(*Socket).Reset, broken, ""},
		"truncated":    {(*Socket).Truncate, broken, ""},
		"broken JSON":  {func(c *Socket) { c.Frame(websocket.TextMessage, []byte(`{"type":`)) }, nil, `broken:{"type":`},
		"empty":        {func(c *Socket) { c.Frame(websocket.TextMessage, nil) }, nil, "broken:"},
		"binary":       {func(c *Socket) { c.Frame(websocket.BinaryMessage, []byte{0}) }, nil, "broken:\x00"},
		"warning":      {func(c *Socket) { c.Disconnect("warning") }, nil, "disconnect"},
		"refresh":      {func(c *Socket) { c.Refresh(time.Millisecond) }, closed(1000), "disconnect"},
		"link disable": {func(c *Socket) { c.s.DisableSocketMode() }, closed(1000), "disconnect"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := world(t, short())
			c := connect(t, s, acknowledge).hello(t)
			f.do(s.Sockets()[0])
			if f.ended != nil {
				select {
				case err := <-c.ended:
					if !f.ended(err) {
						t.Errorf("it ends with %v", err)
					}
				case <-time.After(2 * time.Second):
					t.Error("it does not end")
				}
				eventually(t, "it is forgotten", func() bool { return len(s.Sockets()) == 0 })
			}
			if f.frame != "" {
				eventually(t, "the frame comes", func() bool { return len(c.got(f.frame)) > 0 })
			}
		})
	}
}

func TestHalfOpen(t *testing.T) {
	config := hasty()
	config.Ping = 10 * time.Millisecond
	s, _ := world(t, config)
	connect(t, s, acknowledge).hello(t)
	s.Sockets()[0].HalfOpen()
	d := s.Say("U1", "C1", "61", "")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if d.Wait(ctx).Acknowledged || len(s.Sockets()) != 1 {
		t.Error("a half-open connection hears, or was given up")
	}
	c := connect(t, s, acknowledge).hello(t)
	// Of four tries, all may go to the deaf one; of many messages, not all.
	for range 20 {
		s.Say("U1", "C1", "62", "")
	}
	eventually(t, "some come over the other one", func() bool { return len(c.got("events_api")) > 0 })
}

func TestAcknowledgements(t *testing.T) {
	s, _ := world(t, hasty())
	c := connect(t, s, func(f frame) (any, bool) {
		if f.Answers {
			return object{"text": strings.Repeat("x", mostAck)}, true // as one frame: see connect
		}
		return nil, true
	}).hello(t)
	if ack := wait(t, s.Command("U1", "C1", "61")); ack.Acknowledged || ack.Tries != 1 {
		t.Errorf("an acknowledgement of 20 KB: %+v", ack)
	}
	if err := c.send(object{"envelope_id": "nonsense"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both are complained of", func() bool { return len(s.Complaints()) == 2 })
	if ack := wait(t, s.Say("U1", "C1", "61", "")); !ack.Acknowledged {
		t.Errorf("afterwards: %+v", ack)
	}
	s.Sockets()[0].SlowReads(400 * time.Millisecond)
	if ack := wait(t, s.Say("U1", "C1", "61", "")); ack.Tries < 2 {
		t.Errorf("slow reading takes %d tries", ack.Tries)
	}
}

// TestAcknowledgementInParts: gorilla's client cuts what is longer than its
// buffer, and Slack does not put it together again.
func TestAcknowledgementInParts(t *testing.T) {
	s, _ := world(t, hasty())
	_, url, err := clientOf(s).StartSocketModeContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dialer := websocket.Dialer{WriteBufferSize: 256}
	conn, _, err := dialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &socket{conn: conn, ended: make(chan error, 1)}
	go func() {
		c.ended <- c.read(func(f frame) (any, bool) {
			var p struct{ Text string }
			_ = json.Unmarshal(f.Payload, &p)
			return object{"text": p.Text}, true
		})
	}()
	c.hello(t)
	for range 3 {
		if ack := wait(t, s.Command("U1", "C1", "short")); !ack.Acknowledged {
			t.Errorf("in one part: %+v", ack)
		}
		if ack := wait(t, s.Command("U1", "C1", strings.Repeat("x", 1000))); ack.Acknowledged {
			t.Error("an acknowledgement in several parts counts")
		}
	}
	if n := len(s.Complaints()); n != 3 {
		t.Errorf("%d complaints", n)
	}
}

func TestLifetime(t *testing.T) {
	config := short()
	config.Lifetime, config.Warning = 60*time.Millisecond, 40*time.Millisecond
	s, _ := world(t, config)
	c := connect(t, s, acknowledge).hello(t)
	select {
	case <-c.ended:
	case <-time.After(2 * time.Second):
		t.Fatal("it does not end")
	}
	got := c.got("disconnect")
	if len(got) != 2 || got[0].Reason != "warning" || got[1].Reason != "refresh_requested" {
		t.Errorf("%+v", got)
	}
}

// TestStorm: the loop of slack-go runs into the limit, and sees nothing else
// than a connection that works.
func TestStorm(t *testing.T) {
	config := short()
	config.OpensAMinute = 20
	s, client := world(t, config)
	s.OnHello(func(c *Socket) { c.Close(websocket.CloseNormalClosure) })
	loop := socketmode.New(client)
	go func() {
		for range loop.Events {
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- loop.RunContext(ctx) }()
	eventually(t, "the storm hits the limit", func() bool {
		calls := s.Calls("apps.connections.open")
		return len(calls) > 20 && calls[len(calls)-1].Error == "ratelimited"
	})
	cancel()
	<-ended
	if s.SocketsEver() != 20 {
		t.Errorf("%d connections", s.SocketsEver())
	}
}

func TestOpenFails(t *testing.T) {
	s, client := world(t, short())
	s.Fail("apps.connections.open", Fault{Code: "invalid_auth"})
	_, _, err := client.StartSocketModeContext(t.Context())
	wantCode(t, err, "invalid_auth")
	s.Fail("apps.connections.open", Fault{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	var e net.Error
	if _, _, err := client.StartSocketModeContext(ctx); !errors.As(err, &e) || !e.Timeout() {
		t.Errorf("hanging: %v", err)
	}
	s.DisableSocketMode()
	_, _, err = client.StartSocketModeContext(t.Context())
	wantCode(t, err, "link_disabled")
	wrong := goslack.New(s.BotToken(), goslack.OptionAppLevelToken("xapp-wrong"), goslack.OptionAPIURL(s.APIURL()))
	_, _, err = wrong.StartSocketModeContext(t.Context())
	wantCode(t, err, "invalid_auth")
}
