// Command module5 is nine short streams over the same three files: console, memory, windows, a watermark, tables, two sinks. The two
// that need Kafka run where KAFKA names a broker.
package main

import (
	"context"
	"fmt"
	"os"

	"lakehouse/examples/example"
	"lakehouse/medallion"
)

const folder = "dbfs:/mnt/data/data/streaming-json"

// files arrive one after the other; each is a batch.
var files = []string{
	`{"timestamp":"2025-01-15T10:01:00Z","value":5,"category":"A"}
{"timestamp":"2025-01-15T10:02:00Z","value":15,"category":"A"}
{"timestamp":"2025-01-15T10:04:00Z","value":25,"category":"B"}
{"timestamp":"2024-12-31T23:59:59Z","value":40,"category":"A"}
{"timestamp":"2025-01-15T10:09:59Z","value":10,"category":"B"}
`,
	`{"timestamp":"2025-01-15T10:02:00Z","value":20,"category":"A"}
{"timestamp":"2025-01-15T10:12:00Z","value":30,"category":"B"}
{"timestamp":"2025-01-15T10:19:00Z","value":11,"category":"C"}
{"timestamp":"2025-01-15T10:13:00Z","value":null,"category":"C"}
`,
	`{"timestamp":"2025-01-15T10:08:00Z","value":50,"category":"A"}
{"timestamp":"2025-01-15T10:11:00Z","value":60,"category":"B"}
{"timestamp":"2025-01-15T10:31:00Z","value":12,"category":"C"}
`,
}

func main() { example.Main(module5) }

func module5(ctx context.Context, l example.Lake) error {
	for i, program := range []func(context.Context, lake) error{
		console, aggregate, dateParts, kafkaToConsole, kafkaToKafka, average, tumbling, watermark, twoSinks,
	} {
		l.Say("\nExample %d", i+1)
		if err := program(ctx, lake{l, fmt.Sprintf("%s-%d", folder, i+1)}); err != nil {
			return fmt.Errorf("example %d: %w", i+1, err)
		}
	}
	return nil
}

// lake is the lake with the folder of one example.
type lake struct {
	example.Lake
	folder string
}

// frame is the stream of the folder.
func (l lake) frame(ctx context.Context) (*medallion.DataFrame, error) {
	if err := l.FS().Mkdirs(ctx, l.folder); err != nil {
		return nil, err
	}
	return l.ReadStream().Format("json").Schema("timestamp timestamp, value int, category string").Option("path", l.folder+"/").Load(ctx)
}

// feed lets the files arrive one after the other while queries run, and stops those.
func (l lake) feed(ctx context.Context, each func() error, queries ...*medallion.StreamingQuery) error {
	for i, text := range files {
		if err := l.FS().Put(ctx, fmt.Sprintf("%s/stream-%d.json", l.folder, i+1), []byte(text)); err != nil {
			return err
		}
		if err := example.Settle(ctx, queries...); err != nil {
			return err
		}
		if err := each(); err != nil {
			return err
		}
	}
	for _, q := range queries {
		q.Stop()
	}
	return nil
}

func nothing() error { return nil }

// normalized is the frame of the first example and of the last.
func (l lake) normalized(ctx context.Context) (*medallion.DataFrame, error) {
	frame, err := l.frame(ctx)
	if err != nil {
		return nil, err
	}
	return frame.SelectCols("timestamp", "value").Filter(medallion.Col("value").Gt(10)).WithColumn("normalized_value", medallion.Expr("value / 100")), nil
}

func console(ctx context.Context, l lake) error {
	frame, err := l.normalized(ctx)
	if err != nil {
		return err
	}
	query, err := frame.WriteStream().Format("console").OutputMode("append").Start(ctx)
	if err != nil {
		return err
	}
	return l.feed(ctx, nothing, query)
}

func aggregate(ctx context.Context, l lake) error {
	frame, err := l.frame(ctx)
	if err != nil {
		return err
	}
	query, err := frame.SelectCols("timestamp", "value").Filter(medallion.Col("value").Gt(10)).GroupBy(medallion.Col("timestamp")).Sum("value").
		WriteStream().Format("memory").QueryName("streaming_aggregates").OutputMode("complete").Start(ctx)
	if err != nil {
		return err
	}
	return l.feed(ctx, func() error { return l.Show(ctx, "SELECT * FROM streaming_aggregates ORDER BY timestamp DESC") }, query)
}

func dateParts(ctx context.Context, l lake) error {
	frame, err := l.frame(ctx)
	if err != nil {
		return err
	}
	query, err := frame.WithColumn("year", medallion.Expr("year(timestamp)")).WithColumn("month", medallion.Expr("month(timestamp)")).
		WithColumn("day", medallion.Expr("dayofmonth(timestamp)")).Filter(medallion.Col("year").Eq(2025)).
		WriteStream().Format("memory").QueryName("filtered_stream").OutputMode("append").Start(ctx)
	if err != nil {
		return err
	}
	if err := l.feed(ctx, nothing, query); err != nil {
		return err
	}
	return l.Show(ctx, "SELECT * FROM filtered_stream ORDER BY timestamp, value")
}

