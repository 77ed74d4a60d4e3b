package programs_test

import (
	"context"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/programs"
	"lakehouse/medallion"
)

var sinkMistakes = []mistake{
	{"checkpoint-missing-delta", errclass.CheckpointMissing, []string{"checkpointLocation", "spark.sql.streaming.checkpointLocation"}, func(b bench) error {
		return b.start(b.stream().WriteStream())
	}},
	{"checkpoint-missing-toTable", errclass.CheckpointMissing, []string{"checkpointLocation", "spark.sql.streaming.checkpointLocation"}, func(b bench) error {
		_, err := b.stream().WriteStream().ToTable(b.Context(), "t_new")
		return err
	}},
	{"checkpoint-missing-parquet", errclass.CheckpointMissing, []string{"checkpointLocation", "spark.sql.streaming.checkpointLocation"}, func(b bench) error {
		return b.start(b.stream().WriteStream().Format("parquet"))
	}},
	{"checkpoint-missing-foreachBatch", "", nil, func(b bench) error {
		w := b.stream().WriteStream().ForeachBatch(func(context.Context, *medallion.DataFrame, int64) error { return nil })
		b.Run(w.Trigger(medallion.AvailableNow()).Start(b.Context()))
		return nil
	}},
	{"checkpoint-missing-memory", "", nil, func(b bench) error {
		b.Run(b.stream().WriteStream().Format("memory").QueryName("m").Trigger(medallion.AvailableNow()).Start(b.Context()))
		return nil
	}},
	{"complete-without-aggregation", errclass.OutputModeOperation, []string{"complete", "no streaming aggregations"}, func(b bench) error {
		return b.start(into(b.stream()).OutputMode("complete"))
	}},
	{"complete-without-aggregation-memory", errclass.OutputModeOperation, []string{"complete", "no streaming aggregations"}, func(b bench) error {
		_, err := b.stream().WriteStream().Format("memory").QueryName("m").OutputMode("complete").Start(b.Context())
		return err
	}},
	{"append-aggregation-no-watermark", errclass.OutputModeOperation, []string{"append", "streaming aggregations without watermark"}, func(b bench) error {
		return b.start(into(counted(b.stream())).OutputMode("append"))
	}},
	{"default-mode-aggregation", errclass.OutputModeOperation, []string{"append", "streaming aggregations without watermark"}, func(b bench) error {
		return b.start(into(counted(b.stream())))
	}},
	{"update-delta", errclass.DeltaUnsupportedOutputMode, []string{"does not support Update output mode"}, func(b bench) error {
		return b.start(into(counted(b.stream())).OutputMode("update"))
	}},
	{"update-parquet", errclass.OutputModeDataSource, []string{"Invalid streaming output mode: update. This output mode is not supported in Data Source parquet."}, func(b bench) error {
		return b.start(into(b.stream()).Format("parquet").OutputMode("update"))
	}},
	{"complete-parquet", errclass.OutputModeDataSource, []string{"Invalid streaming output mode: complete. This output mode is not supported in Data Source parquet."}, func(b bench) error {
		return b.start(into(counted(b.stream())).Format("parquet").OutputMode("complete"))
	}},
	{"unknown-output-mode", errclass.OutputModeInvalid, []string{"overwrite", "'Append', 'Complete', 'Update'"}, func(b bench) error {
		return b.start(into(b.stream()).OutputMode("overwrite"))
	}},
	{"output-mode-case", "", nil, func(b bench) error {
		b.mustRun(into(b.stream()).OutputMode("Append"))
		return nil
	}},
	{"sort-append", errclass.UnsupportedStreaming, []string{"Sorting is not supported on streaming DataFrames/Datasets", "Complete output mode"}, func(b bench) error {
		return b.start(into(b.stream().OrderBy(medallion.Col("Id").Asc())))
	}},
	{"limit-update", errclass.UnsupportedStreaming, []string{"Limits are not supported on streaming DataFrames/Datasets in Update output mode"}, func(b bench) error {
		_, err := b.stream().Limit(1).WriteStream().Format("memory").QueryName("m").OutputMode("update").Start(b.Context())
		return err
	}},
	{"two-aggregations-complete", errclass.UnsupportedStreaming, nil, func(b bench) error {
		twice := counted(b.stream()).GroupBy(medallion.Col("n")).Agg(medallion.Sum(medallion.Col("Id")))
		_, err := twice.WriteStream().Format("memory").QueryName("m").OutputMode("complete").Start(b.Context())
		return err
	}},
	{"distinct-append", "", nil, func(b bench) error {
		b.mustRun(into(b.stream().DropDuplicates()))
		return nil
	}},
	{"memory-no-name", errclass.QueryNameRequired, []string{"queryName must be specified for memory sink."}, func(b bench) error {
		_, err := b.stream().WriteStream().Format("memory").Start(b.Context())
		return err
	}},
	{"name-twice", errclass.QueryNameTaken, []string{"a query with that name is already active"}, func(b bench) error {
		w := b.stream().WriteStream().Format("memory").QueryName("same")
		if _, err := w.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		_, err := w.Start(b.Context())
		return err
	}},
	{"writeStream-on-batch", errclass.WriteStreamNotAllowed, []string{"`writeStream` can be called only on streaming Dataset/DataFrame."}, func(b bench) error {
		return b.start(into(b.rest()))
	}},
	{"streaming-join-batch-outer", errclass.UnsupportedStreaming, []string{"LeftOuter join", "streaming DataFrame/Dataset on the right"}, func(b bench) error {
		return b.start(into(b.rest().JoinUsing(b.stream(), []string{"Id"}, "left_outer")))
	}},
}

