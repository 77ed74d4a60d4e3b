package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// A setRow keeps the distinct elements of one row.
type setRow struct {
	g     *gatherer
	arrs  []arrayArg
	keys  []Keyer
	seen  map[string]struct{}
	row   int
	bytes []byte
}

// each hands out the elements of one argument's array with their keys.
func (s *setRow) each(arg int, f func(key string, e int64)) {
	start, end := s.arrs[arg].span(s.row)
	for e := start; e < end; e++ {
		s.bytes = s.keys[arg](s.bytes[:0], int(e))
		f(string(s.bytes), e)
	}
}

// keep emits an element unless its like was kept before.
func (s *setRow) keep(arg int, key string, e int64) {
	if _, dup := s.seen[key]; !dup {
		s.seen[key] = struct{}{}
		s.g.emit(arg, e)
	}
}

// setOperation keeps the distinct elements of the first array, and what more adds.
func (b *builder) setOperation(more func(s *setRow)) (Expr, error) {
	return b.overSets(func(s *setRow) {
		s.each(0, func(key string, e int64) { s.keep(0, key, e) })
		more(s)
	})
}

// filterBySet keeps the distinct elements of the first array that are, or are not, in the second.
func (b *builder) filterBySet(wanted bool) (Expr, error) {
	return b.overSets(func(s *setRow) {
		other := map[string]struct{}{}
		s.each(1, func(key string, _ int64) { other[key] = struct{}{} })
		s.each(0, func(key string, e int64) {
			if _, found := other[key]; found == wanted {
				s.keep(0, key, e)
			}
		})
	})
}

func (b *builder) overSets(f func(s *setRow)) (Expr, error) {
	b.fn.params = []param{anArray}
	if err := b.coerce(); err != nil {
		return nil, err
	}
	wide, err := b.unify(0)
	if err != nil {
		return nil, err
	}
	b.fn.safe = true
	t := wide.(types.Array)
	return b.make(t, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		valid := validAll(n, args)
		s := &setRow{g: newGatherer(n, valid)}
		for _, a := range args {
			arr := arrayOf(a)
			s.arrs, s.keys = append(s.arrs, arr), append(s.keys, NewKeyer(arr.items))
			s.g.add(arr.items)
		}
		for s.row = range n {
			if valid.has(s.row) {
				s.seen = map[string]struct{}{}
				f(s)
			}
			s.g.end()
		}
		return s.g.array(t)
	}), nil
}

// buildOverlap is arrays_overlap: null where nothing common is found but one of them holds a null.
func buildOverlap(b *builder) (Expr, error) {
	b.fn.params = []param{anArray}
	if err := b.coerce(); err != nil {
		return nil, err
	}
	if _, err := b.unify(0); err != nil {
		return nil, err
	}
	b.fn.null, b.fn.safe = nullMaybe, true
	return b.make(types.Boolean, func(_ *Context, n int, args []Vector) (arrow.Array, error) {
		x, y := arrayOf(args[0]), arrayOf(args[1])
		kx, ky := NewKeyer(x.items), NewKeyer(y.items)
		var key []byte
		return tryRows(types.Boolean, n, args, func(i int) (bool, bool, error) {
			set := map[string]struct{}{}
			sawNull := false
			xs, xe := x.span(i)
			ys, ye := y.span(i)
			for e := xs; e < xe; e++ {
				if isNull(x.items, int(e)) {
					sawNull = true
					continue
				}
				key = kx(key[:0], int(e))
				set[string(key)] = struct{}{}
			}
			for e := ys; e < ye; e++ {
				if isNull(y.items, int(e)) {
					sawNull = true
					continue
				}
				key = ky(key[:0], int(e))
				if _, found := set[string(key)]; found {
					return true, true, nil
				}
			}
			return false, !sawNull || xs == xe || ys == ye, nil
		})
	}), nil
}
