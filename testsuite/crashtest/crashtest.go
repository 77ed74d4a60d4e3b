// Package crashtest kills a pipeline at every durable step and looks whether it comes to the same end: exactly once, shown for a
// pipeline of one's own.
//
// A [Scenario] runs on a disk in memory, whose every operation is known. [Kill] runs it once undisturbed, and then once for each
// operation that changes something: the process dies there, is started again, and has to end with the same [Scenario.Result].
// [CutPower] takes away what was not synced as well. [Fail] lets each operation fail once instead, as a disk that is full or
// broken does.
package crashtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"syscall"
	"testing"

	"lakehouse/medallion"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A Scenario is a pipeline with what arrives while it runs.
type Scenario struct {
	// Run brings everything through: files are put, queries started, until nothing is left to do. It is called again after a crash,
	// in a session of its own, and finds done what was done: a file that is there need not be put again. Queries end by
	// themselves (AvailableNow), or Run settles them; the session's end stops them.
	Run func(ctx context.Context, s *medallion.Session) error
	// Result is what counts in the end, as a text: the rows of tables, the names in a folder.
	Result func(ctx context.Context, s *medallion.Session) (string, error)
	// Conf are settings of the sessions. They have one worker and one state partition where nothing is said, so that a run takes
	// the same steps each time.
	Conf map[string]string
	// Every visits every n-th step alone; 0: all of them.
	Every int
}

// Kill kills the process before and after every operation on the storage that changes something.
func Kill(t *testing.T, sc Scenario) {
	t.Helper()
	record := volumestest.Record(volumestest.NewMemory())
	want := sc.undisturbed(t, record)
	ops := record.Ops()
	points := 0
	for n := 0; n < len(ops); n += max(1, sc.Every) {
		for _, c := range []struct {
			when  string
			fault func(volumes.Store, int) *volumestest.Faulty
		}{{"before", volumestest.StopBefore}, {"after", volumestest.StopAfter}} {
			points++
			t.Run(fmt.Sprintf("%03d_%s_%s", n, c.when, ops[n].Kind), func(t *testing.T) {
				disk := volumestest.NewMemory()
				if err := sc.run(t.Context(), c.fault(disk, n)); err != nil && !errors.Is(err, volumestest.ErrStopped) {
					t.Fatalf("killed %s %q: the crash came out as %v", c.when, ops[n], err)
				}
				if err := sc.again(t.Context(), disk, want); err != nil {
					t.Fatalf("killed %s %q: %v", c.when, ops[n], err)
				}
			})
		}
	}
	t.Logf("killed at %d points of %d operations", points, len(ops))
}

// CutPower cuts the power after every system call: what was not synced is gone, or there in part.
func CutPower(t *testing.T, sc Scenario) {
	t.Helper()
	type left struct {
		after volumestest.Step
		disk  *volumestest.Memory
	}
	var all []left
	steps := 0
	disk := volumestest.NewMemory()
	disk.EachStep(func(step volumestest.Step) {
		if steps++; steps%max(1, sc.Every) == 0 {
			all = append(all, left{step, disk.CrashClone(0, 0)}, left{step, disk.CrashClone(uint64(steps), 50)})
		}
	})
	err := sc.run(t.Context(), disk)
	disk.EachStep(nil)
	if err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	want := sc.result(t, disk)
	for i, l := range all {
		t.Run(fmt.Sprintf("%04d_%s", i, l.after.Kind), func(t *testing.T) {
			if err := sc.again(t.Context(), l.disk, want); err != nil {
				t.Fatalf("power cut after %q: %v", l.after, err)
			}
		})
	}
	t.Logf("the power was cut %d times at %d system calls", len(all), steps)
}

// Fail has every operation fail once, each in a run of its own, with EIO. The run may fail of it or not; the next must end well.
func Fail(t *testing.T, sc Scenario) {
	t.Helper()
	record := volumestest.Record(volumestest.NewMemory())
	want := sc.undisturbed(t, record)
	ops := record.Ops()
	for n := 0; n < len(ops); n += max(1, sc.Every) {
		t.Run(fmt.Sprintf("%03d_%s", n, ops[n].Kind), func(t *testing.T) {
			disk := volumestest.NewMemory()
			_ = sc.run(t.Context(), volumestest.FailAt(disk, n, syscall.EIO)) // whether it fails is not the question
			if err := sc.again(t.Context(), disk, want); err != nil {
				t.Fatalf("%q failed: %v", ops[n], err)
			}
		})
	}
}

// undisturbed runs the scenario on a store and gives its result.
func (sc Scenario) undisturbed(t *testing.T, store volumes.Store) string {
	t.Helper()
	if err := sc.run(t.Context(), store); err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	return sc.result(t, store)
}

func (sc Scenario) session(store volumes.Store) (*medallion.Session, error) {
	conf := map[string]string{"lakehouse.workers": "1", "spark.sql.shuffle.partitions": "1"}
	maps.Copy(conf, sc.Conf)
	return medallion.NewSession(medallion.Options{Space: volumes.NewSpaceOn(store), Conf: conf})
}

// run is one life of the process.
func (sc Scenario) run(ctx context.Context, store volumes.Store) error {
	s, err := sc.session(store)
	if err != nil {
		return err
	}
	defer s.Close()
	return sc.Run(ctx, s)
}

// again is the life after a crash.
func (sc Scenario) again(ctx context.Context, disk *volumestest.Memory, want string) error {
	disk.Restart()
	if err := sc.run(ctx, disk); err != nil {
		return fmt.Errorf("the next start failed: %w", err)
	}
	got, err := sc.read(ctx, disk)
	if err == nil && got != want {
		err = fmt.Errorf("after the next start:\n%s\nwant:\n%s", got, want)
	}
	return err
}

func (sc Scenario) read(ctx context.Context, store volumes.Store) (string, error) {
	s, err := sc.session(store)
	if err != nil {
		return "", err
	}
	defer s.Close()
	return sc.Result(ctx, s)
}

func (sc Scenario) result(t *testing.T, store volumes.Store) string {
	t.Helper()
	text, err := sc.read(t.Context(), store)
	if err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	return text
}

// Rows is a [Scenario.Result]: the rows of queries, those of each in the order of their texts.
func Rows(queries ...string) func(ctx context.Context, s *medallion.Session) (string, error) {
	return func(ctx context.Context, s *medallion.Session) (string, error) {
		var out strings.Builder
		for _, query := range queries {
			frame, err := s.SQL(ctx, query)
			if err != nil {
				return "", err
			}
			rows, err := frame.Collect(ctx)
			if err != nil {
				return "", err
			}
			out.WriteString(query + "\n" + lines(rows))
		}
		return out.String(), nil
	}
}
