package wecomtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Call is one request to the API, or one frame over the long connection.
type Call struct {
	Name string // "kf/send_msg", "aibot_send_msg"
	At   time.Time
	Code int // as it was answered; of an HTTP fault, its status
}

// apiError is an answer that is not ok.
type apiError struct {
	code int
	why  string
}

func (e *apiError) Error() string { return fmt.Sprint(e.code, " ", e.why) }

func refuse(code int, why string) error { return &apiError{code, why} }

// call is a request to the API.
type call struct {
	name  string
	query url.Values
	form  *http.Request // of an upload
	body  []byte
}

// method is one of the API. It runs under mu.
type method struct {
	secret string // whose token it takes: "kf", "app", "any", or "" for none
	verb   string // http.MethodGet or http.MethodPost, or "" for either
	run    func(w *WeCom, c *call) (object, error)
}

var methods map[string]method

func init() {
	methods = map[string]method{}
	for _, family := range []map[string]method{tokenMethods, appMethods, kfMethods, kfPeopleMethods, kfSessionMethods, webhookMethods} {
		maps.Copy(methods, family)
	}
}

// mostBody bounds a request: an upload may have 20 MB.
const mostBody = 21 << 20

// serveAPI answers one request to the API.
func (w *WeCom) serveAPI(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, mostBody))
	if err != nil {
		return // the client is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c := &call{name: strings.TrimPrefix(r.URL.Path, "/cgi-bin/"), query: r.URL.Query(), form: r, body: body}
	f := w.fault(c.name)
	var answer object
	if f == nil || f.Stored {
		answer, err = w.answer(c, r.Method)
	}
	if f != nil {
		if f.Delay > 0 && !w.sleep(r.Context(), f.Delay) {
			return
		}
		switch {
		case f.Cut:
			w.note(c.name, -1)
			panic(http.ErrAbortHandler)
		case f.Status != 0:
			w.note(c.name, f.Status)
			http.Error(rw, w.gossip(f.Status, "fault", c), f.Status)
			return
		case f.Code != 0:
			err = refuse(f.Code, "fault")
		}
	}
	if raw, ok := answer["raw"].(medium); ok && err == nil {
		w.note(c.name, 0)
		rw.Header().Set("Content-Type", raw.kind)
		_, _ = rw.Write(raw.data)
		return
	}
	code := 0
	if e, ok := err.(*apiError); ok {
		code = e.code
		answer = object{"errcode": e.code, "errmsg": w.gossip(e.code, e.why, c)}
	} else {
		answer["errcode"], answer["errmsg"] = 0, "ok"
	}
	w.note(c.name, code)
	rw.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(rw).Encode(answer) // the client may be gone
}

// gossip is an error's text as WeCom writes it, and more: it repeats the URL
// with its token and all that was sent, so that a client that passes it on into
// a log or an error is found out.
func (w *WeCom) gossip(code int, why string, c *call) string {
	return fmt.Sprintf("%s, hint: [%d_decline61], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=%d; asked for %s?%s with %s",
		why, w.now().UnixNano(), code, c.name, c.query.Encode(), c.body)
}

// note counts a request.
func (w *WeCom) note(name string, code int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, Call{name, w.now(), code})
	w.touch()
}

// Calls are the requests so far under a name, or all under "".
func (w *WeCom) Calls(name string) []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Call
	for _, c := range w.calls {
		if name == "" || c.Name == name {
			all = append(all, c)
		}
	}
	return all
}

// answer does what a request asks for.
func (w *WeCom) answer(c *call, verb string) (object, error) {
	m, known := methods[c.name]
	if !known {
		return nil, refuse(-1, "no such interface: "+c.name)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if m.verb != "" && verb != m.verb {
		return nil, refuse(43004, "the wrong verb: "+verb)
	}
	if m.secret != "" {
		if err := w.authorize(c.query.Get("access_token"), m.secret); err != nil {
			return nil, err
		}
	}
	answer, err := m.run(w, c)
	if answer == nil && err == nil {
		answer = object{}
	}
	return answer, err
}

// read takes the JSON of a request apart. A field that is not known is a
// complaint: WeCom would pass over it, and what was meant by it with it.
func (w *WeCom) read(c *call, into any) error {
	if !json.Valid(c.body) {
		return refuse(47001, "no JSON")
	}
	strict := json.NewDecoder(bytes.NewReader(c.body))
	strict.DisallowUnknownFields()
	if err := strict.Decode(into); err != nil {
		w.complain("%s: %v", c.name, err)
		if err := json.Unmarshal(c.body, into); err != nil {
			return refuse(40058, "a field has the wrong type")
		}
	}
	return nil
}
