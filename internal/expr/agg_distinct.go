package expr

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var distinctAggregates = map[string]aggregateFunction{
	"approx_count_distinct": {1, 2, buildApproxDistinct},
}

// Registers of six bits lie ten to a word, as Spark's HyperLogLog++ keeps them.
const (
	registerBits     = 6
	registersPerWord = 10
	registerMask     = 1<<registerBits - 1
)

// buildApproxDistinct is approx_count_distinct(column[, relative error]).
func buildApproxDistinct(b *builder) (*aggregate, error) {
	rsd := 0.05
	if len(b.args) == 2 {
		e, err := implicit(b.ctx, b.args[1], types.Double)
		if err != nil {
			return nil, err
		}
		v, ok := buildValue(e, b.ctx)
		if rsd, _ = v.(float64); !ok || rsd <= 0 || rsd > 0.39 {
			return nil, b.mismatch(errclass.DatatypeMismatchRange, "The `relativeSD` must be between (0, 0.39] (current value = %v).", v)
		}
	}
	p := int(math.Ceil(2 * math.Log(1.106/rsd) / math.Ln2))
	if p > 24 {
		return nil, b.mismatch(errclass.DatatypeMismatchRange, "The `relativeSD` must be between [0.0003, 0.39] (current value = %v).", rsd)
	}
	words := (1<<p)/registersPerWord + 1
	fields := make([]types.Field, words)
	for i := range fields {
		fields[i] = field("MS["+strconv.Itoa(i)+"]", types.Long, false)
	}
	a := &aggregate{
		args: b.args[:1], result: types.Long, buffer: structOf(fields...),
		start: func(*Context) Accumulator { return &sketches{p: p, words: words} },
	}
	if len(b.args) == 2 {
		a.shown = b.args
	}
	return a, nil
}

// sketches are the registers of all groups, one group's words behind another's.
type sketches struct {
	p, words int
	regs     []uint64
}

func (s *sketches) Grow(n int)   { s.regs = grow(s.regs, n*s.words) }
func (s *sketches) Bytes() int64 { return int64(cap(s.regs)) * 8 }

func (s *sketches) Update(groups []uint32, args []Vector) error {
	hash := newHasher64(args[0].Values)
	eachRow(args[0], len(groups), func(i int) {
		x := hash(args[0].at(i), 42)
		s.raise(groups[i], int(x>>(64-s.p)), uint64(bits.LeadingZeros64(x<<s.p|1<<(s.p-1)))+1)
	})
	return nil
}

// raise brings a register of a group to at least rank.
func (s *sketches) raise(group uint32, register int, rank uint64) {
	w := &s.regs[int(group)*s.words+register/registersPerWord]
	shift := registerBits * (register % registersPerWord)
	if *w>>shift&registerMask < rank {
		*w = *w&^(registerMask<<shift) | rank<<shift
	}
}

func (s *sketches) Merge(groups []uint32, state []arrow.Array) error {
	for w, column := range state {
		for i, v := range fixedValues[int64](column) {
			for k := range registersPerWord {
				if register := w*registersPerWord + k; register < 1<<s.p {
					s.raise(groups[i], register, uint64(v)>>(registerBits*k)&registerMask)
				}
			}
		}
	}
	return nil
}

func (s *sketches) groups() int { return len(s.regs) / s.words }

func (s *sketches) State() ([]arrow.Array, error) {
	out := make([]arrow.Array, s.words)
	for w := range out {
		column := make([]int64, s.groups())
		for g := range column {
			column[g] = int64(s.regs[g*s.words+w])
		}
		out[w] = newFixed(types.Long, column, nil)
	}
	return out, nil
}

func (s *sketches) Result() (arrow.Array, error) {
	out := make([]int64, s.groups())
	for g := range out {
		out[g] = s.estimate(s.regs[g*s.words:][:s.words])
	}
	return newFixed(types.Long, out, nil), nil
}

// linearLimit is up to where counting the empty registers is better than the estimate: the published
// thresholds of HyperLogLog++, by precision from 4.
var linearLimit = []float64{10, 20, 40, 80, 220, 400, 900, 1800, 3100, 6500, 11500, 20000, 50000, 120000, 350000}

// estimate counts empty registers while there are few values, as Spark does; above it is Ertl's improved
// estimate, which needs no tables of biases (https://arxiv.org/abs/1702.01284, algorithm 6).
func (s *sketches) estimate(words []uint64) int64 {
	m := float64(int(1) << s.p)
	top := 64 - s.p + 1
	counts := make([]float64, top+1)
	for r := range 1 << s.p {
		rank := int(words[r/registersPerWord] >> (registerBits * (r % registersPerWord)) & registerMask)
		counts[min(rank, top)]++
	}
	if counts[0] > 0 {
		linear := m * math.Log(m/counts[0])
		if s.p-4 >= len(linearLimit) || linear <= linearLimit[s.p-4] {
			return int64(math.Round(linear))
		}
	}
	z := m * tau(1-counts[top]/m)
	for k := top - 1; k >= 1; k-- {
		z = 0.5 * (z + counts[k])
	}
	z += m * sigma(counts[0]/m)
	return int64(math.Round(m / (2 * math.Ln2) * m / z))
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += x * y
		y += y
		if z == before {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		z -= (1 - x) * (1 - x) * y
		if z == before {
			return z / 3
		}
	}
}
