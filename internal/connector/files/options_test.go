package files

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/internal/option"
	"lakehouse/internal/types"
)

// An optionCase shows that an option is honoured: the same file gives one answer without it, and another with it.
type optionCase struct {
	file          string // its content
	schema        string // empty: inferred
	given         map[string]string
	value         string
	without, with string // the rows, the columns where there are no rows, or a part of the error
}

type optionCases map[string]optionCase

var jsonCases = optionCases{
	"singleVariantColumn":                {file: `{"a":1.50}`, value: "v", without: `{"a":1.5}`, with: `{"v":{"a":1.5}}`},
	"encoding":                           {file: "{\"a\":\"\xe4\"}", schema: "a string", value: "ISO-8859-1", without: `{}`, with: `{"a":"ä"}`},
	"charset":                            {file: "{\"a\":\"\xe4\"}", schema: "a string", value: "ISO-8859-1", without: `{}`, with: `{"a":"ä"}`},
	"badRecordsPath":                     {file: "{\"a\":1}\n{", schema: "a int", value: vol + "bad", without: `{"a":1} {}`, with: `{"a":1}`},
	"rescuedDataColumn":                  {file: `{"b":2}`, schema: "a int", value: "r", without: `{}`, with: `{"r":"{\"b\":2,\"_file_path\":\"file:///Volumes/main/default/vol/in/a.json\"}"}`},
	"rescuedDataColumn.filePath.enabled": {file: `{"b":2}`, schema: "a int", given: map[string]string{"rescuedDataColumn": "r"}, value: "false", without: `{"r":"{\"b\":2,\"_file_path\":\"file:///Volumes/main/default/vol/in/a.json\"}"}`, with: `{"r":"{\"b\":2}"}`},
	"readerCaseSensitive":                {file: `{"A":1}`, schema: "a int", value: "false", without: `{}`, with: `{"a":1}`},
	"mode":                               {file: `{"a":"x"}`, schema: "a int", value: "dropmalformed", without: `{}`, with: ``},
	"columnNameOfCorruptRecord":          {file: `{"a":"x"}`, schema: "a int, bad string", value: "bad", without: `{}`, with: `{"bad":"{\"a\":\"x\"}"}`},
	"dateFormat":                         {file: `{"a":"31.12.2024"}`, schema: "a date", value: "dd.MM.yyyy", without: `{}`, with: `{"a":"2024-12-31"}`},
	"timestampFormat":                    {file: `{"a":"31.12.2024"}`, schema: "a timestamp", value: "dd.MM.yyyy", without: `{}`, with: `{"a":"2024-12-31T00:00:00.000Z"}`},
	"timestampNTZFormat":                 {file: `{"a":"31.12.2024"}`, schema: "a timestamp_ntz", value: "dd.MM.yyyy", without: `{}`, with: `{"a":"2024-12-31T00:00:00.000"}`},
	"timeZone":                           {file: `{"a":"2024-12-31T00:30:00"}`, schema: "a timestamp", value: "+02:00", without: `{"a":"2024-12-31T00:30:00.000Z"}`, with: `{"a":"2024-12-30T22:30:00.000Z"}`},
	"lineSep":                            {file: `{"a":1};{"a":2}`, schema: "a int", value: ";", without: `{}`, with: `{"a":1} {"a":2}`},
	"multiLine":                          {file: "{\"a\":\n1}", schema: "a int", value: "true", without: `{} {}`, with: `{"a":1}`},
	"samplingRatio":                      {file: "{\"a\":\"x\"}\n{\"a\":1}\n{\"a\":2}", value: "0.4", without: `{"a":"1"} {"a":"2"} {"a":"x"}`, with: `{"a":1} {"a":2} {}`},
	"maxRecordBytes":                     {file: `{"a":1}`, schema: "a int", value: "3", without: `{"a":1}`, with: `{}`},
	"allowBackslashEscapingAnyCharacter": {file: `{"a":"\q"}`, schema: "a string", value: "true", without: `{}`, with: `{"a":"q"}`},
	"allowComments":                      {file: `{"a":/*x*/1}`, schema: "a int", value: "true", without: `{}`, with: `{"a":1}`},
	"allowNonNumericNumbers":             {file: `{"a":NaN}`, schema: "a double", value: "false", without: `{"a":"NaN"}`, with: `{}`},
	"allowNumericLeadingZeros":           {file: `{"a":007}`, schema: "a int", value: "true", without: `{}`, with: `{"a":7}`},
	"allowSingleQuotes":                  {file: `{'a':1}`, schema: "a int", value: "false", without: `{"a":1}`, with: `{}`},
	"allowUnquotedControlChars":          {file: "{\"a\":\"x\x01\"}", schema: "a string", value: "true", without: `{}`, with: `{"a":"x\u0001"}`},
	"allowUnquotedFieldNames":            {file: `{a:1}`, schema: "a int", value: "true", without: `{}`, with: `{"a":1}`},
	"dropFieldIfAllNull":                 {file: `{"a":null,"b":1}`, value: "true", without: `a,b: {"b":1}`, with: `b: {"b":1}`},
	"inferSchema":                        {file: `{"a":1}`, value: "false", without: `{"a":1}`, with: `Give a schema`},
	"inferTimestamp":                     {file: `{"a":"2024-12-31T00:00:00Z"}`, value: "true", without: `{"a":"2024-12-31T00:00:00Z"}`, with: `{"a":"2024-12-31T00:00:00.000Z"}`},
	"prefersDecimal":                     {file: `{"a":1.10}`, value: "true", without: `{"a":1.1}`, with: `{"a":1.10}`},
	"primitivesAsString":                 {file: `{"a":1}`, value: "true", without: `{"a":1}`, with: `{"a":"1"}`},
	"maxDecompressedBytes":               {file: "gzip:" + `{"a":1}`, schema: "a int", value: "3", without: `{"a":1}`, with: "unpacks to more than 3 bytes"},
}

