package deltalog

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
)

// ScanOptions narrows a scan. The zero value reads every column of every file.
type ScanOptions struct {
	Columns []string  // nil: all, in table order
	Where   Predicate // [Scan.Files] skips files by it, [Scan.Batches] rows as well
}

// A Scan is a plan to read a snapshot.
type Scan struct {
	snapshot  *Snapshot
	table     Schema
	columns   Schema
	partition []Field
	keys      []string // of the partition columns, in partition values
	where     Predicate
}

// A ScanFile is a data file to read, with what its rows have in common.
type ScanFile struct {
	AddFile
	// Partition holds the values of the table's partition columns, in their order; nil is null.
	// The file itself does not hold these columns.
	Partition []predicate.Value
	// NumRecords is how many rows the file has; -1: unknown.
	NumRecords int64
}

// Scan plans the read of a snapshot. It does no I/O.
func (s *Snapshot) Scan(opts ScanOptions) (*Scan, error) {
	schema, err := s.Schema()
	if err != nil {
		return nil, err
	}
	scan := &Scan{snapshot: s, table: schema, columns: schema, where: opts.Where}
	if opts.Columns != nil {
		if scan.columns, err = pick(schema, opts.Columns); err != nil {
			return nil, err
		}
	}
	partition, err := pick(schema, s.state.metadata.PartitionColumns)
	scan.partition, scan.keys = partition.Fields, s.state.metadata.storedNames(partition.Fields)
	return scan, err
}

func pick(schema Schema, columns []string) (Schema, error) {
	var picked Schema
	for _, name := range columns {
		i := schema.Index(name)
		if i < 0 {
			return Schema{}, errclass.UnresolvedColumn.New("the table has no column `%s`.", name).
				WithHint("%s", errclass.DidYouMean(name, schema.Names()))
		}
		picked.Fields = append(picked.Fields, schema.Fields[i])
	}
	return picked, nil
}

// Schema is the columns that the scan reads, partition columns included.
func (s *Scan) Schema() Schema { return s.columns }

// PartitionFields are the table's partition columns, in the order of [ScanFile].Partition.
func (s *Scan) PartitionFields() []Field { return s.partition }

// Files are the files that may hold rows for which the condition holds.
func (s *Scan) Files(ctx context.Context) iter.Seq2[ScanFile, error] {
	return func(yield func(ScanFile, error) bool) {
		for add, err := range s.snapshot.Files(ctx) {
			var file ScanFile
			keep := false
			if err == nil {
				file, keep, err = s.plan(add)
			}
			if err != nil {
				yield(ScanFile{}, err)
				return
			}
			if keep && !yield(file, nil) {
				return
			}
		}
	}
}

// plan reads the file's partition values and statistics and says whether it is to be read.
func (s *Scan) plan(add AddFile) (file ScanFile, keep bool, err error) {
	file = ScanFile{AddFile: add}
	if file.Partition, err = partitionValues(s.partition, s.keys, add.PartitionValues); err != nil {
		return file, false, fmt.Errorf("plan %s: %w", add.Path, err)
	}
	stats := s.snapshot.state.metadata.ParseStats(add.Stats, s.table)
	file.NumRecords = stats.NumRecords
	if s.where == nil {
		return file, true, nil
	}
	known := func(column []string) (predicate.ColumnStats, bool) {
		if of, ok := partitionStats(s.partition, file.Partition, column, stats.NumRecords); ok {
			return of, true
		}
		return stats.Column(column)
	}
	return file, predicate.MayMatch(s.where, stats.NumRecords, known), nil
}

func partitionValues(columns []Field, keys []string, values map[string]*string) ([]predicate.Value, error) {
	if len(columns) == 0 {
		return nil, nil
	}
	parsed := make([]predicate.Value, len(columns))
	for i, f := range columns {
		v, err := ParsePartitionValue(f.Type, valueOf(values, keys[i]))
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", f.Name, err)
		}
		parsed[i] = v
	}
	return parsed, nil
}

// valueOf is a column's text, letter case aside.
func valueOf(values map[string]*string, column string) *string {
	if v, ok := values[column]; ok {
		return v
	}
	for name, v := range values {
		if strings.EqualFold(name, column) {
			return v
		}
	}
	return nil
}

// partitionStats tells of a partition column what statistics tell of others: all rows of the file
// have the one value.
func partitionStats(columns []Field, values []predicate.Value, column []string, rows int64) (predicate.ColumnStats, bool) {
	if len(column) != 1 {
		return predicate.ColumnStats{}, false
	}
	for i, f := range columns {
		if !strings.EqualFold(f.Name, column[0]) {
			continue
		}
		if values[i] == nil {
			return predicate.ColumnStats{Nulls: rows, Single: true}, true
		}
		return predicate.ColumnStats{Min: values[i], Max: values[i], Single: true}, true
	}
	return predicate.ColumnStats{}, false
}
