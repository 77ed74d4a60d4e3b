package zoo

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"lakehouse/internal/errclass"
)

const jsonSchema = "n bigint, i int, f double, m decimal(10,2), s string, b boolean, t timestamp, a array<int>, o struct<x: int>, _corrupt_record string"

// A jsonCase is a text that is JSON, is not, or may be taken either way: the name tells which by its first letter, and for
// the last what was decided by its second word.
type jsonCase struct{ name, text string }

// jsonCases stand as a value of a field that the schema lacks, of one that is a string, and as one in an array.
var jsonCases = []jsonCase{
	{"y_null", `null`},
	{"y_numbers", `[0, -0, 1.5, -2.25e-3, 1E+9, 9e99, 123456789012345678901234567890]`},
	{"y_literals", `[true,false,null]`},
	{"y_blanks", " [ \t1 ,\t{ } ] "},
	{"y_empty_names", `{"":{"":[]}}`},
	{"y_same_name_twice", `{"k":1,"k":"two"}`},
	{"y_escapes", `"\"\\\/\b\f\n\r\t\u0041\u00e9"`},
	{"y_escaped_nul", `"\u0000"`},
	{"y_surrogate_pair", `"\uD83E\uDD84"`},
	{"y_astral", "\"🦄\U0010FFFF\""},
	{"y_delete_and_separators", "\"\x7f\u2028\u2029\u0085\""},
	{"y_escaped_noncharacter", `"\uFFFE\uFDD0"`},
	{"y_looks_like_a_comment", `"/* not */ // one"`},
	{"y_nested_999", strings.Repeat("[", 900) + strings.Repeat("]", 900)},
	{"n_nothing", ``},
	{"n_comma_at_the_end", `[1,]`},
	{"n_comma_at_the_start", `[,1]`},
	{"n_two_commas", `[1,,2]`},
	{"n_comma_alone", `,`},
	{"n_comma_in_an_object", `{"a":1,}`},
	{"n_colon_twice", `{"a"::1}`},
	{"n_colon_missing", `{"a" 1}`},
	{"n_value_missing", `{"a":}`},
	{"n_name_missing", `{:1}`},
	{"n_name_no_string", `{1:1}`},
	{"n_name_bare", `{a:1}`},
	{"n_string_not_closed", `"abc`},
	{"n_list_not_closed", `[1,2`},
	{"n_object_not_closed", `{"a":{"b":1}`},
	{"n_brackets_crossed", `[{]}`},
	{"n_closed_twice", `[1]]`},
	{"n_two_values", `1 2`},
	{"n_letters_behind", `[1]x`},
	{"n_capital_literal", `True`},
	{"n_half_literal", `nul`},
	{"n_longer_literal", `nulls`},
	{"n_plus", `+1`},
	{"n_minus_alone", `-`},
	{"n_two_minuses", `--1`},
	{"n_leading_zero", `01`},
	{"n_leading_zero_negative", `-01`},
	{"n_no_digit_before_the_point", `.5`},
	{"n_no_digit_behind_the_point", `5.`},
	{"n_no_digit_before_the_exponent", `1.e5`},
	{"n_no_digit_in_the_exponent", `1e`},
	{"n_sign_alone_in_the_exponent", `1e+`},
	{"n_two_points", `1.2.3`},
	{"n_hexadecimal", `0x1F`},
	{"n_octal", `0o17`},
	{"n_underscore", `1_000`},
	{"n_digits_of_another_script", "١٢٣"},
	{"n_wide_digits", "１２"},
	{"n_escape_unknown", `"\x41"`},
	{"n_escape_cut", `"\u00"`},
	{"n_escape_no_digits", `"\uZZZZ"`},
	{"n_escape_at_the_end", `"\"`},
	{"n_tab_in_a_string", "\"a\tb\""},
	{"n_nul_in_a_string", "\"a\x00b\""},
	{"n_control_in_a_string", "\"\x1f\""},
	{"n_nul_between", "[1,\x002]"},
	{"n_form_feed_between", "[1,\f2]"},
	{"n_no_break_space_between", "[1,\u00a02]"},
	{"n_mark_in_the_middle", "[1,\uFEFF2]"},
	{"n_bytes_ff", "\"\xff\""},
	{"n_bytes_overlong_slash", "\"\xc0\xaf\""},
	{"n_bytes_overlong_nul", "\"\xe0\x80\x80\""},
	{"n_bytes_surrogate", "\"\xed\xa0\x80\""},
	{"n_bytes_too_high", "\"\xf4\x90\x80\x80\""},
	{"n_bytes_five_long", "\"\xf8\x88\x80\x80\x80\""},
	{"n_bytes_cut", "\"\xe2\x82\""},
	{"n_bytes_continuation_alone", "\"\x80\""},
	{"n_bytes_latin_1", "\"caf\xe9\""},
	{"n_comment", `[1/*one*/]`},
	{"n_comment_of_a_line", "1 // one"},
	{"n_nested_1001", strings.Repeat("[", 1001) + strings.Repeat("]", 1001)},
	{"n_nested_10k", strings.Repeat("[", 10_000)},
	{"n_nested_1M", strings.Repeat(`{"a":`, 1_000_000)},
	{"i_accepted_single_quotes_around_a_name", `{'a':1}`}, // allowSingleQuotes, by default as in Spark
	{"i_accepted_single_quotes_around_a_string", `'a'`},
	{"i_accepted_not_a_number", `NaN`}, // allowNonNumericNumbers, likewise
	{"i_accepted_infinity", `[-Infinity, +Infinity, -INF]`},
	{"i_accepted_lone_high_surrogate", `"\uD800"`}, // it becomes U+FFFD
	{"i_accepted_lone_low_surrogate", `"\uDC00x"`},
	{"i_accepted_surrogates_turned", `"\uDC00\uD800"`},
	{"i_accepted_huge_exponent", `1e400`},
	{"i_accepted_tiny_number", `1e-400`},
	{"i_accepted_huge_integer", strings.Repeat("9", 400)},
	{"i_accepted_long_fraction", `0.` + strings.Repeat("1", 400)},
}

