package rate

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
)

// MicroBatchOptionTable lists the options of source rate-micro-batch.
var MicroBatchOptionTable = option.Table{
	{Name: "rowsPerBatch", Doc: "How many rows a batch has. It must be given."},
	{Name: "numPartitions", Doc: "How many partitions the rows of a batch are dealt out to. Default: the number of cores."},
	{Name: "startTimestamp", Default: "0", Doc: "The timestamp of the first batch's rows, in milliseconds since the epoch."},
	{Name: "advanceMillisPerBatch", Default: "1000", Doc: "By how many milliseconds the timestamp of a batch is later than that of the one before."},
}

// A MicroBatchProvider is a source that gives each batch the same number of rows, whatever the clock says.
type MicroBatchProvider struct {
	perBatch   int64
	partitions int64
	startMs    int64
	advanceMs  int64
}

var _ stream.Provider = (*MicroBatchProvider)(nil)

// NewMicroBatch checks the options; partitions is their number where the options do not say it.
func NewMicroBatch(given map[string]string, partitions int) (*MicroBatchProvider, error) {
	v, err := MicroBatchOptionTable.Parse(given)
	if err != nil {
		return nil, err
	}
	p := &MicroBatchProvider{partitions: int64(partitions)}
	if err := positive(v, "rowsPerBatch", &p.perBatch); err != nil {
		return nil, err
	}
	if err := positive(v, "numPartitions", &p.partitions); err != nil {
		return nil, err
	}
	if p.startMs, err = natural(v, "startTimestamp", math.MaxInt64/1000); err != nil {
		return nil, err
	}
	p.advanceMs, err = natural(v, "advanceMillisPerBatch", math.MaxInt32)
	return p, err
}

// natural reads a number in Spark's words.
func natural(v option.Values, name string, most int64) (int64, error) {
	n, err := strconv.ParseInt(v.String(name), 10, 64)
	switch {
	case err != nil || n > most:
		return 0, errclass.InvalidOptionValue.New("Invalid value '%s' for option '%s', must be an integer greater than or equal to 0", v.String(name), name)
	case n < 0:
		return 0, errclass.InvalidOptionValue.New("Invalid value '%d'. The option '%s' must be non-negative", n, name)
	}
	return n, nil
}

// Schema is timestamp and value.
func (p *MicroBatchProvider) Schema() types.Struct { return schema }

// String is Spark's.
func (p *MicroBatchProvider) String() string {
	return fmt.Sprintf("RatePerMicroBatchStream[rowsPerBatch=%d, numPartitions=%d, startTimestamp=%d, advanceMsPerBatch=%d]", p.perBatch, p.partitions, p.startMs, p.advanceMs)
}

// Open makes the source for a query.
func (p *MicroBatchProvider) Open(context.Context, stream.SourceStart) (stream.Source, error) {
	return &batches{MicroBatchProvider: p}, nil
}

// offset is a position: the next value, and the next batch's timestamp.
type offset struct {
	Offset    int64 `json:"offset"`
	Timestamp int64 `json:"timestamp"`
}

func (o offset) json() stream.Offset {
	return fmt.Appendf(nil, `{"offset":%d,"timestamp":%d}`, o.Offset, o.Timestamp)
}

func parseOffset(text stream.Offset) (offset, error) {
	var o *offset
	if err := json.Unmarshal(text, &o); err != nil || o == nil || o.Offset < 0 || o.Timestamp < 0 || o.Timestamp > math.MaxInt64/1000 {
		return offset{}, errclass.MalformedLogFile.New("The checkpoint's offset %.100s is not that of a rate-micro-batch source.", text).WithHint("Start the query with a new checkpoint.")
	}
	return *o, nil
}

// batches gives the same batches whenever they are asked for.
type batches struct {
	*MicroBatchProvider
	frozen bool
	end    stream.Offset // under availableNow, which runs one batch
}

func (b *batches) Description() string { return b.String() }

// Commit does nothing.
func (b *batches) Commit(context.Context, stream.Offset) error { return nil }

// Stop does nothing.
func (b *batches) Stop() error { return nil }

// Freeze has the query run one batch.
func (b *batches) Freeze(context.Context) error {
	b.frozen = true
	return nil
}

func (b *batches) at(o stream.Offset) (offset, error) {
	if o == nil {
		return offset{Timestamp: b.startMs}, nil
	}
	return parseOffset(o)
}

// Latest is one batch further.
func (b *batches) Latest(_ context.Context, _ int64, start stream.Offset, _ stream.ReadLimit) (stream.Offset, error) {
	if b.end != nil {
		return b.end, nil
	}
	at, err := b.at(start)
	if err != nil {
		return nil, err
	}
	if at.Offset > math.MaxInt64-b.perBatch || at.Timestamp > math.MaxInt64/1000-b.advanceMs {
		return start, nil // there are no more numbers
	}
	end := offset{at.Offset + b.perBatch, at.Timestamp + b.advanceMs}.json()
	if b.frozen {
		b.end = end
	}
	return end, nil
}

// Rows are the values between two offsets, all with the time of the first.
func (b *batches) Rows(_ context.Context, start, end stream.Offset) (logical.Source, error) {
	from, err := b.at(start)
	if err != nil {
		return nil, err
	}
	until, err := parseOffset(end)
	if err != nil {
		return nil, err
	}
	if from.Offset > until.Offset {
		return nil, errclass.RateBatchOffset.New("Malformed state in RatePerMicroBatch source. The offset value is invalid: startOffset should less than or equal to the endOffset, but startOffset(%d) > endOffset(%d).", from.Offset, until.Offset)
	}
	if from.Timestamp > until.Timestamp {
		return nil, errclass.RateBatchTimestamp.New("Malformed state in RatePerMicroBatch source. The timestamp value is invalid: startTimestamp should less than or equal to the endTimestamp, but startTimestamp(%d) > endTimestamp(%d).\n"+
			"This could happen when the streaming query is restarted with a newer `startingTimestamp` and reprocess the first batch (i.e. batch 0). Please consider using a new checkpoint location.", from.Timestamp, until.Timestamp)
	}
	return &rows{
		name: b.String(), from: from.Offset, until: until.Offset, partitions: b.partitions,
		time: func(int64) int64 { return from.Timestamp * 1000 },
	}, nil
}
