package kafka

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// headersType is that of column headers.
var headersType = types.Array{Element: types.Struct{Fields: []types.Field{
	{Name: "key", Type: types.String, Nullable: true}, {Name: "value", Type: types.Binary, Nullable: true},
}}, ContainsNull: true}

// schemaOf is the columns of a read.
func schemaOf(includeHeaders bool) types.Struct {
	fields := []types.Field{
		{Name: "key", Type: types.Binary, Nullable: true},
		{Name: "value", Type: types.Binary, Nullable: true},
		{Name: "topic", Type: types.String, Nullable: true},
		{Name: "partition", Type: types.Integer, Nullable: true},
		{Name: "offset", Type: types.Long, Nullable: true},
		{Name: "timestamp", Type: types.Timestamp, Nullable: true},
		{Name: "timestampType", Type: types.Integer, Nullable: true},
	}
	if includeHeaders {
		fields = append(fields, types.Field{Name: "headers", Type: headersType, Nullable: true})
	}
	return types.Struct{Fields: fields}
}

// A batch of rows ends when it has so many of them, or so many bytes.
const (
	batchRows  = batch.TargetRows
	batchBytes = 16 << 20
)

// A record is one of Kafka's, its parts still lying in the answer it came in.
type record struct {
	offset    int64
	timestamp int64 // milliseconds
	timeType  int32 // 0: when it was made, 1: when it was appended, -1: none
	key       []byte
	value     []byte
	hasKey    bool
	hasValue  bool
	headers   []byte // encoded, as many as count says
	count     int64
}

// columns collects records of one partition into batches with the wanted columns alone.
type columns struct {
	partition topicPartition
	schema    *arrow.Schema
	wanted    []string

	key, value texts // each empty where it is not wanted
	keys       bool
	values     bool
	headers    *headerColumn // nil: not wanted

	offsets   []int64
	times     []int64
	timeTypes []int32
	rows      int

	topic, number arrow.Array // as many equal values as a batch has at the most; made at need
}

func newColumns(p topicPartition, schema types.Struct) *columns {
	c := &columns{partition: p, schema: types.ToArrowSchema(schema)}
	for _, f := range schema.Fields {
		c.wanted = append(c.wanted, f.Name)
		switch f.Name {
		case "key":
			c.keys = true
		case "value":
			c.values = true
		case "headers":
			c.headers = &headerColumn{builder: array.NewBuilder(memory.DefaultAllocator, types.ToArrow(headersType)).(*array.ListBuilder)}
		}
	}
	return c
}

// add takes a record over; nothing of it is kept but copies.
func (c *columns) add(r *record) error {
	if c.keys {
		c.key.add(r.key, r.hasKey)
	}
	if c.values {
		c.value.add(r.value, r.hasValue)
	}
	if c.headers != nil {
		if err := c.headers.add(r); err != nil {
			return err
		}
	}
	if c.offsets == nil {
		c.offsets, c.times, c.timeTypes = make([]int64, 0, batchRows), make([]int64, 0, batchRows), make([]int32, 0, batchRows)
	}
	if r.timestamp > math.MaxInt64/1000 || r.timestamp < math.MinInt64/1000 {
		return errclass.KafkaRecordTimestamp.New("Record at topic %s partition %d offset %d has timestamp value %d that overflows when converting to Spark's microsecond-precision TimestampType.\n"+
			"Kafka record timestamps must be in milliseconds since epoch per the Kafka protocol. The provided value suggests the producer may be writing timestamps in microseconds or nanoseconds instead.\n"+
			"Ensure the Kafka producer sets the ProducerRecord timestamp in milliseconds.", c.partition.topic, c.partition.partition, r.offset, r.timestamp)
	}
	c.offsets, c.times, c.timeTypes = append(c.offsets, r.offset), append(c.times, r.timestamp*1000), append(c.timeTypes, r.timeType)
	c.rows++
	return nil
}

// full tells that the batch should end before a record of a size is added.
func (c *columns) full(size int) bool {
	held := len(c.key.data) + len(c.value.data)
	if c.headers != nil {
		held += c.headers.bytes
	}
	return c.rows >= batchRows || (c.rows > 0 && held+size > batchBytes)
}

// take gives what was collected, and begins anew.
func (c *columns) take() arrow.RecordBatch {
	cols := make([]arrow.Array, len(c.wanted))
	for i, name := range c.wanted {
		switch name {
		case "key":
			cols[i] = c.key.take()
		case "value":
			cols[i] = c.value.take()
		case "topic":
			cols[i] = array.NewSlice(c.topics(), 0, int64(c.rows))
		case "partition":
			cols[i] = array.NewSlice(c.numbers(), 0, int64(c.rows))
		case "offset":
			cols[i] = array.NewInt64Data(fixed(arrow.PrimitiveTypes.Int64, arrow.Int64Traits.CastToBytes(c.offsets), c.rows))
		case "timestamp":
			cols[i] = array.NewTimestampData(fixed(c.schema.Field(i).Type, arrow.Int64Traits.CastToBytes(c.times), c.rows))
		case "timestampType":
			cols[i] = array.NewInt32Data(fixed(arrow.PrimitiveTypes.Int32, arrow.Int32Traits.CastToBytes(c.timeTypes), c.rows))
		case "headers":
			cols[i] = c.headers.take()
		}
	}
	out := array.NewRecordBatch(c.schema, cols, int64(c.rows))
	c.rows, c.offsets, c.times, c.timeTypes = 0, nil, nil, nil
	return out
}

