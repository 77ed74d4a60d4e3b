package types

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/errclass"
)

func TestDDLIsRead(t *testing.T) {
	for _, test := range []struct{ ddl, want string }{
		{"a int", "a INT"},
		{"a INTEGER, b LONG, c byte, d SHORT, e real", "a INT,b BIGINT,c TINYINT,d SMALLINT,e FLOAT"},
		{"\n  a string ,\n\n b\tdouble \n", "a STRING,b DOUBLE"},
		{"a: int, b: string", "a INT,b STRING"},
		{"a decimal, b dec(5), c numeric(7, 2)", "a DECIMAL(10,0),b DECIMAL(5,0),c DECIMAL(7,2)"},
		{"a string comment 'it''s'", "a STRING COMMENT 'it\\'s'"},
		{
			"a string, b struct<c: bigint, d: array<double>> not null comment 'it\\'s'",
			"a STRING,b STRUCT<c: BIGINT, d: ARRAY<DOUBLE>> NOT NULL COMMENT 'it\\'s'",
		},
		{"struct<a int, b:map<string,struct<>>>", "a INT,b MAP<STRING, STRUCT<>>"},
		{"`a b` int, `x``y` string", "`a b` INT,`x``y` STRING"},
		{"a varchar(10), b array<char(3)>", "a VARCHAR(10),b ARRAY<CHAR(3)>"},
		{"a interval, b interval day to second, c interval year, d interval day", "a INTERVAL,b INTERVAL DAY TO SECOND,c INTERVAL YEAR,d INTERVAL DAY"},
		{"a timestamp, b timestamp_ltz, c timestamp_ntz, d void", "a TIMESTAMP,b TIMESTAMP,c TIMESTAMP_NTZ,d VOID"},
		{"time timestamp, action string -- when and what", "time TIMESTAMP,action STRING"},
		{"a struct<b: int not null comment 'c'>", "a STRUCT<b: INT NOT NULL COMMENT 'c'>"},
		{"straße string, 1st int", "`straße` STRING,`1st` INT"},
	} {
		s, err := ParseDDL(test.ddl)
		if got := ToDDL(s); err != nil || got != test.want {
			t.Errorf("ParseDDL(%q) = %s, %v; want %s", test.ddl, got, err, test.want)
		}
	}
}

func TestDDLErrorsSayWhereAndWhat(t *testing.T) {
	for _, test := range []struct {
		ddl   string
		class errclass.Class
		text  string
	}{
		{"Id integr, name string", errclass.UnsupportedDatatype, "Unsupported data type \"INTEGR\". Did you mean `INTEGER`? (line 1, pos 3)"},
		{"a string\nb int", errclass.ParseSyntaxError, "at or near 'b'. (line 2, pos 0)"},
		{"a", errclass.ParseSyntaxError, "end of input"},
		{"", errclass.ParseSyntaxError, "end of input"},
		{"a int,", errclass.ParseSyntaxError, "end of input"},
		{"a array<int", errclass.ParseSyntaxError, "end of input"},
		{"a `int`", errclass.ParseSyntaxError, "'`int`'"},
		{"a decimal(39,2)", errclass.DecimalPrecision, "38"},
		{"a decimal(5,6)", errclass.DecimalScale, "(6)"},
		{"a int comment x", errclass.ParseSyntaxError, "'x'"},
		{"a interval second to day", errclass.UnsupportedDatatype, "INTERVAL SECOND TO DAY"},
		{"a interval month to day", errclass.UnsupportedDatatype, "INTERVAL MONTH TO DAY"},
		{"a char", errclass.DatatypeMissingSize, `"CHAR"(10)`},
		{"a foo(1,2)", errclass.UnsupportedDatatype, "FOO(1,2)"},
		{"a " + strings.Repeat("array<", 5000), errclass.ParseSyntaxError, "deeper"},
	} {
		_, err := ParseDDL(test.ddl)
		if !errors.Is(err, test.class) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("ParseDDL(%.60q) = %v; want class %s and text %q", test.ddl, err, test.class, test.text)
		}
	}
}

// A type inside an SQL text is read up to its end, and errors point into the whole text.
func TestTypeInsideText(t *testing.T) {
	text := "CAST(x AS array<array<int>>) + 1"
	typ, end, err := ParseTypeAt(text, 10)
	if err != nil || typ.String() != "array<array<int>>" || text[end:] != ") + 1" {
		t.Fatalf("got %v up to %q, %v", typ, text[end:], err)
	}
	_, _, err = ParseTypeAt("CAST(x AS itn)", 10)
	var located *errclass.Error
	if !errors.As(err, &located) || located.At.Start != 10 {
		t.Fatalf("error is not at the type: %v", err)
	}
}

// What ToDDL prints reads back as the same schema, comments included.
func TestDDLRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anySchema(3).Draw(t, "schema")
		got, err := ParseDDL(ToDDL(want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nread as %s, %v", ToDDL(want), ToDDL(got), err)
		}
	})
}

func FuzzParseDDL(f *testing.F) {
	f.Add("a string, b struct<c: bigint, d: array<double>> not null comment 'x'")
	f.Add("struct<`a``b`: map<int, decimal(10,2)>>")
	f.Add("a varchar(3) /* c */ -- d")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseDDL(text)
		if err != nil {
			_ = err.Error()
			return
		}
		if len(s.Fields) == 0 {
			return // struct<> has no column list
		}
		if again, err := ParseDDL(ToDDL(s)); err != nil || !reflect.DeepEqual(s, again) {
			t.Fatalf("%q printed as %q, which reads as %v, %v", text, ToDDL(s), again, err)
		}
	})
}

func TestUnescape(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{`plain`, "plain"},
		{`a\nb\tc\\d\'e\"f`, "a\nb\tc\\d'e\"f"},
		{`\u0041\U0001F600\101\0`, "A😀A\x00"},
		{`100\% \_`, `100\% \_`},
		{`\q\é`, "qé"},
		{`\u12`, "u12"},
		{`end\`, `end\`},
		{`it''s \''`, "it's ''"},
	} {
		if got := Unescape(test.body, '\''); got != test.want {
			t.Errorf("Unescape(%q) = %q, want %q", test.body, got, test.want)
		}
	}
}
