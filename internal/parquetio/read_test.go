package parquetio

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/predicate"
	"lakehouse/internal/types"
)

// columns makes a schema of nullable columns: name, type, name, type, …
func columns(pairs ...any) types.Struct {
	var s types.Struct
	for i := 0; i < len(pairs); i += 2 {
		s.Fields = append(s.Fields, types.Field{Name: pairs[i].(string), Type: pairs[i+1].(types.Type), Nullable: true})
	}
	return s
}

// batchOf makes a batch of a JSON object a row.
func batchOf(t testing.TB, schema types.Struct, rows ...string) arrow.RecordBatch {
	t.Helper()
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, types.ToArrowSchema(schema),
		strings.NewReader("["+strings.Join(rows, ",")+"]"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rowsOf gives each row as JSON.
func rowsOf(t testing.TB, b arrow.RecordBatch) []string {
	t.Helper()
	text, err := b.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(text), []byte("[")), []byte("]"))
	return strings.Split(strings.TrimSpace(string(text)), "\n,")
}

// What a reader wants need not be what the file has: columns go by name, at every level, in any
// letter case; what is missing is null.
func TestReadWantedColumns(t *testing.T) {
	inner := columns("A", types.Long, "b", types.String, "gone", types.Double)
	schema := columns("ID", types.Integer, "point", inner, "list", types.Array{Element: inner, ContainsNull: true})
	data, _ := writeAll(t, schema, WriterOptions{}, batchOf(t, schema,
		`{"ID":1,"point":{"A":1,"b":"x","gone":0.5},"list":[{"A":2,"b":"y"},null]}`,
		`{"ID":2,"point":null,"list":null}`,
		`{"ID":3,"point":{"A":null},"list":[]}`,
	))
	tests := []struct {
		name string
		want types.Struct
		rows []string
	}{
		{"other order and case", columns("Point", columns("B", types.String), "id", types.Integer), []string{
			`{"Point":{"B":"x"},"id":1}`, `{"Point":null,"id":2}`, `{"Point":{"B":null},"id":3}`,
		}},
		{"missing columns", columns("id", types.Integer, "new", types.Array{Element: types.Date}), []string{
			`{"id":1,"new":null}`, `{"id":2,"new":null}`, `{"id":3,"new":null}`,
		}},
		{"missing fields alone", columns("point", columns("new", types.Long)), []string{
			`{"point":{"new":null}}`, `{"point":null}`, `{"point":{"new":null}}`,
		}},
		{"fields of elements", columns("list", types.Array{Element: columns("new", types.Long), ContainsNull: true}), []string{
			`{"list":[{"new":null},null]}`, `{"list":null}`, `{"list":[]}`,
		}},
		{"wider types", columns("id", types.Long, "point", columns("a", types.Decimal{Precision: 22, Scale: 2})), []string{
			`{"id":1,"point":{"a":"1"}}`, `{"id":2,"point":null}`, `{"id":3,"point":{"a":null}}`,
		}},
		{"no columns", types.Struct{}, []string{`{}`, `{}`, `{}`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := readAll(t, data, ReadOptions{Schema: test.want})
			if len(got) != 1 {
				t.Fatalf("%d batches", len(got))
			}
			if len(test.want.Fields) == 0 {
				if got[0].NumRows() != 3 {
					t.Fatalf("%d rows", got[0].NumRows())
				}
				return
			}
			for i, row := range rowsOf(t, got[0]) {
				if row != test.rows[i] {
					t.Errorf("row %d: got %s, want %s", i, row, test.rows[i])
				}
			}
		})
	}
}

