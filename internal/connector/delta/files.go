package delta

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/option"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// smallBatch is how many rows one worker writes alone: a micro-batch of a few files becomes one data file, not one a core.
const smallBatch = 16 << 10

// writeBuffer gathers the pages of small files: a page a column would be a system call each.
const writeBuffer = 64 << 10

// newFile is a data file that no commit names yet.
type newFile struct {
	add  deltalog.AddFile
	rows int64
}

// fileWriter writes an operator's rows into data files.
type fileWriter struct {
	store     volumes.Store
	schema    types.Struct // of the files: without partition columns
	arrow     *arrow.Schema
	partition []partitionColumn
	keep      []int // columns of the rows that the files hold
	opts      parquetio.WriterOptions
	target    int64
	stats     deltalog.StatsOptions

	mu   sync.Mutex
	done []newFile
}

func newFiles(store volumes.Store, schema types.Struct, partition []string, stats deltalog.StatsOptions, opts option.Values) *fileWriter {
	w := &fileWriter{
		store: store, target: opts.Bytes("targetFileSize"), stats: stats,
		opts: parquetio.WriterOptions{Compression: opts.String("compression")},
	}
	for i, f := range schema.Fields {
		if slices.Contains(partition, f.Name) {
			w.partition = append(w.partition, partitionColumn{name: f.Name, index: i, dataType: f.Type})
			continue
		}
		w.keep = append(w.keep, i)
		w.schema.Fields = append(w.schema.Fields, f)
	}
	w.arrow = types.ToArrowSchema(w.schema)
	return w
}

// write walks the rows with up to n workers. Files of a write that fails are left for VACUUM, as Spark leaves them.
func (w *fileWriter) write(ctx context.Context, op exec.Operator, n int) ([]newFile, error) {
	group, each := errgroup.WithContext(ctx)
	first := newGate(smallBatch)
	for _, seq := range op.Execute(each, n) {
		group.Go(func() error { return batch.Guard(func() error { return w.worker(each, seq, first) }) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if len(first.held) > 0 { // everything fitted: one file
		if err := w.drain(ctx, batch.Of(first.held...)); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(w.done, func(a, b newFile) int { return strings.Compare(a.add.Path, b.add.Path) })
	return w.done, nil
}

// gate stays shut until the rows of all workers together are enough to be worth a file for each.
type gate struct {
	mu   sync.Mutex
	room int64               // under mu; negative: the gate is open
	held []arrow.RecordBatch // of workers that ended before it opened; under mu
}

func newGate(rows int64) *gate { return &gate{room: rows} }

// pass counts rows and tells whether they may be written. With them goes what ended workers left.
func (g *gate) pass(rows int64) (open bool, left []arrow.RecordBatch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.room -= rows
	if g.room >= 0 {
		return false, nil
	}
	left, g.held = g.held, nil
	return true, left
}

// leave takes what a worker holds at its end; where the gate is open it is the worker's own to write.
func (g *gate) leave(own []arrow.RecordBatch) (write []arrow.RecordBatch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.room < 0 {
		return own
	}
	g.held = append(g.held, own...)
	return nil
}

func (w *fileWriter) worker(ctx context.Context, seq batch.Seq, first *gate) error {
	return w.drain(ctx, first.filter(seq))
}

// filter is a worker's rows, held back while the gate is shut.
func (g *gate) filter(seq batch.Seq) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		var own []arrow.RecordBatch
		for b, err := range seq {
			if err != nil {
				yield(nil, err)
				return
			}
			own = append(own, b)
			open, left := g.pass(b.NumRows())
			if !open {
				continue
			}
			if !yieldAll(left, yield) || !yieldAll(own, yield) {
				return
			}
			own = nil // to be collected
		}
		yieldAll(g.leave(own), yield)
	}
}

func yieldAll(batches []arrow.RecordBatch, yield func(arrow.RecordBatch, error) bool) bool {
	for _, b := range batches {
		if !yield(b, nil) {
			return false
		}
	}
	return true
}

// drain writes one sequence into files of its own, one open file for each partition.
func (w *fileWriter) drain(ctx context.Context, seq batch.Seq) (err error) {
	open := map[string]*openFile{}
	defer func() {
		for _, f := range open {
			f.out.Abort()
		}
	}()
	for b, batchErr := range seq {
		if batchErr != nil {
			return batchErr
		}
		groups, err := splitByPartition(b, w.partition)
		if err != nil {
			return err
		}
		for _, g := range groups {
			if err := w.put(ctx, open, g); err != nil {
				return err
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(open)) { // their times are in the order of their names
		if err := w.finish(open[key]); err != nil {
			return err
		}
		delete(open, key)
	}
	return nil
}

// openFile is a data file that is being written.
type openFile struct {
	name    string
	values  map[string]*string
	out     volumes.Writer
	buffer  *bufio.Writer // before out
	parquet *parquetio.Writer
}

func (w *fileWriter) put(ctx context.Context, open map[string]*openFile, g partitionRows) error {
	f := open[g.key]
	if f == nil {
		var err error
		if f, err = w.start(ctx, g); err != nil {
			return err
		}
		open[g.key] = f
	}
	columns := make([]arrow.Array, len(w.keep))
	for i, at := range w.keep {
		columns[i] = g.rows.Column(at)
	}
	b := array.NewRecordBatch(w.arrow, columns, g.rows.NumRows())
	if err := f.parquet.Write(b); err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	if w.target > 0 && f.parquet.Size() >= w.target {
		delete(open, g.key)
		if err := w.finish(f); err != nil {
			f.out.Abort()
			return err
		}
	}
	return nil
}

func (w *fileWriter) start(ctx context.Context, g partitionRows) (*openFile, error) {
	name := path.Join(g.dir, fmt.Sprintf("part-00000-%s-c000%s.parquet", uuid.NewString(), parquetio.Extension(w.opts.Compression)))
	out, err := w.store.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	buffer := bufio.NewWriterSize(out, writeBuffer)
	pw, err := parquetio.NewWriter(buffer, w.schema, w.opts)
	if err != nil {
		out.Abort()
		return nil, err
	}
	return &openFile{name: name, values: g.values, out: out, buffer: buffer, parquet: pw}, nil
}

func (w *fileWriter) finish(f *openFile) error {
	stats, err := f.parquet.Close()
	if err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	if err := f.buffer.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	if err := f.out.Commit(); err != nil {
		return err
	}
	add := deltalog.AddFile{
		Path: f.name, PartitionValues: f.values, Size: stats.Size, ModificationTime: time.Now().UnixMilli(), //nolint:forbidigo // the file's time is the disk's, not the query's
		DataChange: true, Stats: deltalog.StatsOf(stats, w.stats),
	}
	w.mu.Lock()
	w.done = append(w.done, newFile{add: add, rows: stats.NumRows})
	w.mu.Unlock()
	return nil
}
