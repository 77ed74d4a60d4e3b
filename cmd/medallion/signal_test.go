//go:build unix

package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"lakehouse/fixtures"
)

// bronzeInBatch is a bronze program in the middle of a batch that takes long enough to be interrupted.
func bronzeInBatch(t *testing.T) (lake, *program) {
	t.Helper()
	l := newLake(t)
	var data bytes.Buffer
	if err := fixtures.Invoices(&data, fixtures.Batch{Seed: 9, Invoices: 40_000, LineItems: 100_000}); err != nil {
		t.Fatal(err)
	}
	l.land(t, "large.json", data.Bytes())
	p := start(t, "bronze", "--root", l.root)
	await(t, "the batch is planned", func() bool { return len(names(filepath.Join(l.checkpoint("invoices_bz"), "offsets"))) == 1 }, p)
	return l, p
}

func TestOneInterruptEndsAfterTheRunningBatch(t *testing.T) {
	l, p := bronzeInBatch(t)
	p.interrupt(t)
	if status := p.status(t); status != 0 {
		t.Errorf("status %d, want 0: %s", status, p.stderr)
	}
	if got := l.value(t, "SELECT count(*) FROM invoices_bz"); got != 40_000 {
		t.Errorf("%d rows, want those of the running batch", got)
	}
	if got := names(filepath.Join(l.checkpoint("invoices_bz"), "commits")); !slices.Equal(got, []string{"0"}) {
		t.Errorf("commits %v, want 0", got)
	}
}

func TestTwoInterruptsEndAtOnce(t *testing.T) {
	l, p := bronzeInBatch(t)
	p.interrupt(t)
	await(t, "the first interrupt is answered", func() bool { return strings.Contains(p.stderr.String(), "press Ctrl-C again") }, p)
	p.interrupt(t)
	if status := p.status(t); status != 130 {
		t.Errorf("status %d, want 130: %s", status, p.stderr)
	}
	if got := names(filepath.Join(l.checkpoint("invoices_bz"), "commits")); len(got) != 0 {
		t.Errorf("commits %v: the batch was not cut short", got)
	}
	again := start(t, "bronze", "--root", l.root, "--trigger", "availableNow")
	if status := again.status(t); status != 0 {
		t.Errorf("the next start ended with status %d: %s", status, again.stderr)
	}
	if got := l.value(t, "SELECT count(*) FROM invoices_bz"); got != 40_000 {
		t.Errorf("%d rows, want 40000", got)
	}
}

func TestAFailedQueryEndsWithStatusOne(t *testing.T) {
	l := newLake(t)
	for _, p := range fixtureParts(t, 3)[:1] {
		l.land(t, p.name, p.data)
	}
	if p := start(t, "bronze", "--root", l.root, "--trigger", "availableNow"); p.status(t) != 0 {
		t.Fatal(p.stderr)
	}
	silver := start(t, "silver", "--root", l.root)
	await(t, "silver has read bronze", func() bool { return strings.Contains(silver.stdout.String(), "501 rows") }, silver)
	overwrite := exec.Command("medallion", "sql", "--root", l.root, "-e", "INSERT OVERWRITE invoices_bz SELECT * FROM invoices_bz LIMIT 1")
	if out, err := overwrite.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if status := silver.status(t); status != 1 {
		t.Errorf("status %d, want 1", status)
	}
	if said := silver.stderr.String(); !strings.Contains(said, "DELTA_SOURCE_") || !strings.Contains(said, "silver: [STREAM_FAILED]") {
		t.Errorf("silver said %q, want the error of its source", said)
	}
}

// A program that waits for its table ends on SIGTERM as on Ctrl-C.
func TestTerminationEndsAWaitingProgram(t *testing.T) {
	p := start(t, "silver", "--root", newLake(t).root)
	await(t, "silver waits", func() bool { return strings.Contains(p.stdout.String(), "waits for table invoices_bz") }, p)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := p.status(t); status != 0 {
		t.Errorf("status %d, want 0: %s", status, p.stderr)
	}
}
