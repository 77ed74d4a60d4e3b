package differential

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// kinds are the shapes of queries, each with how often it is drawn. A seed and a number give the same case for ever: what is
// changed below makes answers that are kept useless.
var kinds = []struct {
	name  string
	often int
	draw  func(*drawer)
}{
	{"stateless", 2, (*drawer).stateless},
	{"union", 1, (*drawer).union},
	{"static", 3, (*drawer).static},
	{"aggregate", 5, (*drawer).aggregate},
	{"window", 7, (*drawer).window},
	{"session", 4, (*drawer).session},
	{"dedup", 5, (*drawer).dedup},
	{"join", 9, (*drawer).join},
	{"limit", 1, (*drawer).limit},
	{"chain", 5, (*drawer).chain},
}

// Generate draws case n of a seed.
func Generate(seed, n uint64) Case {
	d := &drawer{Rand: rand.New(rand.NewPCG(seed, n)), inSQL: n%5 == 0}
	total := 0
	for _, k := range kinds {
		total += k.often
	}
	at := d.IntN(total)
	for _, k := range kinds {
		if at -= k.often; at < 0 {
			d.Name = fmt.Sprintf("%s-%d-%d", k.name, seed, n)
			k.draw(d)
			break
		}
	}
	d.input()
	return d.Case
}

// A drawer draws one case.
type drawer struct {
	*rand.Rand
	Case
	inSQL bool // watermarks are declared in SQL
}

func (d *drawer) chance(percent int) bool { return d.IntN(100) < percent }

// pick is one of several.
func pick[T any](d *drawer, of ...T) T { return of[d.IntN(len(of))] }

// some are n of several, in their order.
func some[T comparable](d *drawer, n int, of ...T) []T {
	chosen := d.Perm(len(of))[:min(n, len(of))]
	slices.Sort(chosen)
	out := make([]T, len(chosen))
	for i, at := range chosen {
		out[i] = of[at]
	}
	return out
}

const schema = "id bigint, k string, g int, v int, d double, t timestamp"

// source adds a stream, most often with a watermark, and gives the name to read it by.
func (d *drawer) source(watermarked int) string {
	name := fmt.Sprintf("s%d", len(d.Sources))
	d.Sources = append(d.Sources, Input{Name: name, Schema: schema})
	if !d.chance(watermarked) {
		return name
	}
	delay := pick(d, "0 seconds", "5 seconds", "10 seconds", "30 seconds", "1 minute")
	if d.inSQL {
		d.Views = append(d.Views, View{Name: "w" + name, SQL: fmt.Sprintf("SELECT * FROM %s WATERMARK t DELAY OF INTERVAL %s", name, delay)})
		return "w" + name
	}
	d.Views = append(d.Views, View{Name: "w" + name, Of: name, Watermark: []string{"t", delay}})
	return "w" + name
}

// sql adds a view of SQL text and gives its name.
func (d *drawer) sql(format string, args ...any) string {
	name := fmt.Sprintf("v%d", len(d.Views))
	d.Views = append(d.Views, View{Name: name, SQL: fmt.Sprintf(format, args...)})
	return name
}

// mode is one of the query's, most often the first.
func (d *drawer) mode(usual ...string) {
	d.Mode = pick(d, usual...)
	if d.chance(8) {
		d.Mode = pick(d, "append", "update", "complete")
	}
}

var scalars = []string{
	"id", "k", "g", "v", "d", "t", "v + 1", "v * g", "v / 2", "d * 2 - v", "-v", "v % 7", "abs(v)", "upper(k)", "concat(k, '-', g)", "coalesce(k, 'none')",
	"coalesce(v, g, 0)", "length(k)", "k IS NULL", "v > 10 AND g < 2", "v > 10 OR k = 'a'", "CASE WHEN v > 20 THEN 'high' WHEN v > 0 THEN 'low' ELSE NULL END",
	"CAST(v AS string)", "CAST(v AS double)", "CAST(d AS int)", "CAST(t AS date)", "CAST(t AS string)", "CAST(v AS decimal(10,2))", "date_format(t, 'HH:mm:ss')", "hour(t)",
	"second(t)", "unix_timestamp(t)", "date_trunc('MINUTE', t)", "t + INTERVAL 10 SECONDS", "named_struct('a', v, 'b', k)", "array(v, g)", "round(d, 1)", "floor(d)",
	"if(g = 1, v, d)", "nullif(k, 'a')", "greatest(v, g)", "least(v, g, 3)", "k LIKE 'a%%'", "k IN ('a', 'b')", "v BETWEEN 0 AND 30", "v <=> g", "substring(k, 1, 1)", "CAST(k AS int)",
}

