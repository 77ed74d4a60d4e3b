package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/parquet-go/parquet-go/format"

	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

const magic = "PAR1"

// A Writer writes one file. Batches are encoded as they come; a row group goes out when it is large
// enough, and the page indexes and the footer at the end. It is for one goroutine.
type Writer struct {
	out     io.Writer
	opts    WriterOptions
	layout  *layout
	shred   shredder
	offset  int64
	rows    int64 // of the unfinished row group
	groups  []format.RowGroup
	indexes []pageIndex // a column chunk each, row group by row group
	meta    format.FileMetaData
	err     error // the first one: nothing is written after it
}

// FileStats is what a finished file holds.
type FileStats struct {
	NumRows, Size int64
	Columns       []ColumnStats
}

// ColumnStats are the bounds of one column, or of one field of a struct. Arrays and maps have only a count of nulls, and
// what lies in them has none.
type ColumnStats struct {
	Path []string
	Type types.Type
	predicate.ColumnStats
}

// errClosed is what a Writer says after Close.
var errClosed = errors.New("write parquet: the file is closed")

// NewWriter starts a file with the magic bytes. The columns of the batches that follow are the
// fields of schema, by position, as types.ToArrow has them.
func NewWriter(out io.Writer, schema types.Struct, opts WriterOptions) (*Writer, error) {
	opts = opts.withDefaults()
	codec, err := codecOf(opts.Compression)
	if err != nil {
		return nil, err
	}
	layout, err := newLayout(schema, opts.OmitVoid)
	if err != nil {
		return nil, err
	}
	compressor, err := newCompressor(codec)
	if err != nil {
		return nil, fmt.Errorf("write parquet: %w", err)
	}
	for _, leaf := range layout.leaves {
		leaf.compressor, leaf.pageBytes = compressor, opts.PageBytes
	}
	w := &Writer{out: out, opts: opts, layout: layout}
	w.meta = format.FileMetaData{
		Version:          2,
		Schema:           layout.elements,
		CreatedBy:        opts.CreatedBy,
		KeyValueMetadata: rowMetadata(layout.noted(schema)),
		ColumnOrders:     make([]format.ColumnOrder, len(layout.leaves)),
	}
	for i := range w.meta.ColumnOrders {
		w.meta.ColumnOrders[i].Value = &format.TypeDefinedOrder{}
	}
	return w, w.emit([]byte(magic))
}

// Write appends a batch. It keeps no reference to it.
func (w *Writer) Write(b arrow.RecordBatch) error {
	if w.err != nil {
		return w.err
	}
	if int(b.NumCols()) != len(w.layout.columns) {
		return fmt.Errorf("internal error: batch of %d columns for a file of %d", b.NumCols(), len(w.layout.columns))
	}
	rows := int(b.NumRows())
	step := w.stepRows(b)
	for from := 0; from < rows && w.err == nil; {
		n := min(step, rows-from, int(w.opts.RowGroupRows-w.rows))
		w.err = w.writeRows(b, from, from+n)
		from += n
	}
	return w.err
}

// stepRows is how many rows of a batch are encoded at a time: no more than fill a page of its widest
// column, so that pages keep their size.
func (w *Writer) stepRows(b arrow.RecordBatch) int {
	const most = 8192
	rows := int(b.NumRows())
	if rows == 0 {
		return most
	}
	step := most
	for i := range int(b.NumCols()) {
		if size := arrayBytes(b.Column(i).Data()); size > 0 {
			step = min(step, max(1, int(int64(rows)*int64(w.opts.PageBytes)/size)))
		}
	}
	return step
}

// arrayBytes is what the array and its children lie in, more than they need if they are slices.
func arrayBytes(d arrow.ArrayData) int64 {
	var n int64
	for _, buffer := range d.Buffers() {
		if buffer != nil {
			n += int64(buffer.Len())
		}
	}
	for _, child := range d.Children() {
		n += arrayBytes(child)
	}
	return n
}

