package delta

import (
	"slices"
	"strings"
	"time"

	"lakehouse/deltalog"
	"lakehouse/internal/expr"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// A generatedPartition is a partition column that a table computes from another column.
type generatedPartition struct {
	name string
	from expr.Rising
}

// generatedPartitions are those whose value says of a file between what bounds the other column lies.
func generatedPartitions(meta deltalog.Metadata) []generatedPartition {
	schema, err := meta.Schema()
	if err != nil {
		return nil
	}
	var all []generatedPartition
	r := newTextResolver(schema, expr.Context{ANSI: true, TimeZone: time.UTC})
	for _, f := range schema.Fields {
		text, generated := generationOf(f)
		if !generated || !slices.Contains(meta.PartitionColumns, f.Name) {
			continue
		}
		e, err := r.generationValue(f, text)
		if err != nil || !types.EqualIgnoringNullability(e.Type(), f.Type) {
			continue // the table can be read without
		}
		if rising, ok := expr.RisingOf(e); ok {
			all = append(all, generatedPartition{f.Name, rising})
		}
	}
	return all
}

// withGenerated adds to conditions on a column what follows from them for the partition columns that are computed from it.
func withGenerated(meta deltalog.Metadata, where predicate.Predicate) predicate.Predicate {
	if where == nil || len(meta.PartitionColumns) == 0 {
		return where
	}
	for _, g := range generatedPartitions(meta) {
		where = g.added(where)
	}
	return where
}

func (g generatedPartition) added(p predicate.Predicate) predicate.Predicate {
	switch p := p.(type) {
	case predicate.And:
		out := make(predicate.And, len(p))
		for i := range p {
			out[i] = g.added(p[i])
		}
		return out
	case predicate.Or:
		out := make(predicate.Or, len(p))
		for i := range p {
			out[i] = g.added(p[i])
		}
		return out
	case predicate.Compare:
		if g.of(p.Column) {
			return predicate.And{p, g.follows(p.Op, p.Value)}
		}
	case predicate.In:
		if g.of(p.Column) && len(p.Values) > 0 {
			out := make(predicate.Or, len(p.Values))
			for i, v := range p.Values {
				out[i] = g.follows(predicate.Equal, v)
			}
			return predicate.And{p, out}
		}
	}
	return p
}

func (g generatedPartition) of(column []string) bool {
	return len(column) == 1 && strings.EqualFold(column[0], g.from.Column)
}

// follows is what holds of the partition where a comparison of the column holds. A partition of null tells nothing: an empty text is written
// so, too.
func (g generatedPartition) follows(op predicate.Op, value predicate.Value) predicate.Predicate {
	var bounds predicate.And
	if op == predicate.Equal || op == predicate.Less || op == predicate.LessOrEqual {
		if v, ok := g.from.Of(value, true); ok && v != nil {
			bounds = append(bounds, predicate.Compare{Column: []string{g.name}, Op: predicate.LessOrEqual, Value: v})
		}
	}
	if op == predicate.Equal || op == predicate.Greater || op == predicate.GreaterOrEqual {
		if v, ok := g.from.Of(value, false); ok && v != nil {
			bounds = append(bounds, predicate.Compare{Column: []string{g.name}, Op: predicate.GreaterOrEqual, Value: v})
		}
	}
	return predicate.Or{bounds, predicate.IsNull{Column: []string{g.name}}}
}
