package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	goslack "github.com/slack-go/slack"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

// picture is a message as Slack shows it: blocks, and the plain text for
// notifications and screen readers, not escaped yet.
type picture struct {
	text   string
	blocks []goslack.Block
}

// The ids of our blocks, by which a message is changed later.
const (
	blockAnswer   = "answer"
	blockQuestion = "question"
	blockActions  = "actions"
	blockFeedback = "feedback"
	blockBrief    = "brief"
	blockSource   = "source"
)

// Slack's limits, in characters.
const (
	mostButton  = 75
	mostInput   = 3000
	mostActions = 25
)

// Preview is the JSON of the blocks of a reply as a merchant gets it, or as the
// provider's own people do: what Block Kit Builder shows.
func Preview(b Bot, r bot.Reply, internal bool) ([]byte, error) {
	s := &Channel{bot: b, log: slog.New(slog.DiscardHandler)}
	p := place{channel: "C0", thread: "0"}
	o := bot.Outgoing{Role: bot.Robot, Text: mask.Of(r.Text), Reply: &r, Answers: []string{r.ID}, To: p.address()}
	return json.Marshal(map[string]any{"blocks": s.picture(o, p, Mode{Internal: internal}).blocks})
}

// picture draws an outgoing message. Emphasis is by style, never by *marks*,
// which Slack does not see between Chinese characters; and what stands in rich
// text is read as it is, so that no word of a merchant can become a mention.
func (s *Channel) picture(o bot.Outgoing, p place, mode Mode) picture {
	shown := picture{text: o.Text.String()}
	switch {
	case o.Role == bot.Agent:
		shown.blocks = []goslack.Block{rich(blockAnswer, section(plainText(shown.text))), note(blockSource, word(langOf(shown.text), "agent"))}
		return shown
	case o.Reply == nil: // words that an agent lets the bot say
		lang := langOf(shown.text)
		shown.blocks = []goslack.Block{
			rich(blockAnswer, section(plainText(shown.text))), note(blockSource, word(lang, "approved")),
			goslack.NewActionBlock(blockActions, button(pressHuman, word(lang, "human"), word(lang, "human label"), stampFor(o, lang))),
		}
		return shown
	}
	r := *o.Reply
	t := stampFor(o, r.Lang)
	if asked := pickedOnHome(t.Message); asked != "" {
		shown.blocks = append(shown.blocks, note("asked", asked))
	}
	shown.blocks = append(shown.blocks, s.answer(r))
	if r.Question != nil {
		shown.blocks = append(shown.blocks, question(*r.Question, t)...)
	}
	brief, err := s.bot.Brief(r)
	if err != nil {
		s.log.Warn("slack: a reply is shown without its brief", "error", err)
	}
	if r.Decision == bot.Handoff && r.Reason != "agent_owns" {
		shown.blocks = append(shown.blocks, note("shared", handedOver(r, brief)))
	}
	if mode.Internal {
		shown.blocks = append(shown.blocks, briefBlocks(brief, r.Lang)...)
	}
	shown.blocks = append(shown.blocks, note(blockSource, source(r, brief, p, mode.Internal)))
	if buttons := buttonsFor(r, p, t); len(buttons) > 0 {
		shown.blocks = append(shown.blocks, goslack.NewActionBlock(blockActions, buttons...))
	}
	if r.Decision == bot.Answered || r.Decision == bot.Refuse {
		shown.blocks = append(shown.blocks, feedback(t))
	}
	return shown
}

// shared is a reply that its asker shows to everybody: nobody of those who see
// it is asked anything.
func (s *Channel) shared(r bot.Reply, by string) picture {
	brief, _ := s.bot.Brief(r) // an empty one names no source
	return picture{text: withoutQuestion(r), blocks: []goslack.Block{
		s.answer(r),
		note(blockSource, source(r, brief, place{}, false)),
		rich("shared", section(goslack.NewRichTextSectionUserElement(by, nil), plainText(" "+word(r.Lang, "has shared")))),
	}}
}