var checkpointMistakes = []mistake{
	{"checkpoint-first-use", "", nil, func(b bench) error {
		b.mustRun(into(b.stream()))
		return nil
	}},
	{"checkpoint-other-source-count", errclass.SourcesChanged, []string{"[1] sources in the checkpoint", "[2] sources"}, func(b bench) error {
		b.mustRun(into(b.stream()))
		_, err := into(b.stream().Union(b.streamOf("/bad"))).Start(b.Context(), mistakesVolume+"/out")
		return err
	}},
	{"checkpoint-other-source-folder", errclass.SourcesChanged, []string{"Wrong basePath /Volumes/main/default/vol/bad"}, func(b bench) error {
		b.mustRun(into(b.stream()))
		return b.failing(into(b.streamOf("/bad")).Start(b.Context(), mistakesVolume+"/out"))
	}},
	{"checkpoint-corrupt-offsets", errclass.MalformedLogFile, []string{"cp/offsets/0", "garbage"}, func(b bench) error {
		return b.restartedWith("garbage")
	}},
	// The Spark that was asked ends at v1; that of 4.2 and we read v2.
	{"checkpoint-newer-version", errclass.InvalidLogVersion, []string{"cp/offsets/0", "v2", "v9"}, func(b bench) error {
		return b.restartedWith("v9\n{}\n{}")
	}},
	// Spark goes on with a new id, and writes a repeated batch twice.
	{"checkpoint-metadata-missing", errclass.StreamMissingMetadata, []string{"metadata"}, func(b bench) error {
		b.mustRun(into(b.stream()))
		if err := b.Session.FS().Rm(b.Context(), mistakesVolume+"/cp/metadata"); err != nil {
			b.Fatal(err)
		}
		return b.start(into(b.stream()))
	}},
	{"stateful-first-use", "", nil, func(b bench) error {
		b.Run(stateful(counted(b.stream())).Start(b.Context()))
		return nil
	}},
	{"stateful-other-aggregate", errclass.StateValueSchema, []string{"value schema"}, func(b bench) error {
		b.Run(stateful(counted(b.stream())).Start(b.Context()))
		other := b.stream().GroupBy(medallion.Col("Id")).Agg(medallion.Sum(medallion.Col("money")), medallion.Max(medallion.Col("money")))
		return b.afterMoreInput(stateful(other))
	}},
	{"stateful-other-key", errclass.StateKeySchema, []string{"key schema"}, func(b bench) error {
		b.Run(stateful(counted(b.stream())).Start(b.Context()))
		other := b.stream().GroupBy(medallion.Col("name")).Agg(medallion.Count(medallion.Col("*")).As("n"))
		return b.afterMoreInput(stateful(other))
	}},
}

// stateful writes to memory, which takes the rows of any query: only the state in the checkpoint is of one kind.
func stateful(frame *medallion.DataFrame) medallion.DataStreamWriter {
	return into(frame).Format("memory").QueryName("m").OutputMode("complete")
}

// restartedWith overwrites the newest offsets of a checkpoint and starts its query again.
func (b bench) restartedWith(offsets string) error {
	b.Helper()
	b.mustRun(into(b.stream()))
	if err := b.Session.FS().Put(b.Context(), mistakesVolume+"/cp/offsets/0", []byte(offsets)); err != nil {
		b.Fatal(err)
	}
	return b.start(into(b.stream()))
}

// afterMoreInput starts a query when there is a new file to read.
func (b bench) afterMoreInput(w medallion.DataStreamWriter) error {
	b.Helper()
	if err := b.Session.FS().Put(b.Context(), mistakesVolume+"/json/b.json", []byte(`{"Id":3,"name":"Cid","money":7}`)); err != nil {
		b.Fatal(err)
	}
	q, err := w.Start(b.Context())
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(b.Context())
	return err
}

