package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Check is something that /readyz reports on.
type Check struct {
	Name     string
	Critical bool // without it messages cannot be stored or answered
	Probe    func(context.Context) error
}

// getHealth is GET /healthz: a process that can say so is alive.
func getHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "ok\n")
}

const (
	probeWithin = 2 * time.Second
	probeAgain  = 250 * time.Millisecond // anybody may ask, so asking must stay cheap
)

// readiness is GET /readyz.
type readiness struct {
	checks []Check
	now    func() time.Time

	mu   sync.Mutex
	at   time.Time
	last report
}

type report struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"` // "ok" or what is wrong
}

func (rd *readiness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rep := rd.report(context.WithoutCancel(r.Context())) // others wait for it too
	status := http.StatusOK
	if !rep.Ready {
		status = http.StatusServiceUnavailable
	}
	body, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		panic(err) // strings only
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}

// Ready says why messages cannot be kept or answered, nil if they can: what
// /readyz says with its status.
func (s *Server) Ready(ctx context.Context) error {
	rep := s.ready.report(ctx)
	if rep.Ready {
		return nil
	}
	var all []error
	for _, c := range s.ready.checks {
		if said := rep.Checks[c.Name]; c.Critical && said != "ok" {
			all = append(all, fmt.Errorf("%s: %s", c.Name, said))
		}
	}
	return errors.Join(all...)
}

func (rd *readiness) report(ctx context.Context) report {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	if since := rd.now().Sub(rd.at); since >= 0 && since < probeAgain {
		return rd.last
	}
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	found := make([]error, len(rd.checks))
	var all sync.WaitGroup
	for i, c := range rd.checks {
		all.Go(func() { found[i] = c.probe(ctx) })
	}
	all.Wait()
	rep := report{Ready: true, Checks: map[string]string{}}
	for i, c := range rd.checks {
		rep.Checks[c.Name] = "ok"
		if found[i] != nil {
			rep.Checks[c.Name] = found[i].Error()
			rep.Ready = rep.Ready && !c.Critical
		}
	}
	rd.at, rd.last = rd.now(), rep
	return rep
}

func (c Check) probe(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the check itself failed: panic of type %T", p)
		}
	}()
	return c.Probe(ctx)
}
