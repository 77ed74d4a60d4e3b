package expr

import (
	"cmp"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// buildExtreme is min and max.
func buildExtreme(b *builder, largest bool) (*aggregate, error) {
	t := b.args[0].Type()
	if !orderable(t) {
		return nil, b.mismatch(errclass.DatatypeMismatchOrdering, "The `%s` does not support ordering on type \"%s\".", b.name, types.SQL(t))
	}
	return &aggregate{
		args: b.args, result: t, nullable: true, buffer: structOf(field(b.name, t, true)),
		start: func(*Context) Accumulator { return newExtreme(t, largest) },
	}, nil
}

func newExtreme(t types.Type, largest bool) Accumulator {
	switch types.ToArrow(t).ID() {
	case arrow.INT8:
		return integerExtreme[int8](t, largest)
	case arrow.INT16:
		return integerExtreme[int16](t, largest)
	case arrow.INT32, arrow.DATE32, arrow.INTERVAL_MONTHS:
		return integerExtreme[int32](t, largest)
	case arrow.INT64, arrow.TIMESTAMP, arrow.DURATION:
		return integerExtreme[int64](t, largest)
	case arrow.FLOAT32:
		return floatExtreme[float32](t, largest)
	case arrow.FLOAT64:
		return floatExtreme[float64](t, largest)
	default:
		return &bestState{t: t, largest: largest}
	}
}

// extremeState keeps the smallest or largest number of fixed width of each group.
type extremeState[T number] struct {
	t      types.Type
	best   []T
	seen   []bool
	update func(best []T, seen []bool, groups []uint32, values []T)
}

func integerExtreme[T integer](t types.Type, largest bool) Accumulator {
	if largest {
		return &extremeState[T]{t: t, update: maxLoop[T]}
	}
	return &extremeState[T]{t: t, update: minLoop[T]}
}

func floatExtreme[T float32 | float64](t types.Type, largest bool) Accumulator {
	if largest {
		return &extremeState[T]{t: t, update: maxFloatLoop[T]}
	}
	return &extremeState[T]{t: t, update: minFloatLoop[T]}
}

func minLoop[T cmp.Ordered](best []T, seen []bool, groups []uint32, values []T) {
	values = values[:len(groups)]
	for i, g := range groups {
		if v := values[i]; !seen[g] || v < best[g] {
			best[g], seen[g] = v, true
		}
	}
}

func maxLoop[T cmp.Ordered](best []T, seen []bool, groups []uint32, values []T) {
	values = values[:len(groups)]
	for i, g := range groups {
		if v := values[i]; !seen[g] || v > best[g] {
			best[g], seen[g] = v, true
		}
	}
}

func minFloatLoop[T float32 | float64](best []T, seen []bool, groups []uint32, values []T) {
	for i, g := range groups {
		if v := values[i]; !seen[g] || compareFloats(v, best[g]) < 0 {
			best[g], seen[g] = v, true
		}
	}
}

func maxFloatLoop[T float32 | float64](best []T, seen []bool, groups []uint32, values []T) {
	for i, g := range groups {
		if v := values[i]; !seen[g] || compareFloats(v, best[g]) > 0 {
			best[g], seen[g] = v, true
		}
	}
}

func (s *extremeState[T]) Grow(n int)   { s.best, s.seen = grow(s.best, n), grow(s.seen, n) }
func (s *extremeState[T]) Bytes() int64 { return int64(cap(s.best)) * 9 }

func (s *extremeState[T]) Update(groups []uint32, args []Vector) error {
	values := broadcast[T](args[0], len(groups))
	if valid := args[0].valid(len(groups)); valid != nil {
		groups, values = compact(groups, values, valid)
	}
	s.update(s.best, s.seen, groups, values)
	return nil
}

func (s *extremeState[T]) Merge(groups []uint32, state []arrow.Array) error {
	return s.Update(groups, []Vector{{Values: state[0]}})
}

func (s *extremeState[T]) State() ([]arrow.Array, error) {
	r, err := s.Result()
	return []arrow.Array{r}, err
}

func (s *extremeState[T]) Result() (arrow.Array, error) {
	return newFixed(s.t, s.best, maskOf(s.seen)), nil
}

// A kept store holds one value of any type for each group, as rows of columns gathered so far.
type kept struct {
	t      types.Type
	refs   []int32 // group → row of all chunks together; -1: nothing yet
	chunks []arrow.Array
	rows   int32
}

func (k *kept) grow(n int) {
	for len(k.refs) < n {
		k.refs = append(k.refs, -1)
	}
}

// column is the values for all groups.
func (k *kept) column() (arrow.Array, error) {
	if len(k.chunks) == 0 {
		return nulls(k.t, len(k.refs)), nil
	}
	all, err := Concat(k.chunks)
	if err != nil {
		return nil, err
	}
	return Take(all, k.refs), nil
}

// add keeps the given rows of a column and returns where the first of them went.
func (k *kept) add(arr arrow.Array, rows []int32) (int32, error) {
	if limit := 2*int32(len(k.refs)) + 65536; k.rows+int32(len(rows)) > limit {
		if err := k.compact(); err != nil {
			return 0, err
		}
	}
	at := k.rows
	k.chunks = append(k.chunks, retype(Take(arr, rows), types.ToArrow(k.t)))
	k.rows += int32(len(rows))
	return at, nil
}

// compact drops the rows that no group holds any more.
func (k *kept) compact() error {
	if len(k.chunks) == 0 {
		return nil
	}
	all, err := Concat(k.chunks)
	if err != nil {
		return err
	}
	live := make([]int32, 0, len(k.refs))
	for g, r := range k.refs {
		if r >= 0 {
			k.refs[g] = int32(len(live))
			live = append(live, r)
		}
	}
	k.chunks, k.rows = []arrow.Array{Take(all, live)}, int32(len(live))
	return nil
}

func (k *kept) bytes() int64 {
	n := int64(cap(k.refs)) * 4
	for _, c := range k.chunks {
		n += int64(c.Data().SizeInBytes())
	}
	return n
}

// winners are the rows of one batch that their groups keep.
type winners struct {
	row  []int32  // by group; -1: none in this batch
	list []uint32 // groups in the order of their first win
}

func (w *winners) grow(n int) {
	for len(w.row) < n {
		w.row = append(w.row, -1)
	}
}

func (w *winners) win(g uint32, row int) {
	if w.row[g] < 0 {
		w.list = append(w.list, g)
	}
	w.row[g] = int32(row)
}

// store moves the winning rows of each column into its store, and is ready for the next batch.
func (w *winners) store(stores []*kept, columns []arrow.Array) error {
	if len(w.list) == 0 {
		return nil
	}
	rows := make([]int32, len(w.list))
	for i, g := range w.list {
		rows[i] = w.row[g]
		w.row[g] = -1
	}
	for c, k := range stores {
		at, err := k.add(columns[c], rows)
		if err != nil {
			return err
		}
		for i, g := range w.list {
			k.refs[g] = at + int32(i)
		}
	}
	w.list = w.list[:0]
	return nil
}

// bestState is min and max of values without a fixed width.
type bestState struct {
	t       types.Type
	largest bool
	k       *kept
	w       winners
}

func (s *bestState) Grow(n int) {
	if s.k == nil {
		s.k = &kept{t: s.t}
	}
	s.k.grow(n)
	s.w.grow(n)
}
func (s *bestState) Bytes() int64 { return s.k.bytes() }

func (s *bestState) Update(groups []uint32, args []Vector) error {
	keys := args[0].Expand(len(groups))
	return s.w.best(groups, keys, s.largest, []*kept{s.k}, []arrow.Array{keys}, s.k)
}

// best lets rows win where their key beats the group's. by is the store of the keys.
func (w *winners) best(groups []uint32, keys arrow.Array, largest bool, stores []*kept, columns []arrow.Array, by *kept) error {
	old := keys
	if len(by.chunks) > 0 {
		var err error
		if old, err = Concat(by.chunks); err != nil {
			return err
		}
		by.chunks = []arrow.Array{old}
	}
	against, within := NewComparer(keys, old), NewComparer(keys, keys)
	eachRow(Vector{Values: keys}, len(groups), func(i int) {
		g := groups[i]
		var order int
		row := w.row[g]
		switch {
		case row >= 0:
			order = within(i, int(row))
		case by.refs[g] >= 0:
			order = against(i, int(by.refs[g]))
		default:
			w.win(g, i)
			return
		}
		if largest && order > 0 || !largest && order < 0 {
			w.win(g, i)
		}
	})
	return w.store(stores, columns)
}

func (s *bestState) Merge(groups []uint32, state []arrow.Array) error {
	return s.Update(groups, []Vector{{Values: state[0]}})
}

func (s *bestState) State() ([]arrow.Array, error) {
	r, err := s.Result()
	return []arrow.Array{r}, err
}

func (s *bestState) Result() (arrow.Array, error) {
	s.Grow(0)
	return s.k.column()
}

// buildBy is max_by and min_by: the value of the row whose ordering is the extreme one.
func buildBy(largest bool) func(b *builder) (*aggregate, error) {
	return func(b *builder) (*aggregate, error) {
		value, by := b.args[0].Type(), b.args[1].Type()
		if !orderable(by) {
			return nil, b.mismatch(errclass.DatatypeMismatchOrdering, "The `%s` does not support ordering on type \"%s\".", b.name, types.SQL(by))
		}
		return &aggregate{
			args: b.args, result: value, nullable: true,
			buffer: structOf(field("valueWithExtremumOrdering", value, true), field("extremumOrdering", by, true)),
			start: func(*Context) Accumulator {
				return &byState{largest: largest, values: &kept{t: value}, keys: &kept{t: by}}
			},
		}, nil
	}
}

type byState struct {
	largest      bool
	values, keys *kept
	w            winners
}

func (s *byState) Grow(n int)   { s.values.grow(n); s.keys.grow(n); s.w.grow(n) }
func (s *byState) Bytes() int64 { return s.values.bytes() + s.keys.bytes() }

func (s *byState) Update(groups []uint32, args []Vector) error {
	n := len(groups)
	return s.Merge(groups, []arrow.Array{args[0].Expand(n), args[1].Expand(n)})
}

func (s *byState) Merge(groups []uint32, state []arrow.Array) error {
	return s.w.best(groups, state[1], s.largest, []*kept{s.values, s.keys}, state, s.keys)
}

func (s *byState) State() ([]arrow.Array, error) {
	values, err := s.values.column()
	if err != nil {
		return nil, err
	}
	keys, err := s.keys.column()
	return []arrow.Array{values, keys}, err
}

func (s *byState) Result() (arrow.Array, error) { return s.values.column() }

// buildFirst is first, last and any_value; a second argument true passes nulls over.
func buildFirst(last bool) func(b *builder) (*aggregate, error) {
	return func(b *builder) (*aggregate, error) {
		skip := false
		if len(b.args) == 2 {
			v, ok := buildValue(b.args[1], b.ctx)
			if skip, _ = v.(bool); !ok {
				return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable,
					"the input `ignoreNulls` should be a foldable \"BOOLEAN\" expression; however, got \"%s\".", b.args[1].String())
			}
		}
		value := b.args[0]
		t := value.Type()
		name := "first"
		if last {
			name = "last"
		}
		return &aggregate{
			args: []Expr{value}, result: t, nullable: true,
			buffer: structOf(field(name, t, true), field("valueSet", types.Boolean, true)),
			start:  func(*Context) Accumulator { return &firstState{last: last, skip: skip, k: &kept{t: t}} },
		}, nil
	}
}

