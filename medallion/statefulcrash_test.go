package medallion

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"syscall"
	"testing"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// CrashAll is of the crash tests in package medallion_test, too.
var CrashAll = flag.Bool("crash.all", false, "visit every crash point")

// statefulEvents are files of two streams, each taken by a batch of its own.
var statefulEvents = map[string][]string{
	"left": {
		`{"id":1,"at":"2024-01-01T00:00:10Z"}` + "\n" + `{"id":2,"at":"2024-01-01T00:00:11Z"}`,
		`{"id":1,"at":"2024-01-01T00:00:10Z"}` + "\n" + `{"id":3,"at":"2024-01-01T00:00:40Z"}`,
		`{"id":2,"at":"2024-01-01T00:00:39Z"}` + "\n" + `{"id":4,"at":"2024-01-01T00:01:30Z"}`,
	},
	"right": {
		`{"id":1,"at":"2024-01-01T00:00:12Z"}`,
		`{"id":3,"at":"2024-01-01T00:00:41Z"}` + "\n" + `{"id":9,"at":"2024-01-01T00:00:41Z"}`,
		`{"id":4,"at":"2024-01-01T00:01:31Z"}`,
	},
}

// statefulQueries are the queries that are killed, over the streams l and r, into Delta.
var statefulQueries = map[string]func(l, r *DataFrame) *DataFrame{
	"dedup": func(l, _ *DataFrame) *DataFrame { return l.DropDuplicates("id", "at") },
	"windows": func(l, _ *DataFrame) *DataFrame {
		return l.GroupBy(Expr("window(at, '30 seconds')")).Agg(Expr("count(*) AS n")).SelectExpr("window.start AS a", "n")
	},
	"dedup within the watermark": func(l, _ *DataFrame) *DataFrame { return l.DropDuplicatesWithinWatermark("id") },
	"outer join": func(l, r *DataFrame) *DataFrame {
		on := Expr("l.id = r.id AND r.at BETWEEN l.at - INTERVAL 5 SECONDS AND l.at + INTERVAL 5 SECONDS")
		return l.Alias("l").Join(r.Alias("r"), on, "full").SelectExpr("l.id AS a", "r.id AS b")
	},
	"semi join": func(l, r *DataFrame) *DataFrame {
		on := Expr("l.id = r.id AND r.at BETWEEN l.at - INTERVAL 5 SECONDS AND l.at + INTERVAL 5 SECONDS")
		return l.Alias("l").Join(r.Alias("r"), on, "left_semi").SelectExpr("l.id AS a")
	},
}

