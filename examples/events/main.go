// Command events counts the events of fifty files by the hour, one file a batch, into a table in memory that can be queried while
// the query runs.
package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"

	"lakehouse/examples/example"
	"lakehouse/medallion"
)

const folder = "/databricks-datasets/structured-streaming/events"

func main() { example.Main(events) }

// land makes file i: a line an event, half of them "Open".
func land(ctx context.Context, l example.Lake, i int) error {
	random := rand.New(rand.NewPCG(7, uint64(i)))
	var text bytes.Buffer
	for n := range 200 {
		action := []string{"Open", "Close"}[n%2]
		fmt.Fprintf(&text, `{"time":%d,"action":%q}`+"\n", 1469501107+i*3600+random.IntN(5400), action)
	}
	return l.FS().Put(ctx, fmt.Sprintf("%s/file-%02d.json", folder, i), text.Bytes())
}

func events(ctx context.Context, l example.Lake) error {
	for i := range 5 {
		if err := land(ctx, l, i); err != nil {
			return err
		}
	}
	input, err := l.ReadStream().Format("json").Schema("time timestamp, action string").Option("maxFilesPerTrigger", "1").Load(ctx, folder+"/")
	if err != nil {
		return err
	}
	counts := input.GroupBy(medallion.Col("action"), medallion.Window(medallion.Col("time"), "1 hour")).Count()
	if err := counts.PrintSchema(ctx, l.Out); err != nil {
		return err
	}
	query, err := counts.WriteStream().Format("memory").QueryName("counts").OutputMode("complete").Start(ctx)
	if err != nil {
		return err
	}
	const look = `select action, date_format(window.end, "MMM-dd HH:mm") as time, count from counts order by time, action`
	for i := 5; i < 50; i++ {
		if err := example.Settle(ctx, query); err != nil {
			return err
		}
		if i == 5 {
			l.Say("after 5 files:")
			if err := l.Show(ctx, look); err != nil {
				return err
			}
		}
		if err := land(ctx, l, i); err != nil {
			return err
		}
	}
	if err := example.Settle(ctx, query); err != nil {
		return err
	}
	query.Stop()
	l.Say("stopped; the table stays:")
	return l.Show(ctx, "select count(*) as rows, sum(count) as events from counts")
}
