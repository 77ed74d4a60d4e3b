package programs_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/programs"
	"lakehouse/internal/realdata"
	"lakehouse/medallion"
)

// Example 9 of module 5: one frame into a folder of Parquet files and into a Delta table, file by file.
func TestTwoSinks(t *testing.T) {
	const in, parquet, delta = "dbfs:/mnt/data/data/streaming-json", "dbfs:/mnt/data/output/parquet", "dbfs:/mnt/data/output/delta"
	l := programs.NewLake(t)
	want := programs.Answer[[]struct {
		After   string           `json:"after"`
		Parquet []map[string]any `json:"parquet"`
		Delta   []map[string]any `json:"delta"`
	}](t, "module5", "example9.json")
	if err := l.Session.FS().Mkdirs(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	frame, err := l.Session.ReadStream().Format("json").Schema("timestamp timestamp, value int, category string").Option("path", in+"/").Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	start := func(format, out string) *medallion.StreamingQuery {
		q, err := frame.WriteStream().Format(format).Option("checkpointLocation", "dbfs:/mnt/data/checkpoints/"+format+"/").Option("path", out+"/").Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	queries := []*medallion.StreamingQuery{start("parquet", parquet), start("delta", delta)}
	for _, step := range want {
		l.CopyIn(filepath.Join(realdata.Path(t, "programs", "module5", "input"), step.After), in, step.After)
		for _, q := range queries {
			l.Settle(q)
		}
		for source, rows := range map[string][]map[string]any{"parquet.`" + parquet + "`": step.Parquet, "delta.`" + delta + "`": step.Delta} {
			var lines []string
			for _, r := range rows {
				lines = append(lines, programs.JSONText(t, r))
			}
			slices.Sort(lines)
			got := l.Rows(`SELECT category, date_format(timestamp, "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'") AS timestamp, value FROM ` + source)
			slices.Sort(got)
			programs.Equal(t, step.After+" in "+source, strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
	}
	for _, q := range queries {
		q.Stop()
		if ended, err := q.AwaitTermination(t.Context()); !ended || err != nil {
			t.Errorf("after stop: %v, %v", ended, err)
		}
	}
	// The log of the sink: Spark's lines, but for names, sizes and times.
	log := programs.Answer[map[string][]string](t, "module5", "example9_spark_metadata.json")
	same := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|"size":\d+|"modificationTime":\d+`)
	for batch, lines := range log {
		text, err := l.Read("/mnt/data/output/parquet/_spark_metadata/" + batch)
		if err != nil {
			t.Fatal(err)
		}
		programs.Equal(t, "batch "+batch, same.ReplaceAllString(string(text), "_"), same.ReplaceAllString(strings.Join(lines, "\n"), "_"))
	}
	programs.Equal(t, "description", queries[0].LastProgress().Sink.Description, "FileSink[file:/mnt/data/output/parquet]")
}
