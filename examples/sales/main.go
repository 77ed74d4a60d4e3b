// Command sales runs three queries over one folder of JSON files, each by itself: bronze keeps the rows, silver those with money,
// gold sums up. All three read the files, none the tables of the others.
package main

import (
	"context"
	"time"

	"lakehouse/examples/example"
	"lakehouse/medallion"
)

const volume = "/Volumes/dataops_dev/schema_test/volume_test/delta_tables"

// files are what arrives: arrays over several lines.
var files = []struct{ name, text string }{
	{"sales_1.json", `[
  {"Id": 1, "name": "Alice", "age": 25, "money": 1200, "sales": 4500, "units": 45},
  {"Id": 2, "name": "Bob", "age": 32, "money": 850, "sales": 3000, "units": 30},
  {"Id": 3, "name": "Charlie", "age": null, "money": 1500, "sales": 6000, "units": 60}
]`},
	{"sales_2.json", `[
  {"Id": 4, "name": "Diana", "age": 41, "money": 0, "sales": 7500, "units": 75},
  {"Id": 1, "name": "Alice", "age": 25, "money": 300, "sales": 100, "units": 1}
]`},
}

func main() { example.Main(sales) }

func sales(ctx context.Context, l example.Lake) error {
	if err := l.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS shop", "USE shop"); err != nil {
		return err
	}
	if err := l.FS().Put(ctx, volume+"/json/"+files[0].name, []byte(files[0].text)); err != nil {
		return err
	}
	queries, err := start(ctx, l)
	if err != nil {
		return err
	}
	if err := example.Settle(ctx, queries...); err != nil {
		return err
	}
	gold := queries[2]
	l.Say("gold: active %v, batch %d of %d rows, %s", gold.IsActive(), gold.LastProgress().BatchID, firstBatch(gold).NumInputRows, gold.LastProgress().Sink.Description[:9])
	if err := l.Show(ctx, "SELECT * FROM gold_sales_summary_spark2 ORDER BY Id;"); err != nil {
		return err
	}
	if err := l.FS().Put(ctx, volume+"/json/"+files[1].name, []byte(files[1].text)); err != nil {
		return err
	}
	if err := example.Settle(ctx, queries...); err != nil {
		return err
	}
	for _, q := range queries {
		q.Stop()
		ended, err := awaited(ctx, q)
		if err != nil {
			return err
		}
		l.Say("stopped: %v, %s", ended, q.Status().Message)
	}
	for _, query := range []string{
		"SELECT * FROM bronze_sales_spark2 ORDER BY Id, money DESC;",
		"SELECT * FROM silver_sales_spark2 ORDER BY Id, money DESC;",
		"SELECT * FROM gold_sales_summary_spark2 ORDER BY Id;",
	} {
		if err := l.Show(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// start builds the frames upon each other, and starts a query on each.
func start(ctx context.Context, l example.Lake) ([]*medallion.StreamingQuery, error) {
	frame, err := l.ReadStream().Format("cloudFiles").
		Option("cloudFiles.format", "json").
		Option("multiLine", "true").
		Schema("Id int, name string, age int, money int, sales int, units int").
		Load(ctx, volume+"/json/")
	if err != nil {
		return nil, err
	}
	bronze := frame.NaDrop()
	silver := bronze.Filter(medallion.Col("money").Gt(0)).Select(medallion.Col("Id"), medallion.Col("money").Cast("double"))
	gold := silver.GroupBy(medallion.Col("Id")).Agg(medallion.Sum(medallion.Col("money")).Alias("total_money"))
	var queries []*medallion.StreamingQuery
	for _, q := range []struct {
		frame                   *medallion.DataFrame
		mode, checkpoint, table string
	}{
		{bronze, "append", "checkpoints_bronze_spark", "bronze_sales_spark2"},
		{silver, "append", "checkpoints_silver_spark", "silver_sales_spark2"},
		{gold, "complete", "checkpoints_golden_spark", "gold_sales_summary_spark2"},
	} {
		query, err := q.frame.WriteStream().Format("delta").OutputMode(q.mode).
			Option("checkpointLocation", volume+"/"+q.checkpoint).ToTable(ctx, q.table)
		if err != nil {
			return nil, err
		}
		queries = append(queries, query)
	}
	return queries, nil
}

func firstBatch(q *medallion.StreamingQuery) medallion.StreamingQueryProgress {
	return q.RecentProgress()[0]
}

func awaited(ctx context.Context, q *medallion.StreamingQuery) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return q.AwaitTermination(ctx)
}
