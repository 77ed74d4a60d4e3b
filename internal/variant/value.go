package variant

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/errclass"
)

// A Kind is the type of one value.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Boolean
	Long // of one, two, four or eight bytes
	Double
	Decimal
	Date
	Timestamp
	TimestampNTZ
	Float
	Binary
	String
	UUID
	Object
	Array
)

// MaxDepth is how deep arrays and objects may be nested, as in Jackson.
const MaxDepth = 1000

// The first byte of a value: two bits say what sort of value it is, six more say more.
const (
	basicPrimitive   = 0
	basicShortString = 1
	basicObject      = 2
	basicArray       = 3
)

// The primitive values.
const (
	primitiveNull         = 0
	primitiveTrue         = 1
	primitiveFalse        = 2
	primitiveInt8         = 3
	primitiveInt16        = 4
	primitiveInt32        = 5
	primitiveInt64        = 6
	primitiveDouble       = 7
	primitiveDecimal4     = 8
	primitiveDecimal8     = 9
	primitiveDecimal16    = 10
	primitiveDate         = 11
	primitiveTimestamp    = 12
	primitiveTimestampNTZ = 13
	primitiveFloat        = 14
	primitiveBinary       = 15
	primitiveString       = 16
	primitiveUUID         = 20
)

// primitiveKinds are the kinds of the primitive values; -1: there is none of that number.
var primitiveKinds = [...]int8{
	int8(Null), int8(Boolean), int8(Boolean), int8(Long), int8(Long), int8(Long), int8(Long), int8(Double),
	int8(Decimal), int8(Decimal), int8(Decimal), int8(Date), int8(Timestamp), int8(TimestampNTZ), int8(Float),
	int8(Binary), int8(String), -1, -1, -1, int8(UUID),
}

// primitiveSizes are the bytes behind the first one; of binaries and strings those of their length.
var primitiveSizes = [...]int{0, 0, 0, 1, 2, 4, 8, 8, 5, 9, 17, 4, 8, 8, 4, 4, 4, 0, 0, 0, 16}

// A Value is a variant, or a value within one. It shares the bytes that it was made of.
type Value struct {
	metadata []byte
	data     []byte // begins with the value; what follows it belongs to others
}

// New is the variant of a metadata and a value. Nothing is checked before it is read.
func New(metadata, value []byte) Value { return Value{metadata, value} }

func malformed() error {
	return errclass.MalformedVariant.New("Variant binary is malformed. Please check the data source is valid.")
}

// Kind is the value's type.
func (v Value) Kind() (Kind, error) {
	if len(v.data) == 0 {
		return 0, malformed()
	}
	switch v.data[0] & 3 {
	case basicShortString:
		return String, nil
	case basicObject:
		return Object, nil
	case basicArray:
		return Array, nil
	}
	p := int(v.data[0] >> 2)
	if p >= len(primitiveKinds) || primitiveKinds[p] < 0 {
		return 0, errclass.UnknownPrimitiveInVariant.New("Unknown primitive type with id %d was found in a variant value.", p)
	}
	return Kind(primitiveKinds[p]), nil
}

// primitive gives the number of a primitive value, and the bytes behind the first.
func (v Value) primitive() (p int, body []byte, err error) {
	if len(v.data) == 0 || v.data[0]&3 != basicPrimitive {
		return 0, nil, malformed()
	}
	p = int(v.data[0] >> 2)
	if p >= len(primitiveSizes) || len(v.data) < 1+primitiveSizes[p] {
		return 0, nil, malformed()
	}
	return p, v.data[1:], nil
}

// Bool is a [Boolean]'s value.
func (v Value) Bool() (bool, error) {
	p, _, err := v.primitive()
	if err == nil && p != primitiveTrue && p != primitiveFalse {
		err = malformed()
	}
	return p == primitiveTrue, err
}

// Int is the value of a [Long], the days of a [Date], the microseconds of a [Timestamp] or [TimestampNTZ].
func (v Value) Int() (int64, error) {
	p, body, err := v.primitive()
	if err != nil {
		return 0, err
	}
	switch p {
	case primitiveInt8:
		return int64(int8(body[0])), nil
	case primitiveInt16:
		return int64(int16(binary.LittleEndian.Uint16(body))), nil
	case primitiveInt32, primitiveDate:
		return int64(int32(binary.LittleEndian.Uint32(body))), nil
	case primitiveInt64, primitiveTimestamp, primitiveTimestampNTZ:
		return int64(binary.LittleEndian.Uint64(body)), nil
	}
	return 0, malformed()
}

