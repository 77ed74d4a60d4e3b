package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// run is a query of three batches without a sink. It goes on where the checkpoint was left, and gives what each
// batch was told to read.
func run(ctx context.Context, store volumes.Store, id string) (ids string, batches []string, err error) {
	begin := start()
	begin.NewID = id
	c, err := Open(ctx, store, begin)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = c.Close() }()
	next := int64(0)
	if done, _, found, err := c.Commits.Latest(ctx); err != nil {
		return "", nil, err
	} else if found {
		next = done + 1
	}
	for ; next < 3; next++ {
		planned, _, found, err := c.Offsets.Latest(ctx)
		if err != nil {
			return "", nil, err
		}
		if !found || planned < next {
			if err := c.Offsets.Put(ctx, next, offsets(fmt.Sprintf(`{"logOffset":%d}`, next))); err != nil {
				return "", nil, err
			}
		}
		if err := c.Commits.Put(ctx, next, Commit{}); err != nil {
			return "", nil, err
		}
	}
	for batch := range int64(3) {
		entry, err := c.Offsets.Get(ctx, batch)
		if err != nil {
			return "", nil, err
		}
		batches = append(batches, string(entry.Sources[0]))
	}
	return c.ID(), batches, nil
}

// A run that dies before or after any operation, and loses power or not, is started again and ends as one that
// did not; the id, once used, stays.
func TestLogsSurviveEveryCrashPoint(t *testing.T) {
	clean := volumestest.Record(volumestest.NewMemory())
	_, want, err := run(t.Context(), clean, "first")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(clean.Ops()); got != 7 {
		t.Fatalf("a clean run takes %d operations, want 7:\n%s", got, clean.Trace())
	}
	for n, op := range clean.Ops() {
		for name, stop := range map[string]func(volumes.Store, int) *volumestest.Faulty{
			"before": volumestest.StopBefore, "after": volumestest.StopAfter,
		} {
			t.Run(fmt.Sprintf("%02d_%s_%s", n, name, op.Kind), func(t *testing.T) {
				memory := volumestest.NewMemory()
				if _, _, err := run(t.Context(), stop(memory, n), "first"); err == nil {
					t.Fatal("the run did not stop")
				}
				for seed := range uint64(3) {
					id, got, err := run(t.Context(), memory.CrashClone(seed, 50), "second")
					if err != nil || !reflect.DeepEqual(got, want) {
						t.Errorf("got %v, %v; want %v", got, err, want)
					}
					if (id == "first") != (n > 0 || name == "after") {
						t.Errorf("the id is of the %s run", id)
					}
				}
			})
		}
	}
}

// A process is killed between two steps of a put; the next builds on what it finds, and then the power goes:
// all that was built upon is there.
func TestRestartSecuresWhatItBuildsOn(t *testing.T) {
	steps := 0
	clean := volumestest.NewMemory()
	clean.EachStep(func(volumestest.Step) { steps++ })
	if _, _, err := run(t.Context(), clean, "first"); err != nil {
		t.Fatal(err)
	}
	for step := range steps {
		memory := volumestest.NewMemory()
		memory.KillAfter(step)
		if _, _, err := run(t.Context(), memory, "first"); !errors.Is(err, volumestest.ErrStopped) {
			t.Fatalf("step %d of %d: the run did not stop: %v", step, steps, err)
		}
		memory.Restart()
		id, _, err := run(t.Context(), memory, "second")
		if err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		left := memory.CrashClone(0, 0)
		if again, got, err := run(t.Context(), left, "third"); err != nil || len(got) != 3 || again != id {
			t.Errorf("step %d: after the power cut: %v, %v, id of the %s run", step, got, err, again)
		}
	}
}
