// Package option parses the options that readers, writers and sources take by name. Each is
// declared once, in a [Table]: parsing, defaults, "did you mean" and the documented list all come
// from it. Names are matched in any letter case; an unknown name is an error.
package option

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/errclass"
)

// A Kind is what an option's text must be.
type Kind uint8

// The kinds of option.
const (
	Text     Kind = iota
	Bool          // true or false
	Positive      // an integer above 0
	Count         // an integer of 0 or more
	Bytes         // a positive number of bytes: 1024, 10k, 5mb, 10g
	Duration      // 50s, 100ms, 7d, "10 minutes"; a bare number counts milliseconds
	Enum          // one of Values, in any case; kept as Values spells it
)

// A Spec declares one option.
type Spec struct {
	Name        string
	Kind        Kind
	Default     string // as a user would write it; empty: none
	Values      []string
	Same        []string // of Values: other spellings of Default
	Doc         string   // a sentence
	Unsupported string   // not empty: giving the option is an error, and this says why and what to use
}

// A Table lists the options of one reader, writer or source.
type Table []Spec

// Values holds parsed options. Only names of the table can be asked for.
type Values struct {
	table Table
	given map[string]string // by canonical name
}

// Parse checks every given option against the table.
func (t Table) Parse(given map[string]string) (Values, error) {
	v := Values{table: t, given: make(map[string]string, len(given))}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		spec, ok := t.find(name)
		if !ok {
			return Values{}, errclass.InvalidOption.New("unknown option '%s'.", name).
				WithHint("%s", cmpHint(errclass.DidYouMean(name, t.Names())))
		}
		if spec.Unsupported != "" {
			return Values{}, errclass.InvalidOption.New("option '%s' is not supported: %s", spec.Name, spec.Unsupported)
		}
		text, err := spec.check(given[name])
		if err != nil {
			return Values{}, err
		}
		v.given[spec.Name] = text
	}
	return v, nil
}

func cmpHint(near string) string {
	if near == "" {
		return "See the documented list of options."
	}
	return near
}

// Names lists the table's options.
func (t Table) Names() []string {
	names := make([]string, len(t))
	for i, s := range t {
		names[i] = s.Name
	}
	return names
}

// Knows reports whether the table declares a name.
func (t Table) Knows(name string) bool {
	_, ok := t.find(name)
	return ok
}

func (t Table) find(name string) (Spec, bool) {
	i := slices.IndexFunc(t, func(s Spec) bool { return s.isNamed(name) })
	if i < 0 {
		return Spec{}, false
	}
	return t[i], true
}

// isNamed also knows the options that end in a key of the user's, "cloudFiles.resourceTag.team"; all such are refused.
func (s Spec) isNamed(name string) bool {
	if prefix, ok := strings.CutSuffix(s.Name, ".*"); ok && len(name) > len(prefix) {
		return strings.EqualFold(name[:len(prefix)+1], prefix+".")
	}
	return strings.EqualFold(s.Name, name)
}

func (s Spec) check(text string) (string, error) {
	switch s.Kind {
	case Text: // anything goes
	case Bool:
		if low := strings.ToLower(text); low == "true" || low == "false" {
			return low, nil
		}
		return "", s.invalid(text, "must be 'true' or 'false'")
	case Positive:
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || n <= 0 {
			return "", s.invalid(text, "must be a positive integer")
		}
	case Count:
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || n < 0 {
			return "", s.invalid(text, "must be an integer greater than or equal to 0")
		}
	case Bytes:
		if _, err := ParseBytes(text); err != nil {
			return "", s.invalid(text, "must be a positive integer")
		}
	case Duration:
		if _, err := ParseDuration(text); err != nil {
			return "", s.invalid(text, "Time must be specified as seconds (s), milliseconds (ms), microseconds (us), "+
				"minutes (m or min), hour (h), or day (d). E.g. 50s, 100ms, or 250us.")
		}
	case Enum:
		for _, v := range s.Values {
			if strings.EqualFold(v, text) {
				return v, nil
			}
		}
		// What is not among the values is refused, and the sentence on the option says why.
		return "", s.invalid(text, "must be one of "+strings.Join(s.Values, ", ")).WithHint("%s", s.Doc)
	}
	return text, nil
}

func (s Spec) invalid(text, rule string) *errclass.Error {
	return errclass.InvalidOptionValue.New("Invalid value '%s' for option '%s', %s", text, s.Name, rule)
}

// Has reports whether the option was given.
func (v Values) Has(name string) bool {
	_, ok := v.given[v.spec(name).Name]
	return ok
}

// String is the option's text, or its default.
func (v Values) String(name string) string {
	s := v.spec(name)
	if text, ok := v.given[s.Name]; ok {
		return text
	}
	return s.Default
}

// Bool is a Bool option.
func (v Values) Bool(name string) bool { return v.String(name) == "true" }

// Int is a Positive or Count option; 0 when it has neither value nor default.
func (v Values) Int(name string) int64 {
	n, _ := strconv.ParseInt(v.String(name), 10, 64)
	return n
}

// Bytes is a Bytes option; 0 when it has neither value nor default.
func (v Values) Bytes(name string) int64 {
	n, _ := ParseBytes(v.String(name))
	return n
}

// Duration is a Duration option; 0 when it has neither value nor default.
func (v Values) Duration(name string) time.Duration {
	d, _ := ParseDuration(v.String(name))
	return d
}

func (v Values) spec(name string) Spec {
	s, ok := v.table.find(name)
	if !ok {
		panic("internal error: option " + name + " is not declared")
	}
	return s
}

// OneMeaning tells that the option can only be given the value that it has anyway: it is known by name so that programs
// which spell it out run, and that another value is refused with the reason.
func (s Spec) OneMeaning() bool {
	if s.Kind != Enum {
		return false
	}
	for _, v := range s.Values {
		if !s.sameAsDefault(v) {
			return false
		}
	}
	return true
}

// sameAsDefault knows the spellings of one value: en-US and US, UTF-8 and its part US-ASCII.
func (s Spec) sameAsDefault(value string) bool {
	return value == s.Default || slices.Contains(s.Same, value)
}
