package layers

import (
	"fmt"
	"path"
	"slices"
	"testing"

	"lakehouse/internal/programs"
	"lakehouse/internal/realdata"
	"lakehouse/medallion"
)

// invoiceStep is one step of Spark's run of the invoices program.
type invoiceStep struct {
	Step          string     `json:"step"`
	Bronze        *int64     `json:"invoices_bz"`
	Silver        *int64     `json:"invoice_line_items"`
	Landing       []string   `json:"landing folder"`
	Archive       []string   `json:"archive folder (relative to sourceArchiveDir)"`
	BronzeBatches [][2]int64 `json:"bronze batches"`
	SilverBatches [][2]int64 `json:"silver batches"`
}

// invoicesRun is bronze and silver of the invoices program, stepped through as Spark's was.
type invoicesRun struct {
	*programs.Lake
	bronze, silver *medallion.StreamingQuery
	steps          []invoiceStep
}

func newInvoicesRun(t *testing.T) *invoicesRun {
	t.Helper()
	r := &invoicesRun{Lake: programs.NewLake(t), steps: programs.Answer[[]invoiceStep](t, "invoices", "steps.json")}
	r.start()
	return r
}

func (r *invoicesRun) start() {
	r.Helper()
	for i, q := range []**medallion.StreamingQuery{&r.bronze, &r.silver} {
		started, err := Invoices().StartLayer(r.Context(), r.Session, Invoices().Layers[i], Settings{})
		if err != nil {
			r.Fatal(err)
		}
		*q = started
	}
	r.Settle(r.bronze, r.silver)
}

func (r *invoicesRun) feed(file int) {
	r.Helper()
	from := realdata.Path(r, "invoices", fmt.Sprintf("invoices-%d.json", file))
	r.CopyIn(from, InvoicesBase+"/data/invoices", fmt.Sprintf("invoices_%d.json", file))
	r.Settle(r.bronze, r.silver)
}

// loseCommit removes a checkpoint's newest commit, as a crash after the sink's commit would.
func (r *invoicesRun) loseCommit(layer string, batch int) {
	r.Helper()
	if err := r.Session.FS().Rm(r.Context(), fmt.Sprintf("%s/chekpoint/%s/commits/%d", InvoicesBase, layer, batch)); err != nil {
		r.Fatal(err)
	}
}

// check compares with Spark's next step.
func (r *invoicesRun) check() {
	r.Helper()
	want := r.steps[0]
	r.steps = r.steps[1:]
	if want.Bronze != nil {
		programs.Equal(r.T, want.Step+": invoices_bz", r.Count("invoices_bz"), *want.Bronze)
		programs.Equal(r.T, want.Step+": invoice_line_items", r.Count("invoice_line_items"), *want.Silver)
		programs.Equal(r.T, want.Step+": bronze batches", programs.BatchesWithRows(r.bronze), want.BronzeBatches)
		programs.Equal(r.T, want.Step+": silver batches", programs.BatchesWithRows(r.silver), want.SilverBatches)
	}
	landing := slices.DeleteFunc(want.Landing, func(name string) bool { return name == "./" })
	programs.Equal(r.T, want.Step+": landing folder", r.Files(InvoicesBase+"/data/invoices"), landing)
	programs.Equal(r.T, want.Step+": archive", r.Files(InvoicesBase+"/data/invoices_archive"), want.Archive)
}

// through runs all of Spark's steps up to the fourth file and the stop.
func (r *invoicesRun) through() {
	r.Helper()
	r.check()
	for _, file := range []int{1, 2, 3, 1, 4} {
		r.feed(file)
		r.check()
	}
	r.Stop(r.bronze, r.silver)
	r.check()
}

// Every step of the invoices program gives Spark's counts, batches, landing folder and archive: also a file that is
// uploaded again, a restart, and a crash between the tables' commits and the checkpoints'.
func TestInvoicesGoesThroughSparksSteps(t *testing.T) {
	r := newInvoicesRun(t)
	r.through()
	ids := []string{r.bronze.ID(), r.silver.ID()}
	runs := []string{r.bronze.RunID(), r.silver.RunID()}

	r.start()
	r.check()
	programs.Equal(t, "ids after the restart", []string{r.bronze.ID(), r.silver.ID()}, ids)
	if r.bronze.RunID() == runs[0] || r.silver.RunID() == runs[1] {
		t.Error("a restart kept the run id")
	}
	r.Stop(r.bronze, r.silver)

	before := append(r.versions("invoices_bz"), r.versions("invoice_line_items")...)
	r.loseCommit("invoices_bz", 3)
	r.loseCommit("invoice_line_items", 4)
	r.start()
	r.check()
	programs.Equal(t, "bronze's report of the repeated batch", programs.Batches(r.bronze)[0], [2]int64{3, 0})
	programs.Equal(t, "silver's report of the repeated batch", programs.Batches(r.silver)[0], [2]int64{4, 0})
	after := append(r.versions("invoices_bz"), r.versions("invoice_line_items")...)
	programs.Equal(t, "versions after the repeated batches", after, before)
	for layer, batch := range map[string]int{"invoices_bz": 3, "invoice_line_items": 4} {
		name := path.Join(InvoicesBase, "chekpoint", layer, "commits", fmt.Sprint(batch))
		if there, err := r.Session.FS().Exists(t.Context(), name); err != nil || !there {
			t.Errorf("%s was not written again: %v", name, err)
		}
	}
}

// versions are the names of a table's commits.
func (r *invoicesRun) versions(table string) []string {
	r.Helper()
	return slices.DeleteFunc(r.Files("user/hive/warehouse/"+table+"/_delta_log"), func(name string) bool {
		return path.Ext(name) != ".json"
	})
}
