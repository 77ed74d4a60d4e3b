package medallion

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// dmlModel is a table's rows, as multisets of texts "id v p".
type dmlModel struct{ rows []modelRow }

type modelRow struct{ id, v, p int }

func (r modelRow) String() string { return fmt.Sprintf("%d %d %d", r.id, r.v, r.p) }

func (m *dmlModel) texts() string {
	all := make([]string, len(m.rows))
	for i, r := range m.rows {
		all[i] = r.String()
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// Whatever statements come after each other, the table holds what a list of rows in memory holds, each statement tells how many rows it
// changed, and the change data of each version makes its rows of those of the version before.
func TestStatementsChangeRowsAsTheyDoInMemory(t *testing.T) {
	d := newDesk(t)
	tables := 0
	rapid.Check(t, func(rt *rapid.T) {
		tables++
		r := &dmlRun{T: rt, desk: d, table: fmt.Sprintf("t%d", tables), feed: rapid.Bool().Draw(rt, "change data")}
		by := map[bool]string{true: "PARTITIONED BY (p)"}[rapid.Bool().Draw(rt, "partitioned")]
		d.frame(fmt.Sprintf("CREATE TABLE %s (id INT, v INT, p INT) USING delta %s TBLPROPERTIES ('delta.enableDeletionVectors'='%v','delta.enableChangeDataFeed'='%v')",
			r.table, by, rapid.Bool().Draw(rt, "vectors"), r.feed))
		for range rapid.IntRange(1, 4).Draw(rt, "statements") {
			r.step()
		}
		d.frame("DROP TABLE " + r.table)
	})
}

type dmlRun struct {
	*rapid.T
	desk    desk
	table   string
	feed    bool
	model   dmlModel
	version int
}

func (r *dmlRun) step() {
	before := slices.Clone(r.model.rows)
	var statement string
	changed := int64(-1)
	switch rapid.SampledFrom([]string{"insert", "insert", "delete", "update", "merge", "merge"}).Draw(r.T, "kind") {
	case "insert":
		statement = r.insert()
	case "delete":
		statement, changed = r.delete()
	case "update":
		statement, changed = r.update()
	case "merge":
		statement, changed = r.merge()
	}
	frame, err := r.desk.SQL(r.desk.Context(), statement)
	if err != nil {
		r.Fatalf("%s: %v", statement, err)
	}
	if changed >= 0 {
		rows, err := frame.Collect(r.desk.Context())
		if err != nil || rows[0].Values[0] != changed {
			r.Fatalf("%s: told %v, %v, want %d", statement, rows, err, changed)
		}
	}
	if got, want := r.desk.rows("SELECT id, v, p FROM "+r.table), r.model.texts(); got != want {
		r.Fatalf("%s\nof  %v\ngot  %s\nwant %s", statement, before, got, want)
	}
	if r.feed {
		r.replay(statement, before)
	}
}

func (r *dmlRun) number(name string) int { return rapid.IntRange(0, 9).Draw(r.T, name) }

func (r *dmlRun) insert() string {
	rows := r.draw("rows", 1, 8)
	r.model.rows = append(r.model.rows, rows...)
	return fmt.Sprintf("INSERT INTO %s %s", r.table, valuesOf(rows))
}

func (r *dmlRun) draw(name string, least, most int) []modelRow {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) modelRow {
		return modelRow{rapid.IntRange(0, 9).Draw(t, "id"), rapid.IntRange(0, 9).Draw(t, "v"), rapid.IntRange(0, 2).Draw(t, "p")}
	}), least, most).Draw(r.T, name)
}

func valuesOf(rows []modelRow) string {
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = fmt.Sprintf("(%d, %d, %d)", r.id, r.v, r.p)
	}
	return "SELECT * FROM VALUES " + strings.Join(texts, ", ") + " AS x(id, v, p)"
}

// condition is one on a row, with what it means; prefix qualifies columns.
func (r *dmlRun) condition(prefix string) (string, func(modelRow) bool) {
	n := r.number("n")
	switch rapid.SampledFrom([]string{"id", "v", "p", "both", "true"}).Draw(r.T, "condition") {
	case "id":
		return fmt.Sprintf("%sid > %d", prefix, n), func(m modelRow) bool { return m.id > n }
	case "v":
		return fmt.Sprintf("%sv = %d", prefix, n), func(m modelRow) bool { return m.v == n }
	case "p":
		return fmt.Sprintf("%sp = %d", prefix, n%3), func(m modelRow) bool { return m.p == n%3 }
	case "both":
		return fmt.Sprintf("%sp = %d AND %sid <= %d", prefix, n%3, prefix, n), func(m modelRow) bool { return m.p == n%3 && m.id <= n }
	}
	return "true", func(modelRow) bool { return true }
}

