package filesink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"lakehouse/internal/connector/datafiles"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/option"
	"lakehouse/internal/sinklog"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// SinkOptions says what a stream writes.
type SinkOptions struct {
	Place       volumes.Location
	Format      string
	PartitionBy []string
	Schema      types.Struct
	Options     option.Values // of StreamOptionTable
	Workers     int
	Zone        *time.Location // of the session
	Clock       func() time.Time
}

// A Sink writes each micro-batch as files, and names them in the sink's log.
type Sink struct {
	opts  SinkOptions
	out   output
	store volumes.Store
	log   *sinklog.Log
}

var (
	_ stream.Sink    = (*Sink)(nil)
	_ stream.Resumer = (*Sink)(nil)
)

// NewSink checks what can be wrong with the options and the columns.
func NewSink(o SinkOptions) (*Sink, error) {
	out, err := newOutput(o.Format, o.Schema, o.PartitionBy, o.Options, o.Zone)
	if err != nil {
		return nil, err
	}
	store, err := o.Place.Sub()
	if err != nil {
		return nil, err
	}
	log := &sinklog.Log{Store: store, Location: o.Place.URI, Clock: o.Clock}
	if o.Options.Has("retention") {
		log.Retention = o.Options.Duration("retention")
	}
	return &Sink{opts: o, out: out, store: store, log: log}, nil
}

// Description is Spark's.
func (s *Sink) Description() string { return "FileSink[" + description(s.opts.Place) + "]" }

// Resume holds the log against the query's checkpoint. Spark does not, and a query whose checkpoint was lost, or which writes into
// another's folder, loses rows without a word: batches with numbers that the log has already are passed over.
func (s *Sink) Resume(ctx context.Context, next int64, repeated bool) error {
	latest, err := s.log.Latest(ctx)
	if err != nil {
		return err
	}
	switch {
	case latest == next-1, latest == next && repeated:
		return nil
	case latest >= next:
		return errclass.CheckpointInconsistent.New("the query goes on with batch %d, and the log %s/%s of its sink has batches up to %d.", next, s.opts.Place.URI, sinklog.Dir, latest).
			WithHint("Was the checkpoint deleted, or does another query write into the folder? Give the query its old checkpoint, or a folder of its own.")
	}
	return errclass.CheckpointInconsistent.New("the query goes on with batch %d, and the log %s/%s of its sink has batches up to %d only.", next, s.opts.Place.URI, sinklog.Dir, latest).
		WithHint("Was the folder deleted, or is it another than before? Start the query with a new checkpoint.")
}

// Write writes the files of batch id and then makes them count, unless they do already. The number of rows is not told, as with
// Spark.
func (s *Sink) Write(ctx context.Context, id int64, op exec.Operator) (int64, error) {
	latest, err := s.log.Latest(ctx)
	if err != nil {
		return -1, err
	}
	if id <= latest {
		return -1, s.log.Secure(ctx, latest)
	}
	w := s.out.writer(s.store, func(worker, number int) string {
		return fmt.Sprintf("part-%05d-%s%s%03d%s", worker, uuid.NewString(), s.joint(), number, s.out.extension)
	})
	entries, err := s.files(ctx, w, op)
	if err != nil {
		w.Discard(context.WithoutCancel(ctx))
		return -1, err
	}
	err = s.log.Add(ctx, id, entries)
	if errors.Is(err, errclass.ConcurrentStreamLogUpdate) { // another was faster; after any other failure nobody knows, and the files stay
		w.Discard(context.WithoutCancel(ctx))
	}
	return -1, err
}

func (s *Sink) joint() string {
	if len(s.out.partition) > 0 {
		return ".c"
	}
	return "-c"
}

func (s *Sink) files(ctx context.Context, w *datafiles.Writer, op exec.Operator) ([]sinklog.Entry, error) {
	done, err := w.Write(ctx, op, max(1, s.opts.Workers))
	if err == nil && len(done) == 0 && len(s.out.partition) == 0 {
		done, err = w.WriteEmpty(ctx)
	}
	if err != nil {
		return nil, err
	}
	entries := make([]sinklog.Entry, len(done))
	for i, f := range done {
		info, err := s.store.Stat(ctx, f.Name)
		if err != nil {
			return nil, err
		}
		entries[i] = sinklog.Added(s.opts.Place.Join(f.Name).URI, info.Size, info.ModTime.UnixMilli())
	}
	return entries, nil
}
