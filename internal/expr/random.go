package expr

import (
	"crypto/rand"
	"math"
	mathrand "math/rand/v2"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var randomFunctions = table{
	"uuid": fn(types.String, func(_ *Context, n int, _ []Vector) (arrow.Array, error) {
		b := newTextBuilder(n)
		for range n {
			id, err := uuid.NewRandomFromReader(rand.Reader)
			if err != nil {
				return nil, err
			}
			b.appendString(id.String())
		}
		return b.array(types.String), nil
	}).never().random(),
	"rand": randomNumbers(func(r *xorShift) float64 { return r.double() }), "random": randomNumbers(func(r *xorShift) float64 { return r.double() }).as("rand"),
	"randn":                       randomNumbers(func(r *xorShift) float64 { return r.gaussian() }),
	"monotonically_increasing_id": built(0, 0, func(*builder) (Expr, error) { return &rowNumbers{}, nil }),
	"shuffle": rebuilt(func(g *gatherer, a *arrayArg, _ []Vector, i int) error {
		g.emitAll(a, i)
		row := g.current()
		mathrand.Shuffle(len(row), func(x, y int) { row[x], row[y] = row[y], row[x] })
		return nil
	}).random(),
	"raise_error": fn(types.Null, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		message := textsOf(args[0])
		for i := range n {
			if args[0].null(i) {
				return nil, errclass.UserRaised.New("null")
			}
			return nil, errclass.UserRaised.New("%s", message.at(i))
		}
		return nulls(types.Null, 0), nil
	}, aString).nullable(),
	"assert_true": built(1, 2, func(b *builder) (Expr, error) {
		if len(b.args) == 1 {
			b.args = append(b.args, textConstant("'"+b.args[0].String()+"' is not true!"))
		}
		if err := b.coerceTo(aBool, aString); err != nil {
			return nil, err
		}
		b.fn.null = nullMaybe
		return b.make(types.Null, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
			yes := truthOf(args[0], n).yes
			message := textsOf(args[1])
			for i := range n {
				if !yes.get(i) {
					return nil, errclass.UserRaised.New("%s", message.at(i))
				}
			}
			return nulls(types.Null, n), nil
		}), nil
	}),
}

// randomNumbers is rand and randn with an optional seed, to which the worker's number is added. A
// seeded sequence goes on from batch to batch only within one evaluation: it starts anew with each.
func randomNumbers(next func(r *xorShift) float64) function {
	f := built(0, 1, func(b *builder) (Expr, error) {
		seed := int64(mathrand.Uint64())
		if len(b.args) == 1 {
			v, ok := buildValue(b.args[0], b.ctx)
			if !ok {
				return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable, "the input `seed` should be a foldable (\"INT\" or \"BIGINT\") expression; however, got \"%s\".", b.args[0].String())
			}
			switch v := v.(type) {
			case int32:
				seed = int64(v)
			case int64:
				seed = v
			default:
				seed = 0
			}
		}
		b.fn.null = nullNever
		return b.make(types.Double, func(ctx *Context, n int, _ []Vector) (arrow.Array, error) {
			r := newXorShift(seed + int64(ctx.Worker))
			out := make([]float64, n)
			for i := range out {
				out[i] = next(r)
			}
			return newFixed(types.Double, out, nil), nil
		}), nil
	})
	f.impure = true
	return f
}

// xorShift is Spark's XORShiftRandom, over java.util.Random's ways to make numbers of bits.
type xorShift struct {
	seed int64
	next float64
	has  bool
}

func newXorShift(init int64) *xorShift { return &xorShift{seed: hashSeed(init)} }

// hashSeed spreads a seed over 64 bits with Scala's MurmurHash3 of its eight bytes.
func hashSeed(seed int64) int64 {
	low := scalaMurmur(seed, 0x3c074a61)
	high := scalaMurmur(seed, low)
	return int64(uint64(high)<<32 | uint64(low))
}

func scalaMurmur(v int64, seed uint32) uint32 {
	h := seed
	u := uint64(v)
	var bytes [8]byte
	for i := range bytes {
		bytes[i] = byte(u >> (56 - 8*i))
	}
	for i := 0; i < 8; i += 4 {
		k := uint32(bytes[i]) | uint32(bytes[i+1])<<8 | uint32(bytes[i+2])<<16 | uint32(bytes[i+3])<<24
		h = murmurMixH(h, murmurMixK(k))
	}
	return murmurEnd(h, 8)
}

func (r *xorShift) bits(n uint) int64 {
	s := r.seed ^ r.seed<<21
	s ^= int64(uint64(s) >> 35)
	s ^= s << 4
	r.seed = s
	return int64(int32(s & (1<<n - 1)))
}

func (r *xorShift) double() float64 {
	return float64(r.bits(26)<<27+r.bits(27)) * 0x1.0p-53
}

func (r *xorShift) gaussian() float64 {
	if r.has {
		r.has = false
		return r.next
	}
	for {
		a, b := 2*r.double()-1, 2*r.double()-1
		if s := a*a + b*b; s < 1 && s != 0 {
			m := math.Sqrt(-2 * math.Log(s) / s)
			r.next, r.has = b*m, true
			return a * m
		}
	}
}

// rowNumbers is monotonically_increasing_id. Numbers start at the worker's; the operator that needs
// them to go on across batches keeps count itself.
type rowNumbers struct{}

func (*rowNumbers) Type() types.Type           { return types.Long }
func (*rowNumbers) Nullable() bool             { return false }
func (*rowNumbers) String() string             { return "monotonically_increasing_id()" }
func (*rowNumbers) Children() []Expr           { return nil }
func (r *rowNumbers) WithChildren([]Expr) Expr { return r }
func (*rowNumbers) deterministic() bool        { return false }

func (*rowNumbers) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	out := make([]int64, in.NumRows())
	for i := range out {
		out[i] = int64(ctx.Worker)<<33 + int64(i)
	}
	return Vector{Values: newFixed(types.Long, out, nil)}, nil
}
