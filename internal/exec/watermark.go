package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// A stateful operator remembers something from batch to batch. What it must do:
//
//   - Its constructor takes the number that builder.enter gave its node (Spark's order: the topmost of a plan is
//     0) and the watermarks of its input (builder.below). It finds the column of event time, and the delay, by
//     logical.EventTimes.
//   - Rows whose event time is at or below late are dropped and counted (NumRowsDroppedByWatermark). State is
//     evicted, and emitted, against evict, which is the late of the batch after: in between, rows of operators
//     below that were emitted by this batch's watermark still come in time.
//   - A batch may have no rows at all and run only because wantsBatch asked for it. The state's version moves all the same.
type stateful interface {
	Operator
	// outputWatermark is the watermark that the operator's rows carry when its input's is input; not ok: none.
	outputWatermark(input int64) (ms int64, ok bool)
	// wantsBatch reports whether a batch without new data is wanted, once the input's watermark is input (0: none). Only an operator
	// that would emit or evict something says yes, or the query never rests.
	wantsBatch(input int64) bool
}

// watermarks are what a batch knows of the event time of a stateful operator's input, in milliseconds.
type watermarks struct {
	late  int64 // rows at or below come too late: the watermark of the batch before
	evict int64 // state at or below is closed: the watermark of this batch
}

// carried is the watermark of an operator's rows, given that of the query: below it no row comes any more. Nil: they
// carry none.
type carried func(origin int64) (ms int64, ok bool)

// at is the watermark for the query's; as in Spark it is never negative, and 0 while the query's is.
func (c carried) at(origin int64) int64 {
	if c == nil || origin == 0 {
		return 0
	}
	ms, ok := c(origin)
	if !ok {
		return 0
	}
	return max(ms, 0)
}

// leastOf is the watermark of rows from several inputs: the least of those that carry one.
func leastOf(inputs []carried) carried {
	var defined []carried
	for _, c := range inputs {
		if c != nil {
			defined = append(defined, c)
		}
	}
	if len(defined) <= 1 {
		return append(defined, nil)[0]
	}
	return func(origin int64) (least int64, ok bool) {
		for _, c := range defined {
			if ms, carries := c(origin); carries && (!ok || ms < least) {
				least, ok = ms, true
			}
		}
		return least, ok
	}
}

// through is the watermark of a stateful operator's rows.
func (c carried) through(op stateful) carried {
	if c == nil {
		return nil
	}
	return func(origin int64) (int64, bool) {
		ms, ok := c(origin)
		if !ok {
			return 0, false
		}
		return op.outputWatermark(ms)
	}
}

// originOf is what a Watermark node's rows carry: the query's watermark, whichever node it came from.
func originOf(origin int64) (int64, bool) { return origin, true }

// EventTimeStats are what a batch saw of the event times of a Watermark node, in milliseconds. A null counts as 0.
type EventTimeStats struct {
	Max, Min int64
	Avg      float64
	Count    int64
}

// Merge adds what others saw.
func (s *EventTimeStats) Merge(other EventTimeStats) {
	switch {
	case other.Count == 0:
	case s.Count == 0:
		*s = other
	default:
		s.Max, s.Min = max(s.Max, other.Max), min(s.Min, other.Min)
		s.Count += other.Count
		s.Avg += (other.Avg - s.Avg) * float64(other.Count) / float64(s.Count)
	}
}

// watermark lets rows pass and notes their event times.
type watermark struct {
	child  Operator
	node   int // among the query's Watermark nodes
	column int
	env    *Env
}

func newWatermark(n *logical.Watermark, child Operator, number int, env *Env) *watermark {
	return &watermark{child: child, node: number, column: n.Column, env: env}
}

func (w *watermark) Schema() types.Struct { return w.child.Schema() }

func (w *watermark) input() Operator { return w.child }

func (w *watermark) Execute(ctx context.Context, n int) []batch.Seq {
	return each(w.child.Execute(ctx, n), w.flow)
}

// flow reports once a sequence, also when its walker stops early.
func (w *watermark) flow(_ int, in batch.Seq) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		var seen EventTimeStats
		defer func() {
			if seen.Count > 0 {
				w.env.Batch.EventTime(w.node, seen)
			}
		}()
		for b, err := range in {
			if err == nil {
				seen.Merge(statsOf(b.Column(w.column)))
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// statsOf reads a column of timestamps, or of windows, whose event time is their end.
func statsOf(column arrow.Array) EventTimeStats {
	if s, ok := column.(*array.Struct); ok {
		column = s.Field(1)
	}
	times, ok := column.(*array.Timestamp)
	if !ok || times.Len() == 0 {
		return EventTimeStats{}
	}
	micros := times.TimestampValues()
	if times.NullN() > 0 {
		micros = zeroNulls(times, micros)
	}
	base := floorMillis(int64(micros[0]))
	s := EventTimeStats{Max: base, Min: base, Count: int64(len(micros))}
	var beyond float64 // of base, in all: small numbers, whose sum is exact
	for _, t := range micros {
		ms := floorMillis(int64(t))
		s.Max, s.Min = max(s.Max, ms), min(s.Min, ms)
		beyond += float64(ms - base)
	}
	s.Avg = float64(base) + beyond/float64(len(micros))
	return s
}

func zeroNulls(times *array.Timestamp, micros []arrow.Timestamp) []arrow.Timestamp {
	filled := append([]arrow.Timestamp(nil), micros...)
	for i := range filled {
		if times.IsNull(i) {
			filled[i] = 0
		}
	}
	return filled
}

// floorMillis rounds down, before 1970 too.
func floorMillis(micros int64) int64 {
	ms := micros / 1000
	if micros%1000 < 0 {
		ms--
	}
	return ms
}