var deltaMistakes = []mistake{
	{"delta-stream-of-nothing", errclass.DeltaSchemaNotSet, []string{"schema is not set"}, func(b bench) error {
		_, err := b.Session.ReadStream().Format("delta").Load(b.Context(), mistakesVolume+"/nothing")
		return err
	}},
	{"delta-source-schema-given", "", nil, func(b bench) error {
		_, err := b.Session.ReadStream().Format("delta").Schema("Id int, name string, money int").Load(b.Context(), "/user/hive/warehouse/t_delta")
		return err
	}},
	{"toTable-schema-mismatch", errclass.DeltaSchemaMismatch, []string{"schema mismatch", "mergeSchema"}, func(b bench) error {
		q, err := into(b.stream().WithColumn("extra", medallion.Lit("x"))).ToTable(b.Context(), "t_delta")
		if err != nil {
			return err
		}
		_, err = q.AwaitTermination(b.Context())
		return err
	}},
	{"toTable-type-mismatch", errclass.CastInvalidInput, []string{"'x'", `"STRING"`, `"INT"`}, func(b bench) error {
		return b.failing(into(b.stream().WithColumn("money", medallion.Lit("x"))).ToTable(b.Context(), "t_delta"))
	}},
	{"toTable-fewer-columns", "", nil, func(b bench) error {
		b.Run(into(b.stream().Drop("money")).ToTable(b.Context(), "t_delta"))
		return nil
	}},
	{"toTable-mergeSchema", "", nil, func(b bench) error {
		w := into(b.stream().WithColumn("extra", medallion.Lit("x"))).Option("mergeSchema", "true")
		b.Run(w.ToTable(b.Context(), "t_delta"))
		return nil
	}},
	{"batch-append-schema-mismatch", errclass.DeltaSchemaMismatch, []string{"schema mismatch", "mergeSchema"}, func(b bench) error {
		return b.rest().WithColumn("extra", medallion.Lit("x")).Write().Mode("append").SaveAsTable(b.Context(), "t_delta")
	}},
	{"batch-errorifexists", errclass.TableAlreadyExists, []string{"already exists"}, func(b bench) error {
		return b.rest().Write().SaveAsTable(b.Context(), "t_delta")
	}},
	{"delta-startingVersion-bad", errclass.DeltaVersionNotFound, []string{"version 99", "[0, 1]"}, func(b bench) error {
		_, err := b.Session.ReadStream().Option("startingVersion", "99").Table(b.Context(), "t_delta")
		return err
	}},
	{"delta-startingTimestamp-late", errclass.DeltaTimestampAfterLatest, []string{"2099-01-01 00:00:00"}, func(b bench) error {
		_, err := b.Session.ReadStream().Option("startingTimestamp", "2099-01-01").Table(b.Context(), "t_delta")
		return err
	}},
	{"delta-time-travel-too-new", errclass.DeltaVersionNotFound, []string{"version 99", "[0, 1]"}, func(b bench) error {
		return collected(b.Context(), b.Session.Read().Option("versionAsOf", "99").Table("t_delta"))
	}},
	{"delta-source-overwritten", errclass.DeltaSourceIgnoreChanges, []string{"for example WRITE (Map(mode -> Overwrite, partitionBy -> [])))", "version 2", "skipChangeCommits"}, func(b bench) error {
		return b.followedAfter("INSERT OVERWRITE t_delta VALUES (9, 'z', 9)")
	}},
	{"delta-source-replaced", errclass.DeltaSourceOtherTable, []string{"unexpected Delta table"}, func(b bench) error {
		return b.followedAfter("DROP TABLE t_delta", "CREATE TABLE t_delta (Id INT, name STRING, money INT)", "INSERT INTO t_delta VALUES (9, 'z', 9)")
	}},
}

// followedAfter streams t_delta, changes it, and streams it again on the same checkpoint.
func (b bench) followedAfter(statements ...string) error {
	b.Helper()
	follow := func() medallion.DataStreamWriter {
		frame, err := b.Session.ReadStream().Table(b.Context(), "t_delta")
		if err != nil {
			b.Fatal(err)
		}
		return into(frame)
	}
	b.mustRun(follow())
	for _, text := range statements {
		if err := b.sql(text); err != nil {
			b.Fatalf("%s: %v", text, err)
		}
	}
	q, err := follow().Start(b.Context(), mistakesVolume+"/out")
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(b.Context())
	return err
}

// timed is t_delta with a column of timestamps.
func (b bench) timed() *medallion.DataFrame {
	return b.rest().WithColumn("timestamp", medallion.Expr("TIMESTAMP '2025-01-01 00:00:00'"))
}