// ansi errors end a query: drawn seldom, so that most cases say more than one error.
func (d *drawer) scalar() string {
	s := pick(d, scalars...)
	if s == "CAST(k AS int)" && !d.chance(20) {
		s = "try_cast(k AS int)"
	}
	return strings.ReplaceAll(s, "%%", "%")
}

func (d *drawer) scalars(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf("%s AS c%d", d.scalar(), i)
	}
	return strings.Join(parts, ", ")
}

func (d *drawer) where() string {
	if d.chance(60) {
		return ""
	}
	return " WHERE " + pick(d, "v > 5", "k IS NOT NULL", "g <> 2", "k = 'a' OR v < 30", "t > TIMESTAMP '2025-01-01 00:00:20'", "NOT (v > 50)", "length(k) > 0", "d >= v")
}

func (d *drawer) stateless() {
	from := d.source(30)
	d.sql("SELECT id, %s FROM %s%s", d.scalars(1+d.IntN(4)), from, d.where())
	if d.chance(30) {
		d.sql("SELECT *, explode(sequence(0, pmod(id, 3))) AS e FROM %s", d.Views[len(d.Views)-1].Name)
	}
	d.mode("append", "append", "update")
}

func (d *drawer) union() {
	a, b := d.source(40), d.source(40)
	both := d.sql("SELECT id, k, g, v, d, t FROM %s%s UNION ALL SELECT id + 1000, k, g, v, d, t FROM %s%s", a, d.where(), b, d.where())
	switch d.IntN(3) {
	case 0:
		d.mode("append", "update")
	case 1:
		d.sql("SELECT k, count(*) AS n, sum(v) AS s FROM %s GROUP BY k", both)
		d.mode("update", "complete")
	default:
		d.sql("SELECT window(t, '10 seconds') AS w, count(*) AS n FROM %s GROUP BY window(t, '10 seconds')", both)
		d.mode("append", "update", "complete")
	}
}

func (d *drawer) table() string {
	d.Tables = append(d.Tables, Input{Name: "d0", Schema: "k string, g int, label string, w int", Rows: []string{
		`{"k":"a","g":0,"label":"first","w":1}`, `{"k":"a","g":1,"label":"second","w":2}`, `{"k":"b","g":1,"label":"third","w":3}`,
		`{"k":null,"g":2,"label":"nobody","w":4}`, `{"k":"z","g":3,"label":"never","w":5}`, `{"k":"c","g":null,"label":null,"w":6}`,
	}})
	return "d0"
}

func (d *drawer) static() {
	s, t := d.source(50), d.table()
	on := pick(d, "s.k = d.k", "s.k = d.k", "s.k = d.k AND s.v > d.w", "s.g = d.g", "s.k <=> d.k", "s.k = d.k AND s.g = d.g", "s.v > d.w * 10")
	var joined string
	switch how := pick(d, "INNER", "INNER", "LEFT", "LEFT", "RIGHT", "FULL", "LEFT SEMI", "LEFT ANTI"); {
	case strings.HasPrefix(how, "LEFT "):
		joined = d.sql("SELECT s.id, s.k, s.v, s.t FROM %s s %s JOIN %s d ON %s", s, how, t, on)
	case d.chance(30):
		joined = d.sql("SELECT s.id, d.k, s.v, s.t, d.label FROM %s d %s JOIN %s s ON %s", t, how, s, on)
	default:
		joined = d.sql("SELECT s.id, s.k, s.v, s.t, d.label FROM %s s %s JOIN %s d ON %s", s, how, t, on)
	}
	switch d.IntN(3) {
	case 0:
		d.sql("SELECT k, count(*) AS n, sum(v) AS total FROM %s GROUP BY k", joined)
		d.mode("update", "complete")
	default:
		d.mode("append", "append", "update")
	}
}

var aggregates = []string{
	"count(*)", "count(v)", "sum(v)", "sum(d)", "avg(v)", "avg(d)", "min(v)", "max(d)", "min(k)", "max(k)", "min(t)", "max(t)", "count_if(v > 10)", "bool_or(v > 10)", "bool_and(v > 0)",
	"sort_array(collect_list(v))", "sort_array(collect_set(k))", "stddev(v)", "var_pop(d)", "max_by(id, id)", "min_by(k, id)", "sum(v * g)", "sum(CAST(v AS decimal(10,2)))", "sum(CASE WHEN g = 1 THEN v END)",
	"approx_count_distinct(g)", "bit_or(g)", "count(*) FILTER (WHERE v > 10)", "sum(v) / count(*)", "max(named_struct('v', v, 'id', id))", "corr(v, d)", "skewness(v)", "try_sum(v)", "any_value(1)",
}

func (d *drawer) aggregates(n int) string {
	parts := some(d, n, aggregates...)
	for i, p := range parts {
		parts[i] = fmt.Sprintf("%s AS a%d", p, i)
	}
	return strings.Join(parts, ", ")
}

