package slacktest

import (
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// Fault is how a request to the Web API goes wrong. The fields combine: a post
// that is stored and whose answer is then lost is Fault{Done: true, Cut: true},
// one whose answer is slow Fault{Done: true, Delay: time.Minute}.
type Fault struct {
	Done   bool          // what was asked for is done all the same
	Delay  time.Duration // before anything is answered
	Cut    bool          // the connection breaks
	Status int           // of the answer, such as 503
	After  time.Duration // Retry-After; Status 0 is then 429
	Code   string        // an answer that is not ok, such as "token_revoked"
	Body   string        // an answer that is no JSON, such as a login page
	Times  int           // how many requests; 0 is 1, below 0 is until Heal
}

type scheduled struct {
	Fault
	methods []string
	left    int
}

// Fail makes the next request to method go wrong. method may be a pattern as in
// path.Match ("chat.*"), several joined by "|", or "*" for the next request at
// all. Faults wait in the order of Fail.
func (s *Slack) Fail(method string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &scheduled{Fault: f, methods: strings.Split(method, "|"), left: max(f.Times, 1)})
}

// Heal forgets the faults that have not happened yet.
func (s *Slack) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault takes the first that waits for a request to method.
func (s *Slack) fault(method string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if !f.concerns(method) {
			continue
		}
		if f.left--; f.left == 0 && f.Times >= 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return &f.Fault
	}
	return nil
}

func (f *scheduled) concerns(method string) bool {
	for _, pattern := range f.methods {
		if ok, _ := path.Match(pattern, method); ok {
			return true
		}
	}
	return false
}

// goWrong answers as f says, and reports whether there is nothing left to answer.
// What it answers repeats the request with its token.
func (s *Slack) goWrong(w http.ResponseWriter, r *http.Request, f *Fault, body []byte) bool {
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
	}
	said := fmt.Sprintf("token %s, authorization %s, request %s", s.config.BotToken, r.Header.Get("Authorization"), body)
	status := f.Status
	if f.After > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.After.Seconds())))
		if status == 0 {
			status = http.StatusTooManyRequests
		}
	}
	switch {
	case f.Cut:
		panic(http.ErrAbortHandler)
	case f.Code != "":
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if status != 0 {
			w.WriteHeader(status)
		}
		fmt.Fprintf(w, `{"ok":false,"error":%q,"response_metadata":{"messages":[%q]}}`, f.Code, said)
	case f.Body != "":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if status != 0 {
			w.WriteHeader(status)
		}
		fmt.Fprintf(w, "%s\n<!-- %s -->", f.Body, said)
	case status != 0:
		http.Error(w, "refused: "+said, status)
	case !f.Done: // a delay after which nothing comes
		panic(http.ErrAbortHandler)
	default:
		return false
	}
	return true
}
