package medallion

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// shown is a frame's rows as texts, sorted.
func (d desk) shown(f *DataFrame) string {
	d.Helper()
	all, err := f.Collect(d.Context())
	d.must(err)
	var lines []string
	for _, r := range all {
		lines = append(lines, strings.TrimSpace(fmt.Sprintln(r.Values...)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

// _metadata is there for who names it: in SQL and in frames, behind filters, aliases and joins, in streams; * does not show it.
func TestMetadataIsThereForWhoNamesIt(t *testing.T) {
	d := newDesk(t)
	const in = "/Volumes/a/b/c/in"
	d.land(in, "a.json", 1, 2)
	d.land(in, "b.json", 3)
	for _, c := range []struct{ query, want string }{
		{"SELECT * FROM json.`" + in + "`", "1; 2; 3"},
		{"SELECT *, _metadata.file_name FROM json.`" + in + "`", "1 a.json; 2 a.json; 3 b.json"},
		{"SELECT n FROM json.`" + in + "` WHERE _metadata.file_name = 'b.json'", "3"},
		{"SELECT * FROM json.`" + in + "` WHERE _metadata.file_name = 'b.json'", "3"},
		{"SELECT t.*, t._metadata.file_size FROM json.`" + in + "` t WHERE n = 3", "3 8"},
		{"SELECT _METADATA.file_path FROM json.`" + in + "` WHERE n = 3", "file:///Volumes/a/b/c/in/b.json"},
		{"SELECT count(*), max(_metadata.file_name) FROM json.`" + in + "` GROUP BY _metadata.file_path ORDER BY 1", "1 b.json; 2 a.json"},
		{"SELECT x.n, y._metadata.file_name FROM json.`" + in + "` x JOIN json.`" + in + "` y ON x.n = y.n WHERE x.n > 1", "2 a.json; 3 b.json"},
		{"SELECT * FROM (SELECT n, _metadata.file_block_start AS at FROM json.`" + in + "`) WHERE n = 1", "1 0"},
		{"SELECT n, input_file_name() FROM json.`" + in + "` WHERE n = 3", "3 file:///Volumes/a/b/c/in/b.json"},
		{"SELECT count(*) FROM json.`" + in + "` GROUP BY input_file_name() ORDER BY 1", "1; 2"},
		{"SELECT input_file_name(), input_file_block_start()", "-1"},
		{"SELECT _metadata FROM (SELECT n AS _metadata FROM json.`" + in + "`) WHERE _metadata = 1", "1"},
	} {
		d.want(c.query, d.rows(c.query), c.want)
	}
	frame, err := d.Read().Format("json").Schema("n bigint").Load(d.Context(), in)
	d.must(err)
	d.want("a frame's columns", d.shown(frame), "1; 2; 3")
	d.want("withColumn", d.shown(frame.WithColumn("f", Col("_metadata.file_name")).Filter(Expr("f = 'b.json'"))), "3 b.json")
	d.want("filter and select", d.shown(frame.Filter(Expr("_metadata.file_size > 8")).SelectCols("_metadata.file_name", "n")), "a.json 1; a.json 2")
	own, err := d.Read().Format("json").Schema("n bigint, _metadata string").Load(d.Context(), in)
	d.must(err)
	d.want("a column of that name", d.shown(own.Filter(Expr("n = 1")).SelectCols("_metadata")), "<nil>")

	d.run(d.numbersIn(in).SelectExpr("n", "_metadata.file_name AS f").WriteStream().Trigger(AvailableNow()).
		Option("checkpointLocation", "/Volumes/a/b/c/cp"), "bronze")
	d.want("a stream", d.rows("SELECT * FROM bronze ORDER BY n"), "1 a.json; 2 a.json; 3 b.json")
	d.want("a table has it, too", d.rows("SELECT count(DISTINCT _metadata.file_name) FROM bronze WHERE _metadata.file_size > 0"), "1")
}

// Rescued data reaches a table, through a stream too, and the configuration says whether its file is named.
func TestRescuedDataReachesTheTable(t *testing.T) {
	d := newDesk(t)
	const in = "/Volumes/a/b/c/in"
	d.must(d.FS().Mkdirs(d.Context(), in))
	d.must(d.FS().Put(d.Context(), in+"/a.json", []byte(`{"n":1,"x":true}`)))
	d.must(d.SetConf("spark.databricks.sql.rescuedDataColumn.filePath.enabled", "false"))
	stream, err := d.ReadStream().Format("cloudFiles").Option("cloudFiles.format", "json").Option("rescuedDataColumn", "_rescued_data").
		Schema("n bigint").Load(d.Context(), in)
	d.must(err)
	d.run(stream.WriteStream().Trigger(AvailableNow()).Option("checkpointLocation", "/Volumes/a/b/c/cp"), "bronze")
	d.want("the table", d.rows("SELECT * FROM bronze"), `1 {"x":true}`)
}
