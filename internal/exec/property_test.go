package exec_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"lakehouse/internal/logical"
	"lakehouse/internal/types"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A row of the random tables: a key and a value that may be missing, a text, and a number that tells rows
// apart.
type row struct {
	key  *int64
	text *string
	id   int64
}

func (r row) keyText() string {
	if r.key == nil {
		return "NULL"
	}
	return fmt.Sprint(*r.key)
}

func (r row) textText() string {
	if r.text == nil {
		return "NULL"
	}
	return *r.text
}

var rowSchema = types.Struct{Fields: []types.Field{
	{Name: "key", Type: types.Long, Nullable: true},
	{Name: "text", Type: types.String, Nullable: true},
	{Name: "id", Type: types.Long},
}}

// drawRows makes a table of a few batches with few different keys, so that they meet.
func drawRows(t *rapid.T, name string) ([]row, *logical.Relation) {
	keys := rapid.OneOf(rapid.Just[*int64](nil), rapid.Map(rapid.Int64Range(-3, 3), func(k int64) *int64 { return &k }))
	words := rapid.OneOf(rapid.Just[*string](nil), rapid.Map(rapid.SampledFrom([]string{"", "a", "b", "a\x00", "ab"}), func(s string) *string { return &s }))
	var rows []row
	var batches []arrow.RecordBatch
	for range rapid.IntRange(0, 5).Draw(t, name+" batches") {
		var part []row
		for range rapid.IntRange(0, 6).Draw(t, name+" rows") {
			part = append(part, row{keys.Draw(t, "key"), words.Draw(t, "text"), int64(len(rows) + len(part))})
		}
		rows = append(rows, part...)
		batches = append(batches, rowBatch(part))
	}
	return rows, logical.NewLocalRelation(rowSchema, batches)
}

func rowBatch(rows []row) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(rowSchema))
	for _, r := range rows {
		if r.key == nil {
			b.Field(0).AppendNull()
		} else {
			b.Field(0).(*array.Int64Builder).Append(*r.key)
		}
		if r.text == nil {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.StringBuilder).Append(*r.text)
		}
		b.Field(2).(*array.Int64Builder).Append(r.id)
	}
	return b.NewRecordBatch()
}

// checkQuery runs a query over random tables, with one worker and with four, against the rows that a plain
// loop gives. ordered says that their order counts too.
func checkQuery(t *testing.T, query string, ordered bool, want func(l, r []row) []string) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		leftRows, left := drawRows(t, "l")
		rightRows, right := drawRows(t, "r")
		expected := want(leftRows, rightRows)
		for _, workers := range []int{1, 4} {
			schema, batches, err := run(context.Background(), query, tables{"l": left, "r": right}, workers)
			if err != nil {
				t.Fatal(err)
			}
			got := linesOf(texts(schema, batches))
			if !ordered {
				slices.Sort(got)
				slices.Sort(expected)
			}
			if !slices.Equal(got, expected) {
				t.Fatalf("%d workers: got\n%s\nwant\n%s", workers, strings.Join(got, "\n"), strings.Join(expected, "\n"))
			}
		}
	})
}

// equalKeys is SQL's =, under which null equals nothing.
func equalKeys(a, b row) bool { return a.key != nil && b.key != nil && *a.key == *b.key }

func TestAggregateGroupsAsALoopDoes(t *testing.T) {
	checkQuery(t, "SELECT key, text, count(*), count(key), sum(id), count(DISTINCT text) FROM l GROUP BY key, text", false,
		func(l, _ []row) []string {
			type group struct{ rows, keys, sum, texts int64 }
			groups := map[string]*group{}
			for _, r := range l {
				name := r.keyText() + "\t" + r.textText()
				g := groups[name]
				if g == nil {
					g = &group{}
					groups[name] = g
				}
				g.rows++
				g.sum += r.id
				if r.key != nil {
					g.keys++
				}
				if r.text != nil {
					g.texts = 1
				}
			}
			out := []string{}
			for name, g := range groups {
				out = append(out, fmt.Sprintf("%s\t%d\t%d\t%d\t%d", name, g.rows, g.keys, g.sum, g.texts))
			}
			return out
		})
}

