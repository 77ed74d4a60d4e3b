package variant

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
)

// MaxBytes is the most that a variant's metadata, or its value, may take.
const MaxBytes = 128 << 20

// A Builder makes variants, one after the other: Reset, then the calls that describe one value, then Metadata and Data.
// An object is StartObject, for each field Key and its value, and EndObject. It is not safe for concurrent use.
type Builder struct {
	data []byte

	keys    map[string]*keyEntry // of this variant and those before
	round   int                  // which variant this is
	names   []byte               // of the keys of this variant, in order of their numbers
	ends    []int                // of each in names
	members []member             // of the objects and arrays that are open

	metadata []byte
}

// A keyEntry is a key that has been seen.
type keyEntry struct {
	name  string
	round int // the variant that id is of
	id    int
}

// A member is a field of an open object, or an element of an open array.
type member struct {
	key *keyEntry // nil: an element
	id  int
	at  int // offset
}

// An Open is an object or an array that has been started and not ended.
type Open struct{ start, first int }

// maxKeys is how many keys are remembered from one variant to the next.
const maxKeys = 4096

// Reset begins a new variant.
func (b *Builder) Reset() {
	if b.keys == nil || len(b.keys) > maxKeys {
		b.keys = map[string]*keyEntry{}
	}
	b.round++
	b.data, b.names, b.ends, b.members = b.data[:0], b.names[:0], b.ends[:0], b.members[:0]
}

// Data is the value that has been built, valid until the next call. Too large a variant is an error, which does not say
// what was being built.
func (b *Builder) Data() []byte { return b.data }

// Metadata is the dictionary of the value that has been built, valid until the next call.
func (b *Builder) Metadata() []byte {
	n, size := len(b.ends), len(b.names)
	width := widthOf(max(size, n))
	out := append(b.metadata[:0], byte(1|(width-1)<<6))
	out = appendUnsigned(out, n, width)
	out = appendUnsigned(out, 0, width)
	for _, end := range b.ends {
		out = appendUnsigned(out, end, width)
	}
	b.metadata = append(out, b.names...)
	return b.metadata
}

// TooLarge tells that what has been built may not be a variant.
func (b *Builder) TooLarge() bool {
	return len(b.data) > MaxBytes || len(b.names)+5*len(b.ends) > MaxBytes
}

// widthOf is how many bytes a number of at most n takes.
func widthOf(n int) int {
	switch {
	case n < 1<<8:
		return 1
	case n < 1<<16:
		return 2
	case n < 1<<24:
		return 3
	}
	return 4
}

func appendUnsigned(dst []byte, n, width int) []byte {
	for range width {
		dst = append(dst, byte(n))
		n >>= 8
	}
	return dst
}

func primitiveHeader(p byte) byte { return p<<2 | basicPrimitive }

// Null adds a null.
func (b *Builder) Null() { b.data = append(b.data, primitiveHeader(primitiveNull)) }

// Bool adds a boolean.
func (b *Builder) Bool(v bool) {
	if v {
		b.data = append(b.data, primitiveHeader(primitiveTrue))
	} else {
		b.data = append(b.data, primitiveHeader(primitiveFalse))
	}
}

// Long adds a whole number, in as few bytes as it takes.
func (b *Builder) Long(v int64) {
	switch {
	case v == int64(int8(v)):
		b.data = append(b.data, primitiveHeader(primitiveInt8), byte(v))
	case v == int64(int16(v)):
		b.data = binary.LittleEndian.AppendUint16(append(b.data, primitiveHeader(primitiveInt16)), uint16(v))
	case v == int64(int32(v)):
		b.data = binary.LittleEndian.AppendUint32(append(b.data, primitiveHeader(primitiveInt32)), uint32(v))
	default:
		b.data = binary.LittleEndian.AppendUint64(append(b.data, primitiveHeader(primitiveInt64)), uint64(v))
	}
}

