package stream

import (
	"context"
	"encoding/json"

	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// An Offset is a position in a source, as the one line of JSON that stands in the checkpoint. Nil: before
// everything.
type Offset = json.RawMessage

// A Provider makes a source for a query that starts. It is what a logical.StreamRelation holds.
type Provider interface {
	logical.StreamProvider
	// Open makes the source. It validates what only shows at the start.
	Open(ctx context.Context, start SourceStart) (Source, error)
}

// SourceStart is what a source may keep between runs.
type SourceStart struct {
	Checkpoint volumes.Store // of the query
	Location   string        // the checkpoint's name
	Dir        string        // the source's own folder there: sources/0
	QueryID    string
	First      bool // the query has no batch yet: options that say where it begins count
	// Wake tells the query, from any goroutine, that there is something new. A source that calls it is a [Notified].
	Wake func()
	// EventTime is the column of the source that the query declares a watermark on; an error where there is none such. Nil: not known.
	EventTime func() (column string, err error)
}

// ReadLimit says how much one batch may take.
type ReadLimit uint8

// The limits.
const (
	LimitByOptions ReadLimit = iota // as the source's own options say
	LimitNone                       // everything there is (once)
)

// A Source gives rows between offsets, the same rows each time it is asked. One goroutine uses it.
type Source interface {
	Schema() types.Struct
	// Description is Spark's: "FileStreamSource[file:/…]".
	Description() string
	// Latest is where the next batch shall end, given where it starts: start itself when there
	// is nothing new. What it needs to give the same rows again, it has made durable on return.
	// batchID is the batch being planned.
	Latest(ctx context.Context, batchID int64, start Offset, limit ReadLimit) (Offset, error)
	// Freeze is called once, before the first batch, under the availableNow trigger: from then on Latest
	// reaches no further than what is there now.
	Freeze(ctx context.Context) error
	// Rows gives the rows after start up to end.
	Rows(ctx context.Context, start, end Offset) (logical.Source, error)
	// Commit says that everything up to end is in the sink for good and the next batch is planned: the
	// source may clean up.
	Commit(ctx context.Context, end Offset) error
	// Stop ends the source's own goroutines.
	Stop() error
}

// A Metered source reports numbers of its own, as texts, for the progress.
type Metered interface {
	Metrics() map[string]string
}

// A Farseeing source knows how far it could go, whatever the limits of a batch: latestOffset in the progress.
type Farseeing interface {
	// LatestOffset is where the source ended when the last batch was planned; nil: not looked yet.
	LatestOffset() Offset
}

// A Notified source wakes its query when there is something new: there is no need to ask it often.
type Notified interface {
	// Notifies reports whether it does.
	Notifies() bool
}

// MetricFilesRead is the metric of how many files a source has given to the batches of this run.
const MetricFilesRead = "numFilesRead"

// The metrics of what became of a batch's records, of all its files together: see [FileProgress].
const (
	MetricRecordsRead    = "numRecordsRead"
	MetricRecordsCorrupt = "numCorruptRecords"
	MetricRecordsDropped = "numDroppedRecords"
)

// Accounted rows say, once they have been read, what became of the records of each file. A [Source] of files gives such.
type Accounted interface {
	Files() []FileProgress
}

// A Sink takes the rows of batches.
type Sink interface {
	// Description is Spark's: "DeltaSink[file:/…]".
	Description() string
	// Write takes all rows of batch id. It is idempotent in id when the sink is durable. rows is the number of rows taken; -1 when the
	// sink does not tell (numOutputRows in the progress).
	Write(ctx context.Context, id int64, rows exec.Operator) (n int64, err error)
}

// A Stopper is a sink that has something to close when the query has ended.
type Stopper interface {
	Stop() error
}

// A Resumer is a sink that keeps which batches it has. Before the first batch of a run it is told where the query goes on, and
// whether a run before may have written that batch: if the sink has more than that, or less, then the checkpoint and the sink do
// not belong together, or one of them was lost.
type Resumer interface {
	Resume(ctx context.Context, next int64, repeated bool) error
}
