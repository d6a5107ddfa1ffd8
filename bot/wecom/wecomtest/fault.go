package wecomtest

import (
	"slices"
	"strings"
	"time"
)

// Fault is how a request goes wrong: over HTTP under its path below /cgi-bin/,
// over the long connection under its cmd.
type Fault struct {
	On     string        // "kf/send_msg", "gettoken", "aibot_respond_msg|aibot_send_msg"; "" is any but those for tokens and pings
	Times  int           // how often; 0 is once, below 0 is until Heal
	Stored bool          // what was asked for is done all the same
	Code   int           // answered with this errcode
	Status int           // over HTTP: answered with this status
	Cut    bool          // the connection breaks instead of an answer
	Mute   bool          // over the long connection: no answer
	Delay  time.Duration // before the answer, or before what comes instead
}

// Fail makes requests go wrong as f says, the first one first.
func (w *WeCom) Fail(f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	w.faults = append(w.faults, &f)
}

// Heal takes back all faults that have not happened yet.
func (w *WeCom) Heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = nil
}

// fault gives what is to go wrong with a request, nil if nothing is.
func (w *WeCom) fault(name string) *Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, f := range w.faults {
		if f.On == "" && (name == "gettoken" || name == "ping" || name == "aibot_subscribe") ||
			f.On != "" && !slices.Contains(strings.Split(f.On, "|"), name) {
			continue
		}
		if f.Times--; f.Times == 0 {
			w.faults = slices.Delete(w.faults, i, i+1)
		}
		return f
	}
	return nil
}
