package delta

import (
	"context"
	"errors"
	"strconv"

	"lakehouse/deltalog"
	"lakehouse/internal/connector/datafiles"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
)

// SinkOptions says what a stream writes.
type SinkOptions struct {
	SessionSettings
	QueryID     string
	Mode        logical.OutputMode // Append or Complete
	PartitionBy []string
	Schema      types.Struct
	Options     option.Values
}

// A Sink writes each micro-batch as one version, which holds the query's id and the batch's number: a batch
// that comes again is known and passed over.
type Sink struct {
	table Table
	opts  SinkOptions
}

var (
	_ stream.Sink    = (*Sink)(nil)
	_ stream.Resumer = (*Sink)(nil)
)

// NewSink makes the sink. A table at a path comes into being with its first batch.
func NewSink(t Table, opts SinkOptions) (*Sink, error) {
	parts, err := datafiles.PartitionColumns(opts.Schema, opts.PartitionBy)
	opts.PartitionBy = parts
	return &Sink{table: t, opts: opts}, err
}

// Description is Spark's.
func (s *Sink) Description() string { return "DeltaSink[" + s.table.description() + "]" }

// Resume holds the table's record of the query against its checkpoint. A query that has lost the logs of its checkpoint and kept
// its id would write batches whose numbers the table knows: they would be passed over, and their rows lost.
func (s *Sink) Resume(ctx context.Context, next int64, repeated bool) error {
	snap, err := s.table.Log.Snapshot(ctx)
	if errors.Is(err, errclass.DeltaTableNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	last, ok, err := snap.SetTransaction(ctx, s.opts.QueryID)
	if err != nil || !ok || last < next || last == next && repeated {
		return err
	}
	return errclass.CheckpointInconsistent.New("the query %s goes on with batch %d, and the table %s has its batches up to %d.", s.opts.QueryID, next, s.table.URI, last).
		WithHint("Files of the checkpoint were lost: restore them, or start the query with a new checkpoint; then it reads its sources from the beginning.")
}

// Write commits batch id, also when it has no rows. The number of rows is not told, as with Spark.
func (s *Sink) Write(ctx context.Context, id int64, op exec.Operator) (int64, error) {
	w := &writing{table: s.table, opts: WriteOptions{
		SessionSettings: s.opts.SessionSettings, Options: s.opts.Options,
		Overwrite: s.opts.Mode == logical.Complete, PartitionBy: s.opts.PartitionBy, Operation: streamingUpdate,
	}, params: deltalog.Parameters{}.
		With("outputMode", s.opts.Mode.String()).With("queryId", s.opts.QueryID).With("epochId", strconv.FormatInt(id, 10))}
	if err := w.begin(ctx, nullable(op.Schema())); err != nil {
		return -1, err
	}
	done, err := w.already(ctx, s.opts.QueryID, id)
	if err != nil || done {
		return -1, err
	}
	_, err = w.run(ctx, op)
	return -1, err
}