func (b bench) windowed(column, duration string, more ...string) error {
	return collected(b.Context(), b.timed().GroupBy(medallion.Window(medallion.Col(column), duration, more...)).Agg(medallion.Count(medallion.Col("*"))))
}

var timeMistakes = []mistake{
	{"watermark-delay-bad", errclass.CannotParseInterval, []string{"'10 secondz'"}, func(b bench) error {
		return collected(b.Context(), b.timed().WithWatermark("timestamp", "10 secondz"))
	}},
	{"watermark-delay-negative", errclass.InvalidWatermarkDelay, []string{"-1 minutes", "should not be negative"}, func(b bench) error {
		return collected(b.Context(), b.timed().WithWatermark("timestamp", "-1 minutes"))
	}},
	{"watermark-not-timestamp", errclass.EventTimeType, []string{"`money`", `"INT"`, `"TIMESTAMP"`}, func(b bench) error {
		return collected(b.Context(), b.timed().WithWatermark("money", "1 minute"))
	}},
	{"window-bad-duration", errclass.CannotParseInterval, []string{"'1 houre'"}, func(b bench) error { return b.windowed("timestamp", "1 houre") }},
	{"window-slide-greater", errclass.DatatypeMismatchConstraint, []string{"slide_duration", "<=", "window_duration"}, func(b bench) error {
		return b.windowed("timestamp", "5 minutes", "10 minutes")
	}},
	{"window-zero", errclass.DatatypeMismatchRange, []string{"window_duration"}, func(b bench) error { return b.windowed("timestamp", "0 seconds") }},
	{"window-not-timestamp", errclass.DatatypeMismatchInput, []string{"money", `"INT"`}, func(b bench) error { return b.windowed("money", "1 hour") }},
}

// A second start on a checkpoint in use stops the first query, without an error to either; where the settings say that it shall
// not, it is refused. Another session's query is never stopped.
func TestCheckpointInUse(t *testing.T) {
	b := newBench(t)
	start := func(s *medallion.Session) (*medallion.StreamingQuery, error) {
		frame, err := s.ReadStream().Format("json").Schema("Id int, name string, money int").Load(t.Context(), mistakesVolume+"/json")
		if err != nil {
			t.Fatal(err)
		}
		return into(frame).Trigger(medallion.Trigger{}).Start(t.Context(), mistakesVolume+"/out")
	}
	first, err := start(b.Session)
	if err != nil {
		t.Fatal(err)
	}
	other, err := medallion.NewSession(medallion.Options{Root: b.Root})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, err = start(other)
	assertMistake(t, mistake{class: errclass.CheckpointInUse}, err)

	second, err := start(b.Session)
	if err != nil {
		t.Fatal(err)
	}
	programs.Equal(t, "the first query is active", first.IsActive(), false)
	if err := first.Exception(); err != nil {
		t.Errorf("the first query failed: %v", err)
	}
	b.Settle(second)
	if err := b.Session.SetConf("spark.sql.streaming.stopActiveRunOnRestart", "false"); err != nil {
		t.Fatal(err)
	}
	_, err = start(b.Session)
	assertMistake(t, mistake{class: errclass.CheckpointInUse}, err)
	programs.Equal(t, "the second query is active", second.IsActive(), true)
	programs.Equal(t, "rows", b.Count("delta.`"+mistakesVolume+"/out`"), 2)
}

// Bad lines are nulls, gone, or kept as texts, by mode.
func TestBadLinesByMode(t *testing.T) {
	answers := map[string][]string{}
	for _, row := range programs.Answer[[]struct {
		ID   string           `json:"id"`
		Rows []map[string]any `json:"rows"`
	}](t, "errors", "errors.json") {
		for _, r := range row.Rows {
			answers[row.ID] = append(answers[row.ID], programs.JSONText(t, r))
		}
	}
	for id, mode := range map[string]string{"permissive": "PERMISSIVE", "dropmalformed": "DROPMALFORMED", "corrupt-record-column": "PERMISSIVE"} {
		t.Run(id, func(t *testing.T) {
			b := newBench(t)
			schema := "Id int, name string, money int"
			if id == "corrupt-record-column" {
				schema += ", _corrupt_record string"
			}
			frame, err := b.Session.ReadStream().Format("json").Schema(schema).Option("mode", mode).Load(t.Context(), mistakesVolume+"/bad")
			if err != nil {
				t.Fatal(err)
			}
			b.mustRun(into(frame))
			programs.Equal(t, "rows", strings.Join(b.Rows("SELECT * FROM delta.`"+mistakesVolume+"/out`"), "\n"), strings.Join(answers[id], "\n"))
		})
	}
}
