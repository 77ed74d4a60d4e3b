package deltalog

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// Totals is what the log says of all rows of a version together.
type Totals struct {
	Rows    int64 // -1: not every file tells
	Columns []ColumnTotals
}

// ColumnTotals is what the log says of one column.
type ColumnTotals struct {
	Nulls int64 // -1: not every file tells
	// Min and Max are the least and the greatest value, exactly, where Bounded; nil where all values are null.
	Min, Max predicate.Value
	Bounded  bool
}

// Totals adds up the statistics of the version's files, those of top-level columns by name. Only what is exact counts: rows less
// those that deletion vectors took out; of a file without such a vector and with tight bounds also null counts, and the bounds
// of integers, dates, and decimals whose digits no double could have lost; the values of partition columns. The bounds
// of texts and timestamps are cut, and those of floating-point numbers may leave NaN out.
func (s *Snapshot) Totals(ctx context.Context, columns []string) (Totals, error) {
	return s.TotalsWhile(ctx, columns, func(*Totals) bool { return true })
}

// TotalsWhile is [Snapshot.Totals] that looks at no more files once what it knows is of no use.
func (s *Snapshot) TotalsWhile(ctx context.Context, columns []string, useful func(*Totals) bool) (Totals, error) {
	scan, err := s.Scan(ScanOptions{})
	if err != nil {
		return Totals{}, err
	}
	fields, err := pick(scan.table, columns)
	if err != nil {
		return Totals{}, err
	}
	sum := Totals{Columns: make([]ColumnTotals, len(columns))}
	for i := range sum.Columns {
		sum.Columns[i].Bounded = true
	}
	for file, err := range scan.Files(ctx) {
		if err != nil {
			return Totals{}, s.table.located(err)
		}
		if !sum.add(scan, &file, fields.Fields) || !useful(&sum) {
			break
		}
	}
	return sum, nil
}

// add counts a file in. It says no when there is nothing left to be told.
func (t *Totals) add(scan *Scan, file *ScanFile, fields []Field) bool {
	rows := file.NumRecords
	if v := file.DeletionVector; v != nil && rows >= 0 {
		rows = max(-1, rows-v.Cardinality)
	}
	if rows < 0 { // it may have rows, or none: nothing is known of the whole
		*t = Totals{Rows: -1, Columns: make([]ColumnTotals, len(t.Columns))}
		for i := range t.Columns {
			t.Columns[i].Nulls = -1
		}
		return false
	}
	t.Rows += rows
	if rows == 0 {
		return true
	}
	stats := scan.snapshot.state.metadata.ParseStats(file.Stats, scan.table)
	for i := range t.Columns {
		t.Columns[i].add(file.columnTotals(scan, &stats, fields[i], rows))
	}
	return true
}

// columnTotals is what is known exactly of a column in a file that has rows.
func (f *ScanFile) columnTotals(scan *Scan, stats *Stats, field Field, rows int64) ColumnTotals {
	if one, ok := partitionStats(scan.partition, f.Partition, []string{field.Name}, rows); ok {
		return ColumnTotals{Nulls: one.Nulls, Min: one.Min, Max: one.Max, Bounded: one.Nulls == rows || totallyOrdered(field.Type)}
	}
	unknown := ColumnTotals{Nulls: -1}
	tight := stats.parsed.TightBounds == nil || *stats.parsed.TightBounds
	if f.DeletionVector != nil || !tight {
		return unknown
	}
	known, ok := stats.Column([]string{field.Name})
	if !ok || known.Nulls < 0 || known.Nulls > rows {
		return unknown
	}
	exact := exactBounds(field.Type) && !wasFloat(field) && !lossy(known.Min) && !lossy(known.Max)
	return ColumnTotals{
		Nulls: known.Nulls, Min: known.Min, Max: known.Max,
		Bounded: known.Nulls == rows || exact && known.Min != nil && known.Max != nil,
	}
}

// exactBounds reports whether statistics hold values of the type as they are.
func exactBounds(t Type) bool {
	if _, ok := t.(types.Decimal); ok {
		return true
	}
	switch t {
	case types.Byte, types.Short, types.Integer, types.Long, types.Date:
		return true
	}
	return false
}

// totallyOrdered reports whether partition values of the type compare as Spark compares them.
func totallyOrdered(t Type) bool {
	return exactBounds(t) || t == types.String || t == types.Boolean || t == types.Timestamp || t == types.TimestampNTZ
}

// lossy reports whether a bound may have lost digits on its way through a double.
func lossy(v predicate.Value) bool {
	n, ok := v.(decimal128.Num)
	return ok && lostDigits(n) != (decimal128.Num{})
}

func (c *ColumnTotals) add(of ColumnTotals) {
	if of.Nulls < 0 || c.Nulls < 0 {
		c.Nulls = -1
	} else {
		c.Nulls += of.Nulls
	}
	c.Bounded = c.Bounded && of.Bounded
	if !c.Bounded {
		c.Min, c.Max = nil, nil
		return
	}
	c.Min, c.Max = predicate.Least(c.Min, of.Min), predicate.Greatest(c.Max, of.Max)
}
