package deltalog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// jsonRows is a batch of a schema, from a JSON list of objects.
func jsonRows(t testing.TB, schema Schema, text string) arrow.RecordBatch {
	t.Helper()
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, types.ToArrowSchema(schema), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var salesSchema = Schema{Fields: []Field{
	{Name: "day", Type: Date, Nullable: true},
	{Name: "item", Type: String, Nullable: true},
	{Name: "amount", Type: Integer, Nullable: true},
}}

func salesTable(t testing.TB, opts CreateOptions) *Table {
	t.Helper()
	if opts.Schema.Fields == nil {
		opts.Schema = salesSchema
	}
	table, err := Create(t.Context(), volumestest.NewMemory(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

const threeSales = `[{"day":"2026-01-01","item":"tea","amount":3},{"day":"2026-01-02","item":null,"amount":5},{"day":null,"item":"milk","amount":null}]`

// collected are the rows of batches, each as a text, sorted.
func collected(t testing.TB, rows Batches) []string {
	t.Helper()
	batches, err := batch.Collect(rows)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, b := range batches {
		for i := range int(b.NumRows()) {
			var row []string
			for _, c := range b.Columns() {
				row = append(row, c.ValueStr(i))
			}
			all = append(all, strings.Join(row, " "))
		}
	}
	slices.Sort(all)
	return all
}

func scanned(t testing.TB, table *Table, opts ScanOptions) []string {
	t.Helper()
	s, err := table.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	scan, err := s.Scan(opts)
	if err != nil {
		t.Fatal(err)
	}
	return collected(t, scan.Batches(t.Context()))
}

// Rows that were appended are read again, whole and by condition, in partitions or not, with mapped columns or not.
func TestAppendedRowsAreScanned(t *testing.T) {
	layouts := map[string]CreateOptions{
		"plain":       {},
		"partitioned": {PartitionColumns: []string{"day"}},
		"mapped":      {PartitionColumns: []string{"day"}, Configuration: map[string]string{"delta.columnMapping.mode": "name"}},
	}
	tests := []struct {
		name string
		opts ScanOptions
		want []string
	}{
		{"all", ScanOptions{}, []string{"(null) milk (null)", "2026-01-01 tea 3", "2026-01-02 (null) 5"}},
		{"columns", ScanOptions{Columns: []string{"amount", "day"}}, []string{"(null) (null)", "3 2026-01-01", "5 2026-01-02"}},
		{"rows", ScanOptions{Columns: []string{"item"}, Where: Compare{Column: []string{"amount"}, Op: Less, Value: int64(5)}}, []string{"tea"}},
		{"nulls", ScanOptions{Columns: []string{"amount"}, Where: IsNull{Column: []string{"item"}}}, []string{"5"}},
		{"a partition", ScanOptions{Columns: []string{"item"}, Where: Compare{Column: []string{"DAY"}, Op: Equal, Value: int64(20454)}}, []string{"tea"}},
		{"either", ScanOptions{Columns: []string{"item"}, Where: Or{IsNull{Column: []string{"day"}}, In{Column: []string{"item"}, Values: []Value{"tea", "x"}}}}, []string{"milk", "tea"}},
		{"none", ScanOptions{Where: Compare{Column: []string{"item"}, Op: NotEqual, Value: "tea"}, Columns: []string{"amount"}}, []string{"(null)"}},
	}
	for layout, create := range layouts {
		table := salesTable(t, create)
		if _, err := table.Append(t.Context(), FromRecords(jsonRows(t, salesSchema, threeSales)), WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, test := range tests {
			t.Run(layout+"/"+test.name, func(t *testing.T) {
				if got := scanned(t, table, test.opts); !slices.Equal(got, test.want) {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		}
	}
}

// An overwrite replaces the table, or the partitions that it has rows of; the version before keeps its rows.
func TestOverwrite(t *testing.T) {
	tests := []struct {
		name string
		opts WriteOptions
		want []string
	}{
		{"static", WriteOptions{}, []string{"2026-01-01 coffee 7"}},
		{"dynamic", WriteOptions{Dynamic: true}, []string{"(null) milk (null)", "2026-01-01 coffee 7", "2026-01-02 (null) 5"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			table := salesTable(t, CreateOptions{PartitionColumns: []string{"day"}})
			first, err := table.Append(t.Context(), FromRecords(jsonRows(t, salesSchema, threeSales)), WriteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			coffee := jsonRows(t, salesSchema, `[{"day":"2026-01-01","item":"coffee","amount":7}]`)
			if _, err := table.Overwrite(t.Context(), FromRecords(coffee), test.opts); err != nil {
				t.Fatal(err)
			}
			if got := scanned(t, table, ScanOptions{}); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			before, err := table.SnapshotAt(t.Context(), first.Version)
			if err != nil {
				t.Fatal(err)
			}
			scan, err := before.Scan(ScanOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := collected(t, scan.Batches(t.Context())); len(got) != 3 {
				t.Errorf("the version before has %q", got)
			}
		})
	}
}

// What a table demands that takes SQL to hold is refused by name; so are rows that are not the table's.
func TestAppendRefuses(t *testing.T) {
	table := salesTable(t, CreateOptions{Schema: Schema{Fields: []Field{
		{Name: "day", Type: Date, Nullable: false}, {Name: "amount", Type: Integer, Nullable: true},
	}}})
	tests := []struct {
		name   string
		schema Schema
		rows   string
		want   errclass.Class
		named  string
	}{
		{"another type", Schema{Fields: []Field{{Name: "day", Type: Date}, {Name: "amount", Type: Long, Nullable: true}}}, `[{"day":"2026-01-01","amount":1}]`, errclass.DeltaSchemaMismatch, "amount"},
		{"another column", Schema{Fields: []Field{{Name: "day", Type: Date}, {Name: "amonut", Type: Integer, Nullable: true}}}, `[{"day":"2026-01-01","amonut":1}]`, errclass.DeltaSchemaMismatch, "amonut"},
		{"a null", Schema{Fields: []Field{{Name: "day", Type: Date, Nullable: true}}}, `[{"day":null}]`, errclass.DeltaNotNullViolated, "day"},
		{"a missing column", Schema{Fields: []Field{{Name: "amount", Type: Integer, Nullable: true}}}, `[{"amount":1}]`, errclass.DeltaNotNullViolated, "day"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := table.Append(t.Context(), FromRecords(jsonRows(t, test.schema, test.rows)), WriteOptions{})
			wantClass(t, err, test.want)
			if err != nil && !strings.Contains(err.Error(), test.named) {
				t.Errorf("%v does not name %s", err, test.named)
			}
		})
	}
}

func TestPlainRowsRefuseWhatTakesSQL(t *testing.T) {
	column := func(metadata map[string]any) Schema {
		return Schema{Fields: []Field{{Name: "n", Type: Long, Nullable: true, Metadata: metadata}}}
	}
	tests := []struct {
		name string
		meta Metadata
	}{
		{"generated column", Metadata{}.WithSchema(column(map[string]any{"delta.generationExpression": "1"}))},
		{"identity column", Metadata{}.WithSchema(column(map[string]any{"delta.identity.start": int64(1)}))},
		{"invariant", Metadata{}.WithSchema(column(map[string]any{"delta.invariants": "{}"}))},
		{"CHECK constraint `positive`", Metadata{Configuration: map[string]string{"delta.constraints.positive": "n > 0"}}.WithSchema(column(nil))},
	}
	for _, test := range tests {
		_, err := newPlainRows(&test.meta)
		wantClass(t, err, errclass.DeltaUnsupportedWrite)
		if err != nil && !strings.Contains(err.Error(), test.name) {
			t.Errorf("%v does not name the %s", err, test.name)
		}
	}
}

// Files end where they are full.
func TestFilesAreRolled(t *testing.T) {
	table := salesTable(t, CreateOptions{})
	if _, err := table.Append(t.Context(), FromRecords(jsonRows(t, salesSchema, threeSales)), WriteOptions{MaxRowsPerFile: 2}); err != nil {
		t.Fatal(err)
	}
	s, err := table.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var rows []int64
	for f, err := range s.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, recordsOf(&f))
	}
	slices.Sort(rows)
	if !slices.Equal(rows, []int64{1, 2}) {
		t.Errorf("files of %v rows", rows)
	}
}

// A vector that a transaction gives a file takes rows out of the table, and the feed tells of them as deletes; the next one takes more,
// and the last brings them back.
func TestVectorsOfOnesOwn(t *testing.T) {
	table := salesTable(t, CreateOptions{Configuration: map[string]string{"delta.enableDeletionVectors": "true", "delta.enableChangeDataFeed": "true"}})
	if _, err := table.Append(t.Context(), FromRecords(jsonRows(t, salesSchema, threeSales)), WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		gone *RowSet
		left []string
		feed []string
	}{
		{RowsOf(1), []string{"(null) milk (null)", "2026-01-01 tea 3"}, []string{"2026-01-02 (null) 5 delete"}},
		{RowsOf(1, 2), []string{"2026-01-01 tea 3"}, []string{"(null) milk (null) delete"}},
		{nil, []string{"(null) milk (null)", "2026-01-01 tea 3", "2026-01-02 (null) 5"}, []string{"(null) milk (null) insert", "2026-01-02 (null) 5 insert"}},
	}
	for _, step := range steps {
		version := setVector(t, table, step.gone)
		if got := scanned(t, table, ScanOptions{}); !slices.Equal(got, step.left) {
			t.Errorf("version %d: %q, want %q", version, got, step.left)
		}
		changes, err := table.ScanChanges(t.Context(), version, version)
		if err != nil {
			t.Fatal(err)
		}
		got := collected(t, batch.Transform(changes.Batches(t.Context()), func(b arrow.RecordBatch) (arrow.RecordBatch, error) {
			return array.NewRecordBatch(arrow.NewSchema(b.Schema().Fields()[:4], nil), b.Columns()[:4], b.NumRows()), nil
		}))
		if !slices.Equal(got, step.feed) {
			t.Errorf("version %d: feed %q, want %q", version, got, step.feed)
		}
	}
}

// setVector gives the table's only file a vector.
func setVector(t *testing.T, table *Table, rows *RowSet) (version int64) {
	t.Helper()
	s, err := table.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	x := s.Begin(Operation{Name: "DELETE"})
	for file, err := range s.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		var vector *DeletionVector
		if rows != nil {
			vectors := table.NewDeletionVectorFile()
			if vector, err = vectors.Add(t.Context(), rows); err != nil {
				t.Fatal(err)
			}
			if err := vectors.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.SetDeletionVector(file, vector); err != nil {
			t.Fatal(err)
		}
	}
	commit, err := x.Commit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return commit.Version
}

// Whoever follows a table sees each version once, and those that come meanwhile.
func TestFollowSeesEachVersionOnce(t *testing.T) {
	table := salesTable(t, CreateOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen []int64
	for commit, err := range table.Follow(ctx, 0, time.Millisecond) {
		if err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, commit.Version); commit.Version == 3 {
			cancel()
			continue
		}
		if _, err := table.Append(t.Context(), FromRecords(jsonRows(t, salesSchema, threeSales)), WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int64{0, 1, 2, 3}; !slices.Equal(seen, want) {
		t.Errorf("saw %v, want %v", seen, want)
	}
}

// A write that dies after any storage operation leaves the table as it was or as it shall be.
func TestAppendSurvivesEveryCrashPoint(t *testing.T) {
	rows := jsonRows(t, salesSchema, threeSales)
	prepare := func(store volumes.Store) error {
		_, err := Create(t.Context(), store, CreateOptions{Schema: salesSchema, PartitionColumns: []string{"day"}})
		return err
	}
	base := volumestest.NewMemory()
	if err := prepare(base); err != nil {
		t.Fatal(err)
	}
	recorded := volumestest.Record(base)
	if _, err := Open(recorded, Options{}).Append(t.Context(), FromRecords(rows), WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	for n, op := range recorded.Ops() {
		t.Run(fmt.Sprintf("%03d_%s", n, op.Kind), func(t *testing.T) {
			store := volumestest.NewMemory()
			if err := prepare(store); err != nil {
				t.Fatal(err)
			}
			_, err := Open(volumestest.StopAfter(store, n), Options{}).Append(t.Context(), FromRecords(rows), WriteOptions{})
			after := Open(store, Options{})
			got := scanned(t, after, ScanOptions{})
			if len(got) != 0 && len(got) != 3 {
				t.Fatalf("%d rows are there", len(got))
			}
			if err == nil && len(got) != 3 {
				t.Fatal("the append that succeeded is not there")
			}
			if len(got) == 0 {
				if _, err := after.Append(t.Context(), FromRecords(rows), WriteOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			if got := scanned(t, after, ScanOptions{}); len(got) != 3 {
				t.Errorf("then there are %d rows", len(got))
			}
		})
	}
}
