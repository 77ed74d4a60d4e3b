package jsonio

import (
	"errors"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/records"
	"lakehouse/internal/types"
)

// The cases of JSONTestSuite (https://github.com/nst/JSONTestSuite), compactly. Each text stands as the value of a field
// that the schema lacks, then of one that it has as a string: both ways of reading must agree.
var accepted = []string{
	`[[]   ]`, `[""]`, `[]`, `["a"]`, `[false]`, `[null, 1, "1", {}]`, `[null]`, "[1\n]", ` [1]`, `[1,null,null,null,2]`, `[2] `,
	`[123e65]`, `[0e+1]`, `[0e1]`, `[ 4]`, `[-0.000000000000000000000000000000000000000000000000000000000000000000000000000000000001]`,
	`[20e1]`, `[-0]`, `[-123]`, `[-1]`, `[1E22]`, `[1E-2]`, `[1E+2]`, `[123e45]`, `[123.456e78]`, `[1e-2]`, `[1e+2]`, `[123]`, `[123.456789]`,
	`{"asd":"sdf", "dfg":"fgh"}`, `{"asd":"sdf"}`, `{"a":"b","a":"c"}`, `{"a":"b","a":"b"}`, `{}`, `{"":0}`, `{"foo\u0000bar": 42}`,
	`{ "min": -1.0e+28, "max": 1.0e+28 }`, `{"x":[{"id": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}], "id": "xxxxxxxxxxxxx"}`, `{"a":[]}`,
	`{"title":"\u041f\u043e\u043b\u0442\u043e\u0440\u0430" }`, "{\n\"a\": \"b\"\n}",
	`["\u0060\u012a\u12AB"]`, `["\uD801\udc37"]`, `["\ud83d\ude39\ud83d\udc8d"]`, `["\"\\\/\b\f\n\r\t"]`, `["\\u0000"]`, `["\""]`, `["a/*b*/c/*d//e"]`,
	`["\\a"]`, `["\\n"]`, `["\u0012"]`, `["\uFFFF"]`, `["asd"]`, `[ "asd"]`, `["\uDBFF\uDFFF"]`, `["new\u00A0line"]`, "[\"\U0010FFFF\"]", "[\"\uFFFF\"]",
	`["\u0000"]`, `["\u002c"]`, "[\"π\"]", "[\"𛿿\"]", `["asd "]`, `" "`, `["\uD834\uDd1e"]`, `["\u0821"]`, `["\u0123"]`, "[\"\u2028\"]", "[\"\u2029\"]",
	`["\u0061\u30af\u30EA\u30b9"]`, "[\"new\u00A0line\"]", "[\"\x7f\"]", `["\uA66D"]`, `["\u005C"]`, "[\"⍂㈴⍂\"]", `["\u200B"]`, `["\u2064"]`, `["\uFDD0"]`,
	`["\uFFFE"]`, `["\u0022"]`, "[\"€𝄞\"]", "[\"a\x7fa\"]", `false`, `42`, `-0.1`, `null`, `"asd"`, `true`, `""`, "[\"a\"]\n", `[true]`, ` [] `,
}

