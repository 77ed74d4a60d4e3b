package medallion

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A skippedColumn is a column whose statistics say which files are passed over, and values at the edges of its type.
type skippedColumn struct {
	name, sqlType string
	values        []string
	partition     bool // files can lie in folders by it
}

// longTexts are longer than what statistics keep: of a maximum a prefix is kept with a character behind it that is greater than the rest.
func longTexts() []string {
	x := strings.Repeat("x", 31)
	highest := "repeat(CAST(unhex('F48FBFBF') AS STRING), %d)"
	return []string{
		"''", "'a'", "'" + x + "'", "'" + x + "x'", "'" + x + "xa'", "'" + x + "xb'", "'" + x + "é'", "repeat('é', 40)", "repeat('😀', 33)", "repeat('😀', 32)",
		"repeat('\u007f', 32) || 'a'", "concat('" + x + "', " + fmt.Sprintf(highest, 5) + ")", fmt.Sprintf(highest, 40), "'a ' || repeat('\uffff', 40)", "'NaN'",
	}
}

func skippedColumns() []skippedColumn {
	times := []string{
		"0001-01-01 00:00:00", "1582-10-04 12:00:00", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "2024-03-10 08:30:00.000001", "2024-03-10 08:30:00.000999",
		"2024-03-10 08:30:00.001", "2024-11-03 06:30:00.1239", "9999-12-31 12:00:00.999999",
	}
	literals := func(kind string) (out []string) {
		for _, at := range times {
			out = append(out, kind+"'"+at+"'")
		}
		return out
	}
	floats := func(kind string) []string {
		out := []string{kind + "('NaN')", kind + "('-0.0')", kind + "('0.0')", kind + "('Infinity')", kind + "('-Infinity')"}
		for _, v := range []string{"0.1", "1.5", "-2.25", "16777217", "1e38", "-1e-40"} {
			out = append(out, kind+"('"+v+"')")
		}
		return out
	}
	return []skippedColumn{
		{"b", "BOOLEAN", []string{"true", "false"}, true},
		{"i1", "TINYINT", []string{"-128Y", "0Y", "5Y", "127Y"}, true},
		{"i4", "INT", []string{"-2147483648", "0", "5", "2147483647"}, true},
		{"i8", "BIGINT", []string{"-9223372036854775807L", "0L", "9007199254740993L", "9223372036854775807L"}, true},
		{"f4", "FLOAT", floats("float"), true},
		{"f8", "DOUBLE", append(floats("double"), "1e308D", "4.9e-324D"), true},
		{"d9", "DECIMAL(9,2)", []string{"-9999999.99BD", "0.00BD", "0.01BD", "1234567.89BD"}, true},
		{"d38", "DECIMAL(38,10)", []string{"1234567890123456789012345678.0123456789BD", "1234567890123456789012345678.0123456790BD", "-0.0000000001BD", "9007199254740993.0000000000BD"}, true},
		{"dt", "DATE", []string{"DATE'0001-01-01'", "DATE'1582-10-15'", "DATE'1969-12-31'", "DATE'2024-02-29'", "DATE'9999-12-31'"}, true},
		{"ts", "TIMESTAMP", literals("TIMESTAMP"), true},
		{"ntz", "TIMESTAMP_NTZ", literals("TIMESTAMP_NTZ"), true},
		{"s", "STRING", longTexts()[1:], true}, // an empty text is null in a partition
		{"bin", "BINARY", []string{"X''", "X'00'", "X'80FF'"}, false},
		{"arr", "ARRAY<INT>", []string{"array()", "array(1, null)", "array(2)"}, false},
		{"st.a", "INT", []string{"-1", "0", "7"}, false},
		{"st.in.at", "TIMESTAMP", literals("TIMESTAMP"), false},
		{"st.in.t", "STRING", longTexts(), false},
		{"st.in.d", "DECIMAL(20,4)", []string{"9007199254740993.0001BD", "-1.5000BD", "9007199254740993.0002BD"}, false},
	}
}

// skipping is a table with statistics, and one without that has the same rows.
type skipping struct {
	*rapid.T
	desk    desk
	columns []skippedColumn
	done    []string
}

