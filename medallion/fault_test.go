package medallion

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// breaking is a store that panics where it reads a source's file, or where it makes a data file of a table.
type breaking struct {
	volumes.Store
	reads, writes atomic.Bool
}

func (b *breaking) Open(ctx context.Context, name string) (volumes.Reader, error) {
	if b.reads.Load() && strings.Contains(name, "/in/") {
		panic("the source breaks\nsecond line")
	}
	return b.Store.Open(ctx, name)
}

func (b *breaking) Create(ctx context.Context, name string) (volumes.Writer, error) {
	if b.writes.Load() && strings.HasSuffix(name, ".parquet") {
		panic("the sink breaks")
	}
	return b.Store.Create(ctx, name)
}

// breakingKernel is a condition that panics with an error of the runtime.
type breakingKernel struct{}

func (*breakingKernel) Type() types.Type                     { return types.Boolean }
func (*breakingKernel) Nullable() bool                       { return false }
func (*breakingKernel) String() string                       { return "breaks" }
func (*breakingKernel) Children() []expr.Expr                { return nil }
func (k *breakingKernel) WithChildren([]expr.Expr) expr.Expr { return k }

func (*breakingKernel) Eval(*expr.Context, arrow.RecordBatch) (expr.Vector, error) {
	var none []int
	return expr.Vector{}, errors.New("not reached: " + string(rune(none[len(none)])))
}

func (d desk) breakingFilter(in *DataFrame) *DataFrame {
	d.Helper()
	node, err := in.resolve(d.Context())
	d.must(err)
	return in.with(&resolved{Node: &logical.Filter{Input: node, Condition: &breakingKernel{}}})
}

// faultyDesk is a session with a table t of the row 7, and files of numbers, on a store that breaks when asked to.
func faultyDesk(t *testing.T, workers string) (desk, *breaking, *strings.Builder) {
	t.Helper()
	store, log := &breaking{Store: volumestest.NewMemory()}, &strings.Builder{}
	s, err := NewSession(Options{
		Space: volumes.NewSpaceOn(store), Conf: map[string]string{confWorkers: workers, confPartitions: "2"},
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	d := desk{t, s}
	d.land("/Volumes/a/b/c/in", "a.json", 1, 2)
	d.land("/Volumes/a/b/c/in", "b.json", 3, 4)
	d.frame("CREATE TABLE t (n BIGINT)")
	d.frame("INSERT INTO t VALUES (7)")
	return d, store, log
}

func (d desk) isFault(what string, err error) {
	d.Helper()
	d.refused(what, err, errclass.InternalError)
	fault := (*batch.Fault)(nil)
	if !errors.As(err, &fault) || !strings.Contains(string(fault.Stack), "medallion") {
		d.Errorf("%s: no stack in %v", what, err)
	}
	if err != nil && (strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "report")) {
		d.Errorf("%s: message %q", what, err)
	}
}

// A panic fails the query that met it, and nothing else: nothing is committed, and the session goes on.
func TestAPanicFailsOneQuery(t *testing.T) {
	same := func(_ desk, f *DataFrame) *DataFrame { return f }
	places := []struct {
		name   string
		frame  func(d desk, f *DataFrame) *DataFrame
		breaks func(*breaking, bool)
		writes bool // only a write meets it
	}{
		{"source", same, func(b *breaking, on bool) { b.reads.Store(on) }, false},
		{"grouped source", func(_ desk, f *DataFrame) *DataFrame { return f.OrderBy(Col("n").Asc()) }, func(b *breaking, on bool) { b.reads.Store(on) }, false},
		{"kernel", func(d desk, f *DataFrame) *DataFrame { return d.breakingFilter(f) }, func(*breaking, bool) {}, false},
		{"sink", same, func(b *breaking, on bool) { b.writes.Store(on) }, true},
	}
	for _, p := range places {
		for _, workers := range []string{"1", "3"} {
			t.Run(p.name+"/"+workers, func(t *testing.T) {
				d, store, log := faultyDesk(t, workers)
				files, err := d.Read().Format("json").Schema("n bigint").Load(t.Context(), "/Volumes/a/b/c/in")
				d.must(err)
				f := p.frame(d, files)
				d.must(f.CreateOrReplaceTempView(t.Context(), "broken"))
				p.breaks(store, true)
				if !p.writes {
					_, err = f.Collect(t.Context())
					d.isFault("query", err)
					if !strings.Contains(log.String(), "stack=") {
						t.Errorf("log: %s", log)
					}
				}
				_, err = d.SQL(t.Context(), "INSERT INTO t SELECT * FROM broken")
				d.isFault("INSERT", err)
				d.isFault("save", f.Write().Mode("append").Save(t.Context(), "/Volumes/a/b/c/saved"))
				p.breaks(store, false)
				d.want("rows of the table", d.rows("SELECT * FROM t"), "7")
				d.want("another query", d.rows("SELECT count(*) FROM range(10)"), "10")
			})
		}
	}
}

// A streaming query that meets a panic ends; another one goes on.
func TestAPanicEndsOneStream(t *testing.T) {
	same := func(_ desk, f *DataFrame) *DataFrame { return f }
	places := []struct {
		name   string
		frame  func(d desk, f *DataFrame) *DataFrame
		breaks func(*breaking)
	}{
		{"source", same, func(b *breaking) { b.reads.Store(true) }},
		{"kernel", func(d desk, f *DataFrame) *DataFrame { return d.breakingFilter(f) }, func(*breaking) {}},
		{"sink", same, func(b *breaking) { b.writes.Store(true) }},
	}
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			d, store, log := faultyDesk(t, "2")
			other, err := d.numbersIn("/Volumes/a/b/c/quiet").WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp/quiet").ToTable(t.Context(), "quiet")
			d.must(err)
			d.must(other.ProcessAllAvailable(t.Context()))
			f := p.frame(d, d.numbersIn("/Volumes/a/b/c/in"))
			p.breaks(store)
			q, err := f.WriteStream().Option("checkpointLocation", "/Volumes/a/b/c/cp/q").ToTable(t.Context(), "t")
			d.must(err)
			_, err = q.AwaitTermination(t.Context())
			d.isFault("stream", err)
			if !strings.Contains(log.String(), "stack=") {
				t.Errorf("log: %s", log)
			}
			store.reads.Store(false)
			store.writes.Store(false)
			d.want("rows of the table", d.rows("SELECT * FROM t"), "7")
			d.land("/Volumes/a/b/c/quiet", "a.json", 5)
			d.must(other.ProcessAllAvailable(t.Context()))
			d.want("rows of the other stream", d.rows("SELECT * FROM quiet"), "5")
		})
	}
}
