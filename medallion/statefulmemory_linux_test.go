package medallion

import (
	"context"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lakehouse/volumes"
)

var statefulRows = flag.Int64("stateful.rows", 200_000, "rows of a batch in BenchmarkStatefulMemory")

// BenchmarkStatefulMemory runs one large batch through each stateful operator into Delta, and tells the most memory that the process
// had resident meanwhile (peakMB), and how much of it no file holds, so that the kernel cannot take it back (ownMB). Run each by itself:
//
//	go test ./medallion -run '^$' -bench StatefulMemory/dedup -benchtime 1x -stateful.rows 20000000
func BenchmarkStatefulMemory(b *testing.B) {
	for name, query := range map[string]func(l, r *DataFrame) *DataFrame{
		"dedup": func(l, _ *DataFrame) *DataFrame { return l.DropDuplicates("value") },
		"repeats": func(l, _ *DataFrame) *DataFrame {
			return l.WithColumn("value", Expr("value % 1000")).DropDuplicates("value")
		},
		"join": func(l, r *DataFrame) *DataFrame {
			on := Expr("l.value = r.value AND r.timestamp BETWEEN l.timestamp - INTERVAL 5 SECONDS AND l.timestamp + INTERVAL 5 SECONDS")
			return l.Alias("l").Join(r.Alias("r"), on, "inner").SelectExpr("l.value AS a", "r.timestamp AS b")
		},
		"windows": func(l, _ *DataFrame) *DataFrame {
			return l.GroupBy(Expr("window(timestamp, '1 minute')"), Col("value")).Count().SelectExpr("value", "count")
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := memorySession(b)
				if name == "windows" { // what closes are those of the batch before
					runLarge(b, s, query)
				}
				resetPeak()
				before, own := processorTime(), watchOwn()
				b.StartTimer()
				runLarge(b, s, query)
				b.ReportMetric(float64(own())/(1<<20), "ownMB")
				b.ReportMetric((processorTime() - before).Seconds(), "cpu-s")
				s.Close()
			}
			b.ReportMetric(float64(*statefulRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(memoryStatus("VmHWM:"))/(1<<20), "peakMB")
		})
	}
}

func memorySession(b *testing.B) *Session {
	b.Helper()
	disk, err := volumes.OpenLocal(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(disk), Conf: map[string]string{
		confWorkers: "2", confPartitions: "2", confMemoryLimit: "1g", confStateMemory: "256m",
	}})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// runLarge runs the next batch of a query over streams of rows by the batch.
func runLarge(b *testing.B, s *Session, query func(l, r *DataFrame) *DataFrame) {
	b.Helper()
	side := func() *DataFrame {
		frame, err := s.ReadStream().Format("rate-micro-batch").Option("rowsPerBatch", strconv.FormatInt(*statefulRows, 10)).
			Option("startTimestamp", "1000").Option("advanceMillisPerBatch", "3600000").Option("numPartitions", "64").Load(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		return frame.WithWatermark("timestamp", "10 seconds")
	}
	q, err := query(side(), side()).WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp").Trigger(Once()).ToTable(b.Context(), "out")
	if err == nil {
		_, err = q.AwaitTermination(context.Background())
	}
	if err != nil {
		b.Fatal(err)
	}
}

// resetPeak begins anew to watch how much memory is resident.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

// watchOwn tells, when it is asked to end, the most memory that was resident and no file's: what the kernel cannot take back.
func watchOwn() (end func() int64) {
	stop, peak := make(chan struct{}), make(chan int64)
	go func() {
		most := int64(0)
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(10 * time.Millisecond):
				most = max(most, memoryStatus("RssAnon:"))
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-peak
	}
}

// processorTime is how long the process has computed.
func processorTime() time.Duration {
	var used unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// memoryStatus is a number of bytes in the kernel's words about the process.
func memoryStatus(name string) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if kb, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 10, 64)
			return n << 10
		}
	}
	return 0
}
