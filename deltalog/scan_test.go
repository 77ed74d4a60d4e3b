package deltalog

import (
	"fmt"
	"slices"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
	"lakehouse/volumes/volumestest"
)

// A scan skips the files that partition values and statistics rule out, and no other.
func TestScanSkipsFiles(t *testing.T) {
	schema := Schema{Fields: []Field{field("day", Date), field("n", Long), field("s", String)}}
	raw, err := Create(t.Context(), volumestest.NewMemory(), CreateOptions{
		Schema: schema, PartitionColumns: []string{"day"}, Options: testOptions(),
	})
	if err != nil {
		t.Fatal(err)
	}
	table := &testTable{TB: t, Table: raw}
	txn := table.snapshot().Begin(Operation{Name: "WRITE"})
	opts := StatsOptions{Schema: schema, PartitionColumns: []string{"day"}, IndexedColumns: 32}
	for i := range int64(4) { // days 0, 1, 2 and null; n from 10i to 10i+9
		var value any = i
		if i == 3 {
			value = nil
		}
		day, err := PartitionValue(Date, value)
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]*string{"day": day}
		f := write(PartitionDir([]string{"day"}, values) + fmt.Sprint(i))
		f.PartitionValues = values
		f.Stats = MakeStats(10, []ColumnStats{
			{Path: []string{"n"}, Min: i * 10, Max: i*10 + 9}, {Path: []string{"s"}, Nulls: 10 * (i % 2)},
		}, opts)
		txn.Add(f)
	}
	table.commit(txn)

	day, n := []string{"Day"}, []string{"n"}
	tests := []struct {
		name  string
		where Predicate
		want  []int64
	}{
		{"no condition", nil, []int64{0, 1, 2, 3}},
		{"one partition", Compare{Column: day, Op: Equal, Value: int64(1)}, []int64{1}},
		{"partitions from", Compare{Column: day, Op: GreaterOrEqual, Value: int64(1)}, []int64{1, 2}},
		{"null partition", IsNull{Column: day}, []int64{3}},
		{"no null partition", IsNull{Column: day, Not: true}, []int64{0, 1, 2}},
		{"statistics", Compare{Column: n, Op: Less, Value: int64(10)}, []int64{0}},
		{"statistics and partition", And{Compare{Column: n, Op: Less, Value: int64(20)}, Compare{Column: day, Op: Greater, Value: int64(0)}}, []int64{1}},
		{"either", Or{Compare{Column: n, Op: Equal, Value: int64(35)}, Compare{Column: day, Op: Equal, Value: int64(0)}}, []int64{0, 3}},
		{"list", In{Column: n, Values: []predicate.Value{int64(5), int64(25)}}, []int64{0, 2}},
		{"all null", Compare{Column: []string{"s"}, Op: Equal, Value: "x"}, []int64{0, 2}},
		{"a column that is not there", Compare{Column: []string{"x"}, Op: Equal, Value: "x"}, []int64{0, 1, 2, 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			scan, err := table.snapshot().Scan(ScanOptions{Where: test.where})
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for file, err := range scan.Files(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, int64(file.Path[len(file.Path)-1]-'0'))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got files %v, want %v", got, test.want)
			}
		})
	}
}

func TestScanColumns(t *testing.T) {
	table := newTable(t, volumestest.NewMemory(), nil)
	scan, err := table.snapshot().Scan(ScanOptions{Columns: []string{"NAME"}})
	if err != nil || len(scan.Schema().Fields) != 1 || scan.Schema().Fields[0].Name != "name" {
		t.Errorf("got %v, %v", scan, err)
	}
	_, err = table.snapshot().Scan(ScanOptions{Columns: []string{"nam"}})
	wantClass(t, err, errclass.UnresolvedColumn)
}