var csvCases = optionCases{
	"singleVariantColumn":                {file: "1", value: "v", without: `{"_c0":"1"}`, with: `{"v":{"_c0":1}}`},
	"mergeSchema":                        {file: "a,b\n1,2\n", schema: "b int, a int", given: map[string]string{"header": "true"}, value: "true", without: `{"b":1,"a":2}`, with: `{"b":2,"a":1}`},
	"encoding":                           {file: "\xe4", schema: "a string", value: "ISO-8859-1", without: `{}`, with: `{"a":"ä"}`},
	"charset":                            {file: "\xe4", schema: "a string", value: "ISO-8859-1", without: `{}`, with: `{"a":"ä"}`},
	"badRecordsPath":                     {file: "1\nx", schema: "a int", value: vol + "bad", without: `{"a":1} {}`, with: `{"a":1}`},
	"rescuedDataColumn":                  {file: "x,2", schema: "a int", value: "r", without: `{}`, with: `{"r":"{\"a\":\"x\",\"_c1\":\"2\",\"_file_path\":\"file:///Volumes/main/default/vol/in/a.csv\"}"}`},
	"rescuedDataColumn.filePath.enabled": {file: "x", schema: "a int", given: map[string]string{"rescuedDataColumn": "r"}, value: "false", without: `{"r":"{\"a\":\"x\",\"_file_path\":\"file:///Volumes/main/default/vol/in/a.csv\"}"}`, with: `{"r":"{\"a\":\"x\"}"}`},
	"readerCaseSensitive":                {file: "b,A\nx,1", schema: "a int, b string", given: map[string]string{"header": "true", "rescuedDataColumn": "r", "rescuedDataColumn.filePath.enabled": "false"}, value: "false", without: `{"b":"x","r":"{\"A\":\"1\"}"}`, with: `{"a":1,"b":"x"}`},
	"mode":                               {file: "x", schema: "a int", value: "dropmalformed", without: `{}`, with: ``},
	"columnNameOfCorruptRecord":          {file: "x", schema: "a int, bad string", given: map[string]string{"sep": ";"}, value: "bad", without: `{}`, with: `{"bad":"x"}`},
	"dateFormat":                         {file: "31.12.2024", schema: "a date", value: "dd.MM.yyyy", without: `{}`, with: `{"a":"2024-12-31"}`},
	"timestampFormat":                    {file: "31.12.2024", schema: "a timestamp", value: "dd.MM.yyyy", without: `{}`, with: `{"a":"2024-12-31T00:00:00.000Z"}`},
	"timestampNTZFormat":                 {file: "31.12.2024", schema: "a timestamp_ntz", value: "dd.MM.yyyy", without: `{}`, with: `{"a":"2024-12-31T00:00:00.000"}`},
	"timeZone":                           {file: "2024-12-31T00:30:00", schema: "a timestamp", value: "+02:00", without: `{"a":"2024-12-31T00:30:00.000Z"}`, with: `{"a":"2024-12-30T22:30:00.000Z"}`},
	"lineSep":                            {file: "1;2", schema: "a int", value: ";", without: `{}`, with: `{"a":1} {"a":2}`},
	"multiLine":                          {file: "\"x\ny\"", schema: "a string", value: "true", without: `{"a":"\"x"} {"a":"y\""}`, with: `{"a":"x\ny"}`},
	"samplingRatio":                      {file: "x\n1\n2", given: map[string]string{"inferSchema": "true"}, value: "0.4", without: `{"_c0":"1"} {"_c0":"2"} {"_c0":"x"}`, with: `{"_c0":1} {"_c0":2} {}`},
	"maxRecordBytes":                     {file: "1234", schema: "a int", value: "3", without: `{"a":1234}`, with: `{}`},
	"sep":                                {file: "1;2", schema: "a int, b int", value: ";", without: `{}`, with: `{"a":1,"b":2}`},
	"delimiter":                          {file: "1;2", schema: "a int, b int", value: ";", without: `{}`, with: `{"a":1,"b":2}`},
	"quote":                              {file: "'x'", schema: "a string", value: "'", without: `{"a":"'x'"}`, with: `{"a":"x"}`},
	"escape":                             {file: `"x^"y"`, schema: "a string", value: "^", without: `{"a":"\"x^\"y\""}`, with: `{"a":"x\"y"}`},
	"charToEscapeQuoteEscaping":          {file: `"x^\"`, schema: "a string", value: "^", without: `{"a":"\"x^\\\""}`, with: `{"a":"x\\"}`},
	"comment":                            {file: "#1\n2", schema: "a int", value: "#", without: `{"a":2} {}`, with: `{"a":2}`},
	"header":                             {file: "1\n2", schema: "a int", value: "true", without: `{"a":1} {"a":2}`, with: `{"a":2}`},
	"inferSchema":                        {file: "1", value: "true", without: `{"_c0":"1"}`, with: `{"_c0":1}`},
	"preferDate":                         {file: "2024-12-31", given: map[string]string{"inferSchema": "true"}, value: "false", without: `{"_c0":"2024-12-31"}`, with: `{"_c0":"2024-12-31T00:00:00.000Z"}`},
	"enforceSchema":                      {file: "b\n1", schema: "a int", given: map[string]string{"header": "true"}, value: "false", without: `{"a":1}`, with: "CSV header does not conform to the schema. Header: b Schema: a"},
	"nullValue":                          {file: "-", schema: "a string", value: "-", without: `{"a":"-"}`, with: `{}`},
	"emptyValue":                         {file: `"",x`, schema: "a string, b string", value: "-", without: `{"b":"x"}`, with: `{"a":"-","b":"x"}`},
	"nanValue":                           {file: "none", schema: "a double", value: "none", without: `{}`, with: `{"a":"NaN"}`},
	"positiveInf":                        {file: "many", schema: "a double", value: "many", without: `{}`, with: `{"a":"Infinity"}`},
	"negativeInf":                        {file: "few", schema: "a double", value: "few", without: `{}`, with: `{"a":"-Infinity"}`},
	"ignoreLeadingWhiteSpace":            {file: "  x", schema: "a string", value: "true", without: `{"a":"␣␣x"}`, with: `{"a":"x"}`},
	"ignoreTrailingWhiteSpace":           {file: "x  ", schema: "a string", value: "true", without: `{"a":"x␣␣"}`, with: `{"a":"x"}`},
	"maxColumns":                         {file: "1,2", schema: "a int, b int, _corrupt_record string", value: "1", without: `{"a":1,"b":2}`, with: `{"a":1,"_corrupt_record":"1,2"}`},
	"unescapedQuoteHandling":             {file: `"x"y,z",1`, schema: "a string, b string", value: "STOP_AT_CLOSING_QUOTE", without: `{"a":"\"x\"y","b":"z\""}`, with: `{"a":"x\"y,z","b":"1"}`},
	"skipRows":                           {file: "1\n2", schema: "a int", value: "1", without: `{"a":1} {"a":2}`, with: `{"a":2}`},
	"maxDecompressedBytes":               {file: "gzip:1234", schema: "a int", value: "3", without: `{"a":1234}`, with: "unpacks to more than 3 bytes"},
}