func TestDistinctAggregateCountsEachValueOnce(t *testing.T) {
	checkQuery(t, "SELECT count(DISTINCT key), sum(DISTINCT key), count(DISTINCT key, text) FROM l", false,
		func(l, _ []row) []string {
			keys, pairs, sum := map[int64]bool{}, map[string]bool{}, int64(0)
			for _, r := range l {
				if r.key == nil {
					continue
				}
				if !keys[*r.key] {
					keys[*r.key] = true
					sum += *r.key
				}
				if r.text != nil {
					pairs[r.keyText()+"\t"+*r.text] = true
				}
			}
			total := fmt.Sprint(sum)
			if len(keys) == 0 {
				total = "NULL"
			}
			return []string{fmt.Sprintf("%d\t%s\t%d", len(keys), total, len(pairs))}
		})
}

func TestSortOrdersAsALoopDoes(t *testing.T) {
	order := func(rows []row) []row {
		sorted := slices.Clone(rows)
		slices.SortFunc(sorted, func(a, b row) int {
			switch { // text DESC NULLS FIRST
			case (a.text == nil) != (b.text == nil):
				return map[bool]int{true: -1, false: 1}[a.text == nil]
			case a.text != nil && *a.text != *b.text:
				return cmp.Compare(*b.text, *a.text)
			case (a.key == nil) != (b.key == nil): // key ASC NULLS LAST
				return map[bool]int{true: 1, false: -1}[a.key == nil]
			case a.key != nil && *a.key != *b.key:
				return cmp.Compare(*a.key, *b.key)
			}
			return cmp.Compare(a.id, b.id)
		})
		return sorted
	}
	ids := func(rows []row) []string {
		out := []string{}
		for _, r := range rows {
			out = append(out, fmt.Sprint(r.id))
		}
		return out
	}
	const by = "SELECT id FROM l ORDER BY text DESC NULLS FIRST, key NULLS LAST, id"
	t.Run("all", func(t *testing.T) {
		checkQuery(t, by, true, func(l, _ []row) []string { return ids(order(l)) })
	})
	t.Run("first", func(t *testing.T) {
		checkQuery(t, by+" LIMIT 4", true, func(l, _ []row) []string { return ids(order(l)[:min(4, len(l))]) })
	})
	t.Run("offset", func(t *testing.T) {
		checkQuery(t, by+" LIMIT 4 OFFSET 3", true, func(l, _ []row) []string {
			return ids(order(l)[min(3, len(l)):min(7, len(l))])
		})
	})
}

func TestJoinPairsAsTwoLoopsDo(t *testing.T) {
	// alike is the join's condition; a side that is kept appears with NULL.
	pairs := func(l, r []row, alike func(a, b row) bool, keepLeft, keepRight bool) []string {
		out := []string{}
		matched := map[int64]bool{}
		for _, a := range l {
			found := false
			for _, b := range r {
				if alike(a, b) {
					found, matched[b.id] = true, true
					out = append(out, fmt.Sprintf("%d\t%d", a.id, b.id))
				}
			}
			if keepLeft && !found {
				out = append(out, fmt.Sprintf("%d\tNULL", a.id))
			}
		}
		for _, b := range r {
			if keepRight && !matched[b.id] {
				out = append(out, fmt.Sprintf("NULL\t%d", b.id))
			}
		}
		return out
	}
	equalAndLess := func(a, b row) bool { return equalKeys(a, b) && a.id < b.id }
	less := func(a, b row) bool { return a.key != nil && b.key != nil && *a.key < *b.key }
	same := func(a, b row) bool {
		return a.keyText() == b.keyText() && a.text != nil && b.text != nil && *a.text == *b.text
	}
	for _, c := range []struct {
		name, join, on string
		alike          func(a, b row) bool
		left, right    bool
	}{
		{"inner", "JOIN", "l.key = r.key", equalKeys, false, false},
		{"left", "LEFT JOIN", "l.key = r.key", equalKeys, true, false},
		{"right", "RIGHT JOIN", "l.key = r.key", equalKeys, false, true},
		{"full", "FULL JOIN", "l.key = r.key", equalKeys, true, true},
		{"full with a condition", "FULL JOIN", "l.key = r.key AND l.id < r.id", equalAndLess, true, true},
		{"left without keys", "LEFT JOIN", "l.key < r.key", less, true, false},
		{"full without keys", "FULL JOIN", "l.key < r.key", less, true, true},
		{"null-safe", "JOIN", "l.key <=> r.key AND l.text = r.text", same, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkQuery(t, "SELECT l.id, r.id FROM l "+c.join+" r ON "+c.on, false,
				func(l, r []row) []string { return pairs(l, r, c.alike, c.left, c.right) })
		})
	}
}

