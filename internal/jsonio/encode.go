package jsonio

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/datetime"
	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// EncodeOptions says how rows are written. The zero value is Spark's default.
type EncodeOptions struct {
	KeepNulls                     bool              // fields that are null are written, not left out
	SortKeys                      bool              // fields stand in the order of their names
	Date, Timestamp, TimestampNTZ *datetime.Pattern // nil: 2016-07-26, 2016-07-26T02:00:00.000Z, without the Z
	Zone                          *time.Location    // of timestamps; nil: UTC
}

// An Encoder writes rows as JSON objects, as to_json does. It is not safe for concurrent use.
type Encoder struct {
	schema types.Struct
	opts   EncodeOptions

	batch arrow.RecordBatch // what row writes
	row   ValueWriter
	err   error
}

// Err is why something could not be written: a malformed variant, in whose place stands null.
func (e *Encoder) Err() error { return e.err }

// NewEncoder makes an encoder for rows of the schema.
func NewEncoder(schema types.Struct, opts EncodeOptions) *Encoder {
	if opts.Date == nil {
		opts.Date = datetime.ISODate
	}
	if opts.Timestamp == nil {
		opts.Timestamp = datetime.ISOTimestamp
	}
	if opts.TimestampNTZ == nil {
		opts.TimestampNTZ = datetime.ISOTimestampNTZ
	}
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	return &Encoder{schema: schema, opts: opts}
}

// A ValueWriter appends row i of the column it was made for.
type ValueWriter func(dst []byte, i int) []byte

// AppendRow appends row i of a batch as an object, without a line end.
func (e *Encoder) AppendRow(dst []byte, b arrow.RecordBatch, i int) []byte {
	if e.batch != b {
		e.batch, e.row = b, e.fields(e.schema, b.Columns())
	}
	return e.row(dst, i)
}

// AppendRows appends each row of the batch, and a line end.
func (e *Encoder) AppendRows(dst []byte, b arrow.RecordBatch) []byte {
	for i := range int(b.NumRows()) {
		dst = append(e.AppendRow(dst, b, i), '\n')
	}
	return dst
}

// Column gives the writer of a column of any type; a null is written as null.
func (e *Encoder) Column(t types.Type, column arrow.Array) ValueWriter {
	write := e.value(t, column)
	if column.NullN() == 0 {
		return write
	}
	return func(dst []byte, i int) []byte {
		if column.IsNull(i) {
			return append(dst, "null"...)
		}
		return write(dst, i)
	}
}

func (e *Encoder) fields(t types.Struct, columns []arrow.Array) ValueWriter {
	type member struct {
		key    string
		column arrow.Array
		write  ValueWriter
	}
	members := make([]member, len(columns))
	for i, f := range t.Fields {
		members[i] = member{string(appendString(nil, f.Name)) + ":", columns[i], e.Column(f.Type, columns[i])}
	}
	if e.opts.SortKeys {
		slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	}
	keepNulls := e.opts.KeepNulls
	return func(dst []byte, i int) []byte {
		dst = append(dst, '{')
		for _, m := range members {
			if !keepNulls && (m.column.IsNull(i) || m.column.DataType().ID() == arrow.NULL) {
				continue
			}
			dst = append(dst, m.key...)
			dst = append(m.write(dst, i), ',')
		}
		return closeWith(dst, '{', '}')
	}
}

// closeWith replaces the comma behind the last member by the closing bracket.
func closeWith(dst []byte, opening, closing byte) []byte {
	if dst[len(dst)-1] == opening {
		return append(dst, closing)
	}
	dst[len(dst)-1] = closing
	return dst
}

