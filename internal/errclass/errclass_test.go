package errclass_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
)

func TestErrorTellsClassDetailAndWayOut(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"class and detail", errclass.PathNotFound.New("Path does not exist: %s.", "/x"), "[PATH_NOT_FOUND] Path does not exist: /x."},
		{"with a hint", errclass.DivideByZero.New("Division by zero.").WithHint("Use `%s`.", "try_divide"), "[DIVIDE_BY_ZERO] Division by zero. Use `try_divide`."},
		{"a bare class", errclass.DivideByZero, "[DIVIDE_BY_ZERO]"},
		{
			"with a place", &errclass.Error{Class: errclass.ParseSyntaxError, Detail: "Syntax error.", At: &errclass.Span{Text: "SELEC 1"}},
			"[PARSE_SYNTAX_ERROR] Syntax error. (line 1, pos 0)\n\n== SQL ==\nSELEC 1\n^",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.err.Error(); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// Who handles an error asks for its class or for what the storage said, through any number of wraps.
func TestClassAndCausesAreFound(t *testing.T) {
	inner := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	tests := []struct {
		name   string
		err    error
		is     []error
		isNot  []error
		detail string
	}{
		{"no cause", errclass.PathNotFound.New("gone"), []error{errclass.PathNotFound}, []error{errclass.PathRequired, fs.ErrNotExist}, "gone"},
		{"one cause", errclass.PathNotFound.New("gone: %w", inner), []error{errclass.PathNotFound, inner, fs.ErrNotExist}, []error{io.EOF}, "gone: open x: file does not exist"},
		{"two causes", errclass.PathNotFound.New("%w; %w", io.EOF, inner), []error{io.EOF, fs.ErrNotExist}, []error{io.ErrClosedPipe}, "EOF; open x: file does not exist"},
		{"a class within a class", errclass.StreamFailed.New("ended: %w", errclass.DivideByZero.New("zero")), []error{errclass.StreamFailed, errclass.DivideByZero}, []error{errclass.PathNotFound}, "ended: [DIVIDE_BY_ZERO] zero"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wrapped := fmt.Errorf("read table: %w", test.err)
			for _, target := range test.is {
				if !errors.Is(wrapped, target) {
					t.Errorf("errors.Is(%q, %v) = false", wrapped, target)
				}
			}
			for _, target := range test.isNot {
				if errors.Is(wrapped, target) {
					t.Errorf("errors.Is(%q, %v) = true", wrapped, target)
				}
			}
			if e, ok := errors.AsType[*errclass.Error](wrapped); !ok || e.Detail != test.detail {
				t.Errorf("errors.AsType = %+v, %v; want detail %q", e, ok, test.detail)
			}
		})
	}
	if _, ok := errors.AsType[*fs.PathError](errclass.PathNotFound.New("%w", inner)); !ok {
		t.Error("the *fs.PathError that caused it is not found")
	}
}

func TestUnderlinedMarksTheFault(t *testing.T) {
	text := "SELECT *\nFROM t\nWHERE amount > > 10\nLIMIT 1"
	tests := []struct {
		name string
		span errclass.Span
		want string
	}{
		{"in a later line", errclass.Span{Text: text, Start: strings.Index(text, "> 10")}, " (line 3, pos 15)\n\n== SQL ==\nWHERE amount > > 10\n---------------^"},
		{"at the start", errclass.Span{Text: "SELEC"}, " (line 1, pos 0)\n\n== SQL ==\nSELEC\n^"},
		{"at the end", errclass.Span{Text: "SELECT", Start: 6}, " (line 1, pos 6)\n\n== SQL ==\nSELECT\n------^"},
		{"at a line's end", errclass.Span{Text: "a\nb", Start: 1}, " (line 1, pos 1)\n\n== SQL ==\na\n-^"},
		{"at a line's start", errclass.Span{Text: "a\nb", Start: 2}, " (line 2, pos 0)\n\n== SQL ==\nb\n^"},
		{"after an empty last line", errclass.Span{Text: "a\n", Start: 2}, " (line 2, pos 0)\n\n== SQL ==\n\n^"},
		{"characters are counted, not bytes", errclass.Span{Text: "SELECT 'žluťoučký' ,", Start: strings.Index("SELECT 'žluťoučký' ,", ",")}, " (line 1, pos 19)\n\n== SQL ==\nSELECT 'žluťoučký' ,\n-------------------^"},
		{"a carriage return is not shown", errclass.Span{Text: "a b\r\nc", Start: 2}, " (line 1, pos 2)\n\n== SQL ==\na b\n--^"},
		{"past the text", errclass.Span{Text: "ab", Start: 99}, " (line 1, pos 2)\n\n== SQL ==\nab\n--^"},
		{"before the text", errclass.Span{Text: "ab", Start: -1}, " (line 1, pos 0)\n\n== SQL ==\nab\n^"},
		{"of nothing", errclass.Span{}, " (line 1, pos 0)\n\n== SQL ==\n\n^"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.span.Underlined(); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
