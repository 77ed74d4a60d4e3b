package delta

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/deltalog"
	"lakehouse/internal/expr"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// A selection says of which files of a table rows may change: those whose partition fulfils conditions, and whose statistics do not
// refute others.
type selection struct {
	partition []expr.Expr // conditions about partition columns alone, over all columns of the table
	rest      []expr.Expr // those that need rows
}

// selectionOf takes a condition apart; nil: all rows.
func selectionOf(condition expr.Expr, schema types.Struct, partition []string) selection {
	var s selection
	if condition == nil {
		return s
	}
	for _, c := range expr.Conjuncts(condition) {
		if readsOnly(c, schema, partition) && expr.IsDeterministic(c) {
			s.partition = append(s.partition, c)
		} else {
			s.rest = append(s.rest, c)
		}
	}
	return s
}

func readsOnly(e expr.Expr, schema types.Struct, names []string) bool {
	only := true
	eachColumn(e, func(c *expr.Column) {
		only = only && c.Index < len(schema.Fields) && slices.Contains(names, schema.Fields[c.Index].Name)
	})
	return only
}

// files are the files that the selection leaves. The transaction is told what was read of the table.
func (c *change) files(ctx context.Context, s selection) ([]deltalog.AddFile, error) {
	return c.filesWhere(ctx, s, c.refutable(s.condition()))
}

// condition is all of it; nil: all rows.
func (s selection) condition() expr.Expr {
	return expr.Conjunction(append(slices.Clip(s.partition), s.rest...))
}

// refutable is a condition as the log holds it against files. What it says of partition columns is exact.
func (c *change) refutable(condition expr.Expr) predicate.Predicate {
	if condition == nil {
		return nil
	}
	partition := c.snap.PartitionColumns()
	return expr.ToPredicateOf(condition, expr.Statistics{Path: pathIn(c.schema), Single: func(i int) bool {
		return i < len(c.schema.Fields) && slices.Contains(partition, c.schema.Fields[i].Name)
	}})
}

func (c *change) filesWhere(ctx context.Context, s selection, where predicate.Predicate) ([]deltalog.AddFile, error) {
	where, _ = withGenerated(c.snap.Metadata(), where)
	c.txn.ReadFiles(where)
	scan, err := c.snap.Scan(deltalog.ScanOptions{Where: where})
	if err != nil {
		return nil, err
	}
	var files []deltalog.AddFile
	for f, err := range scan.Files(ctx) {
		if err != nil {
			return nil, err
		}
		files = append(files, f.AddFile)
	}
	return c.inPartitions(files, expr.Conjunction(s.partition))
}

// inPartitions are the files for whose partition a condition holds.
func (c *change) inPartitions(files []deltalog.AddFile, condition expr.Expr) ([]deltalog.AddFile, error) {
	if condition == nil || len(files) == 0 {
		return files, nil
	}
	rows, err := c.partitionRows(files)
	if err != nil {
		return nil, err
	}
	eval := c.opts.Eval
	v, err := condition.Eval(&eval, rows)
	if err != nil {
		return nil, err
	}
	var kept []deltalog.AddFile
	for _, i := range trueRows(v, len(files)) {
		kept = append(kept, files[i])
	}
	return kept, nil
}

// partitionRows has a row for each file: its partition values, and null in all other columns.
func (c *change) partitionRows(files []deltalog.AddFile) (arrow.RecordBatch, error) {
	meta := c.snap.Metadata()
	stored, err := meta.Schema()
	if err != nil {
		return nil, err
	}
	schema := types.ToArrowSchema(nullable(c.schema))
	columns := make([]arrow.Array, len(c.schema.Fields))
	for i, f := range c.schema.Fields {
		if !slices.Contains(meta.PartitionColumns, f.Name) {
			columns[i] = types.NullArray(schema.Field(i).Type, len(files))
			continue
		}
		if columns[i], err = partitionColumn(files, f, meta.StoredName(stored.Fields[i])); err != nil {
			return nil, err
		}
	}
	return array.NewRecordBatch(schema, columns, int64(len(files))), nil
}

func partitionColumn(files []deltalog.AddFile, f types.Field, key string) (arrow.Array, error) {
	b := array.NewBuilder(memory.DefaultAllocator, types.ToArrow(f.Type))
	for i := range files {
		v, err := deltalog.ParsePartitionValue(f.Type, files[i].PartitionValues[key])
		if err != nil {
			return nil, fmt.Errorf("partition column %s of %s: %w", f.Name, files[i].Path, err)
		}
		if v == nil {
			b.AppendNull()
			continue
		}
		if err := appendPartitionValue(b, v); err != nil {
			return nil, fmt.Errorf("partition column %s of %s: %w", f.Name, files[i].Path, err)
		}
	}
	return b.NewArray(), nil
}

// appendPartitionValue appends a value as [deltalog.ParsePartitionValue] gives it.
func appendPartitionValue(b array.Builder, v predicate.Value) error {
	n, _ := v.(int64)
	d, _ := v.(float64)
	switch b := b.(type) {
	case *array.Int8Builder:
		b.Append(int8(n))
	case *array.Int16Builder:
		b.Append(int16(n))
	case *array.Int32Builder:
		b.Append(int32(n))
	case *array.Int64Builder:
		b.Append(n)
	case *array.Date32Builder:
		b.Append(arrow.Date32(n))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(n))
	case *array.Float32Builder:
		b.Append(float32(d))
	case *array.Float64Builder:
		b.Append(d)
	default:
		return appendOtherValue(b, v)
	}
	return nil
}

func appendOtherValue(b array.Builder, v predicate.Value) error {
	switch v := v.(type) {
	case bool:
		if b, ok := b.(*array.BooleanBuilder); ok {
			b.Append(v)
			return nil
		}
	case string:
		if b, ok := b.(*array.StringBuilder); ok {
			b.Append(v)
			return nil
		}
	case []byte:
		if b, ok := b.(*array.BinaryBuilder); ok {
			b.Append(v)
			return nil
		}
	case decimal128.Num:
		if b, ok := b.(*array.Decimal128Builder); ok {
			b.Append(v)
			return nil
		}
	}
	return fmt.Errorf("a value %v does not partition by %s", v, b.Type())
}

// predicateText is a condition as the history has it: a list of texts in JSON.
func predicateText(condition expr.Expr) string {
	text := "true"
	if condition != nil {
		text = condition.String()
	}
	return jsonText([]string{text})
}

// jsonText is a value of the history, which holds JSON as text.
func jsonText(v any) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "[]" // texts cannot fail
	}
	return strings.TrimSuffix(out.String(), "\n")
}
