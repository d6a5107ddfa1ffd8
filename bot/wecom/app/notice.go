package app

import (
	"context"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"strings"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

// Notice is a card that tells members of a case, with buttons 接单 and 已解决.
type Notice struct {
	Members []string
	Ref     string // what it is about, such as a case's id; Press gives it back
	Key     string // unique for ever: the same notice sent twice is shown once
	Title   mask.Text
	Text    mask.Text
	Facts   []Fact // six at most are shown
	Lang    kb.Lang
}

// Fact is one line of a notice.
type Fact struct {
	Label string
	Value mask.Text
}

// Press is a button of a notice that a member pressed.
type Press struct {
	Member   string
	Ref      string
	Action   Action
	Response string // by which the card can be changed once, within 72 hours
}

// Action is what a button of a notice says.
type Action string

// The actions.
const (
	Taken  Action = "take" // 接单
	Solved Action = "done" // 已解决
)

// Update changes a card: its buttons give way to a label.
type Update struct {
	Members  []string // who sees the change, usually all who got the card
	Response string   // of a Press, or of [Shown]; good once
	Label    string   // "李雷已接单"
}

// Shown is what became of a notice.
type Shown struct {
	ID       string
	Response string   // by which the card can be changed without a press
	Unseen   []string // members outside the app's visible range, or without a licence
}

// mostMembers is how many WeCom takes in one message.
const mostMembers = 1000

// Notify shows a notice to members. Its errors are bot.SendErrors; after
// bot.MayHaveArrived the same notice may be sent again and is shown once.
func (c *Channel) Notify(ctx context.Context, n Notice) (Shown, error) {
	if len(n.Members) == 0 || len(n.Members) > mostMembers || n.Ref == "" || n.Key == "" {
		return Shown{}, &bot.SendError{Class: bot.Never, Err: errors.New("wecom app: a notice needs one to 1,000 members, a Ref and a Key")}
	}
	for _, m := range n.Members {
		if err := c.pace.Wait(ctx, m); err != nil {
			return Shown{}, err
		}
	}
	got, err := c.post(ctx, message{To: strings.Join(n.Members, "|"), Type: "template_card", Card: cardOfNotice(n)})
	if err != nil {
		return Shown{}, err
	}
	s := Shown{ID: got.ID, Response: got.Response}
	why := ""
	for _, m := range n.Members {
		if w := got.unseen(m); w != "" {
			s.Unseen, why = append(s.Unseen, m), w
		}
	}
	if len(s.Unseen) == len(n.Members) {
		return Shown{}, &bot.SendError{Class: bot.Never, Err: errors.New("wecom app: nobody sees the notice: " + why)}
	}
	return s, nil
}

// Update changes a card. A Response that was used or is older than 72 hours is
// refused for good.
func (c *Channel) Update(ctx context.Context, u Update) error {
	type replaced struct {
		Name string `json:"replace_name"`
	}
	return c.config.Client.Call(ctx, "message/update_template_card", nil, struct {
		Members  []string `json:"userids"`
		Agent    int      `json:"agentid"`
		Response string   `json:"response_code"`
		Button   replaced `json:"button"`
	}{u.Members, c.config.AgentID, u.Response, replaced{clip(u.Label, mostLabel)}}, nil)
}

// cardOfNotice draws a notice.
func cardOfNotice(n Notice) *card {
	h := fnv.New128a()
	_, _ = h.Write([]byte(n.Key)) // never fails
	c := &card{
		Type: cardType, Task: "n-" + hex.EncodeToString(h.Sum(nil)),
		Title: cardTitle{Title: clip(n.Title.String(), mostTitle)}, Sub: clip(n.Text.String(), mostSub),
	}
	for _, f := range n.Facts[:min(len(n.Facts), mostRows)] {
		c.Rows = append(c.Rows, row{clip(f.Label, mostRowKey), clip(f.Value.String(), mostRowValue)})
	}
	for i, a := range []Action{Taken, Solved} {
		c.Buttons = append(c.Buttons, button{word(n.Lang, string(a)), i + 1, noticePrefix + string(a) + ":" + n.Ref})
	}
	return c
}

// noticePrefix begins the keys of a notice's buttons.
const noticePrefix = "notice:"

// noticeKey reads one.
func noticeKey(key string) (ref string, a Action, ok bool) {
	rest, ok := strings.CutPrefix(key, noticePrefix)
	action, ref, found := strings.Cut(rest, ":")
	a = Action(action)
	return ref, a, ok && found && ref != "" && (a == Taken || a == Solved)
}
