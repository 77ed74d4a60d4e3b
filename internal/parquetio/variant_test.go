package parquetio

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/internal/variant"
)

// variantRow is a variant of a column; nil: null.
func variantRow(a *array.Struct, i int) *variant.Value {
	if a.IsNull(i) {
		return nil
	}
	v := variant.New(a.Field(types.VariantMetadata).(*array.Binary).Value(i), a.Field(types.VariantValue).(*array.Binary).Value(i))
	return &v
}

// Variants that Spark 4.2 wrote are read as Spark reads them: whole ones byte for byte, and what it keeps in columns of
// their own.
func TestSparksVariantsAreRead(t *testing.T) {
	raw, err := os.ReadFile("testdata/variant.json")
	if err != nil {
		t.Fatal(err)
	}
	var answers map[string][]*struct{ Value, Metadata string }
	if err := json.Unmarshal(raw, &answers); err != nil {
		t.Fatal(err)
	}
	for name, want := range answers {
		data, err := os.ReadFile("testdata/variant-" + name + ".parquet")
		if err != nil {
			t.Fatal(err)
		}
		schema := columns("id", types.Integer, "v", types.Variant)
		rows := readAll(t, data, ReadOptions{Schema: schema})
		got := rows[0].Column(1).(*array.Struct)
		for i, w := range want {
			v := variantRow(got, i)
			if (v == nil) != (w == nil) {
				t.Fatalf("%s: row %d is null: %t", name, i, v == nil)
			}
			if v == nil {
				continue
			}
			metadata, value, err := v.Raw()
			if err != nil {
				t.Fatal(err)
			}
			if hex.EncodeToString(metadata) != w.Metadata || hex.EncodeToString(value) != w.Value {
				t.Errorf("%s, row %d:\n%x %x, want\n%s %s", name, i, metadata, value, w.Metadata, w.Value)
			}
		}
	}
}

// The schema that is read from a file of Spark's, or of ours, says that a column holds variants.
func TestVariantsAreToldFromStructs(t *testing.T) {
	data, _ := os.ReadFile("testdata/variant-unshredded.parquet")
	schema := columns("v", types.Variant, "l", types.Array{Element: types.Variant, ContainsNull: true})
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(schema))
	b.Field(0).AppendNull()
	b.Field(1).AppendNull()
	ours, stats := writeAll(t, schema, WriterOptions{}, b.NewRecordBatch())
	for name, file := range map[string][]byte{"spark": data, "ours": ours} {
		f, err := Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		inferred, err := inferFields(f.root)
		if err != nil {
			t.Fatal(err)
		}
		for _, column := range []string{"v", "l"} {
			if got := inferred.Fields[inferred.Index(column)].Type; !types.HasVariant(got) {
				t.Errorf("%s: column %s is %s", name, column, got)
			}
		}
	}
	for _, c := range stats.Columns {
		if c.Nulls != 1 || c.Min != nil || c.Max != nil || len(c.Path) != 1 {
			t.Errorf("statistics of %v: %+v", c.Path, c.ColumnStats)
		}
	}
}

// A struct that is no variant is not read as one.
func TestStructsThatAreNoVariantsAreRefused(t *testing.T) {
	for _, field := range []types.Struct{
		columns("value", types.Binary), columns("value", types.Binary, "metadata", types.String),
		columns("value", types.Binary, "metadata", types.Binary, "more", types.Integer),
		columns("metadata", types.Binary, "typed_value", types.Map{Key: types.String, Value: types.Integer}),
	} {
		for i := range field.Fields {
			field.Fields[i].Nullable = false
		}
		schema := columns("v", field)
		data, _ := writeAll(t, schema, WriterOptions{})
		f, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Pieces(ReadOptions{Schema: columns("v", types.Variant)})
		if !errors.Is(err, errclass.InvalidVariantFile) && !errors.Is(err, errclass.InvalidVariantShredding) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// appendVariant appends a random variant.
func appendVariant(b *array.StructBuilder, rnd *rapidSource) {
	var v variant.Builder
	v.Reset()
	o := v.Start()
	v.Key(o, []byte(rnd.text()))
	v.Long(int64(rnd.next()))
	v.Key(o, []byte("list of "+rnd.text()))
	inner := v.Start()
	for range rnd.n(4) {
		v.Element(inner)
		v.String([]byte(rnd.text()))
	}
	v.EndArray(inner)
	if err := v.EndObject(o); err != nil {
		panic(err)
	}
	b.Append(true)
	b.FieldBuilder(types.VariantMetadata).(*array.BinaryBuilder).Append(v.Metadata())
	b.FieldBuilder(types.VariantValue).(*array.BinaryBuilder).Append(v.Data())
}

func TestShreddedVariantsPrint(t *testing.T) {
	data, _ := os.ReadFile("testdata/variant-typed.parquet")
	rows := readAll(t, data, ReadOptions{Schema: columns("v", types.Variant)})
	got, err := variantRow(rows[0].Column(0).(*array.Struct), 1).JSON(time.UTC)
	want := `{"arr":[2,3],"b":true,"big":20000000000,"bin":"Af8=","d":"2024-01-03","db":0.6666666666666666,"dec":2,"f":2.0,"i":2,` +
		`"ntz":"2024-01-01 10:00:00","o":{"p":2,"q":[{"r":2}]},"str":"2","ts":"2024-01-03 00:00:00+00:00"}`
	if err != nil || got != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}
