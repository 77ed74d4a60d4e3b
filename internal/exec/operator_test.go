package exec_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// fakeSource has one batch a piece, and may fail instead of giving the last one.
type fakeSource struct {
	pieces int
	fails  error
	read   *atomic.Int64
}

func (s fakeSource) Schema() types.Struct { return rowSchema }
func (s fakeSource) String() string       { return "fake" }

func (s fakeSource) Scan(_ context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		for i := range s.pieces {
			if !yield(fakePiece{s, i, opts.Columns}, nil) {
				return
			}
		}
	}
}

type fakePiece struct {
	fakeSource
	number  int
	columns []string
}

func (p fakePiece) Size() int64 { return 1 }

func (p fakePiece) Read(context.Context) batch.Seq {
	if p.fails != nil && p.number == p.pieces-1 {
		return batch.Fail(p.fails)
	}
	p.read.Add(1)
	all := rowBatch([]row{{id: int64(p.number)}})
	if p.columns == nil {
		return batch.Of(all)
	}
	schema, columns := types.Struct{}, make([]arrow.Array, len(p.columns))
	for i, name := range p.columns {
		at := rowSchema.Index(name)
		schema.Fields, columns[i] = append(schema.Fields, rowSchema.Fields[at]), all.Column(at)
	}
	return batch.Of(array.NewRecordBatch(types.ToArrowSchema(schema), columns, all.NumRows()))
}

func fakeTable(pieces int, fails error) (tables, *atomic.Int64) {
	read := &atomic.Int64{}
	return tables{"t": &logical.Relation{Source: fakeSource{pieces, fails, read}}}, read
}

func TestScanWithOneWorkerKeepsTheOrderOfPieces(t *testing.T) {
	catalog, _ := fakeTable(20, nil)
	schema, rows, err := run(t.Context(), "SELECT id FROM t", catalog, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range linesOf(texts(schema, rows)) {
		if line != fmt.Sprint(i) {
			t.Fatalf("row %d is %s", i, line)
		}
	}
}

// A piece that cannot be read fails the query, with the name of its source, whatever is above it.
func TestReadErrorNamesItsSource(t *testing.T) {
	broken := errors.New("torn page")
	catalog, _ := fakeTable(5, broken)
	for _, query := range []string{
		"SELECT id FROM t",
		"SELECT key, count(*) FROM t GROUP BY key",
		"SELECT id FROM t ORDER BY id",
		"SELECT DISTINCT key FROM t",
		"SELECT a.id FROM t a JOIN t b ON a.id = b.id",
		"SELECT a.id FROM t a FULL JOIN t b ON a.id = b.id",
		"SELECT key FROM t INTERSECT ALL SELECT key FROM t",
		"SELECT (SELECT max(id) FROM t)",
		"SELECT row_number() OVER (ORDER BY id) FROM t",
	} {
		for _, workers := range []int{1, 4} {
			_, _, err := run(t.Context(), query, catalog, workers)
			if !errors.Is(err, broken) || !strings.Contains(err.Error(), "read fake: ") {
				t.Errorf("%s with %d workers: %v", query, workers, err)
			}
		}
	}
}

func TestLimitStopsReading(t *testing.T) {
	catalog, read := fakeTable(1000, nil)
	_, batches, err := run(t.Context(), "SELECT id FROM t LIMIT 3", catalog, 1)
	rows := int64(0)
	for _, b := range batches {
		rows += b.NumRows()
	}
	if err != nil || rows != 3 || read.Load() > 3 {
		t.Fatalf("%d rows, %d pieces read, %v", rows, read.Load(), err)
	}
}

// Who stops early, or cancels, leaves nothing running: TestMain looks for goroutines left behind.
func TestStoppingEarlyEndsTheWork(t *testing.T) {
	catalog, _ := fakeTable(1000, nil)
	for _, query := range []string{
		"SELECT id FROM t", "SELECT id, count(*) FROM t GROUP BY id", "SELECT DISTINCT id FROM t", "SELECT a.id FROM t a JOIN t b ON a.id = b.id",
	} {
		node, err := resolve(query, catalog)
		if err != nil {
			t.Fatal(err)
		}
		op, err := exec.Build(logical.Optimize(node), &exec.Env{Eval: evalContext(), Workers: 4})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range exec.Gather(t.Context(), op, 4) {
			if err != nil {
				t.Error(err)
			}
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := run(ctx, "SELECT id, count(*) FROM t GROUP BY id", catalog, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestRowsReadAreCountedBySource(t *testing.T) {
	catalog, _ := fakeTable(7, nil)
	node, err := resolve("SELECT count(*) FROM t WHERE id > 100", catalog)
	if err != nil {
		t.Fatal(err)
	}
	var rows atomic.Int64
	op, err := exec.Build(node, &exec.Env{Eval: evalContext(), OnRows: func(source logical.Source, n int64) {
		if source.String() == "fake" {
			rows.Add(n)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := batch.Collect(exec.Gather(t.Context(), op, 2)); err != nil || rows.Load() != 7 {
		t.Errorf("%d rows counted, %v", rows.Load(), err)
	}
}

// What holds rows fails past the limit, and gives its memory back.
func TestMemoryLimitIsReached(t *testing.T) {
	for _, query := range []string{
		"SELECT id % 100000, count(*) FROM range(200000) GROUP BY 1",
		"SELECT id FROM range(200000) ORDER BY id DESC",
		"SELECT a.id FROM range(200000) a JOIN range(200000) b ON a.id = b.id",
		"SELECT DISTINCT id FROM range(200000)",
		"SELECT count(DISTINCT id) FROM range(200000)",
		"SELECT row_number() OVER (ORDER BY id) FROM range(200000)",
		"SELECT id FROM range(200000) EXCEPT ALL SELECT id FROM range(200000)",
	} {
		node, err := resolve(query, tables{})
		if err != nil {
			t.Fatal(err)
		}
		const limit = 1 << 20
		mem := exec.NewMemory(limit)
		op, err := exec.Build(logical.Optimize(node), &exec.Env{Eval: evalContext(), Memory: mem, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = batch.Collect(exec.Gather(t.Context(), op, 2)); !errors.Is(err, errclass.MemoryLimit) {
			t.Errorf("%s: %v", query, err)
		}
		if err := mem.Reserve("test", limit); err != nil {
			t.Errorf("%s keeps memory: %v", query, err)
		}
	}
}

func TestTakePicksRows(t *testing.T) {
	in := rowBatch([]row{{id: 1}, {id: 2}, {id: 3}})
	out, err := exec.Take(in, []int32{2, 0})
	if err != nil || out.NumRows() != 2 || out.Column(2).ValueStr(0) != "3" {
		t.Errorf("%v, %v", out, err)
	}
	if _, err := exec.Take(in, []int32{3}); err == nil {
		t.Error("a row behind the end was taken")
	}
}
