package exec

import (
	"cmp"
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// sessionAggregate groups rows at rest by a session window: rows that agree in the other keys belong to one group when their
// windows touch, directly or through others. A row is first a session of its own; sessions are then sorted and merged.
type sessionAggregate struct{ *aggregate }

func newSessionAggregate(a *aggregate) (*sessionAggregate, error) {
	for _, c := range a.calls {
		if c.Distinct {
			return nil, errclass.UnsupportedFeature.New("%s over session windows is not supported.", c)
		}
	}
	return &sessionAggregate{a}, nil
}

func (s *sessionAggregate) Execute(ctx context.Context, n int) []batch.Seq {
	return spread(ctx, n, s.run)
}

func (s *sessionAggregate) run(ctx context.Context, out *outlet) error {
	tables, err := s.aggregateBatch(ctx)
	defer releaseAll(tables)
	if err != nil {
		return err
	}
	var parts []*changedGroups
	for _, t := range tables {
		groups, err := t.groupsOf()
		if err != nil {
			return err
		}
		parts = append(parts, groups)
	}
	all, err := s.concat(parts)
	if err != nil {
		return err
	}
	keys, sums, err := s.mergeSessions(all)
	if err != nil {
		return err
	}
	rows, err := sums.rows(keys)
	if err != nil {
		return err
	}
	return out.give(ctx, rows)
}

// concat puts groups behind each other.
func (a *aggregate) concat(parts []*changedGroups) (*changedGroups, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	out := &changedGroups{states: make([][]arrow.Array, len(a.calls))}
	for _, p := range parts {
		out.n += p.n
	}
	one := func(t types.Type, of func(*changedGroups) arrow.Array) (arrow.Array, error) {
		columns := make([]arrow.Array, len(parts))
		for i, p := range parts {
			columns[i] = of(p)
		}
		return concatArrays(types.ToArrow(t), columns)
	}
	for k, f := range a.keySchema().Fields {
		column, err := one(f.Type, func(g *changedGroups) arrow.Array { return g.keys[k] })
		if err != nil {
			return nil, err
		}
		out.keys = append(out.keys, column)
	}
	for c, call := range a.calls {
		for i, f := range call.Function.Buffer().Fields {
			column, err := one(f.Type, func(g *changedGroups) arrow.Array { return g.states[c][i] })
			if err != nil {
				return nil, err
			}
			out.states[c] = append(out.states[c], column)
		}
	}
	return out, nil
}

// mergeSessions makes one group of sessions that touch, and gives the groups' keys and sums, those of equal other keys together,
// in the order of their starts.
func (a *aggregate) mergeSessions(groups *changedGroups) (keys []arrow.Array, merged *sums, err error) {
	of := a.numberOthers(groups)
	starts, ends := bounds(groups.keys[a.session])
	order := make([]int32, groups.n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(x, y int32) int {
		return cmp.Or(cmp.Compare(of[x], of[y]), cmp.Compare(starts[x], starts[y]), cmp.Compare(ends[x], ends[y]))
	})
	var first []int32
	var from, to []arrow.Timestamp
	sessionOf := make([]uint32, len(order))
	for i, row := range order {
		last := len(first) - 1
		if last >= 0 && of[first[last]] == of[row] && starts[row] <= to[last] {
			to[last] = max(to[last], ends[row])
		} else {
			first, from, to = append(first, row), append(from, starts[row]), append(to, ends[row])
		}
		sessionOf[i] = uint32(len(first) - 1)
	}
	merged = a.newSums(a.env.eval(0), len(first))
	if err := merged.merge(sessionOf, groups.take(order).states); err != nil {
		return nil, nil, err
	}
	keys = takeColumns(groups.keys, first)
	keys[a.session] = windows(groups.keys[a.session].DataType(), from, to)
	return keys, merged, nil
}

// numberOthers numbers what the groups have in the keys other than the session.
func (a *aggregate) numberOthers(groups *changedGroups) []uint32 {
	numbers := make([]uint32, groups.n)
	if len(a.keys) > 1 {
		table := newKeyTable(newHasher(), a.otherKeys())
		table.insert(table.hasher.load(a.others(groups.keys), groups.n), numbers)
	}
	return numbers
}

// others are the keys' columns without the session.
func (a *aggregate) others(keys []arrow.Array) []arrow.Array {
	if a.session < 0 {
		return keys
	}
	return slices.Delete(slices.Clone(keys), a.session, a.session+1)
}

func (a *aggregate) otherKeys() types.Struct {
	return types.Struct{Fields: slices.Delete(slices.Clone(a.keySchema().Fields), a.session, a.session+1)}
}

// bounds are the starts and ends of a column of windows, none of which is null.
func bounds(column arrow.Array) (starts, ends []arrow.Timestamp) {
	s := column.(*array.Struct)
	return s.Field(0).(*array.Timestamp).TimestampValues(), s.Field(1).(*array.Timestamp).TimestampValues()
}

// windows is a column of windows of a type.
func windows(t arrow.DataType, starts, ends []arrow.Timestamp) arrow.Array {
	fields := t.(*arrow.StructType).Fields()
	data := array.NewData(t, len(starts), []*memory.Buffer{nil}, []arrow.ArrayData{
		timestamps(fields[0].Type, starts).Data(), timestamps(fields[1].Type, ends).Data(),
	}, 0, 0)
	return array.NewStructData(data)
}

func timestamps(t arrow.DataType, values []arrow.Timestamp) arrow.Array {
	b := array.NewTimestampBuilder(memory.DefaultAllocator, t.(*arrow.TimestampType))
	b.AppendValues(values, nil)
	return b.NewArray()
}