// value is one of a column, or null.
func (r *skipping) value(c skippedColumn) string {
	if rapid.IntRange(0, 4).Draw(r.T, "null") == 0 {
		return "CAST(NULL AS " + c.sqlType + ")"
	}
	return rapid.SampledFrom(c.values).Draw(r.T, c.name)
}

func (r *skipping) row(id int) string {
	values := map[string]string{}
	for _, c := range r.columns {
		values[c.name] = r.value(c)
	}
	fields := []string{fmt.Sprint(id)}
	for _, c := range r.columns {
		if !strings.Contains(c.name, ".") {
			fields = append(fields, values[c.name])
		}
	}
	in := fmt.Sprintf("named_struct('at', %s, 't', %s, 'd', %s)", values["st.in.at"], values["st.in.t"], values["st.in.d"])
	if rapid.IntRange(0, 5).Draw(r.T, "inner null") == 0 {
		in = "null"
	}
	st := fmt.Sprintf("named_struct('a', %s, 'in', %s)", values["st.a"], in)
	if rapid.IntRange(0, 5).Draw(r.T, "outer null") == 0 {
		st = "null"
	}
	return "(" + strings.Join(append(fields, st), ", ") + ")"
}

// both does to both tables what %s of a statement names.
func (r *skipping) both(statement string) {
	for _, table := range []string{"skipped", "plain"} {
		if _, err := r.desk.SQL(r.desk.Context(), fmt.Sprintf(statement, table)); err != nil {
			r.Fatalf("%s: %v", statement, err)
		}
	}
	r.done = append(r.done, statement)
}

func (r *skipping) answer(query string) string {
	frame, err := r.desk.SQL(r.desk.Context(), query)
	if err != nil {
		r.Fatalf("%s: %v", query, err)
	}
	rows, err := frame.Collect(r.desk.Context())
	if err != nil {
		r.Fatalf("%s: %v", query, err)
	}
	for _, row := range rows {
		for i, v := range row.Values {
			if v == float32(0) || v == float64(0) {
				row.Values[i] = 0 // the least of -0.0 and 0.0 is the one that came first
			}
		}
	}
	return fmt.Sprint(rows)
}

func (r *skipping) condition(depth int) string {
	if depth > 0 && rapid.IntRange(0, 2).Draw(r.T, "joined") == 0 {
		text := r.condition(depth-1) + rapid.SampledFrom([]string{" AND ", " OR "}).Draw(r.T, "by") + r.condition(depth-1)
		if rapid.Bool().Draw(r.T, "negated") {
			return "NOT (" + text + ")"
		}
		return "(" + text + ")"
	}
	c := rapid.SampledFrom(r.columns).Draw(r.T, "column")
	literal := func() string { return rapid.SampledFrom(c.values).Draw(r.T, "literal") }
	forms := []string{"= ", "<> ", "< ", "<= ", "> ", ">= ", "<=> ", "IS NULL", "IS NOT NULL", "IN", "NOT IN", "BETWEEN", "<=> null"}
	if c.sqlType == "STRING" {
		forms = append(forms, "LIKE")
	}
	switch form := rapid.SampledFrom(forms).Draw(r.T, "form"); form {
	case "IS NULL", "IS NOT NULL", "<=> null":
		return c.name + " " + form
	case "IN", "NOT IN":
		return fmt.Sprintf("%s %s (%s, %s)", c.name, form, literal(), literal())
	case "BETWEEN":
		return fmt.Sprintf("%s BETWEEN %s AND %s", c.name, literal(), literal())
	case "LIKE":
		return fmt.Sprintf("startswith(%s, left(%s, %d))", c.name, literal(), rapid.SampledFrom([]int{1, 31, 32, 33}).Draw(r.T, "prefix"))
	default:
		return c.name + " " + form + literal()
	}
}