// withoutQuestion is a reply in plain text without what only its asker can
// answer.
func withoutQuestion(r bot.Reply) string {
	if len(r.Lines) == 0 {
		return r.Text
	}
	var b strings.Builder
	for _, l := range r.Lines {
		b.WriteString(l.Label + l.Text + "\n")
	}
	for i, step := range r.Steps {
		fmt.Fprintf(&b, "%d. %s\n", i+1, step.Text)
	}
	return strings.TrimSpace(b.String())
}

// stampFor is what the buttons below o carry: its conversation, wherever it is
// shown in the end.
func stampFor(o bot.Outgoing, lang kb.Lang) stamp {
	thread, ok := strings.CutPrefix(o.Conversation, Name+":")
	if !ok {
		thread = o.To.Thread
	}
	return stamp{Thread: thread, Message: last(o.Answers), Lang: lang}
}

func last(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[len(ids)-1]
}

// langOf guesses the language of words that a person wrote.
func langOf(s string) kb.Lang {
	if strings.ContainsFunc(s, func(r rune) bool { return r >= 0x3400 }) {
		return kb.ZH
	}
	return kb.EN
}

// answer is what a reply says, without its question.
func (s *Channel) answer(r bot.Reply) goslack.Block {
	if len(r.Lines) == 0 {
		return rich(blockAnswer, section(plainText(r.Text)))
	}
	var parts []goslack.RichTextElement
	behind := false
	steps := func() {
		if behind || len(r.Steps) == 0 {
			return
		}
		behind = true
		parts = append(parts, section(bold(word(r.Lang, "steps")+"\n")), numbered(r))
	}
	bans := ""
	for _, l := range r.Lines {
		if l.Kind == bot.NeverDo || l.Kind == bot.Prepare {
			steps()
		}
		if l.Kind == bot.NeverDo && bans != "" { // a screen is small: all bans behind one label
			parts = append(parts, section(plainText(l.Text+"\n")))
			continue
		}
		if l.Kind == bot.NeverDo {
			bans = l.Label
		}
		if l.Label != "" {
			parts = append(parts, section(bold(l.Label), plainText(l.Text+"\n")))
		} else {
			parts = append(parts, section(plainText(l.Text+"\n")))
		}
	}
	steps()
	return rich(blockAnswer, parts...)
}

// numbered is the list of steps, each with who does it.
func numbered(r bot.Reply) goslack.RichTextElement {
	roles := kb.Roles()
	var items []goslack.RichTextElement
	for _, step := range r.Steps {
		items = append(items, section(bold("["+roles[step.Who].In(r.Lang)+"] "), plainText(step.Text)))
	}
	return goslack.NewRichTextList(goslack.RTEListOrdered, 0, items...)
}

// question is the question with a button for each of its answers.
func question(q bot.ReplyQuestion, t stamp) []goslack.Block {
	blocks := []goslack.Block{rich(blockQuestion+"_text", section(bold(q.Text)))}
	var buttons []goslack.BlockElement
	for i, o := range q.Options {
		if i == mostActions {
			break
		}
		t := t
		t.ID, t.Value = q.ID, o.Value
		buttons = append(buttons, button(fmt.Sprint(pressOption, i+1), o.Label, o.Label, t))
	}
	if len(buttons) > 0 {
		blocks = append(blocks, goslack.NewActionBlock(blockQuestion, buttons...))
	}
	return blocks
}

// buttonsFor are those below a reply. A person can be asked for from the
// first message on, whatever else is there.
func buttonsFor(r bot.Reply, p place, t stamp) []goslack.BlockElement {
	var buttons []goslack.BlockElement
	add := func(id string) { buttons = append(buttons, button(id, word(r.Lang, id), word(r.Lang, id+" label"), t)) }
	if r.Decision == bot.Answered || r.Decision == bot.Handoff {
		add(pressSolved)
	}
	if r.Decision == bot.Answered {
		add(pressFailing)
	}
	if r.Decision != bot.Handoff {
		add(pressHuman)
	}
	if p.only != "" && !direct(p.channel) {
		add(pressShare)
	}
	return buttons
}

// button is one button. Screen readers read its label, which says what it does.
func button(id, text, label string, t stamp) *goslack.ButtonBlockElement {
	b := goslack.NewButtonBlockElement(id, t.String(), goslack.NewTextBlockObject(goslack.PlainTextType, clip(text, mostButton), false, false))
	b.AccessibilityLabel = clip(label, mostButton)
	return b
}

