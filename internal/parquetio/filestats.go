package parquetio

import (
	"cmp"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// Stats are what the footer tells of the columns of a schema, of the whole file: as a writer's Close would have. A column of which a row group
// tells nothing has no bounds. Floating-point columns of other writers have no maximum: those leave NaN out of theirs.
func (f *File) Stats(schema types.Struct) FileStats {
	stats := FileStats{NumRows: f.footer.rows, Size: f.size}
	f.statsBelow(schema, nil, ReadOptions{Schema: schema}, &stats)
	return stats
}

func (f *File) statsBelow(fields types.Struct, above []string, opts ReadOptions, stats *FileStats) {
	for _, field := range fields.Fields {
		path := append(append([]string{}, above...), field.Name)
		if inner, ok := field.Type.(types.Struct); ok {
			f.statsBelow(inner, path, opts, stats)
			continue
		}
		if of, ok := f.wholeStats(path, opts); ok {
			stats.Columns = append(stats.Columns, ColumnStats{Path: path, Type: field.Type, ColumnStats: of})
		}
	}
}

// wholeStats joins the bounds of the row groups.
func (f *File) wholeStats(path []string, opts ReadOptions) (predicate.ColumnStats, bool) {
	whole := predicate.ColumnStats{}
	bounded := true
	for i := range f.footer.groups {
		g := &f.footer.groups[i]
		of, ok := f.statsOf(g, path, opts)
		if !ok {
			return predicate.ColumnStats{}, false
		}
		if of.Nulls < 0 || whole.Nulls < 0 {
			whole.Nulls = -1
		} else {
			whole.Nulls += of.Nulls
		}
		if of.Nulls == g.rows {
			continue // nothing but nulls bounds nothing
		}
		if of.Min == nil || of.Max == nil {
			bounded = false
			continue
		}
		whole.Min, whole.Max = lower(whole.Min, of.Min), higher(whole.Max, of.Max)
		whole.MayHoldNaN = whole.MayHoldNaN || of.MayHoldNaN
	}
	if !bounded {
		whole.Min, whole.Max = nil, nil
	}
	if whole.MayHoldNaN {
		whole.Max = nil
	}
	return whole, true
}

func lower(a, b predicate.Value) predicate.Value {
	if a == nil || compareBounds(b, a) < 0 {
		return b
	}
	return a
}

func higher(a, b predicate.Value) predicate.Value {
	if a == nil || compareBounds(b, a) > 0 {
		return b
	}
	return a
}

// compareBounds compares values of one column.
func compareBounds(a, b predicate.Value) int {
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case string:
		return cmp.Compare(a, b.(string))
	case decimal128.Num:
		return a.Cmp(b.(decimal128.Num))
	case bool:
		if other := b.(bool); a != other {
			if a {
				return 1
			}
			return -1
		}
	}
	return 0
}
