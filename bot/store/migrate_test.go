package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"decline61/bot"
)

// TestMigrate brings a database of the oldest schema, with a conversation in
// it, to the newest.
func TestMigrate(t *testing.T) {
	eachKind(t, func(t *testing.T, d testDatabase) {
		text, err := os.ReadFile("testdata/schema-1.sql")
		if err != nil {
			t.Fatal(err)
		}
		raw(t, d, string(text))
		db := openTest(t, d, 0)
		version, err := schemaVersion(t.Context(), db.engine.view())
		if err != nil || version != newest() {
			t.Errorf("version %d, %v", version, err)
		}
		if err := db.Check(t.Context()); err != nil {
			t.Error(err)
		}
		now := time.UnixMilli(1_793_600_000_000)
		r, answered, known, err := db.Reply(t.Context(), "slack:T1", "m1")
		if err != nil || !known || !answered || r.Decision != bot.Answered || r.Text != "限额" || !r.Masked {
			t.Errorf("the reply reads %+v %v", r, err)
		}
		task, err := db.Claim(t.Context(), now, 0)
		if err != nil || task == nil || len(task.Messages) != 1 || task.Messages[0].Text.String() != "还是不行" || task.Conversation.Case.Entry != "issuer-limit" {
			t.Fatalf("the task reads %+v, %v", task, err)
		}
		if err := db.Commit(t.Context(), now, task, bot.Result{State: bot.WithBot, Upto: task.Messages[0].Seq}); err != nil {
			t.Error(err)
		}
		out, err := db.Due(t.Context(), now, "slack", time.Minute, 10)
		if err != nil || len(out) != 1 || !out[0].Unknown || out[0].Answers[0] != "m1" {
			t.Errorf("the outbox reads %+v, %v", out, err)
		}
		if v, err := db.Cursor(t.Context(), "slack", "sync"); v != "c7" || err != nil {
			t.Errorf("the cursor reads %q, %v", v, err)
		}
	})
}

func TestNewerSchema(t *testing.T) {
	eachKind(t, func(t *testing.T, d testDatabase) {
		openTest(t, d, 0).Close()
		raw(t, d, `UPDATE schema_version SET version = 61`)
		_, err := Open(t.Context(), d.options())
		if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "61") {
			t.Errorf("%v", err)
		}
	})
}

// TestTwoAtOnce: bots that start at once on an empty Postgres.
func TestTwoAtOnce(t *testing.T) {
	d := newTestSchema(t)
	errs := make(chan error)
	for range 4 {
		go func() {
			db, err := Open(context.Background(), d.options())
			if err == nil {
				err = db.Close()
			}
			errs <- err
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// raw runs SQL beside the store.
func raw(t *testing.T, d testDatabase, text string) {
	t.Helper()
	driver, name := "sqlite", d.options().URL
	if IsPostgres(name) {
		driver = "pgx"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
}
