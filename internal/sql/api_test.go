package sql

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

func TestTableNames(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"t", []string{"t"}},
		{"a.`b-c`.d", []string{"a", "b-c", "d"}},
		{"delta.`/Volumes/a b/x`", []string{"delta", "/Volumes/a b/x"}},
		{" main . default . `x``y` ", []string{"main", "default", "x`y"}},
		{"a.select.1st", []string{"a", "select", "1st"}},
		{"", nil},
		{"a.", nil},
		{"a b", nil},
		{"a.b;", nil},
		{"`a", nil},
	} {
		got, err := ParseTableName(test.text)
		if !reflect.DeepEqual(got, test.want) || (err == nil) != (test.want != nil) {
			t.Errorf("ParseTableName(%q) = %q, %v; want %q", test.text, got, err, test.want)
		}
	}
}

func TestNamedExpressions(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"a AS b", "a AS b"},
		{"a b", "a AS b"},
		{"explode(x) AS (k, v)", "explode(x) AS (k, v)"},
		{"InvoiceLineItem.*", "InvoiceLineItem.*"},
		{"DeliveryAddress.City", "DeliveryAddress.City"},
		{"explode(InvoiceLineItems) as LineItem", "explode(InvoiceLineItems) AS LineItem"},
		{"TotalAmount * 0.02 as pts", "TotalAmount * 0.02BD AS pts"},
	} {
		e, err := ParseNamedExpression(test.text)
		if err != nil || Format(e) != test.want {
			t.Errorf("ParseNamedExpression(%q) = %v; want %q", test.text, err, test.want)
		}
	}
	if list, err := parseNamedExpressions("a, b AS c, *"); err != nil || len(list) != 3 {
		t.Errorf("a list of three: %v, %v", list, err)
	}
	if e, err := ParseNamedExpression("a, b"); err == nil {
		t.Errorf("two expressions read as %s", Format(e))
	}
}

func TestExpressionTakesTheWholeText(t *testing.T) {
	for _, text := range []string{"", "a b", "a;", "a AS b", "a,", "(a", "a)", "SELECT 1"} {
		if e, err := ParseExpression(text); err == nil {
			t.Errorf("ParseExpression(%q) = %s, want an error", text, Format(e))
		}
	}
}

