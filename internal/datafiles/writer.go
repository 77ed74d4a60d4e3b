package datafiles

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/errgroup"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// writeBuffer gathers the pages of small files: a page a column would be a system call each.
const writeBuffer = 64 << 10

// An Encoder turns rows into the bytes of one file.
type Encoder interface {
	Write(b arrow.RecordBatch) error
	// Size is about how many bytes the file has by now.
	Size() int64
	// Close writes what is left.
	Close() error
}

// Config says how rows become files.
type Config struct {
	Store         volumes.Store
	Schema        types.Struct   // of the rows
	PartitionBy   []string       // columns that the names of folders hold, spelled as in Schema
	KeepPartition bool           // the files hold these columns, too, behind all others
	Zone          *time.Location // of timestamps in the names of folders; nil: UTC
	Target        int64          // a file of about so many bytes is followed by another; 0: no limit
	MaxRows       int64          // likewise of so many rows; 0: no limit
	// Text is how a partition value is written, null and what is read as null being nil; Folder is the folder of these values.
	Text   func(t types.Type, v any) (*string, error)
	Folder func(columns []string, values map[string]*string) string
	// Name is the base name of a file: the worker that writes it, and how many files of the same folder it has written before.
	Name func(worker, number int) string
	// Place is where a file lies; nil: in the folder of its values.
	Place func(folder, base string) string
	// Open begins the content of a file, whose columns are schema.
	Open func(out io.Writer, schema types.Struct) (Encoder, error)
}

// A File is a data file that is complete. Nobody knows of it yet.
type File struct {
	Name    string             // in the store
	Values  map[string]*string // of its folders, by partition column
	Rows    int64
	Encoder Encoder // closed
}

// A Writer writes rows into data files.
type Writer struct {
	config    Config
	schema    types.Struct // of the files
	arrow     *arrow.Schema
	partition []partitionColumn
	keep      []int // columns of the rows that the files hold

	mu   sync.Mutex
	done []File
}

// New makes a writer. It is used once.
func New(config Config) *Writer {
	if config.Place == nil {
		config.Place = func(folder, base string) string { return path.Join(folder, base) }
	}
	w := &Writer{config: config}
	hold := func(i int) {
		w.keep = append(w.keep, i)
		w.schema.Fields = append(w.schema.Fields, config.Schema.Fields[i])
	}
	for i, f := range config.Schema.Fields {
		if !slices.Contains(config.PartitionBy, f.Name) {
			hold(i)
		}
	}
	for _, name := range config.PartitionBy {
		i := config.Schema.Index(name)
		if config.KeepPartition {
			hold(i)
		}
		w.partition = append(w.partition, partitionColumn{name: name, index: i, dataType: config.Schema.Fields[i].Type, zone: config.Zone, text: config.Text})
	}
	w.arrow = types.ToArrowSchema(w.schema)
	return w
}

// Write walks what share gives for a context, each sequence by a worker of its own. The files come in the order of their names. Those of a
// write that fails are left.
func (w *Writer) Write(ctx context.Context, share func(context.Context) []batch.Seq) ([]File, error) {
	group, each := errgroup.WithContext(ctx)
	first := newGate(smallBatch)
	for i, seq := range share(each) {
		group.Go(func() error {
			return batch.Guard(func() error { return w.drain(each, first.filter(seq), i) })
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if len(first.held) > 0 { // everything fitted: one file
		if err := w.drain(ctx, batch.Of(first.held...), 0); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(w.done, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return w.done, nil
}

// WriteEmpty writes a file without rows, which tells the columns.
func (w *Writer) WriteEmpty(ctx context.Context) ([]File, error) {
	d := &drain{writer: w, begun: map[string]int{}}
	f, err := d.start(ctx, partitionRows{})
	if err != nil {
		return nil, err
	}
	defer f.out.Abort()
	err = d.finish(f)
	return w.done, err
}

// Discard removes the files that are complete, as far as it can: what wrote them has failed, and nobody will name them.
func (w *Writer) Discard(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.done {
		_ = w.config.Store.Delete(ctx, f.Name) // at worst it stays, as after a crash
	}
	w.done = nil
}

// drain is one worker's part.
type drain struct {
	writer *Writer
	worker int
	begun  map[string]int // files, by folder
}

// drain writes one sequence into files of its own, one open file for each partition.
func (w *Writer) drain(ctx context.Context, seq batch.Seq, worker int) (err error) {
	d := &drain{writer: w, worker: worker, begun: map[string]int{}}
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
		groups, err := splitByPartition(b, w.partition, w.config.Folder)
		if err != nil {
			return err
		}
		for _, g := range groups {
			if err := d.put(ctx, open, g); err != nil {
				return err
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(open)) { // their times are in the order of their names
		if err := d.finish(open[key]); err != nil {
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
	encoder Encoder
	rows    int64
}

// put writes the rows of a partition into its open file, and into the next ones where that is full.
func (d *drain) put(ctx context.Context, open map[string]*openFile, g partitionRows) error {
	w := d.writer
	columns := make([]arrow.Array, len(w.keep))
	for i, at := range w.keep {
		columns[i] = g.rows.Column(at)
	}
	rows := array.NewRecordBatch(w.arrow, columns, g.rows.NumRows())
	for at := int64(0); at < rows.NumRows(); {
		f := open[g.key]
		if f == nil {
			var err error
			if f, err = d.start(ctx, g); err != nil {
				return err
			}
			open[g.key] = f
		}
		part := rows
		if end := w.room(f, at, rows.NumRows()); at > 0 || end < rows.NumRows() {
			part = rows.NewSlice(at, end)
		}
		if err := f.encoder.Write(part); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
		f.rows += part.NumRows()
		at += part.NumRows()
		if !w.full(f) {
			continue
		}
		delete(open, g.key)
		if err := d.finish(f); err != nil {
			f.out.Abort()
			return err
		}
	}
	return nil
}

// room is up to which row of a batch, from one on, a file takes.
func (w *Writer) room(f *openFile, at, rows int64) int64 {
	if w.config.MaxRows <= 0 {
		return rows
	}
	return min(rows, at+w.config.MaxRows-f.rows)
}

func (w *Writer) full(f *openFile) bool {
	return w.config.Target > 0 && f.encoder.Size() >= w.config.Target || w.config.MaxRows > 0 && f.rows >= w.config.MaxRows
}

func (d *drain) start(ctx context.Context, g partitionRows) (*openFile, error) {
	w := d.writer
	name := w.config.Place(g.dir, w.config.Name(d.worker, d.begun[g.dir]))
	d.begun[g.dir]++
	out, err := w.config.Store.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	buffer := bufio.NewWriterSize(out, writeBuffer)
	encoder, err := w.config.Open(buffer, w.schema)
	if err != nil {
		out.Abort()
		return nil, err
	}
	return &openFile{name: name, values: g.values, out: out, buffer: buffer, encoder: encoder}, nil
}

func (d *drain) finish(f *openFile) error {
	if err := f.encoder.Close(); err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	if err := f.buffer.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	if err := f.out.Commit(); err != nil {
		return err
	}
	w := d.writer
	w.mu.Lock()
	w.done = append(w.done, File{Name: f.name, Values: f.values, Rows: f.rows, Encoder: f.encoder})
	w.mu.Unlock()
	return nil
}