type firstState struct {
	last, skip bool
	k          *kept
	w          winners
}

func (s *firstState) Grow(n int)   { s.k.grow(n); s.w.grow(n) }
func (s *firstState) Bytes() int64 { return s.k.bytes() }

func (s *firstState) Update(groups []uint32, args []Vector) error {
	return s.take(groups, args[0].Expand(len(groups)), nil)
}

func (s *firstState) take(groups []uint32, arr arrow.Array, set mask) error {
	w := &s.w
	for i, g := range groups {
		if s.skip && isNull(arr, i) || !set.has(i) {
			continue
		}
		if s.last || w.row[g] < 0 && s.k.refs[g] < 0 {
			w.win(g, i)
		}
	}
	return w.store([]*kept{s.k}, []arrow.Array{arr})
}

func (s *firstState) Merge(groups []uint32, state []arrow.Array) error {
	return s.take(groups, state[0], boolBits(state[1]))
}

func (s *firstState) State() ([]arrow.Array, error) {
	set := newMask(len(s.k.refs))
	for i, r := range s.k.refs {
		set[i>>6] |= b2u(r >= 0) << (i & 63)
	}
	r, err := s.k.column()
	return []arrow.Array{r, newBools(set, nil, len(s.k.refs))}, err
}

func (s *firstState) Result() (arrow.Array, error) { return s.k.column() }

