package exec_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/expr"
	"lakehouse/internal/realdata"
	"lakehouse/internal/types"
)

// example is one call of a function with Spark's answer.
type example struct {
	Function string
	SQL      string
	Schema   string
	Rows     [][]*string
	Error    string // the class, where Spark refuses
}

func examples(t *testing.T) []example {
	t.Helper()
	f, err := os.Open(realdata.Path(t, "spark-functions", "functions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []example
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e example
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// leastAnswered is how many examples were answered as Spark does when this was last written down.
const leastAnswered = 949

// Queries that use every function answer with Spark's columns and rows.
func TestFunctionsAnswerAsSpark(t *testing.T) {
	all := examples(t)
	right, refused := 0, 0
	for _, e := range all {
		if strings.HasPrefix(e.SQL, "SET ") {
			continue
		}
		problem, err := answer(t, e)
		switch {
		case err != nil:
			refused++
			t.Logf("%s: %s\n\t%v", e.Function, e.SQL, firstLine(err.Error()))
		case problem != "":
			t.Logf("%s: %s\n\t%s", e.Function, e.SQL, problem)
		default:
			right++
		}
	}
	t.Logf("%d of %d examples answered as Spark does; %d refused", right, len(all), refused)
	if right < leastAnswered {
		t.Errorf("only %d examples are right; %d were", right, leastAnswered)
	}
}

func answer(t *testing.T, e example) (problem string, err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("panic: %v", p)
			problem, err = fmt.Sprint("panic: ", p), nil
		}
	}()
	schema, rows, err := run(t.Context(), e.SQL, tables{}, 1)
	if e.Error != "" {
		if err == nil || !strings.Contains(err.Error(), "["+e.Error) {
			return fmt.Sprintf("error %v, want %s", err, e.Error), nil
		}
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if got := schema.String(); got != e.Schema {
		return "schema " + got + ", want " + e.Schema, nil
	}
	if volatile.MatchString(e.SQL) {
		return "", nil
	}
	got, want := optionalTexts(schema, rows), e.Rows
	if !strings.Contains(strings.ToUpper(e.SQL), "ORDER BY") {
		slices.SortFunc(got, compareRows)
		slices.SortFunc(want, compareRows)
	}
	if !slices.EqualFunc(got, want, equalRows) {
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		return "rows " + string(a) + ", want " + string(b), nil
	}
	return "", nil
}

// volatile queries answer differently each time.
var volatile = regexp.MustCompile(`(?i)\b(current_\w+|curdate|now|localtimestamp|rand|randn|random|randstr|uniform|uuid|shuffle|user|session_user|version|monotonically_increasing_id|spark_partition_id|input_file_\w+)\b`)

func compareRows(a, b []*string) int {
	return slices.CompareFunc(a, b, func(x, y *string) int {
		if x == nil || y == nil {
			return cmp.Compare(textOrNull(x), textOrNull(y))
		}
		return cmp.Compare(*x, *y)
	})
}

func textOrNull(s *string) string {
	if s == nil {
		return ""
	}
	return "=" + *s
}

func equalRows(a, b []*string) bool {
	return slices.EqualFunc(a, b, func(x, y *string) bool {
		return x == nil && y == nil || x != nil && y != nil && *x == *y
	})
}

// optionalTexts is the rows as CAST(… AS STRING) prints their values, null as nil.
func optionalTexts(schema types.Struct, rows []arrow.RecordBatch) [][]*string {
	out := [][]*string{}
	for _, b := range rows {
		for i := range int(b.NumRows()) {
			row := make([]*string, len(schema.Fields))
			for c, f := range schema.Fields {
				if f.Type != types.Null && b.Column(c).IsValid(i) {
					text := expr.FormatValue(b.Column(c), i, f.Type, evalContext().TimeZone)
					if binary, ok := b.Column(c).(*array.Binary); ok {
						text = fmt.Sprintf("%X", binary.Value(i))
					}
					row[c] = &text
				}
			}
			out = append(out, row)
		}
	}
	return out
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
