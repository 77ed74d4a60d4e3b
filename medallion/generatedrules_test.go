package medallion

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// prunings are tables that are partitioned by generated columns, and conditions on what these are computed from.
type prunings struct {
	Table, Names, Rows string
	Where              map[string][]string
	Rules              []struct {
		Name, Of string
		Columns  [][3]string
	}
}

// sparkPruning is what Spark with Delta answers of a rule (testdata/generatedprune/ask.py).
type sparkPruning struct {
	Files int     // of the table
	Read  []int   // files, by condition
	Rows  [][]int // ids, by condition
}

// byHour are the rules of which we read more files than Delta. Delta takes it that who reads has the zone of who wrote, and misses rows
// where that is not so; we read the files of a day before and after, too, which only these rules tell apart in the table here.
var byHour = []string{"year, month, day, hour", "date_format yyyy-MM-dd-HH", "date_trunc hour"}

var filesRead = regexp.MustCompile(`@1: (\d+) files`)

// For each rule by which Delta goes from a condition on a column to one on the partitions computed from it, and each comparison: the rows
// are those of a table without partitions and those of Spark, and read.json tells how many files are read: at most as many as Delta
// reads, which passes over none by IN and OR.
func TestGeneratedPartitionRules(t *testing.T) {
	var all prunings
	readJSON(t, "testdata/generatedprune/rules.json", &all)
	d := newDesk(t)
	d.frame("CREATE TABLE plain (" + all.Table + ")")
	d.frame("INSERT INTO plain VALUES " + all.Rows)
	ours := map[string][]int{} // files read, by rule
	var sparks map[string]sparkPruning
	readJSON(t, "testdata/generatedprune/spark.json", &sparks)
	plain := map[string]string{}
	for _, conditions := range all.Where {
		for _, where := range conditions {
			plain[where] = d.rows("SELECT id FROM plain WHERE " + where)
		}
	}
	for i, rule := range all.Rules {
		t.Run(rule.Name, func(t *testing.T) {
			table := "t" + strconv.Itoa(i)
			var columns, names []string
			for _, c := range rule.Columns {
				columns, names = append(columns, fmt.Sprintf("%s %s GENERATED ALWAYS AS (%s)", c[0], c[1], c[2])), append(names, c[0])
			}
			d.frame(fmt.Sprintf("CREATE TABLE %s (%s, %s) PARTITIONED BY (%s) TBLPROPERTIES ('delta.dataSkippingNumIndexedCols'='0')",
				table, all.Table, strings.Join(columns, ", "), strings.Join(names, ", ")))
			d.frame(fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", table, all.Names, all.Rows))
			spark := sparks[rule.Name]
			for i, where := range all.Where[rule.Of] {
				d.want(where, d.rows("SELECT id FROM "+table+" WHERE "+where), plain[where])
				d.want(where+" in Spark", plain[where], idsOf(spark.Rows[i]))
				m := filesRead.FindStringSubmatch(d.rows("EXPLAIN SELECT id FROM " + table + " WHERE " + where))
				if m == nil {
					t.Fatalf("%s: no files in the explanation", where)
				}
				read, _ := strconv.Atoi(m[1])
				ours[rule.Name] = append(ours[rule.Name], read)
				if read > spark.Read[i] && !slices.Contains(byHour, rule.Name) {
					t.Errorf("%s: %d files are read, Spark reads %d of %d", where, read, spark.Read[i], spark.Files)
				}
			}
		})
	}
	var want map[string][]int
	readJSON(t, "testdata/generatedprune/read.json", &want)
	if !reflect.DeepEqual(ours, want) {
		got, _ := json.Marshal(ours)
		t.Errorf("files read: %s", got)
	}
}

// idsOf are ids as a desk shows rows of them.
func idsOf(ids []int) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.Itoa(id)
	}
	slices.Sort(texts)
	return strings.Join(texts, "; ")
}

func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}
