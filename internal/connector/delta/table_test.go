package delta

import (
	"context"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/jsonio"
	"lakehouse/internal/logical"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lake is a table in memory.
type lake struct {
	*testing.T
	store *volumestest.Memory
	table Table
}

func newLake(t *testing.T) *lake { return openLake(t, volumestest.NewMemory()) }

// openLake is the table as another process finds it.
func openLake(t *testing.T, store *volumestest.Memory) *lake {
	return &lake{t, store, Table{Log: deltalog.Open(store, deltalog.Options{Location: "memory:/t"}), Store: store, URI: "memory:/t"}}
}

func schemaOf(t testing.TB, ddl string) types.Struct {
	t.Helper()
	s, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rowsOp is an operator over rows in memory.
type rowsOp struct {
	schema  types.Struct
	batches []arrow.RecordBatch
}

func (o rowsOp) Schema() types.Struct { return o.schema }

func (o rowsOp) Execute(_ context.Context, n int) []batch.Seq {
	seqs := make([]batch.Seq, n)
	for i := range seqs {
		seqs[i] = batch.Of()
	}
	seqs[0] = batch.Of(o.batches...)
	return seqs
}

// rows makes an operator of JSON objects.
func (l *lake) rows(ddl string, objects ...string) rowsOp {
	l.Helper()
	schema := schemaOf(l, ddl)
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, types.ToArrowSchema(schema), strings.NewReader("["+strings.Join(objects, ",")+"]"))
	if err != nil {
		l.Fatal(err)
	}
	return rowsOp{schema, []arrow.RecordBatch{b}}
}

// options are a batch write's.
func (l *lake) options(given map[string]string) WriteOptions {
	l.Helper()
	values, err := WriteOptionTable.Parse(given)
	if err != nil {
		l.Fatal(err)
	}
	return WriteOptions{Operation: "WRITE", Options: values, SessionSettings: SessionSettings{Workers: 1}}
}

// write appends rows, each write a version.
func (l *lake) write(ddl string, objects ...string) {
	l.Helper()
	if _, err := Write(l.Context(), l.table, l.rows(ddl, objects...), l.options(nil)); err != nil {
		l.Fatal(err)
	}
}

func (l *lake) snapshot() *deltalog.Snapshot {
	l.Helper()
	s, err := l.table.Log.Snapshot(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return s
}

// commit makes a version of actions that no write of this package makes.
func (l *lake) commit(change func(*deltalog.Snapshot, *deltalog.Txn)) {
	l.Helper()
	s := l.snapshot()
	txn := s.Begin(deltalog.Operation{Name: "DELETE"})
	change(s, txn)
	if _, err := txn.Commit(l.Context()); err != nil {
		l.Fatal(err)
	}
}

func (l *lake) files() []deltalog.AddFile {
	l.Helper()
	var files []deltalog.AddFile
	for f, err := range l.snapshot().Files(l.Context()) {
		if err != nil {
			l.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// dataFiles are the names of the Parquet files in the store, whether a version names them or not.
func (l *lake) dataFiles() []string {
	l.Helper()
	names := []string{}
	for info, err := range l.store.List(l.Context(), ".", volumes.ListOptions{Recursive: true}) {
		if err != nil {
			l.Fatal(err)
		}
		if path.Ext(info.Name) == ".parquet" && !strings.HasPrefix(info.Name, "_delta_log") {
			names = append(names, info.Name)
		}
	}
	return names
}

// commitText is a version as it stands in the log.
func (l *lake) commitText(version int) string {
	l.Helper()
	text, err := volumes.ReadFile(l.Context(), l.store, logName(version))
	if err != nil {
		l.Fatal(err)
	}
	return string(text)
}

func (l *lake) remove(name string) {
	l.Helper()
	if err := l.store.Delete(l.Context(), name); err != nil {
		l.Fatal(err)
	}
}

// source opens the table for reading.
func (l *lake) source(options map[string]string) *Source {
	l.Helper()
	opts, err := ParseReadOptions(options, false)
	if err != nil {
		l.Fatal(err)
	}
	source, err := NewSource(l.Context(), l.table, opts)
	if err != nil {
		l.Fatal(err)
	}
	return source
}

// read gives the table's rows, filtered by nothing but statistics, sorted.
func (l *lake) read(where predicate.Predicate, columns ...string) string {
	l.Helper()
	text, err := scanned(l.Context(), l.source(nil), logical.ScanOptions{Columns: columns, Where: where})
	if err != nil {
		l.Fatal(err)
	}
	return text
}

// scanned is the rows of a source as JSON objects, sorted.
func scanned(ctx context.Context, source logical.Source, opts logical.ScanOptions) (string, error) {
	var rows []string
	for piece, err := range source.Scan(ctx, opts) {
		if err != nil {
			return "", err
		}
		for b, err := range piece.Read(ctx) {
			if err != nil {
				return "", err
			}
			schema, err := types.FromArrowSchema(b.Schema())
			if err != nil {
				return "", err
			}
			rows = append(rows, strings.Fields(string(jsonio.NewEncoder(schema, jsonio.EncodeOptions{}).AppendRows(nil, b)))...)
		}
	}
	slices.Sort(rows)
	return strings.Join(rows, " "), nil
}

// wantRows compares rows, and says which differ.
func (l *lake) wantRows(what, got, want string) {
	l.Helper()
	if got != want {
		l.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}