// buildBool is bool_and and bool_or, kept as Spark does: the smallest or largest truth value.
func buildBool(or bool) func(b *builder) (*aggregate, error) {
	return func(b *builder) (*aggregate, error) {
		if err := b.coerceTo(aBool); err != nil {
			return nil, err
		}
		name := "min"
		if or {
			name = "max"
		}
		return &aggregate{
			args: b.args, result: types.Boolean, nullable: true, buffer: structOf(field(name, types.Boolean, true)),
			start: func(*Context) Accumulator { return &boolState{or: or} },
		}, nil
	}
}

type boolState struct {
	or  bool
	yes []bool // a value of true was seen
	no  []bool // a value of false was seen
}

func (s *boolState) Grow(n int)   { s.yes, s.no = grow(s.yes, n), grow(s.no, n) }
func (s *boolState) Bytes() int64 { return int64(cap(s.yes)) * 2 }

func (s *boolState) Update(groups []uint32, args []Vector) error {
	t := truthOf(args[0], len(groups))
	for i, g := range groups {
		s.yes[g] = s.yes[g] || t.yes.get(i)
		s.no[g] = s.no[g] || t.no.get(i)
	}
	return nil
}

func (s *boolState) Merge(groups []uint32, state []arrow.Array) error {
	return s.Update(groups, []Vector{{Values: state[0]}})
}

