// Package soak holds the program that tries to make decline61 lose a message,
// answer one twice, or answer in the wrong order. All of it is tests.
//
// It builds the real binary with the tag soak, runs it against a fake platform
// and clients of the JSON API, and all the while kills it, pauses it, loses the
// platform's answers, and repeats and shuffles what it delivers. A checker then
// judges by what the platform and the clients saw, and by nothing else: it never
// asks the bot what it thinks it did.
//
//	go test -tags soak ./bot/soak -run TestSoakSQLite -v -soak.time 60s
//	go test -tags soak ./bot/soak -run TestSoakPostgres -v -soak.time 60s
//	go test -tags soak ./bot/soak -run TestPlanted -v
//	go test -tags soak ./bot/soak -run TestLoad -v -load.time 60s
//
// TestPlanted shows that the checker has teeth: it makes the bot wrong on
// purpose, in one way at a time, and fails where that is not noticed. Without
// the tag the checker's own tests run.
package soak
