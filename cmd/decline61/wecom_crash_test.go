//go:build soak

package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"decline61/bot/wecom/wecomtest"
)

// TestWeComCrashPoints: the program dies at each named point between pulling,
// keeping, deciding, sending and noting, in the middle of a merchant's
// conversation in 微信客服, and is started again: nothing is lost, nothing is said
// twice, and no rule of WeCom's is broken.
func TestWeComCrashPoints(t *testing.T) {
	for _, point := range []string{
		"receive.before", "receive.committed", "answer.before", "commit.before", "commit.committed", "due.committed", "send.before", "send.after", "sent.before",
	} {
		for n := 1; n <= 2; n++ {
			t.Run(fmt.Sprintf("%s:%d", point, n), func(t *testing.T) {
				t.Parallel()
				w := newWecomWorld(t)
				w.launch(fmt.Sprintf("DECLINE61_FAULT=%s:%d", point, n))
				account := wecomtest.DefaultAccount
				died := make(chan error, 1)
				go func() { died <- w.p.cmd.Wait() }()
				for len(died) == 0 && !ready(w.p) { // it may die before it is ready
					time.Sleep(20 * time.Millisecond)
				}
				w.Open(account, wecomCustomer, "pos61", "T-4711")
				w.Say(account, wecomCustomer, "刷卡显示61")
				w.Say(account, wecomCustomer, "换了张建行的卡也不行")
				for _, more := range []string{"金额一致", "插卡也不行", "没有提示", ""} { // until it comes by
					select {
					case <-died:
					case <-time.After(6 * time.Second):
						if more == "" {
							t.Fatalf("it never came to %s:%d: %+v; the program says:\n%s", point, n, w.Sent(kfOf), w.p.out)
						}
						w.Say(account, wecomCustomer, more)
						continue
					}
					break
				}
				w.launch()
				w.p.until(http.StatusOK)
				w.until("everything is answered", func() bool {
					heeds := func(s wecomtest.Said) bool { return strings.Contains(s.Text, "收单机构") }
					return slices.ContainsFunc(w.Sent(kfOf), heeds) && len(w.Unanswered()) == 0
				})
				time.Sleep(3 * time.Second) // for answers too many
				if faults := w.Invariants(); len(faults) > 0 {
					t.Errorf("WeCom's rules are broken: %q", faults)
				}
			})
		}
	}
}

func ready(p *process) bool {
	r, err := http.Get(p.url + "/readyz")
	if err != nil {
		return false
	}
	r.Body.Close()
	return r.StatusCode == http.StatusOK
}
