package delta

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
)

// ordered opens a stream whose query has a watermark on the column at.
func (l *lake) ordered(options map[string]string, first bool) (stream.Source, error) {
	p, err := l.provider(options)
	if err != nil {
		return nil, err
	}
	return p.Open(l.Context(), stream.SourceStart{First: first, EventTime: func() (string, error) { return "at", nil }})
}

// numbersIn are the numbers of the rows between two offsets, read without their times.
func (l *lake) numbersIn(source stream.Source, start, end stream.Offset) ([]int, error) {
	rows, err := source.Rows(l.Context(), start, end)
	if err != nil {
		return nil, err
	}
	text, err := scanned(l.Context(), rows, logical.ScanOptions{Columns: []string{"n"}})
	if err != nil {
		return nil, err
	}
	var numbers []int
	for f := range strings.FieldsSeq(plain(text)) {
		n, err := strconv.Atoi(f)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return numbers, nil
}

// timedRow is the n-th row: at so many milliseconds, or at no time.
func timedRow(n, millis int) string {
	if millis < 0 {
		return fmt.Sprintf(`{"n":%d}`, n)
	}
	at := time.UnixMilli(1_700_000_000_000 + int64(millis)).UTC().Format("2006-01-02T15:04:05.000Z")
	return fmt.Sprintf(`{"n":%d,"at":"%s"}`, n, at)
}

// Whatever lies in the files: each row of the snapshot comes once, no row comes before one of an earlier bucket, a batch that is planned
// gives the same rows again, also in another process, and the versions behind the snapshot follow.
func TestSnapshotInEventTimeOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := newLake(t)
		var times []int
		for i := range rapid.IntRange(1, 6).Draw(r, "files") {
			rows := rapid.SliceOfN(rapid.IntRange(-1, 12), 1, 5).Draw(r, fmt.Sprint("milliseconds of file ", i))
			lines := make([]string, len(rows))
			for j, millis := range rows {
				lines[j] = timedRow(len(times)+j, millis)
			}
			times = append(times, rows...)
			l.write("n long, at timestamp", lines...)
		}
		if rapid.Bool().Draw(r, "a file without statistics") {
			l.commit(func(_ *deltalog.Snapshot, txn *deltalog.Txn) {
				f := l.files()[0]
				txn.Remove(f)
				f = l.copyFile(f)
				f.Stats = ""
				txn.Add(f)
			})
		}
		options := map[string]string{"withEventTimeOrder": "true", "maxFilesPerTrigger": strconv.Itoa(rapid.IntRange(1, 3).Draw(r, "files of a batch"))}
		var at stream.Offset
		var all, snapshot []int
		latest := -1
		for batch := 0; ; batch++ {
			source, err := l.ordered(options, at == nil)
			if err != nil {
				r.Fatal(err)
			}
			end, err := source.Latest(t.Context(), int64(batch), at, stream.LimitByOptions)
			if err != nil {
				r.Fatal(err)
			}
			if bytes.Equal(end, at) || batch > 100 {
				break
			}
			rows, err := l.numbersIn(source, at, end)
			if err != nil {
				r.Fatal(err)
			}
			again, err := l.ordered(options, false)
			if err != nil {
				r.Fatal(err)
			}
			if repeated, err := l.numbersIn(again, at, end); err != nil || !slices.Equal(repeated, rows) {
				r.Fatalf("batch %d has %v and, again, %v, %v", batch, rows, repeated, err)
			}
			for _, n := range rows {
				if times[n] >= 0 && times[n] <= latest {
					r.Fatalf("row %d at %d comes in batch %d, behind %d", n, times[n], batch, latest)
				}
			}
			for _, n := range rows {
				latest = max(latest, times[n])
			}
			if all = append(all, rows...); bytes.Contains(end, []byte(`"isStartingVersion":false`)) && snapshot == nil {
				snapshot = slices.Clone(all)
				times = append(times, 100)
				l.write("n long, at timestamp", timedRow(len(times)-1, 100)) // behind the snapshot
			}
			at = end
		}
		slices.Sort(all)
		if len(all) != len(times) || !slices.Equal(slices.Compact(all), all) {
			r.Fatalf("%d rows came as %v", len(times), all)
		}
	})
}

// A bucket's end is told by the offset, which Delta without buckets refuses rather than misreads.
func TestOffsetWithinAnOrderedSnapshot(t *testing.T) {
	l := newLake(t)
	for i, millis := range []int{20, 0, 10} {
		l.write("n long, at timestamp", timedRow(i, millis))
	}
	source, err := l.ordered(map[string]string{"withEventTimeOrder": "true", "maxFilesPerTrigger": "1"}, true)
	if err != nil {
		t.Fatal(err)
	}
	at, err := source.Latest(t.Context(), 0, nil, stream.LimitByOptions)
	if err != nil {
		t.Fatal(err)
	}
	id := l.snapshot().Metadata().ID
	if want := `{"sourceVersion":2,"reservoirId":"` + id + `","reservoirVersion":2,"index":-1,"isStartingVersion":true,"eventTimeMillis":1700000000010}`; string(at) != want {
		t.Errorf("the offset is %s, want %s", at, want)
	}
	if p, ok := ParsePosition(at); !ok || p.String() != "of what version 2 holds, the rows before 2023-11-14T22:13:20.01Z" {
		t.Errorf("the position is %q", p)
	}
	if rows, err := l.numbersIn(source, nil, at); err != nil || !slices.Equal(rows, []int{1}) {
		t.Errorf("the first bucket has %v, %v", rows, err)
	}
	for _, order := range []string{"true", "false"} { // changed in the midst of the snapshot
		was := at
		if order == "true" {
			was = stream.Offset(`{"sourceVersion":1,"reservoirId":"` + id + `","reservoirVersion":2,"index":0,"isStartingVersion":true}`)
		}
		source, err := l.ordered(map[string]string{"withEventTimeOrder": order}, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.Latest(t.Context(), 1, was, stream.LimitByOptions); !errors.Is(err, errclass.InvalidOption) || !strings.Contains(err.Error(), "You cannot change 'withEventTimeOrder'") {
			t.Errorf("withEventTimeOrder=%s behind %s: %v", order, was, err)
		}
	}
}

// The column may be one that the table is partitioned by.
func TestSnapshotInTheOrderOfItsPartitions(t *testing.T) {
	l := newLake(t)
	opts := l.options(nil)
	opts.PartitionBy = []string{"at"}
	rows := l.rows("n long, at timestamp", timedRow(0, 30), timedRow(1, -1), timedRow(2, 10), timedRow(3, 20))
	if _, err := Write(t.Context(), l.table, rows, opts); err != nil {
		t.Fatal(err)
	}
	source, err := l.ordered(map[string]string{"withEventTimeOrder": "true", "maxFilesPerTrigger": "1"}, true)
	if err != nil {
		t.Fatal(err)
	}
	var at stream.Offset
	var got []string
	for range 4 {
		end, err := source.Latest(t.Context(), 0, at, stream.LimitByOptions)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := l.numbersIn(source, at, end)
		if err != nil {
			t.Fatal(err)
		}
		got, at = append(got, fmt.Sprint(rows)), end
	}
	if want := "[1] [2] [3] [0]"; strings.Join(got, " ") != want {
		t.Errorf("the batches are %v, want %s", got, want)
	}
}