func (d *drawer) having() string {
	if d.chance(80) {
		return ""
	}
	return " HAVING " + pick(d, "count(*) > 1", "sum(v) > 10", "max(v) IS NOT NULL")
}

func (d *drawer) aggregate() {
	from := d.source(30)
	keys := some(d, d.IntN(3), "k", "g", "upper(k)", "v % 3", "CAST(t AS date)", "v > 10", "t", "named_struct('k', k, 'g', g)")
	columns, by := "", ""
	for i, k := range keys {
		columns += fmt.Sprintf("%s AS key%d, ", k, i)
	}
	if len(keys) > 0 {
		by = " GROUP BY " + strings.Join(keys, ", ")
	}
	out := d.sql("SELECT %s%s FROM %s%s%s%s", columns, d.aggregates(1+d.IntN(4)), from, d.where(), by, d.having())
	d.mode("update", "complete")
	if d.Mode == "complete" && d.chance(30) {
		d.sql("SELECT * FROM %s ORDER BY 1 LIMIT 100", out)
	}
}

func (d *drawer) windowOf(column string) string {
	return fmt.Sprintf("window(%s, %s)", column, pick(d, "'10 seconds'", "'10 seconds'", "'30 seconds'", "'10 seconds', '5 seconds'", "'20 seconds', '8 seconds'", "'10 seconds', '10 seconds', '3 seconds'", "'1 minute', '20 seconds'"))
}

// named are keys as columns.
func named(keys []string) string {
	var columns strings.Builder
	for i, k := range keys {
		fmt.Fprintf(&columns, ", %s AS key%d", k, i)
	}
	return columns.String()
}

func (d *drawer) window() {
	from := d.source(85)
	w := d.windowOf("t")
	keys := append([]string{w}, some(d, d.IntN(2), "k", "g", "v > 10")...)
	columns := w + " AS w"
	switch d.IntN(4) {
	case 0:
		columns = w + ".start AS start, " + w + ".end AS end"
	default:
	}
	columns += named(keys[1:])
	d.sql("SELECT %s, %s FROM %s%s GROUP BY %s%s", columns, d.aggregates(1+d.IntN(3)), from, d.where(), strings.Join(keys, ", "), d.having())
	d.mode("append", "append", "update", "complete")
}

func (d *drawer) session() {
	from := d.source(90)
	gap := pick(d, "'5 seconds'", "'10 seconds'", "'20 seconds'", "CASE WHEN g = 1 THEN '5 seconds' ELSE '15 seconds' END", "CASE WHEN v > 20 THEN '0 seconds' ELSE '10 seconds' END")
	w := fmt.Sprintf("session_window(t, %s)", gap)
	keys := append([]string{w}, some(d, 1+d.IntN(2), "k", "g")...)
	if d.chance(10) {
		keys = keys[:1]
	}
	columns := w + " AS w" + named(keys[1:])
	d.sql("SELECT %s, %s FROM %s%s GROUP BY %s", columns, d.aggregates(1+d.IntN(3)), from, d.where(), strings.Join(keys, ", "))
	d.mode("append", "append", "complete")
}

func (d *drawer) dedup() {
	from := d.source(80)
	columns := some(d, 1+d.IntN(2), "k", "g", "t", "id", "v")
	if d.chance(10) {
		columns = []string{}
	}
	name := fmt.Sprintf("v%d", len(d.Views))
	v := View{Name: name, Of: from}
	switch d.IntN(4) {
	case 0, 1:
		v.DropDuplicates = &columns
		if d.chance(40) && !slices.Contains(columns, "t") && len(columns) > 0 {
			columns = append(columns, "t")
		}
	case 2:
		v.DropDuplicatesWithinWatermark = &columns
	default:
		v.Of, v.SQL = "", fmt.Sprintf("SELECT DISTINCT %s FROM %s", strings.Join(append(columns, "g"), ", "), from)
	}
	d.Views = append(d.Views, v)
	if d.chance(15) && v.SQL == "" {
		d.sql("SELECT k, count(*) AS n FROM %s GROUP BY k", name)
		d.mode("complete", "update")
		return
	}
	d.mode("append", "append", "update")
}