var textCases = optionCases{
	"encoding":             {file: "\xe4", value: "ISO-8859-1", without: "{\"value\":\"\uFFFD\"}", with: `{"value":"ä"}`},
	"charset":              {file: "\xe4", value: "ISO-8859-1", without: "{\"value\":\"\uFFFD\"}", with: `{"value":"ä"}`},
	"wholeText":            {file: "x\ny", value: "true", without: `{"value":"x"} {"value":"y"}`, with: `{"value":"x\ny"}`},
	"lineSep":              {file: "x;y", value: ";", without: `{"value":"x;y"}`, with: `{"value":"x"} {"value":"y"}`},
	"maxRecordBytes":       {file: "1234", value: "3", without: `{"value":"1234"}`, with: "longer than maxRecordBytes"},
	"maxDecompressedBytes": {file: "gzip:1234", value: "3", without: `{"value":"1234"}`, with: "unpacks to more than 3 bytes"},
}

var xmlCases = optionCases{
	"singleVariantColumn":                {file: `<r><a>x</a></r>`, value: "v", without: `{"a":"x"}`, with: `{"v":{"a":"x"}}`},
	"rowTag":                             {file: `<r><a>1</a></r><R><a>2</a></R>`, schema: "a int", value: "R", without: `{"a":1}`, with: `{"a":2}`},
	"mode":                               {file: `<r><a>x</a></r>`, schema: "a int", value: "dropmalformed", without: `{}`, with: ``},
	"columnNameOfCorruptRecord":          {file: `<r><a>x</a></r>`, schema: "a int, bad string", value: "bad", without: `{}`, with: `{"bad":"<r><a>x</a></r>"}`},
	"dateFormat":                         {file: `<r><a>31.12.2024</a></r>`, schema: "a date", value: "dd.MM.yyyy", without: `{}`, with: `{"a":"2024-12-31"}`},
	"timestampFormat":                    {file: `<r><a>31.12.2024</a></r>`, schema: "a timestamp", value: "dd.MM.yyyy", without: `{}`, with: `{"a":"2024-12-31T00:00:00.000Z"}`},
	"timestampNTZFormat":                 {file: `<r><a>31.12.2024</a></r>`, schema: "a timestamp_ntz", value: "dd.MM.yyyy", without: `{}`, with: `{"a":"2024-12-31T00:00:00.000"}`},
	"timeZone":                           {file: `<r><a>2024-12-31T00:30:00</a></r>`, schema: "a timestamp", value: "+02:00", without: `{"a":"2024-12-31T00:30:00.000Z"}`, with: `{"a":"2024-12-30T22:30:00.000Z"}`},
	"encoding":                           {file: "<r><a>\xe4</a></r>", schema: "a string", value: "ISO-8859-1", without: `{}`, with: `{"a":"ä"}`},
	"charset":                            {file: "<r><a>\xe4</a></r>", schema: "a string", value: "ISO-8859-1", without: `{}`, with: `{"a":"ä"}`},
	"samplingRatio":                      {file: `<r><a>x</a></r><r><a>1</a></r><r><a>2</a></r>`, value: "0.4", without: `{"a":"1"} {"a":"2"} {"a":"x"}`, with: `{"a":1} {"a":2} {}`},
	"maxRecordBytes":                     {file: `<r><a>1</a></r>`, schema: "a int", value: "3", without: `{"a":1}`, with: `{}`},
	"maxDecompressedBytes":               {file: "gzip:" + `<r><a>1</a></r>`, schema: "a int", value: "3", without: `{"a":1}`, with: "unpacks to more than 3 bytes"},
	"badRecordsPath":                     {file: `<r><a>1</a></r><r><a>x</a></r>`, schema: "a int", value: vol + "bad", without: `{"a":1} {}`, with: `{"a":1}`},
	"rescuedDataColumn":                  {file: `<r><b>2</b></r>`, schema: "a int", value: "r", without: `{}`, with: `{"r":"{\"b\":\"2\",\"_file_path\":\"file:///Volumes/main/default/vol/in/a.xml\"}"}`},
	"rescuedDataColumn.filePath.enabled": {file: `<r><b>2</b></r>`, schema: "a int", given: map[string]string{"rescuedDataColumn": "r"}, value: "false", without: `{"r":"{\"b\":\"2\",\"_file_path\":\"file:///Volumes/main/default/vol/in/a.xml\"}"}`, with: `{"r":"{\"b\":\"2\"}"}`},
	"attributePrefix":                    {file: `<r a="1"/>`, schema: "`@a` int", value: "@", without: `{}`, with: `{"@a":1}`},
	"valueTag":                           {file: `<r b="1">x</r>`, schema: "v string", value: "v", without: `{}`, with: `{"v":"x"}`},
	"excludeAttribute":                   {file: `<r a="1"/>`, schema: "_a int", value: "true", without: `{"_a":1}`, with: `{}`},
	"ignoreNamespace":                    {file: `<r><x:a>1</x:a></r>`, schema: "a int", value: "true", without: `{}`, with: `{"a":1}`},
	"ignoreSurroundingSpaces":            {file: `<r><a>  x</a></r>`, schema: "a string", value: "false", without: `{"a":"x"}`, with: `{"a":"␣␣x"}`},
	"nullValue":                          {file: `<r><a>-</a></r>`, schema: "a string", value: "-", without: `{"a":"-"}`, with: `{}`},
	"inferSchema":                        {file: `<r><a>1</a></r>`, value: "false", without: `{"a":1}`, with: `{"a":"1"}`},
	"prefersDecimal":                     {file: `<r><a>1.10</a></r>`, value: "true", without: `{"a":1.1}`, with: `{"a":1.10}`},
	"preferDate":                         {file: `<r><a>2024-12-31</a></r>`, value: "false", without: `{"a":"2024-12-31"}`, with: `{"a":"2024-12-31T00:00:00.000Z"}`},
	"wildcardColName":                    {file: `<r><b>1</b></r>`, schema: "w string", value: "w", without: `{}`, with: `{"w":"1"}`},
	"rowValidationXSDPath":               {file: `<r><a>1</a></r>`, schema: "a int", value: vol + "none.xsd", without: `{"a":1}`, with: "the XML Schema cannot be used"},
	"readerCaseSensitive":                {file: `<r><A>1</A></r>`, schema: "a int", value: "true", without: `{"a":1}`, with: `{}`},
}