// jsonSuite is the cases in every place where a value can stand.
func jsonSuite() (all []beast) {
	for _, c := range jsonCases {
		good := strings.HasPrefix(c.name, "y_") || strings.HasPrefix(c.name, "i_accepted")
		for place, frame := range map[string]string{
			"unknown": `{"unknown":%s}`, "string": `{"s":%s}`, "element": `[{"unknown":%s}]`,
		} {
			b := beast{file: c.name + "." + place + ".json", text: fmt.Sprintf(frame, c.text), good: 1}
			if !good {
				b.good, b.bad = 0, 1
			}
			all = append(all, b)
		}
	}
	return all
}

const goodJSON = `{"n":1,"s":"good"}` + "\n" + `{"n":2}` + "\n"

func utf16le(text string) string {
	var out strings.Builder
	for _, c := range utf16.Encode([]rune(text)) {
		out.WriteByte(byte(c))
		out.WriteByte(byte(c >> 8))
	}
	return out.String()
}

var jsonLines = []beast{
	{file: "empty.json"},
	{file: "blank.json", text: " \n\t\n\r\n  "},
	{file: "mark.json", text: "\xEF\xBB\xBF" + goodJSON, good: 2},
	{file: "mark alone.json", text: "\xEF\xBB\xBF"},
	{file: "mark twice.json", text: "\xEF\xBB\xBF\xEF\xBB\xBF" + goodJSON, good: 1, bad: 1},
	{file: "utf-16.json", text: "\xFF\xFE" + utf16le(goodJSON), class: errclass.FailedReadFile, says: "UTF-16"},
	{file: "utf-16be.json", text: "\xFE\xFF\x00{\x00}", class: errclass.FailedReadFile, says: "UTF-16"},
	{file: "utf-32.json", text: "\xFF\xFE\x00\x00{\x00\x00\x00", class: errclass.FailedReadFile, says: "UTF-32"},
	{file: "utf-32be.json", text: "\x00\x00\xFE\xFF\x00\x00\x00{", class: errclass.FailedReadFile, says: "UTF-32"},
	{file: "utf-16 without mark.json", text: utf16le(`{"n":1}`), bad: 1},
	{file: "crlf.json", text: "{\"n\":1}\r\n\r\n{\"n\":2}\r\n", good: 2},
	{file: "cr.json", text: "{\"n\":1}\r{\"n\":2}\r\r{\"n\":3}", good: 3},
	{file: "mixed ends.json", text: "{\"n\":1}\n\r{\"n\":2}\r\n{\"n\":3}\r", good: 3},
	{file: "no last end.json", text: `{"n":1}`, good: 1},
	{file: "separator in a string.json", text: "{\"s\":\"a\u2028b\u2029c\u0085\"}\n", good: 1},
	{file: "separator between.json", text: "{\"n\":1}\u2028{\"n\":2}\n", bad: 1},
	{file: "line end in a string.json", text: "{\"s\":\"a\nb\"}\n", bad: 2},
	{file: "cut short.json", text: "{\"n\":1}\n{\"n\":2,", good: 1, bad: 1},
	{file: "two on a line.json", text: "{\"n\":1}{\"n\":2}\n{\"n\":3}\n", good: 1, bad: 1},
	{file: "comma at the ends.json", text: "{\"n\":1},\n{\"n\":2}\n", good: 1, bad: 1},
	{file: "nul bytes.json", text: "\x00\x00\n{\"n\":1}\n", good: 1, bad: 1},
	{file: "nul in a record.json", text: "{\"n\":1\x00}\n{\"n\":1}\n", good: 1, bad: 1},
	{file: "bytes that are not UTF-8.json", text: "{\"s\":\"\xff\"}\n{\"\xff\":1}\n{\"s\":\"\xc0\xaf\"}\n{\"s\":\"\xed\xa0\x80\"}\n" + goodJSON, good: 2, bad: 4},
	{file: "no json at all.json", text: "<html>\n<body>503</body>\n</html>\n", bad: 3},
	{file: "bare values.json", text: "1\n\"a\"\nnull\ntrue\n", bad: 4},
	{file: "lists of records.json", text: "[{\"n\":1},{\"n\":2}]\n[]\n[1,{\"n\":3}]\n", good: 3, bad: 1},
	{file: "same name twice.json", text: `{"n":1,"n":2,"o":{"x":1,"x":2}}`, good: 1},
	{file: "same name twice, one wrong.json", text: `{"n":"x","n":2}`, bad: 1},
	{file: "other letter case.json", text: `{"N":1,"S":2}`, good: 1},
	{file: "numbers that fit.json", text: `{"n":9223372036854775807,"i":-2147483648,"m":99999999.99}` + "\n" + `{"n":-9223372036854775808,"f":1e308,"m":-0.01}` + "\n" + `{"n":9007199254740993,"f":-0.0,"i":-0}` + "\n" + `{"f":5e-324}`, good: 4},
	{file: "numbers that do not.json", text: lines(`{"n":9223372036854775808}`, `{"n":-9223372036854775809}`, `{"n":1.5}`, `{"n":1e400}`, `{"i":2147483648}`, `{"i":1e10}`,
		`{"f":1e400}`, `{"f":-1e400}`, `{"m":100000000}`, `{"m":0.001}`, `{"n":`+strings.Repeat("9", 1000)+`}`, `{"f":"1e400"}`), bad: 12},
	{file: "numbers that are none.json", text: lines(`{"n":01}`, `{"n":+1}`, `{"n":0x10}`, `{"n":NaN}`, `{"f":.5}`, `{"n":--1}`, `{"n":1_0}`), bad: 7},
	{file: "types mixed.json", text: lines(`{"n":"1"}`, `{"n":[1]}`, `{"n":{}}`, `{"b":1}`, `{"b":"true"}`, `{"a":{"x":1}}`, `{"a":[1,"x"]}`, `{"o":[1]}`, `{"o":"x"}`, `{"t":"yesterday"}`, `{"t":true}`), bad: 11},
	{file: "types that go.json", text: lines(`{"n":null}`, `{"s":1}`, `{"s":{"x":[1]}}`, `{"s":[1,2]}`, `{"a":[1,null]}`, `{"o":{"y":1}}`, `{"o":{}}`, `{"t":"2026-11-21T00:00:00Z"}`, `{}`), good: 9},
	{file: "many names.json", text: "{" + strings.Repeat(`"x":1,`, 100_000) + `"n":1}`, good: 1},
	{file: "a long name.json", text: `{"` + strings.Repeat("x", 1<<19) + `":1}`, good: 1},
	{file: "nearly a megabyte.json", text: `{"s":"` + strings.Repeat("x", 1<<20-8) + `"}` + "\n" + goodJSON, good: 3},
	{file: "the corrupt column by name.json", text: `{"n":1,"_corrupt_record":"mine"}`, good: 1},
	{file: "more than a megabyte.json", text: `{"s":"` + strings.Repeat("x", 1<<20) + `"}` + "\n" + goodJSON, good: 2, bad: 1},
	{file: "2 MB without an end.json", text: strings.Repeat("\x00", 2<<20), bad: 1},
}