// Whichever files the statistics and partition values of a checkpoint let a query pass over, its rows are those of a table without any;
// and least, greatest and counts of the log are those of the rows. The statistics are texts, values, both or none.
func TestStatisticsOfCheckpointsLoseNoRow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		disk := volumestest.NewMemory()
		zone := rapid.SampledFrom([]string{"UTC", "America/Chicago", "Asia/Kolkata"}).Draw(rt, "zone")
		session := func() desk {
			s, err := NewSession(Options{Space: volumes.NewSpaceOn(disk), Conf: map[string]string{confWorkers: "1", confTimeZone: zone}})
			if err != nil {
				rt.Fatal(err)
			}
			return desk{t, s}
		}
		r := &skipping{T: rt, desk: session(), columns: skippedColumns()}
		r.fill()
		r.desk.Close()
		r.desk = session() // which knows the tables by their checkpoints
		defer r.desk.Close()
		r.compare()
	})
}

// fill makes the tables, of some files each, from some of which rows have been deleted.
func (r *skipping) fill() {
	var columns []string
	by := []string{""}
	for _, c := range r.columns {
		if !strings.Contains(c.name, ".") {
			columns = append(columns, c.name+" "+c.sqlType)
		}
		if c.partition {
			by = append(by, "PARTITIONED BY ("+c.name+")")
		}
	}
	all := "id INT, " + strings.Join(columns, ", ") + ", st STRUCT<a: INT, in: STRUCT<at: TIMESTAMP, t: STRING, d: DECIMAL(20,4)>>"
	flag := func(name string) string { return fmt.Sprint(rapid.Bool().Draw(r.T, name)) }
	properties := fmt.Sprintf("'delta.checkpointInterval'='1', 'delta.checkpoint.writeStatsAsStruct'='%s', 'delta.checkpoint.writeStatsAsJson'='%s', 'delta.enableDeletionVectors'='%s', 'delta.columnMapping.mode'='%s', 'delta.checkpointPolicy'='%s'",
		flag("as struct"), flag("as JSON"), flag("vectors"), rapid.SampledFrom([]string{"none", "name"}).Draw(r.T, "mapping"), rapid.SampledFrom([]string{"classic", "v2"}).Draw(r.T, "policy"))
	for _, statement := range []string{
		"CREATE TABLE skipped (" + all + ") " + rapid.SampledFrom(by).Draw(r.T, "by") + " TBLPROPERTIES (" + properties + ")",
		"CREATE TABLE plain (" + all + ") TBLPROPERTIES ('delta.dataSkippingNumIndexedCols'='0')",
	} {
		if _, err := r.desk.SQL(r.desk.Context(), statement); err != nil {
			r.Fatalf("%s: %v", statement, err)
		}
		r.done = append(r.done, statement)
	}
	id := 0
	for range rapid.IntRange(1, 3).Draw(r.T, "writes") {
		var rows []string
		for range rapid.IntRange(1, 4).Draw(r.T, "rows") {
			rows = append(rows, r.row(id))
			id++
		}
		r.both("INSERT INTO %s VALUES " + strings.Join(rows, ", "))
	}
	if rapid.Bool().Draw(r.T, "delete") {
		r.both(fmt.Sprintf("DELETE FROM %%s WHERE id %%%% 3 = %d", rapid.IntRange(0, 2).Draw(r.T, "rest")))
	}
}

// compare asks both tables.
func (r *skipping) compare() {
	same := func(query string) {
		r.Helper()
		if got, want := r.answer(strings.ReplaceAll(query, "TABLE", "skipped")), r.answer(strings.ReplaceAll(query, "TABLE", "plain")); got != want {
			r.Fatalf("%s\nafter %s\ngot  %s\nwant %s", query, strings.Join(r.done, ";\n"), got, want)
		}
	}
	for range 6 {
		same("SELECT id FROM TABLE WHERE " + r.condition(2) + " ORDER BY id")
	}
	for range 3 {
		c := rapid.SampledFrom(r.columns).Draw(r.T, "of")
		if c.sqlType == "ARRAY<INT>" {
			same("SELECT count(*), count(arr) FROM TABLE")
			continue
		}
		same(fmt.Sprintf("SELECT count(*), count(%[1]s), min(%[1]s), max(%[1]s) FROM TABLE", c.name))
		same(fmt.Sprintf("SELECT max(%s) FROM TABLE WHERE %s", c.name, r.condition(0)))
	}
}