func (s *boolState) State() ([]arrow.Array, error) {
	r, err := s.Result()
	return []arrow.Array{r}, err
}

func (s *boolState) Result() (arrow.Array, error) {
	b := array.NewBooleanBuilder(allocator)
	for i := range s.yes {
		switch {
		case !s.yes[i] && !s.no[i]:
			b.AppendNull()
		case s.or:
			b.Append(s.yes[i])
		default:
			b.Append(!s.no[i])
		}
	}
	return b.NewArray(), nil
}

// buildBits is bit_and, bit_or and bit_xor.
func buildBits(combine func(a, b int64) int64, empty int64) func(b *builder) (*aggregate, error) {
	return func(b *builder) (*aggregate, error) {
		if err := b.coerceTo(anInteger); err != nil {
			return nil, err
		}
		t := b.args[0].Type()
		return &aggregate{
			args: b.args, result: t, nullable: true, buffer: structOf(field(b.name, t, true)),
			start: func(*Context) Accumulator { return &bitState{t: t, combine: combine, empty: empty} },
		}, nil
	}
}

type bitState struct {
	t       types.Type
	combine func(a, b int64) int64
	empty   int64
	bits    []int64
	seen    []bool
}

func (s *bitState) Grow(n int)   { s.bits, s.seen = grow(s.bits, n), grow(s.seen, n) }
func (s *bitState) Bytes() int64 { return int64(cap(s.bits)) * 9 }

func (s *bitState) Update(groups []uint32, args []Vector) error {
	values := widened(args[0].Values)
	eachRow(args[0], len(groups), func(i int) {
		g, v := groups[i], values[args[0].at(i)]
		if s.seen[g] {
			v = s.combine(s.bits[g], v)
		}
		s.bits[g], s.seen[g] = v, true
	})
	return nil
}

// widened is integers of any width as int64.
func widened(arr arrow.Array) []int64 {
	out := make([]int64, arr.Len())
	switch arr := arr.(type) {
	case *array.Int8:
		for i, v := range arr.Int8Values() {
			out[i] = int64(v)
		}
	case *array.Int16:
		for i, v := range arr.Int16Values() {
			out[i] = int64(v)
		}
	case *array.Int32:
		for i, v := range arr.Int32Values() {
			out[i] = int64(v)
		}
	case *array.Int64:
		copy(out, arr.Int64Values())
	}
	return out
}

func narrowed(t types.Type, values []int64, valid mask) arrow.Array {
	switch t {
	case types.Byte:
		return newFixed(t, narrowTo64[int8](values), valid)
	case types.Short:
		return newFixed(t, narrowTo64[int16](values), valid)
	case types.Integer:
		return newFixed(t, narrowTo64[int32](values), valid)
	}
	return newFixed(t, values, valid)
}

func narrowTo64[T integer](values []int64) []T {
	out := make([]T, len(values))
	for i, v := range values {
		out[i] = T(v)
	}
	return out
}

func (s *bitState) Merge(groups []uint32, state []arrow.Array) error {
	return s.Update(groups, []Vector{{Values: state[0]}})
}

func (s *bitState) State() ([]arrow.Array, error) {
	r, err := s.Result()
	return []arrow.Array{r}, err
}

func (s *bitState) Result() (arrow.Array, error) { return narrowed(s.t, s.bits, maskOf(s.seen)), nil }
