package layers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lakehouse/internal/programs"
	"lakehouse/internal/realdata"
	"lakehouse/medallion"
)

// The logs that the programs' tables get are those that Spark wrote for them: the same actions with the same fields, the
// same schema, protocol, operations, metrics and statistics. What cannot agree is named in differs.
func TestLogsAreSparks(t *testing.T) {
	sales, invoices := programs.NewLake(t), programs.NewLake(t)
	for _, names := range [][]string{salesFiles[:3], salesFiles[3:4], salesFiles[4:5]} {
		landSales(sales, names...)
		for _, layer := range Sales().Layers {
			sales.Run(Sales().StartLayer(t.Context(), sales.Session, layer, Settings{Trigger: medallion.AvailableNow()}))
		}
	}
	for file := range 4 {
		invoices.CopyIn(realdata.Path(t, "invoices", fmt.Sprintf("invoices-%d.json", file+1)), InvoicesBase+"/data/invoices", fmt.Sprintf("invoices_%d.json", file+1))
		for _, layer := range Invoices().Layers[:2] {
			invoices.Run(Invoices().StartLayer(t.Context(), invoices.Session, layer, Settings{Trigger: medallion.AvailableNow()}))
		}
	}
	for _, table := range []struct {
		lake                    *programs.Lake
		program, captured, name string
		versions                int // with the first, empty one
	}{
		{sales, "sales", "bronze", "bronze_sales_spark2", 4},
		{sales, "sales", "silver", "silver_sales_spark2", 4},
		{sales, "sales", "gold", "gold_sales_summary_spark2", 4},
		{invoices, "invoices", "invoices_bz", "invoices_bz", 5},
		{invoices, "invoices", "invoice_line_items", "invoice_line_items", 5},
	} {
		t.Run(table.name, func(t *testing.T) {
			want := withFiles(programs.Answer[map[string]map[string][]action](t, table.program, "delta_log.json")[table.captured])
			got := withFiles(readLog(t, filepath.Join(table.lake.Root, "user/hive/warehouse", table.name)))
			if len(got) < table.versions || len(want) < table.versions {
				t.Fatalf("%d versions, Spark made %d; want to compare %d", len(got), len(want), table.versions)
			}
			for i, version := range want[:table.versions] {
				sameVersion(t, i, got[i], version)
			}
		})
	}
}

// action is a line of the log: the kind, with its fields.
type action map[string]map[string]any

func readLog(t *testing.T, folder string) map[string][]action {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "_delta_log", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	log := map[string][]action{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			var a action
			if err := json.Unmarshal(line, &a); err != nil {
				t.Fatal(err)
			}
			log[filepath.Base(name)] = append(log[filepath.Base(name)], a)
		}
	}
	return log
}

// withFiles are the versions in order, without those of batches that had no rows: when a query runs one is a matter of time.
func withFiles(log map[string][]action) [][]action {
	var versions [][]action
	for _, name := range slices.Sorted(maps.Keys(log)) {
		empty := !slices.ContainsFunc(log[name], func(a action) bool { return a["add"] != nil || a["metaData"] != nil })
		if !empty {
			versions = append(versions, log[name])
		}
	}
	return versions
}

// differs are the fields whose values are each run's own: times, ids, and what depends on the encoding of files and on how
// many writers there were. The others must agree.
var differs = map[string][]string{
	"commitInfo": {"timestamp", "engineInfo", "txnId", "readVersion"},
	"metaData":   {"id", "createdTime"},
	"txn":        {"appId", "version", "lastUpdated"},
	"add":        {"path", "size", "modificationTime", "stats"},
	"remove":     {"path", "size", "deletionTimestamp"},
	"parameters": {"queryId", "epochId"},
	"metrics":    {"numOutputBytes", "numAddedFiles", "numRemovedFiles"},
}

func sameVersion(t *testing.T, version int, got, want []action) {
	t.Helper()
	for _, kind := range []string{"commitInfo", "metaData", "protocol", "txn", "add", "remove"} {
		ours, sparks := ofKind(got, kind), ofKind(want, kind)
		if (len(ours) == 0) != (len(sparks) == 0) {
			t.Errorf("version %d: %d actions %s, Spark wrote %d", version, len(ours), kind, len(sparks))
			continue
		}
		if len(ours) == 0 {
			continue
		}
		sameFields(t, fmt.Sprintf("version %d: %s", version, kind), ours[0], sparks[0], differs[kind])
		if kind == "commitInfo" {
			sameFields(t, fmt.Sprintf("version %d: parameters", version), object(ours[0]["operationParameters"]), object(sparks[0]["operationParameters"]), differs["parameters"])
			sameFields(t, fmt.Sprintf("version %d: metrics", version), object(ours[0]["operationMetrics"]), object(sparks[0]["operationMetrics"]), differs["metrics"])
		}
		if kind == "add" && len(ours) == 1 && len(sparks) == 1 && ours[0]["stats"] != sparks[0]["stats"] {
			t.Errorf("version %d: statistics:\n got %v\nwant %v", version, ours[0]["stats"], sparks[0]["stats"])
		}
	}
}

func ofKind(version []action, kind string) []map[string]any {
	var found []map[string]any
	for _, a := range version {
		if a[kind] != nil {
			found = append(found, a[kind])
		}
	}
	return found
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// sameFields compares the names of fields, and the values of those that are not each run's own.
func sameFields(t *testing.T, what string, got, want map[string]any, own []string) {
	t.Helper()
	programs.Equal(t, what+": fields", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	for name, value := range want {
		if slices.Contains(own, name) || name == "operationParameters" || name == "operationMetrics" {
			continue
		}
		programs.Equal(t, what+": "+name, programs.JSONText(t, got[name]), programs.JSONText(t, value))
	}
}
