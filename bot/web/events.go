package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"decline61/bot"
)

// eventsAtOnce is how many events are read and written together.
const eventsAtOnce = 100

// getEvents is the event stream of a conversation. The place in it is the id of
// the last event that was written and nothing else, so a stream can neither lose
// nor repeat one, whatever wakes it.
func (s *Server) getEvents(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !validConversation(id) {
		writeProblem(w, "", &problem{status: http.StatusBadRequest, say: fmt.Sprintf("a conversation is named by at most %d bytes of printable characters", maxID)})
		return
	}
	after, err := lastEventID(r)
	if err != nil {
		writeProblem(w, "", &problem{status: http.StatusBadRequest, say: err.Error()})
		return
	}
	defer s.streams.Add(-1)
	if s.streams.Add(1) > s.mostStreams {
		writeProblem(w, "", &problem{status: http.StatusServiceUnavailable, after: 5 * time.Second, say: "too many event streams are open: come again in a few seconds"})
		return
	}
	conversation := addressOf(id).Conversation()
	changed, stop := s.loop.Watch(conversation)
	defer stop()
	// Read before the header is written: a program that gets 200 for what
	// cannot be read would take the conversation for empty.
	if after, err = s.place(r.Context(), conversation, after); err != nil {
		s.log.Debug("reading events", "error", err)
	}
	events, err := s.journal.Events(r.Context(), conversation, after, eventsAtOnce)
	if err != nil {
		s.log.Debug("reading events", "error", err)
		writeProblem(w, "", &problem{status: http.StatusServiceUnavailable, after: 2 * time.Second, say: "the conversation cannot be read at the moment: come again in a few seconds"})
		return
	}
	patient(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	st := &stream{server: s, conversation: conversation, after: after, w: w}
	ok := st.write(events)
	if ok && len(events) == eventsAtOnce {
		_, ok = st.drain(r.Context())
	}
	if ok && r.URL.Query().Get("follow") != "0" {
		st.follow(r.Context(), changed)
	}
}

// lastEventID is where the client stands. A browser that connects again repeats
// the query of its first time, so the header counts more.
func lastEventID(r *http.Request) (int64, error) {
	for _, v := range []string{r.Header.Get("Last-Event-ID"), r.URL.Query().Get("last_event_id")} {
		if v == "" {
			continue
		}
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("the last event's id must be one of this stream, a number")
		}
		return n, nil
	}
	return 0, nil
}

// place is where a stream goes on: after the event that the client had last,
// or, if the conversation has no such event, as after a restored backup, from
// the first.
func (s *Server) place(ctx context.Context, conversation string, after int64) (int64, error) {
	if after == 0 {
		return 0, nil
	}
	last, err := s.journal.Events(ctx, conversation, after-1, 1)
	if err == nil && (len(last) == 0 || last[0].ID != after) {
		return 0, nil
	}
	return after, err
}

// stream is one client that reads events.
type stream struct {
	server       *Server
	conversation string
	after        int64 // id of the last event written
	w            http.ResponseWriter
}

// drain writes all events that are there. It tells whether there were any, and
// whether the client took them.
func (st *stream) drain(ctx context.Context) (some, ok bool) {
	for {
		events, err := st.server.journal.Events(ctx, st.conversation, st.after, eventsAtOnce)
		if err != nil { // the store makes itself heard; for the client it is a pause
			st.server.log.Debug("reading events", "error", err)
		}
		if len(events) == 0 {
			return some, true
		}
		if some = true; !st.write(events) {
			return some, false
		}
		if len(events) < eventsAtOnce {
			return some, true
		}
	}
}

// follow writes events as they come, until the client or the server goes.
func (st *stream) follow(ctx context.Context, changed <-chan struct{}) {
	s := st.server
	keepAlive := time.NewTicker(s.keepAlive)
	defer keepAlive.Stop()
	// A silent conversation is looked at less and less: thousands of pages lie
	// open, and what happens in this process is signalled anyway.
	idle := s.poll
	poll := time.NewTimer(idle)
	defer poll.Stop()
	for {
		select {
		case _, open := <-changed:
			if !open {
				changed = nil
			}
		case <-poll.C:
			idle = min(2*idle, s.keepAlive)
		case <-keepAlive.C:
			if !st.send([]byte(": keep-alive\n\n")) {
				return
			}
			continue
		case <-Stopping(ctx):
			return
		case <-ctx.Done():
			return
		}
		some, ok := st.drain(ctx)
		if !ok {
			return
		}
		if some {
			idle = s.poll
		}
		poll.Reset(idle)
	}
}

// write sends events, and tells whether the client took them.
func (st *stream) write(events []bot.Event) bool {
	var b bytes.Buffer
	for _, e := range events {
		e.Time = e.Time.UTC() // the same bytes from whatever store
		line, err := bot.EncodeLine(e)
		if err != nil {
			st.server.log.Error("writing an event", "error", err)
			return false
		}
		fmt.Fprintf(&b, "id: %d\ndata: %s\n", e.ID, line) // line ends with a line end
		st.after = e.ID
	}
	return st.send(b.Bytes())
}

// send gives a client that does not read some seconds, then gives it up: it knows
// where to go on.
func (st *stream) send(b []byte) bool {
	st.server.writeSoon(st.w)
	if _, err := st.w.Write(b); err != nil {
		return false
	}
	return http.NewResponseController(st.w).Flush() == nil
}
