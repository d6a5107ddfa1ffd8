package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"
)

// policy lets a page load and send to nothing but this server, and run no
// script but its files.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; " +
	"require-trusted-types-for 'script'"

// guard is around every path: headers, no writing from other sites, no panic
// that ends more than its request.
func (s *Server) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	if s.origin != "" {
		if err := cross.AddTrustedOrigin(s.origin); err != nil {
			s.log.Error("the web origin is not one, so browsers may be refused: give scheme://host[:port]", "origin", s.origin, "error", err)
		}
	}
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, "", &problem{status: http.StatusForbidden, say: "refused: the request comes from a page of another site"})
	}))
	next = cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		began := time.Now()
		seen := &response{ResponseWriter: w}
		defer s.recovered(seen, r)
		next.ServeHTTP(seen, r)
		// The pattern, never the path: that holds the id of a conversation.
		s.log.Debug("request", "pattern", r.Pattern, "status", seen.status, "took", time.Since(began))
	})
}

// recovered answers for a handler that has panicked.
func (s *Server) recovered(w *response, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	s.log.Error("panic while answering a request", "pattern", r.Pattern, what(p), "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	writeProblem(w, "", &problem{status: http.StatusInternalServerError, say: "something is wrong on our side; it has been noted"})
}

// what describes a panic. Go's own words are safe to log; those of others may
// quote a message.
func what(p any) slog.Attr {
	if err, ok := p.(runtime.Error); ok {
		return slog.String("panic", err.Error())
	}
	return slog.String("panic", fmt.Sprintf("of type %T", p))
}

// response remembers whether and how a request was answered.
type response struct {
	http.ResponseWriter
	status int // 0: not yet
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
