package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
)

// full is an engine that cannot write.
type full struct{ engine }

func (full) update(context.Context, func(context.Context, querier) error) error {
	return errors.New("the disk is full")
}

// TestClaimFails: a Claim that comes to nothing, because what it must write
// down cannot be written, leaves the conversation to the next one.
func TestClaimFails(t *testing.T) {
	o := Options{URL: filepath.Join(t.TempDir(), "bot.db")}
	db, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Receive(t.Context(), time.Now(), bot.Delivery{Channel: "c", Messages: []bot.Message{{
		ID: "m", From: bot.Address{Channel: "c", Thread: "t"}, Role: bot.Merchant, Text: mask.Of("61"),
	}}})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond) // so that the next one knows that it came later
	if db, err = Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	whole := db.engine
	db.engine = full{whole}
	if _, err := db.Claim(t.Context(), time.Now(), 0); err == nil {
		t.Fatal("claimed although nothing can be written")
	}
	db.engine = whole
	task, err := db.Claim(t.Context(), time.Now(), 0)
	if err != nil || task == nil {
		t.Fatalf("claimed %v, %v", task, err)
	}
	if err := db.Commit(t.Context(), time.Now(), task, bot.Result{State: bot.WithBot, Upto: 1}); err != nil {
		t.Fatal(err)
	}
}
