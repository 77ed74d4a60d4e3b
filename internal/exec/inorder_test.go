package exec_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

// piecesOf is a source of given pieces, each of given batches. It reads all columns.
type piecesOf struct {
	pieces [][]arrow.RecordBatch
	enter  func(ctx context.Context, piece int) error // before a piece is read; may be nil
}

func (s piecesOf) Schema() types.Struct { return rowSchema }
func (s piecesOf) String() string       { return "pieces" }

func (s piecesOf) Scan(context.Context, logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		for i := range s.pieces {
			if !yield(pieceOf{s, i}, nil) {
				return
			}
		}
	}
}

type pieceOf struct {
	source piecesOf
	number int
}

func (p pieceOf) Size() int64 { return 1 }

func (p pieceOf) Read(ctx context.Context) batch.Seq {
	if p.source.enter != nil {
		if err := p.source.enter(ctx, p.number); err != nil {
			return batch.Fail(err)
		}
	}
	return batch.Of(p.source.pieces[p.number]...)
}

func drawPieces(t *rapid.T) [][]arrow.RecordBatch {
	var pieces [][]arrow.RecordBatch
	next := int64(0)
	for range rapid.IntRange(0, 7).Draw(t, "pieces") {
		var piece []arrow.RecordBatch
		for range rapid.IntRange(0, 4).Draw(t, "batches") {
			rows := make([]row, rapid.IntRange(0, 5).Draw(t, "rows"))
			for i := range rows {
				rows[i] = row{key: new(next % 3), id: next}
				next++
			}
			piece = append(piece, rowBatch(rows))
		}
		pieces = append(pieces, piece)
	}
	return pieces
}

// buildUnoptimized makes operators that read every column: piecesOf knows no others.
func buildUnoptimized(t interface {
	Helper()
	Fatal(args ...any)
}, query string, catalog tables, mem *exec.Memory, workers int,
) exec.Operator {
	t.Helper()
	node, err := resolve(query, catalog)
	if err != nil {
		t.Fatal(err)
	}
	op, err := exec.Build(node, &exec.Env{Eval: evalContext(), Memory: mem, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// Rows that only flow come with many workers in the order in which one worker gives them.
func TestInOrderKeepsTheOrderOfFilesAndRows(t *testing.T) {
	for _, query := range []string{
		"SELECT * FROM t",
		"SELECT id + 1 FROM t WHERE id % 2 = 0",
		"SELECT id, x FROM t LATERAL VIEW explode(sequence(0, id % 3)) AS x",
		"SELECT id FROM t LIMIT 4",
		"SELECT id + 1 FROM (SELECT id FROM t WHERE key > 0 LIMIT 7 OFFSET 2)",
		"SELECT id FROM t UNION ALL SELECT -id FROM t UNION ALL SELECT 7",
		"SELECT id FROM (SELECT id FROM t UNION ALL SELECT -id FROM t) WHERE id <> 3 LIMIT 9",
		"SELECT id FROM t ORDER BY key DESC, id LIMIT 8",
		"SELECT id, row_number() OVER (PARTITION BY key ORDER BY id) FROM t",
	} {
		t.Run(query, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				catalog := tables{"t": &logical.Relation{Source: piecesOf{pieces: drawPieces(t)}}}
				var lines [2][]string
				for i, workers := range []int{1, 3} {
					op := buildUnoptimized(t, query, catalog, nil, workers)
					rows, err := batch.Collect(exec.InOrder(context.Background(), op, workers))
					if err != nil {
						t.Fatal(err)
					}
					lines[i] = linesOf(texts(op.Schema(), rows))
				}
				if !slices.Equal(lines[0], lines[1]) {
					t.Fatalf("one worker gives\n%v\nthree give\n%v", lines[0], lines[1])
				}
			})
		})
	}
}

