package delta

import (
	"slices"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// rowBits has a bit for each of n rows, set by any goroutine.
type rowBits struct{ words []atomic.Uint64 }

func newRowBits(n int) *rowBits { return &rowBits{make([]atomic.Uint64, (n+63)/64)} }

func (m *rowBits) set(row int32) {
	if w := &m.words[row/64]; w.Load()>>(row%64)&1 == 0 {
		w.Or(1 << (row % 64))
	}
}

func (m *rowBits) has(row int32) bool { return m.words[row/64].Load()>>(row%64)&1 != 0 }

// mergeFinder finds the rows that a MERGE changes. Its expressions are over the columns of the table that it reads.
type mergeFinder struct {
	*merging
	names      []string
	refutable  predicate.Predicate
	keys       []expr.Expr
	rest       *pairCondition   // nil: equal keys are all
	matched    []*pairCondition // by clause; nil: all
	bySource   []expr.Expr      // by clause; nil: all
	onlyDelete bool             // the one clause for partners deletes, whoever they are
}

func (g *merging) newFinder() *mergeFinder {
	schema := g.schema
	use := newColumnUse(schema)
	for _, k := range g.Keys {
		use.read(k.Left)
	}
	use.read(g.Rest...)
	for _, c := range append(slices.Clip(g.Matched), g.NotMatchedBySource...) {
		use.read(c.Condition)
	}
	f := &mergeFinder{merging: g, names: use.names()}
	narrow := len(f.names)
	for _, k := range g.Keys {
		f.keys = append(f.keys, use.move(k.Left))
	}
	f.rest = g.pairs(use.move(expr.Conjunction(g.Rest)), narrow)
	for _, c := range g.Matched {
		f.matched = append(f.matched, g.pairs(use.move(c.Condition), narrow))
	}
	for _, c := range g.NotMatchedBySource {
		f.bySource = append(f.bySource, use.move(c.Condition))
	}
	f.onlyDelete = len(g.Matched) == 1 && len(g.NotMatchedBySource) == 0 && g.clauses[0].remove && g.Matched[0].Condition == nil
	if len(g.NotMatchedBySource) == 0 {
		f.refutable = g.near
	}
	return f
}

func (f *mergeFinder) columns() []string          { return f.names }
func (f *mergeFinder) where() predicate.Predicate { return f.refutable }
func (f *mergeFinder) turns() int                 { return f.source.Shares() }
func (f *mergeFinder) turn(n int) error           { return f.source.Index(n) }

// A pairCondition is a condition over columns of the table that were read, and of the source.
type pairCondition struct {
	condition expr.Expr
	target    []int // columns that it reads, of the table's
	source    []int // and of the source's; they follow the others
	schema    *arrow.Schema
}

// pairs prepares a condition over so many columns of the table, followed by the source's.
func (g *merging) pairs(condition expr.Expr, width int) *pairCondition {
	if condition == nil {
		return nil
	}
	p := &pairCondition{}
	places := map[int]int{}
	var fields types.Struct
	note := func(c *expr.Column) {
		if _, known := places[c.Index]; known {
			return
		}
		places[c.Index] = len(fields.Fields)
		fields.Fields = append(fields.Fields, types.Field{Name: c.Name, Type: c.DataType, Nullable: true})
	}
	eachColumn(condition, func(c *expr.Column) {
		if c.Index < width {
			if _, known := places[c.Index]; !known {
				p.target = append(p.target, c.Index)
			}
			note(c)
		}
	})
	eachColumn(condition, func(c *expr.Column) {
		if c.Index >= width {
			if _, known := places[c.Index]; !known {
				p.source = append(p.source, c.Index-width)
			}
			note(c)
		}
	})
	p.condition = moveColumns(condition, func(i int) int { return places[i] })
	p.schema = types.ToArrowSchema(fields)
	return p
}

// holds gives the pairs for which the condition is true: left[i] of a batch with right[i] of the source.
func (p *pairCondition) holds(eval *expr.Context, b arrow.RecordBatch, source *exec.Matcher, left, right []int32) ([]int32, error) {
	columns := make([]arrow.Array, 0, len(p.target)+len(p.source))
	for _, c := range p.target {
		columns = append(columns, expr.Take(b.Column(c), left))
	}
	sources, err := source.TakeColumns(p.source, right)
	if err != nil {
		return nil, err
	}
	v, err := p.condition.Eval(eval, relabelled(p.schema, append(columns, sources...), len(left)))
	if err != nil {
		return nil, err
	}
	return trueRows(v, len(left)), nil
}

// mergeSearch is one goroutine's.
type mergeSearch struct {
	*mergeFinder
	eval    expr.Context
	clause  []int16 // by row of the batch: which clause changes it; -1: none
	partner []int32 // by row of the batch; alone: it has none
	left    []int32 // rows with a partner, each once
	right   []int32 // their partners
}

// What partner says of rows without one.
const (
	alone   = -1
	notNow  = -2 // it may find one in another turn, or found it
	nowhere = -1 // clause: nothing happens to the row
)

func (f *mergeFinder) worker() search {
	s := &mergeSearch{mergeFinder: f, eval: f.opts.Eval}
	return s.find
}

func (s *mergeSearch) find(b arrow.RecordBatch) (hits, error) {
	n := int(b.NumRows())
	s.begin(n)
	turn, err := s.source.Candidates(&s.eval, s.keys, b, func(left, right []int32) error { return s.meet(b, left, right) })
	if err != nil || s.insertsOnly() {
		return hits{}, err
	}
	if err := s.chooseMatched(b); err != nil {
		return hits{}, err
	}
	if len(s.bySource) > 0 {
		s.leaveOut(turn)
		if err := s.chooseBySource(b); err != nil {
			return hits{}, err
		}
	}
	return s.hits(n), nil
}

func (s *mergeSearch) begin(n int) {
	if cap(s.clause) < n {
		s.clause, s.partner = make([]int16, n), make([]int32, n)
	}
	s.clause, s.partner = s.clause[:n], s.partner[:n]
	for i := range n {
		s.clause[i], s.partner[i] = nowhere, alone
	}
	s.left, s.right = s.left[:0], s.right[:0]
}

// meet takes the pairs that are partners of those whose keys are equal: a row of the table may have one.
func (s *mergeSearch) meet(b arrow.RecordBatch, left, right []int32) error {
	if s.rest != nil {
		at, err := s.rest.holds(&s.eval, b, s.source, left, right)
		if err != nil {
			return err
		}
		left, right = picked(left, at), picked(right, at)
	}
	for i, row := range left {
		if len(s.NotMatched) > 0 {
			s.met.set(right[i])
		}
		switch {
		case s.partner[row] == alone:
			s.partner[row] = right[i]
			s.left, s.right = append(s.left, row), append(s.right, right[i])
		case !s.onlyDelete && !s.insertsOnly():
			return errSeveralPartners()
		}
	}
	return nil
}

func picked(values, at []int32) []int32 {
	out := make([]int32, len(at))
	for i, a := range at {
		out[i] = values[a]
	}
	return out
}

// leaveOut marks the rows that are not looked for in this turn; nil: all are.
func (s *mergeSearch) leaveOut(turn []int32) {
	if s.source.Shares() == 1 {
		return
	}
	for _, row := range others(turn, len(s.partner)) {
		s.partner[row] = notNow
	}
}

// chooseMatched finds, for rows with a partner, the first clause whose condition holds.
func (s *mergeSearch) chooseMatched(b arrow.RecordBatch) error {
	left, right := s.left, s.right
	for i, c := range s.matched {
		if len(left) == 0 {
			return nil
		}
		if c == nil {
			for _, row := range left {
				s.clause[row] = int16(i)
			}
			return nil
		}
		at, err := c.holds(&s.eval, b, s.source, left, right)
		if err != nil {
			return err
		}
		for _, j := range at {
			s.clause[left[j]] = int16(i)
		}
		left, right = s.unclaimed(left, right)
	}
	return nil
}

// unclaimed are the pairs whose row of the table no clause changes yet.
func (s *mergeSearch) unclaimed(left, right []int32) (restLeft, restRight []int32) {
	for i, row := range left {
		if s.clause[row] < 0 {
			restLeft, restRight = append(restLeft, row), append(restRight, right[i])
		}
	}
	return restLeft, restRight
}

// chooseBySource does the same for rows without a partner.
func (s *mergeSearch) chooseBySource(b arrow.RecordBatch) error {
	for i, condition := range s.bySource {
		number := int16(len(s.matched) + i)
		claim := func(row int32) {
			if s.partner[row] == alone && s.clause[row] < 0 {
				s.clause[row] = number
			}
		}
		if condition == nil {
			for row := range s.clause {
				claim(int32(row))
			}
			continue
		}
		v, err := condition.Eval(&s.eval, b)
		if err != nil {
			return err
		}
		for _, row := range trueRows(v, len(s.clause)) {
			claim(row)
		}
	}
	return nil
}

func (s *mergeSearch) hits(n int) hits {
	var h hits
	for row := range n {
		if s.clause[row] < 0 {
			continue
		}
		h.rows = append(h.rows, int32(row))
		h.clauses = append(h.clauses, uint8(s.clause[row]))
		h.source = append(h.source, s.partner[row])
	}
	return h
}
