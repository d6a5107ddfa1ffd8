package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"decline61/bot"
	"decline61/bot/mask"
)

// populate makes conversations in all states.
func populate(t *testing.T, db *DB) {
	t.Helper()
	ctx, now := t.Context(), time.UnixMilli(1_793_600_000_000)
	for i := range 250 {
		m := message(fmt.Sprint("群'\"\\", i), "1")
		m.From.Channel = "slack"
		if _, err := db.Receive(ctx, now, bot.Delivery{Channel: "slack", CursorName: "c", CursorValue: fmt.Sprint(i), Messages: []bot.Message{m}}); err != nil {
			t.Fatal(err)
		}
		if i%5 == 4 {
			continue
		}
		task, err := db.Claim(ctx, now, 0)
		if err != nil || task == nil {
			t.Fatal(task, err)
		}
		key := task.Conversation.ID
		err = db.Commit(ctx, now, task, bot.Result{State: bot.Waiting, Upto: 1, Case: bot.Case{Entry: "x"},
			Decision: &bot.Decided{Reply: bot.Reply{Decision: bot.Answered, Text: "好"}, Time: now},
			Out:      []bot.Outgoing{{Key: key + "1", Role: bot.Robot, Text: mask.Of("好"), Answers: []string{"1"}}, {Key: key + "2", Role: bot.Robot}},
			Timers:   []bot.Timer{{Kind: "remind", Due: now.Add(time.Hour)}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	out, err := db.Due(ctx, now, "slack", time.Minute, 50)
	if err != nil || len(out) != 50 {
		t.Fatal(len(out), err)
	}
	for i, o := range out[:40] {
		if err := db.Sent(ctx, now, o, bot.Fate{State: []bot.OutState{bot.Shown, bot.Failed}[i%2], Remote: "r", Why: "archived"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.AddFeedback(ctx, bot.Feedback{Conversation: "slack:0", Message: "1", Helped: true, Time: now}); err != nil {
		t.Fatal(err)
	}
}

// dump gives every row of every table.
func dump(t *testing.T, db *DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range tables {
		err := db.engine.snapshot(t.Context(), func(ctx context.Context, q querier) error {
			rows, err := q.QueryContext(ctx, `SELECT * FROM `+table)
			if err != nil {
				return err
			}
			defer rows.Close()
			columns, _ := rows.Columns()
			for rows.Next() {
				row, into := make([]any, len(columns)), make([]any, len(columns))
				for i := range row {
					into[i] = &row[i]
				}
				if err := rows.Scan(into...); err != nil {
					return err
				}
				all[table] = append(all[table], fmt.Sprintf("%q", row))
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// sortRows has cmp compare tables as sets.
var sortRows = cmp.Transformer("sorted", func(rows []string) string {
	return strings.Join(slices.Sorted(slices.Values(rows)), "\n")
})

func TestCopy(t *testing.T) {
	for from, freshFrom := range kinds {
		for to, freshTo := range kinds {
			t.Run(from+" to "+to, func(t *testing.T) {
				a, b := openTest(t, freshFrom(t), 0), openTest(t, freshTo(t), 0)
				populate(t, a)
				seen := map[string]int64{}
				got, err := Copy(t.Context(), a, b, func(table string, rows int64) { seen[table] = rows })
				if err != nil {
					t.Fatal(err)
				}
				want := Counts{MaxSeq: 4, Rows: map[string]int64{"conversation": 250, "inbox": 250, "outbox": 400, "timer": 250, "decision": 200, "cursor": 1, "feedback": 1}}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("-want +got:\n%s", d)
				}
				if d := cmp.Diff(want.Rows, seen); d != "" {
					t.Errorf("progress: -want +got:\n%s", d)
				}
				if d := cmp.Diff(dump(t, a), dump(t, b), sortRows); d != "" {
					t.Errorf("-want +got:\n%s", d)
				}
				if err := b.Check(t.Context()); err != nil {
					t.Error(err)
				}
				// Not into what holds something.
				if _, err := Copy(t.Context(), a, b, nil); err == nil || !strings.Contains(err.Error(), "empty") {
					t.Errorf("copied twice: %v", err)
				}
			})
		}
	}
}

func TestBackup(t *testing.T) {
	eachKind(t, func(t *testing.T, d testDatabase) {
		db := openTest(t, d, 0)
		populate(t, db)
		path := filepath.Join(t.TempDir(), "monday.db")
		if err := db.Backup(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
			t.Errorf("beside the backup there are %v", files)
		}
		if err := db.Backup(t.Context(), path); err == nil || !strings.Contains(err.Error(), "exists") {
			t.Errorf("a backup was overwritten: %v", err)
		}
		before, _ := os.ReadFile(path)
		for to, fresh := range kinds {
			t.Run("restored to "+to, func(t *testing.T) {
				into := fresh(t)
				if err := Restore(t.Context(), path, into.options()); err != nil {
					t.Fatal(err)
				}
				again := openTest(t, into, 0)
				if d := cmp.Diff(dump(t, db), dump(t, again), sortRows); d != "" {
					t.Errorf("-want +got:\n%s", d)
				}
				again.Close()
				if err := Restore(t.Context(), path, into.options()); err == nil || !strings.Contains(err.Error(), "250 conversations") {
					t.Errorf("restored over conversations: %v", err)
				}
			})
		}
		if after, _ := os.ReadFile(path); string(before) != string(after) {
			t.Error("the backup was changed by restoring it")
		}
	})
}

func TestRestoreRefuses(t *testing.T) {
	f := newTestFile(t)
	db := openTest(t, f, 0)
	fill(t, db, 500)
	good := filepath.Join(t.TempDir(), "good.db")
	if err := db.Backup(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), good, f.options()); !errors.Is(err, ErrLocked) {
		t.Errorf("into a database in use: %v", err)
	}
	into := newTestFile(t)
	for name, c := range map[string]struct {
		make func(path string)
		is   error
		says string
	}{
		"missing": {func(string) {}, os.ErrNotExist, ""},
		"text":    {func(p string) { os.WriteFile(p, []byte(strings.Repeat("hello ", 999)), 0o600) }, ErrDamaged, ""},
		"foreign": {func(p string) { raw(t, testFile{p}, `CREATE TABLE x (y text)`) }, nil, "not of this program"},
		"spoilt":  {func(p string) { copyFile(good, p); spoil(t, p) }, ErrDamaged, ""},
		"newer":   {func(p string) { copyFile(good, p); raw(t, testFile{p}, `UPDATE schema_version SET version = 61`) }, ErrVersion, "61"},
	} {
		t.Run(name, func(t *testing.T) {
			p := filepath.Join(t.TempDir(), "backup.db")
			c.make(p)
			err := Restore(t.Context(), p, into.options())
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
		})
	}
	if err := Restore(t.Context(), good, into.options()); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

func TestFailed(t *testing.T) {
	eachKind(t, func(t *testing.T, d testDatabase) {
		db := openTest(t, d, 0)
		populate(t, db)
		dead, err := db.Failed(t.Context(), 5)
		if err != nil || len(dead) != 5 || dead[0].Why != "archived" || dead[0].To.Channel != "slack" || dead[0].Tries != 1 {
			t.Errorf("%+v %v", dead, err)
		}
	})
}

// TestHeal: a message without a timer, which cannot be, is found all the same.
func TestHeal(t *testing.T) {
	eachKind(t, func(t *testing.T, d testDatabase) {
		db := openTest(t, d, 0)
		fill(t, db, 3)
		db.engine.update(t.Context(), func(ctx context.Context, q querier) error {
			_, err := q.ExecContext(ctx, `DELETE FROM timer`)
			return err
		})
		if err := db.Check(t.Context()); !errors.Is(err, ErrDamaged) {
			t.Errorf("Check sees nothing: %v", err)
		}
		for range 3 {
			task, err := db.Claim(t.Context(), time.Now(), 0)
			if err != nil || task == nil {
				t.Fatal("forgotten", err)
			}
		}
		// And a timer without a message goes away.
		db.engine.update(t.Context(), func(ctx context.Context, q querier) error {
			_, err := q.ExecContext(ctx, `INSERT INTO conversation VALUES ('web:x', 'web', 'x', 'bot', '{}', 0, 1, 0, 0)`)
			if err == nil {
				_, err = q.ExecContext(ctx, `INSERT INTO timer VALUES ('web:x', 'answer', 0, 0, 0, 0, '')`)
			}
			return err
		})
		if task, err := db.Claim(t.Context(), time.Now(), 0); task != nil || err != nil {
			t.Errorf("a task of nothing: %+v %v", task, err)
		}
	})
}
