package medallion

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"lakehouse/internal/errclass"
)

func (d desk) each(w DataStreamWriter) (*StreamingQuery, error) {
	d.Helper()
	q, err := w.Option("checkpointLocation", filesVolume+"/cp").Trigger(AvailableNow()).Start(d.Context())
	if err == nil {
		_, err = q.AwaitTermination(d.Context())
	}
	return q, err
}

// diary writes down what its writers are told.
type diary struct {
	mu    sync.Mutex
	lines []string
	pass  bool // parts are passed over
	fail  string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

type diaryWriter struct{ *diary }

func (w diaryWriter) Open(_ context.Context, _, batchID int64) (bool, error) {
	w.note("open %d", batchID)
	if w.fail == "open" {
		return false, errors.New("no door")
	}
	return !w.pass, nil
}

func (w diaryWriter) Process(_ context.Context, row Row) error {
	if w.fail == "process" {
		return errors.New("no row")
	}
	w.note("row %v", row)
	return nil
}

func (w diaryWriter) Close(_ context.Context, failed error) error {
	w.note("close %v", failed)
	if w.fail == "panic" {
		panic("in close")
	}
	return nil
}

func TestForeachOpensProcessesAndCloses(t *testing.T) {
	for _, c := range []struct {
		diary *diary
		want  string
		class errclass.Class
	}{
		{&diary{}, "close <nil>; open 0; row [1]; row [2]", ""},
		{&diary{pass: true}, "close <nil>; open 0", ""},
		{&diary{fail: "open"}, "close no door; open 0", errclass.ForeachFailed},
		{&diary{fail: "process"}, "close no row; open 0", errclass.ForeachFailed},
		{&diary{fail: "panic"}, "close <nil>; open 0; row [1]; row [2]", errclass.ForeachFailed},
	} {
		t.Run(c.diary.fail, func(t *testing.T) {
			d := newDesk(t)
			d.must(d.SetConf(confWorkers, "1"))
			d.land(filesVolume+"/in", "a.json", 1, 2)
			q, err := d.each(d.numbersIn(filesVolume + "/in").WriteStream().Foreach(func() ForeachWriter { return diaryWriter{c.diary} }))
			if c.class == "" {
				d.must(err)
				d.want("rows of the sink", fmt.Sprint(q.LastProgress().Sink), "{ForeachWriterTable 2 map[]}")
			} else {
				d.refused("the query", err, c.class)
			}
			slices.Sort(c.diary.lines)
			d.want("diary", strings.Join(slices.Compact(c.diary.lines), "; "), c.want)
		})
	}
}

func TestForeachRowTakesEveryMode(t *testing.T) {
	d := newDesk(t)
	d.land(filesVolume+"/in", "a.json", 1, 1, 2)
	var got diary
	counted := d.numbersIn(filesVolume + "/in").GroupBy(Col("n")).Agg(Count(Col("*")).As("c"))
	_, err := d.each(counted.WriteStream().OutputMode("update").ForeachRow(func(_ context.Context, row Row) error {
		got.note("%v", row)
		return nil
	}))
	d.must(err)
	slices.Sort(got.lines)
	d.want("rows", strings.Join(got.lines, "; "), "[1, 2]; [2, 1]")
}

// The function has a session of its own: its views and settings are not seen outside, and stay from batch to batch.
func TestForeachBatchHasItsOwnSession(t *testing.T) {
	d := newDesk(t)
	for i := range 2 {
		d.land(filesVolume+"/in", fmt.Sprintf("%d.json", i), i)
	}
	frame, err := d.ReadStream().Format("json").Schema("n bigint").Option("maxFilesPerTrigger", "1").Load(t.Context(), filesVolume+"/in")
	d.must(err)
	var seen []string
	_, err = d.each(frame.WriteStream().ForeachBatch(func(ctx context.Context, rows *DataFrame, _ int64) error {
		own := rows.Session()
		seen = append(seen, own.Conf(confTimeZone))
		if err := rows.CreateOrReplaceTempView(ctx, "v"); err != nil {
			return err
		}
		n, err := readAll(ctx, own, "SELECT n FROM v")
		seen = append(seen, n)
		return errors.Join(err, own.SetConf(confTimeZone, "Asia/Tokyo"))
	}))
	d.must(err)
	d.want("seen", strings.Join(seen, " "), "UTC [[0]] Asia/Tokyo [[1]]")
	d.want("the setting outside", d.Conf(confTimeZone), "UTC")
	_, err = d.SQL(t.Context(), "SELECT * FROM v")
	d.refused("the view outside", err, errclass.TableNotFound)
}

func TestForeachBatchThatPanicsFailsItsQueryAlone(t *testing.T) {
	d := newDesk(t)
	d.land(filesVolume+"/in", "a.json", 1)
	w := d.numbersIn(filesVolume + "/in").WriteStream()
	_, err := d.each(w.ForeachBatch(func(context.Context, *DataFrame, int64) error { panic("boom") }))
	d.refused("the query", err, errclass.ForeachBatchFailed)
	if !strings.Contains(err.Error(), "boom") {
		t.Errorf("the reason is not told: %v", err)
	}
	_, err = d.each(w.ForeachBatch(func(_ context.Context, rows *DataFrame, _ int64) error {
		_, err := rows.WithColumn("x", Expr("raise_error('of the rows')")).Collect(t.Context())
		return err
	}))
	d.refused("the rows", err, errclass.UserRaised)
}

// What a batch holds is counted against the limit, and given back.
func TestForeachBatchKeepsToTheMemoryLimit(t *testing.T) {
	d := newDesk(t)
	d.land(filesVolume+"/in", "a.json", 1, 2, 3)
	d.must(d.SetConf(confMemoryLimit, "1k"))
	nothing := func(context.Context, *DataFrame, int64) error { return nil }
	w := d.numbersIn(filesVolume + "/in").WriteStream()
	_, err := d.each(w.ForeachBatch(nothing))
	d.refused("a batch too large", err, errclass.MemoryLimit)
	d.must(d.SetConf(confMemoryLimit, "1m"))
	for range 40 { // each takes 64k
		q, err := w.ForeachBatch(nothing).Trigger(AvailableNow()).Start(t.Context())
		d.must(err)
		_, err = q.AwaitTermination(t.Context())
		d.must(err)
	}
}

// What a session has, that of a query has too: a field that fork forgets would be nil there.
func TestASessionOfAQueryLacksNothing(t *testing.T) {
	d := newDesk(t)
	d.report = func(StreamingQueryProgress) {}
	whole, fork := reflect.ValueOf(d.Session).Elem(), reflect.ValueOf(d.fork()).Elem()
	for i := range whole.NumField() {
		switch whole.Type().Field(i).Name {
		case "queries", "mu", "observations": // its own
			continue
		}
		if fork.Field(i).IsZero() != whole.Field(i).IsZero() {
			t.Errorf("%s is not taken over", whole.Type().Field(i).Name)
		}
	}
}
