package memory

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

var schema = types.Struct{Fields: []types.Field{{Name: "n", Type: types.Long, Nullable: true}, {Name: "s", Type: types.String, Nullable: true}}}

// values are the rows of a batch, as an operator.
type values []int64

func (v values) Schema() types.Struct { return schema }

func (v values) Execute(context.Context, int) []batch.Seq {
	if v == nil {
		return []batch.Seq{batch.Fail(fmt.Errorf("the query failed"))}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(schema))
	for _, n := range v {
		b.Field(0).(*array.Int64Builder).Append(n)
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("s", n))
	}
	return []batch.Seq{batch.Of(b.NewRecordBatch())}
}

func rowsOf(t *testing.T, s *Sink, columns []string) string {
	t.Helper()
	var out []string
	for p, err := range s.Table().Scan(t.Context(), logical.ScanOptions{Columns: columns}) {
		if err != nil {
			t.Fatal(err)
		}
		for b, err := range p.Read(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range int(b.NumRows()) {
				var row []string
				for _, c := range b.Columns() {
					row = append(row, c.ValueStr(i))
				}
				out = append(out, strings.Join(row, "|"))
			}
		}
	}
	return strings.Join(out, " ")
}

// What the table holds after batches, in each mode: a batch that is repeated counts once.
func TestModes(t *testing.T) {
	for mode, want := range map[logical.OutputMode]string{
		logical.Append: "1 2 3", logical.Update: "1 2 3", logical.Complete: "3",
	} {
		s := NewSink(schema, mode)
		for id, v := range []values{{1}, {2}, {2}, {3}} {
			n, err := s.Write(t.Context(), int64([]int{0, 1, 1, 2}[id]), v)
			if n != 1 || err != nil {
				t.Fatalf("wrote %d, %v", n, err)
			}
		}
		if got := rowsOf(t, s, []string{"n"}); got != want {
			t.Errorf("mode %v: got %s, want %s", mode, got, want)
		}
	}
}