// writers are the options of XML that only writers heed.
var writers = []string{"rootTag", "declaration", "arrayElementName", "compression"}

// Every option that a text format accepts changes what is read, or has one value only, the default.
func TestEveryFormatOptionIsHonoured(t *testing.T) {
	for format, cases := range map[string]optionCases{"json": jsonCases, "csv": csvCases, "text": textCases, "xml": xmlCases} {
		table, err := OptionTable(format)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range table {
			t.Run(format+" "+spec.Name, func(t *testing.T) { honours(t, format, spec, cases) })
		}
	}
}

func honours(t *testing.T, format string, spec option.Spec, cases optionCases) {
	c, ok := cases[spec.Name]
	switch {
	case format == "xml" && slices.Contains(writers, spec.Name):
		return
	case spec.Unsupported != "" || spec.OneMeaning():
		if ok {
			t.Error("there is a case for an option that can change nothing")
		}
		return
	case !ok:
		t.Fatal("the option is declared, and nothing shows that it does anything")
	case c.without == c.with:
		t.Fatal("the case shows no difference")
	}
	name := "in/a." + format
	if plain, ok := strings.CutPrefix(c.file, "gzip:"); ok {
		name, c.file = name+".gz", gzipped(t, plain)
	}
	space, _ := newSpace(t, map[string]string{name: c.file})
	answer := func(options map[string]string) string {
		var schema *types.Struct
		if c.schema != "" {
			schema = structOf(t, c.schema)
		}
		return answerOf(t, SourceOptions{Space: space, Format: format, Paths: []string{vol + "in"}, Schema: schema, Options: options}, strings.Contains(c.without, ": "))
	}
	options := map[string]string{}
	if format == "xml" {
		options["rowTag"] = "r"
	}
	maps.Copy(options, c.given)
	if got := answer(options); got != c.without {
		t.Errorf("without it: got %s, want %s", got, c.without)
	}
	options[spec.Name] = c.value
	if got := answer(options); got != c.with && (c.with == "" || !strings.Contains(got, c.with)) {
		t.Errorf("with it: got %s, want %s", got, c.with)
	}
}

