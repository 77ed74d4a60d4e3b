package delta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// demanding is the metadata of a table: columns by DDL, what Delta notes of some, and properties.
func demanding(t *testing.T, columns string, notes map[string]map[string]any, properties map[string]string) deltalog.Metadata {
	t.Helper()
	schema := ddl(t, columns)
	for i, f := range schema.Fields {
		if more := notes[f.Name]; more != nil {
			all := maps.Clone(more)
			maps.Copy(all, f.Metadata)
			schema.Fields[i].Metadata = all
		}
	}
	return deltalog.Metadata{Configuration: properties}.WithSchema(schema)
}

func enforcedJSON(t *testing.T, meta deltalog.Metadata, rows, json string, rewriting bool) (string, error) {
	t.Helper()
	have := ddl(t, rows)
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, types.ToArrowSchema(have), strings.NewReader(json))
	if err != nil {
		t.Fatal(err)
	}
	counter, err := newIdentity(meta)
	if err != nil {
		return "", err
	}
	eval := expr.Context{ANSI: true, TimeZone: time.UTC, Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	op, err := enforced(given{have, b}, meta, enforcement{Eval: eval, Identity: counter, Rewriting: rewriting})
	if err != nil {
		return "", err
	}
	var all []string
	for b, err := range op.Execute(context.Background(), 1)[0] {
		if err != nil {
			return "", err
		}
		text, err := b.MarshalJSON()
		if err != nil {
			return "", err
		}
		lines := strings.Join(strings.Split(strings.TrimSpace(string(text)), "\n"), "")
		all = append(all, strings.ReplaceAll(lines, " ", "·"))
	}
	return strings.Join(all, ""), nil
}

func generatedBy(text string) map[string]any { return map[string]any{KeyGeneration: text} }

func countedFrom(start, step int64, explicit bool) map[string]any {
	return map[string]any{KeyIdentityStart: start, KeyIdentityStep: step, KeyIdentityExplicit: explicit}
}

