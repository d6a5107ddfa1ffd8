//go:build soak

package main

import (
	"log/slog"
	"time"

	"decline61/bot/channeltest"
)

// soakChannels is the channel to the soak program's platform, if the
// environment names one.
func soakChannels(getenv func(string) string, log *slog.Logger) []mounted {
	url := getenv("DECLINE61_SOAK_PLATFORM_URL")
	if url == "" {
		return nil
	}
	window, err := time.ParseDuration(getenv("DECLINE61_SOAK_WINDOW"))
	if err != nil {
		window = 0
	}
	timeout, err := time.ParseDuration(getenv("DECLINE61_SOAK_TIMEOUT"))
	if err != nil {
		timeout = time.Second
	}
	c := channeltest.NewChannel(channeltest.Config{
		Name:    "soak",
		URL:     url,
		Signing: getenv("DECLINE61_SOAK_SIGNING"),
		Secret:  getenv("DECLINE61_SOAK_SECRET"),
		Window:  window,
		Timeout: timeout,
		Workers: 16,
	})
	log.Warn("this is a soak build: it breaks on purpose")
	return []mounted{{channel: c, path: "/soak/events", handler: c}}
}
