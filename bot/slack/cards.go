package slack

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"time"

	goslack "github.com/slack-go/slack"
)

// updateEvery is how often one message is changed at most; Slack asks for that.
const updateEvery = 3 * time.Second

// cards changes messages that are shown already, so that everybody sees what
// was pressed and presses nothing twice. Several changes of one message that
// come close together are made at once. A change that is lost costs nothing
// but looks: the buttons stay, and count once all the same.
type cards struct {
	slack *Channel
	every time.Duration
	wake  chan struct{}

	mu  sync.Mutex
	due map[string]*card // by channel and ts
}

// card is a message with what is to be changed.
type card struct {
	channel, ts string
	text        string
	blocks      []json.RawMessage                           // as they were when something was first pressed
	chosen      map[string][]goslack.RichTextSectionElement // by block that has had its use: what stands there instead
	last        time.Time                                   // of its latest change
	dirty       bool
}

func newCards(s *Channel) *cards {
	return &cards{slack: s, every: updateEvery, wake: make(chan struct{}, 1), due: map[string]*card{}}
}

// mark puts a line that says what was pressed in place of the row of buttons.
func (c *cards) mark(i interaction, line []goslack.RichTextSectionElement) {
	if i.Message.TS == "" || len(i.Message.Blocks) == 0 || i.Container.IsEphemeral {
		return // Slack does not let us see what only one person sees
	}
	key := i.Channel.ID + "/" + i.Message.TS
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.due[key]
	if m == nil {
		m = &card{channel: i.Channel.ID, ts: i.Message.TS, text: i.Message.Text, blocks: i.Message.Blocks, chosen: map[string][]goslack.RichTextSectionElement{}}
		c.due[key] = m
	}
	m.dirty = true
	for _, a := range i.Actions {
		m.chosen[a.BlockID] = line
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run makes the changes until ctx is done.
func (c *cards) run(ctx context.Context) {
	tick := time.NewTicker(c.every / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-tick.C:
		}
		for _, m := range c.ready() {
			c.slack.aside(func(ctx context.Context) { c.slack.redraw(ctx, m) })
		}
	}
}

// ready gives the cards that may be changed now, and forgets those that have
// been left alone for a while.
func (c *cards) ready() []card {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []card
	now := c.slack.now()
	for key, m := range c.due {
		switch since := now.Sub(m.last); {
		case m.dirty && since >= c.every:
			m.dirty, m.last = false, now
			own := *m // more may be pressed while it is drawn
			own.chosen = maps.Clone(m.chosen)
			all = append(all, own)
		case !m.dirty && since > time.Minute:
			delete(c.due, key)
		}
	}
	return all
}

// redraw shows a card as it is by now.
func (s *Channel) redraw(ctx context.Context, m card) {
	var blocks []goslack.Block
	for _, raw := range m.blocks {
		var id struct {
			BlockID string `json:"block_id"`
		}
		if json.Unmarshal(raw, &id) != nil {
			continue
		}
		if line, ok := m.chosen[id.BlockID]; ok {
			blocks = append(blocks, rich(id.BlockID, section(line...)))
		} else {
			blocks = append(blocks, verbatim{raw, id.BlockID})
		}
	}
	err := s.call(ctx, "chat.update", m.channel, func(ctx context.Context) error {
		_, _, _, err := s.api.UpdateMessageContext(ctx, m.channel, m.ts, goslack.MsgOptionText(m.text, false), goslack.MsgOptionBlocks(blocks...))
		return err
	})
	if err != nil {
		s.log.Warn("slack: a message was not changed after a button was pressed", "error", err)
	}
}

// verbatim is a block as Slack gave it, also of a kind that we do not know.
type verbatim struct {
	json.RawMessage
	id string
}

// BlockType is not needed: the block says it itself.
func (verbatim) BlockType() goslack.MessageBlockType { return "" }

// ID is the block's id.
func (v verbatim) ID() string { return v.id }