// value gives the writer of a column's rows that are not null.
func (e *Encoder) value(t types.Type, column arrow.Array) ValueWriter {
	switch c := column.(type) {
	case *array.Null:
		return func(dst []byte, _ int) []byte { return append(dst, "null"...) }
	case *array.Boolean:
		return func(dst []byte, i int) []byte { return strconv.AppendBool(dst, c.Value(i)) }
	case *array.Int8:
		return integers(c.Int8Values())
	case *array.Int16:
		return integers(c.Int16Values())
	case *array.Int32:
		return integers(c.Int32Values())
	case *array.Int64:
		return integers(c.Int64Values())
	case *array.Float32:
		return func(dst []byte, i int) []byte { return appendFloat(dst, float64(c.Value(i)), 32) }
	case *array.Float64:
		return func(dst []byte, i int) []byte { return appendFloat(dst, c.Value(i), 64) }
	case *array.Decimal128:
		scale := t.(types.Decimal).Scale
		return func(dst []byte, i int) []byte { return appendDecimal(dst, c.Value(i), scale) }
	case *array.String:
		return func(dst []byte, i int) []byte { return appendString(dst, c.Value(i)) }
	case *array.Binary:
		return func(dst []byte, i int) []byte {
			return append(base64.StdEncoding.AppendEncode(append(dst, '"'), c.Value(i)), '"')
		}
	case *array.Date32:
		return func(dst []byte, i int) []byte {
			return append(e.opts.Date.AppendDate(append(dst, '"'), int32(c.Value(i))), '"')
		}
	case *array.Timestamp:
		return e.timestamps(t, c)
	case *array.Duration:
		return e.intervals(t.(types.Interval), func(i int) int64 { return int64(c.Value(i)) })
	case *array.MonthInterval:
		return e.intervals(t.(types.Interval), func(i int) int64 { return int64(c.Value(i)) })
	case *array.MonthDayNanoInterval:
		return calendarIntervals(c)
	case *array.Map:
		return e.maps(t.(types.Map), c)
	case *array.List:
		return e.lists(t.(types.Array), c)
	case *array.Struct:
		if t == types.Type(types.Variant) {
			return e.variants(c)
		}
		columns := make([]arrow.Array, c.NumField())
		for i := range columns {
			columns[i] = c.Field(i)
		}
		return e.fields(t.(types.Struct), columns)
	default:
		panic("internal error: no column of Spark's types is " + column.DataType().String())
	}
}

// variants writes variants as they are.
func (e *Encoder) variants(c *array.Struct) ValueWriter {
	metadata, value := c.Field(types.VariantMetadata).(*array.Binary), c.Field(types.VariantValue).(*array.Binary)
	clock := datetime.NewClock(e.opts.Zone)
	return func(dst []byte, i int) []byte {
		out, err := variant.New(metadata.Value(i), value.Value(i)).AppendJSON(dst, clock)
		if err != nil {
			e.err = cmp.Or(e.err, err)
			return append(dst, "null"...)
		}
		return out
	}
}

func integers[T int8 | int16 | int32 | int64](values []T) ValueWriter {
	return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(values[i]), 10) }
}

func (e *Encoder) timestamps(t types.Type, c *array.Timestamp) ValueWriter {
	if t == types.Type(types.TimestampNTZ) {
		return func(dst []byte, i int) []byte {
			return append(e.opts.TimestampNTZ.AppendTimestampNTZ(append(dst, '"'), int64(c.Value(i))), '"')
		}
	}
	clock := datetime.NewClock(e.opts.Zone)
	return func(dst []byte, i int) []byte {
		return append(e.opts.Timestamp.Append(append(dst, '"'), int64(c.Value(i)), clock), '"')
	}
}

func (e *Encoder) lists(t types.Array, c *array.List) ValueWriter {
	element := e.Column(t.Element, c.ListValues())
	return func(dst []byte, i int) []byte {
		from, to := c.ValueOffsets(i)
		dst = append(dst, '[')
		for j := from; j < to; j++ {
			dst = append(element(dst, int(j)), ',')
		}
		return closeWith(dst, '[', ']')
	}
}

// maps writes objects. A key that is no string is written as its JSON in quotes.
func (e *Encoder) maps(t types.Map, c *array.Map) ValueWriter {
	key, value := e.value(t.Key, c.Keys()), e.Column(t.Value, c.Items())
	var scratch []byte
	return func(dst []byte, i int) []byte {
		from, to := c.ValueOffsets(i)
		dst = append(dst, '{')
		for j := int(from); j < int(to); j++ {
			if scratch = key(scratch[:0], j); scratch[0] == '"' {
				dst = append(dst, scratch...)
			} else {
				dst = appendString(dst, string(scratch))
			}
			dst = append(dst, ':')
			dst = append(value(dst, j), ',')
		}
		return closeWith(dst, '{', '}')
	}
}

func (e *Encoder) intervals(t types.Interval, at func(int) int64) ValueWriter {
	return func(dst []byte, i int) []byte { return appendString(dst, types.FormatInterval(at(i), t)) }
}