// What rows lack is filled as the table says; the answers are those of Delta.
func TestRowsAreFilled(t *testing.T) {
	tests := []struct {
		name, columns string
		notes         map[string]map[string]any
		rows, json    string
		want          string
	}{
		{"a generated column", "id int, y int", map[string]map[string]any{"y": generatedBy("id + 1")}, "id int", `[{"id":1},{"id":null}]`, `[{"id":1,"y":2},{"id":null,"y":null}]`},
		{"of columns behind it", "y string, id int", map[string]map[string]any{"y": generatedBy("concat('u', id)")}, "id int", `[{"id":7}]`, `[{"id":7,"y":"u7"}]`},
		{"a given one that is right", "id int, y int", map[string]map[string]any{"y": generatedBy("id + 1")}, "y int, id int", `[{"id":1,"y":2},{"id":null,"y":null}]`, `[{"id":1,"y":2},{"id":null,"y":null}]`},
		{"a default", "a int, b string", map[string]map[string]any{"b": {KeyCurrentDefault: "'x' || 'y'"}}, "a int", `[{"a":1}]`, `[{"a":1,"b":"xy"}]`},
		{"a default of another type", "a int, b bigint", map[string]map[string]any{"b": {KeyCurrentDefault: "5"}}, "a int", `[{"a":1}]`, `[{"a":1,"b":5}]`},
		{"given null is no default", "a int, b string", map[string]map[string]any{"b": {KeyCurrentDefault: "'x'"}}, "a int, b string", `[{"a":1,"b":null}]`, `[{"a":1,"b":null}]`},
		{"a generated column of a default", "a int, b int", map[string]map[string]any{"a": {KeyCurrentDefault: "5"}, "b": generatedBy("a * 2")}, "c int", `[{"c":1}]`, `[{"a":5,"b":10}]`},
		{"an identity column", "id bigint, v string", map[string]map[string]any{"id": countedFrom(1, 1, false)}, "v string", `[{"v":"a"},{"v":"b"}]`, `[{"id":1,"v":"a"},{"id":2,"v":"b"}]`},
		{"counting down", "id bigint, v string", map[string]map[string]any{"id": countedFrom(10, -3, true)}, "v string", `[{"v":"a"},{"v":"b"}]`, `[{"id":10,"v":"a"},{"id":7,"v":"b"}]`},
		{"given values by default", "id bigint, v string", map[string]map[string]any{"id": countedFrom(1, 1, true)}, "id bigint, v string", `[{"id":70,"v":"a"}]`, `[{"id":70,"v":"a"}]`},
		{
			"CHAR is padded", "c char(5), v varchar(3), s struct<a: char(2)>, l array<char(2)>, m map<varchar(2),char(2)>", nil, "c string, v string, s struct<a: string>, l array<string>",
			`[{"c":"ab","v":"x","s":{"a":"y"},"l":["z",null]},{"c":null}]`, `[{"c":"ab···","l":["z·",null],"m":null,"s":{"a":"y·"},"v":"x"},{"c":null,"l":null,"m":null,"s":null,"v":null}]`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := enforcedJSON(t, demanding(t, test.columns, test.notes, nil), test.rows, test.json, false)
			if err != nil || got != test.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

// Rows of the table's own keep the values of an identity column; rows that are new among them get one.
func TestRewrittenRowsKeepTheirIdentity(t *testing.T) {
	notes := countedFrom(1, 1, false)
	notes[KeyIdentityMark] = int64(9)
	meta := demanding(t, "id bigint, v string", map[string]map[string]any{"id": notes}, nil)
	got, err := enforcedJSON(t, meta, "id bigint, v string", `[{"id":4,"v":"a"},{"id":null,"v":"b"},{"id":5,"v":"c"},{"id":null,"v":"d"}]`, true)
	if want := `[{"id":4,"v":"a"},{"id":10,"v":"b"},{"id":5,"v":"c"},{"id":11,"v":"d"}]`; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// What rows break is named, with the values of the first row that breaks it. The texts are Delta's, except for dates and times, which Delta shows as numbers.
func TestRowsThatBreakADemandAreRefused(t *testing.T) {
	tests := []struct {
		name, columns string
		notes         map[string]map[string]any
		properties    map[string]string
		rows, json    string
		class         errclass.Class
		want          string
	}{
		{"NOT NULL", "a int not null, b int", nil, nil, "a int", `[{"a":1},{"a":null}]`, errclass.DeltaNotNullViolated, "NOT NULL constraint violated for column: a."},
		{"NOT NULL of a column that is missing", "a int not null, b int", nil, nil, "b int", `[{"b":1}]`, errclass.DeltaNotNullViolated, "NOT NULL constraint violated for column: a."},
		{"NOT NULL of a field", "s struct<x: int not null, y: int>", nil, nil, "s struct<x: int, y: int>", `[{"s":{"x":null,"y":2}}]`, errclass.DeltaNotNullViolated, "NOT NULL constraint violated for column: s.x."},
		{"NOT NULL of a field of null", "s struct<x: int not null, y: int>", nil, nil, "s struct<x: int, y: int>", `[{"s":null}]`, errclass.DeltaNotNullViolated, "NOT NULL constraint violated for column: s.x."},
		{"CHECK", "id int", nil, map[string]string{"delta.constraints.pos": "id > 0"}, "id int", `[{"id":1},{"id":-1},{"id":-2}]`, errclass.DeltaConstraintViolated, "CHECK constraint pos (id > 0) violated by row with values:\n - id : -1"},
		{"CHECK of null", "id int", nil, map[string]string{"delta.constraints.pos": "id > 0"}, "id int", `[{"id":null}]`, errclass.DeltaConstraintViolated, "CHECK constraint pos (id > 0) violated by row with values:\n - id : null"},
		{
			"CHECK of several columns", "d date, s struct<x: int>, n decimal(10,2), t string, b boolean", nil,
			map[string]string{"delta.constraints.other": "s . x < 10 AND d >= '2020-01-01' AND n <> 3 AND upper ( t ) = 'A' OR b"},
			"d date, s struct<x: int>, n decimal(10,2), t string, b boolean", `[{"d":"2014-01-01","s":{"x":1},"n":"1.50","t":"a","b":null}]`, errclass.DeltaConstraintViolated,
			"CHECK constraint other ((((s.x < 10) AND (d >= '2020-01-01')) AND ((NOT (n = 3)) AND (upper(t) = 'A'))) OR b) violated by row with values:\n - b : null\n - d : 2014-01-01\n - n : 1.50\n - s.x : 1\n - t : a",
		},
		{
			"a generated column", "ts date, y int",
			map[string]map[string]any{"y": generatedBy("year(ts)")},
			nil, "ts date, y int", `[{"ts":"2024-05-06","y":2023}]`, errclass.DeltaConstraintViolated,
			"CHECK constraint Generated Column (y <=> year(ts)) violated by row with values:\n - ts : 2024-05-06\n - y : 2023",
		},
		{
			"an invariant", "n int",
			map[string]map[string]any{"n": {keyInvariants: `{"expression":{"expression":"n > 3"}}`}},
			nil, "n int", `[{"n":3}]`, errclass.DeltaConstraintViolated,
			"CHECK constraint EXPRESSION((n > 3)) (n > 3) violated by row with values:\n - n : 3",
		},
		{"an invariant of another time", "n int", map[string]map[string]any{"n": {keyInvariants: `{"rule":1}`}}, nil, "n int", `[{"n":3}]`, errclass.DeltaUnrecognizedInvariant, "Unrecognized invariant"},
		{"VARCHAR", "v varchar(3)", nil, nil, "v string", `[{"v":"xxx"},{"v":"xxxx"}]`, errclass.DeltaExceedsLength, `Value "xxxx" exceeds char/varchar type length limitation. Failed check: ((v IS NULL) OR (length(v) <= 3)).`},
		{"CHAR", "v char(3)", nil, nil, "v string", `[{"v":"xxxx"}]`, errclass.DeltaExceedsLength, `Value "xxxx" exceeds char/varchar type length limitation. Failed check: ((v IS NULL) OR (length(v) <= 3)).`},
		{"VARCHAR in an array", "v array<varchar(3)>", nil, nil, "v array<string>", `[{"v":["xxxx"]}]`, errclass.DeltaExceedsLength, "exceeds char/varchar"},
		{"GENERATED ALWAYS AS IDENTITY", "id bigint, v int", map[string]map[string]any{"id": countedFrom(1, 1, false)}, nil, "id bigint, v int", `[{"id":1}]`, errclass.DeltaIdentityExplicit, "Providing values for GENERATED ALWAYS AS IDENTITY column id is not supported."},
		{"identity columns end", "id bigint, v int", map[string]map[string]any{"id": countedFrom(1<<63-3, 1, false)}, nil, "v int", `[{"v":1},{"v":1},{"v":1},{"v":1}]`, errclass.ArithmeticOverflow, "long overflow"},
		{"a column that is not there", "a int", nil, map[string]string{"delta.constraints.c": "b > 0"}, "a int", `[{"a":1}]`, errclass.DeltaUnsupportedWrite, "`b` cannot be resolved"},
		{"a function that is not there", "a int", nil, map[string]string{"delta.constraints.c": "frobnicate(a)"}, "a int", `[{"a":1}]`, errclass.DeltaUnsupportedWrite, "frobnicate"},
		{"a query", "a int", nil, map[string]string{"delta.constraints.c": "a IN (SELECT 1)"}, "a int", `[{"a":1}]`, errclass.DeltaUnsupportedWrite, "cannot be enforced"},
		{"no condition", "a int", nil, map[string]string{"delta.constraints.c": "a"}, "a int", `[{"a":1}]`, errclass.DeltaNonBooleanCheck, "CHECK constraint 'c' (a) should be a boolean expression."},
		{"an aggregate", "a int", nil, map[string]string{"delta.constraints.c": "sum(a) > 0"}, "a int", `[{"a":1}]`, errclass.DeltaUnsupportedWrite, "sum"},
		{"a window", "a int", nil, map[string]string{"delta.constraints.c": "row_number() OVER (ORDER BY a) > 0"}, "a int", `[{"a":1}]`, errclass.DeltaUnsupportedWrite, "row_number"},
		{"a generator", "a int", nil, map[string]string{"delta.constraints.c": "explode(array(true))"}, "a int", `[{"a":1}]`, errclass.DeltaUnsupportedWrite, "cannot be enforced"},
		{"no SQL", "a int", nil, map[string]string{"delta.constraints.c": "a > > 0"}, "a int", `[{"a":1}]`, errclass.DeltaUnsupportedWrite, "PARSE_SYNTAX_ERROR"},
		{"deep SQL", "a int", nil, map[string]string{"delta.constraints.c": strings.Repeat("(", 100_000) + "a" + strings.Repeat(")", 100_000)}, "a int", `[{"a":1}]`, errclass.DeltaUnsupportedWrite, "cannot be enforced"},
		{"a generated column of another", "a int, b int, c int", map[string]map[string]any{"b": generatedBy("a"), "c": generatedBy("b")}, nil, "a int", `[{"a":1}]`, errclass.UnsupportedGeneration, "cannot reference another generated column"},
		{"half an identity column", "id bigint", map[string]map[string]any{"id": {KeyIdentityStart: int64(1)}}, nil, "v int", `[{"v":1}]`, errclass.DeltaIdentityInconsistent, "true, false, false"},
		{"an identity column without steps", "id bigint", map[string]map[string]any{"id": countedFrom(1, 0, true)}, nil, "v int", `[{"v":1}]`, errclass.DeltaIdentityStep, "cannot be 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := enforcedJSON(t, demanding(t, test.columns, test.notes, test.properties), test.rows, test.json, false)
			if !errors.Is(err, test.class) || !strings.Contains(fmt.Sprint(err), test.want) {
				t.Errorf("got %s, %v\nwant %v %s", got, err, test.class, test.want)
			}
		})
	}
}

// A table that demands nothing does not pay.
func TestRowsOfATableWithoutDemandsPass(t *testing.T) {
	meta := demanding(t, "a int, b string", nil, nil)
	in := given{ddl(t, "a int, b string"), nil}
	op, err := enforced(in, meta, enforcement{})
	if _, same := op.(given); err != nil || !same {
		t.Errorf("got %T, %v", op, err)
	}
}