// Double adds a double.
func (b *Builder) Double(v float64) {
	if math.IsNaN(v) {
		v = math.Float64frombits(0x7FF8 << 48) // Java's
	}
	b.data = binary.LittleEndian.AppendUint64(append(b.data, primitiveHeader(primitiveDouble)), math.Float64bits(v))
}

// Float adds a float.
func (b *Builder) Float(v float32) {
	if math.IsNaN(float64(v)) {
		v = math.Float32frombits(0x7FC0 << 16)
	}
	b.data = binary.LittleEndian.AppendUint32(append(b.data, primitiveHeader(primitiveFloat)), math.Float32bits(v))
}

// Decimal adds a decimal of at most 38 digits, whose scale is from 0 to 38.
func (b *Builder) Decimal(digits decimal128.Num, scale int) {
	switch {
	case scale <= 9 && digits.FitsInPrecision(9):
		b.data = append(b.data, primitiveHeader(primitiveDecimal4), byte(scale))
		b.data = binary.LittleEndian.AppendUint32(b.data, uint32(digits.LowBits()))
	case scale <= 18 && digits.FitsInPrecision(18):
		b.data = append(b.data, primitiveHeader(primitiveDecimal8), byte(scale))
		b.data = binary.LittleEndian.AppendUint64(b.data, digits.LowBits())
	default:
		b.data = append(b.data, primitiveHeader(primitiveDecimal16), byte(scale))
		b.data = binary.LittleEndian.AppendUint64(b.data, digits.LowBits())
		b.data = binary.LittleEndian.AppendUint64(b.data, uint64(digits.HighBits()))
	}
}

// Date adds a date: days since the epoch.
func (b *Builder) Date(days int32) {
	b.data = binary.LittleEndian.AppendUint32(append(b.data, primitiveHeader(primitiveDate)), uint32(days))
}

// Timestamp adds an instant: microseconds since the epoch.
func (b *Builder) Timestamp(micros int64) { b.time(primitiveTimestamp, micros) }

// TimestampNTZ adds a wall-clock time without a zone, in microseconds.
func (b *Builder) TimestampNTZ(micros int64) { b.time(primitiveTimestampNTZ, micros) }

func (b *Builder) time(p byte, micros int64) {
	b.data = binary.LittleEndian.AppendUint64(append(b.data, primitiveHeader(p)), uint64(micros))
}

// maxShortString is the longest string whose length stands in its first byte.
const maxShortString = 63

// String adds a string.
func (b *Builder) String(text []byte) {
	if len(text) <= maxShortString {
		b.data = append(b.data, byte(len(text))<<2|basicShortString)
		b.data = append(b.data, text...)
		return
	}
	b.bytes(primitiveString, text)
}

// Binary adds a binary.
func (b *Builder) Binary(raw []byte) { b.bytes(primitiveBinary, raw) }

func (b *Builder) bytes(p byte, raw []byte) {
	b.data = binary.LittleEndian.AppendUint32(append(b.data, primitiveHeader(p)), uint32(len(raw)))
	b.data = append(b.data, raw...)
}

// UUID adds a UUID of 16 bytes.
func (b *Builder) UUID(raw []byte) {
	b.data = append(append(b.data, primitiveHeader(primitiveUUID)), raw...)
}

// Start begins an object or an array.
func (b *Builder) Start() Open { return Open{len(b.data), len(b.members)} }

// Key begins a field of the object, whose value comes next.
func (b *Builder) Key(o Open, name []byte) {
	k, ok := b.keys[string(name)]
	if !ok {
		k = &keyEntry{name: string(name)}
		b.keys[k.name] = k
	}
	if k.round != b.round {
		k.round, k.id = b.round, len(b.ends)
		b.names = append(b.names, name...)
		b.ends = append(b.ends, len(b.names))
	}
	b.members = append(b.members, member{k, k.id, len(b.data) - o.start})
}

// Element begins an element of the array, whose value comes next.
func (b *Builder) Element(o Open) {
	b.members = append(b.members, member{at: len(b.data) - o.start})
}

