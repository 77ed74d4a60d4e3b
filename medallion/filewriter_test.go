package medallion

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

const filesVolume = "/Volumes/a/b/c"

// names are the files below a folder, part numbers and uuids left out.
func (d desk) names(folder string) string {
	d.Helper()
	place, err := d.Space().Resolve(folder)
	d.must(err)
	var all []string
	for info, err := range place.Store.List(d.Context(), place.Key, volumes.ListOptions{Recursive: true, Hidden: true}) {
		d.must(err)
		name := strings.TrimPrefix(info.Name, place.Key+"/")
		if dir, base, ok := strings.Cut(name, "part-"); ok {
			name = dir + "part" + base[len("00000-1da753a0-f805-4302-8a37-9b8ce8915ba1"):]
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

func TestFilesOfEveryFormatAreWrittenAndRead(t *testing.T) {
	for _, c := range []struct{ format, options, rows, names string }{
		{"parquet", "", "1 a; 2 null; 3 c", "_SUCCESS part-c000.snappy.parquet"},
		{"parquet", "compression=zstd", "1 a; 2 null; 3 c", "_SUCCESS part-c000.zstd.parquet"},
		{"JSON", "", "1 a; 2 null; 3 c", "_SUCCESS part-c000.json"},
		{"json", "compression=gzip", "1 a; 2 null; 3 c", "_SUCCESS part-c000.json.gz"},
		{"json", "compression=snappy", "1 a; 2 null; 3 c", "_SUCCESS part-c000.json.snappy"},
		{"json", "compression=lz4", "1 a; 2 null; 3 c", "_SUCCESS part-c000.json.lz4"},
		{"csv", "compression=deflate", "1 a; 2 null; 3 c", "_SUCCESS part-c000.csv.deflate"},
		{"csv", "compression=zstd", "1 a; 2 null; 3 c", "_SUCCESS part-c000.csv.zst"},
		{"csv", "maxRecordsPerFile=2", "1 a; 2 null; 3 c", "_SUCCESS part-c000.csv part-c001.csv"},
	} {
		t.Run(c.format+" "+c.options, func(t *testing.T) {
			d := newDesk(t)
			w := d.frame("SELECT * FROM VALUES (1, 'a'), (2, null), (3, 'c') t(id, name)").Write().Format(c.format)
			if name, value, ok := strings.Cut(c.options, "="); ok {
				w = w.Option(name, value)
			}
			d.must(w.Save(t.Context(), filesVolume+"/out/"))
			d.want("names", d.names(filesVolume+"/out"), c.names)
			frame, err := d.Read().Format(strings.ToLower(c.format)).Schema("id int, name string").Load(t.Context(), filesVolume+"/out")
			d.must(err)
			d.must(frame.CreateOrReplaceTempView(t.Context(), "v"))
			d.want("rows", strings.ReplaceAll(d.rows("SELECT * FROM v"), "<nil>", "null"), c.rows)
		})
	}
}

func TestModesOfAWriteOfFiles(t *testing.T) {
	for mode, want := range map[string]string{"append": "1; 2", "overwrite": "2", "ignore": "1", "error": "", "errorifexists": ""} {
		t.Run(mode, func(t *testing.T) {
			d := newDesk(t)
			d.must(d.frame("SELECT 1 AS id").Write().Format("json").Mode(mode).Save(t.Context(), filesVolume+"/out"))
			err := d.frame("SELECT 2 AS id").Write().Format("json").Mode(mode).Option("path", filesVolume+"/out").Save(t.Context())
			if want == "" {
				d.refused("the second write", err, errclass.PathAlreadyExists)
				d.want("rows", d.rows("SELECT * FROM json.`"+filesVolume+"/out`"), "1")
				return
			}
			d.must(err)
			d.want("rows", d.rows("SELECT * FROM json.`"+filesVolume+"/out`"), want)
		})
	}
}

// In Spark an overwrite deletes what it reads, and fails.
func TestAFolderMayBeOverwrittenByWhatItHolds(t *testing.T) {
	d := newDesk(t)
	out := "json.`" + filesVolume + "/out`"
	d.must(d.frame("SELECT * FROM VALUES (1), (2) t(id)").Write().Format("json").Save(t.Context(), filesVolume+"/out"))
	d.must(d.frame("SELECT id + 10 AS id FROM "+out+" WHERE id > 1").Write().Format("json").Mode("overwrite").Save(t.Context(), filesVolume+"/out"))
	d.want("rows", d.rows("SELECT * FROM "+out), "12")
	d.refused("a read that fails", d.frame("SELECT raise_error('no') AS id FROM "+out).Write().Format("json").Mode("overwrite").Save(t.Context(), filesVolume+"/out"), errclass.UserRaised)
	d.want("rows", d.rows("SELECT * FROM "+out), "12")
	d.want("names", d.names(filesVolume+"/out"), "_SUCCESS part-c000.json")
}

func TestPartitionsOfFiles(t *testing.T) {
	d := newDesk(t)
	rows := "SELECT * FROM VALUES (1, 'a b/c', DATE'2024-01-01'), (2, null, DATE'2024-01-02'), (3, 'ü', DATE'2024-01-01') t(id, s, day)"
	d.must(d.frame(rows).Write().Format("parquet").PartitionBy("S", "day").Save(t.Context(), filesVolume+"/out"))
	d.want("names", d.names(filesVolume+"/out"), "_SUCCESS s=__HIVE_DEFAULT_PARTITION__/day=2024-01-02/part.c000.snappy.parquet "+
		"s=a b%2Fc/day=2024-01-01/part.c000.snappy.parquet s=ü/day=2024-01-01/part.c000.snappy.parquet")
	d.want("rows", strings.ReplaceAll(d.rows("SELECT id, s, CAST(day AS STRING) FROM parquet.`"+filesVolume+"/out`"), "<nil>", "null"), "1 a b/c 2024-01-01; 2 null 2024-01-02; 3 ü 2024-01-01")

	d.must(d.frame("SELECT 9 AS id, 'ü' AS s, DATE'2024-01-01' AS day").Write().Format("parquet").Mode("overwrite").Option("partitionOverwriteMode", "dynamic").
		PartitionBy("s", "day").Save(t.Context(), filesVolume+"/out"))
	d.want("after a dynamic overwrite", d.rows("SELECT id FROM parquet.`"+filesVolume+"/out`"), "1; 2; 9")

	d.refused("no such column", d.frame(rows).Write().Format("json").PartitionBy("zz").Save(t.Context(), filesVolume+"/x"), errclass.UnresolvedColumn)
	d.refused("all columns", d.frame("SELECT 1 AS a").Write().Format("json").PartitionBy("a").Save(t.Context(), filesVolume+"/x"), errclass.AllPartitionColumns)
}

// What an overwrite replaces is as its option says, or else as the session says; a write without partitions replaces all.
func TestSessionsPartitionOverwriteModeHoldsForFiles(t *testing.T) {
	for _, test := range []struct{ session, option, by, want string }{
		{"", "", "p", "3 b"},
		{"dynamic", "", "p", "1 a; 3 b"},
		{"DYNAMIC", "Static", "p", "3 b"},
		{"static", "DYNAMIC", "p", "1 a; 3 b"},
		{"dynamic", "", "", "3 b"},
	} {
		t.Run(test.session+"/"+test.option+"/"+test.by, func(t *testing.T) {
			d := newDesk(t)
			write := func(rows string) {
				w := d.frame("SELECT * FROM VALUES " + rows + " t(id, p)").Write().Format("json").Mode("overwrite")
				if test.by != "" {
					w = w.PartitionBy(test.by)
				}
				if test.option != "" {
					w = w.Option("partitionOverwriteMode", test.option)
				}
				d.must(w.Save(t.Context(), filesVolume+"/out"))
			}
			if test.session != "" {
				d.rows("SET spark.sql.sources.partitionOverwriteMode = " + test.session)
			}
			write("(1, 'a'), (2, 'b')")
			write("(3, 'b')")
			d.want("rows", d.rows("SELECT id, p FROM json.`"+filesVolume+"/out`"), test.want)
		})
	}
}

// A time in a folder's name is of the session's zone, as it is read back.
func TestTimesInFoldersAreOfTheSessionsZone(t *testing.T) {
	d := newDesk(t)
	d.must(d.SetConf(confTimeZone, "America/Chicago"))
	d.must(d.frame("SELECT 1 AS id, TIMESTAMP'2024-02-03 04:05:06.5' AS ts").Write().Format("json").PartitionBy("ts").Save(t.Context(), filesVolume+"/out"))
	d.want("names", d.names(filesVolume+"/out"), "_SUCCESS ts=2024-02-03 04%3A05%3A06.5/part.c000.json")
	d.want("rows", d.rows("SELECT id, CAST(ts AS STRING) FROM json.`"+filesVolume+"/out`"), "1 2024-02-03 04:05:06.5")
}

func TestMistakesOfWritesOfFiles(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	one := d.frame("SELECT 1 AS a, 'x' AS s")
	d.refused("no path", one.Write().Format("json").Save(ctx), errclass.PathRequired)
	d.refused("a mistyped option", one.Write().Format("csv").Option("heder", "true").Save(ctx, filesVolume+"/x"), errclass.InvalidOption)
	d.refused("an unknown codec", one.Write().Format("json").Option("compression", "foo").Save(ctx, filesVolume+"/x"), errclass.InvalidOptionValue)
	d.refused("text of two columns", one.Write().Format("text").Save(ctx, filesVolume+"/x"), errclass.UnsupportedDataSourceType)
	d.refused("text of two columns of text", d.frame("SELECT 'a' AS a, 'b' AS b").Write().Format("text").Save(ctx, filesVolume+"/x"), errclass.TextColumns)
	d.refused("a struct in CSV", d.frame("SELECT struct(1) AS a").Write().Format("csv").Save(ctx, filesVolume+"/x"), errclass.UnsupportedDataSourceType)
	d.refused("columns of one name", d.frame("SELECT 1 AS a, 2 AS A").Write().Format("parquet").Save(ctx, filesVolume+"/x"), errclass.ColumnAlreadyExists)
	d.refused("orc", one.Write().Format("orc").Save(ctx, filesVolume+"/x"), errclass.UnsupportedFeature)
	d.refused("no such format", one.Write().Format("jsonn").Save(ctx, filesVolume+"/x"), errclass.DataSourceNotFound)
	d.refused("a table of files", one.Write().Format("parquet").SaveAsTable(ctx, "t"), errclass.UnsupportedFeature)
	if there, err := d.FS().Exists(ctx, filesVolume+"/x"); there || err != nil {
		t.Errorf("a refused write has left something: %v, %v", there, err)
	}
}

func (d desk) toFiles(w DataStreamWriter) error {
	d.Helper()
	q, err := w.Option("checkpointLocation", filesVolume+"/cp").Trigger(AvailableNow()).Start(d.Context(), filesVolume+"/out")
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(d.Context())
	return err
}

// A stream's folder has Spark's log, and those who read the folder, at rest or as a stream, take what the log names alone.
func TestAStreamOfFilesIsReadByItsLog(t *testing.T) {
	d := newDesk(t)
	for i := range 12 {
		d.land(filesVolume+"/in", fmt.Sprintf("%02d.json", i), 2*i, 2*i+1)
	}
	frame, err := d.ReadStream().Format("json").Schema("n bigint").Option("maxFilesPerTrigger", "1").Load(t.Context(), filesVolume+"/in")
	d.must(err)
	w := frame.SelectExpr("n", "n % 2 AS odd").WriteStream().Format("csv").PartitionBy("odd").Option("header", "true")
	d.must(d.toFiles(w))
	d.must(d.toFiles(w)) // nothing new
	var log []string
	for name := range strings.FieldsSeq(d.names(filesVolume + "/out/_spark_metadata")) {
		log = append(log, name)
	}
	d.want("log", strings.Join(log, " "), "0 1 10 11 2 3 4 5 6 7 8 9.compact")
	// A file of an attempt that failed.
	d.must(d.FS().Put(t.Context(), filesVolume+"/out/odd=zzz/part-00000-left.csv", []byte("n\n99\n")))

	load := func() *DataFrame {
		frame, err := d.Read().Format("csv").Option("header", "true").Option("inferSchema", "true").Load(t.Context(), filesVolume+"/out")
		d.must(err)
		return frame
	}
	schema, err := load().Schema(t.Context())
	d.must(err)
	d.want("schema", schema.String(), "struct<n:int,odd:int>")
	n, err := load().Count(t.Context())
	d.must(err)
	d.want("rows", fmt.Sprint(n), "24")
	ordered, err := d.Read().Format("csv").Schema("odd int, n bigint").Option("header", "true").Load(t.Context(), filesVolume+"/out")
	d.must(err)
	schema, err = ordered.Schema(t.Context())
	d.must(err)
	d.want("schema, as given: a partition's column stays where it is", schema.String(), "struct<odd:int,n:bigint>")
	rows, err := ordered.Filter(Col("n").Eq(3)).Collect(t.Context())
	d.must(err)
	d.want("a row of it", fmt.Sprint(rows[0].Values...), "1 3")

	again, err := d.ReadStream().Format("csv").Schema("n bigint, odd int").Option("header", "true").Load(t.Context(), filesVolume+"/out")
	d.must(err)
	q, err := again.WriteStream().Option("checkpointLocation", filesVolume+"/cp2").Trigger(Once()).ToTable(t.Context(), "t")
	d.must(err)
	_, err = q.AwaitTermination(t.Context())
	d.must(err)
	d.want("rows as a stream", d.rows("SELECT count(*), sum(n), sum(odd) FROM t"), "24 276 12")

	_, err = d.ReadStream().Format("csv").Schema("n bigint").Option("cleanSource", "delete").Load(t.Context(), filesVolume+"/out")
	d.refused("cleaning up", err, errclass.InvalidOption)
	d.refused("an append that nobody would see", d.frame("SELECT 1 AS n").Write().Format("csv").Mode("append").Save(t.Context(), filesVolume+"/out"), errclass.UnsupportedFeature)
	d.must(d.frame("SELECT 1 AS n").Write().Format("csv").Mode("overwrite").Save(t.Context(), filesVolume+"/out"))
	d.want("names after an overwrite", d.names(filesVolume+"/out"), "_SUCCESS part-c000.csv")
}

func TestMistakesOfStreamsOfFiles(t *testing.T) {
	d := newDesk(t)
	frame := d.numbersIn(filesVolume + "/in")
	counted := frame.GroupBy(Col("n")).Agg(Count(Col("*")).As("c"))
	d.refused("update", d.toFiles(frame.WriteStream().Format("parquet").OutputMode("update")), errclass.OutputModeDataSource)
	d.refused("complete", d.toFiles(counted.WriteStream().Format("parquet").OutputMode("complete")), errclass.OutputModeDataSource)
	d.refused("orc", d.toFiles(frame.WriteStream().Format("orc")), errclass.UnsupportedFeature)
	d.refused("text of a number", d.toFiles(frame.WriteStream().Format("text")), errclass.UnsupportedDataSourceType)
	d.refused("no such partition column", d.toFiles(frame.WriteStream().Format("json").PartitionBy("zz")), errclass.UnresolvedColumn)
	d.refused("a retention that is none", d.toFiles(frame.WriteStream().Format("json").Option("retention", "abc")), errclass.InvalidOptionValue)
	_, err := frame.WriteStream().Format("json").Start(t.Context(), filesVolume+"/out")
	d.refused("no checkpoint", err, errclass.CheckpointMissing)
	_, err = frame.WriteStream().Format("json").Option("checkpointLocation", filesVolume+"/cp").Start(t.Context())
	d.refused("no path", err, errclass.PathRequired)
}

// A query that has lost its checkpoint, or shares its folder with another, loses rows in Spark without a word.
func TestAStreamOfFilesHoldsItsLogAgainstItsCheckpoint(t *testing.T) {
	d := newDesk(t)
	w := d.numbersIn(filesVolume + "/in").WriteStream().Format("json")
	d.land(filesVolume+"/in", "a.json", 1)
	d.must(d.toFiles(w))
	d.land(filesVolume+"/in", "b.json", 2)
	d.must(d.FS().Rm(t.Context(), filesVolume+"/cp"))
	d.refused("without its checkpoint", d.toFiles(w), errclass.CheckpointInconsistent)
	d.want("rows", d.rows("SELECT * FROM json.`"+filesVolume+"/out`"), "1")

	d.must(d.FS().Rm(t.Context(), filesVolume+"/cp"))
	d.must(d.FS().Rm(t.Context(), filesVolume+"/out"))
	d.must(d.toFiles(w))
	d.must(d.FS().Rm(t.Context(), filesVolume+"/out"))
	d.land(filesVolume+"/in", "c.json", 3)
	d.refused("without its folder", d.toFiles(w), errclass.CheckpointInconsistent)
}

// filesRun streams three files, one batch each, into a folder of JSON files, and gives the rows that a reader finds there.
func filesRun(ctx context.Context, store volumes.Store) (string, error) {
	session, err := NewSession(Options{Space: volumes.NewSpaceOn(store), Conf: map[string]string{confWorkers: "1", confPartitions: "1"}})
	if err != nil {
		return "", err
	}
	defer session.Close()
	for i := range 3 {
		if err := session.FS().Put(ctx, fmt.Sprintf("%s/in/%d.json", filesVolume, i), fmt.Appendf(nil, "{\"n\":%d}\n{\"n\":%d}\n", i, i+10)); err != nil {
			return "", err
		}
		frame, err := session.ReadStream().Format("json").Schema("n bigint").Load(ctx, filesVolume+"/in")
		if err != nil {
			return "", err
		}
		q, err := frame.SelectExpr("n", "n % 2 AS p").WriteStream().Format("json").PartitionBy("p").Option("checkpointLocation", filesVolume+"/cp").
			Trigger(AvailableNow()).Start(ctx, filesVolume+"/out")
		if err != nil {
			return "", err
		}
		if _, err := q.AwaitTermination(ctx); err != nil {
			return "", err
		}
	}
	rows, err := readAll(ctx, session, "SELECT n, p FROM json.`"+filesVolume+"/out` ORDER BY n")
	return rows, err
}

func readAll(ctx context.Context, s *Session, query string) (string, error) {
	frame, err := s.SQL(ctx, query)
	if err != nil {
		return "", err
	}
	rows, err := frame.Collect(ctx)
	return fmt.Sprint(rows), err
}

// A stream into files that dies before or after any storage operation, and is started again, has written each row once.
func TestAStreamOfFilesSurvivesEveryCrashPoint(t *testing.T) {
	record := volumestest.Record(volumestest.NewMemory())
	want, err := filesRun(t.Context(), record)
	if err != nil {
		t.Fatal(err)
	}
	for n, op := range record.Ops() {
		for when, fault := range map[string]func(volumes.Store, int) *volumestest.Faulty{"before": volumestest.StopBefore, "after": volumestest.StopAfter} {
			memory := volumestest.NewMemory()
			if _, err := filesRun(t.Context(), fault(memory, n)); err != nil && !errors.Is(err, volumestest.ErrStopped) {
				t.Fatalf("the crash %s %v came out as %v", when, op, err)
			}
			memory.Restart()
			got, err := filesRun(t.Context(), memory)
			if err != nil || got != want {
				t.Fatalf("after a crash %s %v: %v\n%s\nwant\n%s", when, op, err, got, want)
			}
		}
	}
	t.Logf("%d crash points", 2*len(record.Ops()))
}

// The same for a power cut at system calls: what was not synced is gone, or all there.
func TestAStreamOfFilesSurvivesPowerCuts(t *testing.T) {
	memory := volumestest.NewMemory()
	var left []*volumestest.Memory
	steps := 0
	memory.EachStep(func(volumestest.Step) {
		if steps++; steps%7 == 0 {
			left = append(left, memory.CrashClone(uint64(steps), []int{0, 50, 100}[steps/7%3]))
		}
	})
	want, err := filesRun(t.Context(), memory)
	if err != nil {
		t.Fatal(err)
	}
	memory.EachStep(nil)
	for i, disk := range left {
		disk.Restart()
		if got, err := filesRun(t.Context(), disk); err != nil || got != want {
			t.Fatalf("power cut %d: %v\n%s\nwant\n%s", i, err, got, want)
		}
	}
	t.Logf("%d power cuts at %d system calls", len(left), steps)
}
