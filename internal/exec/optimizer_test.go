package exec_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
)

// The optimizer changes what a query costs, and not what it answers.
func TestOptimizedPlansAnswerAsPlainOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, left := drawRows(t, "l")
		_, right := drawRows(t, "r")
		for range 10 {
			checkOptimized(t, drawQuery(t), tables{"l": left, "r": right})
		}
	})
}

func checkOptimized(t *rapid.T, query string, data tables) {
	node, err := resolve(query, data)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	plain, plainErr := rowsOf(node)
	optimized, err := rowsOf(logical.Optimize(node))
	if (err == nil) != (plainErr == nil) || !slices.Equal(plain, optimized) {
		t.Fatalf("%s\nplain\n%s\n%v\noptimized\n%s\n%v\n%s", query, strings.Join(plain, "\n"), plainErr, strings.Join(optimized, "\n"), err,
			logical.Explain(logical.Optimize(node)))
	}
}

// rowsOf runs a plan as it is; the order of the rows is open.
func rowsOf(node logical.Node) ([]string, error) {
	op, err := exec.Build(node, &exec.Env{Eval: evalContext(), Memory: &exec.Memory{}, Workers: 1})
	if err != nil {
		return nil, err
	}
	rows, err := batch.Collect(exec.Gather(context.Background(), op, 1))
	if err != nil {
		return nil, err
	}
	lines := linesOf(texts(node.Schema(), rows))
	slices.Sort(lines)
	return lines, nil
}

// drawQuery writes a query whose answer is one: its limits cut rows of a total order only.
func drawQuery(t *rapid.T) string {
	from := drawFrom(t, rapid.IntRange(0, 2).Draw(t, "depth"))
	query := "SELECT key, text, id FROM " + from
	if rapid.Bool().Draw(t, "where") {
		query += " WHERE " + drawCondition(t)
	}
	switch rapid.IntRange(0, 4).Draw(t, "ending") {
	case 0:
		query = "SELECT key, count(*) AS n, max(id) AS id, min(text) AS text FROM (" + query + ") GROUP BY key HAVING count(*) > 1 OR key IS NULL"
	case 1:
		query += " ORDER BY key, text, id LIMIT 3"
	case 2:
		query += " ORDER BY id DESC, key, text LIMIT 2 OFFSET 1"
	case 3:
		query = "SELECT DISTINCT key, text FROM (" + query + ")"
	}
	return query
}

// drawFrom writes a relation with the columns key, text and id.
func drawFrom(t *rapid.T, depth int) string {
	if depth == 0 {
		return rapid.SampledFrom([]string{"l", "r"}).Draw(t, "table")
	}
	a, b := drawFrom(t, depth-1), drawFrom(t, depth-1)
	condition := func() string { return drawCondition(t) }
	switch rapid.IntRange(0, 12).Draw(t, "relation") {
	case 0:
		return "(SELECT key + 1 AS key, text, id FROM " + a + " WHERE " + condition() + ")"
	case 1:
		return "(SELECT key, text, id FROM " + a + " UNION ALL SELECT key, text, id FROM " + b + " WHERE " + condition() + ")"
	case 2:
		return "(SELECT key, max(text) AS text, sum(id) AS id FROM " + a + " GROUP BY key)"
	case 3:
		return "(SELECT DISTINCT key, text, id FROM " + a + ")"
	case 4:
		return "(SELECT key, text, row_number() OVER (PARTITION BY key ORDER BY id, text) AS id FROM " + a + ")"
	case 5:
		return "(SELECT key, concat(text, x) AS text, id FROM (SELECT key, text, id, explode(array('p', 'q')) AS x FROM " + a + "))"
	case 6:
		kind := rapid.SampledFrom([]string{"LEFT SEMI", "LEFT ANTI"}).Draw(t, "kind")
		return "(SELECT x.key, x.text, x.id FROM " + a + " x " + kind + " JOIN " + b + " y ON x.key = y.key AND " + drawJoinCondition(t) + ")"
	case 7:
		not := rapid.SampledFrom([]string{"", "NOT "}).Draw(t, "not")
		return "(SELECT key, text, id FROM " + a + " WHERE key " + not + "IN (SELECT key FROM " + b + " WHERE " + condition() + "))"
	}
	kind := rapid.SampledFrom([]string{"", "LEFT", "RIGHT", "FULL"}).Draw(t, "kind")
	return "(SELECT coalesce(x.key, y.key) AS key, y.text, x.id FROM " + a + " x " + kind + " JOIN " + b + " y ON x.key = y.key AND " +
		drawJoinCondition(t) + " WHERE " + strings.NewReplacer("text", "y.text", "id", "x.id").Replace(condition()) + ")"
}

func drawCondition(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"id > 2", "id % 2 = 0", "id IN (0, 1, 3)", "NOT (id < 1)", "3 > id", "id BETWEEN 1 AND 4 AND id <> 2",
		"text = 'a'", "text LIKE 'a%'", "text IS NULL", "coalesce(text, 'z') > 'a'", "text IS NOT NULL OR id = 1", "length(text) < 2 AND id > 0",
		"true", "false", "1 = 1 AND id > 1", "CAST(NULL AS boolean)", "id IS NOT NULL", "id <=> NULL", "id NOT IN (1, NULL)",
	}).Draw(t, "condition")
}

func drawJoinCondition(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"x.id > 1", "y.id > 1", "x.id < y.id", "x.text = y.text", "x.text <=> y.text", "y.text IS NOT NULL", "true", "x.id % 2 = 0 OR y.id % 2 = 1",
	}).Draw(t, "join condition")
}
