package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"time"

	"decline61/bot"
)

// maxBody of an API request: four times the longest text.
const maxBody = 64 << 10

// postMessage is POST /api/v1/messages.
func (s *Server) postMessage(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		writeProblem(w, "", &problem{status: http.StatusMethodNotAllowed, say: "use POST"})
		return
	}
	if !saysJSON(r) {
		writeProblem(w, "", &problem{status: http.StatusUnsupportedMediaType, say: "send Content-Type: application/json"})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeProblem(w, "", unreadable(w, err, maxBody))
		return
	}
	req, err := bot.ParseRequest(body)
	if err != nil {
		writeProblem(w, req.ID, &problem{status: http.StatusBadRequest, say: err.Error()})
		return
	}
	if req.Conversation == "" {
		req.Conversation = newID()
	}
	patient(w)
	reply, err := s.ask(r.Context(), sender(r), req, s.patience)
	s.writeSoon(w)
	if err != nil {
		writeProblem(w, req.ID, err)
		return
	}
	writeJSON(w, http.StatusOK, reply)
}

// saysJSON accepts JSON and what has no type. The types that a browser sends to
// other sites without asking them first are all refused.
func saysJSON(r *http.Request) bool {
	given := r.Header.Get("Content-Type")
	if given == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(given)
	return err == nil && kind == "application/json"
}

// unreadable says why a body could not be read.
func unreadable(w http.ResponseWriter, err error, limit int) *problem {
	w.Header().Set("Connection", "close") // the rest of the body is not worth reading
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return &problem{status: http.StatusRequestEntityTooLarge, say: fmt.Sprintf("the body is longer than %d bytes", limit)}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &problem{status: http.StatusRequestTimeout, say: "the body came too slowly"}
	}
	return &problem{status: http.StatusBadRequest, say: "the body ended early"}
}

// patient lifts the deadline for reading the request, which has been read: when
// it passes, the server would take the client for gone and end the wait.
func patient(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // tests have no connection
}

// writeSoon gives a client the usual time to take the answer, however long that
// was in the making.
func (s *Server) writeSoon(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.writeWithin))
}

// writeProblem answers with an error. The id is the client's own.
func writeProblem(w http.ResponseWriter, id string, err error) {
	p := &problem{status: http.StatusServiceUnavailable, say: "the request was ended"} // to a client that is gone
	errors.As(err, &p)
	if p.after > 0 {
		w.Header().Set("Retry-After", seconds(p.after))
	}
	writeJSON(w, p.status, struct {
		ID    string `json:"id"`
		Error string `json:"error"`
	}{id, p.say})
}

// seconds rounds up: who comes earlier is refused again.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	line, err := bot.EncodeLine(v)
	if err != nil { // a float that is no number; nothing else can fail
		status, line = http.StatusInternalServerError, []byte(`{"id":"","error":"the reply cannot be written"}`+"\n")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(line)
}
