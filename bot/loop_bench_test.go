package bot_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/bot/store"
)

// BenchmarkLoop is a message from Receive to its durable reply, with real
// matching and SQLite on a disk, one conversation each, many at a time as a
// server has them.
func BenchmarkLoop(b *testing.B) {
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprint("clients=", clients), func(b *testing.B) {
			db, err := store.Open(b.Context(), store.Options{URL: filepath.Join(b.TempDir(), "bot.db"), Pull: []string{"web"}})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			loop, err := bot.NewLoop(bot.Settings{Answerer: newBot(b), Store: db, Channels: []bot.Channel{bot.Pull("web")}})
			if err != nil {
				b.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.Background())
			done := make(chan struct{})
			go func() { defer close(done); loop.Run(ctx) }()
			defer func() { stop(); <-done }()

			texts := []mask.Text{mask.Of("刷卡显示61"), mask.Of("换了张建行的卡也不行,还是61"), mask.Of("the terminal says 51"), mask.Of("挥卡61,插卡就过了")}
			var next atomic.Int64
			b.SetParallelism(clients)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					n := next.Add(1)
					at := bot.Address{Channel: "web", Thread: fmt.Sprint(n)}
					changed, stop := loop.Watch(at.Conversation())
					_, err := loop.Receive(ctx, bot.Delivery{Channel: "web", Messages: []bot.Message{{ID: "m", From: at, Text: texts[n%4]}}})
					if err != nil {
						b.Error(err)
						return
					}
					for answered := false; !answered; {
						select {
						case <-changed:
						case <-time.After(time.Second):
						}
						if _, answered, _, err = db.Reply(ctx, at.Conversation(), "m"); err != nil {
							b.Error(err)
							return
						}
					}
					stop()
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
