package volumestest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// operations are what must survive a power cut. Before an operation the store holds what prepare put there.
var operations = []struct {
	name string
	run  func(ctx context.Context, store volumes.Store) error
	file string // the file that the operation makes
	was  string // what the file held before; "": it was not there
}{
	{"Put", func(ctx context.Context, s volumes.Store) error { return s.Put(ctx, "t/log/0.json", []byte("new")) }, "t/log/0.json", ""},
	{"PutOver", func(ctx context.Context, s volumes.Store) error { return s.Put(ctx, "old", []byte("new")) }, "old", "old text"},
	{"PutIfAbsent", func(ctx context.Context, s volumes.Store) error {
		return s.PutIfAbsent(ctx, "t/log/0.json", []byte("new"))
	}, "t/log/0.json", ""},
	{"Create", func(ctx context.Context, s volumes.Store) error {
		w, err := s.Create(ctx, "data/part")
		if err != nil {
			return err
		}
		defer w.Abort()
		for _, part := range []string{"n", "e", "w"} {
			if _, err := io.WriteString(w, part); err != nil {
				return err
			}
		}
		return w.Commit()
	}, "data/part", ""},
	{"Move", func(ctx context.Context, s volumes.Store) error { return s.Move(ctx, "in/a", "archive/in/a") }, "archive/in/a", ""},
	{"SubPut", func(ctx context.Context, s volumes.Store) error {
		sub, err := volumes.Sub(s, "x/y")
		if err != nil {
			return err
		}
		return sub.Put(ctx, "z", []byte("new"))
	}, "x/y/z", ""},
}

func prepare(t *testing.T) *volumestest.Memory {
	t.Helper()
	store := volumestest.NewMemory()
	for name, text := range map[string]string{"old": "old text", "in/a": "new", "in/b": "other"} {
		if err := store.Put(t.Context(), name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// Whenever the power goes, a file holds what it held or all that it was to hold; once the operation has
// returned, the latter. A file that is moved is in one of its places.
func TestPowerCutLeavesOldOrNew(t *testing.T) {
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			store := prepare(t)
			steps := 0
			store.EachStep(func(step volumestest.Step) {
				steps++
				for _, left := range afterPowerCut(store) {
					got := content(t, left.store, op.file)
					if got != op.was && got != "new" {
						t.Errorf("%s after step %d (%v): %s holds %q", left.name, steps, step, op.file, got)
					}
					if op.name == "Move" && got == "" && content(t, left.store, "in/a") != "new" {
						t.Errorf("%s after step %d (%v): the file is lost", left.name, steps, step)
					}
				}
			})
			if err := op.run(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			if steps < 4 {
				t.Errorf("only %d steps were seen", steps)
			}
			for _, left := range afterPowerCut(store) {
				if got := content(t, left.store, op.file); got != "new" {
					t.Errorf("%s after return: %s holds %q", left.name, op.file, got)
				}
				if got := content(t, left.store, "in/a"); op.name == "Move" && got != "" {
					t.Errorf("%s after return: the file is back in its old place", left.name)
				}
				if got := content(t, left.store, "in/b"); got != "other" {
					t.Errorf("%s: in/b holds %q", left.name, got)
				}
			}
		})
	}
}

type cut struct {
	name  string
	store *volumestest.Memory
}

func afterPowerCut(store *volumestest.Memory) []cut {
	var cuts []cut
	for _, percent := range []int{0, 50, 100} {
		for seed := range uint64(8) {
			cuts = append(cuts, cut{fmt.Sprintf("%d%% unsynced, seed %d,", percent, seed), store.CrashClone(seed, percent)})
		}
	}
	return cuts
}

// content is "" for a file that is not there; an empty file is something else.
func content(t *testing.T, store volumes.Store, name string) string {
	t.Helper()
	data, err := volumes.ReadFile(t.Context(), store, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ""
	case err != nil:
		t.Fatal(err)
	case len(data) == 0:
		return "(empty)"
	}
	return string(data)
}

// The steps of each operation, in their order: bytes safe, then the name, then the folder.
func TestStepsOfOperations(t *testing.T) {
	var trace strings.Builder
	for _, op := range operations {
		store := prepare(t)
		fmt.Fprintln(&trace, "#", op.name)
		store.EachStep(func(step volumestest.Step) { fmt.Fprintln(&trace, step) })
		if err := op.run(t.Context(), store); err != nil {
			t.Fatal(err)
		}
	}
	const golden = "testdata/steps.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(trace.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if trace.String() != string(want) {
		t.Errorf("the steps are not those of %s; with -update it is rewritten. Got:\n%s", golden, trace.String())
	}
}