func statefulDisk(t *testing.T) *volumestest.Memory {
	t.Helper()
	disk := volumestest.NewMemory()
	for stream, files := range statefulEvents {
		for i, text := range files {
			if err := disk.Put(t.Context(), fmt.Sprintf("Volumes/a/b/c/%s/%d.json", stream, i), []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return disk
}

// statefulEnd lands the last files and runs the query once more. Only new data has a restarted query look at what the watermark has
// closed, as with Spark: a kill before the batch without data does not lose its rows, but they come later.
func statefulEnd(t *testing.T, disk *volumestest.Memory, query func(l, r *DataFrame) *DataFrame) string {
	t.Helper()
	for _, stream := range []string{"left", "right"} {
		if err := disk.Put(t.Context(), "Volumes/a/b/c/"+stream+"/9.json", []byte(`{"id":7,"at":"2024-01-01T00:09:00Z"}`)); err != nil {
			t.Fatal(err)
		}
	}
	if err := statefulRun(t.Context(), disk, query); err != nil {
		t.Fatal(err)
	}
	return statefulResult(t, disk)
}

// statefulRun runs a query over all that is there, in a process of its own. One worker takes the same steps each time.
func statefulRun(ctx context.Context, disk volumes.Store, query func(l, r *DataFrame) *DataFrame) error {
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(disk), Conf: map[string]string{
		confWorkers: "1", confPartitions: "2", confMinDeltas: "2",
	}})
	if err != nil {
		return err
	}
	defer s.Close()
	frames := map[string]*DataFrame{}
	for stream := range statefulEvents {
		frame, err := s.ReadStream().Format("json").Schema("id int, at timestamp").Option("maxFilesPerTrigger", "1").Load(ctx, "/Volumes/a/b/c/"+stream)
		if err != nil {
			return err
		}
		frames[stream] = frame.WithWatermark("at", "10 seconds")
	}
	q, err := query(frames["left"], frames["right"]).WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp").Trigger(AvailableNow()).ToTable(ctx, "out")
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}

func statefulResult(t *testing.T, disk *volumestest.Memory) string {
	t.Helper()
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(disk)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return desk{t, s}.rows("SELECT * FROM out")
}

// A query with state that is killed at any step, and started again, writes what one that was never killed does: no row is lost, none
// comes twice, and the state is right, or the rows of the batches behind would not be.
func TestStatefulStreamsSurviveAKillAtEveryStep(t *testing.T) {
	for name, query := range statefulQueries {
		t.Run(name, func(t *testing.T) {
			clean, steps := statefulDisk(t), 0
			clean.EachStep(func(volumestest.Step) { steps++ })
			if err := statefulRun(t.Context(), clean, query); err != nil {
				t.Fatal(err)
			}
			clean.EachStep(nil)
			want, tried := statefulEnd(t, clean, query), 0
			stride := 17
			if *CrashAll {
				stride = 1
			}
			for n := 0; n < steps; n += stride {
				disk := statefulDisk(t)
				disk.KillAfter(n)
				if err := statefulRun(t.Context(), disk, query); !errors.Is(err, volumestest.ErrStopped) {
					t.Fatalf("killed at step %d of %d: %v", n, steps, err)
				}
				disk.Restart()
				if err := statefulRun(t.Context(), disk, query); err != nil {
					t.Fatalf("restarted after a kill at step %d: %v", n, err)
				}
				if got := statefulEnd(t, disk, query); got != want {
					t.Fatalf("killed at step %d: %s, want %s", n, got, want)
				}
				tried++
			}
			t.Logf("%d kills among %d steps: %s", tried, steps, want)
		})
	}
}

// A disk that fails at any step, or does what it says that it could not do, fails the query; started again, it writes what it would have.
func TestStatefulStreamsSurviveADiskThatFails(t *testing.T) {
	faults := map[string]volumestest.Fault{
		"full":            {Err: syscall.ENOSPC},
		"full from then":  {Err: syscall.ENOSPC, Then: volumestest.FailOn},
		"a lost reply":    {Err: syscall.EIO, Effect: volumestest.Applied, CountReads: true},
		"too many opened": {Err: syscall.EMFILE, CountReads: true},
	}
	for name, query := range statefulQueries {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // what fails is tried again after a while
			clean := statefulDisk(t)
			recorded := volumestest.RecordAll(clean)
			if err := statefulRun(t.Context(), recorded, query); err != nil {
				t.Fatal(err)
			}
			want, stride := statefulEnd(t, clean, query), 53
			if *CrashAll {
				stride = 1
			}
			for what, fault := range faults {
				for fault.At = 0; fault.At < len(recorded.Ops()); fault.At += stride {
					n, disk := fault.At, statefulDisk(t)
					faulty := volumestest.Inject(disk, fault)
					err := statefulRun(t.Context(), faulty, query)
					if !faulty.Fired() {
						break // there are no more steps that count
					}
					if fault.Then == volumestest.FailOn && !errors.Is(err, fault.Err) {
						t.Fatalf("%s at step %d: %v", what, n, err)
					}
					if got := statefulEnd(t, disk, query); got != want {
						t.Fatalf("%s at step %d: %s, want %s", what, n, got, want)
					}
				}
			}
		})
	}
}
