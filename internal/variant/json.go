package variant

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/datetime"
	"lakehouse/internal/records"
)

// AppendJSON appends the variant as JSON, timestamps in a zone, as to_json and CAST(v AS STRING) have it. What JSON has no
// type for stands as text in quotes.
func (v Value) AppendJSON(dst []byte, clock *datetime.Clock) ([]byte, error) {
	p := printer{clock, newWalk(v)}
	return p.value(dst, v)
}

// JSON is AppendJSON for one value.
func (v Value) JSON(zone *time.Location) (string, error) {
	text, err := v.AppendJSON(nil, datetime.NewClock(zone))
	return string(text), err
}

type printer struct {
	clock *datetime.Clock
	walk  *walk
}

func (p printer) value(dst []byte, v Value) ([]byte, error) {
	if err := p.walk.enter(); err != nil {
		return dst, err
	}
	defer p.walk.leave()
	kind, err := v.Kind()
	if err != nil {
		return dst, err
	}
	switch kind {
	case Object:
		return p.object(dst, v)
	case Array:
		return p.array(dst, v)
	default:
		return p.scalar(dst, v, kind)
	}
}

func (p printer) object(dst []byte, v Value) ([]byte, error) {
	c, err := v.container()
	if err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	for i := range c.n {
		if i > 0 {
			dst = append(dst, ',')
		}
		name, err := c.Key(i)
		if err != nil {
			return dst, err
		}
		dst = append(records.AppendJSON(dst, records.Text(name)), ':')
		if dst, err = p.member(dst, &c, i); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func (p printer) array(dst []byte, v Value) ([]byte, error) {
	c, err := v.container()
	if err != nil {
		return dst, err
	}
	dst = append(dst, '[')
	for i := range c.n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = p.member(dst, &c, i); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func (p printer) member(dst []byte, c *Container, i int) ([]byte, error) {
	v, err := c.At(i)
	if err != nil {
		return dst, err
	}
	return p.value(dst, v)
}

func (p printer) scalar(dst []byte, v Value, kind Kind) ([]byte, error) {
	switch kind {
	case Null:
		return append(dst, "null"...), nil
	case Boolean:
		is, err := v.Bool()
		return strconv.AppendBool(dst, is), err
	case Double, Float:
		bits := 64
		if kind == Float {
			bits = 32
		}
		f, err := v.Float()
		return records.AppendJSONFloat(dst, f, bits), err
	case Decimal:
		digits, scale, err := v.Decimal()
		return appendPlain(dst, digits, scale), err
	case String, Binary, UUID:
		raw, err := v.Bytes()
		if err != nil {
			return dst, err
		}
		return appendBytes(dst, raw, kind), nil
	default: // whole numbers, and times, which are such
	}
	n, err := v.Int()
	switch kind {
	case Date:
		dst = append(appendDate(append(dst, '"'), n), '"')
	case Timestamp:
		dst = append(p.appendTimestamp(append(dst, '"'), n), '"')
	case TimestampNTZ:
		dst = append(appendTime(append(dst, '"'), n), '"')
	default:
		dst = strconv.AppendInt(dst, n, 10)
	}
	return dst, err
}

func appendBytes(dst, raw []byte, kind Kind) []byte {
	switch kind {
	case Binary:
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), raw), '"')
	case UUID:
		return append(AppendUUID(append(dst, '"'), raw), '"')
	default:
		return records.AppendJSON(dst, records.Text(raw))
	}
}

// AppendUUID writes 16 bytes as a UUID stands in text.
func AppendUUID(dst, raw []byte) []byte {
	const hex = "0123456789abcdef"
	for i, b := range raw {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hex[b>>4], hex[b&15])
	}
	return dst
}

// appendPlain writes a decimal without an exponent.
func appendPlain(dst []byte, digits decimal128.Num, scale int) []byte {
	if digits.Sign() < 0 {
		dst, digits = append(dst, '-'), digits.Negate()
	}
	var text string
	if digits.HighBits() == 0 {
		text = strconv.FormatUint(digits.LowBits(), 10)
	} else {
		text = digits.BigInt().String()
	}
	if scale <= 0 {
		dst = append(dst, text...)
		return append(dst, strings.Repeat("0", -scale)...)
	}
	if len(text) <= scale {
		text = strings.Repeat("0", scale-len(text)+1) + text
	}
	point := len(text) - scale
	return append(append(append(dst, text[:point]...), '.'), text[point:]...)
}

func appendDate(dst []byte, day int64) []byte {
	year, month, dom := datetime.Civil(day)
	if year > 9999 {
		dst = append(dst, '+')
	}
	dst = append(datetime.AppendPadded(dst, year, 4), '-')
	dst = append(datetime.AppendPadded(dst, int64(month), 2), '-')
	return datetime.AppendPadded(dst, int64(dom), 2)
}

// appendTime writes a wall-clock time, without trailing zeros in the fraction.
func appendTime(dst []byte, local int64) []byte {
	day, micros := datetime.Split(local)
	dst = append(appendDate(dst, day), ' ')
	dst = append(datetime.AppendPadded(dst, micros/3_600_000_000, 2), ':')
	dst = append(datetime.AppendPadded(dst, micros/60_000_000%60, 2), ':')
	dst = datetime.AppendPadded(dst, micros/1_000_000%60, 2)
	if micros %= 1_000_000; micros == 0 {
		return dst
	}
	dst = datetime.AppendPadded(append(dst, '.'), micros, 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendTimestamp writes an instant with the offset of its zone.
func (p printer) appendTimestamp(dst []byte, micros int64) []byte {
	offset := p.clock.OffsetAt(datetime.FloorDiv(micros, datetime.MicrosPerSecond))
	if shift := offset * datetime.MicrosPerSecond; micros < math.MaxInt64-max(shift, 0) && micros > math.MinInt64-min(shift, 0) {
		micros += shift
	}
	dst = appendTime(dst, micros)
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = datetime.AppendPadded(append(dst, sign), offset/3600, 2)
	dst = datetime.AppendPadded(append(dst, ':'), offset/60%60, 2)
	if offset%60 != 0 {
		dst = datetime.AppendPadded(append(dst, ':'), offset%60, 2)
	}
	return dst
}
