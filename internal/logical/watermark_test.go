package logical_test

import (
	"strings"
	"testing"

	"lakehouse/internal/logical"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// The clause takes a column, or an expression with a name, which becomes the first column.
func TestWatermarkClause(t *testing.T) {
	for _, c := range []struct{ query, schema, want string }{
		{"SELECT * FROM STREAM s WATERMARK time DELAY OF INTERVAL 10 MINUTES", "id int, name string, time timestamp", ""},
		{"SELECT * FROM s WATERMARK s.time DELAY OF INTERVAL '1 day' AS x", "id int, name string, time timestamp", ""},
		{"SELECT * FROM s WATERMARK timestamp_seconds(id) AS at DELAY OF INTERVAL 1 MONTH", "at timestamp, id int, name string, time timestamp", ""},
		{"SELECT at FROM s WATERMARK time + INTERVAL 1 HOUR at DELAY OF INTERVAL 0 SECONDS", "at timestamp", ""},
		{"SELECT * FROM s WATERMARK time delay DELAY OF INTERVAL 0 SECONDS", "delay timestamp, id int, name string, time timestamp", ""},
		{"SELECT * FROM s WATERMARK timestamp_seconds(id) DELAY OF INTERVAL 1 MINUTE", "", "[REQUIRES_EXPLICIT_NAME_IN_WATERMARK_CLAUSE] The watermark clause requires an explicit name if expression is specified, but got timestamp_seconds(id)."},
		{"SELECT * FROM s WATERMARK time AS (a, b) DELAY OF INTERVAL 1 MINUTE", "", "[CANNOT_USE_MULTI_ALIASES_IN_WATERMARK_CLAUSE] Multiple aliases are not supported in watermark clause."},
		{"SELECT * FROM s WATERMARK time DELAY OF INTERVAL -10 MINUTES", "", "delay threshold (-600 seconds) should not be negative."},
		{"SELECT * FROM s WATERMARK time DELAY OF INTERVAL -1 MONTH", "", "delay threshold (-1 months) should not be negative."},
		{"SELECT * FROM s WATERMARK id DELAY OF INTERVAL 1 MINUTE", "", "[EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE] The event time `id` has the invalid type \"INT\", but expected \"TIMESTAMP\"."},
		{"SELECT * FROM s WATERMARK id + 1 AS at DELAY OF INTERVAL 1 MINUTE", "", "[EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE] The event time `at`"},
		{"SELECT * FROM s WATERMARK time DELAY OF 10", "", "expected an interval"},
	} {
		rel, err := sql.ParseRelation(c.query)
		var node logical.Node
		if err == nil {
			node, err = resolve(t, rel)
		}
		checkText(t, c.query, err, c.want)
		if err == nil {
			if got := columnsOf(node); got != c.schema {
				t.Errorf("%s has the columns %s", c.query, got)
			}
			again, err := sql.ParseRelation(sql.Format(rel))
			if err != nil || sql.Format(again) != sql.Format(rel) {
				t.Errorf("%s is printed as %s, %v", c.query, sql.Format(rel), err)
			}
		}
	}
}

func columnsOf(node logical.Node) string {
	var columns []string
	for _, f := range node.Schema().Fields {
		columns = append(columns, f.Name+" "+strings.ToLower(types.SQL(f.Type)))
	}
	return strings.Join(columns, ", ")
}
