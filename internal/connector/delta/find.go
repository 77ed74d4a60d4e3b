package delta

import (
	"fmt"
	"math"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/deltalog"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// A finder tells which rows of the table a statement changes.
type finder interface {
	columns() []string          // that it reads
	where() predicate.Predicate // of row groups and files that may have such rows; nil: all
	turns() int                 // how often it goes over the table's files
	turn(n int) error           // begins one, from 0 on; no search is under way
	worker() search             // for one goroutine
}

// A search finds the rows of a batch that change. The batch has the finder's columns.
type search func(b arrow.RecordBatch) (hits, error)

// hits are rows of a batch in ascending order, with the clause that changes each, and the row of the source that it is changed by.
type hits struct {
	rows    []int32
	clauses []uint8 // nil: the first, of all
	source  []int32 // nil: there is no source
}

// touched are rows of a data file, as hits are of a batch, by their positions in the file.
type touched struct {
	index   []uint32
	clauses []uint8
	source  []int32
}

// add notes the hits of a batch whose last column is the position of each row.
func (t *touched) add(b arrow.RecordBatch, found hits) error {
	index := rowIndexes(b)
	for _, row := range found.rows {
		at := index[row]
		if at < 0 || at > math.MaxUint32 {
			return fmt.Errorf("internal error: row %d of a data file", at)
		}
		t.index = append(t.index, uint32(at))
	}
	t.clauses = append(t.clauses, found.clauses...)
	t.source = append(t.source, found.source...)
	return nil
}

func rowIndexes(b arrow.RecordBatch) []int64 {
	return b.Column(int(b.NumCols()) - 1).(*array.Int64).Int64Values()
}

func (t *touched) clause(i int) uint8 {
	if t.clauses == nil {
		return 0
	}
	return t.clauses[i]
}

// from is the first touched row that does not lie before a position.
func (t *touched) from(row int64) int {
	return sort.Search(len(t.index), func(i int) bool { return int64(t.index[i]) >= row })
}

// rows is the touched rows for which keep holds.
func (t *touched) rows(keep func(i int) bool) *deltalog.RowSet {
	set := deltalog.RowsOf()
	for i, at := range t.index {
		if keep(i) {
			set.Add(int64(at))
		}
	}
	return set
}

// joinTouched puts what was found in the pieces of a file together, in the order of the pieces.
func joinTouched(parts []touched) touched {
	if len(parts) == 1 {
		return parts[0]
	}
	var all touched
	for _, p := range parts {
		all.index, all.clauses, all.source = append(all.index, p.index...), append(all.clauses, p.clauses...), append(all.source, p.source...)
	}
	return all
}

// mergeTouched is what two turns found: no row was found by both.
func mergeTouched(a, b touched) touched {
	var all touched
	for i, j := 0, 0; i < len(a.index) || j < len(b.index); {
		if j == len(b.index) || i < len(a.index) && a.index[i] < b.index[j] {
			all.copy(&a, i)
			i++
		} else {
			all.copy(&b, j)
			j++
		}
	}
	return all
}

func (t *touched) copy(from *touched, i int) {
	t.index = append(t.index, from.index[i])
	if from.clauses != nil {
		t.clauses = append(t.clauses, from.clauses[i])
	}
	if from.source != nil {
		t.source = append(t.source, from.source[i])
	}
}

// spilled is the same in mapped files.
func (t *touched) spilled(to *exec.Spill) (out touched, err error) {
	if out.index, err = exec.Spilled(to, t.index); err != nil {
		return out, err
	}
	if out.clauses, err = exec.Spilled(to, t.clauses); err != nil {
		return out, err
	}
	out.source, err = exec.Spilled(to, t.source)
	return out, err
}

// byCondition finds the rows for which a condition holds.
type byCondition struct {
	schema    types.Struct // of the table
	names     []string
	condition expr.Expr // over the columns named
	refutable predicate.Predicate
	eval      expr.Context
}

// newByCondition takes a condition over all columns of the table.
func newByCondition(schema types.Struct, condition expr.Expr, eval expr.Context) *byCondition {
	used := newColumnUse(schema)
	used.read(condition)
	return &byCondition{
		schema: schema, names: used.names(), condition: used.move(condition), eval: eval,
		refutable: expr.ToPredicate(condition, pathIn(schema)),
	}
}

func pathIn(schema types.Struct) func(int) []string {
	return func(i int) []string {
		if i >= len(schema.Fields) {
			return nil
		}
		return []string{schema.Fields[i].Name}
	}
}

func (f *byCondition) columns() []string          { return f.names }
func (f *byCondition) where() predicate.Predicate { return f.refutable }
func (f *byCondition) turns() int                 { return 1 }
func (f *byCondition) turn(int) error             { return nil }

func (f *byCondition) worker() search {
	eval := f.eval
	return func(b arrow.RecordBatch) (hits, error) {
		v, err := f.condition.Eval(&eval, b)
		if err != nil {
			return hits{}, err
		}
		return hits{rows: trueRows(v, int(b.NumRows()))}, nil
	}
}

// trueRows are the rows for which a condition is true.
func trueRows(v expr.Vector, n int) []int32 {
	values, ok := v.Values.(*array.Boolean)
	if !ok {
		return nil // null of no type
	}
	var rows []int32
	if v.Const {
		if values.Len() == 0 || values.IsNull(0) || !values.Value(0) {
			return nil
		}
		rows = make([]int32, n)
		for i := range rows {
			rows[i] = int32(i)
		}
		return rows
	}
	for i := range n {
		if values.IsValid(i) && values.Value(i) {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// A columnUse collects which columns expressions read, so that only these are read, and the expressions moved to where they are then.
type columnUse struct {
	schema types.Struct
	used   []bool
}

func newColumnUse(schema types.Struct) *columnUse {
	return &columnUse{schema, make([]bool, len(schema.Fields))}
}

func (u *columnUse) read(exprs ...expr.Expr) {
	for _, e := range exprs {
		eachColumn(e, func(c *expr.Column) {
			if c.Index < len(u.used) {
				u.used[c.Index] = true
			}
		})
	}
}

func eachColumn(e expr.Expr, f func(*expr.Column)) {
	if e == nil {
		return
	}
	if c, ok := e.(*expr.Column); ok {
		f(c)
	}
	for _, child := range e.Children() {
		eachColumn(child, f)
	}
}

func (u *columnUse) names() []string {
	names := []string{}
	for i, used := range u.used {
		if used {
			names = append(names, u.schema.Fields[i].Name)
		}
	}
	return names
}

// move is an expression over the columns used; those beyond the schema follow them.
func (u *columnUse) move(e expr.Expr) expr.Expr {
	places := make([]int, len(u.used))
	n := 0
	for i, used := range u.used {
		places[i] = n
		if used {
			n++
		}
	}
	return moveColumns(e, func(i int) int {
		if i >= len(places) {
			return i - len(places) + n
		}
		return places[i]
	})
}

// moveColumns is an expression whose columns stand at other places.
func moveColumns(e expr.Expr, to func(int) int) expr.Expr {
	if e == nil {
		return nil
	}
	if c, ok := e.(*expr.Column); ok {
		moved := *c
		moved.Index = to(c.Index)
		return &moved
	}
	children := e.Children()
	if len(children) == 0 {
		return e
	}
	moved := make([]expr.Expr, len(children))
	for i, child := range children {
		moved[i] = moveColumns(child, to)
	}
	return e.WithChildren(moved)
}
