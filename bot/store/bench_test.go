package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
)

// benchmark runs f for both kinds of database, with one caller and with 64.
func benchmark(b *testing.B, f func(b *testing.B, db *DB, callers int)) {
	for name, fresh := range kinds {
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s-%d", name, callers), func(b *testing.B) {
				o := fresh(b).options()
				o.MaxWaiting = 1 << 30
				db, err := Open(b.Context(), o)
				if err != nil {
					b.Fatal(err)
				}
				defer db.Close()
				f(b, db, callers)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
			})
		}
	}
}

// BenchmarkReceive keeps messages of many conversations.
func BenchmarkReceive(b *testing.B) {
	benchmark(b, func(b *testing.B, db *DB, callers int) {
		var n atomic.Int64
		run(b, callers, func() error {
			i := n.Add(1)
			return receive(db, fmt.Sprint(i/4), fmt.Sprint(i))
		})
	})
}

// BenchmarkCommit answers messages: Claim and Commit.
func BenchmarkCommit(b *testing.B) {
	benchmark(b, func(b *testing.B, db *DB, callers int) {
		for i := 0; i < b.N; i += 100 {
			d := bot.Delivery{Channel: "web"}
			for k := range 100 {
				d.Messages = append(d.Messages, message(fmt.Sprint(i+k), "m"))
			}
			if _, err := db.Receive(b.Context(), time.Now(), d); err != nil {
				b.Fatal(err)
			}
		}
		b.ResetTimer()
		run(b, callers, func() error {
			t, err := db.Claim(context.Background(), time.Now(), 0)
			if err != nil || t == nil {
				return fmt.Errorf("claim: %v %v", t, err)
			}
			return db.Commit(context.Background(), time.Now(), t, bot.Result{State: bot.WithBot, Upto: t.Messages[0].Seq,
				Decision: &bot.Decided{Reply: bot.Reply{Decision: bot.Answered, Text: "x"}, Time: time.Now()},
				Out:      []bot.Outgoing{{Key: t.Conversation.ID, Role: bot.Robot, Text: mask.Of("x"), Answers: []string{"m"}}}})
		})
	})
}

// run has f called b.N times by that many callers.
func run(b *testing.B, callers int, f func() error) {
	errs := make(chan error, callers)
	var left atomic.Int64
	left.Store(int64(b.N))
	for range callers {
		go func() {
			var err error
			for err == nil && left.Add(-1) >= 0 {
				err = f()
			}
			errs <- err
		}()
	}
	for range callers {
		if err := <-errs; err != nil {
			b.Error(err)
		}
	}
}
