package expr

import (
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var percentileAggregates = map[string]aggregateFunction{
	"percentile":      {2, 3, buildPercentile},
	"median":          {1, 1, buildPercentile},
	"percentile_cont": {2, 2, buildPercentile}, "percentile_disc": {2, 2, buildPercentile},
	"percentile_approx": {2, 3, buildPercentileApprox}, "approx_percentile": {2, 3, buildPercentileApprox},
	"mode": {1, 2, buildMode},
}

// A gathered aggregate keeps all values of a group, sorted at the end.
type gathered struct {
	collectState
	// finish makes the result of one group's values: rows of all, smallest first, never none.
	result types.Type
	finish func(all arrow.Array, lists list) (arrow.Array, error)
}

func (s *gathered) Result() (arrow.Array, error) {
	lists, err := s.collectState.Result()
	if err != nil {
		return nil, err
	}
	return s.finish(elementsOf(lists), lists.(list))
}

// percentages is the constant second argument: one number or an array of them.
func (b *builder) percentages(e Expr) (values []float64, isArray bool, err error) {
	bad := func() error {
		return b.mismatch(errclass.DatatypeMismatchNonFoldable, "the input `percentage` should be a foldable \"DOUBLE\" expression; however, got \"%s\".", e.String())
	}
	if !isFoldable(e) {
		return nil, false, bad()
	}
	to := types.Type(types.Double)
	if _, isArray = e.Type().(types.Array); isArray {
		to = types.Array{Element: types.Double}
	}
	if e, err = implicit(b.ctx, e, to); err != nil {
		return nil, false, err
	}
	v, err := e.Eval(&Context{ANSI: true}, OneRow)
	if err != nil {
		return nil, false, err
	}
	arr := v.Values
	if isArray {
		arr = elementsOf(arr)
	}
	for i := range arr.Len() {
		p := fixedValues[float64](arr)[i]
		if isNull(arr, i) || !(p >= 0 && p <= 1) {
			return nil, false, b.mismatch(errclass.DatatypeMismatchRange, "The `percentage` must be between [0.0, 1.0] (current value = %v).", p)
		}
		values = append(values, p)
	}
	return values, isArray, nil
}

// buildPercentile is percentile(column, p[, frequency]), median(column) and percentile_cont(p) WITHIN GROUP (ORDER BY
// column): exact, between values interpolated; and percentile_disc, which takes the lower value.
func buildPercentile(b *builder) (*aggregate, error) {
	shown := slices.Clone(b.args)
	ps, isArray := []float64{0.5}, false
	within := b.name == "percentile_cont" || b.name == "percentile_disc"
	if b.name != "median" {
		var err error
		if ps, isArray, err = b.percentages(b.args[1]); err != nil {
			return nil, err
		}
	}
	if b.name == "percentile" {
		if len(b.args) == 3 {
			if c, ok := b.args[2].(*Constant); !ok || c.Value != int32(1) {
				return nil, errclass.UnsupportedFeature.New("percentile with frequencies is not supported yet.")
			}
		} else {
			shown = append(shown, &Constant{Value: int32(1), DataType: types.Integer})
		}
	}
	value := b.args[0]
	item := types.Type(types.Double)
	if t, ok := value.Type().(types.Interval); ok {
		if item = dayToSecond; t.YearMonth() {
			item = yearToMonth
		}
	} else {
		b.args = b.args[:1]
		if err := b.coerceTo(aNumber); err != nil {
			return nil, err
		}
		var err error
		if value, err = implicit(b.ctx, b.args[0], types.Double); err != nil {
			return nil, err
		}
	}
	one := interpolated
	if b.name == "percentile_disc" {
		one = lowerOf
	}
	a := b.gathered(value, item, isArray, func(sorted arrow.Array, n int) []float64 {
		out := make([]float64, len(ps))
		for i, p := range ps {
			out[i] = one(sorted, n, p)
		}
		return out
	})
	a.shown = shown
	if within {
		a.name, a.whole = b.name+"("+shown[1].String()+") WITHIN GROUP (ORDER BY "+shown[0].String()+")", true
	}
	return a, nil
}

// interpolated is the percentile between the two values around its place.
func interpolated(sorted arrow.Array, n int, p float64) float64 {
	at := p * float64(n-1)
	low, high := numberAt(sorted, int(math.Floor(at))), numberAt(sorted, int(math.Ceil(at)))
	if low == high {
		return low
	}
	return (math.Ceil(at)-at)*low + (at-math.Floor(at))*high
}

// lowerOf is the first value at or below which that part of the values lies.
func lowerOf(sorted arrow.Array, n int, p float64) float64 {
	return numberAt(sorted, max(0, int(math.Ceil(p*float64(n)))-1))
}

// gathered is an aggregate over sorted values that gives numbers, one or an array of them.
func (b *builder) gathered(value Expr, item types.Type, isArray bool, f func(sorted arrow.Array, n int) []float64) *aggregate {
	t := types.Array{Element: value.Type()}
	result := item
	if isArray {
		result = types.Array{Element: item}
	}
	finish := func(all arrow.Array, lists list) (arrow.Array, error) {
		var numbers []float64
		offsets := []int32{0}
		ok := make([]bool, lists.Len())
		for i := range lists.Len() {
			start, end := lists.ValueOffsets(i)
			if ok[i] = end > start; ok[i] {
				numbers = append(numbers, f(sortedSlice(all, start, end), int(end-start))...)
			} else if !isArray {
				numbers = append(numbers, 0)
			}
			offsets = append(offsets, int32(len(numbers)))
		}
		if isArray {
			return newListLike(types.ToArrow(result), offsets, numbersOf(item, numbers, nil), maskOf(ok)), nil
		}
		return numbersOf(item, numbers, maskOf(ok)), nil
	}
	return &aggregate{
		args: []Expr{value}, result: result, nullable: true, buffer: structOf(field("buf", t, false)),
		start: func(*Context) Accumulator {
			return &gathered{collectState: collectState{t: t}, result: result, finish: finish}
		},
	}
}

func sortedSlice(all arrow.Array, start, end int64) arrow.Array {
	rows := make([]int32, end-start)
	for i := range rows {
		rows[i] = int32(start) + int32(i)
	}
	order := newComparer(all, all)
	slices.SortFunc(rows, func(x, y int32) int { return order(int(x), int(y)) })
	return Take(all, rows)
}

func numberAt(arr arrow.Array, i int) float64 {
	switch arr := arr.(type) {
	case *array.MonthInterval:
		return float64(fixedValues[int32](arr)[i])
	case *array.Duration:
		return float64(fixedValues[int64](arr)[i])
	case *array.Float64:
		return arr.Value(i)
	}
	return 0
}

func numbersOf(t types.Type, values []float64, valid mask) arrow.Array {
	interval, ok := t.(types.Interval)
	switch {
	case !ok:
		return newFixed(t, values, valid)
	case interval.YearMonth():
		months := make([]int32, len(values))
		for i, v := range values {
			months[i] = int32(v)
		}
		return newFixed(t, months, valid)
	}
	micros := make([]int64, len(values))
	for i, v := range values {
		micros[i] = int64(v)
	}
	return newFixed(t, micros, valid)
}

// buildPercentileApprox gives values that occur. It is exact here, whatever accuracy is asked for.
func buildPercentileApprox(b *builder) (*aggregate, error) {
	ps, isArray, err := b.percentages(b.args[1])
	if err != nil {
		return nil, err
	}
	shown := slices.Clone(b.args)
	if len(shown) == 2 {
		shown = append(shown, &Constant{Value: int32(10000), DataType: types.Integer})
	}
	value := b.args[0]
	if t := value.Type(); t == types.String || t == types.Null {
		if value, err = implicit(b.ctx, value, types.Double); err != nil {
			return nil, err
		}
	} else if !isAtomic(t) || t == types.Boolean || t == types.Binary {
		return nil, b.wrongInput(0, `("NUMERIC" or "DATE" or "TIMESTAMP" or "TIMESTAMP_NTZ" or "INTERVAL YEAR TO MONTH" or "INTERVAL DAY TO SECOND")`)
	}
	t := types.Array{Element: value.Type()}
	result := value.Type()
	if isArray {
		result = t
	}
	finish := func(all arrow.Array, lists list) (arrow.Array, error) {
		var rows []int32
		offsets := []int32{0}
		ok := make([]bool, lists.Len())
		order := newComparer(all, all)
		for i := range lists.Len() {
			start, end := lists.ValueOffsets(i)
			n := end - start
			ok[i] = n > 0
			sorted := make([]int32, n)
			for k := range sorted {
				sorted[k] = int32(start) + int32(k)
			}
			slices.SortFunc(sorted, func(x, y int32) int { return order(int(x), int(y)) })
			for _, p := range ps {
				if n > 0 {
					rows = append(rows, sorted[max(int64(math.Ceil(p*float64(n)))-1, 0)])
				} else if !isArray {
					rows = append(rows, -1)
				}
			}
			offsets = append(offsets, int32(len(rows)))
		}
		if isArray {
			return newListLike(types.ToArrow(result), offsets, Take(all, rows), maskOf(ok)), nil
		}
		return Take(all, rows), nil
	}
	return &aggregate{
		args: []Expr{value}, shown: shown, result: result, nullable: true, buffer: structOf(field("buf", t, false)),
		start: func(*Context) Accumulator {
			return &gathered{collectState: collectState{t: t}, result: result, finish: finish}
		},
	}, nil
}

// buildMode is the most frequent value; of several, the smallest.
func buildMode(b *builder) (*aggregate, error) {
	value := b.args[0]
	t := types.Array{Element: value.Type()}
	finish := func(all arrow.Array, lists list) (arrow.Array, error) {
		rows := make([]int32, lists.Len())
		key, order := NewKeyer(all), newComparer(all, all)
		for i := range rows {
			rows[i] = -1
			counts := map[string]int{}
			best := 0
			start, end := lists.ValueOffsets(i)
			for e := start; e < end; e++ {
				counts[string(key(nil, int(e)))]++
			}
			for e := start; e < end; e++ {
				n := counts[string(key(nil, int(e)))]
				if n > best || n == best && order(int(e), int(rows[i])) < 0 {
					best, rows[i] = n, int32(e)
				}
			}
		}
		return Take(all, rows), nil
	}
	a := &aggregate{
		args: []Expr{value}, result: value.Type(), nullable: true, buffer: structOf(field("buf", t, false)),
		start: func(*Context) Accumulator {
			return &gathered{collectState: collectState{t: t}, result: value.Type(), finish: finish}
		},
	}
	if len(b.args) == 2 {
		if v, ok := buildValue(b.args[1], b.ctx); ok && v == true {
			a.name = "mode() WITHIN GROUP (ORDER BY " + value.String() + " DESC)"
			a.whole = true
		} else {
			a.shown = []Expr{value}
		}
	}
	return a, nil
}
