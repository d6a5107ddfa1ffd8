package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"decline61/bot"
	"decline61/index"
	"decline61/kb"
)

// files are those of the knowledge base in use.
func (s *settings) files() (fs.FS, error) {
	if err := s.findKB(); err != nil {
		return nil, err
	}
	if s.kbDir == "" {
		return kb.Embedded(), nil
	}
	info, err := os.Stat(s.kbDir)
	if err != nil {
		return nil, exit(exitInvalid, fmt.Errorf("opening the knowledge base: %w", err))
	}
	if !info.IsDir() {
		return nil, exit(exitInvalid, fmt.Errorf("opening the knowledge base: %s is no folder", s.kbDir))
	}
	return os.DirFS(s.kbDir), nil
}

func (s *settings) load() (*kb.KB, error) {
	files, err := s.files()
	if err != nil {
		return nil, err
	}
	k, err := kb.Load(files)
	if err != nil {
		return nil, exit(exitInvalid, errors.Join(fmt.Errorf("loading the knowledge base: %w", err), errors.New("run decline61 kb lint for all of its faults")))
	}
	return k, nil
}

// bot is the whole pipeline over the knowledge base in use.
func (s *settings) bot() (*bot.Bot, error) {
	k, err := s.load()
	if err != nil {
		return nil, err
	}
	x, err := index.New(k)
	if err != nil {
		return nil, exit(exitInvalid, fmt.Errorf("indexing the knowledge base: %w", err))
	}
	return bot.New(index.NewLive(x)), nil
}
