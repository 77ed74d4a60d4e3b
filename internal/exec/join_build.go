package exec

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// A joinBuild is the right side of a join: its rows, found by key. The first goroutine that needs it
// makes it; from then on nobody changes it but matched.
type joinBuild struct {
	*join
	once    sync.Once
	err     error
	rows    arrow.RecordBatch
	byKey   *keyIndex
	all     []int32 // every row, for a join without keys
	matched *matchedRows
	held    reservation
	left    atomic.Int64
}

// get makes the build side, once.
func (b *joinBuild) get(ctx context.Context) error {
	b.once.Do(func() {
		b.err = batch.Guard(func() error { return b.make(ctx) }) // others wait for its outcome
	})
	return b.err
}

// leave gives the memory back when the last of n sequences has ended.
func (b *joinBuild) leave(n int) {
	if b.left.Add(1) == int64(n) {
		b.held.release()
	}
}

func (b *joinBuild) make(ctx context.Context) error {
	b.held = reservation{memory: b.env.Memory, operator: "join"}
	batches, err := collectAll(ctx, b.right, b.env, &b.held)
	if err != nil {
		return err
	}
	if len(batches) == 0 {
		schema := types.ToArrowSchema(b.right.Schema())
		batches = []arrow.RecordBatch{newBatch(schema, emptyColumns(schema), 0)}
	}
	if b.rows, err = concatBatches(b.right.Schema(), batches); err != nil {
		return err
	}
	if b.keepsRight() {
		b.matched = newMatchedRows(int(b.rows.NumRows()))
	}
	if len(b.node.Keys) == 0 {
		b.all = positions(int(b.rows.NumRows()))
		return nil
	}
	return b.index()
}

// collectAll reads an operator to its end with all workers, in order where there is one.
func collectAll(ctx context.Context, op Operator, env *Env, held *reservation) ([]arrow.RecordBatch, error) {
	var mu sync.Mutex
	var batches []arrow.RecordBatch
	err := gatherAll(ctx, op, env.workers(), func(_ int, b arrow.RecordBatch) error {
		mu.Lock()
		defer mu.Unlock()
		batches = append(batches, b)
		return held.add(batchBytes(b))
	})
	return batches, err
}

func positions(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// index puts the rows that can have a partner under their keys.
func (b *joinBuild) index() error {
	b.byKey = newKeyIndex(newHasher(), b.node.Keys, int(b.rows.NumRows()))
	exprs := rightKeys(b.node.Keys)
	first := 0
	for part := range cut(b.rows) {
		columns, err := evaluate(b.env.eval(0), exprs, part)
		if err != nil {
			return err
		}
		n := int(part.NumRows())
		b.byKey.add(b.byKey.table.hasher.load(columns, n), first, nil)
		first += n
	}
	b.byKey.settle()
	return b.held.add(b.byKey.memory())
}

func rightKeys(keys []logical.JoinKey) []expr.Expr {
	exprs := make([]expr.Expr, len(keys))
	for i, k := range keys {
		exprs[i] = k.Right
	}
	return exprs
}

// candidates is the right's rows under a key.
func (b *joinBuild) candidates(number uint32) []int32 {
	if b.byKey == nil {
		return b.all
	}
	return b.byKey.rows(number)
}

// matchedRows is a bit for each row, set by any goroutine.
type matchedRows struct{ words []atomic.Uint64 }

func newMatchedRows(n int) *matchedRows { return &matchedRows{make([]atomic.Uint64, (n+63)/64)} }

func (m *matchedRows) set(row int) {
	if w := &m.words[row/64]; w.Load()>>(row%64)&1 == 0 {
		w.Or(1 << (row % 64))
	}
}

func (m *matchedRows) has(row int) bool { return m.words[row/64].Load()>>(row%64)&1 != 0 }
