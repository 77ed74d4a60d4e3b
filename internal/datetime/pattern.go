package datetime

import (
	"strings"
	"time"

	"lakehouse/internal/errclass"
)

// A Pattern reads and writes dates and timestamps by Spark's pattern letters. It is immutable.
type Pattern struct {
	text  string
	items []item
}

// An item is a letter repeated, a literal, or an optional section.
type item struct {
	letter   byte // 0: a literal or a section
	count    int
	literal  string
	optional []item
}

// The patterns in which Spark writes when no others are given.
var (
	ISODate         = standard("yyyy-MM-dd")
	ISOTimestamp    = standard("yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]")
	ISOTimestampNTZ = standard("yyyy-MM-dd'T'HH:mm:ss[.SSS]")
)

func standard(text string) *Pattern {
	p, err := Compile(text)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return p
}

const letters = "GyuMLdDEaHhKkmsSXxZzVOQq"

// Compile reads a pattern such as "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]".
func Compile(text string) (*Pattern, error) {
	items, rest, err := compile(text, 0)
	if err == nil && rest != "" {
		err = unrecognized(text)
	}
	return &Pattern{text: text, items: items}, err
}

func unrecognized(text string) error {
	return errclass.InvalidOptionValue.New("'%s' is not a datetime pattern.", text).
		WithHint("You can form a valid pattern with the letters of https://spark.apache.org/docs/latest/sql-ref-datetime-pattern.html")
}

// compile reads up to the end, or to the bracket that closes a section.
func compile(text string, depth int) (items []item, rest string, err error) {
	for text != "" {
		c := text[0]
		switch {
		case c == ']':
			if depth == 0 {
				return nil, "", unrecognized(text)
			}
			return items, text, nil
		case c == '[':
			section, rest, err := compile(text[1:], depth+1)
			if err != nil || rest == "" || depth > 8 {
				return nil, "", unrecognized(text)
			}
			items, text = append(items, item{optional: section}), rest[1:]
		case c == '\'':
			literal, rest, ok := quoted(text[1:])
			if !ok {
				return nil, "", unrecognized(text)
			}
			items, text = append(items, item{literal: literal}), rest
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := 1
			for n < len(text) && text[n] == c {
				n++
			}
			if strings.IndexByte(letters, c) < 0 || n > 9 {
				return nil, "", unrecognized(text)
			}
			items, text = append(items, item{letter: c, count: n}), text[n:]
		default:
			items, text = append(items, item{literal: text[:1]}), text[1:]
		}
	}
	return items, "", nil
}

// quoted reads a literal up to its closing quote; two quotes stand for one.
func quoted(text string) (literal, rest string, ok bool) {
	if strings.HasPrefix(text, "'") {
		return "'", text[1:], true
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "'")
		if !found {
			return "", "", false
		}
		b.WriteString(before)
		if !strings.HasPrefix(after, "'") {
			return b.String(), after, true
		}
		b.WriteByte('\'')
		text = after[1:]
	}
}

func (p *Pattern) String() string { return p.text }

// ParseDate reads a date; the whole text must match.
func (p *Pattern) ParseDate(text []byte) (days int32, ok bool) {
	f, ok := p.parse(text)
	if !ok {
		return 0, false
	}
	return int32(f.civil.days()), true
}

// ParseTimestamp reads an instant; text without zone is local time of the zone given.
func (p *Pattern) ParseTimestamp(text []byte, zone *time.Location) (micros int64, ok bool) {
	f, ok := p.parse(text)
	if !ok {
		return 0, false
	}
	if f.zone != nil {
		zone = f.zone
	}
	return f.civil.in(zone), true
}

// ParseTimestampNTZ reads a wall-clock time; text with a zone is refused.
func (p *Pattern) ParseTimestampNTZ(text []byte) (micros int64, ok bool) {
	f, ok := p.parse(text)
	if !ok || f.zone != nil {
		return 0, false
	}
	return f.civil.local(), true
}

// AppendDate writes a date.
func (p *Pattern) AppendDate(dst []byte, days int32) []byte {
	return appendItems(dst, p.items, moment{civil: dateOf(int64(days)), days: int64(days)})
}

// AppendTimestamp writes an instant as clocks of the zone show it.
func (p *Pattern) AppendTimestamp(dst []byte, micros int64, zone *time.Location) []byte {
	offset := zoneOffset(micros, zone)
	local := micros + int64(offset)*microsPerSecond
	return appendItems(dst, p.items, moment{
		civil: civilOf(local), days: floorDiv(local, microsPerDay), offset: offset, zone: zone,
	})
}

// AppendTimestampNTZ writes a wall-clock time; zone letters write nothing.
func (p *Pattern) AppendTimestampNTZ(dst []byte, micros int64) []byte {
	return appendItems(dst, p.items, moment{civil: civilOf(micros), days: floorDiv(micros, microsPerDay)})
}
