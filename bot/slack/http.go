package slack

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	goslack "github.com/slack-go/slack"
)

// mostBody bounds what is read before it is known who sends it.
const mostBody = 1 << 20

// ServeHTTP takes in what Slack posts to /slack/events, /slack/commands and
// /slack/interactions. It says 200 only once it is kept: after all else Slack
// delivers again, and what is delivered again is processed again, because an
// earlier try may have been lost.
func (s *Channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Slack posts here: enter this address as a request URL in the app's settings", http.StatusMethodNotAllowed)
		return
	}
	kind, ok := map[string]string{EventsPath: kindEvent, CommandsPath: kindCommand, InteractionsPath: kindInteraction}[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		http.Error(w, "the body cannot be read, or is too large", http.StatusRequestEntityTooLarge)
		return
	}
	if err := s.verify(r.Header, body); err != nil {
		s.refused.Add(1)
		s.lastBad.Store(s.now().Unix())
		s.forged.Do(func() { // who guesses must not be able to fill the log
			s.log.Warn("slack: a request was refused: it is not from Slack, or a setting is wrong", "error", err)
		})
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	s.lastBad.Store(0)
	payload, err := unpack(kind, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if challenge := challengeOf(kind, payload); challenge != "" {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, challenge)
		return
	}
	answer, err := s.take(r.Context(), kind, payload)
	if err != nil {
		http.Error(w, "not kept: deliver this again", http.StatusServiceUnavailable)
		return
	}
	if answer != nil {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer) // Slack may be gone
	}
}

// verify checks that the request is Slack's and of these minutes. A second
// delivery of the same request within them is told apart by what it carries.
func (s *Channel) verify(h http.Header, body []byte) error {
	if s.config.SigningSecret == "" {
		return errors.New("requests over HTTP are off: they need DECLINE61_SLACK_SIGNING_SECRET")
	}
	v, err := goslack.NewSecretsVerifier(h, s.config.SigningSecret)
	if err == nil {
		_, _ = v.Write(body) // into a hash
		err = v.Ensure()
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, goslack.ErrExpiredTimestamp):
		return errors.New("the signature is of another time: compare this machine's clock")
	case errors.Is(err, goslack.ErrMissingHeaders):
		return errors.New("the signature is missing")
	default:
		return errors.New("the signature is wrong: compare the signing secret with the app's Basic Information")
	}
}

// unpack finds what is delivered: events are JSON, interactions are JSON in a
// form, commands are a form.
func unpack(kind string, body []byte) (payload []byte, err error) {
	if kind == kindEvent {
		if !json.Valid(body) {
			return nil, errors.New("an event is JSON")
		}
		return body, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("the body is no form")
	}
	if kind == kindInteraction {
		payload := []byte(form.Get("payload"))
		if !json.Valid(payload) {
			return nil, errors.New("an interaction is a form with JSON in payload")
		}
		return payload, nil
	}
	fields := map[string]string{}
	for name := range form {
		fields[name] = form.Get(name)
	}
	return json.Marshal(fields)
}

// challengeOf is what Slack wants to hear when the address is entered.
func challengeOf(kind string, payload []byte) string {
	var c struct{ Type, Challenge string }
	if kind != kindEvent || json.Unmarshal(payload, &c) != nil || c.Type != "url_verification" {
		return ""
	}
	return c.Challenge
}
