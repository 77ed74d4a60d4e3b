package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"lakehouse/deltalog"
	"lakehouse/layers"
	"lakehouse/medallion"
	"lakehouse/volumes"
)

const workerArg = "worker"

// serve is ours as one of the engines: it answers requests until in ends.
func serve(ctx context.Context, in io.Reader, out io.Writer) error {
	answers, requests := json.NewEncoder(out), bufio.NewScanner(in)
	if err := answers.Encode(answer{Ready: true}); err != nil {
		return err
	}
	for requests.Scan() {
		var asked request
		if err := json.Unmarshal(requests.Bytes(), &asked); err != nil {
			return fmt.Errorf("read request: %w", err)
		}
		done, err := do(ctx, asked)
		if err != nil {
			done = answer{Error: err.Error()}
		}
		if err := answers.Encode(done); err != nil {
			return err
		}
	}
	return requests.Err()
}

func do(ctx context.Context, asked request) (answer, error) {
	switch asked.Do {
	case "job":
		return runLayers(ctx, asked, layers.Invoices().Layers)
	case "small":
		return runLayers(ctx, asked, layers.Invoices().Of("bronze"))
	case "micro":
		return runMicro(ctx, asked)
	case "stateful":
		return runStateful(ctx, asked)
	case "decode":
		return runDecode(ctx, asked)
	case "merge":
		return runMerge(ctx, asked)
	case "optimize":
		return runOptimize(ctx, asked.Table)
	case "checkpoint":
		return runCheckpoint(ctx, asked.Table)
	case "append":
		return runAppend(ctx, asked)
	case "commits":
		return runCommits(ctx, asked)
	case "log":
		return openLog(ctx, asked.Table)
	case "check":
		return countRows(ctx, asked.Tables)
	}
	return answer{}, fmt.Errorf("nothing is known of %q", asked.Do)
}

// stopwatch gives what has passed since.
func stopwatch() func() float64 {
	began := time.Now() //nolint:forbidigo // a benchmark reads the clock here and nowhere else
	return func() float64 { return time.Since(began).Seconds() }
}

// tableNames are the pipeline's tables, by what the benchmark calls them.
var tableNames = map[string]string{
	"bronze": "invoices_bz", "silver": "invoice_line_items", "day": "revenue_by_store_day", "payment": "revenue_by_payment",
}

// runLayers is the job as users have it: a session, each layer's query availableNow, with its checkpoint, one after another.
func runLayers(ctx context.Context, asked request, run []layers.Layer) (answer, error) {
	took := stopwatch()
	session, err := medallion.NewSession(medallion.Options{Root: asked.Out})
	if err != nil {
		return answer{}, err
	}
	defer session.Close()
	for _, layer := range run {
		query, err := startLayer(ctx, session, layer, asked.Landing, medallion.AvailableNow())
		if err != nil {
			return answer{}, err
		}
		if _, err := query.AwaitTermination(ctx); err != nil {
			return answer{}, err
		}
	}
	return answer{Seconds: took(), Tables: tablesUnder(asked.Out)}, nil
}

func startLayer(ctx context.Context, s *medallion.Session, layer layers.Layer, landing string, trigger medallion.Trigger) (*medallion.StreamingQuery, error) {
	return layers.Invoices().StartLayer(ctx, s, layer, layers.Settings{Source: "file:" + landing, CleanSource: "off", Trigger: trigger})
}

func tablesUnder(root string) map[string]string {
	tables := map[string]string{}
	for short, name := range tableNames {
		dir := filepath.Join(root, "user", "hive", "warehouse", name)
		if _, err := os.Stat(dir); err == nil {
			tables[short] = dir
		}
	}
	return tables
}