// EndObject ends an object. Two fields of one key are an error.
func (b *Builder) EndObject(o Open) error {
	fields := b.members[o.first:]
	most := 0
	sorted := true
	for i, f := range fields {
		most = max(most, f.id)
		sorted = sorted && (i == 0 || compareKeys(fields[i-1].key.name, f.key.name) < 0)
	}
	if !sorted {
		slices.SortStableFunc(fields, func(a, b member) int { return compareKeys(a.key.name, b.key.name) })
		for i := 1; i < len(fields); i++ {
			if fields[i].key == fields[i-1].key {
				b.members = b.members[:o.first]
				return DuplicateKey(fields[i].key.name)
			}
		}
	}
	b.end(o, basicObject, widthOf(most))
	return nil
}

// DuplicateKey is the error for two fields of one key.
func DuplicateKey(name string) error {
	return errclass.VariantDuplicateKey.New("Failed to build variant because of a duplicate object key `%s`.", name)
}

// TooLarge is the error for a variant that takes more than [MaxBytes].
func TooLarge(function string) error {
	return errclass.VariantSizeLimit.New("Cannot build variant bigger than 128.0 MiB in `%s`.", function).
		WithHint("Please avoid large input strings to this expression (for example, add function calls(s) to check the expression size and convert it to NULL first if it is too big).")
}

// EndArray ends an array.
func (b *Builder) EndArray(o Open) { b.end(o, basicArray, 0) }

// end puts the header before the values: it depends on how many they are and on their size.
func (b *Builder) end(o Open, basic byte, idWidth int) {
	members := b.members[o.first:]
	n, size := len(members), len(b.data)-o.start
	width, countWidth, large := widthOf(size), 1, byte(0)
	if n > math.MaxUint8 {
		countWidth, large = 4, 1
	}
	header := 1 + countWidth + n*idWidth + (n+1)*width
	b.data = slices.Grow(b.data, header)[:len(b.data)+header]
	copy(b.data[o.start+header:], b.data[o.start:o.start+size])

	first := byte(width-1)<<2 | large<<4 | basic
	if basic == basicObject {
		first = byte(width-1)<<2 | byte(idWidth-1)<<4 | large<<6 | basic
	}
	out := appendUnsigned(append(b.data[:o.start], first), n, countWidth)
	if basic == basicObject {
		for _, m := range members {
			out = appendUnsigned(out, m.id, idWidth)
		}
	}
	for _, m := range members {
		out = appendUnsigned(out, m.at, width)
	}
	appendUnsigned(out, size, width)
	b.members = b.members[:o.first]
}

// Value adds a copy of another variant, whose keys become keys of this one.
func (b *Builder) Value(v Value) error { return b.value(v, newWalk(v)) }

func (b *Builder) value(v Value, w *walk) error {
	if err := w.enter(); err != nil {
		return err
	}
	defer w.leave()
	kind, err := v.Kind()
	if err != nil {
		return err
	}
	if kind != Object && kind != Array {
		_, raw, err := v.Raw()
		b.data = append(b.data, raw...)
		return err
	}
	c, err := v.container()
	if err != nil {
		return err
	}
	o := b.Start()
	for i := range c.n {
		if kind == Array {
			b.Element(o)
		} else {
			name, err := c.Key(i)
			if err != nil {
				return err
			}
			b.Key(o, name)
		}
		member, err := c.At(i)
		if err == nil {
			err = b.value(member, w)
		}
		if err != nil {
			return err
		}
	}
	if kind == Array {
		b.EndArray(o)
		return nil
	}
	return b.EndObject(o)
}

// A walk through all values of a variant counts them.
type walk struct{ left, depth int }

func newWalk(v Value) *walk { return &walk{left: len(v.data)} }

// enter comes to a value. There cannot be more of them than bytes, unless they overlap.
func (w *walk) enter() error {
	w.left--
	w.depth++
	if w.left < 0 || w.depth > MaxDepth+1 {
		return malformed()
	}
	return nil
}

func (w *walk) leave() { w.depth-- }
