package delta

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// spreadOp gives its batches to its sequences by turns, as an operator does whose rows come from several workers.
type spreadOp struct {
	rowsOp
	fails   error         // in the place of the last batch
	workers *atomic.Int64 // how many sequences it was asked for
	open    *atomic.Int64 // sequences that have begun, and not ended
}

func (o spreadOp) Schema() types.Struct { return o.schema }

func (o spreadOp) Execute(_ context.Context, n int) []batch.Seq {
	o.workers.Store(int64(n))
	seqs := make([]batch.Seq, n)
	for worker := range seqs {
		seqs[worker] = func(yield func(arrow.RecordBatch, error) bool) {
			o.open.Add(1)
			defer o.open.Add(-1)
			for i := worker; i < len(o.batches); i += n {
				if o.fails != nil && i == len(o.batches)-1 {
					yield(nil, o.fails)
					return
				}
				if !yield(o.batches[i], nil) {
					return
				}
			}
		}
	}
	return seqs
}

// Each of the batches is more than what one worker writes alone, so that every worker begins files of its own.
const (
	spreadBatches = 4
	spreadRows    = 20_000 // a batch
)

// spread is the rows 0, 1, 2 … in batches, the even ones of partition a and the odd ones of b.
func (l *lake) spread() spreadOp {
	o := spreadOp{workers: new(atomic.Int64), open: new(atomic.Int64)}
	o.schema = schemaOf(l, "n long, p string")
	n, p := array.NewInt64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	for at := range spreadBatches * spreadRows {
		n.Append(int64(at))
		p.Append([]string{"a", "b"}[at%2])
		if n.Len() == spreadRows {
			o.batches = append(o.batches, array.NewRecordBatch(types.ToArrowSchema(o.schema), []arrow.Array{n.NewArray(), p.NewArray()}, spreadRows))
		}
	}
	return o
}

// With optimizeWrite all workers make rows and one writes them: one file a partition, of at most as many rows as a file may have.
func TestOptimizedWriteMakesOneFileAPartition(t *testing.T) {
	for _, test := range []struct {
		name    string
		options map[string]string
		by      []string
		workers int
		files   int
	}{
		{name: "each worker's own files", workers: 4, files: 4},
		{name: "optimized", options: map[string]string{"optimizeWrite": "true"}, workers: 4, files: 1},
		{name: "each worker's own partitions", by: []string{"p"}, workers: 4, files: 8},
		{name: "optimized partitions", options: map[string]string{"optimizeWrite": "true"}, by: []string{"p"}, workers: 4, files: 2},
		{name: "optimized by one worker", options: map[string]string{"optimizeWrite": "true"}, workers: 1, files: 1},
		{name: "optimized with short files", options: map[string]string{"optimizeWrite": "true", "maxRecordsPerFile": "30000"}, workers: 4, files: 3},
		{name: "option before setting", options: map[string]string{"optimizeWrite": "false"}, workers: 2, files: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLake(t)
			opts := l.options(test.options)
			opts.Workers, opts.PartitionBy = test.workers, test.by
			if test.options["optimizeWrite"] == "false" {
				opts.OptimizeWrite = "true"
			}
			op := l.spread()
			written, err := Write(t.Context(), l.table, op, opts)
			if err != nil || written.Rows != spreadBatches*spreadRows {
				t.Fatalf("got %+v, %v", written, err)
			}
			if got := op.workers.Load(); got != int64(test.workers) {
				t.Errorf("%d workers make rows, want %d", got, test.workers)
			}
			if got := len(l.files()); got != test.files || len(l.dataFiles()) != got {
				t.Errorf("%d files in the log, %d in the folder, want %d", got, len(l.dataFiles()), test.files)
			}
			rows := int64(0)
			for _, f := range l.files() {
				stats := deltalog.ParseStats(f.Stats, op.schema)
				rows += stats.NumRecords
			}
			if rows != spreadBatches*spreadRows {
				t.Errorf("%d rows, want %d", rows, spreadBatches*spreadRows)
			}
		})
	}
}

// A worker that fails fails the optimized write: no version is made, and no worker goes on.
func TestOptimizedWriteFailsWithAnyWorker(t *testing.T) {
	for _, optimized := range []string{"true", "false"} {
		for _, workers := range []int{1, 2, 4} {
			l := newLake(t)
			l.write("n long, p string", `{"n":-1}`)
			opts := l.options(map[string]string{"optimizeWrite": optimized})
			opts.Workers = workers
			op := l.spread()
			op.fails = errors.New("the disk is on fire")
			if _, err := Write(t.Context(), l.table, op, opts); !errors.Is(err, op.fails) {
				t.Errorf("optimized %s, %d workers: got %v", optimized, workers, err)
			}
			if v := l.snapshot().Version(); v != 0 {
				t.Errorf("optimized %s, %d workers: version %d", optimized, workers, v)
			}
			if open := op.open.Load(); open != 0 {
				t.Errorf("optimized %s, %d workers: %d sequences have not ended", optimized, workers, open)
			}
		}
	}
}

// The statistics of a file that one worker writes are those of all workers' rows.
func TestOptimizedWriteHasStatisticsOfAllRows(t *testing.T) {
	l := newLake(t)
	opts := l.options(map[string]string{"optimizeWrite": "true"})
	opts.Workers, opts.PartitionBy = 4, []string{"p"}
	if _, err := Write(t.Context(), l.table, l.spread(), opts); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range l.files() {
		got[*f.PartitionValues["p"]] = f.Stats
	}
	want := map[string]string{
		"a": `{"numRecords":40000,"minValues":{"n":0},"maxValues":{"n":79998},"nullCount":{"n":0}}`,
		"b": `{"numRecords":40000,"minValues":{"n":1},"maxValues":{"n":79999},"nullCount":{"n":0}}`,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
