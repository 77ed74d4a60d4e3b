package delta

import (
	"errors"
	"strings"
	"testing"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/parquetio"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// create makes the table of some columns.
func (l *lake) create(ddl string, partitionBy []string, properties map[string]string) {
	l.Helper()
	if err := Create(l.Context(), l.table, CreateOptions{Schema: schemaOf(l.T, ddl), PartitionBy: partitionBy, Properties: properties}); err != nil {
		l.Fatal(err)
	}
}

// alter commits the schema with each of its fields changed.
func (l *lake) alter(change func(types.Field) (types.Field, bool)) {
	l.Helper()
	l.commit(func(s *deltalog.Snapshot, txn *deltalog.Txn) {
		schema, err := s.Schema()
		if err != nil {
			l.Fatal(err)
		}
		m := s.Metadata().WithSchema(altered(schema, change))
		for i, p := range m.PartitionColumns {
			f, _ := change(types.Field{Name: p})
			m.PartitionColumns[i] = f.Name
		}
		txn.UpdateMetadata(m)
	})
}

func altered(s types.Struct, change func(types.Field) (types.Field, bool)) types.Struct {
	var out types.Struct
	for _, f := range s.Fields {
		if f, keep := change(f); keep {
			if inner, ok := f.Type.(types.Struct); ok {
				f.Type = altered(inner, change)
			}
			out.Fields = append(out.Fields, f)
		}
	}
	return out
}

// rename and drop are what ALTER TABLE does to a column, at any depth.
func (l *lake) rename(from, to string) {
	l.alter(func(f types.Field) (types.Field, bool) {
		if f.Name == from {
			f.Name = to
		}
		return f, true
	})
}

func (l *lake) drop(name string) {
	l.alter(func(f types.Field) (types.Field, bool) { return f, f.Name != name })
}

// A table with column mapping holds its rows under names that nobody chose, and gives them under those of today: also behind a
// renaming, also where a name has come back that another column had.
func TestMappedColumns(t *testing.T) {
	for _, mode := range []string{"name", "id"} {
		t.Run(mode, func(t *testing.T) {
			l := newLake(t)
			l.create("`the id` long, s struct<x: int, y: string>, l array<struct<z: int>>, p string", []string{"p"}, map[string]string{"delta.columnMapping.mode": mode})
			l.write("`the id` long, s struct<x: int, y: string>, l array<struct<z: int>>, p string", `{"the id":1,"s":{"x":1,"y":"a"},"l":[{"z":1}],"p":"u"}`, `{"the id":2,"p":"v"}`)
			l.rename("the id", "id")
			l.rename("y", "x2")
			l.rename("p", "part")
			l.drop("x")
			l.rename("x2", "x") // the name of what is gone
			l.write("id int, s struct<x: string>, l array<struct<z: long>>, part string", `{"id":3,"s":{"x":"b"},"l":[{"z":3}],"part":"u"}`)
			l.wantRows("all", l.read(nil), `{"id":1,"s":{"x":"a"},"l":[{"z":1}],"part":"u"} {"id":2,"part":"v"} {"id":3,"s":{"x":"b"},"l":[{"z":3}],"part":"u"}`)
			at := func(name string, v predicate.Value) predicate.Predicate {
				return predicate.Compare{Column: []string{name}, Op: predicate.Equal, Value: v}
			}
			l.wantRows("of a partition", l.read(at("part", "v"), "id"), `{"id":2}`)
			l.wantRows("by statistics", l.read(at("id", int64(3)), "id"), `{"id":3}`)
			for _, f := range l.files() {
				if strings.Contains(f.Stats, `"id"`) || len(f.PartitionValues) != 1 || f.PartitionValues["part"] != nil {
					t.Errorf("the log names the columns: %s, %v", f.Stats, f.PartitionValues)
				}
			}
			if schema := l.source(nil).Schema(); strings.Contains(string(types.ToJSON(schema)), "delta.") {
				t.Errorf("a query sees %s", types.ToJSON(schema))
			}
			opts := l.options(map[string]string{"mergeSchema": "true", "partitionOverwriteMode": "dynamic"})
			opts.Overwrite = true
			if _, err := Write(t.Context(), l.table, l.rows("id long, new int, part string", `{"id":4,"new":4,"part":"u"}`), opts); err != nil {
				t.Fatal(err)
			}
			l.wantRows("a partition overwritten", l.read(nil), `{"id":2,"part":"v"} {"id":4,"part":"u","new":4}`)
		})
	}
}

// Where the table allows it a write with mergeSchema widens its columns; files from before give the wider values.
func TestWritesWidenTypes(t *testing.T) {
	l := newLake(t)
	properties := map[string]string{"delta.enableTypeWidening": "true", "delta.feature.timestampNtz": "supported"}
	l.create("a smallint, b float, c decimal(4,1), d array<int>, e date, same int, p smallint", []string{"p"}, properties)
	l.write("a smallint, b float, c decimal(4,1), d array<int>, e date, same int, p smallint", `{"a":1,"b":1.1,"c":"123.4","d":[1,null],"e":"2026-01-31","same":1,"p":1}`)
	wide := "a bigint, b double, c decimal(7,3), d array<bigint>, e timestamp_ntz, same smallint, p int"
	row := `{"a":5000000000,"b":1.1,"c":"1234.567","d":[5000000000],"e":"2026-02-01T12:00:00","same":2,"p":100000}`
	if _, err := Write(t.Context(), l.table, l.rows(wide, row), l.options(nil)); err == nil {
		t.Error("without mergeSchema a value that does not fit is stored")
	}
	if _, err := Write(t.Context(), l.table, l.rows(wide, row), l.options(map[string]string{"mergeSchema": "true"})); err != nil {
		t.Fatal(err)
	}
	schema := schemaOf(t, "a bigint, b double, c decimal(7,3), d array<bigint>, e timestamp_ntz, same int, p int")
	if got := l.source(nil).Schema(); got.String() != schema.String() {
		t.Errorf("the table is %s, want %s", got, schema)
	}
	all := `{"a":1,"b":1.100000023841858,"c":123.400,"d":[1,null],"e":"2026-01-31T00:00:00.000","same":1,"p":1} ` +
		`{"a":5000000000,"b":1.1,"c":1234.567,"d":[5000000000],"e":"2026-02-01T12:00:00.000","same":2,"p":100000}`
	l.wantRows("both files", l.read(nil), all)
	for _, where := range []predicate.Predicate{
		predicate.Compare{Column: []string{"b"}, Op: predicate.Equal, Value: float64(float32(1.1))},
		predicate.Compare{Column: []string{"e"}, Op: predicate.Equal, Value: int64(1769817600000000)},
		predicate.Compare{Column: []string{"p"}, Op: predicate.Equal, Value: int64(1)},
	} {
		if got := l.read(where); !strings.Contains(got, `"a":1,`) {
			t.Errorf("%+v passes the older file over: %s", where, got)
		}
	}
	features := l.snapshot().Protocol()
	if !strings.Contains(strings.Join(features.Features(), " "), "typeWidening") {
		t.Errorf("the protocol is %+v", features)
	}
}

// A write that only arranges rows anew changes no data to who follows the table, and no columns.
func TestRearrangingWrites(t *testing.T) {
	l := newLake(t)
	l.write("n long", `{"n":1}`)
	l.write("n long", `{"n":2}`)
	q := l.tail(map[string]string{"startingVersion": "latest"}, nil)
	if got := q.batches(); got != "-" {
		t.Fatalf("at first: %s", got)
	}
	opts := l.options(map[string]string{"dataChange": "false"})
	opts.Overwrite = true
	if _, err := Write(t.Context(), l.table, l.rows("n long", `{"n":1}`, `{"n":2}`), opts); err != nil {
		t.Fatal(err)
	}
	if text := l.commitText(2); strings.Contains(text, `"dataChange":true`) || strings.Count(text, `"dataChange":false`) != 3 {
		t.Errorf("the version is %s", text)
	}
	if got := q.batches(); got != "-" {
		t.Errorf("the stream has %s", got)
	}
	l.wantRows("rows", l.read(nil), `{"n":1} {"n":2}`)
	opts = l.options(map[string]string{"dataChange": "false", "mergeSchema": "true"})
	if _, err := Write(t.Context(), l.table, l.rows("n long, m long", `{"n":1,"m":1}`), opts); !errors.Is(err, errclass.DeltaDataChangeFalse) {
		t.Errorf("with another column: %v", err)
	}
}

// Data files may hold the partition columns, too; the table reads as one without.
func TestPartitionColumnsInDataFiles(t *testing.T) {
	l := newLake(t)
	opts := l.options(map[string]string{"writePartitionColumns": "true"})
	opts.PartitionBy = []string{"p"}
	if _, err := Write(t.Context(), l.table, l.rows("n long, p string", `{"n":1,"p":"x"}`), opts); err != nil {
		t.Fatal(err)
	}
	l.wantRows("rows", l.read(nil), `{"n":1,"p":"x"}`)
	in, err := l.table.Store.Open(t.Context(), l.files()[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	file, err := parquetio.Open(in, in.Info().Size)
	if err != nil {
		t.Fatal(err)
	}
	if schema, err := file.Schema(); err != nil || schema.String() != "struct<n:bigint,p:string>" {
		t.Errorf("the file holds %s, %v", schema, err)
	}
}
