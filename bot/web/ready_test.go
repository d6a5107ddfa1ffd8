package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReady(t *testing.T) {
	f := newFake()
	c := &clock{time.Now()}
	var kb, slack error
	s := New(Config{Loop: f, Journal: f, Now: c.now, Checks: []Check{
		{Name: "knowledge_base", Critical: true, Probe: func(context.Context) error { return kb }},
		{Name: "slack", Probe: func(context.Context) error { return slack }},
		{Name: "model", Probe: func(context.Context) error { panic("boom") }},
	}})
	h := s.Handler()
	get := func(path string) (int, report) {
		t.Helper()
		c.t = c.t.Add(time.Second)
		rec := newRecorder()
		req, _ := http.NewRequest("GET", path, nil)
		h.ServeHTTP(rec, req)
		var rep report
		if path == "/readyz" {
			if err := json.Unmarshal(rec.Body.Bytes(), &rep); err != nil {
				t.Fatal(err)
			}
		}
		return rec.Code, rep
	}
	const broken = "the check itself failed: panic of type string"
	for _, c := range []struct {
		name   string
		set    func()
		status int
		want   report
	}{
		{"all well", func() {}, 200, report{true, map[string]string{"store": "ok", "knowledge_base": "ok", "slack": "ok", "model": broken}}},
		{"a platform is gone", func() { slack = errors.New("unreachable") }, 200, report{true, map[string]string{"store": "ok", "knowledge_base": "ok", "slack": "unreachable", "model": broken}}},
		{"the disk is full", func() { f.down = errDisk }, 503, report{false, map[string]string{"store": errDisk.Error(), "knowledge_base": "ok", "slack": "unreachable", "model": broken}}},
		{"no knowledge base", func() { f.down, slack, kb = nil, nil, errors.New("not loaded") }, 503, report{false, map[string]string{"store": "ok", "knowledge_base": "not loaded", "slack": "ok", "model": broken}}},
		{"well again", func() { kb = nil }, 200, report{true, map[string]string{"store": "ok", "knowledge_base": "ok", "slack": "ok", "model": broken}}},
	} {
		f.set(c.set)
		status, rep := get("/readyz")
		if status != c.status || cmp.Diff(c.want, rep) != "" {
			t.Errorf("%s: %d %s", c.name, status, cmp.Diff(c.want, rep))
		}
		if status, _ := get("/healthz"); status != 200 {
			t.Errorf("%s: not alive", c.name)
		}
	}
}

// TestReadyIsCheap: anybody may ask as often as they like.
func TestReadyIsCheap(t *testing.T) {
	f := newFake()
	c := &clock{time.Now()}
	n := 0
	h := New(Config{Loop: f, Journal: f, Now: c.now, Checks: []Check{{Name: "model", Probe: func(context.Context) error { n++; return nil }}}}).Handler()
	for range 1000 {
		req, _ := http.NewRequest("GET", "/readyz", nil)
		h.ServeHTTP(newRecorder(), req)
		c.t = c.t.Add(time.Millisecond)
	}
	if n < 2 || n > 5 {
		t.Errorf("probed %d times in a second", n)
	}
}
