package medallion

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// maintenanceCase is a row of statements of testdata/maintenance/cases.json.
type maintenanceCase struct {
	Name  string
	Table string // whose history is looked at; t where empty
	Do    []string
}

// maintenanceAnswer is what Spark said to one of them: testdata/maintenance/ask.py asks.
type maintenanceAnswer struct {
	Statement string
	Schema    string
	Result    []any
	Error     string
	Message   string
	Versions  []maintenanceVersion
}

// maintenanceVersion is what a version's history tells.
type maintenanceVersion struct {
	Operation      string
	Parameters     map[string]string
	Metrics        map[string]string
	IsolationLevel string
	IsBlindAppend  *bool
	ReadVersion    *int64
	Tags           map[string]string
}

// meantOtherwise are statements, of a case, that are meant to end otherwise than in Spark.
var meantOtherwise = map[string]string{
	"clone: CREATE OR REPLACE TABLE c SHALLOW CLONE t VERSION AS OF 1 TBLPROPERTIES ('z' = '1')":             "the table is replaced, as on Databricks; Delta refuses one that has files",
	"vacuum: VACUUM t LITE RETAIN 0 HOURS":                                                                   "files that an earlier VACUUM has deleted are not counted again",
	"vacuum: VACUUM t FULL RETAIN 100 HOURS":                                                                 "the history tells the retention behind FULL, too",
	"alter columns: COMMENT ON COLUMN t.id IS 'again'":                                                       "the statement is known, as on Databricks",
	"bad statistics columns: ALTER TABLE t SET TBLPROPERTIES ('delta.dataSkippingStatsColumns' = 'id,,s')":   "refused as a column of no name; Spark's class, UNSUPPORTED_TABLE_CHANGE, says nothing",
	"bad statistics columns: ALTER TABLE t SET TBLPROPERTIES ('delta.dataSkippingNumIndexedCols' = '-2')":    "refused as INVALID_PARAMETER_VALUE; Spark's class, UNSUPPORTED_TABLE_CHANGE, says nothing",
	"other properties: ALTER TABLE t SET TBLPROPERTIES ('delta.universalFormat.enabledFormats' = 'iceberg')": "refused at once, and not for what else it needs: no metadata of other formats is written",
	"other properties: DESCRIBE DETAIL t":                                                                    "the feature has its final name, variantShredding, which Delta 4.4 knows, too; it writes variantShredding-preview",
	"as select, and replaced: REPLACE TABLE t USING delta PARTITIONED BY (p) AS SELECT 2 AS id, 'b' AS p":    "the statement is refused by name: CREATE OR REPLACE does it",
}

// Each statement that makes, alters or keeps a table answers as in Spark, and leaves the same versions in the history.
func TestMaintenanceEndsAsInSpark(t *testing.T) {
	var cases []maintenanceCase
	var answers map[string][]maintenanceAnswer
	for file, into := range map[string]any{"cases.json": &cases, "spark.json": &answers} {
		data, err := os.ReadFile("testdata/maintenance/" + file)
		if err == nil {
			err = json.Unmarshal(data, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			if len(answers[c.Name]) != len(c.Do) {
				t.Skip("Spark has not been asked yet: python testdata/maintenance/ask.py")
			}
			newMaintenanceRun(t, c).check(answers[c.Name])
		})
	}
}

type maintenanceRun struct {
	*testing.T
	session *Session
	name    string
	root    string
	table   string
	seen    int // versions of the table
}

