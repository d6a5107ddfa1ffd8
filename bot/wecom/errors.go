package wecom

import (
	"errors"
	"fmt"
	"time"

	"decline61/bot"
)

// Error is a call that did not succeed. errors.As gives it as a
// *[bot.SendError] too, so a channel can return it from Send as it is.
type Error struct {
	Method string        // what was called, like kf/send_msg
	Code   int           // WeCom's errcode; 0 if it gave none
	Hint   string        // what to do about it: Chinese, then English; "" if nothing is known
	Class  bot.Class     // what a sender can do about it
	After  time.Duration // when to come back, for bot.Backoff; 0 if nothing is known
	Err    error         // where the network failed: that, without any URL
}

func (e *Error) Error() string {
	s := "wecom"
	if e.Method != "" {
		s += " " + e.Method
	}
	if e.Code != 0 {
		s += fmt.Sprintf(": errcode %d", e.Code)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

// Unwrap gives the error of the network.
func (e *Error) Unwrap() error { return e.Err }

// As makes errors.As find a *[bot.SendError].
func (e *Error) As(target any) bool {
	t, ok := target.(**bot.SendError)
	if ok {
		*t = &bot.SendError{Class: e.Class, After: e.After, Err: e}
	}
	return ok
}

// Code gives WeCom's errcode in err, 0 if there is none.
func Code(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}
