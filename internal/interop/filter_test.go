package interop

import (
	"strings"
	"testing"
)

// A filter is a condition in the SQL that all share, or in the words of those that have others. "-" is one that a
// reader cannot be asked.
type filter struct {
	where   string
	dialect map[string]string
	own     bool // readers differ in what it means: each is held against itself alone
}

// instantFilter compares a timestamp; how an instant is written is every reader's own.
func instantFilter(op, text string) filter {
	return filter{
		where: "c_timestamp " + op + " cast('" + text + "Z' as timestamp)",
		dialect: map[string]string{
			"DuckDB":     "c_timestamp " + op + " cast('" + text + "+00' as timestamptz)",
			"ClickHouse": "c_timestamp " + op + " toDateTime64('" + text + "', 6, 'UTC')",
			"Polars":     "-", // it casts to a time without zone, which it does not compare
		},
	}
}

func dayFilter(op, text string) filter {
	return filter{
		where:   "c_date " + op + " cast('" + text + "' as date)",
		dialect: map[string]string{"ClickHouse": "c_date " + op + " toDate32('" + text + "')"},
	}
}

func filters() []filter {
	same := []string{
		"c_boolean = true", "c_byte = 127", "c_short < 0", "c_int = 0", "c_int > 2147483646", "c_int < 0",
		"c_long = 9007199254740993", "c_long >= 9223372036854775807", "c_dec9 > 0", "c_dec38 < 0", "c_dec38_0 > 1", "c_dec1 = 9", "c_dec10 < 0",
		"c_string = ''", "c_string > 'long'", "c_string < 'a'", "c_string >= '😀'", "c_string = '" + strings.Repeat("😀", 40) + "'",
		"c_string = '" + strings.Repeat("x", 31) + "😀y'", "c_string >= '" + strings.Repeat("\U0010FFFF", 69) + "'",
		"c_string = '" + strings.Repeat("long ", 20) + "'", "c_string > '" + strings.Repeat("\x7f", 39) + "'", "c_string like 'long%'",
		"c_string is null", "c_double is not null", "c_timestamp is null", "c_int is null or c_int = 1",
	}
	var all []filter
	for _, where := range same {
		all = append(all, filter{where: where})
	}
	for _, where := range []string{"c_double = 0", "c_double > 0", "c_double < 0", "c_double >= 1e308", "c_double > 10000000", "c_double <> 0", "c_float > 1e38", "c_float <= 0", "c_float = 0"} {
		all = append(all, filter{where: where, own: true}) // is NaN above all, or nothing; is -0 0
	}
	return append(
		all,
		dayFilter("<", "1900-01-01"), dayFilter("=", "1969-12-31"), dayFilter(">", "9999-12-30"),
		instantFilter("=", "2000-02-29 00:00:00.123456"), instantFilter(">", "1970-01-01 00:00:00.000999"), instantFilter("<", "1970-01-01 00:00:00.000000"),
		instantFilter(">=", "2200-12-31 00:00:00.999999"),
		filter{where: "a is null", dialect: map[string]string{"ClickHouse": "-"}},
		filter{where: "a is not null", dialect: map[string]string{"ClickHouse": "-"}},
		filter{where: "s.x > 0"}, filter{where: "s.x is null"}, filter{where: "s.y = 'a'"},
	)
}

// Statistics only skip what a condition excludes: each reader finds the same rows in a table of many small files, where
// it skips most, as in one of a single file, where it cannot; and the rows that we find.
func theyFilterOurs(t *testing.T, peers []*peer) {
	l := newLake(t)
	schema := ddl(t, plainTypes+", a array<int>, s struct<x: int, y: string>")
	rows := seeded(40).batch(schema, 0, 90)
	var many reading
	one := reading{path: l.write("one", schema, rows)}
	for from := int64(0); from < rows.NumRows(); {
		to := min(from+1+from%3, rows.NumRows()) // one, two or three rows
		many.path = l.write("many", schema, rows.NewSlice(from, to))
		from = to
	}
	for _, p := range peers {
		if p.name == "PyArrow" { // filters in its own words, not SQL
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for i, f := range filters() {
				if p.name == "Spark" && i%3 != 0 { // its queries take as long as those of all others together
					continue
				}
				t.Run(f.where, func(t *testing.T) {
					many, one := many, one
					many.where, many.dialect, one.where, one.dialect = f.where, f.dialect, f.where, f.dialect
					if many.filterOf(p.name) == "-" {
						return
					}
					l.filtered(t, p, many, one, f.own)
				})
			}
		})
	}
}

func (l *lake) filtered(t *testing.T, p *peer, many, one reading, own bool) {
	t.Helper()
	schema, have, batches, err := l.read(t, many)
	if err != nil {
		t.Fatal("we:", err)
	}
	lines := func(at reading) []string {
		t.Helper()
		have, batches, _, err := p.read(at)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := (&normal{limits: p.limits}).lines(schema, have, batches)
		if err != nil {
			t.Fatal(err)
		}
		return lines
	}
	skipped, whole := lines(many), lines(one)
	if diff := difference(skipped, whole); diff != "" {
		t.Fatalf("of many files (ours) %s finds other rows than of one (theirs): %s", p.name, diff)
	}
	n := normal{limits: p.limits}
	ours, err := n.lines(schema, have, batches)
	if err != nil {
		t.Fatal(err)
	}
	if diff := difference(ours, skipped); diff != "" && !own {
		t.Fatalf("%s finds %d rows, we %d: %s", p.name, len(skipped), len(ours), diff)
	}
	if len(ours) == 0 {
		t.Fatal("no row tells whether the filter works")
	}
	p.tally.add(many, schema, len(skipped), n.cells)
}
