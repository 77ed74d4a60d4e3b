package deltalog

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// Batches is how rows move. A non-nil error is the last element. A sequence is walked once; who stops early has nothing to close.
type Batches = iter.Seq2[arrow.RecordBatch, error]

// Batches gives the scan's rows: those for which the condition holds, no others, in the order of the files and of the rows in them.
func (s *Scan) Batches(ctx context.Context) Batches { return s.Shares(ctx, 1)[0] }

// Shares gives the scan's rows to n who read at the same time, each a sequence of its own: what one of them takes, no other does. Walk
// all of them.
func (s *Scan) Shares(ctx context.Context, n int) []Batches {
	return share(n, func(yield func(batch.Piece, error) bool) {
		rows, err := s.rows()
		if err != nil {
			yield(nil, err)
			return
		}
		for file, err := range s.Files(ctx) {
			var pieces []batch.Piece
			if err == nil {
				pieces, err = rows.Pieces(ctx, file.AddFile)
			}
			if !yieldPieces(yield, pieces, err) {
				return
			}
		}
	}, func(p batch.Piece) batch.Seq { return s.filtered(p.Read(ctx)) })
}

func yieldPieces(yield func(batch.Piece, error) bool, pieces []batch.Piece, err error) bool {
	if err != nil {
		yield(nil, err)
		return false
	}
	for _, p := range pieces {
		if !yield(p, nil) {
			return false
		}
	}
	return true
}

// share gives the pieces out, one after the other, to whoever asks.
func share(n int, pieces iter.Seq2[batch.Piece, error], read func(batch.Piece) batch.Seq) []Batches {
	var mu sync.Mutex
	var next func() (batch.Piece, error, bool) // under mu, as are stop and left
	var stop func()
	left := n
	take := func() (batch.Piece, error, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == nil {
			next, stop = iter.Pull2(pieces)
		}
		return next()
	}
	leave := func() {
		mu.Lock()
		defer mu.Unlock()
		if left--; left == 0 && stop != nil {
			stop()
		}
	}
	shares := make([]Batches, n)
	for i := range shares {
		shares[i] = func(yield func(arrow.RecordBatch, error) bool) {
			defer leave()
			for p, err, ok := take(); ok; p, err, ok = take() {
				if err != nil {
					yield(nil, err)
					return
				}
				for b, err := range read(p) {
					if !yield(b, err) || err != nil {
						return
					}
				}
			}
		}
	}
	return shares
}

// rows reads the scan's columns, and behind them those that the condition needs besides.
func (s *Scan) rows() (*RowReader, error) {
	columns := s.columns.Names()
	for _, name := range predicateColumns(s.where) {
		if s.columns.Index(name) < 0 && !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, name) }) {
			columns = append(columns, name)
		}
	}
	return s.snapshot.Reader(ReadOptions{Columns: append([]string{}, columns...), Where: s.where})
}

// filtered is the rows for which the condition holds, with the scan's columns.
func (s *Scan) filtered(rows batch.Seq) batch.Seq {
	if s.where == nil {
		return rows
	}
	n := len(s.columns.Fields)
	schema := types.ToArrowSchema(UserSchema(s.columns))
	return batch.Transform(rows, func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
		b, err := keepRows(s.where, b)
		if err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
		if int(b.NumCols()) == n {
			return b, nil
		}
		return array.NewRecordBatch(schema, b.Columns()[:n], b.NumRows()), nil
	})
}

// predicateColumns are the columns that a condition names.
func predicateColumns(where Predicate) []string {
	var path []string
	switch p := where.(type) {
	case And:
		return columnsOfParts(p)
	case Or:
		return columnsOfParts(p)
	case Compare:
		path = p.Column
	case IsNull:
		path = p.Column
	case In:
		path = p.Column
	}
	return path[:min(1, len(path))]
}

func columnsOfParts(parts []Predicate) []string {
	var all []string
	for _, p := range parts {
		all = append(all, predicateColumns(p)...)
	}
	return all
}