func fixed(t arrow.DataType, data []byte, n int) *array.Data {
	return array.NewData(t, n, []*memory.Buffer{nil, memory.NewBufferBytes(data)}, nil, 0, 0)
}

func (c *columns) topics() arrow.Array {
	if c.topic == nil {
		var t texts
		for range batchRows {
			t.add([]byte(c.partition.topic), true)
		}
		c.topic = t.takeAs(arrow.BinaryTypes.String)
	}
	return c.topic
}

func (c *columns) numbers() arrow.Array {
	if c.number == nil {
		all := make([]int32, batchRows)
		for i := range all {
			all[i] = c.partition.partition
		}
		c.number = array.NewInt32Data(fixed(arrow.PrimitiveTypes.Int32, arrow.Int32Traits.CastToBytes(all), batchRows))
	}
	return c.number
}

// texts collects a column of bytes.
type texts struct {
	data  []byte
	ends  []int32 // one more than rows, once there is a row
	valid []byte  // nil: no null so far
	nulls int
	room  int // how many bytes the batch before had
}

func (t *texts) add(text []byte, present bool) {
	if t.ends == nil {
		t.ends = append(make([]int32, 0, batchRows+1), 0)
		t.data = make([]byte, 0, t.room+t.room/8)
	}
	row := len(t.ends) - 1
	if !present && t.valid == nil {
		t.valid = make([]byte, bitutil.BytesForBits(batchRows))
		bitutil.SetBitsTo(t.valid, 0, int64(row), true)
	}
	if t.valid != nil {
		if present {
			bitutil.SetBit(t.valid, row)
		} else {
			t.nulls++
		}
	}
	t.data = append(t.data, text...)
	t.ends = append(t.ends, int32(len(t.data)))
}

func (t *texts) take() arrow.Array { return t.takeAs(arrow.BinaryTypes.Binary) }

func (t *texts) takeAs(kind arrow.DataType) arrow.Array {
	var valid *memory.Buffer
	if t.nulls > 0 {
		valid = memory.NewBufferBytes(t.valid)
	}
	data := array.NewData(kind, len(t.ends)-1, []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(t.ends)), memory.NewBufferBytes(t.data)}, nil, t.nulls, 0)
	*t = texts{room: len(t.data)}
	return array.MakeFromData(data)
}

// headerColumn collects column headers. Few programs ask for it: it is built by Arrow's own builders.
type headerColumn struct {
	builder *array.ListBuilder
	bytes   int
}

func (h *headerColumn) add(r *record) error {
	if r.count == 0 {
		h.builder.AppendNull()
		return nil
	}
	h.builder.Append(true)
	pair := h.builder.ValueBuilder().(*array.StructBuilder)
	keys, values := pair.FieldBuilder(0).(*array.StringBuilder), pair.FieldBuilder(1).(*array.BinaryBuilder)
	in := reader{in: r.headers}
	for range r.count {
		key, _ := in.bytes()
		value, present := in.bytes()
		if in.broken {
			return errBrokenRecord
		}
		pair.Append(true)
		keys.Append(string(key))
		if present {
			values.Append(value)
		} else {
			values.AppendNull()
		}
	}
	h.bytes += len(r.headers)
	return nil
}

func (h *headerColumn) take() arrow.Array {
	h.bytes = 0
	return h.builder.NewArray()
}

// reader takes encoded records apart.
type reader struct {
	in     []byte
	broken bool
}

// varint reads a number as Kafka's records encode it: zigzag.
func (r *reader) varint() int64 {
	if len(r.in) > 0 && r.in[0] < 0x80 { // one byte: nearly all
		b := r.in[0]
		r.in = r.in[1:]
		return int64(b>>1) ^ -int64(b&1)
	}
	n, size := binary.Varint(r.in)
	if size <= 0 {
		r.broken = true
		r.in = nil
		return 0
	}
	r.in = r.in[size:]
	return n
}

// bytes reads a text with its length before it; a negative length is null.
func (r *reader) bytes() (text []byte, present bool) {
	n := r.varint()
	if n < 0 {
		return nil, false
	}
	if n > int64(len(r.in)) {
		r.broken = true
		r.in = nil
		return nil, false
	}
	text, r.in = r.in[:n:n], r.in[n:]
	return text, true
}
