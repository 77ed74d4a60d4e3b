package avroio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

func text(s string) []byte { return append(binary.AppendVarint(nil, int64(len(s))), s...) }

// fileOf is a file of one block.
func fileOf(schema string, noted map[string]string, records int64, data []byte) []byte {
	head := binary.AppendVarint([]byte(magic), int64(len(noted)+1))
	head = append(append(head, text("avro.schema")...), text(schema)...)
	for key, value := range noted {
		head = append(append(head, text(key)...), text(value)...)
	}
	head = append(append(head, 0), make([]byte, syncSize)...)
	head = binary.AppendVarint(binary.AppendVarint(head, records), int64(len(data)))
	return append(append(head, data...), make([]byte, syncSize)...)
}

func decoded(t *testing.T, ddl string, options map[string]string, file []byte) string {
	t.Helper()
	schema, err := types.ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for b, err := range decoderOf(t, schema, options).DecodeDocument(file) {
		if err != nil {
			return err.Error()
		}
		for i := range int(b.NumRows()) {
			var row []string
			for _, c := range b.Columns() {
				row = append(row, c.ValueStr(i))
			}
			rows = append(rows, strings.Join(row, "|"))
		}
	}
	return strings.Join(rows, ";")
}

// Old days and instants are those of the calendar that the file says, or else the option.
func TestOldDatesAreRebased(t *testing.T) {
	const schema = `{"type":"record","name":"r","fields":[{"name":"d","type":{"type":"int","logicalType":"date"}},
		{"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}},{"name":"m","type":["null",{"type":"long","logicalType":"timestamp-millis"}]},
		{"name":"l","type":{"type":"long","logicalType":"local-timestamp-micros"}}]}`
	const day = -141704 // 1582-01-01 in the Julian calendar
	data := binary.AppendVarint(nil, day)
	data = binary.AppendVarint(data, day*dayMicros)
	data = binary.AppendVarint(binary.AppendVarint(data, 1), day*dayMicros/1000)
	data = binary.AppendVarint(data, day*dayMicros)
	const kept = "1582-01-11|1582-01-11T00:00:00Z|1582-01-11T00:00:00Z|1582-01-11T00:00:00"
	const rebased = "1582-01-01|1582-01-01T00:00:00Z|1582-01-01T00:00:00Z|1582-01-11T00:00:00"
	for name, c := range map[string]struct {
		noted map[string]string
		mode  string
		want  string
	}{
		"as written":            {nil, "", kept},
		"by the option":         {nil, "LEGACY", rebased},
		"of old Spark":          {map[string]string{"org.apache.spark.version": "2.4.8"}, "", rebased},
		"of new Spark":          {map[string]string{"org.apache.spark.version": "3.5.1"}, "LEGACY", kept},
		"of new Spark, flagged": {map[string]string{"org.apache.spark.version": "3.5.1", "org.apache.spark.legacyDateTime": ""}, "CORRECTED", rebased},
		"of another zone": {
			map[string]string{"org.apache.spark.version": "2.4.8", "org.apache.spark.timeZone": "+01:00"},
			"",
			"1582-01-01|1582-01-01T00:00:00Z|1582-01-01T00:00:00Z|1582-01-11T00:00:00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			options := map[string]string{}
			if c.mode != "" {
				options["datetimeRebaseMode"] = c.mode
			}
			if got := decoded(t, "d date, t timestamp, m timestamp, l timestamp_ntz", options, fileOf(schema, c.noted, 1, data)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	d := decoderOf(t, types.Struct{Fields: []types.Field{{Name: "d", Type: types.Date}}}, map[string]string{"datetimeRebaseMode": "EXCEPTION"})
	if _, err := batch.Collect(d.DecodeDocument(fileOf(schema, nil, 1, data))); !errors.Is(err, errclass.ReadAncientDatetime) {
		t.Errorf("got %v", err)
	}
}

// An array or a map of which something is not read is rescued whole.
func TestFieldsWithinArraysAndMapsAreRescued(t *testing.T) {
	const schema = `{"type":"record","name":"r","fields":[{"name":"a","type":["null",{"type":"array","items":
		{"type":"record","name":"e","fields":[{"name":"x","type":"int"},{"name":"y","type":["null","string"]}]}}]},
		{"name":"m","type":{"type":"map","values":"e"}},{"name":"s","type":{"type":"record","name":"t","fields":[{"name":"m","type":{"type":"map","values":"e"}}]}}]}`
	element := func(x int64, y string) []byte {
		e := binary.AppendVarint(nil, x)
		if y == "" {
			return append(e, 0)
		}
		return append(append(e, 2), text(y)...)
	}
	entry := func(key string, e []byte) []byte { return append(append(append([]byte{2}, text(key)...), e...), 0) }
	row := func(y1, y2, y3 string) []byte {
		array := append(append(append([]byte{2, 4}, element(1, "")...), element(2, y1)...), 0)
		return bytes.Join([][]byte{array, entry("k", element(3, y2)), entry("l", element(4, y3))}, nil)
	}
	data := bytes.Join([][]byte{row("p", "", ""), row("", "q", "r"), row("", "", "")}, nil)
	got := decoded(t, "a array<struct<x:int>>, m map<string,struct<x:int>>, s struct<m:map<string,struct<x:int>>>, _rescued_data string",
		map[string]string{"rescuedDataColumn": "_rescued_data", "rescuedDataColumn.filePath.enabled": "false"}, fileOf(schema, nil, 3, data))
	const columns = `[{"x":1},{"x":2}]|[{"key":"k","value":{"x":3}}]|{"m":[{"key":"l","value":{"x":4}}]}|`
	want := columns + `{"a":[{"x":1,"y":null},{"x":2,"y":"p"}]};` + columns + `{"m":{"k":{"x":3,"y":"q"}},"s":{"m":{"l":{"x":4,"y":"r"}}}};` + columns + "(null)"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