// A script's statements end at semicolons, but not at those in strings, names and comments.
func TestScript(t *testing.T) {
	script := "-- first; comment\nUSE CATALOG main;\n\nSELECT ';' AS `;` /* ; */ FROM t;;\nSET a.b = it's;\nSELECT 2"
	statements, err := parseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range statements {
		got = append(got, Format(s))
	}
	want := []string{"USE CATALOG main", "SELECT ';' AS `;` FROM t", "SET a.b = `it's`", "SELECT 2"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := parseScript("SELECT 1;\nSELECT FROM"); err == nil || !strings.Contains(err.Error(), "line 2, pos 7") {
		t.Errorf("the fault's place is not in the script: %v", err)
	}
}

func TestSplit(t *testing.T) {
	for _, test := range []struct {
		text       string
		statements []string
		rest       string
	}{
		{"", nil, ""},
		{"SELECT 1", nil, "SELECT 1"},
		{"SELECT 1;", []string{"SELECT 1"}, ""},
		{"SELECT ';'; SELECT 2; SEL", []string{"SELECT ';'", " SELECT 2"}, " SEL"},
		{"SELECT 'open;\n", nil, "SELECT 'open;\n"},
		{"SELECT /* open;", nil, "SELECT /* open;"},
		{"SELECT 1 -- no; end\n;", []string{"SELECT 1 -- no; end\n"}, ""},
		{"SELECT # 1;", []string{"SELECT # 1"}, ""},
	} {
		statements, rest := Split(test.text)
		if !reflect.DeepEqual(statements, test.statements) || rest != test.rest {
			t.Errorf("Split(%q) = %q, %q; want %q, %q", test.text, statements, rest, test.statements, test.rest)
		}
	}
}

// Text that nests or goes on without end is refused soon, not followed into the ground.
func TestHostileTextIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"parentheses": "SELECT " + strings.Repeat("(", 100_000),
		"closed":      "SELECT " + strings.Repeat("(", 10_000) + "1" + strings.Repeat(")", 10_000),
		"subqueries":  "SELECT " + strings.Repeat("(SELECT ", 10_000) + "1" + strings.Repeat(")", 10_000),
		"mixed":       "SELECT " + strings.Repeat("((SELECT ", 5_000) + "1" + strings.Repeat(")+1)", 5_000),
		"from":        strings.Repeat("SELECT * FROM (", 10_000),
		"not":         "SELECT " + strings.Repeat("NOT ", 100_000) + "a",
		"minus":       "SELECT " + strings.Repeat("- ", 100_000) + "a",
		"plus":        "SELECT 1" + strings.Repeat(" + 1", 100_000),
		"union":       "SELECT 1" + strings.Repeat(" UNION SELECT 1", 100_000),
		"joins":       "SELECT * FROM t" + strings.Repeat(" JOIN t", 100_000),
		"types":       "SELECT CAST(a AS " + strings.Repeat("ARRAY<", 100_000) + "INT",
		"substring":   "SELECT " + strings.Repeat("substring(", 10_000) + "a",
		"explain":     strings.Repeat("EXPLAIN ", 100_000) + "SELECT 1",
		"cube":        "SELECT a FROM t GROUP BY CUBE(a" + strings.Repeat(", a", 100) + ")",
		"sets":        "SELECT a FROM t GROUP BY CUBE(a, b, c, d, e, f, g), CUBE(a, b, c, d, e, f, g)",
		"nested sets": "SELECT a FROM t GROUP BY " + strings.Repeat("GROUPING SETS (", 10_000),
		"like any":    "SELECT a" + strings.Repeat(" LIKE ANY ('x', 'y')", 100),
		"cluster by":  "SELECT a FROM t" + strings.Repeat(" CLUSTER BY (SELECT b FROM t", 100) + strings.Repeat(")", 100),
		"windows":     "SELECT " + strings.Repeat("f() OVER w, ", 3000) + "1 WINDOW w AS (ORDER BY a" + strings.Repeat(", a", 3000) + ")",
		"words":       "SELECT 1" + strings.Repeat(",1", 3_000_000),
		"deep parens": "SELECT " + strings.Repeat("(", 900_000) + "1" + strings.Repeat(")", 900_000),
		"size":        "SELECT '" + strings.Repeat("x", maxText) + "'",
	} {
		_, err := Parse(text)
		if !errors.Is(err, errclass.ParseSyntaxError) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Long lists and chains that people generate are read.
func TestLongTextIsRead(t *testing.T) {
	for name, text := range map[string]string{
		"in":       "SELECT a IN (1" + strings.Repeat(", 1", 100_000) + ")",
		"or":       "SELECT a = 1" + strings.Repeat(" OR a = 1", 5_000),
		"like any": "SELECT true" + strings.Repeat(" AND a LIKE ANY ('x', 'y', 'z')", 1000),
		"windows":  "SELECT " + strings.Repeat("f() OVER w, ", 1000) + "1 WINDOW w AS (ORDER BY a)",
		"patterns": "SELECT a LIKE ANY ('x'" + strings.Repeat(", 'x'", 10_000) + ")",
		"set":      strings.Repeat("SET a.b = 1; ", 10_000) + "SET a.b = 1",
		"values":   "VALUES (1, 'a')" + strings.Repeat(", (1, 'a')", 100_000),
	} {
		if _, err := parseScript(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Nodes know their place, so that the resolver's errors can point at it.
func TestPlaces(t *testing.T) {
	text := "SELECT a,\n  upper(b.c) FROM t"
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	project, _ := s.(*plan.Query).Relation.(*plan.Project)
	call, _ := project.Expressions[1].(*plan.UnresolvedFunction)
	column, _ := call.Args[0].(*plan.UnresolvedAttribute)
	table, _ := project.Input.(*plan.NamedTable)
	for _, test := range []struct {
		at   *plan.Span
		want string
	}{{call.At, "upper(b.c)"}, {column.At, "b.c"}, {table.At, "t"}} {
		if got := test.at.Text[test.at.Start:test.at.End]; got != test.want || test.at.Text != text {
			t.Errorf("the place is %q, want %q", got, test.want)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text := `SELECT StoreID, window.start, sum(TotalAmount * 0.02) AS points, count(DISTINCT CustomerCardNo)
		FROM invoices_bz JOIN stores USING (StoreID) WHERE CustomerType = 'PRIME' AND DeliveryAddress.State IN ('MH', 'KA')
		GROUP BY StoreID, window(CreatedTime, '10 minutes') HAVING points > 100 ORDER BY points DESC LIMIT 10`
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

// A statement on one line reads as before: the same tokens, without comments and breaks.
func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT 1 -- one\n+ 2;":             "SELECT 1 + 2;",
		"  SELECT\n\t'a  b'  /* x\ny */, c": "SELECT 'a  b' , c",
		"SELECT 'a\nb'":                     "SELECT 'a\nb'",
		"SELECT 'open":                      "SELECT 'open",
		"a.b(c)[0]::int":                    "a.b(c)[0]::int",
		"SELECT '--' -- '":                  "SELECT '--'",
		"":                                  "",
	} {
		if got := OneLine(text); got != want {
			t.Errorf("OneLine(%q) = %q, want %q", text, got, want)
		}
	}
}