func feedback(t stamp) goslack.Block {
	one := func(key, value string) *goslack.FeedbackButton {
		t := t
		t.Value = value
		text := goslack.NewTextBlockObject(goslack.PlainTextType, word(t.Lang, key), false, false)
		return goslack.NewFeedbackButton(text, t.String()).WithAccessibilityLabel(word(t.Lang, key))
	}
	return goslack.NewContextActionsBlock(blockFeedback, goslack.NewFeedbackButtonsBlockElement(pressFeedback, one("helped", "yes"), one("useless", "no")))
}

// source says where an answer comes from, and that a machine gave it. Ids are
// for those who know the knowledge base.
func source(r bot.Reply, b bot.Brief, p place, ids bool) string {
	var parts []string
	told := len(r.Citations) > 0 || slices.ContainsFunc(r.Lines, func(l bot.Line) bool { return l.Kind == bot.Meaning })
	if b.Entry.ID != "" && told {
		cited := word(r.Lang, "source") + ": " + b.Entry.Title
		if ids {
			cited += " (" + b.Entry.ID
			for _, c := range r.Citations {
				if entry, step, ok := strings.Cut(c, "#"); ok && entry == b.Entry.ID {
					cited += " " + step
				}
			}
			cited += ")"
		}
		parts = append(parts, cited)
	}
	parts = append(parts, word(r.Lang, "robot"))
	if p.only != "" {
		parts = append(parts, word(r.Lang, "only you"))
	}
	return strings.Join(parts, " · ")
}

// pickedOnHome is the question of a message that was picked on the Home tab,
// where nobody sees it otherwise.
func pickedOnHome(message string) string {
	_, n, ok := strings.Cut(message, ":"+pressAsk)
	i, err := strconv.Atoi(n)
	if !ok || err != nil || i < 0 || i >= len(starters) {
		return ""
	}
	return word(kb.ZH, "you asked") + starters[i].question.ZH + " / " + starters[i].question.EN
}

// handedOver shows the merchant what the person who takes over gets to see.
func handedOver(r bot.Reply, b bot.Brief) string {
	parts := append([]string{}, b.Facts...)
	if n := len(r.Steps); n > 0 {
		parts = append(parts, fmt.Sprintf(word(r.Lang, "tried"), n))
	}
	parts = append(parts, word(r.Lang, "transcript"))
	return word(r.Lang, "handed over") + ": " + strings.Join(parts, " · ")
}

// briefBlocks are for the provider's own people: why the bot thinks so, what
// to ask next, and which codes are taken for this one.
func briefBlocks(b bot.Brief, lang kb.Lang) []goslack.Block {
	if len(b.Causes) == 0 && len(b.Neighbours) == 0 {
		return nil
	}
	parts := []goslack.RichTextElement{section(bold(word(lang, "brief") + "\n"))}
	var causes []goslack.RichTextElement
	for _, c := range b.Causes {
		if c.Probability < 0.01 {
			continue
		}
		line := []goslack.RichTextSectionElement{bold(c.Title + " "), inCode(c.ID), plainText(fmt.Sprintf(" %.0f%%", 100*c.Probability))}
		for _, why := range []struct {
			key   string
			facts []string
		}{{"for", c.For}, {"against", c.Against}} {
			if len(why.facts) > 0 {
				line = append(line, plainText(" · "+word(lang, why.key)+strings.Join(why.facts, ", ")))
			}
		}
		causes = append(causes, section(line...))
	}
	if len(causes) > 0 {
		parts = append(parts, goslack.NewRichTextList(goslack.RTEListBullet, 0, causes...))
	}
	if len(b.Ask) > 0 {
		parts = append(parts, section(bold(word(lang, "ask next")+": "), plainText(strings.Join(b.Ask, " ")+"\n")))
	}
	if len(b.Neighbours) > 0 {
		parts = append(parts, section(bold(word(lang, "neighbours")+"\n")))
		var codes []goslack.RichTextElement
		for _, n := range b.Neighbours {
			codes = append(codes, section(inCode(n.Code), plainText(" "+n.Meaning)))
		}
		parts = append(parts, goslack.NewRichTextList(goslack.RTEListBullet, 0, codes...))
	}
	return []goslack.Block{goslack.NewDividerBlock(), rich(blockBrief, parts...)}
}

