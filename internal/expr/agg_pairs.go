package expr

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// pairs are the moments of two columns together, over the rows where both have a value.
type pairs struct{ n, x, y, cxy, mx, my float64 }

// add counts a pair in, in the order of operations of Spark's Corr and Covariance.
func (p *pairs) add(x, y float64) {
	n := p.n + 1
	dx, dy := x-p.x, y-p.y
	dxn := dx / n
	nx, ny := p.x+dxn, p.y+dy/n
	p.cxy += dx * (y - ny)
	p.mx += dx * (x - nx)
	p.my += dy * (y - ny)
	p.n, p.x, p.y = n, nx, ny
}

func (p *pairs) merge(o pairs) {
	n := p.n + o.n
	if o.n == 0 {
		return
	}
	dx, dy := o.x-p.x, o.y-p.y
	dxn, dyn := dx/n, dy/n
	p.cxy += o.cxy + dx*dyn*p.n*o.n
	p.mx += o.mx + dx*dxn*p.n*o.n
	p.my += o.my + dy*dyn*p.n*o.n
	p.x += dxn * o.n
	p.y += dyn * o.n
	p.n = n
}

// A pairing is what a function makes of pairs. The regr_ functions take the dependent variable first.
type pairing struct {
	of      func(p pairs) (v float64, ok bool)
	refuses func(p pairs) bool // under ANSI: it divides by zero; nil: it never does
}

func buildPairs(f func(p pairs) (float64, bool)) func(b *builder) (*aggregate, error) {
	return pairing{of: f}.build()
}

func (f pairing) build() func(b *builder) (*aggregate, error) {
	return func(b *builder) (*aggregate, error) {
		if !b.ctx.ANSI {
			f.refuses = nil
		}
		if err := b.coerceTo(aDouble, aDouble); err != nil {
			return nil, err
		}
		var fields []types.Field
		for _, name := range []string{"n", "xAvg", "yAvg", "ck", "xMk", "yMk"} {
			fields = append(fields, field(name, types.Double, false))
		}
		return &aggregate{
			args: b.args, result: types.Double, nullable: true, buffer: structOf(fields...),
			start: func(*Context) Accumulator { return &pairState{f: f} },
		}, nil
	}
}

type pairState struct {
	f      pairing
	groups []pairs
}

func (s *pairState) Grow(n int)   { s.groups = grow(s.groups, n) }
func (s *pairState) Bytes() int64 { return int64(cap(s.groups)) * 48 }

func (s *pairState) Update(groups []uint32, args []Vector) error {
	n := len(groups)
	x, y := broadcast[float64](args[0], n), broadcast[float64](args[1], n)
	valid := validAll(n, args)
	for i, g := range groups {
		if valid.has(i) {
			s.groups[g].add(x[i], y[i])
		}
	}
	return nil
}

func (s *pairState) Merge(groups []uint32, state []arrow.Array) error {
	var c [6][]float64
	for k := range c {
		c[k] = fixedValues[float64](state[k])
	}
	for i, g := range groups {
		s.groups[g].merge(pairs{c[0][i], c[1][i], c[2][i], c[3][i], c[4][i], c[5][i]})
	}
	return nil
}

func (s *pairState) State() ([]arrow.Array, error) {
	var c [6][]float64
	for k := range c {
		c[k] = make([]float64, len(s.groups))
	}
	for i, p := range s.groups {
		for k, v := range []float64{p.n, p.x, p.y, p.cxy, p.mx, p.my} {
			c[k][i] = v
		}
	}
	out := make([]arrow.Array, len(c))
	for k := range c {
		out[k] = newFixed(types.Double, c[k], nil)
	}
	return out, nil
}

func (s *pairState) Result() (arrow.Array, error) {
	out := make([]float64, len(s.groups))
	ok := make([]bool, len(s.groups))
	for i, p := range s.groups {
		if s.f.refuses != nil && s.f.refuses(p) {
			return nil, divideByZero("try_divide")
		}
		out[i], ok[i] = s.f.of(p)
	}
	return newFixed(types.Double, out, maskOf(ok)), nil
}

// pairAggregates: in regr_ functions y comes first, so that pairs.x holds it.
var pairAggregates = map[string]aggregateFunction{
	"corr": {2, 2, pairing{
		of: func(p pairs) (float64, bool) {
			return p.cxy / math.Sqrt(p.mx*p.my), p.n > 0 && p.mx*p.my != 0
		},
		refuses: func(p pairs) bool { return p.n > 1 && p.mx*p.my == 0 }, // of one pair it is null, of several equal ones an error
	}.build()},
	"covar_pop":  {2, 2, buildPairs(func(p pairs) (float64, bool) { return p.cxy / p.n, p.n > 0 })},
	"covar_samp": {2, 2, buildPairs(func(p pairs) (float64, bool) { return p.cxy / (p.n - 1), p.n > 1 })},
	"regr_avgx":  {2, 2, buildPairs(func(p pairs) (float64, bool) { return p.y, p.n > 0 })},
	"regr_avgy":  {2, 2, buildPairs(func(p pairs) (float64, bool) { return p.x, p.n > 0 })},
	"regr_sxx":   {2, 2, buildPairs(func(p pairs) (float64, bool) { return p.my, p.n > 0 })},
	"regr_syy":   {2, 2, buildPairs(func(p pairs) (float64, bool) { return p.mx, p.n > 0 })},
	"regr_sxy":   {2, 2, buildPairs(func(p pairs) (float64, bool) { return p.cxy, p.n > 0 })},
	"regr_slope": {2, 2, buildPairs(func(p pairs) (float64, bool) { return p.cxy / p.my, p.n > 1 && p.my != 0 })},
	"regr_intercept": {2, 2, buildPairs(func(p pairs) (float64, bool) {
		return p.x - p.cxy/p.my*p.y, p.n > 1 && p.my != 0
	})},
	"regr_r2": {2, 2, buildPairs(func(p pairs) (float64, bool) {
		if p.mx == 0 && p.my != 0 {
			return 1, p.n > 0
		}
		corr := p.cxy / math.Sqrt(p.mx*p.my)
		return corr * corr, p.n > 0 && p.my != 0
	})},
	"regr_count": {2, 2, buildCount},
}
