// Package errclass holds the errors that a user can act on. Each carries the class that Spark or
// Delta gives this kind of failure, what was asked and found, and the way out.
//
// Classes stand in tables (classes.go, deltaclasses.go, sourceclasses.go). They are errors themselves, so that
// errors.Is(err, errclass.UnresolvedColumn) holds for every error of the class.
package errclass

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Class names a kind of failure as Spark and Delta name it, without brackets:
// "UNRESOLVED_COLUMN.WITH_SUGGESTION".
type Class string

// Error gives the class in brackets.
func (c Class) Error() string { return "[" + string(c) + "]" }

// SQLState is the five-character state that upstream gives the class; empty where it has none.
func (c Class) SQLState() string { return cmp.Or(sqlStates[c], deltaSQLStates[c]) }

// New makes an error of the class. The detail is formatted as by fmt.Errorf: %w adds a cause.
func (c Class) New(format string, args ...any) *Error {
	wrapped := fmt.Errorf(format, args...)
	return &Error{Class: c, Detail: wrapped.Error(), Err: cause(wrapped)}
}

// An Error is a failure that the user can act on.
type Error struct {
	Class  Class
	Detail string // what was asked, what was found
	Hint   string // the way out; may be empty
	Err    error  // the cause, already told in Detail; may be nil
	At     *Span  // where in the SQL text; may be nil
}

// A Span is a place in an SQL text.
type Span struct {
	Text       string // the whole statement
	Start, End int    // byte offsets into Text
}

// WithHint adds the way out.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Error gives "[CLASS] detail hint", and under it the SQL text with its fault underlined where
// there is one.
func (e *Error) Error() string {
	text := e.Class.Error() + " " + e.Detail
	if e.Hint != "" {
		text += " " + e.Hint
	}
	if e.At == nil {
		return text
	}
	return text + e.At.Underlined()
}

// Unwrap gives the class and the cause to errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Class}
	}
	return []error{e.Class, e.Err}
}

// Underlined shows the line of the span as Spark does:
//
//	(line 3, pos 15)
//
//	== SQL ==
//	WHERE amount > > 10
//	---------------^
func (s *Span) Underlined() string {
	start := min(max(s.Start, 0), len(s.Text))
	line := 1 + strings.Count(s.Text[:start], "\n")
	begin := strings.LastIndexByte(s.Text[:start], '\n') + 1
	end := len(s.Text)
	if i := strings.IndexByte(s.Text[begin:], '\n'); i >= 0 {
		end = begin + i
	}
	pos := utf8.RuneCountInString(s.Text[begin:start]) // Spark counts characters, and so does who looks at the mark
	before, after := window(s.Text[begin:start], strings.TrimSuffix(s.Text[start:max(start, end)], "\r"))
	return fmt.Sprintf(" (line %d, pos %d)\n\n== SQL ==\n%s\n%s^", line, pos, before+after, strings.Repeat("-", utf8.RuneCountInString(before)))
}

// shownBefore and shownAfter bound what is shown of a line around its fault, in characters.
const (
	shownBefore = 160
	shownAfter  = 80
)

// window cuts a long line to what lies around the fault, and shows control characters harmless.
func window(before, after string) (string, string) {
	b, a := []rune(before), []rune(after)
	if len(b) > shownBefore {
		b = append([]rune("…"), b[len(b)-shownBefore:]...)
	}
	if len(a) > shownAfter {
		a = append(a[:shownAfter:shownAfter], '…')
	}
	return harmless(b), harmless(a)
}

func harmless(text []rune) string {
	for i, r := range text {
		if unicode.IsControl(r) && r != '\t' {
			text[i] = '\uFFFD'
		}
	}
	return string(text)
}

func cause(err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return errors.Join(many.Unwrap()...)
	}
	return errors.Unwrap(err)
}
