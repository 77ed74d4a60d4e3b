package delta

import (
	"strconv"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
)

// countBroken counts the rows of the table that break a new check. The alteration relies on them: an append at the same time conflicts
// with it.
func (a *altering) countBroken(columns []string, c check) (int64, error) {
	a.reads = true
	var broken atomic.Int64
	err := a.eachPiece(columns, func(eval *expr.Context, p batch.Piece) error {
		for b, err := range p.Read(a.ctx) {
			if err != nil {
				return err
			}
			v, err := c.holds.Eval(eval, b)
			if err != nil {
				return err
			}
			n := int(b.NumRows())
			if firstNotTrue(v, n) < 0 {
				continue
			}
			values := v.Expand(n)
			for row := range n {
				if !isTrue(values, row) {
					broken.Add(1)
				}
			}
		}
		return nil
	})
	return broken.Load(), err
}

// eachPiece reads columns of the table's rows by several workers.
func (a *altering) eachPiece(columns []string, visit func(*expr.Context, batch.Piece) error) error {
	source, err := a.source()
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(a.ctx)
	g.SetLimit(max(1, a.opts.Workers))
	for piece, err := range source.Scan(ctx, logical.ScanOptions{Columns: columns}) {
		if err != nil {
			return err
		}
		eval := a.opts.Eval
		g.Go(func() error { return batch.Guard(func() error { return visit(&eval, piece) }) })
	}
	return g.Wait()
}

// source is the table at the version that is altered.
func (a *altering) source() (*Source, error) {
	opts, err := ParseReadOptions(map[string]string{"versionAsOf": strconv.FormatInt(a.snap.Version(), 10)}, false)
	if err != nil {
		return nil, err
	}
	return NewSource(a.ctx, a.table, opts)
}