func (d *drawer) join() {
	l, r := d.source(90), d.source(90)
	how := pick(d, "INNER", "INNER", "LEFT", "LEFT", "RIGHT", "FULL", "LEFT SEMI")
	on := pick(d, "l.k = r.k", "l.k = r.k", "l.g = r.g", "l.k = r.k AND l.g = r.g", "l.k <=> r.k")
	switch d.IntN(8) {
	case 0, 1, 2:
		on += " AND r.t BETWEEN l.t AND l.t + INTERVAL 10 SECONDS"
	case 3, 4:
		on += " AND l.t BETWEEN r.t - INTERVAL 15 SECONDS AND r.t + INTERVAL 5 SECONDS"
	case 5:
		on += " AND l.t = r.t"
	case 6:
		on += " AND l.t > r.t - INTERVAL 5 SECONDS"
	default:
	}
	if d.chance(25) {
		on += " AND " + pick(d, "l.v > r.v", "l.v > 10", "r.v > 10", "l.d <> r.d")
	}
	if d.chance(15) { // windows of both sides
		l = d.sql("SELECT *, window(t, '10 seconds') AS w FROM %s", l)
		r = d.sql("SELECT *, window(t, '10 seconds') AS w FROM %s", r)
		on = "l.k = r.k AND l.w = r.w"
	}
	columns := "l.id AS lid, l.k AS lk, l.v AS lv, l.t AS lt, r.id AS rid, r.k AS rk, r.v AS rv, r.t AS rt"
	if how == "LEFT SEMI" {
		columns = "l.id AS lid, l.k AS lk, l.v AS lv, l.t AS lt"
	}
	d.sql("SELECT %s FROM %s l %s JOIN %s r ON %s", columns, l, how, r, on)
	d.mode("append", "append", "append", "update")
	if d.chance(15) {
		d.Conf = map[string]string{"spark.sql.streaming.multipleWatermarkPolicy": "max"}
	}
}

func (d *drawer) limit() {
	from := d.source(30)
	out := d.sql("SELECT id, k, v FROM %s%s", from, d.where())
	if d.chance(40) {
		out = d.sql("SELECT k, count(*) AS n FROM %s GROUP BY k", from)
		d.mode("complete")
	} else {
		d.mode("append")
	}
	if d.chance(50) {
		d.sql("SELECT count(*) AS n FROM %s", out) // which rows a limit keeps, files with several rows leave open
	}
	d.Views = append(d.Views, View{Name: "limited", Of: out, Limit: 1000})
}

func (d *drawer) chain() {
	from := d.source(95)
	switch d.IntN(6) {
	case 0: // windows of windows
		w := d.sql("SELECT window(t, '10 seconds') AS w, k, count(*) AS n, sum(v) AS s FROM %s%s GROUP BY window(t, '10 seconds'), k", from, d.where())
		d.sql("SELECT window(w, '30 seconds') AS w2, sum(n) AS n, max(s) AS s FROM %s GROUP BY window(w, '30 seconds')", w)
	case 1:
		w := d.sql("SELECT window(t, '5 seconds') AS w, g, count(*) AS n FROM %s GROUP BY window(t, '5 seconds'), g", from)
		d.sql("SELECT window(window_time(w), '20 seconds') AS w2, count(*) AS m, sum(n) AS n FROM %s GROUP BY window(window_time(w), '20 seconds')", w)
	case 2:
		columns := []string{"k", "t"}
		d.Views = append(d.Views, View{Name: "once", Of: from, DropDuplicates: &columns})
		d.sql("SELECT window(t, '10 seconds') AS w, count(*) AS n FROM once GROUP BY window(t, '10 seconds')")
	case 3:
		other := d.source(95)
		j := d.sql("SELECT l.k AS k, l.v AS v, l.t AS t, r.v AS rv FROM %s l %s JOIN %s r ON l.k = r.k AND r.t BETWEEN l.t AND l.t + INTERVAL 10 SECONDS", from, pick(d, "INNER", "LEFT"), other)
		d.sql("SELECT window(t, '10 seconds') AS w, k, count(*) AS n, sum(rv) AS s FROM %s GROUP BY window(t, '10 seconds'), k", j)
	case 4:
		other := d.source(95)
		j := d.sql("SELECT window(t, '10 seconds') AS w, k, count(*) AS n FROM %s GROUP BY window(t, '10 seconds'), k", from)
		o := d.sql("SELECT window(t, '10 seconds') AS w, k, sum(v) AS s FROM %s GROUP BY window(t, '10 seconds'), k", other)
		d.sql("SELECT a.w AS w, a.k AS k, n, s FROM %s a %s JOIN %s b ON a.w = b.w AND a.k = b.k", j, pick(d, "INNER", "LEFT", "FULL"), o)
	default:
		s := d.sql("SELECT session_window(t, '5 seconds') AS w, k, count(*) AS n FROM %s GROUP BY session_window(t, '5 seconds'), k", from)
		d.sql("SELECT window(window_time(w), '30 seconds') AS w2, sum(n) AS n, count(*) AS m FROM %s GROUP BY window(window_time(w), '30 seconds')", s)
	}
	d.mode("append", "append", "append", "append", "update", "complete")
}
