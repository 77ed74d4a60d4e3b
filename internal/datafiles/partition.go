package datafiles

import (
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// partitionColumn is a column of the rows that the folder names hold instead of the files.
type partitionColumn struct {
	name     string
	index    int
	dataType types.Type
	zone     *time.Location // of timestamps in the names; nil: UTC
	text     func(t types.Type, v any) (*string, error)
}

// partitionRows is the rows of one partition in a batch.
type partitionRows struct {
	key    string // tells partitions apart
	dir    string
	values map[string]*string
	rows   arrow.RecordBatch
}

// splitByPartition sorts a batch's rows into partitions, in the order of their first rows.
func splitByPartition(b arrow.RecordBatch, by []partitionColumn, folder func([]string, map[string]*string) string) ([]partitionRows, error) {
	if len(by) == 0 {
		return []partitionRows{{values: map[string]*string{}, rows: b}}, nil
	}
	groups := map[string]int{}
	var parts []partitionRows
	var picked [][]int32
	for i := range int(b.NumRows()) {
		values, err := partitionValues(b, by, i)
		if err != nil {
			return nil, err
		}
		dir := folder(names(by), values)
		key := partitionKey(dir, by, values)
		at, ok := groups[key]
		if !ok {
			at = len(parts)
			groups[key] = at
			parts, picked = append(parts, partitionRows{key: key, dir: dir, values: values}), append(picked, nil)
		}
		picked[at] = append(picked[at], int32(i))
	}
	if len(parts) == 1 {
		parts[0].rows = b
		return parts, nil
	}
	for at := range parts {
		parts[at].rows = batch.TakeRows(b, picked[at])
	}
	return parts, nil
}

// partitionKey tells null from the text that is spelled like the folder of null.
func partitionKey(dir string, by []partitionColumn, values map[string]*string) string {
	for _, c := range by {
		if values[c.name] == nil {
			dir += "\x00" + c.name // no folder has a NUL: it is escaped
		}
	}
	return dir
}

func names(by []partitionColumn) []string {
	all := make([]string, len(by))
	for i, c := range by {
		all[i] = c.name
	}
	return all
}

func partitionValues(b arrow.RecordBatch, by []partitionColumn, row int) (map[string]*string, error) {
	values := make(map[string]*string, len(by))
	for _, c := range by {
		values[c.name] = nil
		if col := b.Column(c.index); !col.IsNull(row) {
			v, err := partitionValue(col, row)
			if err != nil {
				return nil, fmt.Errorf("partition column %s: %w", c.name, err)
			}
			text, err := c.textOf(v)
			if err != nil {
				return nil, fmt.Errorf("partition column %s: %w", c.name, err)
			}
			values[c.name] = text
		}
	}
	return values, nil
}

// textOf is the value as the folder's name has it.
func (c partitionColumn) textOf(v predicate.Value) (*string, error) {
	if micros, ok := v.(int64); ok && c.zone != nil && c.dataType == types.Type(types.Timestamp) {
		_, offset := time.UnixMicro(micros).In(c.zone).Zone()
		return c.text(types.TimestampNTZ, micros+int64(offset)*1e6)
	}
	return c.text(c.dataType, v)
}

func partitionValue(col arrow.Array, row int) (predicate.Value, error) {
	switch col := col.(type) {
	case *array.Boolean:
		return col.Value(row), nil
	case *array.Int8:
		return int64(col.Value(row)), nil
	case *array.Int16:
		return int64(col.Value(row)), nil
	case *array.Int32:
		return int64(col.Value(row)), nil
	case *array.Int64:
		return col.Value(row), nil
	case *array.Date32:
		return int64(col.Value(row)), nil
	case *array.Timestamp:
		return int64(col.Value(row)), nil
	case *array.Float32:
		return float64(col.Value(row)), nil
	case *array.Float64:
		return col.Value(row), nil
	case *array.String:
		return col.Value(row), nil
	case *array.Binary:
		return col.Value(row), nil
	case *array.Decimal128:
		return col.Value(row), nil
	}
	return nil, fmt.Errorf("a column of type %s cannot partition a table", col.DataType())
}