// Float is the value of a [Double] or a [Float].
func (v Value) Float() (float64, error) {
	p, body, err := v.primitive()
	switch {
	case err != nil:
		return 0, err
	case p == primitiveDouble:
		return math.Float64frombits(binary.LittleEndian.Uint64(body)), nil
	case p == primitiveFloat:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(body))), nil
	}
	return 0, malformed()
}

// Decimal is a [Decimal]'s value without zeros at the end of its fraction: digits and scale. A scale below zero stands for
// zeros before the point, as BigDecimal.stripTrailingZeros leaves them.
func (v Value) Decimal() (digits decimal128.Num, scale int, err error) {
	if digits, scale, err = v.decimal(); err != nil {
		return digits, 0, err
	}
	digits, scale = strip(digits, scale)
	return digits, scale, nil
}

func (v Value) decimal() (digits decimal128.Num, scale int, err error) {
	p, body, err := v.primitive()
	if err != nil {
		return digits, 0, err
	}
	most := 0
	switch p {
	case primitiveDecimal4:
		digits, most = decimal128.FromI64(int64(int32(binary.LittleEndian.Uint32(body[1:])))), 9
	case primitiveDecimal8:
		digits, most = decimal128.FromI64(int64(binary.LittleEndian.Uint64(body[1:]))), 18
	case primitiveDecimal16:
		digits, most = decimal128.New(int64(binary.LittleEndian.Uint64(body[9:])), binary.LittleEndian.Uint64(body[1:])), 38
	}
	if scale = int(body[0]); most == 0 || scale > most || !digits.FitsInPrecision(int32(most)) {
		return digits, 0, malformed()
	}
	return digits, scale, nil
}

// strip takes zeros from the end of a number.
func strip(digits decimal128.Num, scale int) (decimal128.Num, int) {
	if digits == (decimal128.Num{}) {
		return digits, 0
	}
	ten := decimal128.FromI64(10)
	for {
		if less, rest := digits.Div(ten); rest == (decimal128.Num{}) {
			digits, scale = less, scale-1
			continue
		}
		return digits, scale
	}
}

// Bytes are those of a [String], a [Binary] or a [UUID].
func (v Value) Bytes() ([]byte, error) {
	if len(v.data) > 0 && v.data[0]&3 == basicShortString {
		return v.part(1, int(v.data[0]>>2))
	}
	p, body, err := v.primitive()
	switch {
	case err != nil:
		return nil, err
	case p == primitiveBinary || p == primitiveString:
		return v.part(5, int(binary.LittleEndian.Uint32(body)))
	case p == primitiveUUID:
		return v.part(1, 16)
	}
	return nil, malformed()
}

func (v Value) part(from, size int) ([]byte, error) {
	if size < 0 || size > len(v.data)-from {
		return nil, malformed()
	}
	return v.data[from : from+size], nil
}

// size is how many bytes the value takes.
func (v Value) size() (int, error) {
	if len(v.data) == 0 {
		return 0, malformed()
	}
	switch v.data[0] & 3 {
	case basicObject, basicArray:
		c, err := v.container()
		if err != nil {
			return 0, err
		}
		end, err := c.offset(c.n)
		return len(v.data) - len(c.data) + end, err
	case basicShortString:
		return 1 + int(v.data[0]>>2), nil
	}
	p, body, err := v.primitive()
	if err != nil {
		return 0, err
	}
	if p == primitiveBinary || p == primitiveString {
		return 5 + int(binary.LittleEndian.Uint32(body)), nil
	}
	return 1 + primitiveSizes[p], nil
}

// Raw is the value's metadata, and its bytes alone.
func (v Value) Raw() (metadata, value []byte, err error) {
	size, err := v.size()
	if err == nil && size > len(v.data) {
		err = malformed()
	}
	if err != nil {
		return nil, nil, err
	}
	return v.metadata, v.data[:size], nil
}

// unsigned reads a little-endian number of at most four bytes.
func unsigned(b []byte) int {
	n := 0
	for i, v := range b {
		n |= int(v) << (8 * i)
	}
	return n
}

// key is the key of that number in the dictionary.
func key(metadata []byte, id int) ([]byte, error) {
	if len(metadata) == 0 {
		return nil, malformed()
	}
	width := int(metadata[0]>>6) + 1
	if len(metadata) < 1+width {
		return nil, malformed()
	}
	n := unsigned(metadata[1 : 1+width])
	first := 1 + (n+2)*width // of the keys' bytes
	if id >= n || first > len(metadata) {
		return nil, malformed()
	}
	at := 1 + (id+1)*width
	from, to := unsigned(metadata[at:at+width]), unsigned(metadata[at+width:at+2*width])
	if from > to || to > len(metadata)-first {
		return nil, malformed()
	}
	return metadata[first+from : first+to], nil
}
