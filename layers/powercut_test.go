package layers

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// The process is killed at any system call, which loses nothing: what it wrote is there, synced or not. The next builds on
// what it finds, and then the power goes, in the middle of its run and after it. All that was built upon is there.
func TestPipelineSurvivesKillThenPowerCut(t *testing.T) {
	files := crashFiles(t)
	clean, steps := volumestest.NewMemory(), 0
	clean.EachStep(func(volumestest.Step) { steps++ })
	if err := pipelineRun(t.Context(), clean, files); err != nil {
		t.Fatal(err)
	}
	clean.EachStep(nil)
	want := result(t, clean)
	cuts := 0
	for n := 0; n < steps; n += every(151) {
		cuts += 2
		t.Run(fmt.Sprintf("%04d", n), func(t *testing.T) {
			t.Parallel()
			if err := killThenCut(t, files, want, n, steps); err != nil {
				t.Error(err)
			}
		})
	}
	t.Logf("%d power cuts after kills at %d system calls", cuts, steps)
}

// killThenCut kills the run at a step, and cuts the power in the next run and at its end.
func killThenCut(t *testing.T, files map[string][]byte, want string, n, steps int) error {
	t.Helper()
	memory := volumestest.NewMemory()
	memory.KillAfter(n)
	if err := pipelineRun(t.Context(), memory, files); err != nil && !errors.Is(err, volumestest.ErrStopped) {
		return fmt.Errorf("the kill came out as %w", err)
	}
	memory.Restart()
	random := rand.New(rand.NewPCG(uint64(n), 1))
	// Soon after the kill, or anywhere in what is left to do.
	left := []int{1 + random.IntN(30), 1 + random.IntN(max(steps-n, 1))}[n%2]
	var during, seen *volumestest.Memory
	memory.EachStep(func(volumestest.Step) {
		if left--; left == 0 {
			during, seen = memory.CrashClone(uint64(n), 0), memory.CrashClone(0, 100)
		}
	})
	if err := restart(t, memory, files, want, n); err != nil {
		return err
	}
	memory.EachStep(nil)
	if during != nil {
		uploadAgain(t, during, seen, files)
		if err := restart(t, during, files, want, n); err != nil {
			return fmt.Errorf("power cut in the second run: %w", err)
		}
	}
	if err := restart(t, memory.CrashClone(uint64(n), 0), files, want, n); err != nil {
		return fmt.Errorf("power cut after the second run: %w", err)
	}
	return nil
}

// uploadAgain is what a shop does whose upload was killed before it was safe, and whose file a power cut took after it had been
// seen.
func uploadAgain(t *testing.T, disk, seen *volumestest.Memory, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		key := strings.TrimPrefix(InvoicesBase, "/") + "/data/invoices/" + name
		if _, err := seen.Stat(t.Context(), key); err != nil {
			continue
		}
		if err := disk.PutIfAbsent(t.Context(), key, data); err != nil && !errors.Is(err, fs.ErrExist) {
			t.Fatal(err)
		}
	}
}

// A test of the tests above: a disk that only says that it synced one kind of file or folder is found out.
func TestForgottenSyncsAreFound(t *testing.T) {
	files := crashFiles(t)
	kinds := map[string]int{}
	memory := volumestest.NewMemory()
	memory.EachStep(func(step volumestest.Step) {
		if kind := syncKind(step); kind != "" {
			kinds[kind]++
		}
	})
	if err := pipelineRun(t.Context(), memory, files); err != nil {
		t.Fatal(err)
	}
	memory.EachStep(nil)
	want := result(t, memory)
	tried := 0
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if !*crashAll && kind != "file in offsets" && kind != "folder _delta_log" {
			continue
		}
		tried++
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			cuts, lost := cutsWithout(t, files, kind)
			found := "no restart"
			for i := 0; i < min(len(cuts), mostCuts); i++ {
				if err := restart(t, cuts[i], files, want, i); err != nil {
					text, _, _ := strings.Cut(err.Error(), "\n")
					found = fmt.Sprintf("the restart after power cut %d of %d: %.200s", i, len(cuts), text)
					break
				}
			}
			t.Logf("%s, %d times forgotten: found by %s; at the end, %d files were lost", kind, kinds[kind], found, lost)
			if found == "no restart" && lost == 0 {
				t.Errorf("%s, %d times forgotten: nothing found it", kind, kinds[kind])
			}
		})
	}
	t.Logf("%d of %d kinds of syncs forgotten", tried, len(kinds))
}

// mostCuts bounds the restarts for one kind. Those that find something do so early.
const mostCuts = 130

// cutsWithout runs the pipeline on a disk that forgets a kind of sync, and cuts the power after each of the others. It counts
// the files that the last cut took.
func cutsWithout(t *testing.T, files map[string][]byte, forgotten string) (left []*volumestest.Memory, lost int) {
	t.Helper()
	memory := volumestest.NewMemory()
	memory.ForgetSync(func(step volumestest.Step) bool { return syncKind(step) == forgotten })
	began := false
	memory.EachStep(func(step volumestest.Step) {
		kind := syncKind(step)
		began = began || kind == forgotten
		if began && kind != "" && kind != forgotten {
			left = append(left, memory.CrashClone(0, 0))
		}
	})
	if err := pipelineRun(t.Context(), memory, files); err != nil {
		t.Fatal(err)
	}
	memory.EachStep(nil)
	return left, len(lostFiles(t, memory, memory.CrashClone(0, 0)))
}

// lostFiles are the files of a disk that another has not, or not with the same bytes. Checksums of versions, which nobody waits for,
// may go.
func lostFiles(t *testing.T, disk, left *volumestest.Memory) (lost []string) {
	t.Helper()
	for info, err := range disk.List(t.Context(), ".", volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		if path.Ext(info.Name) == ".crc" {
			continue
		}
		want, err := volumes.ReadFile(t.Context(), disk, info.Name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := volumes.ReadFile(t.Context(), left, info.Name); err != nil || !bytes.Equal(got, want) {
			lost = append(lost, info.Name)
		}
	}
	return lost
}

// A run that has ended has nothing left to lose: a power cut takes no file, and brings none back to the landing folder.
func TestPipelineLeavesNothingUnsynced(t *testing.T) {
	memory := volumestest.NewMemory()
	if err := pipelineRun(t.Context(), memory, crashFiles(t)); err != nil {
		t.Fatal(err)
	}
	left := memory.CrashClone(0, 0)
	if lost := lostFiles(t, memory, left); len(lost) > 0 {
		t.Errorf("a power cut takes %v", lost)
	}
	if got, want := result(t, left), result(t, memory); got != want {
		t.Errorf("after a power cut:\n%s\nwant:\n%s", got, want)
	}
}

// syncKind says what a step syncs: a file by its folder and ending, or a folder; "" if it syncs nothing.
func syncKind(step volumestest.Step) string {
	name := step.Name
	switch step.Kind {
	case "sync":
		base := path.Base(name)
		switch {
		case strings.Contains(base, ".parquet"):
			return "file of data"
		case strings.Contains(base, ".crc"):
			return "file checksum"
		}
		return "file in " + folderKind(path.Dir(name))
	case "syncDir":
		return "folder " + folderKind(name)
	}
	return ""
}

func folderKind(name string) string {
	switch {
	case strings.Contains(name, "invoices_archive"):
		return "archive"
	case strings.Contains(name, "/state"):
		return "state"
	}
	return path.Base(name)
}