// answerOf is the rows of a read, or its error. Blanks in values are shown.
func answerOf(t *testing.T, o SourceOptions, names bool) string {
	t.Helper()
	s, err := NewSource(t.Context(), o)
	if err != nil {
		return err.Error()
	}
	got, err := scanShown(s)
	if err != nil {
		return err.Error()
	}
	if names {
		return strings.Join(s.Schema().Names(), ",") + ": " + got
	}
	return got
}

// The options of a read of files at rest.
func TestEverySourceOptionIsHonoured(t *testing.T) {
	old, recent := time.Date(2020, 1, 1, 12, 0, 0, 0, time.UTC), time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	space, root := newSpace(t, map[string]string{
		"in/old.json": `{"n":1}`, "in/new.txt": `{"n":2}`, "in/sub/deep.json": `{"n":3}`, "bad/a.json.gz": "no gzip", "gone/a.json": `{"n":4}`,
	})
	for name, at := range map[string]time.Time{"old.json": old, "new.txt": recent} {
		if err := os.Chtimes(filepath.Join(root, vol, "in", name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]struct {
		folder, value string
		given         map[string]string
		without, with string
	}{
		"pathGlobFilter":      {"in", "*.json", nil, `{"n":1} {"n":2}`, `{"n":1}`},
		"recursiveFileLookup": {"in", "true", nil, `{"n":1} {"n":2}`, `{"n":1} {"n":2} {"n":3}`},
		"modifiedBefore":      {"in", "2020-01-01T13:00:00", nil, `{"n":1} {"n":2}`, `{"n":1}`},
		"modifiedAfter":       {"in", "2020-01-01T13:00:00", nil, `{"n":1} {"n":2}`, `{"n":2}`},
		"timeZone":            {"in", "+05:00", map[string]string{"modifiedBefore": "2020-01-01T13:00:00"}, `{"n":1}`, ``},
		"ignoreCorruptFiles":  {"bad", "true", nil, "unpack near byte", ""},
		"ignoreMissingFiles":  {"gone", "true", nil, "no such file", ""},
	}
	for _, spec := range SourceOptionTable {
		t.Run(spec.Name, func(t *testing.T) {
			c, ok := cases[spec.Name]
			if !ok {
				t.Fatal("the option is declared, and nothing shows that it does anything")
			}
			answer := func(options map[string]string) string {
				s, err := NewSource(t.Context(), SourceOptions{Space: space, Format: "json", Paths: []string{vol + c.folder}, Schema: structOf(t, "n int"), Options: options})
				if err != nil {
					return err.Error()
				}
				if c.folder == "gone" {
					file := filepath.Join(root, vol, "gone", "a.json")
					rename(t, file, file+"._COPYING_")
					defer rename(t, file+"._COPYING_", file)
				}
				got, err := scan(s, nil)
				if err != nil {
					return err.Error()
				}
				return got
			}
			options := map[string]string{}
			maps.Copy(options, c.given)
			if got := answer(options); got != c.without && !strings.Contains(got, c.without) {
				t.Errorf("without it: got %s, want %s", got, c.without)
			}
			options[spec.Name] = c.value
			if got := answer(options); got != c.with {
				t.Errorf("with it: got %s, want %s", got, c.with)
			}
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
