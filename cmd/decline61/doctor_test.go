package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/store"
)

// doctored runs doctor on a data folder and returns what it found, by check.
func doctored(t *testing.T, data string, args ...string) (examination, map[string]finding, int) {
	t.Helper()
	// A port that nothing listens on, unless the test says otherwise.
	args = append([]string{"doctor", "--json", "--offline", "--data", data, "--listen", "127.0.0.1:1"}, args...)
	out, stderr, code := command(t, args...)
	var x examination
	if err := json.Unmarshal([]byte(out), &x); err != nil {
		t.Fatalf("%v: %s%s", err, out, stderr)
	}
	by := map[string]finding{}
	for _, f := range x.Findings {
		if f.Status == problem && f.Fix == "" {
			t.Errorf("%s has a problem and names no fix: %s", f.Check, f.Says)
		}
		if by[f.Check].Status != problem {
			by[f.Check] = f
		}
	}
	return x, by, code
}

func openStore(t *testing.T, data string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{URL: filepath.Join(data, databaseName), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

const merchantsWords = "刷卡显示61 please help"

// receive keeps one message of a merchant.
func receive(t *testing.T, db *store.DB, at time.Time) {
	t.Helper()
	_, err := db.Receive(t.Context(), at, bot.Delivery{Channel: "test", Messages: []bot.Message{{
		ID: "m1", From: bot.Address{Channel: "test", Thread: "t1"}, Role: bot.Merchant, Text: mask.Of(merchantsWords), Time: at,
	}}})
	if err != nil {
		t.Fatal(err)
	}
}

// giveUp answers the message that receive has kept, and gives the answer up.
func giveUp(t *testing.T, db *store.DB, at time.Time) {
	t.Helper()
	ctx := t.Context()
	task, err := db.Claim(ctx, at, 0)
	if err != nil || task == nil {
		t.Fatalf("Claim: %v, %v", task, err)
	}
	err = db.Commit(ctx, at, task, bot.Result{State: bot.WithBot, Upto: task.Messages[0].Seq, Out: []bot.Outgoing{{
		Key: "k1", Role: bot.Robot, Text: mask.Of(merchantsWords), Answers: []string{"m1"}, Time: at,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	due, err := db.Due(ctx, at, "test", time.Minute, 1)
	if err != nil || len(due) != 1 {
		t.Fatalf("Due: %v, %v", due, err)
	}
	if err := db.Sent(ctx, at, due[0], bot.Fate{State: bot.Failed, Why: "the thread is gone"}); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorHealthy(t *testing.T) {
	data := t.TempDir()
	for _, step := range []string{"before the first start", "with an empty database"} {
		if x, _, code := doctored(t, data); code != 0 || x.Status == problem {
			t.Errorf("%s: exit code %d, %+v", step, code, x.Findings)
		}
		if err := openStore(t, data).Close(); err != nil {
			t.Fatal(err)
		}
	}
	left, err := filepath.Glob(filepath.Join(data, ".doctor-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("doctor leaves %v, %v", left, err)
	}
	missing := filepath.Join(data, "missing")
	doctored(t, missing)
	if _, err := os.Stat(missing); err == nil {
		t.Error("doctor makes the data folder")
	}
}

func TestDoctorMessages(t *testing.T) {
	data := t.TempDir()
	db := openStore(t, data)
	receive(t, db, time.Now().Add(-time.Hour))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, by, code := doctored(t, data)
	if f := by["messages"]; code != exitFindings || f.Status != problem || !strings.Contains(f.Says, "1 wait for an answer, the oldest for 1h0m") {
		t.Errorf("a message waits: exit code %d, %+v", code, f)
	}

	db = openStore(t, data)
	giveUp(t, db, time.Now())
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	x, by, code := doctored(t, data)
	if f := by["dead letters"]; code != exitFindings || f.Status != problem || len(x.DeadLetters) != 1 {
		t.Errorf("a dead letter: exit code %d, %+v, %+v", code, f, x.DeadLetters)
	}
	if d := x.DeadLetters[0]; d.Conversation != "test:t1" || d.Channel != "test" || d.Why != "the thread is gone" || time.Since(d.Time) > time.Minute {
		t.Errorf("dead letter %+v", d)
	}
	out, _, _ := command(t, "doctor", "--offline", "--data", data, "--listen", "127.0.0.1:1")
	if !strings.Contains(out, "test:t1: the thread is gone") || strings.Contains(out, merchantsWords) {
		t.Errorf("the page shows too little or too much:\n%s", out)
	}
}

func TestDoctorData(t *testing.T) {
	name := func(data string) string { return filepath.Join(data, databaseName) }
	for _, tt := range []struct {
		name string
		harm func(t *testing.T, data string)
		says string
	}{
		{"no database at all", func(t *testing.T, data string) {
			if err := os.WriteFile(name(data), []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "damaged"},
		{"a page overwritten", func(t *testing.T, data string) {
			db := openStore(t, data)
			receive(t, db, time.Now())
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(name(data))
			if err != nil {
				t.Fatal(err)
			}
			// All but the first pages, which opening reads.
			for i := len(b) / 2; i < len(b); i++ {
				b[i] = 0xA5
			}
			if err := os.WriteFile(name(data), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "damaged"},
		{"of a newer program", func(t *testing.T, data string) {
			if err := openStore(t, data).Close(); err != nil {
				t.Fatal(err)
			}
			execute(t, data, `UPDATE schema_version SET version = 9999`)
		}, "newer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := t.TempDir()
			tt.harm(t, data)
			_, by, code := doctored(t, data)
			if f := by["database"]; code != exitData || f.Status != problem || !strings.Contains(f.Says, tt.says) {
				t.Errorf("exit code %d, %+v", code, f)
			}
		})
	}
}

// TestDoctorBesideServe: doctor looks at a database that serve is using.
func TestDoctorBesideServe(t *testing.T) {
	data := t.TempDir()
	db := openStore(t, data)
	receive(t, db, time.Now())
	giveUp(t, db, time.Now())
	ready := `{"ready":true,"checks":{"store":"ok"}}`
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			w.WriteHeader(status)
			fmt.Fprint(w, ready)
		}
	}))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")

	x, by, code := doctored(t, data, "--listen", address)
	if code != exitFindings || by["serve"].Status != good || by["database"].Status != good || len(x.DeadLetters) != 1 {
		t.Errorf("beside serve: exit code %d, %+v, %+v", code, by, x.DeadLetters)
	}
	if left, err := filepath.Glob(filepath.Join(data, ".doctor-*")); err != nil || len(left) > 0 {
		t.Errorf("doctor leaves %v, %v", left, err)
	}
	ready, status = `{"ready":false,"checks":{"store":"no room","slack":"ok"}}`, http.StatusServiceUnavailable
	if _, by, code := doctored(t, data, "--listen", address); code != exitFindings || !strings.Contains(by["serve"].Says, "store: no room") {
		t.Errorf("serve is not ready: exit code %d, %+v", code, by)
	}
	ready = `hello`
	if _, by, _ := doctored(t, data, "--listen", address); !strings.Contains(by["serve"].Says, "something else") {
		t.Errorf("another program: %+v", by)
	}
}

func TestDoctorConfiguration(t *testing.T) {
	x, _, code := doctored(t, t.TempDir(), "--hours", "never", "--retain", "1d", "--kb", "nowhere")
	var says []string
	for _, f := range x.Findings {
		says = append(says, f.Says)
	}
	all := strings.Join(says, "\n")
	if code != exitInvalid || !strings.Contains(all, `--hours "never"`) || !strings.Contains(all, `--retain "1d"`) || !strings.Contains(all, "nowhere") {
		t.Errorf("exit code %d:\n%s", code, all)
	}
	_, by, code := doctored(t, t.TempDir(), "--llm-mode", "phrase", "--llm-base-url", "https://example.com/v1", "--llm-model", "m")
	if f := by["channels"]; code != 0 || f.Status != warning || !strings.Contains(f.Says, "language model") {
		t.Errorf("a channel that is not built: exit code %d, %+v", code, f)
	}
	// Offline, a database elsewhere is not asked; the wrong name would hang.
	_, by, code = doctored(t, t.TempDir(), "--database-url", "postgres://u@db.invalid/x")
	if f := by["database"]; code != 0 || f.Status != good || !slices.Contains([]string{"Postgres was not asked"}, f.Says) {
		t.Errorf("offline: exit code %d, %+v", code, f)
	}
}

// TestStoreExitCodes: what went wrong with the data has its own exit codes,
// however deep the error is wrapped.
func TestStoreExitCodes(t *testing.T) {
	for err, want := range map[error]int{
		store.ErrLocked: exitData, store.ErrDamaged: exitData, store.ErrVersion: exitData, store.ErrReadOnly: exitData,
		context.DeadlineExceeded: exitTimeout, errors.New("else"): exitUsage,
	} {
		if got := exitCode(fmt.Errorf("opening: %w", fmt.Errorf("deeper: %w", err))); got != want {
			t.Errorf("%v has exit code %d, want %d", err, got, want)
		}
	}
}

// execute changes a database that nobody has open.
func execute(t *testing.T, data, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}