// A plain scan uses all workers: each piece waits until another one is being read too.
func TestInOrderReadsPiecesAtOnce(t *testing.T) {
	var both sync.WaitGroup
	both.Add(2)
	source := piecesOf{
		pieces: [][]arrow.RecordBatch{{rowBatch([]row{{id: 1}})}, {rowBatch([]row{{id: 2}})}},
		enter: func(context.Context, int) error {
			both.Done()
			both.Wait()
			return nil
		},
	}
	op := buildUnoptimized(t, "SELECT id FROM t", tables{"t": &logical.Relation{Source: source}}, nil, 2)
	rows, err := batch.Collect(exec.InOrder(t.Context(), op, 2))
	if got := linesOf(texts(op.Schema(), rows)); err != nil || !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// A cancelled query says so: rows that are missing are never taken for all there are.
func TestCancelledRunsEndWithAnError(t *testing.T) {
	for _, query := range []string{"SELECT id FROM t", "SELECT id, count(*) FROM t GROUP BY id", "SELECT a.id FROM t a JOIN t b ON a.id = b.id", "SELECT id FROM t ORDER BY id"} {
		for name, run := range map[string]func(context.Context, exec.Operator, int) batch.Seq{"Gather": exec.Gather, "InOrder": exec.InOrder} {
			for range 20 {
				ctx, cancel := context.WithCancel(t.Context())
				var once sync.Once
				source := piecesOf{pieces: slices.Repeat([][]arrow.RecordBatch{{rowBatch([]row{{id: 1}})}}, 50), enter: func(_ context.Context, piece int) error {
					if piece == 20 {
						once.Do(cancel)
					}
					return nil
				}}
				op := buildUnoptimized(t, query, tables{"t": &logical.Relation{Source: source}}, nil, 4)
				if _, err := batch.Collect(run(ctx, op, 4)); !errors.Is(err, context.Canceled) {
					t.Fatalf("%s by %s: %v", query, name, err)
				}
				cancel()
			}
		}
	}
}

const memoryLimit = 1 << 30

// givenBack says that exactly nothing is reserved.
func givenBack(mem *exec.Memory) bool {
	return mem.Reserve("test", memoryLimit) == nil && mem.Reserve("test", 1) != nil
}

// flowingAndHolding is a query for each operator.
var flowingAndHolding = []string{
	"SELECT id + 1 FROM t WHERE id >= 0",
	"SELECT x FROM t LATERAL VIEW explode(sequence(0, 2)) AS x",
	"SELECT id FROM t UNION ALL SELECT id FROM t",
	"SELECT id FROM t LIMIT 1000",
	"SELECT id FROM t LIMIT 1000 OFFSET 1",
	"SELECT key, count(*), collect_list(id) FROM t GROUP BY key",
	"SELECT key, count(DISTINCT id) FROM t GROUP BY key",
	"SELECT key, count(*) FROM t GROUP BY ROLLUP (key)",
	"SELECT sum(id) FROM t",
	"SELECT id FROM t ORDER BY id",
	"SELECT id FROM t ORDER BY id LIMIT 3",
	"SELECT DISTINCT key FROM t",
	"SELECT key FROM t INTERSECT SELECT key FROM t",
	"SELECT key FROM t EXCEPT ALL SELECT key FROM t",
	"SELECT a.id FROM t a JOIN u b ON a.id = b.id",
	"SELECT a.id FROM u a JOIN t b ON a.id = b.id",
	"SELECT a.id FROM t a LEFT JOIN u b ON a.id = b.id",
	"SELECT a.id FROM t a FULL JOIN t b ON a.id = b.id",
	"SELECT a.id FROM t a CROSS JOIN u b",
	"SELECT id FROM t WHERE id IN (SELECT id FROM u)",
	"SELECT id FROM u WHERE id NOT IN (SELECT id FROM t)",
	"SELECT (SELECT max(id) FROM t)",
	"SELECT sum(id) OVER (PARTITION BY key ORDER BY id) FROM t",
}

// Whichever batch cannot be read, each operator ends with that error, whatever the number of workers, gives
// its memory back, and leaves no goroutine (TestMain looks for them).
func TestEveryOperatorPassesOnAFailureOfAnyBatch(t *testing.T) {
	broken := errors.New("torn page")
	const pieces = 6
	good := make([][]arrow.RecordBatch, pieces)
	for i := range good {
		good[i] = []arrow.RecordBatch{rowBatch([]row{{key: new(int64(i % 2)), id: int64(i)}})}
	}
	for _, query := range flowingAndHolding {
		for _, workers := range []int{1, 3} {
			for fails := range pieces {
				source := piecesOf{pieces: good, enter: func(_ context.Context, piece int) error {
					if piece == fails {
						return fmt.Errorf("piece %d: %w", piece, broken)
					}
					return nil
				}}
				catalog := tables{"t": &logical.Relation{Source: source}, "u": &logical.Relation{Source: piecesOf{pieces: good}}}
				mem := exec.NewMemory(memoryLimit)
				for name, run := range map[string]func(context.Context, exec.Operator, int) batch.Seq{"Gather": exec.Gather, "InOrder": exec.InOrder} {
					op := buildUnoptimized(t, query, catalog, mem, workers)
					if _, err := batch.Collect(run(t.Context(), op, workers)); !errors.Is(err, broken) {
						t.Errorf("%s, %d workers by %s, piece %d torn: %v", query, workers, name, fails, err)
					}
				}
				if !givenBack(mem) {
					t.Errorf("%s, %d workers, piece %d torn, keeps memory or gives back too much", query, workers, fails)
				}
			}
		}
	}
}

// Who takes only some batches leaves nothing held and nothing running.
func TestEveryOperatorStopsAfterAnyBatch(t *testing.T) {
	var good [][]arrow.RecordBatch
	for i := range 6 {
		good = append(good, []arrow.RecordBatch{rowBatch([]row{{key: new(int64(i)), id: int64(i)}})})
	}
	catalog := tables{"t": &logical.Relation{Source: piecesOf{pieces: good}}, "u": &logical.Relation{Source: piecesOf{pieces: good}}}
	for _, query := range flowingAndHolding {
		for _, workers := range []int{1, 3} {
			for taken := range 4 {
				mem := exec.NewMemory(memoryLimit)
				for _, run := range []func(context.Context, exec.Operator, int) batch.Seq{exec.Gather, exec.InOrder} {
					left := taken
					for _, err := range run(t.Context(), buildUnoptimized(t, query, catalog, mem, workers), workers) {
						if err != nil {
							t.Errorf("%s: %v", query, err)
						}
						if left--; left < 0 {
							break
						}
					}
				}
				if !givenBack(mem) {
					t.Errorf("%s, %d workers, stopped after %d batches, keeps memory or gives back too much", query, workers, taken)
				}
			}
		}
	}
}
