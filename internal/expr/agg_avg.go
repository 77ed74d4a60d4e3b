package expr

import (
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/types"
)

// buildAvg is the mean: of decimals with four digits more, of all else as double.
func buildAvg(b *builder) (*aggregate, error) {
	if t, ok := b.args[0].Type().(types.Decimal); ok {
		sum := types.Decimal{Precision: min(t.Precision+10, types.MaxPrecision), Scale: t.Scale}
		mean := bounded(t.Precision+4, t.Scale+4)
		return &aggregate{
			args: b.args, result: mean, nullable: true,
			buffer: structOf(field("sum", sum, true), field("count", types.Long, true)),
			start: func(*Context) Accumulator {
				return &decimalMean{decimalSum: decimalSum{t: sum}, mean: mean, tolerant: b.name == "try_avg" || !b.ctx.ANSI}
			},
		}, nil
	}
	if t, ok := b.args[0].Type().(types.Interval); ok {
		return intervalMean(b, t), nil
	}
	if err := b.coerceTo(aNumber); err != nil {
		return nil, err
	}
	var err error
	if b.args[0], err = implicit(b.ctx, b.args[0], types.Double); err != nil {
		return nil, err
	}
	return &aggregate{
		args: b.args, result: types.Double, nullable: true,
		buffer: structOf(field("sum", types.Double, true), field("count", types.Long, true)),
		start:  func(*Context) Accumulator { return &meanState{} },
	}, nil
}

type meanState struct {
	sums   []float64
	counts []int64
}

func (s *meanState) Grow(n int)   { s.sums, s.counts = grow(s.sums, n), grow(s.counts, n) }
func (s *meanState) Bytes() int64 { return int64(cap(s.sums)) * 16 }

func (s *meanState) Update(groups []uint32, args []Vector) error {
	values := broadcast[float64](args[0], len(groups))
	if valid := args[0].valid(len(groups)); valid != nil {
		groups, values = compact(groups, values, valid)
	}
	sumFloats(s.sums, groups, values)
	countLoop(s.counts, groups)
	return nil
}

func (s *meanState) Merge(groups []uint32, state []arrow.Array) error {
	sumFloats(s.sums, groups, fixedValues[float64](state[0]))
	for i, c := range fixedValues[int64](state[1]) {
		s.counts[groups[i]] += c
	}
	return nil
}

func (s *meanState) State() ([]arrow.Array, error) {
	return []arrow.Array{newFixed(types.Double, s.sums, nil), newFixed(types.Long, s.counts, nil)}, nil
}

func (s *meanState) Result() (arrow.Array, error) {
	out := make([]float64, len(s.sums))
	ok := make([]bool, len(s.sums))
	for i := range out {
		out[i] = s.sums[i] / float64(s.counts[i])
		ok[i] = s.counts[i] > 0
	}
	return newFixed(types.Double, out, maskOf(ok)), nil
}

type decimalMean struct {
	decimalSum
	counts   []int64
	mean     types.Decimal
	tolerant bool
}

func (s *decimalMean) Grow(n int) { s.decimalSum.Grow(n); s.counts = grow(s.counts, n) }

func (s *decimalMean) Update(groups []uint32, args []Vector) error {
	valid := args[0].valid(len(groups))
	for i, g := range groups {
		if valid.has(i) {
			s.counts[g]++
		}
	}
	return s.decimalSum.Update(groups, args)
}

func (s *decimalMean) Merge(groups []uint32, state []arrow.Array) error {
	values, valid := fixedValues[decimal128.Num](state[0]), validOf(state[0])
	for i, c := range fixedValues[int64](state[1]) {
		g := groups[i]
		s.counts[g] += c
		if valid.has(i) {
			s.add(g, values[i])
		} else {
			s.over[g] = true
		}
	}
	return nil
}

func (s *decimalMean) State() ([]arrow.Array, error) {
	state, err := s.decimalSum.State()
	return []arrow.Array{state[0], newFixed(types.Long, s.counts, nil)}, err
}

