package autoloader

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

const (
	landing     = "Volumes/c/s/v/in"
	archiveDir  = "Volumes/c/s/v/archive"
	inArchive   = archiveDir + "/" + landing
	checkpoints = "cp"
)

var lineSchema = types.Struct{Fields: []types.Field{{Name: "line", Type: types.String, Nullable: true}}}

// lines decodes a file into a row for each line.
type lines struct{}

func (l lines) Scan(types.Struct, logical.ScanOptions) (files.Scan, error) { return l, nil }

func (lines) Pieces(_ context.Context, file volumes.Location, info volumes.Info) ([]files.Piece, error) {
	return []files.Piece{linePiece{file, info.Size}}, nil
}

type linePiece struct {
	file volumes.Location
	size int64
}

func (p linePiece) Size() int64 { return p.size }

func (p linePiece) Read(ctx context.Context, counts *batch.Counts) batch.Seq {
	data, err := volumes.ReadFile(ctx, p.file.Store, p.file.Key)
	if err != nil {
		return batch.Fail(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(lineSchema))
	for line := range strings.Lines(string(data)) {
		b.Field(0).(*array.StringBuilder).Append(strings.TrimSpace(line))
		counts.Read++
	}
	return batch.Of(b.NewRecordBatch())
}

// testStream makes a provider on a bare store, as New does on a Space.
func testStream(t testing.TB, store volumes.Store, glob string, opts Options) *Provider {
	t.Helper()
	at := func(key string) volumes.Location {
		return volumes.Location{Store: store, Key: key, URI: "file:///" + volumes.EncodePath(key)}
	}
	return &Provider{
		name: "FileStreamSource", schema: lineSchema, place: at(glob), archive: at(archiveDir),
		config: Config{Path: "/" + glob, Schema: lineSchema, Options: opts, Decoder: lines{}, Workers: 1, Log: slog.New(slog.DiscardHandler)},
	}
}

// engine drives a source as the micro-batch engine does, with its logs and its sink on the same store.
type engine struct {
	store  volumes.Store
	source stream.Source
	limit  stream.ReadLimit
}

func start(ctx context.Context, p *Provider) (*engine, error) {
	store := p.place.Store
	checkpoint, err := volumes.Sub(store, checkpoints)
	if err != nil {
		return nil, err
	}
	source, err := p.Open(ctx, stream.SourceStart{Checkpoint: checkpoint, Dir: "sources/0"})
	return &engine{store: store, source: source}, err
}

// run runs batches until there is nothing new, and gives the rows of each.
func run(ctx context.Context, p *Provider) ([][]string, error) {
	e, err := start(ctx, p)
	if err != nil {
		return nil, err
	}
	return e.drain(ctx)
}

func (e *engine) drain(ctx context.Context) (batches [][]string, err error) {
	defer func() { err = errors.Join(err, e.source.Stop()) }()
	for {
		ran, rows, err := e.batch(ctx)
		if err != nil || !ran {
			return batches, err
		}
		batches = append(batches, rows)
	}
}

// batch runs the next batch: the one that was cut short, or a new one.
func (e *engine) batch(ctx context.Context) (ran bool, rows []string, err error) {
	n := 0
	for e.has(ctx, "commits", n) {
		n++
	}
	before := e.offset(ctx, n-1)
	end := e.offset(ctx, n)
	if end == nil {
		if end, err = e.source.Latest(ctx, int64(n), before, e.limit); err != nil || string(end) == string(before) {
			return false, nil, err
		}
		if err := e.store.PutIfAbsent(ctx, e.name("offsets", n), end); err != nil {
			return false, nil, err
		}
	}
	if before != nil {
		if err := e.source.Commit(ctx, before); err != nil {
			return false, nil, err
		}
	}
	rows, err = e.rows(ctx, before, end)
	if err != nil {
		return false, nil, err
	}
	err = e.store.PutIfAbsent(ctx, e.name("sink", n), []byte(strings.Join(rows, "\n")))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return false, nil, err
	}
	return true, rows, e.store.PutIfAbsent(ctx, e.name("commits", n), nil)
}

func (e *engine) rows(ctx context.Context, start, end stream.Offset) (rows []string, err error) {
	source, err := e.source.Rows(ctx, start, end)
	if err != nil {
		return nil, err
	}
	for piece, err := range source.Scan(ctx, logical.ScanOptions{}) {
		if err != nil {
			return nil, err
		}
		for b, err := range piece.Read(ctx) {
			if err != nil {
				return nil, err
			}
			rows = append(rows, columnOf(b)...)
		}
	}
	return rows, nil
}

func columnOf(b arrow.RecordBatch) (values []string) {
	column := b.Column(0).(*array.String)
	for i := range column.Len() {
		values = append(values, column.Value(i))
	}
	return values
}

func (e *engine) name(kind string, n int) string {
	return path.Join(checkpoints, kind, strconv.Itoa(n))
}

func (e *engine) has(ctx context.Context, kind string, n int) bool {
	_, err := e.store.Stat(ctx, e.name(kind, n))
	return err == nil
}

func (e *engine) offset(ctx context.Context, n int) stream.Offset {
	if n < 0 {
		return nil
	}
	data, err := volumes.ReadFile(ctx, e.store, e.name("offsets", n))
	if err != nil {
		return nil
	}
	return data
}

// put writes a file of the test, whose time is that many minutes into the test's day.
func put(t testing.TB, store *volumestest.Memory, name, content string, minute int) {
	t.Helper()
	if err := store.Put(t.Context(), name, []byte(content)); err != nil {
		t.Fatal(err)
	}
	touch(t, store, name, minute)
}

var testDay = time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)

func touch(t testing.TB, store *volumestest.Memory, name string, minute int) {
	t.Helper()
	if err := store.SetModTime(name, testDay.Add(time.Duration(minute)*time.Minute)); err != nil {
		t.Fatal(err)
	}
}

func newLanding(t testing.TB) *volumestest.Memory {
	t.Helper()
	store := volumestest.NewMemory()
	if err := store.MakeDir(t.Context(), landing); err != nil {
		t.Fatal(err)
	}
	return store
}

// namesIn lists the files of a folder, with those below it.
func namesIn(t testing.TB, store volumes.Store, dir string) []string {
	t.Helper()
	names := []string{}
	for info, err := range store.List(t.Context(), dir, volumes.ListOptions{Recursive: true}) {
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.TrimPrefix(info.Name, dir+"/"))
	}
	return names
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprintf("%q", any(got)), fmt.Sprintf("%q", any(want)); g != w {
		t.Fatalf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func mustRun(t testing.TB, p *Provider) [][]string {
	t.Helper()
	batches, err := run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return batches
}

func sorted(batches [][]string) []string {
	all := slices.Concat(batches...)
	slices.Sort(all)
	return all
}
