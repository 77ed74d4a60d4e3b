package interop

import (
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/types"
)

// The normal form tells apart what is not the same, or no comparison could fail.
func TestNormalFormTellsValuesApart(t *testing.T) {
	schema := ddl(t, "d double, f float, s string, b binary, n decimal(9,2), t timestamp, c timestamp_ntz, l array<int>, m map<string,int>, o struct<x: int>")
	seen := map[string]int{}
	for i, row := range []string{
		`{}`, `{"d":0}`, `{"d":1}`, `{"f":1}`, `{"s":""}`, `{"s":"null"}`, `{"s":"a"}`, `{"b":"YQ=="}`, `{"n":"1.00"}`, `{"n":"-0.01"}`,
		`{"t":"1970-01-01T00:00:00Z"}`, `{"c":"1970-01-01 00:00:00"}`, `{"t":"1970-01-01T00:00:00.000001Z"}`, `{"l":[]}`, `{"l":[null]}`, `{"l":[1,2]}`, `{"l":[2,1]}`,
		`{"m":[]}`, `{"m":[{"key":"a","value":null}]}`, `{"m":[{"key":"a","value":1}]}`, `{"o":{}}`, `{"o":{"x":1}}`,
	} {
		line := lineOf(t, schema, rowsOf(t, schema, row))
		if other, taken := seen[line]; taken {
			t.Errorf("rows %d and %d are both %s", other, i, line)
		}
		seen[line] = i
	}
}

// The two zeros differ, and every NaN is the same.
func TestNormalFormOfDoubles(t *testing.T) {
	schema := ddl(t, "d double")
	line := func(v float64) string {
		b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(schema))
		b.Field(0).(*array.Float64Builder).Append(v)
		return lineOf(t, schema, b.NewRecordBatch())
	}
	if line(0) == line(math.Copysign(0, -1)) || line(math.NaN()) != line(math.Float64frombits(0x7ff8000000000002)) {
		t.Error(line(0), line(math.Copysign(0, -1)), line(math.NaN()))
	}
}

// What a reader takes for another type is told.
func TestNormalFormRefusesOtherTypes(t *testing.T) {
	as, table := ddl(t, "x bigint"), ddl(t, "x int")
	if _, err := (&normal{}).lines(table, types.ToArrowSchema(as), []arrow.RecordBatch{rowsOf(t, as, `{"x":1}`)}); err == nil {
		t.Error("a bigint passed for an int")
	}
	if _, err := (&normal{}).lines(table, types.ToArrowSchema(ddl(t, "y int")), nil); err == nil {
		t.Error("a column y passed for x")
	}
}

func lineOf(t *testing.T, schema types.Struct, b arrow.RecordBatch) string {
	t.Helper()
	lines, err := (&normal{}).lines(schema, types.ToArrowSchema(schema), []arrow.RecordBatch{b})
	if err != nil || len(lines) != 1 {
		t.Fatal(lines, err)
	}
	return lines[0]
}
