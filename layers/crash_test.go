package layers

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lakehouse/fixtures"
	"lakehouse/medallion"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// crashFiles is three small files: the sweep runs the whole pipeline for each storage operation.
func crashFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for i := range 3 {
		var out bytes.Buffer
		if err := fixtures.Invoices(&out, fixtures.Batch{Seed: uint64(i + 1), Invoices: 3, LineItems: 7}); err != nil {
			t.Fatal(err)
		}
		files[fmt.Sprintf("invoices_%d.json", i+1)] = out.Bytes()
	}
	return files
}

// pipelineRun feeds the files one after the other through all layers, on a store. What is done already is found
// done: the run may be a restart at any point of an earlier one.
func pipelineRun(ctx context.Context, store volumes.Store, files map[string][]byte) error {
	session, err := medallion.NewSession(medallion.Options{
		Space: volumes.NewSpaceOn(store),
		Conf:  map[string]string{"lakehouse.workers": "1", "spark.sql.shuffle.partitions": "1"},
	})
	if err != nil {
		return err
	}
	defer session.Close()
	landed, archive := InvoicesBase+"/data/invoices", InvoicesBase+"/data/invoices_archive"+InvoicesBase+"/data/invoices"
	for _, name := range []string{"", "invoices_1.json", "invoices_2.json", "invoices_3.json"} {
		if name != "" {
			if err := land(ctx, session, name, files[name], landed, archive); err != nil {
				return err
			}
		}
		for _, layer := range Invoices().Layers {
			q, err := Invoices().StartLayer(ctx, session, layer, Settings{Trigger: medallion.AvailableNow()})
			if err != nil {
				return err
			}
			if _, err := q.AwaitTermination(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// land puts a file into the landing folder unless it has landed before, as the shops' own upload does.
func land(ctx context.Context, s *medallion.Session, name string, data []byte, folders ...string) error {
	for _, dir := range folders {
		if there, err := s.FS().Exists(ctx, dir+"/"+name); err != nil || there {
			return err
		}
	}
	return s.FS().Put(ctx, folders[0]+"/"+name, data)
}

// result is the rows of all tables and the names in the landing folder and in the archive.
func result(t *testing.T, store volumes.Store) string {
	t.Helper()
	ctx := t.Context()
	session, err := medallion.NewSession(medallion.Options{Space: volumes.NewSpaceOn(store)})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	var out strings.Builder
	for _, layer := range Invoices().Layers {
		rows, err := session.Table(layer.Table).Collect(ctx)
		if err != nil {
			t.Fatalf("%s: %v", layer.Table, err)
		}
		lines := make([]string, len(rows))
		for i, r := range rows {
			lines[i] = r.String()
		}
		slices.Sort(lines)
		fmt.Fprintf(&out, "%s: %d rows\n%s\n", layer.Table, len(rows), strings.Join(lines, "\n"))
	}
	for _, dir := range []string{InvoicesBase + "/data/invoices", InvoicesBase + "/data/invoices_archive" + InvoicesBase + "/data/invoices"} {
		entries, err := session.FS().Ls(ctx, dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			fmt.Fprintln(&out, dir, e.Name)
		}
	}
	return out.String()
}

// stride is how many crash points a run of the tests passes over; `make crash` visits every one.
var crashAll = flag.Bool("crash.all", false, "visit every crash point")

func stride() int {
	if *crashAll {
		return 1
	}
	return 13
}

// A run of three files through bronze, silver and gold that dies before or after any storage operation, and is
// started again, ends with the same tables and the same archive.
func TestPipelineSurvivesEveryCrashPoint(t *testing.T) {
	files := crashFiles(t)
	record := volumestest.Record(volumestest.NewMemory())
	if err := pipelineRun(t.Context(), record, files); err != nil {
		t.Fatal(err)
	}
	want, ops := result(t, record), record.Ops()
	points := 0
	for n := 0; n < len(ops); n += stride() {
		for _, c := range []struct {
			when  string
			fault func(volumes.Store, int) *volumestest.Faulty
		}{{"before", volumestest.StopBefore}, {"after", volumestest.StopAfter}} {
			points++
			t.Run(fmt.Sprintf("%03d_%s_%s", n, c.when, ops[n].Kind), func(t *testing.T) {
				memory := volumestest.NewMemory()
				err := pipelineRun(t.Context(), c.fault(memory, n), files)
				if err != nil && !errors.Is(err, volumestest.ErrStopped) {
					t.Fatalf("the crash came out as %v", err)
				}
				assertRestart(t, memory, files, want)
			})
		}
	}
	t.Logf("%d crash points at %d storage operations", points, len(ops))
}

// The same for a power cut at any system call: what was not synced is gone, wholly or in part.
func TestPipelineSurvivesEveryPowerCut(t *testing.T) {
	files := crashFiles(t)
	memory := volumestest.NewMemory()
	var disks []*volumestest.Memory
	steps := 0
	memory.EachStep(func(volumestest.Step) {
		if steps%stride() == 0 {
			disks = append(disks, memory.CrashClone(uint64(steps), 0), memory.CrashClone(uint64(steps), 50))
		}
		steps++
	})
	if err := pipelineRun(t.Context(), memory, files); err != nil {
		t.Fatal(err)
	}
	memory.EachStep(nil)
	want := result(t, memory)
	for i, disk := range disks {
		t.Run(fmt.Sprintf("%04d", i), func(t *testing.T) { assertRestart(t, disk, files, want) })
	}
	t.Logf("%d power cuts at %d system calls", len(disks), steps)
}

func assertRestart(t *testing.T, disk *volumestest.Memory, files map[string][]byte, want string) {
	t.Helper()
	disk.Restart()
	if err := pipelineRun(t.Context(), disk, files); err != nil {
		t.Fatalf("the restart failed: %v", err)
	}
	if got := result(t, disk); got != want {
		t.Fatalf("after the restart:\n%s\nwant:\n%s", got, want)
	}
}
