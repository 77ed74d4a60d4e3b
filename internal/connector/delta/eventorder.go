package delta

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/predicate"
	"lakehouse/internal/stream"
)

// With the option withEventTimeOrder the snapshot that a stream begins with is read in the order of its rows' event times, so that no
// row comes behind the watermark that later ones have moved. The times are divided into buckets, a micro-batch each: a batch reads
// the files that may hold rows of its bucket, and passes on those rows only. Where a bucket ends is in the offset; what rows it
// has follows from that and the version, so that a batch that is repeated is the same.

// The ends of all times, in milliseconds.
const (
	beforeAllTimes = math.MinInt64 / 1000
	afterAllTimes  = math.MaxInt64/1000 + 1
)

// A timedFile is a data file with the times, in milliseconds, of its rows, as statistics tell them. Rows without a time count as
// the first of their file.
type timedFile struct {
	deltalog.ChangedFile
	low, high int64
}

// orderByEventTime finds out which column the buckets go by.
func (s *source) orderByEventTime(start stream.SourceStart) error {
	if !s.opts.values.Bool("withEventTimeOrder") {
		return nil
	}
	if start.EventTime == nil {
		return errclass.InvalidOption.New("option 'withEventTimeOrder' needs to know the query's watermark.")
	}
	column, err := start.EventTime()
	if err != nil {
		return errclass.InvalidOption.New("option 'withEventTimeOrder' orders rows by the column that the query's watermark is declared on: %w", err)
	}
	i := s.schema.Index(column)
	if i < 0 {
		return errclass.InvalidOption.New("option 'withEventTimeOrder': the watermark's column %s is none of the table's.", column)
	}
	s.eventTime = s.schema.Fields[i].Name
	return nil
}

// checkOrder refuses to go on with a snapshot of which some has been read in another order.
func (s *source) checkOrder(at offset) error {
	if !at.IsStartingVersion || at.Ordered == (s.eventTime != "") {
		return nil
	}
	was, is := "false", "true"
	if at.Ordered {
		was, is = is, was
	}
	return errclass.InvalidOption.New("You cannot change 'withEventTimeOrder' from %s to %s while the initial snapshot of %s is still being processed.", was, is, s.table.URI).
		WithHint("Start the query with withEventTimeOrder=%s until the snapshot is read, or with a new checkpoint.", was)
}

// nextBucket is the end of the bucket that begins at an offset: it lets in as many files as the limits allow.
func (s *source) nextBucket(ctx context.Context, at offset, files, bytes int64) (offset, error) {
	all, err := s.timedFiles(ctx, at.ReservoirVersion)
	if err != nil {
		return at, err
	}
	from, first := at.bucketStart(), int64(afterAllTimes)
	for _, f := range all {
		if f.low < from {
			continue // let in before
		}
		if first = min(first, f.low); f.low > first && (files <= 0 || bytes <= 0) {
			at.Ordered, at.EventTimeMillis = true, f.low
			return at, nil
		}
		files, bytes = files-1, bytes-f.Size
	}
	return at.behind(at.ReservoirVersion), nil
}

// bucketStart is the earliest time that has not been read.
func (o offset) bucketStart() int64 {
	if o.Ordered {
		return o.EventTimeMillis
	}
	return beforeAllTimes
}

// bucketEnd is the earliest time behind what has been read.
func (o offset) bucketEnd() int64 {
	if o.Ordered {
		return o.EventTimeMillis
	}
	return afterAllTimes
}

// bucket is the rows of the snapshot between two offsets.
func (s *source) bucket(ctx context.Context, at, to offset) (*Source, error) {
	all, err := s.timedFiles(ctx, at.ReservoirVersion)
	if err != nil {
		return nil, err
	}
	b := &bucket{column: s.eventTime, from: at.bucketStart(), to: to.bucketEnd(), first: map[string]bool{}}
	var files []deltalog.ChangedFile
	for _, f := range all {
		if f.low >= b.to || f.high < b.from {
			continue
		}
		files = append(files, f.ChangedFile)
		b.first[f.Path] = f.low >= b.from
	}
	s.read += int64(len(files))
	rows := filesSource(s.table, s.columns, s.Description(), files)
	rows.bucket = b
	return rows, nil
}

