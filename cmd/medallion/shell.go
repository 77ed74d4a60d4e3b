package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"lakehouse/internal/sql"
)

const (
	prompt     = "medallion> "
	morePrompt = "      ...> "
	// historyKept is how many lines the history file keeps.
	historyKept = 1000
)

// shell reads statements from a terminal. A statement may span lines; ";" ends it.
type shell struct {
	app  *app
	in   *os.File
	run  func(context.Context, string) error
	hist *history
}

func newShell(a *app, in *os.File, run func(context.Context, string) error) *shell {
	return &shell{app: a, in: in, run: run, hist: loadHistory()}
}

func (s *shell) loop(ctx context.Context) error {
	fmt.Fprintln(s.app.out, "SQL ends with ;  —  help, exit or Ctrl-D, arrow keys for history")
	for {
		text, err := s.statement()
		switch {
		case errors.Is(err, io.EOF):
			fmt.Fprintln(s.app.out)
			return s.hist.save()
		case err != nil:
			return errors.Join(err, s.hist.save())
		}
		switch strings.ToLower(strings.Trim(text, " \t\n;")) {
		case "":
			continue
		case "exit", "quit":
			return s.hist.save()
		case "help":
			s.help()
			continue
		}
		if err := s.app.script(ctx, text, s.run); err != nil {
			fmt.Fprintf(s.app.errs, "%v\n", err)
		}
	}
}

func (s *shell) help() {
	fmt.Fprint(s.app.out, "SHOW TABLES;  DESCRIBE [EXTENDED|HISTORY|DETAIL] t;  SELECT … FROM t [VERSION AS OF n];\n"+
		"SELECT * FROM delta.`/path`;  EXPLAIN SELECT …;  SET key = value;  exit\n")
}

// statement reads lines until they hold a whole statement. The terminal is in raw mode only while a line is edited,
// so that Ctrl-C ends a running query.
func (s *shell) statement() (string, error) {
	var text strings.Builder
	for {
		p := prompt
		if text.Len() > 0 {
			p = morePrompt
		}
		line, err := s.readLine(p)
		if err != nil {
			return "", err
		}
		text.WriteString(line + "\n")
		trimmed := strings.ToLower(strings.TrimSpace(text.String()))
		if trimmed == "" || trimmed == "exit" || trimmed == "quit" || trimmed == "help" {
			return text.String(), nil
		}
		if statements, rest := sql.Split(text.String()); len(statements) > 0 && strings.TrimSpace(rest) == "" {
			s.hist.remember(strings.Join(strings.Fields(text.String()), " "))
			return text.String(), nil
		}
	}
}

func (s *shell) readLine(p string) (string, error) {
	fd := int(s.in.Fd())
	old, err := term.MakeRaw(fd)
	if err != nil {
		return "", err
	}
	defer term.Restore(fd, old) //nolint:errcheck // nothing could be done about a terminal that is gone
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{s.in, s.app.out}, p)
	t.History = s.hist
	if w, h, err := term.GetSize(fd); err == nil && w > 0 {
		if err := t.SetSize(w, h); err != nil {
			return "", err
		}
	}
	return t.ReadLine()
}

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

// remember keeps a statement, unless it is the newest already.
func (h *history) remember(statement string) {
	if n := len(h.lines); n == 0 || h.lines[n-1] != statement {
		h.lines = append(h.lines, statement)
	}
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