func (w *Writer) writeRows(b arrow.RecordBatch, from, to int) error {
	part := b
	if from > 0 || to < int(b.NumRows()) {
		part = b.NewSlice(int64(from), int64(to))
	}
	w.shred.rows = to - from
	for i, column := range w.layout.columns {
		if err := w.shred.shred(column, part.Column(i), &slots{n: to - from}, 0); err != nil {
			return err
		}
	}
	w.rows += int64(to - from)
	if w.rows >= w.opts.RowGroupRows || w.buffered() >= w.opts.RowGroupBytes {
		return w.endRowGroup()
	}
	return nil
}

// Size is what the file has by now: the bytes written and an estimate of those still held.
func (w *Writer) Size() int64 { return w.offset + w.buffered() }

func (w *Writer) buffered() int64 {
	var n int64
	for _, leaf := range w.layout.leaves {
		n += leaf.buffered()
	}
	return n
}

// endRowGroup lays the chunks down one after the other.
func (w *Writer) endRowGroup() error {
	if w.rows == 0 {
		return nil
	}
	if len(w.groups) == math.MaxInt16 {
		return errors.New("write parquet: more than 32767 row groups; raise RowGroupRows or RowGroupBytes")
	}
	group := format.RowGroup{
		NumRows: w.rows, FileOffset: w.offset, Ordinal: int16(len(w.groups)),
		Columns: make([]format.ColumnChunk, len(w.layout.leaves)),
	}
	for i, leaf := range w.layout.leaves {
		chunk, err := leaf.endChunk()
		if err != nil {
			return err
		}
		w.indexes = append(w.indexes, indexOf(chunk, w.offset+int64(len(chunk.dictionary))))
		if len(chunk.dictionary) > 0 {
			chunk.meta.DictionaryPageOffset = w.offset
			if err := w.emit(chunk.dictionary); err != nil {
				return err
			}
		}
		chunk.meta.DataPageOffset = w.offset
		if err := w.emit(chunk.data); err != nil {
			return err
		}
		group.Columns[i].MetaData = chunk.meta
		group.TotalByteSize += chunk.meta.TotalUncompressedSize
		group.TotalCompressedSize += chunk.meta.TotalCompressedSize
	}
	w.groups = append(w.groups, group)
	w.meta.NumRows += w.rows
	w.rows = 0
	return nil
}

// emit writes bytes where the file ends.
func (w *Writer) emit(b []byte) error {
	n, err := w.out.Write(b)
	w.offset += int64(n)
	if err != nil {
		return fmt.Errorf("write parquet: offset %d: %w", w.offset, err)
	}
	return nil
}

// Close writes what is held, the page indexes and the footer. It does not close the io.Writer.
func (w *Writer) Close() (FileStats, error) {
	if w.err != nil {
		return FileStats{}, w.err
	}
	w.err = errClosed
	if err := w.endRowGroup(); err != nil {
		return FileStats{}, err
	}
	if err := w.emitIndexes(); err != nil {
		return FileStats{}, err
	}
	if err := w.emitFooter(); err != nil {
		return FileStats{}, err
	}
	return w.stats(), nil
}

func (w *Writer) emitFooter() error {
	w.meta.RowGroups = w.groups
	if w.groups == nil {
		w.meta.RowGroups = []format.RowGroup{} // required, though empty
	}
	footer, err := appendThrift(nil, &w.meta)
	if err != nil {
		return fmt.Errorf("write parquet: footer: %w", err)
	}
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	return w.emit(append(footer, magic...))
}

func (w *Writer) stats() FileStats {
	stats := FileStats{NumRows: w.meta.NumRows, Size: w.offset}
	for _, flat := range w.layout.flat {
		stats.Columns = append(stats.Columns, ColumnStats{Path: flat.path, Type: flat.typ, ColumnStats: flat.node.stats()})
	}
	return stats
}

// stats is what is known of the column in the whole file; of lists and maps, only how many are null.
func (n *writeNode) stats() predicate.ColumnStats {
	if n.leaf == nil {
		return predicate.ColumnStats{Nulls: n.nulls}
	}
	low, high := n.leaf.values.fileBounds()
	return predicate.ColumnStats{Min: low, Max: high, Nulls: n.leaf.fileNulls}
}