// A batch that fails leaves what was there, and can be repeated.
func TestAFailedBatchLeavesTheTable(t *testing.T) {
	s := NewSink(schema, logical.Complete)
	if _, err := s.Write(t.Context(), 0, values{1}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(t.Context(), 1, values(nil)); err == nil || rowsOf(t, s, nil) != "1|s1" {
		t.Errorf("got %v, %s", err, rowsOf(t, s, nil))
	}
	if _, err := s.Write(t.Context(), 1, values{2}); err != nil || rowsOf(t, s, nil) != "2|s2" {
		t.Errorf("got %v, %s", err, rowsOf(t, s, nil))
	}
}

func TestColumnsComeAsAskedFor(t *testing.T) {
	s := NewSink(schema, logical.Append)
	if _, err := s.Write(t.Context(), 0, values{1, 2}); err != nil {
		t.Fatal(err)
	}
	for want, columns := range map[string][]string{"1|s1 2|s2": nil, "s1|1 s2|2": {"s", "n"}, "s1 s2": {"s"}, " ": {}} {
		if got := rowsOf(t, s, columns); got != want {
			t.Errorf("%v: got %q, want %q", columns, got, want)
		}
	}
	for _, err := range s.Table().Scan(t.Context(), logical.ScanOptions{Columns: []string{"x"}}) {
		if err == nil {
			t.Error("a column that is not there was found")
		}
	}
}

// A scan sees what was there when it began, whatever the stream writes meanwhile.
func TestAScanSeesWhatWasThere(t *testing.T) {
	s := NewSink(schema, logical.Append)
	if _, err := s.Write(t.Context(), 0, values{0}); err != nil {
		t.Fatal(err)
	}
	before := s.Table().Scan(t.Context(), logical.ScanOptions{})
	var writers sync.WaitGroup
	writers.Go(func() {
		for id := range int64(100) {
			if _, err := s.Write(t.Context(), id+1, values{id + 1}); err != nil {
				t.Error(err)
			}
		}
	})
	for range 20 {
		rowsOf(t, s, []string{"n"})
	}
	writers.Wait()
	n := 0
	for p, err := range before {
		if err != nil {
			t.Fatal(err)
		}
		n = int(p.Size())
	}
	if n != 1 {
		t.Errorf("the scan that began first sees %d rows", n)
	}
	if got := len(strings.Fields(rowsOf(t, s, []string{"n"}))); got != 101 {
		t.Errorf("the table has %d rows", got)
	}
}

// A local relation gives the rows that it was made of.
func TestRowsAreARelation(t *testing.T) {
	var all []arrow.RecordBatch
	for b, err := range (values{1, 2}).Execute(t.Context(), 1)[0] {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	r := Rows(schema, all)
	n := int64(0)
	for p, err := range r.Scan(t.Context(), logical.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		n += p.Size()
	}
	if n != 2 || r.String() != "MemoryPlan" && r.String() != "LocalTableScan" {
		t.Errorf("%d rows of %s", n, r)
	}
}

// batchOf is a batch as an operator.
type batchOf struct{ arrow.RecordBatch }

func (b batchOf) Schema() types.Struct {
	var s types.Struct
	for _, f := range b.RecordBatch.Schema().Fields() {
		s.Fields = append(s.Fields, types.Field{Name: f.Name, Type: map[arrow.Type]types.Type{arrow.INT64: types.Long, arrow.STRING: types.String}[f.Type.ID()], Nullable: true})
	}
	return s
}

func (b batchOf) Execute(context.Context, int) []batch.Seq {
	return []batch.Seq{batch.Of(b.RecordBatch)}
}

func rowOf(t *testing.T, columns, row string) batchOf {
	t.Helper()
	s, err := types.ParseDDL(columns)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, types.ToArrowSchema(s), strings.NewReader(row))
	if err != nil {
		t.Fatal(err)
	}
	return batchOf{b}
}

// A query may come to have more columns while it runs: the table then has them, null in the rows before. Who resolved it earlier reads the
// columns of then. Columns of another type, or that are gone, are refused while there are rows of them.
func TestTheTableGetsColumns(t *testing.T) {
	for _, mode := range []logical.OutputMode{logical.Append, logical.Complete} {
		s := NewSink(schema, mode)
		if _, err := s.Write(t.Context(), 0, values{1}); err != nil {
			t.Fatal(err)
		}
		before := s.Table()
		if _, err := s.Write(t.Context(), 1, rowOf(t, "n bigint, extra string, s string", `[{"n":2,"extra":"more","s":"s2"}]`)); err != nil {
			t.Fatal(err)
		}
		want, wantBefore := "1|(null)|s1 2|more|s2", "1|s1 2|s2"
		if mode == logical.Complete {
			want, wantBefore = "2|more|s2", "2|s2"
		}
		if got := rowsOf(t, s, nil); got != want {
			t.Errorf("mode %v: %s, want %s", mode, got, want)
		}
		for p, err := range before.Scan(t.Context(), logical.ScanOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for b, err := range p.Read(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				for i := range int(b.NumRows()) {
					got = append(got, b.Column(0).ValueStr(i)+"|"+b.Column(1).ValueStr(i))
				}
			}
			if got := strings.Join(got, " "); got != wantBefore {
				t.Errorf("mode %v: read as before it is %s, want %s", mode, got, wantBefore)
			}
		}
		if got := s.Table().Schema().String(); mode == logical.Append && !strings.Contains(got, "extra") {
			t.Errorf("the columns are %s", got)
		}
	}
	s := NewSink(schema, logical.Append)
	if _, err := s.Write(t.Context(), 0, values{1}); err != nil {
		t.Fatal(err)
	}
	for _, columns := range []string{"n string, s string", "n bigint"} {
		row := `[{"n":"2"}]`
		if columns == "n bigint" {
			row = `[{"n":2}]`
		}
		if _, err := s.Write(t.Context(), 1, rowOf(t, columns, row)); err == nil || rowsOf(t, s, nil) != "1|s1" {
			t.Errorf("%s: %v, %s", columns, err, rowsOf(t, s, nil))
		}
	}
}
