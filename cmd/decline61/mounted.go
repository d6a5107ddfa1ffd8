package main

import (
	"net/http"

	"decline61/bot"
)

// mounted is a channel whose platform calls it: serve runs the channel and
// puts its handler at path.
type mounted struct {
	channel bot.Channel
	path    string
	handler http.Handler
}
