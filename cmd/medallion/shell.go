package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/term"

	"lakehouse/internal/sql"
)

const (
	prompt     = "medallion> "
	morePrompt = "      ...> "
)

// shell reads statements from a terminal. A statement may span lines; ";" ends it.
type shell struct {
	app    *app
	in     *os.File
	run    func(context.Context, string) error
	editor *term.Terminal
	hist   *history
}

func newShell(a *app, in *os.File, run func(context.Context, string) error) *shell {
	s := &shell{app: a, in: in, run: run, hist: loadHistory()}
	s.editor = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&keys{from: in}, a.out}, prompt)
	s.editor.History = s.hist
	return s
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
		switch command(text) {
		case "":
			continue
		case "exit", "quit":
			return s.hist.save()
		case "help":
			s.help()
			continue
		}
		if err := s.execute(ctx, text); err != nil {
			fmt.Fprintf(s.app.errs, "%v\n", err)
		}
	}
}

// execute runs what was typed. Ctrl-C ends it, and not the shell.
func (s *shell) execute(ctx context.Context, text string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	err := s.app.script(ctx, text, s.run)
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return err
}

func (s *shell) help() {
	fmt.Fprint(s.app.out, "SHOW TABLES;  DESCRIBE [EXTENDED|HISTORY|DETAIL] t;  SELECT … FROM t [VERSION AS OF n];\n"+
		"SELECT * FROM delta.`/path`;  EXPLAIN SELECT …;  SET key = value;  exit\n")
}

// command is a line's word, where the line is one.
func command(text string) string { return strings.ToLower(strings.Trim(text, " \t\r\n;")) }

// statement reads lines until they hold whole statements. The terminal is in raw mode only while a line is edited, so
// that Ctrl-C ends a running query.
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
		if line == gaveUp {
			return "", nil
		}
		text.WriteString(line + "\n")
		switch command(text.String()) {
		case "", "exit", "quit", "help":
			return text.String(), nil
		}
		if statements, rest := sql.Split(text.String()); len(statements) > 0 && sql.Blank(rest) {
			s.hist.remember(sql.OneLine(text.String()))
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
	s.editor.SetPrompt(p)
	if w, h, err := term.GetSize(fd); err == nil && w > 0 {
		if err := s.editor.SetSize(w, h); err != nil {
			return "", err
		}
	}
	return s.editor.ReadLine()
}

// keys is what is typed. The line editor takes Ctrl-C for the end of all input; here it gives up the line, which so
// becomes [gaveUp].
type keys struct {
	from    io.Reader
	pending []byte
}

const (
	ctrlC    = "\x03"
	gaveUp   = "^C"
	dropLine = "\x05\x15" // Ctrl-E, Ctrl-U: to the end of the line, and delete it
)

// Read implements io.Reader.
func (k *keys) Read(p []byte) (int, error) {
	if len(k.pending) == 0 {
		buf := make([]byte, max(1, len(p)))
		n, err := k.from.Read(buf)
		if n == 0 {
			return 0, err
		}
		k.pending = []byte(strings.ReplaceAll(string(buf[:n]), ctrlC, dropLine+gaveUp+"\r"))
	}
	n := copy(p, k.pending)
	k.pending = k.pending[n:]
	return n, nil
}
