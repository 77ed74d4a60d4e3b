package delta

import (
	"testing"

	"lakehouse/internal/predicate"
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
