package programs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/programs"
	"lakehouse/medallion"
)

// iso prints an instant as the captures do.
const iso = `date_format(timestamp, "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'") AS timestamp`

// feed starts a query on the folder, lets the three files arrive one after the other, and says when each is done.
func (m module5) feed(w func(*medallion.DataFrame) medallion.DataStreamWriter, after func(i int, q *medallion.StreamingQuery)) *medallion.StreamingQuery {
	m.Helper()
	if err := m.Session.FS().Mkdirs(m.Context(), module5Folder); err != nil {
		m.Fatal(err)
	}
	q, err := w(m.frame()).Start(m.Context())
	if err != nil {
		m.Fatal(err)
	}
	for i, file := range module5Files {
		m.land(file)
		m.Settle(q)
		after(i, q)
	}
	m.Stop(q)
	return q
}

// normalized is the frame of example 1.
func normalized(frame *medallion.DataFrame) *medallion.DataFrame {
	return frame.SelectCols("timestamp", "value").Filter(medallion.Col("value").Gt(10)).WithColumn("normalized_value", medallion.Expr("value / 100"))
}

// Example 1: the console, batch by batch.
func TestModule5Console(t *testing.T) {
	m := newModule5(t)
	q := m.feed(func(frame *medallion.DataFrame) medallion.DataStreamWriter {
		return normalized(frame).WriteStream().Format("console").OutputMode("append")
	}, func(int, *medallion.StreamingQuery) {})
	programs.Equal(t, "console", consoleTables(m.console.String()), consoleTables(programs.AnswerText(t, "module5", "example1_console.txt")))
	results := programs.Answer[map[string]json.RawMessage](t, "module5", "results.json")
	var batches [][2]int64
	var schemas map[string]string
	if err := errors.Join(json.Unmarshal(results["1 batches"], &batches), json.Unmarshal(results["1 schemas"], &schemas)); err != nil {
		t.Fatal(err)
	}
	for i, b := range programs.BatchesWithRows(q) { // the captures count behind the filter, which Spark pushes into its JSON parser
		programs.Equal(t, "batch", b, [2]int64{batches[i][0], []int64{5, 4, 3}[i]})
	}
	programs.Equal(t, "schema", schemaOf(t, normalized(m.frame())), schemas["transformed"])
}

func schemaOf(t *testing.T, frame *medallion.DataFrame) string {
	t.Helper()
	var tree strings.Builder
	if err := frame.PrintSchema(t.Context(), &tree); err != nil {
		t.Fatal(err)
	}
	return tree.String()
}

// Example 1 as it is written, without a schema, fails at load; where schemas are inferred, timestamp is a text, with which a window
// can do and a watermark cannot.
func TestModule5WithoutASchema(t *testing.T) {
	results := programs.Answer[map[string]any](t, "module5", "results.json")
	m := newModule5(t)
	m.land("stream-1.json")
	read := func() (*medallion.DataFrame, error) {
		return m.Session.ReadStream().Format("json").Option("path", module5Folder+"/").Load(t.Context())
	}
	if _, err := read(); !errors.Is(err, errclass.StreamSchemaRequired) || !strings.Contains(err.Error(), "Schema must be specified when creating a streaming source DataFrame.") {
		t.Errorf("without a schema: %v", err)
	}
	if err := m.Session.SetConf("spark.sql.streaming.schemaInference", "true"); err != nil {
		t.Fatal(err)
	}
	frame, err := read()
	if err != nil {
		t.Fatal(err)
	}
	programs.Equal[any](t, "inferred", schemaOf(t, frame), results["1 inferred schema (spark.sql.streaming.schemaInference=true)"])
	programs.Equal[any](t, "window of a text", schemaOf(t, byCategory(frame)), results["7 window() on the inferred string column"])
	programs.Equal[any](t, "sum by a text", schemaOf(t, frame.GroupBy(medallion.Col("timestamp")).Sum("value")), results["2 agg on inferred schema"])
	_, err = frame.WithWatermark("timestamp", "5 minutes").Schema(t.Context())
	want := results["8 withWatermark on the inferred string column"].(map[string]any)["message"].(string)
	if err == nil || err.Error() != strings.TrimSuffix(want, " SQLSTATE: 42K09") {
		t.Errorf("watermark of a text: %v, want %s", err, want)
	}
}

// Example 2: sums in a memory table, newest first.
func TestModule5AggregateIntoMemory(t *testing.T) {
	captured := programs.Answer[[]map[string]any](t, "module5", "example2.json")
	results := programs.Answer[map[string]any](t, "module5", "results.json")
	m := newModule5(t)
	sums := func(frame *medallion.DataFrame) *medallion.DataFrame {
		return frame.SelectCols("timestamp", "value").Filter(medallion.Col("value").Gt(10)).GroupBy(medallion.Col("timestamp")).Sum("value")
	}
	m.feed(func(frame *medallion.DataFrame) medallion.DataStreamWriter {
		return sums(frame).WriteStream().Format("memory").QueryName("streaming_aggregates").OutputMode("complete")
	}, func(i int, _ *medallion.StreamingQuery) {
		got := m.Rows("SELECT " + iso + ", `sum(value)` FROM streaming_aggregates AS s ORDER BY s.timestamp DESC")
		programs.Equal(t, fmt.Sprintf("after file %d", i), strings.Join(got, "\n"), capturedRows(t, captured[i]["rows"]))
	})
	programs.Equal[any](t, "schema", schemaOf(t, m.Session.Table("streaming_aggregates")), results["2 schema"])
}