func lines(all ...string) string { return strings.Join(all, "\n") + "\n" }

var jsonDocuments = []beast{
	{file: "empty.json"},
	{file: "blank.json", text: " \n\t\n"},
	{file: "one.json", text: "{\n\"n\": 1\n}\n", good: 1},
	{file: "list.json", text: "[\n{\"n\":1},\n{\"n\":2}\n]", good: 2},
	{file: "empty list.json", text: "[]"},
	{file: "list of others.json", text: `[{"n":1},2,[],null]`, good: 1, bad: 3},
	{file: "cut short.json", text: `[{"n":1},{"n":2},{"n":`, good: 2, bad: 1},
	{file: "never closed.json", text: `[{"n":1}`, good: 1, bad: 1},
	{file: "comma at the end.json", text: `[{"n":1},]`, good: 1, bad: 1},
	{file: "two documents.json", text: `{"n":1}{"n":2}`, good: 1, bad: 1},
	{file: "lines.json", text: goodJSON, good: 1, bad: 1},
	{file: "mark.json", text: "\xEF\xBB\xBF[{\"n\":1}]", good: 1},
	{file: "utf-16.json", text: "\xFF\xFE" + utf16le(`[{"n":1}]`), class: errclass.FailedReadFile, says: "UTF-16"},
	{file: "no json.json", text: "<html>", bad: 1},
	{file: "nested 1M.json", text: strings.Repeat("[", 1_000_000), bad: 1},
	{file: "nested 1M in a record.json", text: `[{"n":1},{"o":` + strings.Repeat(`{"a":[`, 500_000), good: 1, bad: 1},
	{file: "nul behind.json", text: "{\"n\":1}\x00", good: 1, bad: 1},
	{file: "5 MB of a string.json", text: `[{"n":1},{"s":"` + strings.Repeat("x", 5<<20), good: 1, bad: 1},
	{file: "types mixed.json", text: `[{"n":"x"},{"n":1},{"o":1}]`, good: 1, bad: 2},
}