// timedFiles are the files of the initial snapshot by the times of their first rows.
func (s *source) timedFiles(ctx context.Context, version int64) ([]timedFile, error) {
	files, err := s.snapshotFiles(ctx, version)
	if err != nil || s.initial.timed != nil {
		return s.initial.timed, err
	}
	timed := make([]timedFile, 0, len(files))
	for _, f := range files {
		if s.opts.excludes(f.Path) {
			continue
		}
		low, high, err := s.timesOf(f.AddFile)
		if err != nil {
			return nil, err
		}
		timed = append(timed, timedFile{f, low, high})
	}
	slices.SortFunc(timed, func(a, b timedFile) int {
		return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(a.ModificationTime, b.ModificationTime), strings.Compare(a.Path, b.Path))
	})
	s.initial.timed = timed
	return timed, nil
}

// timesOf is the first and the last time of a file's rows; all times, where nobody knows.
func (s *source) timesOf(f deltalog.AddFile) (low, high int64, err error) {
	column := s.schema.Fields[s.schema.Index(s.eventTime)]
	if slices.ContainsFunc(s.meta.PartitionColumns, func(p string) bool { return strings.EqualFold(p, s.eventTime) }) {
		v, err := deltalog.ParsePartitionValue(column.Type, f.PartitionValues[s.key(s.eventTime)])
		if err != nil {
			return 0, 0, err
		}
		if micros, ok := v.(int64); ok {
			return floorMillis(micros), floorMillis(micros), nil
		}
		return beforeAllTimes, beforeAllTimes, nil // null in all rows
	}
	stats := s.meta.ParseStats(f.Stats, s.stored)
	of, ok := stats.Column([]string{s.eventTime})
	least, known := of.Min.(int64)
	most, bounded := of.Max.(int64)
	switch {
	case !ok || !known || !bounded:
		if stats.NumRecords > 0 && of.Nulls == stats.NumRecords {
			return beforeAllTimes, beforeAllTimes, nil
		}
		return beforeAllTimes, afterAllTimes, nil
	default:
		return floorMillis(least), floorMillis(most), nil
	}
}

func floorMillis(micros int64) int64 {
	millis := micros / 1000
	if micros%1000 < 0 {
		millis--
	}
	return millis
}

// A bucket is the rows whose event time lies between two times, in milliseconds; the second does not belong to it.
type bucket struct {
	column   string
	from, to int64
	first    map[string]bool // of files: rows without a time belong to the bucket
}

// where narrows a condition to the rows of the bucket, for the row groups of a file.
func (b *bucket) where(file string, also predicate.Predicate) predicate.Predicate {
	column := []string{b.column}
	var within predicate.And
	if b.from > beforeAllTimes {
		within = append(within, predicate.Compare{Column: column, Op: predicate.GreaterOrEqual, Value: b.from * 1000})
	}
	if b.to < afterAllTimes {
		within = append(within, predicate.Compare{Column: column, Op: predicate.Less, Value: b.to * 1000})
	}
	var p predicate.Predicate = within
	if b.first[file] {
		p = predicate.Or{within, predicate.IsNull{Column: column}}
	}
	if also == nil {
		return p
	}
	return predicate.And{also, p}
}

// keep is the rows of a file that belong to the bucket, by the column of their times.
func (b *bucket) keep(file string, in arrow.RecordBatch, at int) (arrow.RecordBatch, error) {
	times, ok := in.Column(at).(*array.Timestamp)
	if !ok {
		return nil, errclass.InvalidOption.New("option 'withEventTimeOrder': column %s holds no timestamps.", b.column)
	}
	values, nulls := times.TimestampValues(), b.first[file]
	rows := make([]int32, 0, len(values))
	for i, v := range values {
		if times.IsNull(i) {
			if nulls {
				rows = append(rows, int32(i))
			}
			continue
		}
		if millis := floorMillis(int64(v)); millis >= b.from && millis < b.to {
			rows = append(rows, int32(i))
		}
	}
	if len(rows) == len(values) {
		return in, nil
	}
	return exec.Take(in, rows)
}
