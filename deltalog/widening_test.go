package deltalog

import (
	"errors"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// The changes of the specification, and those that a write may make by itself.
func TestTypesThatMayBeWidened(t *testing.T) {
	all := "tinyint smallint int bigint float double decimal(10,2) decimal(12,2) decimal(12,4) decimal(10,0) decimal(11,1) decimal(20,0) decimal(21,0) date timestamp timestamp_ntz string"
	want := map[string]string{
		"tinyint":       "smallint int bigint | double decimal(12,2) decimal(10,0) decimal(11,1) decimal(20,0) decimal(21,0)",
		"smallint":      "int bigint | double decimal(12,2) decimal(10,0) decimal(11,1) decimal(20,0) decimal(21,0)",
		"int":           "bigint | double decimal(12,2) decimal(10,0) decimal(11,1) decimal(20,0) decimal(21,0)",
		"bigint":        "| decimal(20,0) decimal(21,0)",
		"float":         "double |",
		"decimal(10,2)": "decimal(12,2) decimal(12,4) |",
		"decimal(10,0)": "decimal(12,2) decimal(11,1) decimal(20,0) decimal(21,0) |",
		"decimal(11,1)": "decimal(12,2) |",
		"decimal(20,0)": "decimal(21,0) |",
		"date":          "timestamp_ntz |",
	}
	for from := range strings.FieldsSeq(all) {
		var evolves, widens []string
		for to := range strings.FieldsSeq(all) {
			a, b := parsedSchema(t, "x "+from).Fields[0].Type, parsedSchema(t, "x "+to).Fields[0].Type
			switch {
			case CanEvolve(a, b):
				evolves = append(evolves, to)
			case CanWiden(a, b) && from != to:
				widens = append(widens, to)
			}
		}
		got := strings.TrimSpace(strings.Join(evolves, " ") + " | " + strings.Join(widens, " "))
		if w := want[from]; got != w && (w != "" || got != "|") {
			t.Errorf("%s: %s, want %s", from, got, w)
		}
	}
}

// What changes is noted where the specification wants it: at the column, or at the field of the innermost struct, with the way into
// arrays and maps; and an older change stays.
func TestTypeChangesAreNoted(t *testing.T) {
	table := parsedSchema(t, "a smallint, b array<map<string, int>>, s struct<x: float, y: map<date, array<struct<z: tinyint>>>>, same int")
	once, changed := Evolve(table, parsedSchema(t, "A int, b array<map<string, bigint>>, s struct<x: double, y: map<timestamp_ntz, array<struct<z: int>>>>, same smallint, more int"), CanEvolve)
	twice, again := Evolve(once, parsedSchema(t, "a bigint"), CanEvolve)
	if !changed || !again {
		t.Error("no change was told")
	}
	want := `{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{"delta.typeChanges":[{"fromType":"short","toType":"integer"},{"fromType":"integer","toType":"long"}]}},` +
		`{"name":"b","type":{"type":"array","elementType":{"type":"map","keyType":"string","valueType":"long","valueContainsNull":true},"containsNull":true},"nullable":true,"metadata":{"delta.typeChanges":[{"fieldPath":"element.value","fromType":"integer","toType":"long"}]}},` +
		`{"name":"s","type":{"type":"struct","fields":[{"name":"x","type":"double","nullable":true,"metadata":{"delta.typeChanges":[{"fromType":"float","toType":"double"}]}},` +
		`{"name":"y","type":{"type":"map","keyType":"timestamp_ntz","valueType":{"type":"array","elementType":{"type":"struct","fields":[{"name":"z","type":"integer","nullable":true,"metadata":{"delta.typeChanges":[{"fromType":"byte","toType":"integer"}]}}]},"containsNull":true},"valueContainsNull":true},` +
		`"nullable":true,"metadata":{"delta.typeChanges":[{"fieldPath":"key","fromType":"date","toType":"timestamp_ntz"}]}}]},"nullable":true,"metadata":{}},{"name":"same","type":"integer","nullable":true,"metadata":{}}]}`
	if got := string(types.ToJSON(twice)); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	m := Metadata{}.WithSchema(twice)
	if err := m.checkTypeChanges(); err != nil {
		t.Error(err)
	}
	m.SchemaString = strings.Replace(m.SchemaString, `"fromType":"float","toType":"double"`, `"fromType":"string","toType":"double"`, 1)
	if err := m.checkTypeChanges(); !errors.Is(err, errclass.DeltaUnsupportedTypeChange) || !strings.Contains(err.Error(), "Field s.x was changed from STRING to DOUBLE") {
		t.Errorf("a change that there is not: %v", err)
	}
	if _, changed := Evolve(table, table, CanEvolve); changed {
		t.Error("the same rows change the table")
	}
}

// What statistics say of a column that was float leaves room for the digits that they do not tell.
func TestBoundsOfAColumnThatWasFloat(t *testing.T) {
	schema, _ := Evolve(parsedSchema(t, "x float"), parsedSchema(t, "x double"), CanEvolve)
	stats := ParseStats(`{"numRecords":1,"minValues":{"x":1.1},"maxValues":{"x":1.1},"nullCount":{"x":0}}`, schema)
	of, ok := stats.Column([]string{"x"})
	held := float64(float32(1.1))
	if low, high := of.Min.(float64), of.Max.(float64); !ok || low > held || high < held {
		t.Errorf("%v and %v do not hold %v", low, high, held)
	}
}
