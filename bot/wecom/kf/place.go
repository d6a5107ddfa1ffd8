package kf

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"decline61/bot"
)

// thread is a customer at an account: all that they say there is one
// conversation.
type thread struct{ account, customer string }

func (t thread) String() string { return t.account + "/" + t.customer }

func (t thread) address() bot.Address { return bot.Address{Channel: Name, Thread: t.String()} }

func parseThread(s string) (thread, error) {
	account, customer, ok := strings.Cut(s, "/")
	if !ok || !sound(account) || !sound(customer) {
		return thread{}, errors.New("kf: this thread is no open_kfid/external_userid")
	}
	return thread{account, customer}, nil
}

var idForm = regexp.MustCompile(`^[0-9A-Za-z_.@-]{1,64}$`)

// sound reports whether s may be an id of WeCom's: it becomes part of names
// that others read.
func sound(s string) bool { return idForm.MatchString(s) }

// nickname names a customer in the log, as package bot names the conversation.
func (t thread) nickname() string {
	sum := sha256.Sum256([]byte(t.address().Conversation()))
	return fmt.Sprintf("%s:%x", Name, sum[:5])
}

// derive makes the msgid of what belongs to something else: of the second
// message of an answer, of what is said about an event. kind is a letter, by
// which msg_send_fail is read later. The same cause gives the same msgid, which
// WeCom takes only once.
func derive(kind string, causes ...string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + strings.Join(causes, "\x00")))
	return kind + "_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:30]
}

// The kinds.
const (
	kindMenu    = "m" // below an answer that was too long for one message with it
	kindTicket  = "t"
	kindConfirm = "c" // of a transfer
	kindWelcome = "w"
	kindClosing = "e"
)

// kindOf says what a message of ours was.
func kindOf(msgid string) string {
	kind, _, _ := strings.Cut(msgid, "_")
	switch kind {
	case kindMenu:
		return "menu"
	case kindTicket:
		return "ticket"
	case kindConfirm:
		return "confirmation of a transfer"
	case kindWelcome:
		return "welcome"
	case kindClosing:
		return "closing words"
	}
	return answerKind
}

// answerKind is an answer, or an agent's words: its msgid is the key in the
// outbox.
const answerKind = "answer"
