package filesink

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"lakehouse/internal/batch"
	"lakehouse/internal/connector/files"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/types"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// rowsOf is an operator over batches already made.
type rowsOf struct {
	schema  types.Struct
	batches []arrow.RecordBatch
}

func (r rowsOf) Schema() types.Struct { return r.schema }

func (r rowsOf) Execute(context.Context, int) []batch.Seq { return []batch.Seq{batch.Of(r.batches...)} }

var _ exec.Operator = rowsOf{}

// texts are rows of a column s, which may be null, and a column t that is "x".
func texts(values ...any) rowsOf {
	s, x := array.NewStringBuilder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	for _, v := range values {
		x.Append("x")
		if text, ok := v.(string); ok {
			s.Append(text)
		} else {
			s.AppendNull()
		}
	}
	schema := types.Struct{Fields: []types.Field{{Name: "s", Type: types.String, Nullable: true}, {Name: "t", Type: types.String, Nullable: true}}}
	return rowsOf{schema, []arrow.RecordBatch{array.NewRecordBatch(types.ToArrowSchema(schema), []arrow.Array{s.NewArray(), x.NewArray()}, int64(len(values)))}}
}

func place(t *testing.T) volumes.Location {
	t.Helper()
	store, err := volumes.OpenLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return volumes.Location{Store: store, Key: "out", URI: "file:///mnt/out"}
}

func save(t *testing.T, at volumes.Location, rows exec.Operator, format string, mode Mode, by []string, options map[string]string) error {
	t.Helper()
	table, err := OptionTable(format)
	if err != nil {
		return err
	}
	values, err := table.Parse(options)
	if err != nil {
		return err
	}
	return Save(t.Context(), rows, SaveOptions{Place: at, Format: format, Mode: mode, PartitionBy: by, Options: values, Workers: 1, Zone: time.UTC})
}

// filesOf are the files below a place with their contents, uuids shortened.
func filesOf(t *testing.T, at volumes.Location) map[string]string {
	t.Helper()
	found := map[string]string{}
	for info, err := range at.Store.List(t.Context(), at.Key, volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		data, err := volumes.ReadFile(t.Context(), at.Store, info.Name)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(info.Name, at.Key+"/")
		if i := strings.Index(name, "part-"); i >= 0 {
			const uuid = len("1da753a0-f805-4302-8a37-9b8ce8915ba1")
			name = name[:i+11] + "<uuid>" + name[i+11+uuid:]
		}
		found[name] = string(data)
	}
	return found
}

var oddTexts = []any{
	"plain", "a,b", `q"q`, `"all"`, `back\slash`, `b\"q`, `b\,c`, `trail\`, " lead", "trail ", ` q" `, "", nil, "line\nbreak", "cr\rx", "tab\tx", "ü€😀", "#c", "\u0001", `a"b,c\d`, "'",
}

