package soak

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"decline61/bot"
	"decline61/bot/channeltest"
)

// TestLedger: each way of breaking a promise is found, by its name, and a bot
// that keeps them all is not accused.
func TestLedger(t *testing.T) {
	type step func(*ledger)
	send := func(id, code string) step {
		return func(l *ledger) { l.sending(channeltest.Message{ID: id, Thread: "t", Role: bot.Merchant}, code) }
	}
	ack := func(id string) step { return func(l *ledger) { l.acknowledged(id) } }
	agent := func(l *ledger) { l.sending(channeltest.Message{ID: "a", Thread: "t", Role: bot.Agent}, "") }
	post := func(text string, answers ...string) step {
		return func(l *ledger) {
			l.stored(channeltest.Post{ID: "p", Key: text + strings.Join(answers, ","), Thread: "t", Role: bot.Robot, Text: text, Answers: answers})
		}
	}
	pass := func(l *ledger) {
		l.stored(channeltest.Post{ID: "p", Key: "k", Thread: "t", Role: bot.Agent, Text: "您好", Answers: []string{"a"}})
	}
	for _, v := range []struct {
		name  string
		want  string // the kinds of problems, each of which is found once
		steps []step
	}{
		{"right", "", []step{send("1", "61"), ack("1"), post("61 是", "1"), send("2", "51"), ack("2"), ack("2"), post("51 是,不是 61", "2")}},
		{"answered before it is acknowledged", "", []step{send("1", "61"), post("61 是", "1"), ack("1")}},
		{"a burst, answered at once", "", []step{send("1", "61"), ack("1"), send("2", "51"), ack("2"), post("51 是", "1", "2")}},
		{"two at the same time, in either order", "", []step{send("1", "61"), send("2", "51"), ack("1"), ack("2"), post("51 是", "2"), post("61 是", "1")}},
		{"the fallback answer", "", []step{send("1", "61"), ack("1"), post("抱歉,"+fallbackWords+"您的消息", "1")}},
		{"nothing new", "", []step{send("1", "61"), ack("1"), post(againWords+":银行系统维护", "1")}},
		{"nothing new about something else", "wrong text", []step{send("1", "61"), ack("1"), post(againWords+":51 是什么", "1")}},
		{"silence after an agent", "", []step{send("1", "61"), ack("1"), agent, ack("a"), pass, send("2", "51"), ack("2")}},
		{"what was written before the agent", "", []step{send("1", "61"), ack("1"), agent, ack("a"), post("61 是", "1"), pass}},

		{"no answer", "lost", []step{send("1", "61"), ack("1")}},
		{"an agent's words not passed on", "lost", []step{agent, ack("a")}},
		{"only the newest of a burst", "lost, passed over", []step{send("1", "61"), ack("1"), send("2", "51"), ack("2"), post("51 是", "2")}},
		{"not acknowledged", "never acknowledged", []step{send("1", "61")}},
		{"twice", "double", []step{send("1", "61"), ack("1"), post("61 是", "1"), post("61 是", "1")}},
		{"in two answers", "double", []step{send("1", "61"), ack("1"), post("61 是", "1"), send("2", "51"), ack("2"), post("51 是", "1", "2")}},
		{"a notice twice", "double", []step{post("提醒"), post("提醒")}},
		{"the later one first", "out of order, passed over", []step{send("1", "61"), ack("1"), send("2", "51"), ack("2"), post("51 是", "2"), post("61 是", "1")}},
		{"in the wrong order within an answer", "out of order", []step{send("1", "61"), ack("1"), send("2", "51"), ack("2"), post("61 是", "2", "1")}},
		{"about something else", "wrong text", []step{send("1", "61"), ack("1"), post("51 是,不是 61", "1")}},
		{"empty", "wrong text", []step{send("1", "61"), ack("1"), post("", "1")}},
		{"to nobody", "invented", []step{post("61 是", "9")}},
		{"over an agent", "over agent", []step{agent, ack("a"), pass, send("1", "61"), ack("1"), post("61 是", "1")}},
		{"an agent answered by the bot", "wrong role", []step{agent, ack("a"), post(fallbackWords, "a")}},
	} {
		t.Run(v.name, func(t *testing.T) {
			l := newLedger()
			for _, s := range v.steps {
				s(l)
			}
			if owed := l.owed(); strings.Contains(v.want, "lost") != (owed > 0) {
				t.Errorf("%d answers are owed", owed)
			}
			l.finish()
			got := strings.Join(slices.Sorted(maps.Keys(l.problems)), ", ")
			if got != v.want || len(l.examples) != len(l.problems) {
				t.Errorf("want %q, found:\n%s", v.want, l.verdict())
			}
			if closed(l.noticed) != (l.verdict() != "") {
				t.Error("noticed does not say what the verdict says")
			}
		})
	}
}

func TestFirstCode(t *testing.T) {
	for text, want := range map[string]string{"51 是余额,和 61 不同": "51", "这样看还是这一条:61 是什么": "61", "你好": ""} {
		if got := firstCode(text); got != want {
			t.Errorf("%q speaks of %q, want %q", text, got, want)
		}
	}
}
