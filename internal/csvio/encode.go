package csvio

import "strings"

// Quoting says how values are written, as the writer of Spark does.
type Quoting struct {
	Sep           string
	Quote, Escape byte // 0: no escape; there is a quote
	EscapeEscape  byte // 0: an escape character within quotes is left as it is
	All           bool // every value stands in quotes
	EscapeQuotes  bool // a value that holds a quote stands in quotes
	Comment       byte // a record that begins with it stands in quotes; 0: none
	TrimLeft      bool
	TrimRight     bool
	Null, Empty   string // what is written for a null, and for an empty text
}

// AppendNull appends what stands for a null.
func (q *Quoting) AppendNull(dst []byte, first bool) []byte { return q.append(dst, q.Null, first) }

// AppendValue appends a value; first tells that it begins a record.
func (q *Quoting) AppendValue(dst []byte, value string, first bool) []byte {
	if q.TrimLeft {
		value = strings.TrimLeftFunc(value, isBlank)
	}
	if q.TrimRight {
		value = strings.TrimRightFunc(value, isBlank)
	}
	if value == "" {
		return append(dst, q.Empty...)
	}
	return q.append(dst, value, first)
}

func (q *Quoting) append(dst []byte, value string, first bool) []byte {
	if q.All || q.needsQuotes(value, first) {
		return q.appendQuoted(dst, value)
	}
	return append(dst, value...)
}

// isBlank tells what is trimmed: every character up to the blank.
func isBlank(r rune) bool { return r <= ' ' }

func (q *Quoting) needsQuotes(value string, first bool) bool {
	if value == "" {
		return false
	}
	if value[0] == q.Quote || first && q.Comment != 0 && value[0] == q.Comment {
		return true
	}
	return strings.Contains(value, q.Sep) || strings.ContainsAny(value, "\r\n") || q.EscapeQuotes && strings.IndexByte(value, q.Quote) >= 0
}

func (q *Quoting) appendQuoted(dst []byte, value string) []byte {
	dst = append(dst, q.Quote)
	for i := range len(value) {
		switch c := value[i]; {
		case c == q.Quote && q.Escape != 0:
			dst = append(dst, q.Escape, c)
		case c == q.Escape && q.EscapeEscape != 0:
			dst = append(dst, q.EscapeEscape, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, q.Quote)
}

// Separator reads option sep of a writer, as that of a reader is.
func Separator(text string) (string, error) { return separator(text) }
