package jsonio

import (
	"math/bits"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// A variants builds what goes into columns of type VARIANT.
type variants struct {
	variant.Builder
	fault error // why what was read is no variant, though it is JSON
}

// ParseVariant builds the variant of a JSON text, as Jackson's own rules read it. What follows the first value is not looked
// at, as in Spark's parse_json.
func ParseVariant(b *variant.Builder, text []byte) error {
	p := parser{building: &variants{Builder: *b}, wholePairs: true}
	p.reset(text)
	p.space()
	b.Reset()
	p.building.Builder = *b
	ok := p.variant() && p.endsNumber()
	*b = p.building.Builder
	switch {
	case !ok:
		return errclass.MalformedRecord.New("Malformed records are detected in record parsing: %s (%s, at byte %d).", text, p.failure, p.pos)
	case p.building.fault != nil:
		return errclass.MalformedRecord.New("Malformed records are detected in record parsing: %s (%w).", text, p.building.fault)
	}
	return nil
}

// endsNumber reports that what was read ends where it may: only a blank may follow a number.
func (p *parser) endsNumber() bool {
	if before := p.data[p.pos-1]; before-'0' <= 9 && !p.done() && p.data[p.pos] > ' ' {
		p.fail("a number is followed by something else")
		return false
	}
	return true
}

// variantColumn adds the value at the parser's place, whatever it is, to a column of variants.
func (p *parser) variantColumn(n *node) outcome {
	if p.building == nil {
		p.building = &variants{}
	}
	b := p.building
	b.Reset()
	b.fault = nil
	p.wholePairs = true
	ok := p.variant()
	p.wholePairs = false
	switch {
	case !ok:
		return failed
	case b.fault == nil && b.TooLarge():
		b.fault = variant.TooLarge("JacksonParser")
	}
	if b.fault != nil {
		n.b.AppendNull()
		if p.mismatch == "" {
			p.mismatch = b.fault.Error()
		}
		return wrong
	}
	n.b.AppendVariant(b.Metadata(), b.Data())
	return fine
}

// variantLine adds a line as one variant, whatever JSON it is. A blank line is none.
func (r *rows) variantLine(text []byte) error {
	p := &r.parser
	if p.space() == 0 && p.failure == "" && p.done() {
		return nil
	}
	if !r.buildVariant() || !p.end() {
		return r.Lose(text, r.offset, p.failure)
	}
	return r.keepVariant(text)
}

// variantDocument adds a whole file as one variant. What follows the value is a malformed record.
func (r *rows) variantDocument(data []byte) error {
	p := &r.parser
	bounded := func(text []byte) []byte { return text[:min(len(text), r.d.opts.maxRecord())] }
	if !r.buildVariant() {
		return r.Lose(bounded(data), r.offset, p.failure)
	}
	whole := p.pos
	if err := r.keepVariant(data[:whole]); err != nil || p.end() {
		return err
	}
	r.offset = int64(whole)
	return r.Lose(bounded(data[whole:]), r.offset, p.failure)
}

// buildVariant builds the value at the parser's place.
func (r *rows) buildVariant() bool {
	p := &r.parser
	if p.building == nil {
		p.building = &variants{}
	}
	p.building.Reset()
	p.building.fault = nil
	p.wholePairs = true
	ok := p.variant()
	p.wholePairs = false
	return ok
}

// keepVariant adds the value built as a row.
func (r *rows) keepVariant(text []byte) error {
	b := r.parser.building
	if b.fault == nil && b.TooLarge() {
		b.fault = variant.TooLarge("JacksonParser")
	}
	if b.fault != nil {
		return r.Lose(text, r.offset, b.fault.Error())
	}
	for i, column := range r.Root.Children {
		if i == r.d.rules.Variant {
			column.AppendVariant(b.Metadata(), b.Data())
		} else {
			column.AppendNull()
		}
	}
	r.Root.Len++
	return r.Keep(text, r.offset, "")
}

// variant builds the value at the parser's place.
func (p *parser) variant() bool {
	b := p.building
	switch c := p.peek(); {
	case p.isQuote(c):
		text, ok := p.text()
		b.String(text)
		return ok
	case c == '{':
		return p.variantObject()
	case c == '[':
		return p.variantArray()
	case p.expected("true"):
		b.Bool(true)
	case p.expected("false"):
		b.Bool(false)
	case p.expected("null"):
		b.Null()
	default:
		return p.variantNumber()
	}
	return p.endsWord()
}

// endsWord reports that true, false or null ends here: nothing that a word could hold follows.
func (p *parser) endsWord() bool {
	if c := p.peek(); isNameByte(c) && c != '-' || c >= 0x80 {
		p.fail("an unknown word")
		return false
	}
	return true
}

func (p *parser) variantNumber() bool {
	if c := p.peek(); c > '9' || c < '0' {
		if f, ok := p.nonNumber(); ok {
			p.building.Double(f)
			return true
		}
	}
	token, integer, ok := p.number()
	if !ok {
		return false
	}
	const longest = 1000 // as in Jackson
	if len(token) > longest {
		p.fail("a number is longer than 1000 characters")
		return false
	}
	if integer {
		if v, ok := parseInt(token, 64); ok {
			p.building.Long(v)
			return true
		}
	}
	appendVariantNumber(&p.building.Builder, token)
	return true
}

// AppendVariantNumber adds a number: a decimal, where it is written without an exponent and has at most 38 digits, else a double.
func appendVariantNumber(b *variant.Builder, token []byte) {
	if digits, scale, ok := exactDecimal(token); ok {
		b.Decimal(digits, scale)
		return
	}
	f, _ := strconv.ParseFloat(string(token), 64) // a number by its syntax; what is too large is infinite
	b.Double(f)
}

// exactDecimal reads digits with an optional sign and point.
func exactDecimal(token []byte) (n decimal128.Num, scale int, ok bool) {
	var high, low uint64
	precision, point, negative := 0, -1, false
	for i, c := range token {
		switch {
		case c == '-' && i == 0:
			negative = true
		case c == '.' && point < 0:
			point = i
		case c < '0' || c > '9':
			return n, 0, false
		default:
			if precision > 0 || c != '0' {
				precision++
			}
			if precision > types.MaxPrecision {
				return n, 0, false
			}
			var carry, over uint64
			over, low = bits.Mul64(low, 10)
			low, carry = bits.Add64(low, uint64(c-'0'), 0)
			high = high*10 + over + carry
		}
	}
	if point >= 0 {
		scale = len(token) - point - 1
	}
	n = decimal128.New(int64(high), low)
	if negative {
		n = n.Negate()
	}
	return n, scale, scale <= types.MaxPrecision
}

func (p *parser) variantObject() bool {
	if !p.enter() {
		return false
	}
	b := p.building
	o := b.Start()
	p.pos++
	for c := p.space(); c != '}'; {
		name, ok := p.keyName()
		if !ok {
			return false
		}
		b.Key(o, name)
		if p.space() != ':' {
			p.fail("expected ':'")
			return false
		}
		p.pos++
		p.space()
		if !p.variant() {
			return false
		}
		if c, ok = p.afterMember(); !ok {
			return false
		}
	}
	p.pos++
	p.depth--
	if err := b.EndObject(o); err != nil && b.fault == nil {
		b.fault = err
	}
	return true
}

func (p *parser) variantArray() bool {
	if !p.enter() {
		return false
	}
	b := p.building
	o := b.Start()
	p.pos++
	for c := p.space(); c != ']'; {
		b.Element(o)
		if !p.variant() {
			return false
		}
		switch c = p.space(); c {
		case ',':
			p.pos++
			if c = p.space(); c == ']' {
				p.fail("a value is missing after a comma")
				return false
			}
		case ']':
		default:
			p.fail("expected ',' or ']'")
			return false
		}
	}
	p.pos++
	p.depth--
	b.EndArray(o)
	return true
}
