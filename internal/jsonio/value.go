package jsonio

import (
	"encoding/base64"
	"math"

	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// value adds the value at the parser's place as a row of a column.
func (p *parser) value(n *node) outcome {
	b := n.b
	switch b.Kind {
	case records.String:
		if p.peek() != '"' {
			return p.asString(n)
		}
		start := p.pos + 1
		if end, high := plain(p.data, start); !high && end < len(p.data) && p.data[end] == '"' {
			b.AppendSpan(p.data, start, end)
			p.pos = end + 1
			return fine
		}
		return p.stringColumn(n)
	case records.Int64:
		if v, ok := p.simpleInteger(); ok {
			b.Int64s = append(b.Int64s, v)
			b.Len++
			return fine
		}
		return p.integer(n)
	case records.Float64:
		if f, ok := p.simpleDouble(); ok {
			b.Float64s = append(b.Float64s, f)
			b.Len++
			return fine
		}
		return p.float(n)
	case records.Int8, records.Int16, records.Int32:
		return p.integer(n)
	case records.Float32:
		return p.float(n)
	case records.Struct:
		if p.peek() == '{' {
			return p.object(n)
		}
	case records.List:
		if p.peek() == '[' {
			return p.list(n)
		}
	case records.Map:
		if p.peek() == '{' {
			return p.entries(n)
		}
	case records.Bool:
		return p.boolean(n)
	case records.Decimal:
		return p.decimal(n)
	case records.Date, records.Timestamp, records.TimestampNTZ, records.Binary:
		return p.special(n)
	case records.Variant:
		return p.variantColumn(n)
	case records.Null:
	}
	return p.misfit(n)
}

// misfit passes over a value that is null, or not of the column's type.
func (p *parser) misfit(n *node) outcome {
	if p.expected("null") {
		n.b.AppendNull()
		return fine
	}
	if !p.skip() {
		return failed
	}
	if n.b.Kind == records.Null {
		n.b.AppendNull()
		return fine
	}
	return p.wrong(n)
}

// wrong adds a null for a value that its column cannot hold.
func (p *parser) wrong(n *node) outcome {
	n.b.AppendNull()
	if p.mismatch == "" && !p.rescues {
		p.mismatch = "a value does not fit the type " + types.SQL(n.b.Type)
	}
	return wrong
}

// asString takes any value as it is written.
func (p *parser) asString(n *node) outcome {
	if p.expected("null") {
		n.b.AppendNull()
		return fine
	}
	if p.isQuote(p.peek()) {
		return p.stringColumn(n)
	}
	start := p.pos
	if !p.skip() {
		return failed
	}
	n.b.AppendBytes(p.data[start:p.pos])
	return fine
}

func (p *parser) startsNumber() bool {
	c := p.peek()
	return c-'0' <= 9 || c == '-'
}

func (p *parser) integer(n *node) outcome {
	if !p.startsNumber() || p.atNonNumber() {
		return p.misfit(n)
	}
	token, integer, ok := p.number()
	if !ok {
		return failed
	}
	b := n.b
	if !integer {
		return p.wrong(n)
	}
	v, ok := parseInt(token, intBits[b.Kind])
	if !ok {
		return p.wrong(n)
	}
	switch b.Kind {
	case records.Int8:
		b.Int8s = append(b.Int8s, int8(v))
	case records.Int16:
		b.Int16s = append(b.Int16s, int16(v))
	case records.Int32:
		b.Int32s = append(b.Int32s, int32(v))
	default:
		b.Int64s = append(b.Int64s, v)
	}
	b.Len++
	return fine
}

var intBits = [...]int{records.Int8: 8, records.Int16: 16, records.Int32: 32, records.Int64: 64}

func (p *parser) float(n *node) outcome {
	f, ok := p.nonNumber()
	switch {
	case ok:
	case p.startsNumber():
		token, _, number := p.number()
		if !number {
			return failed
		}
		bits := 64
		if n.b.Kind == records.Float32 {
			bits = 32
		}
		if f, ok = parseFloat(token, bits); !ok {
			return p.wrong(n)
		}
	case p.isQuote(p.peek()):
		text, valid := p.text()
		if !valid {
			return failed
		}
		if f, ok = quotedNonNumbers[string(text)]; !ok || !p.NonNumericNumbers {
			return p.wrong(n)
		}
	default:
		return p.misfit(n)
	}
	if n.b.Kind == records.Float32 {
		n.b.Float32s = append(n.b.Float32s, float32(f))
	} else {
		n.b.Float64s = append(n.b.Float64s, f)
	}
	n.b.Len++
	return fine
}

var quotedNonNumbers = map[string]float64{
	"NaN": math.NaN(), "+INF": math.Inf(1), "+Infinity": math.Inf(1), "Infinity": math.Inf(1),
	"-INF": math.Inf(-1), "-Infinity": math.Inf(-1),
}

var bareNonNumbers = [...]struct {
	text  string
	value float64
}{
	{"NaN", math.NaN()},
	{"Infinity", math.Inf(1)},
	{"+Infinity", math.Inf(1)},
	{"-Infinity", math.Inf(-1)},
	{"INF", math.Inf(1)},
	{"+INF", math.Inf(1)},
	{"-INF", math.Inf(-1)},
}

// nonNumber reads NaN and the infinities, where they are allowed.
func (p *parser) nonNumber() (float64, bool) {
	if c := p.peek(); p.NonNumericNumbers && (c > '9' || c < '0') {
		for _, word := range bareNonNumbers {
			if p.expected(word.text) {
				return word.value, true
			}
		}
	}
	return 0, false
}

func (p *parser) atNonNumber() bool {
	at := p.pos
	_, ok := p.nonNumber()
	p.pos = at
	return ok
}

func (p *parser) boolean(n *node) outcome {
	v := p.expected("true")
	if !v && !p.expected("false") {
		return p.misfit(n)
	}
	n.b.Bools = append(n.b.Bools, v)
	n.b.Len++
	return fine
}

// decimal takes a number, also a quoted one, as Spark does.
func (p *parser) decimal(n *node) outcome {
	var token []byte
	var ok bool
	switch {
	case p.startsNumber() && !p.atNonNumber():
		token, _, ok = p.number()
	case p.isQuote(p.peek()):
		token, ok = p.text()
	default:
		return p.misfit(n)
	}
	if !ok {
		return failed
	}
	t := n.b.Type.(types.Decimal)
	v, ok := records.ParseDecimal(token, t.Precision, t.Scale)
	if !ok {
		return p.wrong(n)
	}
	n.b.Decimals = append(n.b.Decimals, v)
	n.b.Len++
	return fine
}

const maxSeconds = math.MaxInt64 / 1_000_000

// special takes the types that JSON writes as strings. A whole number is a timestamp too: seconds since the epoch.
func (p *parser) special(n *node) outcome {
	if n.b.Kind == records.Timestamp {
		if seconds, ok := p.simpleInteger(); ok {
			if seconds > maxSeconds || seconds < -maxSeconds {
				return p.wrong(n)
			}
			n.b.Int64s = append(n.b.Int64s, seconds*1_000_000)
			n.b.Len++
			return fine
		}
	}
	if !p.isQuote(p.peek()) {
		return p.misfit(n)
	}
	text, ok := p.text()
	if !ok {
		return failed
	}
	if !p.appendSpecial(n.b, text) {
		return p.wrong(n)
	}
	return fine
}

func (p *parser) appendSpecial(b *records.Builder, text []byte) bool {
	switch b.Kind {
	case records.Date:
		days, ok := p.formats.ParseDate(text)
		if !ok {
			return false
		}
		b.Int32s = append(b.Int32s, days)
	case records.Timestamp, records.TimestampNTZ:
		parse := p.formats.ParseTimestamp
		if b.Kind == records.TimestampNTZ {
			parse = p.formats.ParseTimestampNTZ
		}
		micros, ok := parse(text)
		if !ok {
			return false
		}
		b.Int64s = append(b.Int64s, micros)
	default: // binary
		before := len(b.Bytes)
		decoded, err := base64.StdEncoding.AppendDecode(b.Bytes, text)
		if err != nil {
			b.Bytes = b.Bytes[:before]
			return false
		}
		b.Bytes = decoded
		b.CloseBytes()
		return true
	}
	b.Len++
	return true
}
