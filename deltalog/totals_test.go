package deltalog

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/types"
	"lakehouse/volumes/volumestest"
)

// What the statistics of all files say together, and what one file that does not tell makes of it.
func TestTotals(t *testing.T) {
	schema := Schema{Fields: []Field{
		{Name: "day", Type: String, Nullable: true},
		{Name: "n", Type: Long, Nullable: true},
		{Name: "s", Type: String, Nullable: true},
		{Name: "d", Type: types.Double, Nullable: true},
		{Name: "dec", Type: types.Decimal{Precision: 38, Scale: 2}, Nullable: true},
	}}
	const plain = `{"numRecords":3,"minValues":{"n":%d,"s":"a","d":1.5,"dec":1.25},"maxValues":{"n":%d,"s":"b","d":2.5,"dec":7},"nullCount":{"n":1,"s":0,"d":0,"dec":0}}`
	one, two := "1", "2"
	file := func(path string, day *string, stats string, vector *DeletionVector) AddFile {
		f := write(path)
		f.PartitionValues, f.Stats, f.DeletionVector = map[string]*string{"day": day}, stats, vector
		return f
	}
	first := file("1.parquet", &one, fmt.Sprintf(plain, 1, 5), nil)
	second := file("2.parquet", &two, fmt.Sprintf(plain, -7, 2), nil)
	numberOf := func(unscaled int64) any { return decimal128.FromI64(unscaled) }
	unknown := ColumnTotals{Nulls: -1}
	tests := map[string]struct {
		files []AddFile
		want  string
	}{
		"no files": {nil, fmt.Sprint(Totals{0, []ColumnTotals{{Bounded: true}, {Bounded: true}, {Bounded: true}, {Bounded: true}, {Bounded: true}}})},
		"two files": {[]AddFile{first, second}, fmt.Sprint(Totals{6, []ColumnTotals{
			{0, "1", "2", true}, {2, int64(-7), int64(5), true}, {}, {}, {0, numberOf(125), numberOf(700), true},
		}})},
		"a partition of nulls": {[]AddFile{first, file("3.parquet", nil, fmt.Sprintf(plain, 9, 9), nil)}, fmt.Sprint(Totals{6, []ColumnTotals{
			{3, "1", "1", true}, {2, int64(1), int64(9), true}, {}, {}, {0, numberOf(125), numberOf(700), true},
		}})},
		"all null": {[]AddFile{file("3.parquet", &one, `{"numRecords":2,"minValues":{},"maxValues":{},"nullCount":{"n":2,"s":2,"d":2,"dec":2}}`, nil)}, fmt.Sprint(Totals{2, []ColumnTotals{
			{0, "1", "1", true}, {2, nil, nil, true}, {2, nil, nil, true}, {2, nil, nil, true}, {2, nil, nil, true},
		}})},
		"an empty file tells nothing": {[]AddFile{first, file("3.parquet", &two, `{"numRecords":0}`, nil)}, fmt.Sprint(Totals{3, []ColumnTotals{
			{0, "1", "1", true}, {1, int64(1), int64(5), true}, {}, {}, {0, numberOf(125), numberOf(700), true},
		}})},
		"a deletion vector": {[]AddFile{first, file("3.parquet", &two, fmt.Sprintf(plain, 0, 9), &DeletionVector{StorageType: "i", PathOrInlineDV: "x", Cardinality: 2})}, fmt.Sprint(Totals{4, []ColumnTotals{
			{0, "1", "2", true}, unknown, unknown, unknown, unknown,
		}})},
		"wide bounds": {[]AddFile{file("3.parquet", &one, `{"numRecords":2,"tightBounds":false,"minValues":{"n":1},"maxValues":{"n":2},"nullCount":{"n":0}}`, nil)}, fmt.Sprint(Totals{2, []ColumnTotals{
			{0, "1", "1", true}, unknown, unknown, unknown, unknown,
		}})},
		"a column without statistics": {[]AddFile{first, file("3.parquet", &one, `{"numRecords":2,"minValues":{"n":1},"maxValues":{"n":2},"nullCount":{"n":0}}`, nil)}, fmt.Sprint(Totals{5, []ColumnTotals{
			{0, "1", "1", true}, {1, int64(1), int64(5), true}, unknown, unknown, unknown,
		}})},
		"a decimal through a double": {[]AddFile{file("3.parquet", &one, `{"numRecords":1,"minValues":{"dec":-1.0E36},"maxValues":{"dec":1},"nullCount":{"dec":0}}`, nil)}, fmt.Sprint(Totals{1, []ColumnTotals{
			{0, "1", "1", true}, unknown, unknown, unknown, {},
		}})},
		"a file without a count": {[]AddFile{first, file("3.parquet", &one, "", nil)}, fmt.Sprint(Totals{-1, []ColumnTotals{unknown, unknown, unknown, unknown, unknown}})},
		"a count that lies":      {[]AddFile{file("3.parquet", &one, `{"numRecords":1}`, &DeletionVector{StorageType: "i", PathOrInlineDV: "x", Cardinality: 2})}, fmt.Sprint(Totals{-1, []ColumnTotals{unknown, unknown, unknown, unknown, unknown}})},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			table, err := Create(t.Context(), volumestest.NewMemory(), CreateOptions{Schema: schema, PartitionColumns: []string{"day"}, Options: testOptions()})
			if err != nil {
				t.Fatal(err)
			}
			txn := (&testTable{t, table.store, table}).snapshot().Begin(Operation{Name: "WRITE"})
			txn.actions.Adds = test.files
			s, err := afterCommit(t, table, txn)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Totals(t.Context(), schema.Names())
			if err != nil || fmt.Sprint(got) != test.want {
				t.Errorf("got  %v, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

// afterCommit is the version with the actions, put into the log as they are: others may have written them.
func afterCommit(t *testing.T, table *Table, txn *Txn) (*Snapshot, error) {
	data, err := txn.actions.encode()
	if err != nil {
		return nil, err
	}
	if err := table.store.PutIfAbsent(t.Context(), commitName(1), data); err != nil {
		return nil, err
	}
	return table.SnapshotAt(t.Context(), 1)
}

// A scan tells which files it passes over, and by what.
func TestScanReports(t *testing.T) {
	table, err := Create(t.Context(), volumestest.NewMemory(), CreateOptions{
		Schema: Schema{Fields: []Field{{Name: "day", Type: String, Nullable: true}, {Name: "n", Type: Long, Nullable: true}}}, PartitionColumns: []string{"day"},
	})
	if err != nil {
		t.Fatal(err)
	}
	txn := (&testTable{t, table.store, table}).snapshot().Begin(Operation{Name: "WRITE"})
	for i := range 6 {
		day := fmt.Sprint(i % 2)
		f := write(fmt.Sprint(i, ".parquet"))
		f.PartitionValues, f.Stats = map[string]*string{"day": &day}, fmt.Sprintf(`{"numRecords":1,"minValues":{"n":%d},"maxValues":{"n":%d},"nullCount":{"n":0}}`, i, i)
		txn.Add(f)
	}
	s, err := afterCommit(t, table, txn)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		where Predicate
		want  string
	}{
		{nil, "6 files (600 bytes) read"},
		{Compare{Column: []string{"day"}, Op: Equal, Value: "0"}, "3 files (300 bytes) read; 3 files (300 bytes) pruned by partition"},
		{Compare{Column: []string{"n"}, Op: Greater, Value: int64(4)}, "1 files (100 bytes) read; 5 files (500 bytes) pruned by statistics"},
		{And{Compare{Column: []string{"day"}, Op: Equal, Value: "0"}, Compare{Column: []string{"n"}, Op: Greater, Value: int64(2)}}, "1 files (100 bytes) read; 3 files (300 bytes) pruned by partition; 2 files (200 bytes) pruned by statistics"},
	} {
		scan, err := s.Scan(ScanOptions{Where: test.where})
		if err != nil {
			t.Fatal(err)
		}
		if report, err := scan.Report(t.Context()); err != nil || report.String() != test.want {
			t.Errorf("%v: got %q, %v, want %q", test.where, report, err, test.want)
		}
	}
}
