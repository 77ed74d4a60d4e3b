package deltalog

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// races is how often the tests of this file run their rounds; make conflicts has it at 20.
var races = flag.Int("races", 1, "rounds of the tests of concurrent writers, as a multiple of the usual")

// A clientOp is what one client asked of a table: an append, or which version is the newest.
type clientOp struct{ append bool }

// denseLog is the log as its clients should see it: each append makes the next version, each look finds the newest.
var denseLog = porcupine.Model{
	Init: func() any { return int64(0) },
	Step: func(state, input, output any) (bool, any) {
		newest, version := state.(int64), output.(int64)
		if input.(clientOp).append {
			return version == newest+1, version
		}
		return version == newest, newest
	},
}

// What clients see of a table that they all append to is what one after the other would see.
func TestLogIsLinearizable(t *testing.T) {
	const clients, each = 5, 10
	for round := range 10 * *races {
		store := volumestest.NewMemory()
		newTable(t, store, map[string]string{"delta.checkpointInterval": "7"})
		var mu sync.Mutex
		var history []porcupine.Operation
		var wg sync.WaitGroup
		start := time.Now()
		for client := range clients {
			wg.Go(func() {
				table := Open(store, Options{Jitter: func(time.Duration) time.Duration { return 0 }})
				for i := range each {
					op := porcupine.Operation{ClientId: client, Input: clientOp{append: (i+client)%3 != 0}, Call: int64(time.Since(start))}
					version, err := op.Input.(clientOp).run(t.Context(), table, fmt.Sprint(client, "-", i))
					if err != nil {
						t.Errorf("client %d: %v", client, err)
						return
					}
					op.Output, op.Return = version, int64(time.Since(start))
					mu.Lock()
					history = append(history, op)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if !porcupine.CheckOperations(denseLog, history) {
			t.Fatalf("round %d: no order of the operations explains what the clients saw: %v", round, history)
		}
	}
}

func (o clientOp) run(ctx context.Context, table *Table, name string) (int64, error) {
	if o.append {
		return appendOne(ctx, table, name)
	}
	return table.LatestVersion(ctx)
}

// A history in which two clients were told the same version is one that the check above refuses.
func TestDoubleWinIsNotLinearizable(t *testing.T) {
	history := []porcupine.Operation{
		{ClientId: 0, Input: clientOp{append: true}, Call: 0, Output: int64(1), Return: 10},
		{ClientId: 1, Input: clientOp{append: true}, Call: 5, Output: int64(1), Return: 12},
	}
	if porcupine.CheckOperations(denseLog, history) {
		t.Error("two clients made version 1, and that is said to be in order")
	}
}

// writerFolder is where a process of the test below writes, and writerName, who it is.
const writerFolder, writerName = "DELTALOG_TEST_WRITER_FOLDER", "DELTALOG_TEST_WRITER_NAME"

// Processes append to one table on disk: every commit becomes a version, none is lost, none is given up.
func TestProcessesWriteDensely(t *testing.T) {
	processes, each := 3, 8**races
	if folder := os.Getenv(writerFolder); folder != "" {
		writeAs(t, folder, os.Getenv(writerName), each)
		return
	}
	folder := t.TempDir()
	store, err := volumes.OpenLocal(folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), store, CreateOptions{Schema: peopleSchema}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for p := range processes {
		wg.Go(func() {
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcessesWriteDensely$", fmt.Sprint("-races=", *races))
			command.Env = append(os.Environ(), writerFolder+"="+folder, fmt.Sprintf("%s=%d", writerName, p))
			if out, err := command.CombinedOutput(); err != nil {
				t.Errorf("process %d: %v\n%s", p, err, out)
			}
		})
	}
	wg.Wait()
	wantDense(t, store, processes*each)
}

func writeAs(t *testing.T, folder, name string, commits int) {
	store, err := volumes.OpenLocal(folder)
	if err != nil {
		t.Fatal(err)
	}
	table := Open(store, Options{})
	for i := range commits {
		if _, err := appendOne(t.Context(), table, fmt.Sprintf("%s-%d.parquet", name, i)); err != nil {
			t.Fatal(err)
		}
	}
}

// wantDense looks whether a table of appends has so many versions of one file each.
func wantDense(t *testing.T, store volumes.Store, commits int) {
	t.Helper()
	s, err := Open(store, Options{}).Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files := names(t, s)
	slices.Sort(files)
	if n := len(slices.Compact(files)); n != commits || s.Version() != int64(commits) {
		t.Errorf("%d files at version %d, want %d", n, s.Version(), commits)
	}
}

// Of many who create one table one does; the others find it, or are told that it exists.
func TestOneCreatorWins(t *testing.T) {
	const creators = 32
	for range 3 * *races {
		store := volumestest.NewMemory()
		outcomes := make([]error, creators)
		var wg sync.WaitGroup
		for i := range creators {
			wg.Go(func() {
				_, outcomes[i] = Create(t.Context(), store, CreateOptions{Schema: peopleSchema, IfNotExists: i%2 == 0})
			})
		}
		wg.Wait()
		made := 0
		for i, err := range outcomes {
			switch {
			case i%2 == 0 && err != nil:
				t.Errorf("a creator that takes what is there: %v", err)
			case i%2 == 1 && err == nil:
				made++
			case err != nil:
				wantClass(t, err, errclass.DeltaTableAlreadyExists)
			}
		}
		if s, err := Open(store, Options{}).Snapshot(t.Context()); err != nil || s.Version() != 0 || made > 1 {
			t.Errorf("%d creators made the table, at version %v, %v", made, s, err)
		}
	}
}

// Writers who are all to write a checkpoint, each after its version: the hint never names one that is not whole.
func TestCheckpointRace(t *testing.T) {
	const writers, each = 8, 3
	store := volumestest.NewMemory()
	newTable(t, store, map[string]string{"delta.checkpointInterval": "1"})
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			table := Open(store, Options{})
			for i := range each {
				s, err := table.Snapshot(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				txn := s.Begin(Operation{Name: "WRITE"})
				txn.Add(write(fmt.Sprintf("%d-%d.parquet", w, i)))
				made, err := txn.Commit(t.Context())
				if err = errors.Join(err, made.Maintenance); err != nil {
					t.Error(err)
					return
				}
				hint, ok := readLastCheckpoint(t.Context(), store)
				if !ok {
					t.Error("after a checkpoint there is no hint")
					return
				}
				if s, err := table.SnapshotAt(t.Context(), hint.Version); err != nil || s.seg.base() != hint.Version {
					t.Errorf("the hint names version %d, which is no checkpoint: %v", hint.Version, err)
				}
			}
		})
	}
	wg.Wait()
	wantDense(t, store, writers*each)
	// Without the commits the newest checkpoint tells the same.
	for v := range int64(writers*each + 1) {
		if err := store.Delete(t.Context(), commitName(v)); err != nil {
			t.Fatal(err)
		}
	}
	wantDense(t, store, writers*each)
}

// A first attempt at a batch that wakes up after the second one was published finds that out, and changes nothing.
func TestZombieWriteIsFenced(t *testing.T) {
	for range 20 * *races {
		store := volumestest.NewMemory()
		newTable(t, store, nil)
		attempt := command{"zombie", func(ctx context.Context, _ *lake, table *Table) (*Txn, error) {
			s, err := table.Snapshot(ctx)
			if err != nil {
				return nil, err
			}
			x := s.Begin(Operation{Name: "STREAMING UPDATE"})
			x.SetTransaction("query", 3)
			x.Add(write(table.opts.NewID()))
			return x, nil
		}}
		l := &lake{store: store}
		errs := l.interleave(t.Context(), attempt, attempt, "ABBBAA")
		wantClass(t, errs[0], errclass.DeltaConcurrentTransaction)
		if errs[1] != nil {
			t.Error(errs[1])
		}
		wantDense(t, store, 1)
	}
}

// A reply is what a store says of a put, whatever it did.
var replies = map[string]error{
	"ok":                      nil,
	"lost":                    errors.New("connection reset by peer"),
	"timeout":                 context.DeadlineExceeded,
	"412 precondition":        fs.ErrExist,
	"409 conflict":            errors.New("ConditionalRequestConflict: a conflicting operation is in progress"),
	"503 slow down":           errors.New("SlowDown: please reduce your request rate"),
	"500, and the put was it": errors.New("InternalError"),
}

// Whatever a store answers to the put of a version, done or not, alone or behind a rival: one commit makes one version.
func TestUnknownOutcomes(t *testing.T) {
	cells := 0
	for name, failure := range replies {
		for _, applied := range []bool{true, false} {
			if failure == nil && !applied {
				continue // a store that lies cannot be made up for
			}
			for _, rival := range []bool{false, true} {
				cells++
				for at := range int64(3 * *races) {
					store := volumestest.NewMemory()
					seed := newTable(t, store, map[string]string{"delta.checkpointInterval": "3"})
					for v := range at {
						seed.append(fmt.Sprint("before-", v))
					}
					faulty := &lostReply{Store: store, name: commitName(at + 1), applied: applied, failure: failure}
					want := int(at) + 1
					if rival {
						want++
						faulty.rival = func() {
							if _, err := appendOne(t.Context(), Open(store, Options{}), "rival"); err != nil {
								t.Error(err)
							}
						}
					}
					if _, err := appendOne(t.Context(), Open(faulty, Options{}), "mine"); err != nil {
						t.Errorf("%s, applied %v, rival %v: %v", name, applied, rival, err)
					}
					wantDense(t, store, want)
				}
			}
		}
	}
	t.Logf("%d cells, %d runs each", cells, 3**races)
}