// runMicro moves files in front of a running bronze layer, one after another.
func runMicro(ctx context.Context, asked request) (answer, error) {
	files, err := os.ReadDir(asked.Spare)
	if err != nil {
		return answer{}, err
	}
	session, err := medallion.NewSession(medallion.Options{Root: asked.Out})
	if err != nil {
		return answer{}, err
	}
	defer session.Close()
	query, err := startLayer(ctx, session, layers.Invoices().Layers[0], asked.Landing, medallion.Trigger{})
	if err != nil {
		return answer{}, err
	}
	defer query.Stop()
	var done answer
	for _, file := range files {
		took := stopwatch()
		if err := os.Rename(filepath.Join(asked.Spare, file.Name()), filepath.Join(asked.Landing, file.Name())); err != nil {
			return answer{}, err
		}
		if err := query.ProcessAllAvailable(ctx); err != nil {
			return answer{}, err
		}
		done.Arrivals = append(done.Arrivals, took()*1000)
		done.Batches = append(done.Batches, lastBatch(query))
	}
	done.Tables = tablesUnder(asked.Out)
	return done, nil
}

// lastBatch is how many ms the last batch with rows took.
func lastBatch(query *medallion.StreamingQuery) float64 {
	for _, p := range slices.Backward(query.RecentProgress()) {
		if p.NumInputRows > 0 {
			return float64(p.BatchDuration)
		}
	}
	return 0
}

// runDecode reads every column of the files into Arrow batches, whose values are counted: what DuckDB is asked, too.
func runDecode(ctx context.Context, asked request) (answer, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(asked.Threads))
	session, err := medallion.NewSession(medallion.Options{Root: asked.Out})
	if err != nil {
		return answer{}, err
	}
	defer session.Close()
	took := stopwatch()
	frame, err := session.Read().Format("json").Schema(layers.InvoiceSchema).Load(ctx, "file:"+asked.Landing)
	if err != nil {
		return answer{}, err
	}
	schema, err := frame.Schema(ctx)
	if err != nil {
		return answer{}, err
	}
	var columns []string
	for _, name := range schema.Names() {
		columns = append(columns, "count("+name+")")
	}
	found, err := frame.SelectExpr(append(columns, "count(*)")...).Collect(ctx)
	if err != nil {
		return answer{}, err
	}
	return answer{Seconds: took(), Rows: found[0].Values[len(columns)].(int64)}, nil
}

// counts are what is asked of tables where no peer can be asked.
var counts = map[string]string{
	"bronze":  "SELECT count(*) AS Invoices FROM delta.`%s`",
	"silver":  "SELECT count(*) AS LineItems FROM delta.`%s`",
	"dedup":   "SELECT count(*) AS Distinct FROM delta.`%s`",
	"join":    "SELECT count(*) AS Joined FROM delta.`%s`",
	"payment": "SELECT CAST(sum(LineItems) AS BIGINT) AS LineItems FROM delta.`%s`",
}

// countRows reads tables.
func countRows(ctx context.Context, tables map[string]string) (answer, error) {
	root, err := os.MkdirTemp("", "peers-check-")
	if err != nil {
		return answer{}, err
	}
	defer os.RemoveAll(root) //nolint:errcheck // a temporary folder
	session, err := medallion.NewSession(medallion.Options{Root: root})
	if err != nil {
		return answer{}, err
	}
	defer session.Close()
	found := map[string]any{}
	for name, table := range tables {
		if counts[name] == "" {
			continue
		}
		frame, err := session.SQL(ctx, fmt.Sprintf(counts[name], "file:"+table))
		if err != nil {
			return answer{}, err
		}
		row, _, err := frame.First(ctx)
		if err != nil {
			return answer{}, err
		}
		found[row.Names[0]] = row.Values[0]
	}
	return answer{Found: found}, nil
}

// openLog takes a table's snapshot, and then asks for its files.
func openLog(ctx context.Context, table string) (answer, error) {
	store, err := volumes.OpenLocal(table)
	if err != nil {
		return answer{}, err
	}
	took := stopwatch()
	snapshot, err := deltalog.Open(store, deltalog.Options{}).Snapshot(ctx)
	if err != nil {
		return answer{}, err
	}
	done := answer{Seconds: took(), Version: snapshot.Version()}
	for _, err := range snapshot.Files(ctx) {
		if err != nil {
			return answer{}, err
		}
		done.Files++
	}
	done.WithFiles = took()
	return done, nil
}
