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
	expr.Derived
}

// generatedPartitions are those whose value says of a file something about the other column.
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
		if derived, ok := expr.DerivedOf(e); ok {
			all = append(all, generatedPartition{f.Name, derived})
		}
	}
	return all
}

// A generatedKey is partitions that together never give less for more: one alone, or year, month, day and hour one after the other.
type generatedKey []generatedPartition

// keysOf are the keys among partitions that are computed from the same column.
func keysOf(partitions []generatedPartition) []generatedKey {
	var keys []generatedKey
	var calendar generatedKey
	for _, part := range []string{"year", "month", "day", "hour"} {
		i := slices.IndexFunc(partitions, func(g generatedPartition) bool { return g.Part == part })
		if i < 0 {
			break
		}
		calendar = append(calendar, partitions[i])
	}
	if len(calendar) > 0 {
		keys = append(keys, calendar)
	}
	for _, g := range partitions {
		if g.Rising && g.Part == "" {
			keys = append(keys, generatedKey{g})
		}
	}
	return keys
}

// withGenerated adds to conditions on a column what follows from them for the partition columns that are computed from it, and tells that.
func withGenerated(meta deltalog.Metadata, where predicate.Predicate) (all, added predicate.Predicate) {
	if where == nil || len(meta.PartitionColumns) == 0 {
		return where, nil
	}
	w := generatedFilter{partitions: generatedPartitions(meta)}
	if len(w.partitions) == 0 {
		return where, nil
	}
	all = w.added(where)
	if len(w.followed) > 0 {
		added = w.followed
	}
	return all, added
}

type generatedFilter struct {
	partitions []generatedPartition
	followed   predicate.And // what was added
}

func (w *generatedFilter) added(p predicate.Predicate) predicate.Predicate {
	switch p := p.(type) {
	case predicate.And:
		out := make(predicate.And, len(p))
		for i := range p {
			out[i] = w.added(p[i])
		}
		return out
	case predicate.Or:
		out := make(predicate.Or, len(p))
		for i := range p {
			out[i] = w.added(p[i])
		}
		return out
	case predicate.Compare:
		return w.with(p, follows(w.of(p.Column), p.Op, p.Value))
	case predicate.In:
		from := w.of(p.Column)
		var out predicate.Or
		for _, v := range p.Values {
			one := follows(from, predicate.Equal, v)
			if len(one) == 0 {
				return p
			}
			out = append(out, one)
		}
		if len(out) > 0 {
			return w.with(p, predicate.And{out})
		}
	case predicate.IsNull:
		if !p.Not {
			return w.with(p, ofNull(w.of(p.Column)))
		}
	}
	return p
}

func (w *generatedFilter) with(p predicate.Predicate, more predicate.And) predicate.Predicate {
	if len(more) == 0 {
		return p
	}
	w.followed = append(w.followed, more...)
	return predicate.And{p, more}
}

// of are the partitions that are computed from a column.
func (w *generatedFilter) of(column []string) []generatedPartition {
	var from []generatedPartition
	for _, g := range w.partitions {
		if slices.EqualFunc(g.Path, column, strings.EqualFold) {
			from = append(from, g)
		}
	}
	return from
}

// follows is what holds of the partitions where a comparison of their column holds.
func follows(partitions []generatedPartition, op predicate.Op, value predicate.Value) predicate.And {
	var bounds predicate.And
	for _, key := range keysOf(partitions) {
		if op == predicate.Equal || op == predicate.Less || op == predicate.LessOrEqual {
			bounds = append(bounds, key.bound(value, true, op == predicate.Less)...)
		}
		if op == predicate.Equal || op == predicate.Greater || op == predicate.GreaterOrEqual {
			bounds = append(bounds, key.bound(value, false, op == predicate.Greater)...)
		}
	}
	for _, g := range partitions {
		if op != predicate.Equal || !g.Exact || g.Rising {
			continue
		}
		if v, ok := g.Of(value, true); ok && v != nil {
			bounds = append(bounds, orNull(g.name, predicate.Compare{Column: []string{g.name}, Op: predicate.Equal, Value: v}))
		}
	}
	return bounds
}

// bound is what holds of the key where its column is at most the value, or at least.
func (k generatedKey) bound(value predicate.Value, upper, strict bool) predicate.And {
	values := make([]predicate.Value, len(k))
	for i, g := range k {
		v, ok := g.Of(value, upper)
		if !ok || v == nil {
			return nil
		}
		values[i] = v
	}
	beyond, last := predicate.Less, predicate.LessOrEqual
	if !upper {
		beyond, last = predicate.Greater, predicate.GreaterOrEqual
	}
	if strict && k[0].Same {
		last = beyond
	}
	at := len(k) - 1
	var p predicate.Predicate = predicate.Compare{Column: []string{k[at].name}, Op: last, Value: values[at]}
	for at--; at >= 0; at-- {
		column := []string{k[at].name}
		p = predicate.Or{
			predicate.Compare{Column: column, Op: beyond, Value: values[at]},
			predicate.And{predicate.Compare{Column: column, Op: predicate.Equal, Value: values[at]}, p},
		}
	}
	if k[0].Ordered != nil && !upper {
		p = predicate.Or{p, predicate.Compare{Column: []string{k[0].name}, Op: predicate.Less, Value: k[0].Ordered}}
	}
	if len(k) > 1 {
		return predicate.And{p} // parts of a day are null for null only
	}
	return predicate.And{orNull(k[0].name, p)}
}

// orNull leaves partitions of null in: an empty text is written so, too.
func orNull(name string, p predicate.Predicate) predicate.Predicate {
	null := predicate.IsNull{Column: []string{name}}
	if or, ok := p.(predicate.Or); ok {
		return append(slices.Clip(or), null)
	}
	return predicate.Or{p, null}
}

// ofNull is what holds of the partitions where their column is null.
func ofNull(partitions []generatedPartition) predicate.And {
	var all predicate.And
	for _, g := range partitions {
		if g.NullOnly {
			all = append(all, predicate.IsNull{Column: []string{g.name}})
		}
	}
	return all
}
