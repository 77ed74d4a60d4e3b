package main

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/term"
)

// typed is what the line editor makes of keys, line by line.
func typed(t *testing.T, in io.Reader) []string {
	t.Helper()
	editor := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&keys{from: in}, io.Discard}, prompt)
	var lines []string
	for {
		line, err := editor.ReadLine()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
}

// Ctrl-C gives up the line that is being typed, wherever the cursor stands in it, and ends nothing else.
func TestCtrlCGivesUpTheLine(t *testing.T) {
	const left = "\x1b[D"
	text := "SELECT 1;\rSELECT given up\x03\x03one" + left + left + "\x03SELECT 2;\r"
	want := []string{"SELECT 1;", gaveUp, gaveUp, gaveUp, "SELECT 2;"}
	if got := typed(t, strings.NewReader(text)); !slices.Equal(got, want) {
		t.Errorf("at once: %q, want %q", got, want)
	}
	if got := typed(t, iotest.OneByteReader(strings.NewReader(text))); !slices.Equal(got, want) {
		t.Errorf("key by key: %q, want %q", got, want)
	}
}

func TestHistoryKeepsWholeLinesOnce(t *testing.T) {
	h := &history{}
	for _, s := range []string{"SELECT 1;", "SELECT 1;", "SELECT 'a\nb';", "SELECT 2;"} {
		h.remember(s)
	}
	if h.Len() != 2 || h.At(0) != "SELECT 2;" || h.At(1) != "SELECT 1;" {
		t.Errorf("history %q", h.lines)
	}
}
