package volumestest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// pipeline is a small program of five operations that change something.
func pipeline(ctx context.Context, store volumes.Store) error {
	if err := store.MakeDir(ctx, "in"); err != nil {
		return err
	}
	w, err := store.Create(ctx, "data/part")
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := io.WriteString(w, "12345678"); err != nil {
		return err
	}
	if err := w.Commit(); err != nil {
		return err
	}
	if err := store.PutIfAbsent(ctx, "log/0", []byte("add part")); err != nil {
		return err
	}
	if _, err := volumes.ReadFile(ctx, store, "log/0"); err != nil {
		return err
	}
	if err := store.Move(ctx, "data/part", "data/moved"); err != nil {
		return err
	}
	return store.Delete(ctx, "log/0")
}

func TestRecordWritesDownWhatChanges(t *testing.T) {
	store := volumestest.Record(volumestest.NewMemory())
	if err := pipeline(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	const want = "makeDir in\ncommit data/part\nputIfAbsent log/0\nmove data/part data/moved\ndelete log/0\n"
	if got := store.Trace(); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	all := volumestest.Inject(volumestest.NewMemory(), volumestest.Fault{At: -1, CountReads: true})
	if err := pipeline(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if got := len(all.Ops()); got != 5+3 { // create, open, read
		t.Errorf("with reads: %d operations\n%s", got, all.Trace())
	}
}

// names lists everything that a store holds, folders and all.
func names(t *testing.T, store volumes.Store) []string {
	t.Helper()
	var all []string
	for info, err := range store.List(t.Context(), ".", volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(info.Name, " ", info.Size))
	}
	return all
}

func TestFaultsComeWhenTheyAreDue(t *testing.T) {
	noSpace := syscall.ENOSPC
	for _, c := range []struct {
		name   string
		inject func(volumes.Store) *volumestest.Faulty
		want   error
		left   []string
		dead   bool
	}{
		{"StopAfter", func(s volumes.Store) *volumestest.Faulty { return volumestest.StopAfter(s, 2) }, volumestest.ErrStopped, []string{"data/part 8", "log/0 8"}, true},
		{"StopBefore", func(s volumes.Store) *volumestest.Faulty { return volumestest.StopBefore(s, 2) }, volumestest.ErrStopped, []string{"data/part 8"}, true},
		{"TearPut", func(s volumes.Store) *volumestest.Faulty { return volumestest.TearAt(s, 2) }, volumestest.ErrStopped, []string{"data/part 8", "log/0 4"}, true},
		{"TearCommit", func(s volumes.Store) *volumestest.Faulty { return volumestest.TearAt(s, 1) }, volumestest.ErrStopped, []string{"data/part 4"}, true},
		{"FailAt", func(s volumes.Store) *volumestest.Faulty { return volumestest.FailAt(s, 3, noSpace) }, noSpace, []string{"data/part 8", "log/0 8"}, false},
		{"FailFrom", func(s volumes.Store) *volumestest.Faulty { return volumestest.FailFrom(s, 2, noSpace) }, noSpace, []string{"data/part 8"}, false},
		{"LoseReply", func(s volumes.Store) *volumestest.Faulty { return volumestest.LoseReply(s, 3, noSpace) }, noSpace, []string{"data/moved 8", "log/0 8"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			memory := volumestest.NewMemory()
			store := c.inject(memory)
			if err := pipeline(t.Context(), store); !errors.Is(err, c.want) {
				t.Errorf("got error %v, want %v", err, c.want)
			}
			if got := names(t, memory); !slices.Equal(got, c.left) {
				t.Errorf("left %q, want %q", got, c.left)
			}
			if !store.Fired() {
				t.Error("the fault is not said to have come")
			}
			_, readErr := store.Stat(t.Context(), "data")
			if dead := errors.Is(readErr, volumestest.ErrStopped); dead != c.dead {
				t.Errorf("a read afterwards: %v", readErr)
			}
			again := store.Put(t.Context(), "again", nil)
			if wantErr := c.dead || c.name == "FailFrom"; (again != nil) != wantErr {
				t.Errorf("a put afterwards: %v", again)
			}
		})
	}
}
