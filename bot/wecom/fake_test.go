package wecom_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/wecom"
	"decline61/bot/wecom/webhook"
	"decline61/bot/wecom/wecomtest"
)

// box is a place for callbacks that keeps them from the second try on.
type box struct {
	mu    sync.Mutex
	tries int
	kept  []string
}

func (b *box) take(_ context.Context, plain []byte) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tries++; b.tries == 1 {
		return nil, errors.New("the store is busy")
	}
	b.kept = append(b.kept, string(plain))
	return nil, nil
}

// TestCallbacksOfWeCom: the handler as WeCom itself sees it, whose crypto is
// none of ours.
func TestCallbacksOfWeCom(t *testing.T) {
	w := wecomtest.New(t, wecomtest.Config{Retries: []time.Duration{time.Millisecond, time.Millisecond}})
	c := w.Config()
	var b box
	bot := func(context.Context, []byte) ([]byte, error) {
		return []byte(`{"msgtype":"stream","stream":{"id":"s1","finish":true,"content":"61 是金额超限"}}`), nil
	}
	mux := http.NewServeMux()
	handle := func(path string, keys wecom.Keys, h *wecom.Callback) {
		var err error
		if h.Crypt, err = wecom.NewCrypt(keys); err != nil {
			t.Fatal(err)
		}
		mux.Handle(path, h)
	}
	handle("/wecom/app", wecom.Keys{Token: c.Token, EncodingAESKey: c.AESKey, Receiver: c.CorpID}, &wecom.Callback{Take: b.take})
	handle("/wecom/bot", wecom.Keys{Token: c.BotToken, EncodingAESKey: c.BotAESKey}, &wecom.Callback{Envelope: wecom.JSON, Take: bot})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	w.CallBack("", server.URL+"/wecom/app", server.URL+"/wecom/bot")
	for _, path := range []string{"/wecom/app", "/wecom/bot"} {
		if err := w.VerifyURL(t.Context(), server.URL+path); err != nil {
			t.Errorf("entering %s: %v", path, err)
		}
	}
	w.AddMember("zhang")
	if ack := w.Write("zhang", "刷卡显示61").Wait(t.Context()); !ack.Acknowledged || ack.Tries != 2 {
		t.Errorf("%+v", ack)
	}
	if ack := w.Ask("zhang", "zhang", "61").Wait(t.Context()); !ack.Acknowledged || !strings.Contains(string(ack.Reply), "61 是金额超限") {
		t.Errorf("%+v", ack)
	}
	w.ForgeCallbacks(true)
	if ack := w.Write("zhang", "伪造").Wait(t.Context()); ack.Acknowledged {
		t.Errorf("a forgery is acknowledged: %+v", ack)
	}
	if len(b.kept) != 1 || !strings.Contains(b.kept[0], "刷卡显示61") || len(w.Complaints()) > 0 {
		t.Errorf("kept %q; WeCom complains of %q", b.kept, w.Complaints())
	}
}

// TestClientOfWeCom: token, refusal and classes as WeCom itself gives them.
func TestClientOfWeCom(t *testing.T) {
	w := wecomtest.New(t, wecomtest.Config{})
	c := w.Config()
	client, err := wecom.NewClient(wecom.Config{BaseURL: w.URL(), CorpID: c.CorpID, Secret: c.AppSecret})
	if err != nil {
		t.Fatal(err)
	}
	w.AddMember("zhang")
	send := func() error {
		return client.Call(t.Context(), "message/send", nil, map[string]any{
			"touser": "zhang", "agentid": c.AgentID, "msgtype": "text", "text": map[string]string{"content": "61 是金额超限"},
		}, nil)
	}
	for _, f := range []wecomtest.Fault{{}, {Code: 42001}, {Code: 40014}} {
		if f.Code != 0 {
			f.On = "message/send"
			w.Fail(f)
		}
		if err := send(); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
	for _, tc := range []struct {
		fault wecomtest.Fault
		class bot.Class
	}{
		{wecomtest.Fault{Cut: true}, bot.MayHaveArrived},
		{wecomtest.Fault{Cut: true, Stored: true}, bot.MayHaveArrived},
		{wecomtest.Fault{Status: 502}, bot.MayHaveArrived},
		{wecomtest.Fault{Code: 81013}, bot.Never},
		{wecomtest.Fault{Code: 60020}, bot.NeedsCredentials},
		{wecomtest.Fault{Code: 42001, Times: 2}, bot.NeedsCredentials},
		{wecomtest.Fault{Code: 45009}, bot.Backoff},
	} {
		tc.fault.On = "message/send"
		w.Fail(tc.fault)
		var e *bot.SendError
		err := send()
		if !errors.As(err, &e) || e.Class != tc.class {
			t.Errorf("%+v: %v", tc.fault, err)
			continue
		}
		for _, secret := range append(w.Secrets(), "金额") {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q is in %v", secret, err)
			}
		}
	}
}

func TestWebhookOfWeCom(t *testing.T) {
	w := wecomtest.New(t, wecomtest.Config{})
	n, err := webhook.New(webhook.Config{URL: w.WebhookURL()})
	if err != nil {
		t.Fatal(err)
	}
	for form := webhook.Text; form <= webhook.Card; form++ {
		if err := n.Send(t.Context(), webhook.Notice{Form: form, Title: mask.Of("需要人工"), Text: mask.Of("工单 A1"), URL: "https://example.com/", Facts: []webhook.Fact{{Label: "原因", Value: mask.Of("没解决")}}}); err != nil {
			t.Errorf("form %d: %v", form, err)
		}
	}
	if said := w.Sent("webhook"); len(said) != 3 {
		t.Errorf("%+v", said)
	}
}
