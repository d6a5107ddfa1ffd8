package metrics

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"decline61/bot"
	"decline61/bot/mask"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) } // the index library starts some at its own start

var _ bot.Meter = (*Metrics)(nil)

type fakeStore struct {
	stats bot.Stats
	err   error
	hang  bool
}

func (s *fakeStore) Stats(ctx context.Context, _ time.Time) (bot.Stats, error) {
	if s.hang {
		<-ctx.Done()
		return bot.Stats{}, ctx.Err()
	}
	return s.stats, s.err
}

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	body, _ := io.ReadAll(rec.Body)
	if rec.Code != 200 {
		t.Fatalf("status %d: %s", rec.Code, body)
	}
	return string(body)
}

func wantLines(t *testing.T, body string, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if !strings.Contains("\n"+body, "\n"+l+"\n") {
			t.Errorf("no line %q", l)
		}
	}
}

func TestCounts(t *testing.T) {
	version := "kb-1"
	m := New("v1.2.3", func() string { return version }, &fakeStore{stats: bot.Stats{
		Unanswered: 3, OldestUnanswered: 1500 * time.Millisecond, Unsent: 4, OldestUnsent: 2 * time.Second,
		Failed: 5, Dead: 6, Waiting: 7, Conversations: 8,
	}})
	_, found := mask.Mask("卡号 4111 1111 1111 1111, cvv 123")
	m.Received("web", 3, 1, found, 700*time.Microsecond)
	m.Received("slack", 1, 0, mask.Found{}, 40*time.Second)
	m.Answered("web", bot.Answered, 20*time.Millisecond, 2*time.Millisecond)
	m.GaveUp("web")
	m.Sent("slack", bot.Shown, "", 3*time.Millisecond)
	m.Sent("slack", bot.Unsent, "backoff", time.Hour)
	m.Trouble("conflict")

	body := scrape(t, m)
	wantLines(t, body,
		`decline61_messages_received_total{channel="web"} 3`,
		`decline61_messages_received_total{channel="slack"} 1`,
		`decline61_messages_duplicate_total 1`,
		`decline61_masked_total{kind="card"} 1`,
		`decline61_masked_total{kind="cvv"} 1`,
		`decline61_masked_total{kind="pin"} 0`,
		`decline61_ack_seconds_bucket{le="0.0005"} 0`,
		`decline61_ack_seconds_bucket{le="0.001"} 1`,
		`decline61_ack_seconds_bucket{le="30"} 1`,
		`decline61_ack_seconds_count 2`,
		`decline61_answer_seconds_count{channel="web"} 1`,
		`decline61_answer_seconds_sum{channel="web"} 0.02`,
		`decline61_thinking_seconds_count 1`,
		`decline61_decisions_total{decision="answer"} 1`,
		`decline61_decisions_total{decision="handoff"} 0`,
		`decline61_fallback_total 1`,
		`decline61_sends_total{channel="slack",class="",state="sent"} 1`,
		`decline61_sends_total{channel="slack",class="backoff",state="new"} 1`,
		`decline61_send_wait_seconds_count 1`,
		`decline61_trouble_total{what="conflict"} 1`,
		`decline61_store_up 1`,
		`decline61_inbox_unanswered 3`,
		`decline61_inbox_oldest_unanswered_seconds 1.5`,
		`decline61_outbox_unsent 4`,
		`decline61_outbox_oldest_unsent_seconds 2`,
		`decline61_dead_letters 5`,
		`decline61_fallback_answered 6`,
		`decline61_conversations_waiting 7`,
		`decline61_conversations 8`,
		`decline61_build_info{go="`+runtime.Version()+`",kb="kb-1",version="v1.2.3"} 1`,
	)
	for _, name := range []string{"go_goroutines ", "process_cpu_seconds_total "} {
		if !strings.Contains(body, "\n"+name) {
			t.Errorf("no %s", name)
		}
	}

	version = "kb-2" // reloaded
	if body := scrape(t, m); !strings.Contains(body, `kb="kb-2"`) || strings.Contains(body, `kb="kb-1"`) {
		t.Error("the version of the knowledge base does not follow a reload")
	}
}

func TestStoreDown(t *testing.T) {
	m := New("v", func() string { return "kb" }, &fakeStore{err: errors.New("gone")})
	m.Trouble("claim")
	body := scrape(t, m)
	wantLines(t, body, `decline61_store_up 0`, `decline61_trouble_total{what="claim"} 1`)
	if strings.Contains(body, "decline61_inbox_unanswered ") {
		t.Error("a store that is down counts as one where nothing waits")
	}
}

func TestStoreHangs(t *testing.T) {
	m := New("v", func() string { return "kb" }, &fakeStore{hang: true})
	began := time.Now()
	wantLines(t, scrape(t, m), `decline61_store_up 0`)
	if took := time.Since(began); took > statsWithin+time.Second {
		t.Errorf("the scrape took %v", took)
	}
}

func TestTwoInOneProcess(t *testing.T) {
	a := New("v", func() string { return "kb" }, &fakeStore{})
	b := New("v", func() string { return "kb" }, &fakeStore{})
	a.GaveUp("web")
	wantLines(t, scrape(t, b), `decline61_fallback_total 0`)
}