var refused = []string{
	`[1 true]`, "[a\xe5]", `["": 1]`, `[""],`, `[,1]`, `[1,,2]`, `["x",,]`, `["x"]]`, `["",]`, `["x"`, `[x`, `[3[4]]`, "[\xff]", `[1:2]`, `[,]`, `[-]`, `[   , ""]`,
	"[\"a\",\n4\n,1,", `[1,]`, `[1,,]`, "[\"\va\"\\f]", `[*]`, `[""`, `[1,`, "[1,\n1\n,1", `[{}`, `[fals]`, `[nul]`, `[tru]`,
	"123\x00", `[++1234]`, `[+1]`, `[+Inf]`, `[-01]`, `[-1.0.]`, `[-2.]`, `[-NaN]`, `[.-1]`, `[.2e-3]`, `[0.1.2]`, `[0.3e+]`, `[0.3e]`, `[0.e1]`, `[0E+]`, `[0E]`,
	`[0e+]`, `[0e]`, `[1.0e+]`, `[1.0e-]`, `[1.0e]`, `[1 000.0]`, `[1eE2]`, `[2.e+3]`, `[2.e-3]`, `[2.e3]`, `[9.e+]`, `[Inf]`, `[NaN]`, "[１]", `[1+2]`, `[0x1]`, `[0x42]`,
	`[Infinity]`, `[0e+-1]`, `[-123.123foo]`, "[123\xe5]", "[1e1\xe5]", "[0\xe5]\n", `[-Infinity]`, `[-foo]`, `[- 1]`, `[-012]`, `[-.123]`, `[-1x]`, `[1ea]`, "[1e\xe5]",
	`[1.]`, `[.123]`, `[1.2a-3]`, `[1.8011670033376514H-308]`, `[012]`,
	`["x", truth]`, `{[: "x"}`, `{"x", null}`, `{"x"::"b"}`, `{🇨🇭}`, `{"a":"a" 123}`, `{key: 'value'}`, "{\"\xb9\":\"0\",}", `{"a" b}`, `{:"b"}`, `{"a" "b"}`, `{"a":`, `{"a"`,
	`{1:1}`, `{9999E9999:1}`, `{null:null,null:null}`, `{"id":0,,,,,}`, `{'a':0}`, `{"id":0,}`, `{"a":"b"}/**/`, `{"a":"b"}/**//`, `{"a":"b"}//`, `{"a":"b"}/`,
	`{"a":"b",,"c":"d"}`, `{a: "b"}`, `{"a":"a`, `{ "foo" : "bar", "a" }`, `{"a":"b"}#`, ` `,
	`["\uD800\"]`, `["\uD800\u"]`, `["\uD800\u1"]`, `["\uD800\u1x"]`, `[é]`, "[\"\\\x00\"]", `["\x00"]`, `["\\\"]`, "[\"\\\t\"]", `["\🌀"]`, `["\"]`, `["\u00A"]`, `["\uD834\uDd"]`,
	`["\uD800\uD800\x"]`, "[\"\\u\xe5\"]", `["\a"]`, `["\uqqqq"]`, "[\"\\\xe5\"]", `[\u0020"asd"]`, `[\n]`, `"`, `['single quote']`, `abc`, "[\"a\x00a\"]", "[\"new\nline\"]",
	"[\"\t\"]", `"\UA66D"`, `""x`, `<.>`, `[<null>]`, `[1]x`, `[1]]`, `["asd]`, "å", `[True]`, `1]`, `{"x": true,`, `[][]`, `]`, "\xef\xbb{}", "\xe5", `[`, "2@", `{}}`, `{"":`,
	`{"a":/*comment*/"b"}`, `{"a": true} "x"`, `['`, `[,`, `[{`, `["a`, `["a"`, `{`, `{]`, `{,`, `{[`, `{"a`, `{'a'`, `["\{["\{["\{["\{`, `*`, `{"a":"b"}#{}`, "[\u2060]", `[\u000A""]`,
	"[\f]", "[\"\xe9\"]", "[\"\xed\xa0\x80\"]", "[\"\xc0\xaf\"]", "[\"\xf4\xbf\xbf\xbf\"]", "[\"\x80\"]",
}

func acceptsAs(t *testing.T, schema types.Struct, value string) bool {
	t.Helper()
	d, err := NewDecoder(schema, Options{Policy: records.Policy{Mode: records.FailFast}, LineSep: "\x1e"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = rowsOf(t, d.Decode(strings.NewReader(`{"v":`+value+`}`)))
	if err != nil && !errors.Is(err, errclass.MalformedRecord) {
		t.Fatal(err)
	}
	return err == nil
}

func TestJSONTestSuite(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	for _, schema := range []types.Struct{structOf(field("other", types.Long)), structOf(field("v", types.String))} {
		for _, text := range accepted {
			if !acceptsAs(t, schema, text) {
				t.Errorf("%v: refused %q", schema, text)
			}
		}
		for _, text := range append(refused, deep, strings.Repeat(`{"":`, 100_000)) {
			if acceptsAs(t, schema, text) {
				t.Errorf("%v: accepted %q", schema, text)
			}
		}
	}
}

// What each option lets through is refused without it.
func TestSyntaxOptions(t *testing.T) {
	schema := structOf(field("v", types.String))
	for _, c := range []struct{ option, text, want string }{
		{"allowSingleQuotes", `{'v':'a\'b"'}`, `{"v":"a'b\""}`},
		{"allowUnquotedFieldNames", `{v:"a",x_1:2}`, `{"v":"a"}`},
		{"allowNumericLeadingZeros", `{"v":"a","x":007}`, `{"v":"a"}`},
		{"allowComments", "/* é */{\"v\"/**/:/*x*/ /*y*/\"a\"}// end", `{"v":"a"}`},
		{"allowBackslashEscapingAnyCharacter", `{"v":"\a\é"}`, `{"v":"aé"}`},
		{"allowUnquotedControlChars", "{\"v\":\"a\tb\"}", `{"v":"a\tb"}`},
		{"allowNonNumericNumbers", `{"v":"a","x":[NaN,-INF,+Infinity]}`, `{"v":"a"}`},
	} {
		t.Run(c.option, func(t *testing.T) {
			for given, want := range map[string]string{"true": c.want, "false": `{"v":null}`} {
				got, err := decodeText(t, schema, sparkOptions(t, map[string]string{c.option: given}), c.text)
				if err != nil || got != want {
					t.Errorf("%s: got %s, %v, want %s", given, got, err, want)
				}
			}
		})
	}
}

func TestNestingLimit(t *testing.T) {
	schema := structOf(field("other", types.Long))
	for _, c := range []struct {
		depth int
		want  bool
	}{{500, true}, {999, true}, {1000, false}} {
		if got := acceptsAs(t, schema, strings.Repeat("[", c.depth)+strings.Repeat("]", c.depth)); got != c.want {
			t.Errorf("depth %d: accepted %v", c.depth, got)
		}
	}
}
