package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Call is one request to the Web API.
type Call struct {
	Method string
	At     time.Time
	Error  string // as Slack answered, "" if it was ok; "fault" where Fail decided
}

// apiError is an answer that is not ok.
type apiError struct {
	code  string
	extra object
	after time.Duration // too fast: come back then
}

func (e *apiError) Error() string { return e.code }

func fail(code string) error { return &apiError{code: code} }

// call is a request to the Web API with its arguments, form or JSON.
type call struct {
	args   map[string]any
	header bool // the token was in the header
}

func (c *call) str(name string) string {
	switch v := c.args[name].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

func (c *call) truth(name string) bool {
	v, _ := strconv.ParseBool(c.str(name))
	return v
}

// raw is an argument that is JSON, also where a form has it as a string.
func (c *call) raw(name string) json.RawMessage {
	switch v := c.args[name].(type) {
	case nil:
		return nil
	case string:
		return json.RawMessage(v)
	default:
		data, _ := json.Marshal(v)
		return data
	}
}

// method is one of the Web API. It runs under mu.
type method struct {
	scopes []string // one of them is needed; none is none
	run    func(s *Slack, c *call) (object, error)
}

// methods are all that there are; those of a family stand in its file.
var methods = union(connectionMethods, chatMethods, conversationMethods, streamMethods, viewMethods, agentMethods)

func union(families ...map[string]method) map[string]method {
	all := map[string]method{}
	for _, f := range families {
		maps.Copy(all, f)
	}
	return all
}

// serveAPI answers one request to the Web API.
func (s *Slack) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return // the client is gone
	}
	f := s.fault(name)
	index := s.note(name, f)
	if f != nil && !f.Done {
		s.goWrong(w, r, f, body)
		return
	}
	answer, err := s.answer(name, r, body)
	if err != nil {
		s.mu.Lock()
		s.calls[index].Error = err.Error()
		s.mu.Unlock()
	}
	if f != nil && s.goWrong(w, r, f, body) {
		return
	}
	w.Header().Set("X-OAuth-Scopes", strings.Join(s.config.Scopes, ","))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	status := http.StatusOK
	if e, ok := err.(*apiError); ok {
		answer = object{"ok": false, "error": e.code}
		maps.Copy(answer, e.extra)
		if e.after > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.after.Seconds()))))
			status = http.StatusTooManyRequests
		}
	} else {
		answer["ok"] = true
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client may be gone
}

// note counts a request.
func (s *Slack) note(name string, f *Fault) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := Call{Method: name, At: s.config.Now()}
	if f != nil {
		c.Error = "fault"
	}
	s.calls = append(s.calls, c)
	return len(s.calls) - 1
}

// Calls are the requests so far to a method, or all to "".
func (s *Slack) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			all = append(all, c)
		}
	}
	return all
}

// answer does what a request asks for.
func (s *Slack) answer(name string, r *http.Request, body []byte) (object, error) {
	c, token, err := parse(r, body)
	if err != nil {
		return nil, err
	}
	m, known := methods[name]
	if !known {
		return nil, &apiError{code: "unknown_method", extra: object{"req_method": name}}
	}
	switch {
	case token == "":
		return nil, fail("not_authed")
	case token != s.config.BotToken && token != s.config.AppToken:
		return nil, fail("invalid_auth")
	case (token == s.config.AppToken) != (name == "apps.connections.open"):
		return nil, fail("not_allowed_token_type")
	case token == s.config.AppToken && !c.header:
		return nil, fail("not_authed")
	}
	if len(m.scopes) > 0 && !slices.ContainsFunc(m.scopes, s.allowed) {
		return nil, s.missing(m.scopes[0])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return m.run(s, c)
}

func (s *Slack) allowed(scope string) bool { return slices.Contains(s.config.Scopes, scope) }

func (s *Slack) missing(scope string) error {
	return &apiError{code: "missing_scope", extra: object{"needed": scope, "provided": strings.Join(s.config.Scopes, ",")}}
}

// parse reads arguments and token. A token counts in the header or in a form,
// but not in the query or in JSON, as with Slack.
func parse(r *http.Request, body []byte) (*call, string, error) {
	c := &call{args: map[string]any{}}
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	c.header = bearer != ""
	for k, v := range r.URL.Query() {
		c.args[k] = v[0]
	}
	delete(c.args, "token")
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == "application/json" && len(body) > 0:
		if err := json.Unmarshal(body, &c.args); err != nil {
			return nil, "", fail("invalid_json")
		}
	case kind == "application/json", len(body) == 0:
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, "", fail("invalid_form_data")
		}
		for k, v := range form {
			c.args[k] = v[0]
		}
		if bearer == "" {
			return c, form.Get("token"), nil
		}
	default:
		return nil, "", fail("invalid_post_type")
	}
	return c, bearer, nil
}
