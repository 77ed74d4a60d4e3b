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
	"rand": randomNumbers("rand", (*xorShift).double), "random": randomNumbers("rand", (*xorShift).double),
	"randn":                       randomNumbers("randn", (*xorShift).gaussian),
	"monotonically_increasing_id": built(0, 0, func(*builder) (Expr, error) { return &rowNumbers{}, nil }),
	"shuffle": rebuilt(func(g *gatherer, a *arrayArg, _ []Vector, i int) error {
		g.emitAll(a, i)
		row := g.current()
		mathrand.Shuffle(len(row), func(x, y int) { row[x], row[y] = row[y], row[x] })
		return nil
	}).random(),
	"raise_error": fn(types.Null, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		if n == 0 {
			return nulls(types.Null, 0), nil
		}
		message := textsOf(args[0])
		if args[0].null(0) {
			return nil, errclass.UserRaised.New("null")
		}
		return nil, errclass.UserRaised.New("%s", message.at(0))
	}, aString).nullable().random(),
	"assert_true": built(1, 2, func(b *builder) (Expr, error) {
		if len(b.args) == 1 {
			b.args = append(b.args, textConstant("'"+b.args[0].String()+"' is not true!"))
		}
		if err := b.coerceTo(aBool, aString); err != nil {
			return nil, err
		}
		b.fn.null, b.fn.impure = nullMaybe, true
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

// A random is rand and randn. A sequence with a seed, to which the worker's number is added, goes on from
// batch to batch.
type random struct {
	text string
	seed int64
	next func(r *xorShift) float64
}

func (r *random) Type() types.Type         { return types.Double }
func (r *random) Nullable() bool           { return false }
func (r *random) String() string           { return r.text }
func (r *random) Children() []Expr         { return nil }
func (r *random) WithChildren([]Expr) Expr { return r }
func (r *random) deterministic() bool      { return false }

func (r *random) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	state := remember(ctx, r, func() *xorShift { return newXorShift(r.seed + int64(ctx.Worker)) })
	out := make([]float64, in.NumRows())
	for i := range out {
		out[i] = r.next(state)
	}
	return Vector{Values: newFixed(types.Double, out, nil)}, nil
}

// remember is what an expression keeps in a context; start makes it.
func remember[T any](ctx *Context, e Expr, start func() T) T {
	if ctx.Memo == nil {
		ctx.Memo = map[Expr]any{}
	}
	if _, ok := ctx.Memo[e]; !ok {
		ctx.Memo[e] = start()
	}
	return ctx.Memo[e].(T)
}

func randomNumbers(name string, next func(r *xorShift) float64) function {
	return built(0, 1, func(b *builder) (Expr, error) {
		r := &random{text: callText(name, b.args), seed: int64(mathrand.Uint64()), next: next}
		if len(b.args) == 1 {
			v, ok := buildValue(b.args[0], b.ctx)
			if !ok {
				return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable, "the input `seed` should be a foldable (\"INT\" or \"BIGINT\") expression; however, got \"%s\".", b.args[0].String())
			}
			switch v := v.(type) {
			case int32:
				r.seed = int64(v)
			case int64:
				r.seed = v
			default:
				r.seed = 0
			}
		}
		return r, nil
	})
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

// rowNumbers is monotonically_increasing_id: the worker's number in the upper bits, the row's below.
type rowNumbers struct{ _ byte } // not empty, so that each has its own place in Context.Memo

func (r *rowNumbers) Type() types.Type         { return types.Long }
func (r *rowNumbers) Nullable() bool           { return false }
func (r *rowNumbers) String() string           { return "monotonically_increasing_id()" }
func (r *rowNumbers) Children() []Expr         { return nil }
func (r *rowNumbers) WithChildren([]Expr) Expr { return r }
func (r *rowNumbers) deterministic() bool      { return false }

func (r *rowNumbers) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	next := remember(ctx, r, func() *int64 { start := int64(ctx.Worker) << 33; return &start })
	out := make([]int64, in.NumRows())
	for i := range out {
		out[i] = *next
		*next++
	}
	return Vector{Values: newFixed(types.Long, out, nil)}, nil
}

// NumbersRows gives the part of an expression that numbers the rows it sees (monotonically_increasing_id); nil: there is none.
func NumbersRows(e Expr) Expr {
	if n, ok := e.(*rowNumbers); ok {
		return n
	}
	for _, c := range e.Children() {
		if found := NumbersRows(c); found != nil {
			return found
		}
	}
	return nil
}
