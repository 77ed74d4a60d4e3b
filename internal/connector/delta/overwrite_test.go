package delta

import (
	"errors"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
)

// Rows that were appended while the table was being overwritten stay, as if they had come after it; of two overwrites
// the slower gives up.
func TestOverwriteAtTheSameTime(t *testing.T) {
	overwrite := func(l *lake) WriteOptions {
		opts := l.options(nil)
		opts.Overwrite = true
		return opts
	}
	tests := []struct {
		name  string
		other func(*lake) error
		rows  string
		err   errclass.Class
	}{
		{"append", func(l *lake) error { l.write("n long", `{"n":2}`); return nil }, `{"n":2} {"n":3}`, ""},
		{"overwrite", func(l *lake) error {
			_, err := Write(l.Context(), l.table, l.rows("n long", `{"n":2}`), overwrite(l))
			return err
		}, `{"n":2}`, errclass.DeltaConcurrentAppend},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLake(t)
			l.write("n long", `{"n":1}`)
			w := &writing{table: l.table, opts: overwrite(l)}
			rows := l.rows("n long", `{"n":3}`)
			if err := w.begin(t.Context(), rows.schema); err != nil {
				t.Fatal(err)
			}
			if err := test.other(openLake(t, l.store)); err != nil {
				t.Fatal(err)
			}
			_, err := w.run(t.Context(), rows)
			if test.err == "" && err != nil || test.err != "" && !errors.Is(err, test.err) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			l.wantRows("rows", l.read(nil), test.rows)
			if err == nil && !strings.Contains(l.commitText(2), `"isolationLevel":"WriteSerializable","isBlindAppend":false`) {
				t.Error(l.commitText(2))
			}
		})
	}
}

// Making a table where one is: it is taken over when it is what was asked for, and refused otherwise.
func TestCreateOverAnExistingTable(t *testing.T) {
	schema := schemaOf(t, "n long, p int")
	asked := CreateOptions{Schema: schema, PartitionBy: []string{"P"}, Properties: map[string]string{"delta.appendOnly": "false", "x": "1"}, Comment: "c"}
	tests := []struct {
		name   string
		change func(*CreateOptions)
		want   errclass.Class
	}{
		{"the same", func(*CreateOptions) {}, ""},
		{"nothing said", func(o *CreateOptions) { *o = CreateOptions{} }, ""},
		{"another schema", func(o *CreateOptions) { o.Schema = schemaOf(t, "n int, p int") }, errclass.DeltaSchemaMismatch},
		{"another partitioning", func(o *CreateOptions) { o.PartitionBy = nil }, errclass.DeltaOtherPartitioning},
		{"another property", func(o *CreateOptions) { o.Properties = map[string]string{"x": "2"} }, errclass.DeltaOtherProperties},
		{"replaced", func(o *CreateOptions) {
			*o = CreateOptions{Schema: schemaOf(t, "other string"), Replace: true, Operation: "CREATE OR REPLACE TABLE"}
		}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLake(t)
			if err := Create(t.Context(), l.table, asked); err != nil {
				t.Fatal(err)
			}
			l.number(1)
			opts := asked
			test.change(&opts)
			err := Create(t.Context(), l.table, opts)
			if test.want == "" && err != nil || test.want != "" && !errors.Is(err, test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			want := `{"n":1,"p":1}`
			if opts.Replace {
				want = ""
			}
			l.wantRows("rows", l.read(nil), want)
		})
	}
	if err := Create(t.Context(), newLake(t).table, CreateOptions{}); !errors.Is(err, errclass.DeltaSchemaNotSet) {
		t.Errorf("a table without columns: %v", err)
	}
}

// The history tells how a table was made.
func TestCreateIsInTheHistory(t *testing.T) {
	l := newLake(t)
	if err := Create(t.Context(), l.table, CreateOptions{Schema: schemaOf(t, "n long"), Operation: "CREATE OR REPLACE TABLE", Replace: true}); err != nil {
		t.Fatal(err)
	}
	history, err := l.table.Log.History(t.Context(), 0)
	if err != nil || len(history) != 1 {
		t.Fatal(history, err)
	}
	if h := history[0]; h.Operation != "CREATE OR REPLACE TABLE" || h.OperationParameters.Get("isManaged") != "false" || h.OperationParameters.Get("partitionBy") != "[]" {
		t.Errorf("%+v", h)
	}
}

// A dynamic overwrite replaces the partitions that it writes, null's too, and no others.
func TestOverwriteOfPartitions(t *testing.T) {
	l := newLake(t)
	opts := l.options(nil)
	opts.PartitionBy = []string{"p"}
	if _, err := Write(t.Context(), l.table, l.rows("n long, p string", `{"n":1,"p":"a"}`, `{"n":2,"p":"b"}`, `{"n":3}`), opts); err != nil {
		t.Fatal(err)
	}
	dynamic := l.options(map[string]string{"partitionOverwriteMode": "DYNAMIC"})
	dynamic.Overwrite = true
	for _, step := range []struct{ row, want string }{
		{`{"n":4,"p":"a"}`, `{"n":2,"p":"b"} {"n":3} {"n":4,"p":"a"}`},
		{`{"n":5}`, `{"n":2,"p":"b"} {"n":4,"p":"a"} {"n":5}`},
	} {
		if _, err := Write(t.Context(), l.table, l.rows("n long, p string", step.row), dynamic); err != nil {
			t.Fatal(err)
		}
		l.wantRows("after "+step.row, l.read(nil), step.want)
	}
	dynamic = l.options(map[string]string{"partitionOverwriteMode": "dynamic", "overwriteSchema": "true"})
	dynamic.Overwrite = true
	if _, err := Write(t.Context(), l.table, l.rows("n long", `{"n":5}`), dynamic); !errors.Is(err, errclass.DeltaOverwriteSchemaDynamic) {
		t.Errorf("with overwriteSchema: %v", err)
	}
}
