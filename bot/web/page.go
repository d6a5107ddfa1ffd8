package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"decline61/bot"
	"decline61/bot/mask"
	"decline61/kb"
)

const (
	// maxForm is generous, so that a text over the limit can be given back to
	// be shortened: a form writes a Chinese character in nine bytes.
	maxForm = 256 << 10

	mostLines = 200 // of a transcript on a page
)

// page is what the template shows.
type page struct {
	T            map[string]string // words
	Lang         kb.Lang
	Chosen       kb.Lang // the language if it was chosen, else ""
	Other        kb.Lang
	Here, Switch string // URLs of this page, in this and in the other language
	Events       string // URL of what follows it
	Conversation string
	Started      bool // something was said
	Lines        []line
	Cut          bool // earlier lines are left out
	Last         int64
	Awaiting     bool // an answer is being made
	WithPerson   bool
	Options      []bot.ReplyOption
	Helped       string // id of the message whose answer may be judged
	Thanks       bool
	Error        string
	Kept         string // text of a message that was not accepted

	// Ids for the messages of the three forms: pressing a button twice is one
	// message, pressing two buttons is two.
	ID, OptionID, PersonID string
}

// line is one thing that was said.
type line struct {
	Role bot.Role
	Who  string
	Text string
}

// form is what the page sends.
type form struct {
	conversation, id, text string
	lang                   kb.Lang // "" if none was chosen
}

func (s *Server) newPage(r *http.Request, conversation string) *page {
	lang, chosen := languageOf(r)
	p := &page{
		T: words[lang], Lang: lang, Other: kb.EN,
		Conversation: conversation,
		ID:           newID(), OptionID: newID(), PersonID: newID(),
	}
	if lang == kb.EN {
		p.Other = kb.ZH
	}
	if chosen {
		p.Chosen = lang
	}
	return p
}

// getHome is the page of a conversation that has not begun. Nothing is stored
// until something is sent.
func (s *Server) getHome(w http.ResponseWriter, r *http.Request) {
	s.show(w, http.StatusOK, s.newPage(r, newID()))
}

// getConversation is the page of a conversation.
func (s *Server) getConversation(w http.ResponseWriter, r *http.Request) {
	conversation := r.PathValue("conversation")
	if !validConversation(conversation) {
		p := s.newPage(r, newID())
		p.Error = p.T["not_found"]
		s.show(w, http.StatusNotFound, p)
		return
	}
	p := s.newPage(r, conversation)
	p.Thanks = r.URL.Query().Has("thanks")
	status := http.StatusOK
	if err := s.fill(r.Context(), p); err != nil {
		s.log.Warn("reading a conversation for its page", "error", err)
		status, p.Error = http.StatusServiceUnavailable, p.T["unreadable"]
	}
	s.show(w, status, p)
}

// postForm takes a message from the page, waits a little for its reply, and
// sends the browser to the transcript, where a reload sends nothing again.
func (s *Server) postForm(w http.ResponseWriter, r *http.Request) {
	f, ok := s.readForm(w, r)
	if !ok {
		return
	}
	text, found := mask.Mask(unixLines(f.text))
	_, err := s.ask(r.Context(), sender(r), bot.Request{
		ID: f.id, Conversation: f.conversation, Text: text, Found: found, Lang: f.lang,
	}, s.pagePatience)
	if err == nil || errors.Is(err, errLate) {
		s.writeSoon(w)
		http.Redirect(w, r, conversationURL(f, ""), http.StatusSeeOther)
		return
	}
	f.text = text.String() // given back as it would have been stored, never with a card number
	s.refuse(w, r, f, err)
}

// postFeedback notes what somebody thinks of an answer.
func (s *Server) postFeedback(w http.ResponseWriter, r *http.Request) {
	f, ok := s.readForm(w, r)
	if !ok {
		return
	}
	if err := s.judge(r.Context(), keyOf(bot.Request{ID: f.id, Conversation: f.conversation}), r.PostForm.Get("helped")); err != nil {
		s.refuse(w, r, form{conversation: f.conversation, id: newID(), lang: f.lang}, err)
		return
	}
	http.Redirect(w, r, conversationURL(f, "thanks"), http.StatusSeeOther)
}

