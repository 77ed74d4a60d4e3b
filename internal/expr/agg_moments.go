package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// moments are the central moments of a group's values, updated one value at a time.
type moments struct{ n, mean, m2, m3, m4 float64 }

// add counts a value in: the formulas of Spark's CentralMomentAgg, in its order of operations.
func (m *moments) add(v float64) {
	n := m.n + 1
	delta := v - m.mean
	deltaN := delta / n
	mean := m.mean + deltaN
	m2 := m.m2 + delta*(delta-deltaN)
	delta2, deltaN2 := delta*delta, deltaN*deltaN
	m3 := m.m3 - 3*deltaN*m2 + delta*(delta2-deltaN2)
	m4 := m.m4 - 4*deltaN*m3 - 6*deltaN2*m2 + delta*(delta*delta2-deltaN*deltaN2)
	*m = moments{n, mean, m2, m3, m4}
}

// merge counts another group's values in.
func (m *moments) merge(o moments) {
	if o.n == 0 {
		return
	}
	n := m.n + o.n
	delta := o.mean - m.mean
	deltaN := delta / n
	mean := m.mean + deltaN*o.n
	m2 := m.m2 + o.m2 + delta*deltaN*m.n*o.n
	m3 := m.m3 + o.m3 + deltaN*deltaN*delta*m.n*o.n*(m.n-o.n) + 3*deltaN*(m.n*o.m2-o.n*m.m2)
	m4 := m.m4 + o.m4 + deltaN*deltaN*deltaN*delta*m.n*o.n*(m.n*m.n-m.n*o.n+o.n*o.n) +
		6*deltaN*deltaN*(m.n*m.n*o.m2+o.n*o.n*m.m2) + 4*deltaN*(m.n*o.m3-o.n*m.m3)
	*m = moments{n, mean, m2, m3, m4}
}

// A moment is what a function makes of the moments, and how many of them it needs.
type moment struct {
	order int
	of    func(m moments) (v float64, ok bool)
}

var (
	variancePopulation = moment{2, func(m moments) (float64, bool) { return m.m2 / m.n, m.n > 0 }}
	varianceSample     = moment{2, func(m moments) (float64, bool) { return m.m2 / (m.n - 1), m.n > 1 }}
	stddevPopulation   = moment{2, func(m moments) (float64, bool) { return math.Sqrt(m.m2 / m.n), m.n > 0 }}
	stddevSample       = moment{2, func(m moments) (float64, bool) { return math.Sqrt(m.m2 / (m.n - 1)), m.n > 1 }}
	skewness           = moment{3, func(m moments) (float64, bool) {
		return math.Sqrt(m.n) * m.m3 / math.Sqrt(m.m2*m.m2*m.m2), m.n > 0 && m.m2 != 0
	}}
	kurtosis = moment{4, func(m moments) (float64, bool) { return m.n*m.m4/(m.m2*m.m2) - 3, m.n > 0 && m.m2 != 0 }}
)

func buildMoments(f moment) func(b *builder) (*aggregate, error) {
	return func(b *builder) (*aggregate, error) {
		if err := b.coerceTo(aDouble); err != nil {
			return nil, err
		}
		names := []string{"n", "avg", "m2", "m3", "m4"}[:f.order+1]
		fields := make([]types.Field, len(names))
		for i, n := range names {
			fields[i] = field(n, types.Double, false)
		}
		return &aggregate{
			args: b.args, result: types.Double, nullable: true, buffer: structOf(fields...),
			start: func(*Context) Accumulator { return &momentState{f: f} },
		}, nil
	}
}

type momentState struct {
	f      moment
	groups []moments
}

func (s *momentState) Grow(n int)   { s.groups = grow(s.groups, n) }
func (s *momentState) Bytes() int64 { return int64(cap(s.groups)) * 40 }

func (s *momentState) Update(groups []uint32, args []Vector) error {
	values, step := operand[float64](args[0])
	eachRow(args[0], len(groups), func(i int) { s.groups[groups[i]].add(values[i&step]) })
	return nil
}

func (s *momentState) Merge(groups []uint32, state []arrow.Array) error {
	columns := make([][]float64, 5)
	for c := range columns {
		if c < len(state) {
			columns[c] = fixedValues[float64](state[c])
		} else {
			columns[c] = make([]float64, len(groups))
		}
	}
	for i, g := range groups {
		s.groups[g].merge(moments{columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i]})
	}
	return nil
}

func (s *momentState) State() ([]arrow.Array, error) {
	columns := make([][]float64, s.f.order+1)
	for c := range columns {
		columns[c] = make([]float64, len(s.groups))
	}
	for i, m := range s.groups {
		for c, v := range []float64{m.n, m.mean, m.m2, m.m3, m.m4}[:s.f.order+1] {
			columns[c][i] = v
		}
	}
	out := make([]arrow.Array, len(columns))
	for c := range columns {
		out[c] = newFixed(types.Double, columns[c], nil)
	}
	return out, nil
}

func (s *momentState) Result() (arrow.Array, error) {
	out := make([]float64, len(s.groups))
	ok := make([]bool, len(s.groups))
	for i, m := range s.groups {
		out[i], ok[i] = s.f.of(m)
	}
	return newFixed(types.Double, out, maskOf(ok)), nil
}
