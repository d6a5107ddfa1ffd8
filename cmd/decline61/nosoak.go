//go:build !soak

package main

import "log/slog"

// soakChannels are the channels of the soak program: none in an ordinary build.
func soakChannels(func(string) string, *slog.Logger) []mounted { return nil }