// A type that loses something is refused before anything is read, with both types in the text.
func TestRefuseTypesThatDoNotConvert(t *testing.T) {
	schema := columns("l", types.Long, "s", types.String, "d", types.Decimal{Precision: 10, Scale: 2},
		"t", types.Struct{Fields: columns("x", types.Long).Fields})
	data, _ := writeAll(t, schema, WriterOptions{})
	tests := []struct {
		want types.Struct
		text string
	}{
		{columns("l", types.Integer), "Column l is INT64 in the file and cannot be read as INT."},
		{columns("l", types.Double), "Column l is INT64 in the file and cannot be read as DOUBLE."},
		{columns("s", types.Date), "Column s is BYTE_ARRAY (STRING) in the file and cannot be read as DATE."},
		{columns("d", types.Decimal{Precision: 10, Scale: 3}), "Column d is INT64 (DECIMAL(10,2)) in the file and cannot be read as DECIMAL(10,3)."},
		{columns("l", types.Decimal{Precision: 19}), "cannot be read as DECIMAL(19,0)"},
		{columns("t", columns("x", types.String)), "Column t.x is INT64 in the file and cannot be read as STRING."},
		{columns("t", types.String), "Column t is STRUCT<x: BIGINT> in the file and cannot be read as STRING."},
		{columns("l", columns("x", types.Long)), "Column l is BIGINT in the file and cannot be read as STRUCT<x: BIGINT>."},
	}
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		_, err := f.Pieces(ReadOptions{Schema: test.want})
		if !errors.Is(err, errclass.FailedReadFile) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: got %v, want %q", test.want, err, test.text)
		}
	}
}

func TestCaseSensitiveColumns(t *testing.T) {
	schema := columns("a", types.Long, "A", types.Long, "B", types.Long)
	data, _ := writeAll(t, schema, WriterOptions{}, batchOf(t, schema, `{"a":1,"A":2,"B":3}`))
	want := columns("A", types.Long, "b", types.Long)
	if got := rowsOf(t, readAll(t, data, ReadOptions{Schema: want, CaseSensitive: true})[0])[0]; got != `{"A":2,"b":null}` {
		t.Error(got)
	}
	if got := rowsOf(t, readAll(t, data, ReadOptions{Schema: want})[0])[0]; got != `{"A":2,"b":3}` {
		t.Error(got)
	}
	both := columns("x", columns("aa", types.Long, "AA", types.Long))
	data, _ = writeAll(t, both, WriterOptions{})
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Pieces(ReadOptions{Schema: columns("x", columns("Aa", types.Long))}); !errors.Is(err, errclass.AmbiguousReference) {
		t.Errorf("two columns of one name: %v", err)
	}
}