const csvSchema = "n int, s string, f double, _corrupt_record string"

var csvLines = []beast{
	{file: "empty.csv"},
	{file: "blank.csv", text: "\n \r\n\n"},
	{file: "mark.csv", text: "\xEF\xBB\xBF1,a,1.5\n", good: 1},
	{file: "utf-16.csv", text: "\xFF\xFE" + utf16le("1,a,2\n"), class: errclass.FailedReadFile, says: "UTF-16"},
	{file: "crlf.csv", text: "1,a,1\r\n2,b,2\r\n", good: 2},
	{file: "cr.csv", text: "1,a,1\r2,b,2", good: 2},
	{file: "uneven.csv", text: "1\n1,a\n1,a,2\n1,a,2,3\n1,a,2,3,4\n", good: 1, bad: 4},
	{file: "10k columns.csv", text: "1,a,2\n" + strings.Repeat("x,", 10_000) + "\n2,b,3\n", good: 2, bad: 1},
	{file: "500k columns.csv", text: strings.Repeat(",", 500_000) + "\n2,b,3\n", good: 1, bad: 1},
	{file: "quotes.csv", text: "1,\"a,\"\"b\"\"\",2\n\"2\",\"\",\"3\"\n", good: 2},
	{file: "a quote never closed.csv", text: "1,\"a,2\n2,b,3\n3,c,4\n", good: 2, bad: 1},
	{file: "a line end in quotes.csv", text: "1,\"a\nb\",2\n3,c,4\n", good: 1, bad: 2},
	{file: "letters behind a quote.csv", text: "1,\"a\"b,2\n", good: 1},
	{file: "a quote within.csv", text: "1,a\"b,2\n", good: 1},
	{file: "quotes alone.csv", text: "\"\"\"\n\"\n", bad: 2},
	{file: "no numbers.csv", text: "x,a,2\n3000000000,a,2\n1.5,a,2\n1,a,x\n1,a,1e400\n0x1,a,1\n", bad: 6},
	{file: "odd numbers.csv", text: "-0,a,-0.0\n1,a,1e-400\n2147483647,a,NaN\n-2147483648,a,Infinity\n", good: 4},
	{file: "nul bytes.csv", text: "1,\x00,2\n\x00,a,2\n", good: 1, bad: 1},
	{file: "not UTF-8.csv", text: "1,\xff,2\n1,\xc0\xaf,2\n1,\xed\xa0\x80,2\n2,b,3\n", good: 1, bad: 3},
	{file: "separator of Unicode.csv", text: "1,a\u2028b,2\n", good: 1},
	{file: "json.csv", text: goodJSON, bad: 2},
	{file: "binary.csv", text: "PAR1\x15\x04\x15,\x00\xff\n\x89PNG\r\n\x1a\n", bad: 2}, // a line of control bytes is a blank one,
	{file: "nearly a megabyte.csv", text: "1," + strings.Repeat("x", 1<<20-4) + ",2\n", good: 1},
	{file: "more than a megabyte.csv", text: "1," + strings.Repeat("x", 1<<20) + ",2\n2,b,3\n", good: 1, bad: 1},
	{file: "2 MB of quotes.csv", text: "1," + strings.Repeat("\"", 2<<20), bad: 1},
	{file: "no last end.csv", text: "1,a,2\n2,b,3", good: 2},
	{file: "escapes.csv", text: "1,\"a\\\",2\n", bad: 1},
}

