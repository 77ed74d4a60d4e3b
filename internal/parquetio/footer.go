package parquetio

import (
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// A footer is the part of FileMetaData that readers need.
type footer struct {
	elements  []element
	rows      int64
	groups    []rowGroup
	keyValues map[string]string
	createdBy string
	ordered   int // the number of column orders; bounds without one mean nothing
	encrypted bool
}

// An element is a node of the schema, in depth-first order.
type element struct {
	name       string
	physical   format.Type
	isLeaf     bool
	typeLength int32
	repetition format.FieldRepetitionType
	children   int32
	converted  deprecated.ConvertedType // -1: none
	scale      int32
	precision  int32
	fieldID    int32 // -1: none
	logical    logical
}

// A logical is the annotation of an element, 0 in kind where there is none.
type logical struct {
	kind      int16 // the field of the LogicalType union
	instant   bool  // of a timestamp: isAdjustedToUTC
	unit      int16 // of a timestamp: 1 milliseconds, 2 microseconds, 3 nanoseconds
	bits      int8  // of an integer
	signed    bool  // of an integer
	scale     int32 // of a decimal
	precision int32 // of a decimal
}

// The fields of the LogicalType union.
const (
	logicalString    = 1
	logicalMap       = 2
	logicalList      = 3
	logicalEnum      = 4
	logicalDecimal   = 5
	logicalDate      = 6
	logicalTime      = 7
	logicalTimestamp = 8
	logicalInteger   = 10
	logicalUnknown   = 11
	logicalJSON      = 12
	logicalBSON      = 13
	logicalUUID      = 14
	logicalFloat16   = 15
	logicalVariant   = 16
)

// The fields of the TimeUnit union.
const (
	unitMillis = 1
	unitMicros = 2
	unitNanos  = 3
)

type rowGroup struct {
	chunks []columnChunk
	rows   int64
}

type columnChunk struct {
	elsewhere        bool // the data is in another file, or encrypted
	physical         format.Type
	codec            format.CompressionCodec
	values           int64
	uncompressedSize int64
	size             int64
	dataOffset       int64
	dictionaryOffset int64
	bounds           chunkBounds
}

// chunkBounds are the statistics of a chunk.
type chunkBounds struct {
	min, max       []byte // nil: unknown
	oldMin, oldMax []byte // the deprecated fields, compared as signed bytes by some writers
	nulls          int64  // -1: unknown
}

func decodeFooter(data []byte) (footer, error) {
	r := &thriftReader{data: data}
	f := footer{keyValues: map[string]string{}}
	r.fields(func(at thriftField) {
		switch at.id {
		case 2:
			r.list(at, thriftStruct, func() { f.elements = append(f.elements, r.element()) })
		case 3:
			f.rows = r.integerOf(at)
		case 4:
			r.list(at, thriftStruct, func() { f.groups = append(f.groups, r.rowGroup()) })
		case 5:
			r.list(at, thriftStruct, func() { r.keyValue(f.keyValues) })
		case 6:
			f.createdBy = string(r.bytesOf(at))
		case 7:
			r.list(at, thriftStruct, func() { f.ordered++; r.skip(thriftStruct, 0) })
		case 8:
			f.encrypted = true
			r.skip(at.kind, 0)
		default:
			r.skip(at.kind, 0)
		}
	})
	return f, r.err
}

func (r *thriftReader) element() element {
	e := element{converted: -1, fieldID: -1}
	r.fields(func(f thriftField) {
		switch f.id {
		case 1:
			e.physical, e.isLeaf = format.Type(r.int32Of(f)), true
		case 2:
			e.typeLength = r.int32Of(f)
		case 3:
			e.repetition = format.FieldRepetitionType(r.int32Of(f))
		case 4:
			e.name = string(r.bytesOf(f))
		case 5:
			e.children = r.int32Of(f)
		case 6:
			e.converted = deprecated.ConvertedType(r.int32Of(f))
		case 7:
			e.scale = r.int32Of(f)
		case 8:
			e.precision = r.int32Of(f)
		case 9:
			e.fieldID = r.int32Of(f)
		case 10:
			r.structOf(f, func(f thriftField) { e.logical = r.logical(f) })
		default:
			r.skip(f.kind, 0)
		}
	})
	return e
}

func (r *thriftReader) logical(f thriftField) logical {
	l := logical{kind: f.id}
	r.structOf(f, func(f thriftField) {
		switch {
		case l.kind == logicalDecimal && f.id == 1:
			l.scale = r.int32Of(f)
		case l.kind == logicalDecimal && f.id == 2:
			l.precision = r.int32Of(f)
		case l.kind == logicalTimestamp && f.id == 1:
			l.instant = f.truth()
			r.skip(f.kind, 0)
		case (l.kind == logicalTimestamp || l.kind == logicalTime) && f.id == 2:
			r.structOf(f, func(f thriftField) { l.unit = f.id; r.skip(f.kind, 0) })
		case l.kind == logicalInteger && f.id == 1 && f.kind == thriftByte:
			l.bits = int8(r.byte())
		case l.kind == logicalInteger && f.id == 2:
			l.signed = f.truth()
			r.skip(f.kind, 0)
		default:
			r.skip(f.kind, 0)
		}
	})
	return l
}

func (r *thriftReader) keyValue(into map[string]string) {
	var key, value string
	r.fields(func(f thriftField) {
		switch f.id {
		case 1:
			key = string(r.bytesOf(f))
		case 2:
			value = string(r.bytesOf(f))
		default:
			r.skip(f.kind, 0)
		}
	})
	into[key] = value
}

func (r *thriftReader) rowGroup() rowGroup {
	var g rowGroup
	r.fields(func(f thriftField) {
		switch f.id {
		case 1:
			r.list(f, thriftStruct, func() { g.chunks = append(g.chunks, r.columnChunk()) })
		case 3:
			g.rows = r.integerOf(f)
		default:
			r.skip(f.kind, 0)
		}
	})
	return g
}

func (r *thriftReader) columnChunk() columnChunk {
	c := columnChunk{bounds: chunkBounds{nulls: -1}}
	r.fields(func(f thriftField) {
		switch f.id {
		case 1:
			c.elsewhere = c.elsewhere || len(r.bytesOf(f)) > 0
		case 8, 9:
			c.elsewhere = true
			r.skip(f.kind, 0)
		case 3:
			r.structOf(f, func(f thriftField) { r.columnMetaData(&c, f) })
		default:
			r.skip(f.kind, 0)
		}
	})
	return c
}

func (r *thriftReader) columnMetaData(c *columnChunk, f thriftField) {
	switch f.id {
	case 1:
		c.physical = format.Type(r.int32Of(f))
	case 4:
		c.codec = format.CompressionCodec(r.int32Of(f))
	case 5:
		c.values = r.integerOf(f)
	case 6:
		c.uncompressedSize = r.integerOf(f)
	case 7:
		c.size = r.integerOf(f)
	case 9:
		c.dataOffset = r.integerOf(f)
	case 11:
		c.dictionaryOffset = r.integerOf(f)
	case 12:
		r.structOf(f, func(f thriftField) { r.statistics(&c.bounds, f) })
	default:
		r.skip(f.kind, 0)
	}
}

func (r *thriftReader) statistics(b *chunkBounds, f thriftField) {
	switch f.id {
	case 1:
		b.oldMax = r.bytesOf(f)
	case 2:
		b.oldMin = r.bytesOf(f)
	case 3:
		b.nulls = r.integerOf(f)
	case 5:
		b.max = r.bytesOf(f)
	case 6:
		b.min = r.bytesOf(f)
	default:
		r.skip(f.kind, 0)
	}
}
