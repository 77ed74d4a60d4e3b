package programs_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/programs"
	"lakehouse/medallion"
)

const mistakesVolume = "/Volumes/main/default/vol"

// A bench is what the mistakes are made on: the folder json with two rows, the folder bad with a line that is no JSON
// and one with a wrong type, and the table t_delta with one row.
type bench struct{ *programs.Lake }

func newBench(t *testing.T) bench {
	t.Helper()
	b := bench{programs.NewLake(t)}
	for name, text := range map[string]string{
		"/json/a.json": `{"Id":1,"name":"Alice","money":10}` + "\n" + `{"Id":2,"name":"Bob","money":-5}` + "\n",
		"/bad/a.json":  `{"Id":1,"name":"Alice","money":"abc"}` + "\n" + `{"Id":2,` + "\n" + `{"Id":3,"name":"Cid","money":7}` + "\n",
	} {
		if err := b.Session.FS().Put(t.Context(), mistakesVolume+name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"CREATE TABLE t_delta (Id INT, name STRING, money INT) USING delta", "INSERT INTO t_delta VALUES (1, 'Dee', 5)"} {
		if err := b.sql(text); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// sql runs a statement and collects its rows.
func (b bench) sql(text string) error {
	frame, err := b.Session.SQL(b.Context(), text)
	if err != nil {
		return err
	}
	_, err = frame.Collect(b.Context())
	return err
}

func (b bench) reader() medallion.DataStreamReader {
	return b.Session.ReadStream().Format("json").Schema("Id int, name string, money int")
}

// load reads the folder json with options, given as name, value, ….
func (b bench) load(options ...string) error {
	_, err := b.with(options...).Load(b.Context(), mistakesVolume+"/json")
	return err
}

func (b bench) with(options ...string) medallion.DataStreamReader {
	r := b.reader()
	for i := 0; i < len(options); i += 2 {
		r = r.Option(options[i], options[i+1])
	}
	return r
}

// stream is the folder json as a stream.
func (b bench) stream() *medallion.DataFrame { return b.streamOf("/json") }

func (b bench) streamOf(folder string, options ...string) *medallion.DataFrame {
	b.Helper()
	frame, err := b.with(options...).Load(b.Context(), mistakesVolume+folder)
	if err != nil {
		b.Fatal(err)
	}
	return frame
}

// into is a writer of a frame with the checkpoint cp, for tables and paths.
func into(frame *medallion.DataFrame) medallion.DataStreamWriter {
	return frame.WriteStream().Option("checkpointLocation", mistakesVolume+"/cp").Trigger(medallion.AvailableNow())
}

// start starts a query into the folder out, and says whether that succeeded.
func (b bench) start(w medallion.DataStreamWriter) error {
	_, err := w.Start(b.Context(), mistakesVolume+"/out")
	return err
}

// failing is the exception of a query that starts.
func (b bench) failing(q *medallion.StreamingQuery, err error) error {
	b.Helper()
	if err != nil {
		b.Fatalf("the query did not start: %v", err)
	}
	_, err = q.AwaitTermination(b.Context())
	if err != nil && !errors.Is(err, errclass.StreamFailed) {
		b.Errorf("the exception has no class STREAM_FAILED: %v", err)
	}
	return err
}

// mustRun lets a query end, without an error.
func (b bench) mustRun(w medallion.DataStreamWriter) {
	b.Helper()
	b.Run(w.Start(b.Context(), mistakesVolume+"/out"))
}

// rest is a frame of the table at rest.
func (b bench) rest() *medallion.DataFrame { return b.Session.Table("t_delta") }

func collected(ctx context.Context, frame *medallion.DataFrame) error {
	_, err := frame.Collect(ctx)
	return err
}

// counted is a stateful frame.
func counted(frame *medallion.DataFrame) *medallion.DataFrame {
	return frame.GroupBy(medallion.Col("Id")).Agg(medallion.Count(medallion.Col("*")).As("n"))
}

// A mistake is one row of Spark's captured mistakes.
type mistake struct {
	id    string         // in the capture
	class errclass.Class // empty: no mistake at all
	words []string       // which the text must have
	make  func(b bench) error
}

// Each usual mistake gets the class that Spark gives it (or, where Spark has only a placeholder or nothing, one of its own), a
// text with the words that help, and gets it at the call that has the mistake.
func TestMistakesGetSparksAnswers(t *testing.T) {
	captured, covered := map[string]bool{}, map[string]bool{}
	for _, row := range programs.Answer[[]struct {
		ID string `json:"id"`
	}](t, "errors", "errors.json") {
		captured[row.ID] = true
	}
	for _, table := range [][]mistake{queryMistakes, sourceMistakes, sinkMistakes, checkpointMistakes, deltaMistakes, timeMistakes} {
		for _, m := range table {
			t.Run(m.id, func(t *testing.T) {
				if !captured[m.id] {
					t.Fatalf("the captures have no %s", m.id)
				}
				assertMistake(t, m, m.make(newBench(t)))
			})
			covered[m.id] = true
		}
	}
	for id := range captured {
		if !covered[id] && !slices.Contains(elsewhere, id) {
			t.Errorf("no test makes the mistake %s", id)
		}
	}
}

// elsewhere are captured mistakes that other tests make, or that cannot be made: those that do not compile.
var elsewhere = []string{
	"permissive", "dropmalformed", "corrupt-record-column", "checkpoint-in-use", // below
	"trigger-misspelled", "trigger-twice", // do not compile
	"toTable-default-format", // the default is Delta
}

func assertMistake(t *testing.T, m mistake, err error) {
	t.Helper()
	if m.class == "" {
		if err != nil {
			t.Errorf("this is no mistake: %v", err)
		}
		return
	}
	if !errors.Is(err, m.class) {
		t.Errorf("got %v\nwant class %s", err, m.class)
		return
	}
	for _, word := range m.words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%v\nlacks %q", err, word)
		}
	}
}

// inSQL is a mistake in a statement.
func inSQL(id, text string, class errclass.Class, words ...string) mistake {
	return mistake{id, class, words, func(b bench) error { return b.sql(text) }}
}

var queryMistakes = []mistake{
	inSQL("table-not-found-sql", "SELECT * FROM nope", errclass.TableNotFound, "`nope`"),
	inSQL("table-not-found-suggestion", "SELECT * FROM t_dleta", errclass.TableNotFound, "`t_dleta`"),
	inSQL("delta-path-not-table", "SELECT * FROM delta.`"+mistakesVolume+"/nothing`", errclass.PathNotFound, mistakesVolume+"/nothing"),
	inSQL("delta-path-is-not-delta", "SELECT * FROM delta.`"+mistakesVolume+"/json`", errclass.DeltaTableNotFound, mistakesVolume+"/json"),
	inSQL("schema-not-found", "SELECT * FROM nodb.t", errclass.TableNotFound, "`nodb`.`t`"),
	inSQL("use-schema-not-found", "USE nodb", errclass.SchemaNotFound, "`nodb`"),
	inSQL("drop-missing", "DROP TABLE nope", errclass.TableNotFound, "`nope`"),
	inSQL("drop-missing-if-exists", "DROP TABLE IF EXISTS nope", ""),
	inSQL("create-exists", "CREATE TABLE t_delta (Id INT)", errclass.TableAlreadyExists, "`t_delta`", "IF NOT EXISTS"),
	inSQL("column-not-found-sql", "SELECT monye FROM t_delta", errclass.UnresolvedColumn, "`monye`", "`money`"),
	inSQL("field-not-found", "SELECT City.Citty FROM (SELECT named_struct('City', 'Pune') AS City)", errclass.FieldNotFound, "No such struct field `Citty` in `City`"),
	inSQL("column-ambiguous", "SELECT Id FROM t_delta a JOIN t_delta b ON a.Id = b.Id", errclass.AmbiguousReference, "`Id` is ambiguous", "`a`.`Id`", "`b`.`Id`"),
	inSQL("function-not-found", "SELECT summ(money) FROM t_delta", errclass.UnresolvedRoutine, "`summ`"),
	inSQL("not-in-group-by", "SELECT name, sum(money) FROM t_delta GROUP BY Id", errclass.MissingAggregation, "name"),
	inSQL("parse-error", "SELEC * FROM t_delta", errclass.ParseSyntaxError, "Syntax error at or near 'SELEC'"),
	inSQL("parse-error-end", "SELECT * FROM", errclass.ParseSyntaxError, "end of input"),
	inSQL("catalog-not-found", "SELECT * FROM nocat.db.t", errclass.TableNotFound, "`nocat`.`db`.`t`"),
	inSQL("ansi-cast-text-int", "SELECT CAST('abc' AS INT)", errclass.CastInvalidInput, "'abc'", `"STRING"`, `"INT"`, "`try_cast`"),
	inSQL("ansi-cast-text-double", "SELECT CAST('1,5' AS DOUBLE)", errclass.CastInvalidInput, "'1,5'", `"DOUBLE"`),
	inSQL("ansi-cast-text-timestamp", "SELECT CAST('2025-13-01' AS TIMESTAMP)", errclass.CastInvalidInput, "'2025-13-01'", `"TIMESTAMP"`),
	inSQL("ansi-cast-text-boolean", "SELECT CAST('maybe' AS BOOLEAN)", errclass.CastInvalidInput, "'maybe'", `"BOOLEAN"`),
	inSQL("ansi-cast-overflow", "SELECT CAST(3000000000 AS INT)", errclass.CastOverflow, "3000000000L", `"BIGINT"`, `"INT"`),
	inSQL("ansi-divide-by-zero", "SELECT 1/0", errclass.DivideByZero, "Division by zero", "`try_divide`"),
	inSQL("ansi-add-overflow", "SELECT 2147483647 + 1", errclass.ArithmeticOverflow, "integer overflow", "try_add"),
	inSQL("ansi-array-index", "SELECT array(1,2)[5]", errclass.InvalidArrayIndex, "index 5", "2 elements", "`get()`"),
	inSQL("ansi-map-key", "SELECT map('a',1)['b']", ""),
	inSQL("ansi-element_at", "SELECT element_at(array(1,2), 5)", errclass.InvalidArrayIndexInElementAt, "index 5", "`try_element_at`"),
	inSQL("ansi-try_cast", "SELECT try_cast('abc' AS INT)", ""),
	inSQL("ansi-cast-int-trim", "SELECT CAST(' 12 ' AS INT)", ""),
	inSQL("ansi-cast-type", "SELECT CAST(array(1) AS INT)", errclass.DatatypeMismatchCast, `"ARRAY<INT>"`, `"INT"`),
	inSQL("insert-wrong-count", "INSERT INTO t_delta VALUES (1, 'x')", errclass.DeltaInsertArity, "not enough data columns", "3 column", "2 column"),
	inSQL("insert-bad-cast", "INSERT INTO t_delta VALUES (1, 'x', 'abc')", errclass.CastInvalidInput, "'abc'", `"INT"`),
	inSQL("two-explodes", "SELECT explode(array(1,2)), explode(array(3))", ""),
	{"no-ansi-cast", "", nil, func(b bench) error {
		return errors.Join(b.Session.SetConf("spark.sql.ansi.enabled", "false"), b.sql("SELECT CAST('abc' AS INT), 1/0"))
	}},
	{"column-not-found", errclass.UnresolvedColumn, []string{"`monye`", "`money`"}, func(b bench) error {
		return collected(b.Context(), b.rest().SelectCols("monye"))
	}},
	{"column-not-found-filter", errclass.UnresolvedColumn, []string{"`monye`", "`money`"}, func(b bench) error {
		return collected(b.Context(), b.rest().Filter(medallion.Col("monye").Gt(0)))
	}},
	{"column-not-found-expr", errclass.UnresolvedColumn, []string{"`InvoiceLineItem`"}, func(b bench) error {
		return collected(b.Context(), b.rest().SelectExpr("explode(InvoiceLineItem)"))
	}},
	{"explode-not-array", errclass.DatatypeMismatchInput, []string{"explode(name)", `"ARRAY" or "MAP"`}, func(b bench) error {
		return collected(b.Context(), b.rest().SelectExpr("explode(name)"))
	}},
	{"filter-not-boolean", errclass.DatatypeMismatchFilter, []string{"money + 1", `"INT"`}, func(b bench) error {
		return collected(b.Context(), b.rest().Filter(medallion.Expr("money + 1")))
	}},
	{"case-insensitive-column", "", nil, func(b bench) error { return collected(b.Context(), b.rest().SelectCols("MONEY")) }},
	{"table-not-found-stream", errclass.TableNotFound, []string{"`nope`"}, func(b bench) error {
		_, err := b.Session.ReadStream().Table(b.Context(), "nope")
		return err
	}},
	{"show-on-stream", errclass.UnsupportedStreaming, []string{"writeStream.start()"}, func(b bench) error {
		return b.stream().Show(b.Context(), io.Discard)
	}},
	{"count-on-stream", errclass.UnsupportedStreaming, []string{"writeStream.start()"}, func(b bench) error {
		_, err := b.stream().Count(b.Context())
		return err
	}},
	{"write-on-stream", errclass.CallOnStreaming, []string{"`write`"}, func(b bench) error {
		return b.stream().Write().Save(b.Context(), mistakesVolume+"/out")
	}},
}

// inOption is a mistake in options of a stream of files, found at load.
func inOption(id string, class errclass.Class, options []string, words ...string) mistake {
	return mistake{id, class, words, func(b bench) error { return b.load(options...) }}
}

func archived(dir string) []string {
	return []string{"cleanSource", "archive", "sourceArchiveDir", mistakesVolume + dir}
}

var sourceMistakes = []mistake{
	inOption("cleanSource-value", errclass.InvalidOptionValue, []string{"cleanSource", "move"}, "move", "ARCHIVE,DELETE,OFF"),
	inOption("cleanSource-upper", "", []string{"cleanSource", "ARCHIVE", "sourceArchiveDir", mistakesVolume + "/archive"}),
	inOption("archive-dir-missing", errclass.InvalidOption, []string{"cleanSource", "archive"}, "Archive mode must be used with 'sourceArchiveDir' option."),
	inOption("archive-dir-inside-source", errclass.InvalidOptionValue, archived("/json/archive"), "Base archive path cannot be set"),
	inOption("archive-dir-is-source", errclass.InvalidOptionValue, archived("/json"), "Base archive path cannot be set"),
	inOption("archive-dir-above-source", errclass.InvalidOptionValue, archived(""), "Base archive path cannot be set"),
	inOption("archive-dir-sibling", "", archived("/json_archive")),
	{"archive-glob-match", errclass.InvalidOptionValue, []string{"Base archive path cannot be set"}, func(b bench) error {
		_, err := b.with(archived("/json_archive")...).Load(b.Context(), mistakesVolume+"/json*")
		return err
	}},
	inOption("maxFilesPerTrigger=abc", errclass.InvalidOptionValue, []string{"maxFilesPerTrigger", "abc"}, "Invalid value 'abc' for option 'maxFilesPerTrigger', must be a positive integer"),
	inOption("maxFilesPerTrigger=0", errclass.InvalidOptionValue, []string{"maxFilesPerTrigger", "0"}, "Invalid value '0'", "positive integer"),
	inOption("maxFilesPerTrigger=-1", errclass.InvalidOptionValue, []string{"maxFilesPerTrigger", "-1"}, "Invalid value '-1'", "positive integer"),
	inOption("maxFilesPerTrigger=1.5", errclass.InvalidOptionValue, []string{"maxFilesPerTrigger", "1.5"}, "Invalid value '1.5'", "positive integer"),
	inOption("maxFilesPerTrigger=", errclass.InvalidOptionValue, []string{"maxFilesPerTrigger", ""}, "Invalid value ''", "positive integer"),
	inOption("maxFilesPerTrigger+maxBytesPerTrigger", errclass.InvalidOption, []string{"maxFilesPerTrigger", "1", "maxBytesPerTrigger", "1000"}, "maxFilesPerTrigger", "maxBytesPerTrigger"),
	inOption("archive-dir-other-fs", errclass.UnsupportedFeature, []string{"cleanSource", "archive", "sourceArchiveDir", "hdfs://x/archive"}, "hdfs://x/archive"),
	inOption("maxBytesPerTrigger=1k", errclass.InvalidOptionValue, []string{"maxBytesPerTrigger", "1k"}, "Invalid value '1k'", "positive integer"),
	inOption("maxFileAge", errclass.InvalidOptionValue, []string{"maxFileAge", "7 fortnights"}, "7 fortnights", "maxFileAge"),
	inOption("latestFirst", errclass.InvalidOptionValue, []string{"latestFirst", "perhaps"}, "'perhaps'", "'latestFirst'"),
	inOption("multiLine", errclass.InvalidOptionValue, []string{"multiLine", "perhaps"}, "perhaps", "multiLine"),
	inOption("mode", errclass.InvalidOptionValue, []string{"mode", "STRICT"}, "STRICT", "PERMISSIVE"),
	inOption("unknown-option", errclass.InvalidOption, []string{"maxFilePerTrigger", "1"}, "maxFilePerTrigger", "maxFilesPerTrigger"),
	{"schema-missing", errclass.StreamSchemaRequired, []string{"chema must be specified"}, func(b bench) error {
		_, err := b.Session.ReadStream().Format("json").Load(b.Context(), mistakesVolume+"/json")
		return err
	}},
	{"path-missing-option", errclass.PathRequired, []string{"'path' is not specified."}, func(b bench) error {
		_, err := b.reader().Load(b.Context())
		return err
	}},
	{"source-folder-missing", errclass.PathNotFound, []string{"Path does not exist: " + mistakesVolume + "/nowhere"}, func(b bench) error {
		_, err := b.reader().Load(b.Context(), mistakesVolume+"/nowhere")
		return err
	}},
	{"source-is-a-file", errclass.InvalidOption, []string{"directory"}, func(b bench) error {
		_, err := b.reader().Load(b.Context(), mistakesVolume+"/json/a.json")
		return err
	}},
	{"schema-bad-ddl", errclass.UnsupportedDatatype, []string{`"INTEGR"`}, func(b bench) error {
		_, err := b.Session.ReadStream().Format("json").Schema("Id integr, name string").Load(b.Context(), mistakesVolume+"/json")
		return err
	}},
	{"format-unknown", errclass.DataSourceNotFound, []string{"jsonn"}, func(b bench) error {
		_, err := b.reader().Format("jsonn").Load(b.Context(), mistakesVolume+"/json")
		return err
	}},
	{"failfast", errclass.MalformedRecord, []string{"bad/a.json"}, func(b bench) error {
		return b.failing(into(b.streamOf("/bad", "mode", "FAILFAST")).Start(b.Context(), mistakesVolume+"/out"))
	}},
	{"failfast-batch", errclass.FailedReadFile, []string{"bad/a.json"}, func(b bench) error {
		frame, err := b.Session.Read().Format("json").Schema("Id int, name string, money int").Option("mode", "FAILFAST").
			Load(b.Context(), mistakesVolume+"/bad")
		if err != nil {
			return err
		}
		return collected(b.Context(), frame)
	}},
	{"ansi-cast-in-stream", errclass.CastInvalidInput, []string{"'Alice'", `"INT"`}, func(b bench) error {
		return b.failing(into(b.stream().Select(medallion.Col("name").Cast("int"))).Start(b.Context(), mistakesVolume+"/out"))
	}},
}
