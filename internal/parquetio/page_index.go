package parquetio

import (
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// A pageIndex lets a reader find and skip pages of one column chunk.
type pageIndex struct {
	columns *format.ColumnIndex // nil where a page's bounds are in doubt
	offsets format.OffsetIndex
}

// indexOf makes the index of a chunk whose first data page is at dataOffset.
func indexOf(c finishedChunk, dataOffset int64) pageIndex {
	var index pageIndex
	for _, p := range c.pages {
		index.offsets.PageLocations = append(index.offsets.PageLocations, format.PageLocation{
			Offset: dataOffset + p.offset, CompressedPageSize: int32(p.size), FirstRowIndex: p.firstRow,
		})
	}
	if !c.indexable {
		return index
	}
	columns := &format.ColumnIndex{}
	for _, p := range c.pages {
		columns.NullPages = append(columns.NullPages, p.allNull)
		columns.MinValues = append(columns.MinValues, p.bounds.min)
		columns.MaxValues = append(columns.MaxValues, p.bounds.max)
		columns.NullCounts = append(columns.NullCounts, p.nulls)
	}
	index.columns = columns
	return index
}

// emitIndexes writes all column indexes and then all offset indexes, so that a reader gets either
// kind in one read, and notes in the footer where they are.
func (w *Writer) emitIndexes() error {
	var buf []byte
	at := 0
	err := w.eachChunk(func(c *format.ColumnChunk) error {
		index := w.indexes[at].columns
		at++
		if index == nil {
			return nil
		}
		var err error
		if buf, err = appendThrift(buf[:0], index); err != nil {
			return fmt.Errorf("write parquet: column index: %w", err)
		}
		c.ColumnIndexOffset, c.ColumnIndexLength = w.offset, int32(len(buf))
		return w.emit(buf)
	})
	if err != nil {
		return err
	}
	at = 0
	return w.eachChunk(func(c *format.ColumnChunk) error {
		index := &w.indexes[at].offsets
		at++
		var err error
		if buf, err = appendThrift(buf[:0], index); err != nil {
			return fmt.Errorf("write parquet: offset index: %w", err)
		}
		c.OffsetIndexOffset, c.OffsetIndexLength = w.offset, int32(len(buf))
		return w.emit(buf)
	})
}

func (w *Writer) eachChunk(do func(*format.ColumnChunk) error) error {
	for i := range w.groups {
		for j := range w.groups[i].Columns {
			if err := do(&w.groups[i].Columns[j]); err != nil {
				return err
			}
		}
	}
	return nil
}
