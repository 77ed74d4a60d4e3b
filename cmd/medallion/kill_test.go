//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lakehouse/fixtures"
)

var (
	kills    = flag.Int("kills", 21, "how often the programs are killed")
	killSeed = flag.Uint64("kills.seed", 1, "the seed of who is killed, and when")
)

// A part is some lines of a fixture file.
type part struct {
	name string
	data []byte
}

// fixtureParts cuts the three files into n parts.
func fixtureParts(t *testing.T, n int) []part {
	var parts []part
	for i, b := range fixtures.Batches() {
		data, err := fixtures.Files.ReadFile("data/" + b.Name)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(data, []byte("\n"))
		of := n * (i + 1) / 3
		of = max(1, of-n*i/3)
		for k := range of {
			cut := lines[len(lines)*k/of : len(lines)*(k+1)/of]
			parts = append(parts, part{fmt.Sprintf("%s_%03d.json", strings.TrimSuffix(b.Name, ".json"), k), bytes.Join(cut, nil)})
		}
	}
	return parts
}

// victims names the tables that each program writes.
var victims = map[string][]string{
	"bronze": {"invoices_bz"}, "silver": {"invoice_line_items"}, "gold": {"revenue_by_payment", "revenue_by_store_day"},
}

// Three programs work on one root; at seeded moments one of them is killed and started again. Each row is there once.
func TestProgramsSurviveKills(t *testing.T) {
	l := newLake(t)
	random := rand.New(rand.NewPCG(*killSeed, 0))
	parts := fixtureParts(t, *kills)
	kinds := slices.Sorted(maps.Keys(victims))
	run := map[string]*program{}
	for _, kind := range kinds {
		run[kind] = start(t, kind, "--root", l.root)
	}
	others := func(kind string) []*program {
		var ps []*program
		for k, p := range run {
			if k != kind {
				ps = append(ps, p)
			}
		}
		return ps
	}
	for i, p := range parts {
		kind := kinds[random.IntN(len(kinds))]
		table := victims[kind][random.IntN(len(victims[kind]))]
		moments := []string{
			filepath.Join(l.checkpoint(table), "offsets"), // the batch is planned
			l.path("user/hive/warehouse/" + table),        // a data file is begun
			l.path("user/hive/warehouse/" + table + "/_delta_log"),
			filepath.Join(l.checkpoint(table), "commits"),
		}
		moment := moments[random.IntN(len(moments))]
		before := len(names(moment))
		l.land(t, p.name, p.data)
		await(t, fmt.Sprintf("%s grows for kill %d (-kills.seed %d)", moment, i, *killSeed),
			func() bool { return len(names(moment)) > before }, slices.Collect(maps.Values(run))...)
		run[kind].kill()
		run[kind] = start(t, kind, "--root", l.root)
		if random.IntN(2) == 0 { // killed again as soon as it speaks
			await(t, kind+" speaks", func() bool { return run[kind].stdout.String() != "" }, append(others(kind), run[kind])...)
			run[kind].kill()
			run[kind] = start(t, kind, "--root", l.root)
		}
	}
	settled := func() bool {
		return l.value(t, "SELECT sum(LineItems) FROM revenue_by_payment") >= 3990 && l.value(t, "SELECT sum(LineItems) FROM revenue_by_store_day") >= 3990
	}
	await(t, "gold holds all line items", settled, slices.Collect(maps.Values(run))...)
	for _, kind := range kinds {
		// One that was just started may not listen to Ctrl-C yet.
		await(t, kind+" speaks", func() bool { return run[kind].stdout.String() != "" }, slices.Collect(maps.Values(run))...)
		run[kind].interrupt(t)
		if status := run[kind].status(t); status != 0 {
			t.Errorf("%s ended with status %d: %s", kind, status, run[kind].stderr)
		}
	}
	l.assertWhole(t, parts)
}

func (l lake) assertWhole(t *testing.T, parts []part) {
	t.Helper()
	for query, want := range map[string]int64{
		"SELECT count(*) FROM invoices_bz":                                        501 + 500 + 590,
		"SELECT count(DISTINCT InvoiceNumber) FROM invoices_bz":                   501 + 500 + 590,
		"SELECT count(*) FROM invoice_line_items":                                 1253 + 1257 + 1480,
		"SELECT sum(LineItems) FROM revenue_by_payment":                           1253 + 1257 + 1480,
		"SELECT sum(LineItems) FROM revenue_by_store_day":                         1253 + 1257 + 1480,
		"SELECT sum(size(InvoiceLineItems)) FROM invoices_bz":                     1253 + 1257 + 1480,
		"SELECT count(*) FROM invoice_line_items WHERE InvoiceNumber IS NULL":     0,
		"SELECT count(DISTINCT PaymentMethod) FROM revenue_by_payment":            2,
		"SELECT count(*) - count(DISTINCT PaymentMethod) FROM revenue_by_payment": 0,
	} {
		if got := l.value(t, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	newest := l.newestBatch(t)
	if left := names(l.landing()); !slices.Equal(left, newest) {
		t.Errorf("the landing folder holds %v, want the newest batch's files %v", left, newest)
	}
	for _, p := range parts {
		dir := l.archive()
		if slices.Contains(newest, p.name) {
			dir = l.landing()
		}
		if got, err := os.ReadFile(filepath.Join(dir, p.name)); err != nil || !bytes.Equal(got, p.data) {
			t.Errorf("%s is not in %s as it landed (%v)", p.name, dir, err)
		}
	}
	if n := len(names(l.archive())) + len(newest); n != len(parts) {
		t.Errorf("%d files in archive and landing folder, want %d", n, len(parts))
	}
}

// newestBatch is the files of bronze's last batch, by its checkpoint.
func (l lake) newestBatch(t *testing.T) []string {
	t.Helper()
	dir := filepath.Join(l.checkpoint("invoices_bz"), "sources", "0")
	newest, files := -1, []string(nil)
	for _, name := range names(dir) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
			var entry struct {
				Path    string
				BatchID int
			}
			if !strings.HasPrefix(lines.Text(), "{") {
				continue
			}
			if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
				t.Fatal(err)
			}
			if entry.BatchID > newest {
				newest, files = entry.BatchID, nil
			}
			if entry.BatchID == newest && !slices.Contains(files, filepath.Base(entry.Path)) {
				files = append(files, filepath.Base(entry.Path))
			}
		}
	}
	slices.Sort(files)
	return files
}
