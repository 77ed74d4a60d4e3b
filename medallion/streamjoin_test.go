package medallion

import (
	"testing"

	"lakehouse/internal/errclass"
)

// A table beside a stream is read as it is at each batch, unless a version was asked for; a column of it that is gone, or another one,
// is an error, and a new one is none.
func TestATableBesideAStreamIsReadAnew(t *testing.T) {
	d := newDesk(t)
	d.rows("CREATE TABLE names (n BIGINT, name STRING)")
	d.rows("INSERT INTO names VALUES (1, 'one')")
	numbers := d.numbersIn("/Volumes/a/b/c/in")
	d.must(numbers.CreateOrReplaceTempView(t.Context(), "numbers"))
	start := func(query, out string) *StreamingQuery {
		frame, err := d.SQL(t.Context(), query)
		d.must(err)
		q, err := frame.WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp/"+out).ToTable(t.Context(), out)
		d.must(err)
		return q
	}
	newest := start("SELECT numbers.n, name FROM numbers LEFT JOIN names ON numbers.n = names.n", "newest")
	first := start("SELECT numbers.n, name FROM numbers LEFT JOIN names VERSION AS OF 1 AS names ON numbers.n = names.n", "first")
	next := func(name string, n int) error {
		d.land("/Volumes/a/b/c/in", name, n)
		d.must(first.ProcessAllAvailable(t.Context()))
		return newest.ProcessAllAvailable(t.Context())
	}
	d.must(next("a.json", 1))
	d.must(next("b.json", 2))
	d.rows("INSERT INTO names VALUES (2, 'two')")
	d.must(next("c.json", 2))
	d.want("newest", d.rows("SELECT * FROM newest ORDER BY n, name"), "1 one; 2 <nil>; 2 two")
	d.want("first", d.rows("SELECT * FROM first ORDER BY n, name"), "1 one; 2 <nil>; 2 <nil>")
	d.rows("CREATE OR REPLACE TABLE names (n BIGINT, name INT)")
	d.refused("a column of another type", next("d.json", 3), errclass.DeltaSchemaChangedSince)
	first.Stop()
}

// A stream that forgets nothing drops the rows that it has seen in an earlier run; the methods have Spark's names.
func TestDropDuplicatesOfAStream(t *testing.T) {
	d := newDesk(t)
	d.land("/Volumes/a/b/c/in", "a.json", 1, 2, 2)
	writer := d.numbersIn("/Volumes/a/b/c/in").DropDuplicates("n").WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp/out").Trigger(AvailableNow())
	d.run(writer, "out")
	d.land("/Volumes/a/b/c/in", "b.json", 2, 3)
	d.run(writer, "out")
	d.want("rows", d.rows("SELECT * FROM out ORDER BY n"), "1; 2; 3")
	_, err := d.Range(0, 3).DropDuplicatesWithinWatermark().Collect(t.Context())
	d.refused("dropDuplicatesWithinWatermark of a table", err, errclass.UnsupportedStreaming)
	_, err = d.numbersIn("/Volumes/a/b/c/in").DropDuplicatesWithinWatermark("n").WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp/within").ToTable(t.Context(), "within")
	d.refused("dropDuplicatesWithinWatermark without a watermark", err, errclass.UnsupportedStreaming)
}