func capturedRows(t *testing.T, rows any) string {
	t.Helper()
	var lines []string
	for _, r := range rows.([]any) {
		lines = append(lines, programs.JSONText(t, r))
	}
	return strings.Join(lines, "\n")
}

// Example 3: the parts of dates, of one year.
func TestModule5DatePartsIntoMemory(t *testing.T) {
	captured := programs.Answer[[]map[string]any](t, "module5", "example3.json")
	results := programs.Answer[map[string]any](t, "module5", "results.json")
	m := newModule5(t)
	m.feed(func(frame *medallion.DataFrame) medallion.DataStreamWriter {
		return frame.WithColumn("year", medallion.Expr("year(timestamp)")).WithColumn("month", medallion.Expr("month(timestamp)")).
			WithColumn("day", medallion.Expr("dayofmonth(timestamp)")).Where("year = 2025").
			WriteStream().Format("memory").QueryName("filtered_stream").OutputMode("append")
	}, func(i int, _ *medallion.StreamingQuery) {
		got := m.Rows("SELECT " + iso + ", value, category, year, month, day FROM filtered_stream")
		want := strings.Split(capturedRows(t, captured[i]["rows"]), "\n")
		slices.Sort(got)
		slices.Sort(want)
		programs.Equal(t, fmt.Sprintf("after file %d", i), strings.Join(got, "\n"), strings.Join(want, "\n"))
	})
	programs.Equal[any](t, "schema", schemaOf(t, m.Session.Table("filtered_stream")), results["3 schema"])
}

// Example 6: averages from table to table, its log and its checkpoint; a change in the source ends the stream.
func TestModule5AverageFromDeltaToDelta(t *testing.T) {
	const source, sink, checkpoint = "dbfs:/mnt/data/data/delta-table", "dbfs:/mnt/data/output/delta-aggregated", "dbfs:/mnt/data/checkpoints/delta"
	captured := programs.Answer[[]map[string]any](t, "module5", "example6.json")
	results := programs.Answer[map[string]json.RawMessage](t, "module5", "results.json")
	l := programs.NewLake(t)
	run := func(text string) {
		t.Helper()
		if _, err := l.Session.SQL(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	inserts := []string{"('A', 10), ('A', 20), ('B', 5), ('C', null)", "('B', 15), ('C', 7)", "('A', 3), (null, 1)"}
	run("CREATE TABLE delta.`" + source + "` (category string, value double)")
	run("INSERT INTO delta.`" + source + "` VALUES " + inserts[0])
	frame, err := l.Session.ReadStream().Format("delta").Option("path", source+"/").Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	q, err := frame.GroupBy(medallion.Col("category")).Agg(medallion.Avg(medallion.Col("value")).Alias("avg_value")).
		WriteStream().Format("delta").OutputMode("complete").Option("checkpointLocation", checkpoint+"/").Option("path", sink+"/").Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range inserts {
		if i > 0 {
			run("INSERT INTO delta.`" + source + "` VALUES " + inserts[i])
		}
		l.Settle(q)
		programs.Equal(t, captured[i]["after"].(string), strings.Join(l.Rows("SELECT * FROM delta.`"+sink+"/` ORDER BY category"), "\n"), capturedRows(t, captured[i]["rows"]))
	}
	var batches [][2]int64
	var schema string
	if err := errors.Join(json.Unmarshal(results["6 batches"], &batches), json.Unmarshal(results["6 schema"], &schema)); err != nil {
		t.Fatal(err)
	}
	programs.Equal(t, "batches", programs.BatchesWithRows(q), batches)
	frame, err = l.Session.Read().Load(t.Context(), sink)
	if err != nil {
		t.Fatal(err)
	}
	programs.Equal(t, "schema", schemaOf(t, frame), schema)
	log := programs.Answer[map[string][]map[string]any](t, "module5", "example6_delta_log.json")
	programs.Equal(t, "versions", len(l.Files("mnt/data/output/delta-aggregated/_delta_log")) >= len(log), true)

	run("INSERT OVERWRITE delta.`" + source + "` SELECT * FROM delta.`" + source + "` WHERE value <> 5") // there is no DELETE yet
	ended, err := q.AwaitTermination(t.Context())
	if !ended || !errors.Is(err, errclass.StreamFailed) || !errors.Is(err, errclass.DeltaSourceIgnoreChanges) {
		t.Errorf("after the overwrite: %v, %v", ended, err)
	}
}
