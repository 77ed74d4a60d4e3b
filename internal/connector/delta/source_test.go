package delta

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// A condition on a partition column skips the files of other partitions, and no row of its own: data files do not hold
// the column.
func TestPartitionColumnsAreFiltered(t *testing.T) {
	l := newLake(t)
	opts := l.options(nil)
	opts.PartitionBy = []string{"day"}
	rows := l.rows("a long, day string, n int", `{"a":1,"day":"x","n":1}`, `{"a":2,"day":"y","n":null}`, `{"a":3,"day":null,"n":3}`)
	if _, err := Write(t.Context(), l.table, rows, opts); err != nil {
		t.Fatal(err)
	}
	day := []string{"day"}
	x := predicate.Compare{Column: day, Op: predicate.Equal, Value: "x"}
	tests := []struct {
		name  string
		where predicate.Predicate
		want  string
	}{
		{"none", nil, `{"a":1,"day":"x","n":1} {"a":2,"day":"y"} {"a":3,"n":3}`},
		{"equal", x, `{"a":1,"day":"x","n":1}`},
		{"null", predicate.IsNull{Column: day}, `{"a":3,"n":3}`},
		{"not null", predicate.IsNull{Column: day, Not: true}, `{"a":1,"day":"x","n":1} {"a":2,"day":"y"}`},
		{"with a column of the file", predicate.And{x, predicate.IsNull{Column: []string{"n"}, Not: true}}, `{"a":1,"day":"x","n":1}`},
		{"or a column of the file", predicate.Or{x, predicate.IsNull{Column: []string{"n"}}}, `{"a":1,"day":"x","n":1} {"a":2,"day":"y"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := *l
			l.T = t
			l.wantRows("rows", l.read(test.where), test.want)
		})
	}
	l.wantRows("one column", l.read(x, "day"), `{"day":"x"}`)
	l.wantRows("no column but the partition's", l.read(nil, "day", "a"), `{"a":3} {"day":"x","a":1} {"day":"y","a":2}`)
}

// A large data file is work for several readers: its pieces hold each row once, with the partition's value.
func TestLargeDataFileIsSplit(t *testing.T) {
	const rows = 1 << 20
	l := newLake(t)
	schema := schemaOf(t, "day string, n long, random long")
	random := rand.New(rand.NewPCG(1, 2))
	day, n, r := array.NewStringBuilder(memory.DefaultAllocator), array.NewInt64Builder(memory.DefaultAllocator), array.NewInt64Builder(memory.DefaultAllocator)
	for i := range rows {
		day.Append("x")
		n.Append(int64(i))
		r.Append(random.Int64())
	}
	b := array.NewRecordBatch(types.ToArrowSchema(schema), []arrow.Array{day.NewArray(), n.NewArray(), r.NewArray()}, rows)
	opts := l.options(nil)
	opts.PartitionBy = []string{"day"}
	if _, err := Write(t.Context(), l.table, rowsOp{schema, []arrow.RecordBatch{b}}, opts); err != nil {
		t.Fatal(err)
	}
	pieces, seen := 0, int64(0)
	for p, err := range l.source(nil).Scan(t.Context(), logical.ScanOptions{Columns: []string{"n", "random", "day"}}) {
		if err != nil {
			t.Fatal(err)
		}
		pieces++
		for b, err := range p.Read(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if first := b.Column(0).(*array.Int64).Value(0); first != seen {
				t.Fatalf("row %d is %d", seen, first)
			}
			if day := b.Column(2).(*array.String).Value(0); day != "x" {
				t.Fatalf("the day is %q", day)
			}
			seen += b.NumRows()
		}
	}
	if files := len(l.files()); files != 1 || pieces < 2 || seen != rows {
		t.Errorf("%d rows in %d pieces of %d files", seen, pieces, files)
	}
}

// A data file that is gone is named, with its table.
func TestMissingDataFileIsNamed(t *testing.T) {
	l := newLake(t)
	l.write("n long", `{"n":1}`)
	name := l.files()[0].Path
	l.remove(name)
	_, err := scanned(t.Context(), l.source(nil), logical.ScanOptions{})
	if !errors.Is(err, errclass.DeltaFileNotFound) || !strings.Contains(err.Error(), l.table.URI+"/"+name) {
		t.Error(err)
	}
}

// So is one that is damaged.
func TestDamagedDataFileIsNamed(t *testing.T) {
	l := newLake(t)
	l.write("n long", `{"n":1}`)
	name := l.files()[0].Path
	if err := l.store.Put(t.Context(), name, []byte("PAR1 and no more")); err != nil {
		t.Fatal(err)
	}
	_, err := scanned(t.Context(), l.source(nil), logical.ScanOptions{})
	if !errors.Is(err, errclass.FailedReadFile) || !strings.Contains(err.Error(), l.table.URI+"/"+name) {
		t.Error(err)
	}
}
