package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"unicode"
	"unicode/utf8"

	"decline61/bot"
	"decline61/bot/mask"
)

const maxID = 128

// validID is the rule for ids that clients choose.
func validID(id string) bool {
	if id == "" || len(id) > maxID || !utf8.ValidString(id) {
		return false
	}
	for _, r := range id {
		// JSON's reader puts U+FFFD where bytes were wrong, so two ids with
		// different wrong bytes would be one.
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// validConversation leaves out what a URL's path cannot hold besides.
func validConversation(id string) bool { return validID(id) && id != "." && id != ".." }

// newID makes an id that nobody guesses.
func newID() string { return rand.Text() }

// letters has no digit, so that nothing made with it can look like a number.
var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyzABCDEF").WithPadding(base32.NoPadding)

// storable gives the name under which an id is stored: itself, or a digest if
// masking would change it. A name is its own name, so whoever reads one in an
// event can use it.
func storable(id string) string {
	if mask.Of(id).String() == id {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "h-" + letters.EncodeToString(sum[:16])
}

// key names a message in the store.
type key struct{ conversation, message string }

func addressOf(conversation string) bot.Address {
	return bot.Address{Channel: Channel, Thread: storable(conversation)}
}

func keyOf(r bot.Request) key {
	return key{addressOf(r.Conversation).Conversation(), storable(r.ID)}
}

// unixLines undoes the line ends that forms send.
func unixLines(s string) string {
	return strings.ReplaceAll(s, "\r\n", "\n")
}