// judge keeps feedback on an answer that was given.
func (s *Server) judge(ctx context.Context, k key, helped string) error {
	if wait := s.perConversation.take(s.now(), "feedback "+k.conversation); wait > 0 {
		return &problem{status: http.StatusTooManyRequests, after: wait}
	}
	_, answered, _, err := s.journal.Reply(ctx, k.conversation, k.message)
	if err == nil && (!answered || helped != "yes" && helped != "no") {
		return errForm
	}
	if err == nil {
		err = s.journal.AddFeedback(ctx, bot.Feedback{
			Conversation: k.conversation,
			Message:      k.message,
			Helped:       helped == "yes",
			Time:         s.now().UTC(),
		})
	}
	if err != nil {
		s.log.Warn("keeping feedback", "error", err)
		return errStore
	}
	return nil
}

// refuse shows the page again, with what was typed and why it was not accepted.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, f form, err error) {
	var why *problem
	if !errors.As(err, &why) {
		return // the browser is gone
	}
	p := s.newPage(r, f.conversation)
	if err := s.fill(r.Context(), p); err != nil {
		s.log.Warn("reading a conversation for its page", "error", err)
	}
	p.ID = f.id // sent again it is the same message
	p.Kept = f.text
	p.Error = p.say(why)
	if why.after > 0 {
		w.Header().Set("Retry-After", seconds(why.after))
	}
	s.show(w, why.status, p)
}

// errForm is for forms that this page has not made.
var errForm = &problem{status: http.StatusBadRequest, say: "the form is incomplete"}

// say puts a problem into the page's words.
func (p *page) say(why *problem) string {
	switch {
	case errors.Is(why, bot.ErrTooLong):
		return p.T["too_long"]
	case errors.Is(why, bot.ErrEmpty):
		return p.T["empty"]
	case errors.Is(why, bot.ErrBusy):
		return p.T["busy"]
	case errors.Is(why, errForm):
		return p.T["wrong_form"]
	case why.status == http.StatusRequestEntityTooLarge:
		return p.T["too_large"]
	case why.status == http.StatusTooManyRequests:
		return p.T["too_fast"]
	case why.status == http.StatusServiceUnavailable:
		return p.T["trouble"]
	}
	return why.say
}

// readForm reads a form, and answers itself where that cannot be done.
func (s *Server) readForm(w http.ResponseWriter, r *http.Request) (form, bool) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	var why *problem
	if err := r.ParseForm(); err != nil {
		why = unreadable(w, err, maxForm)
	}
	patient(w)
	f := form{
		conversation: cmp.Or(r.PostForm.Get("conversation"), newID()),
		id:           cmp.Or(r.PostForm.Get("id"), newID()),
		text:         r.PostForm.Get("text"),
	}
	if lang, chosen := languageOf(r); chosen {
		f.lang = lang
	}
	if why == nil && (!validConversation(f.conversation) || !validID(f.id)) {
		why = errForm
	}
	if why != nil {
		s.refuse(w, r, form{conversation: newID(), id: newID()}, why)
		return form{}, false
	}
	return f, true
}

// conversationURL is where a browser goes after a form. A name that looks like a
// card number does not get into its history.
func conversationURL(f form, note string) string {
	q := url.Values{}
	if f.lang != "" {
		q.Set("lang", string(f.lang))
	}
	if note != "" {
		q.Set(note, "")
	}
	u := "/c/" + url.PathEscape(storable(f.conversation))
	if len(q) > 0 {
		u += "?" + q.Encode()
	}
	return u
}

// show writes a page.
func (s *Server) show(w http.ResponseWriter, status int, p *page) {
	p.Here = conversationURL(form{conversation: p.Conversation, lang: p.Chosen}, "")
	p.Switch = conversationURL(form{conversation: p.Conversation, lang: p.Other}, "")
	if !p.Started {
		p.Switch = "/?lang=" + string(p.Other)
	}
	p.Events = fmt.Sprintf("/api/v1/conversations/%s/events?last_event_id=%d", url.PathEscape(p.Conversation), p.Last)
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, "page.html", p); err != nil {
		panic(err) // tested with every word and state
	}
	s.writeSoon(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", string(p.Lang))
	w.WriteHeader(status)
	w.Write(b.Bytes())
}