// average goes from table to table.
func average(ctx context.Context, l lake) error {
	const source, sink = "dbfs:/mnt/data/data/delta-table", "dbfs:/mnt/data/output/delta-aggregated"
	if err := l.Exec(ctx, "CREATE TABLE delta.`"+source+"` (category string, value double)"); err != nil {
		return err
	}
	frame, err := l.ReadStream().Format("delta").Option("path", source+"/").Load(ctx)
	if err != nil {
		return err
	}
	query, err := frame.GroupBy(medallion.Col("category")).Agg(medallion.Avg(medallion.Col("value")).Alias("avg_value")).
		WriteStream().Format("delta").OutputMode("complete").Option("checkpointLocation", "dbfs:/mnt/data/checkpoints/delta/").Option("path", sink+"/").Start(ctx)
	if err != nil {
		return err
	}
	defer query.Stop()
	for _, rows := range []string{"('A', 10), ('A', 20), ('B', 5), ('C', null)", "('B', 15), ('C', 7)", "('A', 3), (null, 1)"} {
		if err := l.Exec(ctx, "INSERT INTO delta.`"+source+"` VALUES "+rows); err != nil {
			return err
		}
		if err := example.Settle(ctx, query); err != nil {
			return err
		}
		if err := l.Show(ctx, "SELECT * FROM delta.`"+sink+"` ORDER BY category"); err != nil {
			return err
		}
	}
	return nil
}

func byCategory(frame *medallion.DataFrame) *medallion.DataFrame {
	return frame.GroupBy(medallion.Window(medallion.Col("timestamp"), "10 minutes"), medallion.Col("category")).Count()
}

// tumbling: in update mode the table in memory grows by the rows that changed.
func tumbling(ctx context.Context, l lake) error {
	frame, err := l.frame(ctx)
	if err != nil {
		return err
	}
	query, err := byCategory(frame).WriteStream().Format("memory").QueryName("windowed_aggregates").OutputMode("update").Start(ctx)
	if err != nil {
		return err
	}
	if err := l.feed(ctx, nothing, query); err != nil {
		return err
	}
	return l.Show(ctx, "SELECT * FROM windowed_aggregates ORDER BY window.start, category, count")
}

// watermark: late rows are dropped, and closed windows leave the state.
func watermark(ctx context.Context, l lake) error {
	frame, err := l.frame(ctx)
	if err != nil {
		return err
	}
	query, err := byCategory(frame.WithWatermark("timestamp", "5 minutes")).WriteStream().Format("memory").QueryName("late").OutputMode("append").Start(ctx)
	if err != nil {
		return err
	}
	if err := l.feed(ctx, nothing, query); err != nil {
		return err
	}
	for _, p := range query.RecentProgress() {
		if len(p.StateOperators) == 0 {
			continue // nothing came for ten seconds
		}
		state := p.StateOperators[0]
		l.Say("batch %d: %d rows read, watermark %s, %d windows held, %d rows late", p.BatchID, p.NumInputRows, p.EventTime["watermark"], state.NumRowsTotal, state.NumRowsDroppedByWatermark)
	}
	return l.Show(ctx, "SELECT * FROM late ORDER BY window.start, category")
}

func twoSinks(ctx context.Context, l lake) error {
	var queries []*medallion.StreamingQuery
	for _, format := range []string{"parquet", "delta"} {
		frame, err := l.normalized(ctx)
		if err != nil {
			return err
		}
		query, err := frame.WriteStream().Format(format).OutputMode("append").
			Option("checkpointLocation", "dbfs:/mnt/data/checkpoints/two-"+format+"/").Option("path", "dbfs:/mnt/data/output/"+format+"/").Start(ctx)
		if err != nil {
			return err
		}
		queries = append(queries, query)
	}
	if err := l.feed(ctx, nothing, queries...); err != nil {
		return err
	}
	return l.Show(ctx, "SELECT (SELECT count(*) FROM parquet.`dbfs:/mnt/data/output/parquet/`) AS parquet, (SELECT count(*) FROM delta.`dbfs:/mnt/data/output/delta/`) AS delta")
}

// broker is where Kafka is; empty: nowhere.
func broker() string { return os.Getenv("KAFKA") }

func kafkaFrame(ctx context.Context, l lake) (*medallion.DataFrame, error) {
	return l.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", broker()).Option("subscribe", "topic_name").
		Option("startingOffsets", "earliest").Load(ctx)
}

func kafkaToConsole(ctx context.Context, l lake) error {
	if broker() == "" {
		l.Say("needs Kafka: set KAFKA=host:port")
		return nil
	}
	frame, err := kafkaFrame(ctx, l)
	if err != nil {
		return err
	}
	query, err := frame.SelectExpr("CAST(key AS STRING)", "CAST(value AS STRING)").WithColumn("processed_at", medallion.CurrentTimestamp()).
		Filter(medallion.Expr("value IS NOT NULL")).WriteStream().Format("console").Trigger(medallion.AvailableNow()).Start(ctx)
	return example.Finish(ctx, query, err)
}

func kafkaToKafka(ctx context.Context, l lake) error {
	if broker() == "" {
		l.Say("needs Kafka: set KAFKA=host:port")
		return nil
	}
	frame, err := kafkaFrame(ctx, l)
	if err != nil {
		return err
	}
	query, err := frame.SelectExpr("CAST(key AS STRING) AS key", "CAST(value AS STRING) AS value").Filter(medallion.Expr("value IS NOT NULL")).
		WriteStream().Format("kafka").Option("kafka.bootstrap.servers", broker()).Option("topic", "output_topic").
		Option("checkpointLocation", "dbfs:/mnt/data/checkpoints/kafka/").Trigger(medallion.AvailableNow()).Start(ctx)
	return example.Finish(ctx, query, err)
}
