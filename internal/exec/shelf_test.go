package exec

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

var shelfSchema = types.Struct{Fields: []types.Field{
	{Name: "n", Type: types.Long, Nullable: true}, {Name: "s", Type: types.String, Nullable: true},
}}

func shelfRows(first, end int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(shelfSchema))
	for i := first; i < end; i++ {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("row ", i))
	}
	return b.NewRecordBatch()
}

// Rows come in the order in which they are asked for, from chunks of all sizes, each as often as it is asked for.
func TestShelfTakesFromItsChunks(t *testing.T) {
	s := &Shelf{schema: shelfSchema, starts: []int{0}}
	at := 0
	for _, rows := range []int{3, 1, 500, 2, 70} {
		if err := s.put(shelfRows(at, at+rows)); err != nil {
			t.Fatal(err)
		}
		at += rows
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // which rows are asked for is no secret
	asked := map[string][]int32{"none": nil, "all": positions(at), "the last": {int32(at - 1)}, "twice": {4, 4, 0, 4}}
	for range 20 {
		some := make([]int32, random.IntN(300))
		for i := range some {
			some[i] = random.Int32N(int32(at))
		}
		asked[fmt.Sprint("random ", some)] = some
		sorted := slices.Sorted(slices.Values(some))
		asked[fmt.Sprint("sorted ", some)] = sorted
	}
	for name, rows := range asked {
		got, err := s.TakeRows(rows)
		if err != nil {
			t.Fatal(name, err)
		}
		n, text := got.Column(0).(*array.Int64), got.Column(1).(*array.String)
		if n.Len() != len(rows) || text.Len() != len(rows) {
			t.Fatalf("%s: %d and %d rows of %d", name, n.Len(), text.Len(), len(rows))
		}
		for i, row := range rows {
			if n.Value(i) != int64(row) || text.Value(i) != fmt.Sprint("row ", row) {
				t.Fatalf("%s: row %d at %d is %d, %q", name, row, i, n.Value(i), text.Value(i))
			}
		}
	}
}

// Rows beyond some size lie in mapped files although there is memory; where the disk has no room for these they stay in memory, if the
// budget has room.
func TestShelfMapsManyRows(t *testing.T) {
	const rows, batches = 40_000, 48 // some 40 MB
	for name, test := range map[string]struct {
		folder string
		memory *Memory
		mapped bool
		fails  bool
	}{
		"with disk":                {t.TempDir(), &Memory{}, true, false},
		"without disk":             {"/nowhere", &Memory{}, false, false},
		"without disk and memory":  {"/nowhere", NewMemory(8 << 20), false, true},
		"with disk and no memory":  {t.TempDir(), NewMemory(1), true, false},
		"with disk, little memory": {t.TempDir(), NewMemory(8 << 20), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", test.folder)
			f := shelfFilling{Shelf: &Shelf{schema: shelfSchema, starts: []int{0}, held: reservation{memory: test.memory, operator: "test"}}}
			defer f.Release()
			var err error
			for i := 0; i < batches && err == nil; i++ {
				err = f.add(shelfRows(i*rows, (i+1)*rows))
			}
			if err == nil {
				err = f.settle()
			}
			if (err != nil) != test.fails {
				t.Fatal(err)
			}
			if err != nil {
				return
			}
			if mapped := f.held.held == 0; mapped != test.mapped {
				t.Errorf("%d bytes are on the heap", f.held.held)
			}
			asked := []int32{0, rows*batches - 1, 7, rows * 11}
			got, err := f.TakeRows(asked)
			if err != nil || f.NumRows() != rows*batches {
				t.Fatal(f.NumRows(), err)
			}
			for i, row := range asked {
				if n := got.Column(0).(*array.Int64).Value(i); n != int64(row) {
					t.Errorf("row %d is %d", row, n)
				}
			}
		})
	}
}
