package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const logCommits = 10_000

// measureLog opens a table whose log has many commits and no checkpoint, and asks for its files.
func measureLog(ctx context.Context, b *bench) error {
	table, commits := filepath.Join(b.dir, "log"), min(logCommits, b.mb*100)
	if err := writeLog(table, commits); err != nil {
		return err
	}
	engines := b.these(ctx, polars)
	opened, listed, cpu := map[string]sample{}, map[string]sample{}, map[string]sample{}
	for round := range b.rounds + 1 {
		for _, e := range engines {
			done, one, err := e.measure(request{Do: "log", Table: table})
			if err != nil {
				return err
			}
			if done.Files != commits || done.Version != int64(commits) {
				return fmt.Errorf("%s finds version %d with %d files; the table has version %d with as many", e.name, done.Version, done.Files, commits)
			}
			if round > 0 {
				cpu[e.name] = append(cpu[e.name], one.cpu)
				opened[e.name], listed[e.name] = append(opened[e.name], done.Seconds), append(listed[e.name], done.WithFiles)
			}
		}
	}
	b.printf("\nlog: a table of %d JSON commits without a checkpoint is opened, then its files are asked for\n", commits)
	rows := [][]string{{"engine", "opened", "times ours", "opened, with files", "times ours", "CPU s"}}
	for _, e := range engines {
		name := e.name
		if name == polars {
			name = "delta-rs"
		}
		rows = append(rows, []string{
			name, opened[e.name].format(" s"), opened[e.name].over(opened[ours]).format("×"),
			listed[e.name].format(" s"), listed[e.name].over(listed[ours]).format("×"), cpu[e.name].digits(),
		})
	}
	b.table(rows)
	if theirs := opened[polars]; theirs != nil {
		b.require(claim{what: "opening the log, delta-rs / ours", need: 3, unit: "×", got: theirs.over(opened[ours])})
		b.require(claim{what: "opening the log with its files, delta-rs / ours", need: 3, unit: "×", got: listed[polars].over(listed[ours])})
	}
	return nil
}

// writeLog makes a table's log: a commit that creates it, and then so many that each add a file. There are no files
// behind them: nobody reads these here.
func writeLog(table string, commits int) error {
	log := filepath.Join(table, "_delta_log")
	if err := os.MkdirAll(log, 0o755); err != nil {
		return err
	}
	for version := range commits + 1 {
		if err := writeCommit(filepath.Join(log, fmt.Sprintf("%020d.json", version)), version); err != nil {
			return fmt.Errorf("write log: %w", err)
		}
	}
	return nil
}

func writeCommit(name string, version int) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	commit(w, version)
	return errors.Join(w.Flush(), file.Close())
}

// commit writes what a streaming append writes; the times are a second apart.
func commit(w io.Writer, version int) {
	at := 1_700_000_000_000 + int64(version)*1000
	if version == 0 {
		fmt.Fprintf(w, `{"commitInfo":{"timestamp":%d,"operation":"CREATE TABLE","operationParameters":{},"isBlindAppend":true}}`+"\n", at)
		fmt.Fprintln(w, `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`)
		fmt.Fprintf(w, `{"metaData":{"id":"5fba94ed-9794-4965-ba6e-6ee3c0d22af9","format":{"provider":"parquet","options":{}},`+
			`"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},`+
			`{\"name\":\"name\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],`+
			`"configuration":{"delta.checkpointInterval":"1000000"},"createdTime":%d}}`+"\n", at)
		return
	}
	fmt.Fprintf(w, `{"commitInfo":{"timestamp":%d,"operation":"STREAMING UPDATE","operationParameters":{"outputMode":"Append",`+
		`"queryId":"f2a2d629-94d0-4494-926f-2e6e1d055b96","epochId":"%d"},"isBlindAppend":true,`+
		`"operationMetrics":{"numRemovedFiles":"0","numOutputRows":"10","numOutputBytes":"1024","numAddedFiles":"1"}}}`+"\n", at, version)
	fmt.Fprintf(w, `{"txn":{"appId":"f2a2d629-94d0-4494-926f-2e6e1d055b96","version":%d,"lastUpdated":%d}}`+"\n", version, at)
	fmt.Fprintf(w, `{"add":{"path":"part-00000-%08d-8591-4792-9b52-9c0a15442863-c000.snappy.parquet","partitionValues":{},"size":1024,`+
		`"modificationTime":%d,"dataChange":true,"stats":"{\"numRecords\":10,\"minValues\":{\"id\":%d,\"name\":\"a\"},`+
		`\"maxValues\":{\"id\":%d,\"name\":\"z\"},\"nullCount\":{\"id\":0,\"name\":0}}"}}`+"\n", version, at, version*10, version*10+9)
}