// The bytes that Spark 4.2 wrote for the same rows and options.
func TestCSVHasSparksBytes(t *testing.T) {
	for i, c := range []struct {
		options map[string]string
		want    string
	}{
		{nil, "plain,x\n\"a,b\",x\n\"q\\\"q\",x\n\"\\\"all\\\"\",x\nback\\slash,x\n\"b\\\\\\\"q\",x\n\"b\\\\,c\",x\ntrail\\,x\nlead,x\ntrail,x\n\"q\\\"\",x\n\"\",x\n,x\n\"line\nbreak\",x\n\"cr\rx\",x\ntab\tx,x\nü€😀,x\n\"#c\",x\n\"\",x\n\"a\\\"b,c\\\\d\",x\n',x\n"},
		{map[string]string{"quoteAll": "true"}, "\"plain\",\"x\"\n\"a,b\",\"x\"\n\"q\\\"q\",\"x\"\n\"\\\"all\\\"\",\"x\"\n\"back\\\\slash\",\"x\"\n\"b\\\\\\\"q\",\"x\"\n\"b\\\\,c\",\"x\"\n\"trail\\\\\",\"x\"\n\"lead\",\"x\"\n\"trail\",\"x\"\n\"q\\\"\",\"x\"\n\"\",\"x\"\n\"\",\"x\"\n\"line\nbreak\",\"x\"\n\"cr\rx\",\"x\"\n\"tab\tx\",\"x\"\n\"ü€😀\",\"x\"\n\"#c\",\"x\"\n\"\",\"x\"\n\"a\\\"b,c\\\\d\",\"x\"\n\"'\",\"x\"\n"},
		{map[string]string{"escapeQuotes": "false"}, "plain,x\n\"a,b\",x\nq\"q,x\n\"\\\"all\\\"\",x\nback\\slash,x\nb\\\"q,x\n\"b\\\\,c\",x\ntrail\\,x\nlead,x\ntrail,x\nq\",x\n\"\",x\n,x\n\"line\nbreak\",x\n\"cr\rx\",x\ntab\tx,x\nü€😀,x\n\"#c\",x\n\"\",x\n\"a\\\"b,c\\\\d\",x\n',x\n"},
		{map[string]string{"header": "true", "sep": ";"}, "s;t\nplain;x\na,b;x\n\"q\\\"q\";x\n\"\\\"all\\\"\";x\nback\\slash;x\n\"b\\\\\\\"q\";x\nb\\,c;x\ntrail\\;x\nlead;x\ntrail;x\n\"q\\\"\";x\n\"\";x\n;x\n\"line\nbreak\";x\n\"cr\rx\";x\ntab\tx;x\nü€😀;x\n\"#c\";x\n\"\";x\n\"a\\\"b,c\\\\d\";x\n';x\n"},
		{map[string]string{"nullValue": "NULL", "emptyValue": "E"}, "plain,x\n\"a,b\",x\n\"q\\\"q\",x\n\"\\\"all\\\"\",x\nback\\slash,x\n\"b\\\\\\\"q\",x\n\"b\\\\,c\",x\ntrail\\,x\nlead,x\ntrail,x\n\"q\\\"\",x\nE,x\nNULL,x\n\"line\nbreak\",x\n\"cr\rx\",x\ntab\tx,x\nü€😀,x\n\"#c\",x\nE,x\n\"a\\\"b,c\\\\d\",x\n',x\n"},
		{map[string]string{"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}, "plain,x\n\"a,b\",x\n\"q\\\"q\",x\n\"\\\"all\\\"\",x\nback\\slash,x\n\"b\\\\\\\"q\",x\n\"b\\\\,c\",x\ntrail\\,x\n lead,x\ntrail ,x\n\" q\\\" \",x\n\"\",x\n,x\n\"line\nbreak\",x\n\"cr\rx\",x\ntab\tx,x\nü€😀,x\n\"#c\",x\n\x01,x\n\"a\\\"b,c\\\\d\",x\n',x\n"},
		{map[string]string{"quote": "'", "escape": "'"}, "plain,x\n'a,b',x\nq\"q,x\n\"all\",x\nback\\slash,x\nb\\\"q,x\n'b\\,c',x\ntrail\\,x\nlead,x\ntrail,x\nq\",x\n\"\",x\n,x\n'line\nbreak',x\n'cr\rx',x\ntab\tx,x\nü€😀,x\n'#c',x\n\"\",x\n'a\"b,c\\d',x\n'''',x\n"},
		{map[string]string{"escape": `"`}, "plain,x\n\"a,b\",x\n\"q\"\"q\",x\n\"\"\"all\"\"\",x\nback\\slash,x\n\"b\\\"\"q\",x\n\"b\\,c\",x\ntrail\\,x\nlead,x\ntrail,x\n\"q\"\"\",x\n\"\",x\n,x\n\"line\nbreak\",x\n\"cr\rx\",x\ntab\tx,x\nü€😀,x\n\"#c\",x\n\"\",x\n\"a\"\"b,c\\d\",x\n',x\n"},
		{map[string]string{"sep": "||"}, "plain||x\na,b||x\n\"q\\\"q\"||x\n\"\\\"all\\\"\"||x\nback\\slash||x\n\"b\\\\\\\"q\"||x\nb\\,c||x\ntrail\\||x\nlead||x\ntrail||x\n\"q\\\"\"||x\n\"\"||x\n||x\n\"line\nbreak\"||x\n\"cr\rx\"||x\ntab\tx||x\nü€😀||x\n\"#c\"||x\n\"\"||x\n\"a\\\"b,c\\\\d\"||x\n'||x\n"},
	} {
		t.Run(fmt.Sprint(i, c.options), func(t *testing.T) {
			at := place(t)
			if err := save(t, at, texts(oddTexts...), "csv", ErrorIfExists, nil, c.options); err != nil {
				t.Fatal(err)
			}
			files := filesOf(t, at)
			if got := files["part-00000-<uuid>-c000.csv"]; got != c.want || len(files) != 2 {
				t.Errorf("files %q\ngot  %q\nwant %q", files, got, c.want)
			}
		})
	}
}

// What is written is read back, by the readers' own defaults, whatever a text holds; but for the blanks around it, which CSV
// leaves out unless told otherwise, and for line ends of two characters, which its readers take for one.
func TestTextsAreReadBack(t *testing.T) {
	for format, read := range map[string]map[string]string{
		"csv":     {"multiLine": "true"},
		"json":    nil,
		"parquet": nil,
	} {
		t.Run(format, func(t *testing.T) {
			store := volumestest.NewMemory()
			round := 0
			rapid.Check(t, func(rt *rapid.T) {
				round++
				letters := rapid.SampledFrom([]rune(`ab"\',;# ` + "\n\t€😀"))
				values := rapid.SliceOfN(rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.StringOfN(letters, 0, 6, -1), func(s string) any { return s })), 1, 8).Draw(rt, "values")
				write := map[string]string{}
				if format == "csv" {
					write = map[string]string{"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}
				}
				at := volumes.Location{Store: store, Key: fmt.Sprintf("%s%d", format, round), URI: "file:///x"}
				if err := save(t, at, texts(values...), format, ErrorIfExists, nil, write); err != nil {
					rt.Fatal(err)
				}
				space := volumes.NewSpaceOn(store)
				schema := texts().schema
				source, err := files.NewSource(t.Context(), files.SourceOptions{Space: space, Format: format, Paths: []string{"dbfs:/" + at.Key}, Schema: &schema, Options: read})
				if err != nil {
					rt.Fatal(err)
				}
				var got []any
				for piece, err := range source.Scan(t.Context(), logical.ScanOptions{}) {
					if err != nil {
						rt.Fatal(err)
					}
					for b, err := range piece.Read(t.Context()) {
						if err != nil {
							rt.Fatal(err)
						}
						for i := range int(b.NumRows()) {
							if column := b.Column(0).(*array.String); column.IsNull(i) {
								got = append(got, nil)
							} else {
								got = append(got, strings.Clone(column.Value(i)))
							}
						}
					}
				}
				for i, v := range values {
					if v == "" && format == "csv" {
						values[i] = nil // readers take an empty text for null, quoted or not
					}
				}
				if !reflect.DeepEqual(got, values) {
					rt.Fatalf("%q reads as %q: %q", values, got, filesOf(t, at))
				}
			})
		})
	}
}
