package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
)

// historyKept is how many statements the history file keeps.
const historyKept = 1000

// history is the statements typed before, oldest first; it outlives the shell.
type history struct {
	file  string
	lines []string
}

func loadHistory() *history {
	h := &history{}
	dir, err := os.UserConfigDir()
	if err != nil {
		return h // no home: the history lives as long as the shell
	}
	h.file = filepath.Join(dir, "medallion", "history")
	f, err := os.Open(h.file)
	if err != nil {
		return h
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		h.lines = append(h.lines, lines.Text())
	}
	return h
}

// Add, Len and At make a term.History. The terminal adds line by line; what is kept is whole statements.
func (h *history) Add(string) {}

// remember keeps a statement, unless it is the newest already, or may hold a secret. One of several lines could not be edited as one.
func (h *history) remember(statement string) {
	if mayHoldSecret(statement) {
		return
	}
	if n := len(h.lines); !strings.Contains(statement, "\n") && (n == 0 || h.lines[n-1] != statement) {
		h.lines = append(h.lines, statement)
	}
}

// mayHoldSecret tells statements that set a key or a password.
func mayHoldSecret(statement string) bool {
	statement = strings.ToLower(statement)
	for _, word := range []string{"secret", "password", "token", "access.key", "credential"} {
		if strings.Contains(statement, word) {
			return true
		}
	}
	return false
}

// Len is how many entries there are.
func (h *history) Len() int { return len(h.lines) }

// At counts back from the newest.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }

func (h *history) save() error {
	if h.file == "" || len(h.lines) == 0 {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(h.file), 0o700); err != nil {
		return err
	}
	kept := h.lines[max(0, len(h.lines)-historyKept):]
	return os.WriteFile(h.file, []byte(strings.Join(kept, "\n")+"\n"), 0o600)
}
