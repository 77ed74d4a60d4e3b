package delta

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// Rows take the table's shape by the names of their columns and of the fields inside them, whatever the order they come in.
func TestRowsConformByName(t *testing.T) {
	tests := []struct{ name, rows, json, table, want string }{
		{"the same", "a int", `[{"a":1}]`, "a int", `[{"a":1}]`},
		{"another order", "b int, a int", `[{"b":1,"a":2}]`, "a int, b int", `[{"a":2,"b":1}]`},
		{"another letter case", "A int", `[{"A":1}]`, "a int", `[{"a":1}]`},
		{"a column less", "a int", `[{"a":1}]`, "a int, b string", `[{"a":1,"b":null}]`},
		{"wider", "a int", `[{"a":1}]`, "a bigint", `[{"a":1}]`},
		{"fields in another order", "s struct<b:int,a:int>", `[{"s":{"b":1,"a":2}}]`, "s struct<a:int,b:int>", `[{"s":{"a":2,"b":1}}]`},
		{"a field less", "s struct<b:int>", `[{"s":{"b":1}}]`, "s struct<a:int,b:int>", `[{"s":{"a":null,"b":1}}]`},
		{"fields of elements", "l array<struct<b:int,a:int>>", `[{"l":[{"b":1,"a":2},null]}]`, "l array<struct<a:int,b:int>>", `[{"l":[{"a":2,"b":1},null]}]`},
		{"only nullability inside", "s struct<a: int not null>", `[{"s":{"a":1}}]`, "s struct<a:int>", `[{"s":{"a":1}}]`},
		{"nullability beside another change", "s struct<a: int not null>, n int", `[{"s":{"a":1},"n":2}]`, "n bigint, s struct<a:int>", `[{"n":2,"s":{"a":1}}]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := conformedJSON(t, test.rows, test.json, test.table)
			if err != nil || got != test.want {
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

// A field that the table has no place for is not lost without a word.
func TestRowsThatDoNotFitAreRefused(t *testing.T) {
	tests := []struct {
		name, rows, json, table string
		want                    errclass.Class
	}{
		{"a field more", "s struct<a:int,c:int>", `[{"s":{"a":1,"c":2}}]`, "s struct<a:int,b:int>", errclass.DeltaSchemaMismatch},
		{"no cast", "a array<int>", `[{"a":[1]}]`, "a int", errclass.DatatypeMismatchCast},
		{"too great", "a bigint", `[{"a":3000000000}]`, "a int", errclass.CastOverflow},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := conformedJSON(t, test.rows, test.json, test.table)
			if !errors.Is(err, test.want) {
				t.Errorf("got %s, %v, want %v", got, err, test.want)
			}
		})
	}
}

func conformedJSON(t *testing.T, rows, json, table string) (string, error) {
	t.Helper()
	have, want := ddl(t, rows), ddl(t, table)
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, types.ToArrowSchema(have), strings.NewReader(json))
	if err != nil {
		t.Fatal(err)
	}
	op, err := conform(given{have, b}, want, expr.Context{TimeZone: time.UTC})
	if err != nil {
		return "", err
	}
	for b, err := range op.Execute(context.Background(), 1)[0] {
		if err != nil {
			return "", err
		}
		text, err := b.MarshalJSON()
		return strings.Join(strings.Fields(string(text)), ""), err
	}
	return "", nil
}

func ddl(t *testing.T, text string) types.Struct {
	t.Helper()
	schema, err := types.ParseDDL(text)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// given is an operator over one batch.
type given struct {
	schema types.Struct
	rows   arrow.RecordBatch
}

var _ exec.Operator = given{}

func (g given) Schema() types.Struct { return g.schema }

func (g given) Execute(context.Context, int) []batch.Seq { return []batch.Seq{batch.Of(g.rows)} }