func (r *dmlRun) delete() (string, int64) {
	text, holds := r.condition("")
	n := len(r.model.rows)
	r.model.rows = slices.DeleteFunc(r.model.rows, holds)
	return fmt.Sprintf("DELETE FROM %s WHERE %s", r.table, text), int64(n - len(r.model.rows))
}

func (r *dmlRun) update() (string, int64) {
	text, holds := r.condition("")
	changed := int64(0)
	p := r.number("p") % 3
	moves := rapid.Bool().Draw(r.T, "moves")
	for i, m := range r.model.rows {
		if holds(m) {
			changed++
			r.model.rows[i].v = (m.v + m.id) % 10
			if moves {
				r.model.rows[i].p = p
			}
		}
	}
	set := "v = (v + id) % 10"
	if moves {
		set += fmt.Sprintf(", p = %d", p)
	}
	return fmt.Sprintf("UPDATE %s SET %s WHERE %s", r.table, set, text), changed
}

// merge has a source whose keys are different, as it must.
func (r *dmlRun) merge() (string, int64) {
	source := map[int]modelRow{}
	var rows []modelRow
	for _, m := range r.draw("source", 1, 8) {
		if _, twice := source[m.id]; !twice {
			source[m.id] = m
			rows = append(rows, m)
		}
	}
	text := fmt.Sprintf("MERGE INTO %s t USING (%s) s ON t.id = s.id", r.table, valuesOf(rows))
	kinds := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"update", "delete", "insert", "bySource"}), 1, 4, rapid.ID[string]).Draw(r.T, "clauses")
	slices.SortFunc(kinds, func(a, b string) int { return mergeOrder[a] - mergeOrder[b] })
	var matched, alone []func(m, s modelRow) (modelRow, bool, bool) // row, stays, applies
	inserts := false
	for _, kind := range kinds {
		switch kind {
		case "delete":
			condition, holds := r.condition("t.")
			text += " WHEN MATCHED AND " + condition + " THEN DELETE"
			matched = append(matched, func(m, _ modelRow) (modelRow, bool, bool) { return m, false, holds(m) })
		case "update":
			text += " WHEN MATCHED THEN UPDATE SET v = s.v, p = s.p"
			matched = append(matched, func(m, s modelRow) (modelRow, bool, bool) { return modelRow{m.id, s.v, s.p}, true, true })
		case "insert":
			text += " WHEN NOT MATCHED THEN INSERT *"
			inserts = true
		case "bySource":
			condition, holds := r.condition("t.")
			text += " WHEN NOT MATCHED BY SOURCE AND " + condition + " THEN UPDATE SET v = 0"
			alone = append(alone, func(m, _ modelRow) (modelRow, bool, bool) { return modelRow{m.id, 0, m.p}, true, holds(m) })
		}
	}
	changed := int64(0)
	var after []modelRow
	met := map[int]bool{}
	for _, m := range r.model.rows {
		s, has := source[m.id]
		clauses := alone
		if has {
			clauses, met[m.id] = matched, true
		}
		row, stays := m, true
		for _, c := range clauses {
			if became, keep, applies := c(m, s); applies {
				row, stays = became, keep
				changed++
				break
			}
		}
		if stays {
			after = append(after, row)
		}
	}
	for _, s := range rows {
		if inserts && !met[s.id] {
			after = append(after, s)
			changed++
		}
	}
	r.model.rows = after
	return text, changed
}

var mergeOrder = map[string]int{"delete": 0, "update": 1, "insert": 2, "bySource": 3}

// replay takes the changes of the newest version, if there is one, and applies them to the rows before.
func (r *dmlRun) replay(statement string, before []modelRow) {
	versions := len(collectAll(r, "DESCRIBE HISTORY "+r.table)) - 1
	if versions == r.version {
		return
	}
	r.version = versions
	have := map[string]int{}
	for _, m := range before {
		have[m.String()]++
	}
	frame := r.desk.Read().Option("readChangeFeed", "true").Option("startingVersion", fmt.Sprint(versions)).Table(r.table)
	changes, err := frame.Select(Col("_change_type"), Col("id"), Col("v"), Col("p")).Collect(r.desk.Context())
	if err != nil {
		r.Fatalf("%s: %v", statement, err)
	}
	for _, c := range changes {
		row := fmt.Sprintf("%v %v %v", c.Values[1], c.Values[2], c.Values[3])
		switch c.Values[0] {
		case "insert", "update_postimage":
			have[row]++
		default:
			have[row]--
		}
	}
	for _, m := range r.model.rows {
		have[m.String()]--
	}
	for row, n := range have {
		if n != 0 {
			r.Fatalf("%s\nof %v: the change data makes %d of row %s too many; changes %v", statement, before, n, row, changes)
		}
	}
}

func collectAll(r *dmlRun, query string) []Row {
	rows, err := r.desk.frame(query).Collect(r.desk.Context())
	if err != nil {
		r.Fatalf("%s: %v", query, err)
	}
	return rows
}