func newMaintenanceRun(t *testing.T, c maintenanceCase) *maintenanceRun {
	root := t.TempDir()
	s, err := NewSession(Options{Root: root, Conf: map[string]string{confWorkers: "1", confPartitions: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	r := &maintenanceRun{T: t, session: s, name: c.Name, root: filepath.ToSlash(root), table: "t"}
	if c.Table != "" {
		r.table = strings.ReplaceAll(c.Table, "$ROOT", "/FileStore")
	}
	return r
}

func (r *maintenanceRun) check(answers []maintenanceAnswer) {
	for i, want := range answers {
		if why := meantOtherwise[r.name+": "+want.Statement]; why != "" {
			r.Logf("%s: %s", want.Statement, why)
			continue
		}
		r.Run(fmt.Sprintf("%02d", i), func(t *testing.T) {
			of := *r
			of.T = t
			of.statement(want)
			r.seen = of.seen
		})
	}
}

func (r *maintenanceRun) statement(want maintenanceAnswer) {
	if strings.HasPrefix(want.Statement, "@parquet ") {
		r.parquet(strings.SplitN(want.Statement, " ", 3)[2])
		return
	}
	frame, err := r.session.SQL(r.Context(), strings.ReplaceAll(want.Statement, "$ROOT", "/FileStore"))
	switch {
	case want.Error != "":
		r.checkError(err, want)
	case err != nil:
		r.Errorf("%s: %v", want.Statement, err)
	default:
		r.checkResult(frame, want)
	}
	r.checkVersions(want)
}

func (r *maintenanceRun) parquet(query string) {
	frame, err := r.session.SQL(r.Context(), query)
	if err == nil {
		err = frame.Write().Format("parquet").PartitionBy("p").Save(r.Context(), "/FileStore/pq")
	}
	if err != nil {
		r.Fatal(err)
	}
}

func (r *maintenanceRun) checkError(err error, want maintenanceAnswer) {
	if err == nil {
		r.Errorf("%s\nno error, want %s", want.Statement, want.Message)
		return
	}
	class := want.Error
	if class == "Py4JJavaError" { // the class of the cause stands in its text
		class, _, _ = strings.Cut(want.Message[strings.Index(want.Message, "[")+1:], "]")
	}
	if !strings.Contains(err.Error(), "["+class) {
		r.Errorf("%s\n%v\nwant %s: %s", want.Statement, err, want.Error, want.Message)
	}
}

// changing are the names of what no two runs, or no two engines, have alike.
var unlike = regexp.MustCompile(`(?i)(size|bytes|time|timems|parallelism|tasks)$|^(table_?size_?after_?restore|numTargetBytes.*|sizeOfDataToDelete|delta.inCommitTimestampEnablementTimestamp|min|max|avg|id|location|path|createdAt|lastModified)$|^p\d\dFileSize$|PhysicalName|ColumnName$`)

// withoutUnlike puts a mark in the place of such values.
func withoutUnlike(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, of := range v {
			_, isMap := of.(map[string]any)
			if unlike.MatchString(k) && !isMap {
				v[k] = "…"
				continue
			}
			v[k] = withoutUnlike(of)
		}
		if key, ok := v["key"].(string); ok && unlike.MatchString(key) {
			v["value"] = "…"
		}
	case []any:
		for i := range v {
			v[i] = withoutUnlike(v[i])
		}
	}
	return v
}

func (r *maintenanceRun) checkResult(frame *DataFrame, want maintenanceAnswer) {
	schema, err := frame.Schema(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	if got := fmt.Sprint(types.Type(schema)); !strings.EqualFold(got, want.Schema) {
		r.Errorf("%s\nanswers %s\nwant    %s", want.Statement, got, want.Schema)
	}
	if len(schema.Fields) == 0 {
		return
	}
	rows, err := frame.SelectExpr("to_json(struct(*), map('ignoreNullFields', 'false'))").Collect(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	var got []any
	for _, row := range rows {
		var v any
		if err := json.Unmarshal([]byte(row.Values[0].(string)), &v); err != nil {
			r.Fatal(err)
		}
		got = append(got, v)
	}
	if g, w := shownJSON(got), shownJSON(want.Result); g != w {
		r.Errorf("%s\nanswer %s\nwant   %s", want.Statement, g, w)
	}
}

func shownJSON(rows []any) string {
	var lines []string
	for _, v := range rows {
		if row, ok := v.(map[string]any); ok {
			if names, ok := row["tableFeatures"].([]any); ok {
				slices.SortFunc(names, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
		}
		line, _ := json.Marshal(withoutUnlike(v))
		lines = append(lines, string(line))
	}
	return strings.Join(lines, "\n       ")
}

func (r *maintenanceRun) checkVersions(want maintenanceAnswer) {
	table, err := r.session.tableOf(r.Context(), strings.Split(strings.Trim(strings.Replace(r.table, "delta.`", "delta`", 1), "`"), "`"))
	if errors.Is(err, errclass.TableNotFound) && len(want.Versions) == 0 {
		return // the statement makes what the table is made of
	}
	if err != nil {
		r.Fatal(err)
	}
	exists, err := table.Exists(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	if !exists {
		if len(want.Versions) > 0 {
			r.Errorf("%s: no table", want.Statement)
		}
		return
	}
	history, err := table.Log.History(r.Context(), 0)
	if err != nil {
		r.Fatal(err)
	}
	slices.Reverse(history)
	fresh := history[min(r.seen, len(history)):]
	r.seen = len(history)
	if len(fresh) != len(want.Versions) {
		var got, wanted []string
		for _, h := range fresh {
			got = append(got, h.Operation)
		}
		for _, v := range want.Versions {
			wanted = append(wanted, v.Operation)
		}
		r.Errorf("%s\nversions %v\nwant     %v", want.Statement, got, wanted)
		return
	}
	for i, h := range fresh {
		w := want.Versions[i]
		at := fmt.Sprintf("%s\n%d %s: ", want.Statement, h.Version, h.Operation)
		if h.Operation != w.Operation {
			r.Errorf("%soperation, want %s", at, w.Operation)
			continue
		}
		compareTexts(r.T, at+"parameters", likeParameters(parameterTexts(h.OperationParameters)), likeParameters(w.Parameters))
		compareTexts(r.T, at+"metrics", likeTexts(h.OperationMetrics), likeTexts(w.Metrics))
		if w.Tags[preservedTag] == "" { // as the specification has it, versions that copy no rows, too, say of them that they keep their ids
			delete(h.Tags, preservedTag)
		}
		compareTexts(r.T, at+"tags", h.Tags, w.Tags)
		if h.IsolationLevel != w.IsolationLevel || fmt.Sprint(orNull(h.IsBlindAppend)) != fmt.Sprint(orNull(w.IsBlindAppend)) || (h.ReadVersion == nil) != (w.ReadVersion == nil || *w.ReadVersion < 0) {
			r.Errorf("%s%s, blind append %v, read version %v, want %s, %v, %v", at, h.IsolationLevel, orNull(h.IsBlindAppend), orNull(h.ReadVersion),
				w.IsolationLevel, orNull(w.IsBlindAppend), orNull(w.ReadVersion))
		}
	}
}

const preservedTag = "delta.rowTracking.preserved"

// physical are the names of columns in data files.
var physical = regexp.MustCompile(`col-[0-9a-f-]{36}`)

// likeParameters are parameters, without the numbers and names that are given to columns, and with JSON objects and the names of features
// in one order.
func likeParameters(all map[string]string) map[string]string {
	like := map[string]string{}
	for k, v := range all {
		var object map[string]any
		if json.Unmarshal([]byte(v), &object) == nil {
			if features, ok := object["writerFeatures"].([]any); ok {
				slices.SortFunc(features, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
			sorted, _ := json.Marshal(object)
			v = string(sorted)
		}
		v = strings.ReplaceAll(v, `{"toType":"long","fromType":"integer"}`, `{"fromType":"integer","toType":"long"}`) // in an array
		v = physical.ReplaceAllString(withoutIDs.ReplaceAllString(v, ""), "…")
		like[k] = strings.ReplaceAll(strings.ReplaceAll(v, ", ", ","), `(id IN (1,2,3,4,51))`, `id IN (1,2,3,4,51)`) // IN is written in two ways
	}
	return like
}

// likeTexts are metrics, without the values that are never alike.
func likeTexts(all map[string]string) map[string]string {
	like := map[string]string{}
	for k, v := range all {
		if unlike.MatchString(k) || strings.HasSuffix(k, "TimeMs") {
			v = "…"
		}
		like[k] = v
	}
	return like
}
