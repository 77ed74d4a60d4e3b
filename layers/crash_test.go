package layers

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
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
		files[fmt.Sprintf("invoices_%d.json", i+1)] = invoicesOf(t, uint64(i+1), 3, 7)
	}
	return files
}

// invoicesOf is the text of a file.
func invoicesOf(t *testing.T, seed uint64, invoices, lineItems int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := fixtures.Invoices(&out, fixtures.Batch{Seed: seed, Invoices: invoices, LineItems: lineItems}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// landings are which files are there before each time that all layers run: how they land the first time, and how
// when the shops went on while the pipeline was down. The last file comes alone, so that those before it are archived.
var (
	oneByOne = [][]string{{}, {"invoices_1.json"}, {"invoices_2.json"}, {"invoices_3.json"}}
	allFirst = [][]string{{"invoices_1.json", "invoices_2.json"}, {"invoices_3.json"}}
)

// pipelineRun feeds the files one after the other through all layers, on a store. What is done already is found
// done: the run may be a restart at any point of an earlier one.
func pipelineRun(ctx context.Context, store volumes.Store, files map[string][]byte) error {
	return pipelineRunOf(ctx, store, files, oneByOne)
}

func pipelineRunOf(ctx context.Context, store volumes.Store, files map[string][]byte, landings [][]string) error {
	session, err := medallion.NewSession(medallion.Options{
		Space: volumes.NewSpaceOn(store),
		Conf:  map[string]string{"lakehouse.workers": "1", "spark.sql.shuffle.partitions": "1"},
	})
	if err != nil {
		return err
	}
	defer session.Close()
	landed, archive := InvoicesBase+"/data/invoices", InvoicesBase+"/data/invoices_archive"+InvoicesBase+"/data/invoices"
	for _, names := range landings {
		for _, name := range names {
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

// land puts a file into the landing folder unless it has been archived, as the shops' own upload does: one that was cut
// short is done again, which makes safe what is there.
func land(ctx context.Context, s *medallion.Session, name string, data []byte, landing, archive string) error {
	if there, err := s.FS().Exists(ctx, archive+"/"+name); err != nil || there {
		return err
	}
	place, err := s.Space().Resolve(landing + "/" + name)
	if err != nil {
		return err
	}
	if err := place.Store.PutIfAbsent(ctx, place.Key, data); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// result is the rows of all tables and the names in the landing folder and in the archive.
func result(t *testing.T, store volumes.Store) string {
	t.Helper()
	text, err := tables(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func tables(ctx context.Context, store volumes.Store) (string, error) {
	session, err := medallion.NewSession(medallion.Options{Space: volumes.NewSpaceOn(store)})
	if err != nil {
		return "", err
	}
	defer session.Close()
	var out strings.Builder
	for _, layer := range Invoices().Layers {
		rows, err := session.Table(layer.Table).Collect(ctx)
		if err != nil {
			return "", fmt.Errorf("%s: %w", layer.Table, err)
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
			return "", err
		}
		for _, e := range entries {
			fmt.Fprintln(&out, dir, e.Name)
		}
	}
	return out.String(), nil
}

var (
	crashAll   = flag.Bool("crash.all", false, "visit every crash point")
	crashEvery = flag.Int("crash.every", 0, "visit every n-th crash point; 0: few")
	crashSeeds = flag.Uint64("crash.seeds", 1, "how many power cuts of each kind at a system call")
)

// every is the distance of the points that a run of the tests visits; `make crash` visits all.
func every(n int) int {
	switch {
	case *crashAll:
		return 1
	case *crashEvery > 0:
		return *crashEvery
	}
	return n
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
	for n := 0; n < len(ops); n += every(13) {
		for _, c := range []struct {
			when  string
			fault func(volumes.Store, int) *volumestest.Faulty
		}{{"before", volumestest.StopBefore}, {"after", volumestest.StopAfter}} {
			points++
			t.Run(fmt.Sprintf("%03d_%s_%s", n, c.when, ops[n].Kind), func(t *testing.T) {
				t.Parallel()
				memory := volumestest.NewMemory()
				err := pipelineRun(t.Context(), c.fault(memory, n), files)
				if err != nil && !errors.Is(err, volumestest.ErrStopped) {
					t.Fatalf("the crash came out as %v", err)
				}
				assertRestart(t, memory, files, want, n)
			})
		}
	}
	t.Logf("%d crash points at %d storage operations", points, len(ops))
}

// The same for a power cut at any system call: what was not synced is gone, wholly or in part, or all there.
func TestPipelineSurvivesEveryPowerCut(t *testing.T) {
	files := crashFiles(t)
	disks, steps, want := powerCuts(t, files, every(25))
	for i, disk := range disks {
		t.Run(fmt.Sprintf("%04d_%s", i, disk.name), func(t *testing.T) {
			t.Parallel()
			assertRestart(t, disk.disk, files, want, i)
		})
	}
	t.Logf("%d power cuts at %d system calls", len(disks), steps)
}

// A leftDisk is what a power cut left.
type leftDisk struct {
	name string
	disk *volumestest.Memory
}

// powerCuts runs the pipeline, and gives what power cuts after each so many steps leave, and at the end.
func powerCuts(t *testing.T, files map[string][]byte, stride int) (left []leftDisk, steps int, want string) {
	t.Helper()
	memory := volumestest.NewMemory()
	cut := func(kind string) {
		if syncs(kind) { // what is safe changes by nothing else
			left = append(left, leftDisk{"0_" + kind, memory.CrashClone(0, 0)})
		}
		for seed := range *crashSeeds {
			left = append(left, leftDisk{"50_" + kind, memory.CrashClone(uint64(steps)+seed<<32, 50)})
		}
		left = append(left, leftDisk{"100_" + kind, memory.CrashClone(0, 100)})
	}
	memory.EachStep(func(step volumestest.Step) {
		if steps%stride == 0 {
			cut(step.Kind)
		}
		steps++
	})
	if err := pipelineRun(t.Context(), memory, files); err != nil {
		t.Fatal(err)
	}
	memory.EachStep(nil)
	return left, steps, result(t, memory)
}

func syncs(kind string) bool { return kind == "sync" || kind == "syncDir" }

func assertRestart(t *testing.T, disk *volumestest.Memory, files map[string][]byte, want string, n int) {
	t.Helper()
	if err := restart(t, disk, files, want, n); err != nil {
		t.Fatal(err)
	}
}

// restart runs the pipeline again, on what is left. The shops may have gone on in between: at every second point they did.
func restart(t *testing.T, disk *volumestest.Memory, files map[string][]byte, want string, n int) error {
	t.Helper()
	disk.Restart()
	return restartOn(t, disk, files, want, n)
}

func restartOn(t *testing.T, disk volumes.Store, files map[string][]byte, want string, n int) error {
	t.Helper()
	landings := [][][]string{oneByOne, allFirst}[n%2]
	if err := pipelineRunOf(t.Context(), disk, files, landings); err != nil {
		return fmt.Errorf("the restart failed: %w", err)
	}
	got, err := tables(t.Context(), disk)
	if err != nil {
		return fmt.Errorf("after the restart: %w", err)
	}
	if got != want {
		return fmt.Errorf("after the restart:\n%s\nwant:\n%s", got, want)
	}
	return nil
}