// A power cut can take everything that was not synced, or nothing; else the tests above would prove
// nothing.
func TestCrashCloneLosesWhatWasNotSynced(t *testing.T) {
	store := prepare(t)
	if err := store.Delete(t.Context(), "in/b"); err != nil {
		t.Fatal(err)
	}
	if got := content(t, store.CrashClone(1, 0), "in/b"); got != "other" {
		t.Errorf("0%%: an unsynced deletion stayed, in/b holds %q", got)
	}
	if got := content(t, store.CrashClone(1, 100), "in/b"); got != "" {
		t.Errorf("100%%: an unsynced deletion was undone, in/b holds %q", got)
	}
	seen := map[string]bool{}
	for seed := range uint64(32) {
		first, second := store.CrashClone(seed, 50), store.CrashClone(seed, 50)
		a, b := content(t, first, "in/b"), content(t, second, "in/b")
		if a != b {
			t.Errorf("seed %d: %q, then %q", seed, a, b)
		}
		seen[a] = true
	}
	if len(seen) != 2 {
		t.Errorf("50%%: only %v in 32 seeds", seen)
	}
	lengths := map[int64]bool{}
	store.EachStep(func(step volumestest.Step) {
		for seed := range uint64(256) {
			left, err := store.CrashClone(seed, 50).Stat(t.Context(), step.Name)
			if err == nil && step.Kind == "write" {
				lengths[left.Size] = true
			}
		}
	})
	if err := store.Put(t.Context(), "new", []byte("text")); err != nil {
		t.Fatal(err)
	}
	if len(lengths) != len("text")+1 {
		t.Errorf("of 4 unsynced bytes there are %v left; want every number", lengths)
	}
}

// A torn file has its whole length and sectors of zeros; what was synced is never among them.
func TestCrashCloneTearsSectors(t *testing.T) {
	store := volumestest.NewMemory()
	text := strings.Repeat("x", 2000)
	torn := 0
	store.EachStep(func(step volumestest.Step) {
		if step.Kind != "write" {
			return
		}
		for seed := range uint64(64) {
			left := content(t, store.CrashClone(seed, 50), step.Name)
			if len(left) == len(text) && strings.Contains(left, "\x00") {
				torn++
				if zeros := strings.Count(left, "\x00"); zeros%512 != 0 && zeros%512 != 2000%512 {
					t.Errorf("seed %d: %d zeros are no whole sectors", seed, zeros)
				}
			}
		}
	})
	if err := store.Put(t.Context(), "new", []byte(text)); err != nil {
		t.Fatal(err)
	}
	if torn == 0 {
		t.Error("no file was torn in 64 seeds")
	}
}

// A sync that failed has lost what it should have saved, whatever a later one says.
func TestFailedSyncIsNotMadeGoodByAnother(t *testing.T) {
	store := volumestest.NewMemory()
	syncs := 0
	store.Fail(func(step volumestest.Step) error {
		if step.Kind != "sync" {
			return nil
		}
		if syncs++; syncs == 1 {
			return syscall.EIO
		}
		return nil
	})
	if err := store.Put(t.Context(), "f", []byte("text")); !errors.Is(err, syscall.EIO) {
		t.Fatalf("the put says %v", err)
	}
	if got := content(t, store, "f"); got != "" {
		t.Fatalf("the file came into being with %q", got)
	}
	if err := store.Put(t.Context(), "f", []byte("text")); err != nil {
		t.Fatal(err)
	}
	if got := content(t, store.CrashClone(0, 0), "f"); got != "text" {
		t.Errorf("a second put, of a file of its own, left %q", got)
	}
}
