package medallion

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// scarce is a memory limit that nothing fits in.
const scarce = "1k"

// spillCase is a merge of some thousand rows.
type spillCase struct {
	properties, source, on string
	clauses                []string
}

func (c spillCase) statement(table string) string {
	return fmt.Sprintf("MERGE INTO %s t USING (%s) s ON %s %s", table, c.source, c.on, strings.Join(c.clauses, " "))
}

var timesAndBytes = regexp.MustCompile("TimeMs$|Bytes")

// merged makes a table, merges into it with so much memory, and tells what came of it: rows, numbers, change data, or the error.
func (c spillCase) merged(d desk, table, limit string) string {
	d.frame(fmt.Sprintf("CREATE TABLE %s (id BIGINT, name STRING, v INT) TBLPROPERTIES (%s)", table, c.properties))
	defer func() { d.frame("DROP TABLE " + table) }()
	for from := range 3 {
		d.frame(fmt.Sprintf("INSERT INTO %s SELECT CASE WHEN id %% 97 = 5 THEN NULL ELSE id END, concat('n', id %% 50), CAST(id %% 11 AS INT) FROM range(%d, %d)", table, from*900, from*900+900))
	}
	d.must(d.SetConf(confMemoryLimit, limit))
	_, err := d.SQL(d.Context(), c.statement(table))
	d.must(d.SetConf(confMemoryLimit, "1g"))
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, query := range []string{
		"SELECT count(*), count(id), sum(id), sum(v), sum(crc32(concat_ws('|', id, name, v))) FROM " + table,
		"SELECT id, name, v, count(*) FROM " + table + " WHERE id % 400 < 3 OR id IS NULL GROUP BY id, name, v",
	} {
		for _, r := range collectRows(d.T, d.Session, query) {
			out = append(out, fmt.Sprint(r.Values))
		}
	}
	versions := collectRows(d.T, d.Session, "DESCRIBE HISTORY "+table)
	for name, value := range texts(versions[0].Get("operationMetrics")) {
		if !timesAndBytes.MatchString(name) {
			out = append(out, name+"="+value)
		}
	}
	if strings.Contains(c.properties, "ChangeDataFeed'='true") {
		for _, r := range collectRows(d.T, d.Session, fmt.Sprintf("SELECT _change_type, count(*), sum(id), sum(v) FROM table_changes('%s', %d) GROUP BY _change_type", table, len(versions)-1)) {
			out = append(out, fmt.Sprint(r.Values))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// A merge whose source has no room in memory ends as one whose source has: the same rows, numbers, change data and errors.
func TestMergeWithoutMemoryEndsAsWithIt(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	d := newDesk(t)
	tables := 0
	spilled := false
	rapid.Check(t, func(rt *rapid.T) {
		if tables >= 2*spillChecks {
			return // each takes some time
		}
		c := drawSpillCase(rt)
		tables += 2
		with := c.merged(d, fmt.Sprintf("with%d", tables), "1g")
		without := c.merged(d, fmt.Sprintf("without%d", tables), scarce)
		if with != without {
			rt.Fatalf("%s\nwith memory\n%s\nwithout\n%s", c.statement("t"), with, without)
		}
		spilled = spilled || !strings.HasPrefix(without, "[DELTA")
	})
	if !spilled {
		t.Error("each merge ended with an error")
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

const spillChecks = 5

func drawSpillCase(t *rapid.T) spillCase {
	step := rapid.IntRange(1, 3).Draw(t, "step")
	from := rapid.IntRange(0, 1500).Draw(t, "from")
	source := fmt.Sprintf("SELECT id * %d + %d AS id, concat('n', id %% 50) AS name, CAST(id %% 7 AS INT) AS v FROM range(4000)", step, from)
	if rapid.IntRange(0, 3).Draw(t, "several") == 0 {
		source = fmt.Sprintf("SELECT id DIV 2 + %d AS id, concat('n', id %% 50) AS name, CAST(id %% 7 AS INT) AS v FROM range(4000)", from)
	}
	c := spillCase{
		source:     source,
		properties: fmt.Sprintf("'delta.enableDeletionVectors'='%v','delta.enableChangeDataFeed'='%v'", rapid.Bool().Draw(t, "vectors"), rapid.Bool().Draw(t, "feed")),
		on: rapid.SampledFrom([]string{
			"t.id = s.id", "t.id <=> s.id", "t.id = s.id AND t.name = s.name", "t.id = s.id AND t.v > s.v", "concat('x', t.id) = concat('x', s.id)",
		}).Draw(t, "on"),
	}
	for _, clause := range []string{
		"WHEN MATCHED AND s.v = 3 THEN DELETE", "WHEN MATCHED AND t.v + s.v > 9 THEN UPDATE SET v = t.v * 100 + s.v", "WHEN MATCHED THEN UPDATE SET *", "WHEN MATCHED THEN DELETE",
		"WHEN NOT MATCHED AND s.v = 2 THEN INSERT (id, v) VALUES (s.id, -1)", "WHEN NOT MATCHED THEN INSERT *",
		"WHEN NOT MATCHED BY SOURCE AND t.v = 4 THEN DELETE", "WHEN NOT MATCHED BY SOURCE AND t.v < 9 THEN UPDATE SET v = -2",
	} {
		if rapid.Bool().Draw(t, clause) {
			c.clauses = append(c.clauses, clause)
		}
	}
	c.clauses = slices.DeleteFunc(c.clauses, func(clause string) bool {
		return clause == "WHEN MATCHED THEN DELETE" && slices.Contains(c.clauses, "WHEN MATCHED THEN UPDATE SET *")
	})
	if len(c.clauses) == 0 {
		c.clauses = []string{"WHEN MATCHED THEN DELETE"}
	}
	return c
}

// Without an equality every row may meet every other: what lies in mapped files is walked for each batch of the table, and one match is told
// from several.
func TestMergeWithoutMemoryOrEquality(t *testing.T) {
	d := newDesk(t)
	for i, c := range []spillCase{
		{source: "SELECT id, 'u' AS name, 1 AS v FROM range(3000)", on: "t.id BETWEEN s.id AND s.id AND t.v = 3", clauses: []string{"WHEN MATCHED THEN UPDATE SET v = 77", "WHEN NOT MATCHED BY SOURCE AND t.v = 5 THEN DELETE"}},
		{source: "SELECT id, 'u' AS name, 1 AS v FROM range(2999, 3002)", on: "t.id < s.id AND t.v = 4", clauses: []string{"WHEN MATCHED THEN DELETE", "WHEN NOT MATCHED THEN INSERT *"}},
		{source: "SELECT id, 'u' AS name, 1 AS v FROM range(3000)", on: "t.id < s.id AND t.v = 4", clauses: []string{"WHEN MATCHED THEN UPDATE SET v = 0"}},
	} {
		c.properties = "'delta.enableDeletionVectors'='false'"
		with, without := c.merged(d, fmt.Sprintf("with%d", i), "1g"), c.merged(d, fmt.Sprintf("without%d", i), scarce)
		if with != without {
			t.Errorf("%s\nwith memory\n%s\nwithout\n%s", c.statement("t"), with, without)
		}
		if several := strings.Contains(with, "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE"); several != (i == 2) {
			t.Errorf("%s: %s", c.statement("t"), with)
		}
	}
}