func TestSemiAndAntiJoinsKeepAsTwoLoopsDo(t *testing.T) {
	kept := func(l, r []row, keep func(a row, found, unknown bool) bool) []string {
		out := []string{}
		for _, a := range l {
			found, unknown := false, false
			for _, b := range r {
				found = found || equalKeys(a, b)
				unknown = unknown || a.key == nil || b.key == nil
			}
			if keep(a, found, unknown) {
				out = append(out, fmt.Sprint(a.id))
			}
		}
		return out
	}
	for _, c := range []struct {
		where string
		keep  func(a row, found, unknown bool) bool
	}{
		{"key IN (SELECT key FROM r)", func(_ row, found, _ bool) bool { return found }},
		{"EXISTS (SELECT 1 FROM r WHERE r.key = l.key)", func(_ row, found, _ bool) bool { return found }},
		{"NOT EXISTS (SELECT 1 FROM r WHERE r.key = l.key)", func(_ row, found, _ bool) bool { return !found }},
		{"key NOT IN (SELECT key FROM r)", func(_ row, found, unknown bool) bool { return !found && !unknown }},
	} {
		t.Run(c.where, func(t *testing.T) {
			checkQuery(t, "SELECT id FROM l WHERE "+c.where, false, func(l, r []row) []string { return kept(l, r, c.keep) })
		})
	}
}

func TestSetOperationsCountAsBagsDo(t *testing.T) {
	name := func(r row) string { return r.keyText() + "\t" + r.textText() }
	count := func(rows []row) map[string]int {
		counts := map[string]int{}
		for _, r := range rows {
			counts[name(r)]++
		}
		return counts
	}
	for _, c := range []struct {
		op   string
		many func(l, r int) int
	}{
		{"UNION ALL", func(l, r int) int { return l + r }},
		{"UNION", func(l, r int) int { return min(l+r, 1) }},
		{"INTERSECT", func(l, r int) int { return min(l, r, 1) }},
		{"INTERSECT ALL", func(l, r int) int { return min(l, r) }},
		{"EXCEPT", func(l, r int) int { return map[bool]int{true: min(l, 1)}[r == 0] }},
		{"EXCEPT ALL", func(l, r int) int { return max(l-r, 0) }},
	} {
		t.Run(c.op, func(t *testing.T) {
			checkQuery(t, "SELECT key, text FROM l "+c.op+" SELECT key, text FROM r", false, func(l, r []row) []string {
				left, right := count(l), count(r)
				for n := range right {
					left[n] += 0
				}
				out := []string{}
				for n := range left {
					out = append(out, slices.Repeat([]string{n}, c.many(left[n], right[n]))...)
				}
				return out
			})
		})
	}
}

func TestWindowFramesSumAsALoopDoes(t *testing.T) {
	checkQuery(t, "SELECT id, sum(id) OVER (PARTITION BY key ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), sum(id) OVER (PARTITION BY key ORDER BY id), row_number() OVER (PARTITION BY key ORDER BY id) FROM l", false,
		func(l, _ []row) []string {
			out := []string{}
			for i, a := range l {
				near, running, number := a.id, int64(0), 0
				before, after := -1, -1
				for j, b := range l {
					if a.keyText() != b.keyText() {
						continue
					}
					if j <= i {
						running += b.id
						number++
					}
					if j < i {
						before = j
					}
					if j > i && after < 0 {
						after = j
					}
				}
				for _, at := range []int{before, after} {
					if at >= 0 {
						near += l[at].id
					}
				}
				out = append(out, fmt.Sprintf("%d\t%d\t%d\t%d", a.id, near, running, number))
			}
			return out
		})
}