// draft shows an answer to an agent before the merchant sees it, with a link
// to the question.
func (s *Channel) draft(ctx context.Context, p place, o bot.Outgoing) picture {
	r, t := *o.Reply, stampFor(o, o.Reply.Lang)
	brief, _ := s.bot.Brief(r) // an empty one is shown as nothing
	head := []goslack.RichTextSectionElement{bold(word(r.Lang, "draft") + " "), goslack.NewRichTextSectionChannelElement(p.channel, nil)}
	if link := s.permalink(ctx, p.address()); link != "" {
		head = append(head, plainText(" "), goslack.NewRichTextSectionLinkElement(link, word(r.Lang, "draft question"), nil))
	}
	blocks := []goslack.Block{rich("draft", section(head...)), s.answer(r)}
	if r.Question != nil {
		blocks = append(blocks, rich(blockQuestion+"_text", section(bold(r.Question.Text))))
	}
	blocks = append(blocks, briefBlocks(brief, r.Lang)...)
	send := button(pressSend, word(r.Lang, "draft send"), word(r.Lang, "draft send"), t)
	send.Style = goslack.StylePrimary
	blocks = append(blocks, goslack.NewActionBlock(blockActions, send,
		button(pressEdit, word(r.Lang, "draft edit"), word(r.Lang, "draft edit"), t),
		button(pressIgnore, word(r.Lang, "draft ignore"), word(r.Lang, "draft ignore"), t)))
	return picture{text: word(r.Lang, "draft") + ": " + o.Text.String(), blocks: blocks}
}

// draftForm is where an agent changes a draft.
func draftForm(t stamp, text string) goslack.ModalViewRequest {
	words := func(key string) *goslack.TextBlockObject {
		return goslack.NewTextBlockObject(goslack.PlainTextType, word(t.Lang, key), false, false)
	}
	input := goslack.NewPlainTextInputBlockElement(nil, fieldDraft)
	input.Multiline = true
	input.InitialValue = clip(text, mostInput)
	input.MaxLength = mostInput
	return goslack.ModalViewRequest{
		Type: goslack.VTModal, CallbackID: formDraft, PrivateMetadata: t.String(),
		Title: words("draft title"), Submit: words("draft send"), Close: words("cancel"),
		Blocks: goslack.Blocks{BlockSet: []goslack.Block{goslack.NewInputBlock(fieldDraft, words("draft field"), nil, input)}},
	}
}

// chosen is the line that takes the place of the buttons once one is pressed.
func chosen(lang kb.Lang, what, user string) []goslack.RichTextSectionElement {
	return []goslack.RichTextSectionElement{
		plainText(fmt.Sprintf(word(lang, "chose"), what) + " — "), goslack.NewRichTextSectionUserElement(user, nil),
	}
}

func rich(id string, parts ...goslack.RichTextElement) goslack.Block {
	return goslack.NewRichTextBlock(id, parts...)
}

func section(parts ...goslack.RichTextSectionElement) *goslack.RichTextSection {
	return goslack.NewRichTextSection(parts...)
}

// plainText is never empty: Slack refuses the whole message then.
func plainText(s string) goslack.RichTextSectionElement {
	if s == "" {
		s = " "
	}
	return goslack.NewRichTextSectionTextElement(s, nil)
}

func bold(s string) goslack.RichTextSectionElement {
	return goslack.NewRichTextSectionTextElement(s, &goslack.RichTextSectionTextStyle{Bold: true})
}

func inCode(s string) goslack.RichTextSectionElement {
	return goslack.NewRichTextSectionTextElement(s, &goslack.RichTextSectionTextStyle{Code: true})
}

// note is small print.
func note(id, text string) goslack.Block {
	return goslack.NewContextBlock(id, goslack.NewTextBlockObject(goslack.PlainTextType, clip(text, 2000), false, false))
}

// clip shortens s to n characters.
func clip(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}