// Row groups that the predicate cannot hold in are not read; the others keep their positions.
func TestPiecesSkipRowGroups(t *testing.T) {
	schema := columns("n", types.Integer, "s", types.String, "f", types.Double, "d", types.Decimal{Precision: 20, Scale: 1},
		"p", columns("x", types.Timestamp), "u", types.Long)
	var rows []string
	for i := range 40 {
		rows = append(rows, fmt.Sprintf(`{"n":%d,"s":"s%02d","f":%d.5,"d":"%d.5","p":{"x":"1970-01-01T00:00:%02dZ"},"u":null}`, i, i, i-20, i-20, i))
	}
	data, _ := writeAll(t, schema, WriterOptions{RowGroupRows: 10}, batchOf(t, schema, rows...))
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	compare := func(op predicate.Op, v predicate.Value, column ...string) predicate.Predicate {
		return predicate.Compare{Column: column, Op: op, Value: v}
	}
	wanted := types.Struct{Fields: append(schema.Fields, types.Field{Name: "gone", Type: types.Long, Nullable: true})}
	tests := []struct {
		name  string
		where predicate.Predicate
		want  string
	}{
		{"all", nil, "0+40"},
		{"integer", compare(predicate.Equal, int64(17), "N"), "10+10"},
		{"two apart", predicate.Or{compare(predicate.Less, int64(3), "n"), compare(predicate.Greater, int64(35), "n")}, "0+10 30+10"},
		{"string", compare(predicate.GreaterOrEqual, "s25", "s"), "20+20"},
		{"double", compare(predicate.Greater, 15.0, "f"), "30+10"},
		{"decimal", compare(predicate.Less, decimal128.FromI64(-160), "d"), "0+10"},
		{"field", compare(predicate.Equal, int64(29_000_000), "p", "x"), "20+10"},
		{"all null", predicate.IsNull{Column: []string{"u"}, Not: true}, ""},
		{"no null", predicate.IsNull{Column: []string{"n"}}, ""},
		{"missing column", compare(predicate.Equal, int64(1), "gone"), ""},
		{"missing column is null", predicate.IsNull{Column: []string{"gone"}}, "0+40"},
		{"partition column", compare(predicate.Equal, int64(1), "day"), "0+40"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pieces, err := f.Pieces(ReadOptions{Schema: wanted, Where: test.where})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range pieces {
				p := p.(*Piece)
				got = append(got, fmt.Sprintf("%d+%d", p.FirstRow(), p.NumRows()))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}

// The schema comes back as it was written, with what Parquet itself cannot say.
func TestSchemaIsNoted(t *testing.T) {
	schema := types.Struct{Fields: []types.Field{
		{Name: "a", Type: types.Interval{From: types.Hour, To: types.Second}, Metadata: map[string]any{"comment": "how long"}},
		{Name: "b", Type: types.Map{Key: types.Short, Value: types.Decimal{Precision: 5, Scale: 5}, ValueContainsNull: true}, Nullable: true},
	}}
	data, _ := writeAll(t, schema, WriterOptions{})
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Schema()
	if err != nil || !types.Equal(got, schema) || got.Fields[0].Metadata["comment"] != "how long" {
		t.Fatalf("got %v, %v", got, err)
	}
	delete(f.footer.keyValues, rowMetadataKey)
	got, err = f.Schema()
	if want := "struct<a:bigint,b:map<smallint,decimal(5,5)>>"; err != nil || got.String() != want {
		t.Fatalf("inferred %v, %v, want %s", got, err, want)
	}
}

// Strings of a megabyte make small batches, lists of many elements as well.
func TestWideRowsMakeSmallBatches(t *testing.T) {
	schema := columns("s", types.String, "l", types.Array{Element: types.Byte})
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(schema))
	wide := strings.Repeat("x", 1<<20)
	for range 100 {
		b.Field(0).(*array.StringBuilder).Append(wide)
		list := b.Field(1).(*array.ListBuilder)
		list.Append(true)
		list.ValueBuilder().(*array.Int8Builder).AppendValues(make([]int8, 1<<15), nil)
	}
	data, _ := writeAll(t, schema, WriterOptions{}, b.NewRecordBatch())
	if got := readAll(t, data, ReadOptions{Schema: columns("s", types.String)}); len(got) < 2 {
		t.Errorf("100 MB of strings in %d batches", len(got))
	}
	if got := readAll(t, data, ReadOptions{Schema: columns("l", types.Array{Element: types.Byte})}); len(got) < 4 {
		t.Errorf("3 million elements in %d batches", len(got))
	}
}

// A file whose columns have no ids is not one whose columns are all missing.
func TestReadByIDsNeedsIDs(t *testing.T) {
	column := func(metadata map[string]any) types.Struct {
		return types.Struct{Fields: []types.Field{{Name: "a", Type: types.Long, Nullable: true, Metadata: metadata}}}
	}
	wanted := column(map[string]any{"delta.columnMapping.id": int64(7)})
	for _, test := range []struct {
		name    string
		written types.Struct
		want    types.Struct
		refused bool
	}{
		{"the id", column(map[string]any{fieldIDKey: int64(7)}), wanted, false},
		{"another id", column(map[string]any{fieldIDKey: int64(8)}), wanted, false},
		{"none", column(nil), wanted, true},
		{"none, and none asked for", column(nil), types.Struct{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			data, _ := writeAll(t, test.written, WriterOptions{}, randomBatch(test.written, 3, &rapidSource{state: 1, spread: 5}))
			f, err := Open(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err = f.Pieces(ReadOptions{Schema: test.want, Find: ByFieldID}); errors.Is(err, errclass.FailedReadFile) != test.refused {
				t.Errorf("got %v", err)
			}
		})
	}
}
