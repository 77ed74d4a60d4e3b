package datetime

import (
	"strings"
	"time"

	"lakehouse/internal/errclass"
)

// A Pattern reads and writes dates and timestamps: a compiled java.time DateTimeFormatter pattern, of the letters that Spark allows. It
// is immutable.
type Pattern struct {
	text  string
	items []item
}

// A item is a letter repeated, a literal, or the border of an optional section.
type item struct {
	letter  byte // 0: literal; '[' and ']': optional section
	count   int
	literal string
	skip    int // '[': the item behind its ']'
	reserve int // digits that the fixed numbers right behind it need
}

const patternLetters = "GyYuDMLdQqEFahKkHmsSVzOXxZ"

// The patterns in which Spark writes when no others are given.
var (
	ISODate         = standard("yyyy-MM-dd")
	PlainTimestamp  = standard("yyyy-MM-dd HH:mm:ss") // as Spark's Row.json has it
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

// String is the text that the pattern was compiled from.
func (p *Pattern) String() string { return p.text }

// ParseDate reads a date; the whole text must match.
func (p *Pattern) ParseDate(text []byte) (days int32, ok bool) {
	local, _, _, ok := p.Parse(view(text))
	day, _ := Split(local)
	return int32(day), ok
}

// ParseTimestamp reads an instant; text without zone is local time of the zone given.
func (p *Pattern) ParseTimestamp(text []byte, zone *time.Location) (micros int64, ok bool) {
	local, name, _, ok := p.Parse(view(text))
	switch {
	case !ok:
		return 0, false
	case name == "":
		return instant(local, zone), true
	default:
		return instantIn(local, name)
	}
}

// ParseTimestampNTZ reads a wall-clock time; text with a zone is refused.
func (p *Pattern) ParseTimestampNTZ(text []byte) (micros int64, ok bool) {
	local, name, _, ok := p.Parse(view(text))
	return local, ok && name == ""
}

// Compile reads a pattern such as yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX].
func Compile(text string) (*Pattern, error) {
	p := &Pattern{text: text}
	var open []int
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\'':
			literal, next, ok := quotedLiteral(text, i)
			if !ok {
				return nil, badPattern(text, "'")
			}
			p.literal(literal)
			i = next
			continue
		case c == '[':
			open = append(open, len(p.items))
			p.items = append(p.items, item{letter: '['})
		case c == ']':
			if len(open) == 0 {
				return nil, badPattern(text, "]")
			}
			p.items = append(p.items, item{letter: ']'})
			p.items[open[len(open)-1]].skip = len(p.items)
			open = open[:len(open)-1]
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			n := runLength(text, i)
			if strings.IndexByte(patternLetters, c) < 0 || c == 'Y' || c == 'u' || tooMany(c, n) {
				return nil, badPattern(text, string(c))
			}
			p.items = append(p.items, item{letter: c, count: n})
			i += n
			continue
		case c == '#' || c == '{' || c == '}':
			return nil, badPattern(text, string(c))
		default:
			p.literal(text[i : i+1])
		}
		i++
	}
	for len(open) > 0 { // java closes what is left open at the end
		p.items = append(p.items, item{letter: ']'})
		p.items[open[len(open)-1]].skip = len(p.items)
		open = open[:len(open)-1]
	}
	for k := range p.items {
		p.items[k].reserve = p.reserved(k)
	}
	return p, nil
}

func (p *Pattern) literal(s string) {
	if n := len(p.items); n > 0 && p.items[n-1].letter == 0 {
		p.items[n-1].literal += s
		return
	}
	p.items = append(p.items, item{literal: s})
}

// quotedLiteral reads 'text', in which a doubled quote stands for one; so does a doubled quote on its own.
func quotedLiteral(text string, i int) (literal string, next int, ok bool) {
	if i+1 < len(text) && text[i+1] == '\'' {
		return "'", i + 2, true
	}
	var b strings.Builder
	for i++; i < len(text); i++ {
		if text[i] != '\'' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, true
	}
	return "", i, false
}

func runLength(text string, i int) int {
	n := 1
	for i+n < len(text) && text[i+n] == text[i] {
		n++
	}
	return n
}

// tooMany tells counts of a letter that java.time does not know.
func tooMany(c byte, n int) bool {
	switch c {
	case 'd', 'h', 'H', 'k', 'K', 'm', 's':
		return n > 2
	case 'D':
		return n > 3
	case 'a', 'F':
		return n > 1
	case 'E', 'z', 'O':
		return n > 4 || c == 'O' && n != 1 && n != 4
	case 'M', 'L', 'Q', 'q', 'G', 'X', 'x', 'Z':
		return n > 5 || n == 5 && (c == 'M' || c == 'L' || c == 'Q' || c == 'q' || c == 'G')
	case 'V':
		return n != 2
	case 'S':
		return n > 9
	case 'y':
		return n > 6
	}
	return false
}

func badPattern(text, found string) error {
	return errclass.InvalidDatetimePattern.New("Unrecognized datetime pattern: '%s'. Illegal pattern character: %s.", text, found).
		WithHint("Please provide correct datetime pattern for spark.sql datetime functions.")
}

// reserved is how many digits the fixed numbers right behind an item need.
func (p *Pattern) reserved(k int) int {
	n := 0
	for _, item := range p.items[k+1:] {
		if strings.IndexByte("yMdDHhKkmsS", item.letter) < 0 || item.letter == 0 || item.count < 2 && item.letter != 'S' || item.letter == 'M' && item.count > 2 || item.letter == 'y' && item.count != 2 {
			break
		}
		n += item.count
	}
	return n
}
