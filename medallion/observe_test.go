package medallion

import (
	"encoding/json"
	"fmt"
	"testing"

	"lakehouse/internal/errclass"
)

func countAll() Column { return Count(Lit(1)).As("n") }

// The metrics are those that Spark 4.2 reported for the same rows.
func TestObservedMetricsOfAStream(t *testing.T) {
	d := newDesk(t)
	for i := range 3 {
		d.land(filesVolume+"/in", fmt.Sprintf("%d.json", i), 10*i, 10*i+1, 10*i+2)
	}
	frame, err := d.ReadStream().Format("json").Schema("n bigint").Option("maxFilesPerTrigger", "2").Load(t.Context(), filesVolume+"/in")
	d.must(err)
	observed := frame.Observe("stats", countAll(), Expr("max(n)").As("mx"), Expr("avg(n)").As("a"), Expr("max(CAST(null AS INT))").As("nn"), Expr("min(n) + 1")).
		Filter(Expr("n > 100")).Observe("none", countAll())
	q, err := observed.WriteStream().Format("memory").QueryName("m").Trigger(AvailableNow()).Start(t.Context())
	d.must(err)
	_, err = q.AwaitTermination(t.Context())
	d.must(err)
	var got []string
	for _, p := range q.RecentProgress() {
		text, err := json.Marshal(p.ObservedMetrics)
		d.must(err)
		got = append(got, string(text))
	}
	d.want("metrics", fmt.Sprint(got), `[{"none":{"n":0},"stats":{"n":6,"mx":12,"a":6.0,"nn":null,"(min(n) + 1)":1}} {"none":{"n":0},"stats":{"n":3,"mx":22,"a":21.0,"nn":null,"(min(n) + 1)":21}}]`)
}

func TestAnObservationTakesTheMetricsOfTheFirstAction(t *testing.T) {
	d := newDesk(t)
	o := NewObservation("ob")
	frame := d.Range(0, 50_000).ObserveInto(o, countAll(), Max(Col("id")).As("m")).Filter(Expr("id < 10"))
	n, err := frame.Count(t.Context())
	d.must(err)
	row, err := o.Get(t.Context())
	d.must(err)
	d.want("rows and metrics", fmt.Sprint(n, row), "10 [50000, 49999]")
	if _, err := frame.Count(t.Context()); err != nil { // nobody waits any more
		t.Error(err)
	}
}

func TestMistakesOfObserve(t *testing.T) {
	d := newDesk(t)
	for name, c := range map[string]struct {
		frame *DataFrame
		class errclass.Class
	}{
		"no name":               {d.Range(0, 5).Observe(" ", countAll()), errclass.ObservedMetricsName},
		"a column":              {d.Range(0, 5).Observe("x", Col("id")), errclass.ObservedMetricsAttribute},
		"distinct":              {d.Range(0, 5).Observe("x", Expr("count(DISTINCT id)")), errclass.ObservedMetricsDistinct},
		"two of one name":       {d.Range(0, 5).Observe("x", countAll()).Observe("x", Max(Col("id")).As("n")), errclass.DuplicatedMetricsName},
		"no such column":        {d.Range(0, 5).Observe("x", Expr("max(di)")), errclass.UnresolvedColumn},
		"the same twice (fine)": {d.Range(0, 5).Observe("x", countAll()).Observe("x", countAll()), ""},
	} {
		_, err := c.frame.Collect(t.Context())
		if c.class == "" {
			d.must(err)
		} else {
			d.refused(name, err, c.class)
		}
	}
}