var csvDocuments = []beast{
	{file: "empty.csv"},
	{file: "header alone.csv", text: "n,s,f\n"},
	{file: "other header.csv", text: "a,b,c\n1,x,2\n", good: 1},
	{file: "line ends in quotes.csv", text: "n,s,f\n1,\"a\nb\r\nc\",2\n3,c,4\n", good: 2},
	{file: "a quote never closed.csv", text: "n,s,f\n1,a,2\n2,\"b,3\n3,c,4\n4,d,5\n", good: 3, bad: 1},
	{file: "a quote never closed in the header.csv", text: "n,\"s,f\n1,a,2\n2,b,3\n", good: 2},
	{file: "a quote closed far away.csv", text: "n,s,f\n1,\"" + strings.Repeat("x\n", 500_000) + "\",2\n2,b,3\n", good: 2},
	{file: "a quote closed too far away.csv", text: "n,s,f\n1,\"" + strings.Repeat("x,1,2\n", 200_000) + "\",2\n2,b,3\n", good: 1, bad: 200_001},
	{file: "uneven.csv", text: "n,s,f\n1\n\n1,a,2,3\n", bad: 2},
	{file: "mark.csv", text: "\xEF\xBB\xBFn,s,f\n1,a,2\n", good: 1},
}

var textLines = []beast{
	{file: "empty.txt"},
	{file: "blank.txt", text: "\n\n\n", good: 3},
	{file: "mark.txt", text: "\xEF\xBB\xBFa\n", good: 1},
	{file: "utf-16.txt", text: "\xFF\xFEa\x00\n\x00", class: errclass.FailedReadFile, says: "UTF-16"},
	{file: "ends.txt", text: "a\rb\r\nc\n\rd", good: 5},
	{file: "bytes.txt", text: "\xff\n\x00\n\xc0\xaf\n\xed\xa0\x80\n", good: 4},
	{file: "more than a megabyte.txt", text: "a\n" + strings.Repeat("x", 1<<20+1), class: errclass.FailedReadFile, says: "maxRecordBytes"},
}

func TestTextsThatNobodyWants(t *testing.T) {
	megabyte := map[string]string{"maxRecordBytes": "1m"}
	visitAll(t, map[string]cage{
		"json":          {format: "json", schema: jsonSchema, options: megabyte, good: goodJSON, records: 2, beasts: jsonLines},
		"json document": {format: "json", schema: jsonSchema, options: map[string]string{"multiLine": "true"}, good: `{"n":1}`, records: 1, beasts: jsonDocuments},
		"csv":           {format: "csv", schema: csvSchema, options: megabyte, good: "1,a,2\n", records: 1, beasts: csvLines},
		"csv document":  {format: "csv", schema: csvSchema, options: map[string]string{"multiLine": "true", "header": "true", "maxRecordBytes": "1m"}, good: "n,s,f\n1,a,2\n", records: 1, beasts: csvDocuments},
		"text":          {format: "text", schema: "value string", options: megabyte, modes: modes[:1], good: "a\n", records: 1, beasts: textLines},
	})
}

// FAILFAST ends a stream at each case: in that mode only some of them are tried.
func TestJSONCases(t *testing.T) {
	all := jsonSuite()
	cages := map[string]cage{}
	for name, options := range map[string]map[string]string{"lines": nil, "document": {"multiLine": "true"}} {
		cages[name] = cage{format: "json", schema: jsonSchema, options: options, modes: modes[:2], good: `{"n":1}`, records: 1, beasts: all}
		var some []beast
		for i := range all {
			if i%17 == 0 {
				some = append(some, all[i])
			}
		}
		cages[name+", some"] = cage{format: "json", schema: jsonSchema, options: options, modes: modes[2:], good: `{"n":1}`, records: 1, beasts: some}
	}
	visitAll(t, cages)
}
