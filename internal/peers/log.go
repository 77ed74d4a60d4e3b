package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const logCommits = 10_000

// measureLog measures what tables cost whose log is long, or names very many files.
func measureLog(ctx context.Context, b *bench) error {
	for _, part := range []func(context.Context, *bench) error{measureOpen, measureManyFiles, measureWriters} {
		if err := part(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// measureOpen opens a table whose log has many commits, and asks for its files: without a checkpoint, and with one.
func measureOpen(ctx context.Context, b *bench) error {
	table, commits := filepath.Join(b.dir, "log"), min(logCommits, b.mb*100)
	if err := (madeLog{}).write(table, commits, 1); err != nil {
		return err
	}
	if err := b.open(ctx, table, commits, "without a checkpoint", 5); err != nil {
		return err
	}
	if _, _, err := b.engine(ctx, ours).measure(request{Do: "checkpoint", Table: table}); err != nil {
		return err
	}
	return b.open(ctx, table, commits, "with a checkpoint", 1) // here all list the names of the commits, and little else
}

// open asks all to open a table; need is how many times as long as ours the others must take.
func (b *bench) open(ctx context.Context, table string, commits int, how string, need float64) error {
	engines := b.these(ctx, polars, spark)
	opened, listed := results(engines), results(engines)
	err := turns(engines, b.rounds, 1, func(round int, e *engine) error {
		done, one, err := e.measure(request{Do: "log", Table: table})
		if err != nil {
			return err
		}
		if done.Files != commits || done.Version != int64(commits) {
			return fmt.Errorf("%s finds version %d with %d files; the table has version %d with as many", e.name, done.Version, done.Files, commits)
		}
		if round > 0 {
			opened[e.name].add(round, one)
			one.seconds = done.WithFiles
			listed[e.name].add(round, one)
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.printf("\nlog: a table of %d JSON commits %s is opened, then its files are asked for\n", commits, how)
	rows := [][]string{{"engine", "opened", "times ours", "opened, with files", "times ours", "CPU s"}}
	for _, e := range engines {
		open, list := opened[e.name], listed[e.name]
		rows = append(rows, []string{
			tableTitle(e.name), open.seconds.format(" s"), open.times(opened[ours]).format("×"),
			list.seconds.format(" s"), list.times(listed[ours]).format("×"), list.cpu.digits(),
		})
	}
	b.table(rows)
	for _, e := range engines[1:] {
		who := tableTitle(e.name)
		b.require(claim{what: fmt.Sprintf("opening the log %s, %s / ours", how, who), need: need, unit: "×", got: opened[e.name].times(opened[ours])})
		b.require(claim{what: fmt.Sprintf("opening the log %s with its files, %s / ours", how, who), need: need, unit: "×", got: listed[e.name].times(listed[ours])})
	}
	return nil
}

// A madeLog is the log of a table whose files are only told of: nobody reads these here. The zero value is a table without partitions,
// whose checkpoints hold statistics as text.
type madeLog struct {
	properties  string // further ones, as members of a JSON object
	partitioned bool   // by day, a hundred days
}

// parsed are the properties by which checkpoints hold statistics as values, and not as text.
const parsed = `,"delta.checkpoint.writeStatsAsStruct":"true","delta.checkpoint.writeStatsAsJson":"false"`

// write makes a commit that creates the table, and then so many that each add so many files.
func (m madeLog) write(table string, commits, files int) error {
	log := filepath.Join(table, "_delta_log")
	if err := os.MkdirAll(log, 0o755); err != nil {
		return err
	}
	for version := range commits + 1 {
		if err := m.writeCommit(filepath.Join(log, fmt.Sprintf("%020d.json", version)), version, files); err != nil {
			return fmt.Errorf("write log: %w", err)
		}
	}
	return nil
}

func (m madeLog) writeCommit(name string, version, files int) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	m.commit(w, version, files)
	return errors.Join(w.Flush(), file.Close())
}

// commit writes what a streaming append writes; the times are a second apart.
func (m madeLog) commit(w io.Writer, version, files int) {
	at := 1_700_000_000_000 + int64(version)*1000
	if version == 0 {
		fmt.Fprintf(w, `{"commitInfo":{"timestamp":%d,"operation":"CREATE TABLE","operationParameters":{},"isBlindAppend":true}}`+"\n", at)
		fmt.Fprintln(w, `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`)
		day, by := "", ""
		if m.partitioned {
			day, by = `,{\"name\":\"day\",\"type\":\"date\",\"nullable\":true,\"metadata\":{}}`, `"day"`
		}
		fmt.Fprintf(w, `{"metaData":{"id":"5fba94ed-9794-4965-ba6e-6ee3c0d22af9","format":{"provider":"parquet","options":{}},`+
			`"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},`+
			`{\"name\":\"name\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}%s]}","partitionColumns":[%s],`+
			`"configuration":{"delta.checkpointInterval":"1000000"%s},"createdTime":%d}}`+"\n", day, by, m.properties, at)
		return
	}
	fmt.Fprintf(w, `{"commitInfo":{"timestamp":%d,"operation":"STREAMING UPDATE","operationParameters":{"outputMode":"Append",`+
		`"queryId":"f2a2d629-94d0-4494-926f-2e6e1d055b96","epochId":"%d"},"isBlindAppend":true,`+
		`"operationMetrics":{"numRemovedFiles":"0","numOutputRows":"10","numOutputBytes":"1024","numAddedFiles":"1"}}}`+"\n", at, version)
	fmt.Fprintf(w, `{"txn":{"appId":"f2a2d629-94d0-4494-926f-2e6e1d055b96","version":%d,"lastUpdated":%d}}`+"\n", version, at)
	for n := (version - 1) * files; n < version*files; n++ {
		folder, values := "", ""
		if m.partitioned {
			day := time.UnixMilli(1_700_000_000_000).UTC().AddDate(0, 0, n%100).Format(time.DateOnly)
			folder, values = "day="+day+"/", `"day":"`+day+`"`
		}
		fmt.Fprintf(w, `{"add":{"path":"%spart-00000-%08d-8591-4792-9b52-9c0a15442863-c000.snappy.parquet","partitionValues":{%s},"size":1024,`+
			`"modificationTime":%d,"dataChange":true,"stats":"{\"numRecords\":10,\"minValues\":{\"id\":%d,\"name\":\"a\"},`+
			`\"maxValues\":{\"id\":%d,\"name\":\"z\"},\"nullCount\":{\"id\":0,\"name\":0}}"}}`+"\n", folder, n, values, at, n*10, n*10+9)
	}
}
