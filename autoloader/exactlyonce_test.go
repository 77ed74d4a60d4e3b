package autoloader

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A run that dies before or after any storage operation, and is started again, reads each file exactly
// once and archives each that it may.
func TestEveryFileExactlyOnceWhereverARunDies(t *testing.T) {
	prepare := func(t *testing.T) *volumestest.Memory {
		store := newLanding(t)
		for i := range 4 {
			put(t, store, fmt.Sprintf("%s/%d", landing, i), fmt.Sprint(i), i)
		}
		return store
	}
	opts := Options{MaxFilesPerTrigger: 1, CleanSource: CleanArchive}
	clean := volumestest.Record(prepare(t))
	mustRun(t, testStream(t, clean, landing, opts))
	for n, op := range clean.Ops() {
		for name, stop := range map[string]func(volumes.Store, int) *volumestest.Faulty{
			"after": volumestest.StopAfter, "before": volumestest.StopBefore,
		} {
			t.Run(fmt.Sprintf("%03d_%s_%s", n, name, op.Kind), func(t *testing.T) {
				store := prepare(t)
				if _, err := run(t.Context(), testStream(t, stop(store, n), landing, opts)); !errors.Is(err, volumestest.ErrStopped) {
					// A failed clean-up does not fail its run.
					if err != nil && op.Kind != volumestest.KindMove && op.Kind != volumestest.KindDelete {
						t.Fatal(err)
					}
				}
				survivor := store.CrashClone(uint64(n), 50)
				mustRun(t, testStream(t, survivor, landing, opts))
				put(t, survivor, landing+"/last", "last", 10)
				mustRun(t, testStream(t, survivor, landing, opts))
				assertExactlyOnce(t, survivor, []string{"0", "1", "2", "3", "last"})
				equal(t, "folder", namesIn(t, survivor, landing), []string{"last"})
				equal(t, "archive", namesIn(t, survivor, inArchive), []string{"0", "1", "2", "3"})
			})
		}
	}
}

// An offset that the source gives stands on a source log that a power cut does not take: also where a run that was killed, or
// a sync that failed, had left it visible and not safe.
func TestAPlannedBatchIsSafe(t *testing.T) {
	plan := func(t *testing.T, store *volumestest.Memory) error {
		t.Helper()
		e, err := start(t.Context(), testStream(t, store, landing, Options{}))
		if err != nil {
			return err
		}
		defer func() { _ = e.source.Stop() }() // nothing is cleaned here
		_, err = e.source.Latest(t.Context(), 0, nil, e.limit)
		return err
	}
	prepare := func(t *testing.T) *volumestest.Memory {
		t.Helper()
		store := newLanding(t)
		put(t, store, landing+"/a", "a", 0)
		return store
	}
	clean, steps := prepare(t), 0
	clean.EachStep(func(volumestest.Step) { steps++ })
	if err := plan(t, clean); err != nil || steps == 0 {
		t.Fatal(steps, err)
	}
	for n := range steps {
		killed, failing, at := prepare(t), prepare(t), 0
		killed.KillAfter(n)
		if err := plan(t, killed); !errors.Is(err, volumestest.ErrStopped) {
			t.Fatalf("killed at step %d: %v", n, err)
		}
		killed.Restart()
		failing.Fail(func(step volumestest.Step) error {
			if step.Kind != "sync" && step.Kind != "syncDir" {
				return nil
			}
			if at++; at == n+1 {
				return syscall.EIO
			}
			return nil
		})
		for name, store := range map[string]*volumestest.Memory{"killed": killed, "failed to sync": failing} {
			if err := plan(t, store); err != nil {
				continue
			}
			if got := namesIn(t, store.CrashClone(0, 0), checkpoints+"/sources/0"); len(got) == 0 {
				t.Errorf("%s at step %d: the source log is gone after the power cut", name, n)
			}
		}
	}
}

func assertExactlyOnce(t *testing.T, store volumes.Store, want []string) {
	t.Helper()
	var got [][]string
	for _, name := range namesIn(t, store, checkpoints+"/sink") {
		data, err := volumes.ReadFile(t.Context(), store, checkpoints+"/sink/"+name)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Split(string(data), "\n"))
	}
	equal(t, "rows in the sink", sorted(got), want)
}