func (s *decimalMean) Result() (arrow.Array, error) {
	out := make([]decimal128.Num, len(s.sums))
	ok := make([]bool, len(s.sums))
	for i := range out {
		if s.counts[i] == 0 {
			continue
		}
		fine := !s.over[i]
		if fine {
			scaled := alignBig(s.sums[i].BigInt(), s.t.Scale, max(s.mean.Scale, s.t.Scale))
			out[i], fine = fromBig(bigHalfUp(scaled, big.NewInt(s.counts[i])), max(s.mean.Scale, s.t.Scale), s.mean.Scale, s.mean.Precision)
		}
		if !fine && !s.tolerant {
			return nil, overflowError("Overflow in sum of decimals.", "try_avg")
		}
		ok[i] = fine
	}
	return newFixed(s.mean, out, maskOf(ok)), nil
}

// intervalMean adds the counts behind intervals up and divides them.
func intervalMean(b *builder, t types.Interval) *aggregate {
	result := dayToSecond
	if t.YearMonth() {
		result = yearToMonth
	}
	return &aggregate{
		args: b.args, result: result, nullable: true,
		buffer: structOf(field("sum", result, true), field("count", types.Long, true)),
		start:  func(*Context) Accumulator { return &intervalMeanState{t: result, tolerant: b.name == "try_avg"} },
	}
}

type intervalMeanState struct {
	t        types.Interval
	tolerant bool
	sums     []int64
	counts   []int64
}

// tooLarge reports that a sum has left the range of its type.
func (s *intervalMeanState) tooLarge(g int) bool {
	return s.t.YearMonth() && int64(int32(s.sums[g])) != s.sums[g]
}

func (s *intervalMeanState) Grow(n int)   { s.sums, s.counts = grow(s.sums, n), grow(s.counts, n) }
func (s *intervalMeanState) Bytes() int64 { return int64(cap(s.sums)) * 16 }

func (s *intervalMeanState) values(arr arrow.Array) []int64 {
	if !s.t.YearMonth() {
		return fixedValues[int64](arr)
	}
	months := fixedValues[int32](arr)
	out := make([]int64, len(months))
	for i, m := range months {
		out[i] = int64(m)
	}
	return out
}

func (s *intervalMeanState) Update(groups []uint32, args []Vector) error {
	values := s.values(args[0].Expand(len(groups)))
	if valid := args[0].valid(len(groups)); valid != nil {
		groups, values = compact(groups, values, valid)
	}
	countLoop(s.counts, groups)
	if sumIntegers(s.sums, groups, values) {
		return overflow(types.Long, "try_avg")
	}
	return nil
}

func (s *intervalMeanState) Merge(groups []uint32, state []arrow.Array) error {
	values, valid := s.values(state[0]), validOf(state[0])
	for i, c := range fixedValues[int64](state[1]) {
		s.counts[groups[i]] += c
		if !valid.has(i) {
			values[i] = 1 << 62 // stays out of range
		}
	}
	if sumIntegers(s.sums, groups, values) {
		return overflow(types.Long, "try_avg")
	}
	return nil
}

func (s *intervalMeanState) column(values []int64, valid mask) arrow.Array {
	if !s.t.YearMonth() {
		return newFixed(s.t, values, valid)
	}
	months := make([]int32, len(values))
	for i, v := range values {
		months[i] = int32(v)
	}
	return newFixed(s.t, months, valid)
}

func (s *intervalMeanState) State() ([]arrow.Array, error) {
	ok := make([]bool, len(s.sums))
	for g := range ok {
		ok[g] = !s.tooLarge(g)
		if !ok[g] && !s.tolerant {
			return nil, overflow(types.Integer, "try_avg")
		}
	}
	return []arrow.Array{s.column(s.sums, maskOf(ok)), newFixed(types.Long, s.counts, nil)}, nil
}

func (s *intervalMeanState) Result() (arrow.Array, error) {
	out := make([]int64, len(s.sums))
	ok := make([]bool, len(s.sums))
	for i := range out {
		if s.tooLarge(i) {
			if !s.tolerant {
				return nil, overflow(types.Integer, "try_avg")
			}
			continue
		}
		if ok[i] = s.counts[i] > 0; ok[i] {
			out[i] = bigHalfUp(big.NewInt(s.sums[i]), big.NewInt(s.counts[i])).Int64()
		}
	}
	return s.column(out, maskOf(ok)), nil
}
