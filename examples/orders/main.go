// Command orders reads nested orders: at rest, as a stream that runs once a day, with an archive, into two sinks by foreachBatch, and
// as windows over a table.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"lakehouse/examples/example"
	"lakehouse/medallion"
)

const (
	volume = "/Volumes/workspace/my-schema/my-volume"
	schema = `order_id string, timestamp string,
		customer struct<customer_id:int,name:string,email:string,address:struct<city:string,postal_code:string,country:string>>,
		items array<struct<item_id:string,product_name:string,quantity:int,price:double>>,
		payment struct<method:string,transaction_id:string>, metadata array<struct<key:string,value:string>>`
)

func main() { example.Main(orders) }

func orders(ctx context.Context, l example.Lake) error {
	for _, step := range []struct {
		title string
		do    func(context.Context, example.Lake) error
	}{
		{"At rest", atRest},
		{"Once a day", onceADay},
		{"With an archive", archived},
		{"Two sinks by foreachBatch", twoSinks},
		{"Windows over a table", windows},
	} {
		l.Say("\n%s", step.title)
		if err := step.do(ctx, l); err != nil {
			return fmt.Errorf("%s: %w", step.title, err)
		}
	}
	return nil
}

// flat makes a row of each item with each of the metadata.
func flat(frame *medallion.DataFrame) *medallion.DataFrame {
	return frame.SelectCols("order_id", "customer.customer_id", "customer.email", "customer.name", "customer.address.city",
		"payment.method", "timestamp", "metadata", "items").
		WithColumn("metadata", medallion.ExplodeOuter(medallion.Col("metadata"))).
		WithColumn("items", medallion.ExplodeOuter(medallion.Col("items"))).
		SelectCols("*", "items.item_id", "items.price", "items.quantity", "metadata.key", "metadata.value").
		Drop("items", "metadata")
}

func atRest(ctx context.Context, l example.Lake) error {
	if err := l.FS().Put(ctx, volume+"/json/day1.json", []byte(day1)); err != nil {
		return err
	}
	frame, err := l.Read().Format("json").Option("inferSchema", "true").Option("multiline", "true").Load(ctx, volume+"/json/day1.json")
	if err != nil {
		return err
	}
	if err := frame.PrintSchema(ctx, l.Out); err != nil {
		return err
	}
	return flat(frame).SelectCols("order_id", "city", "item_id", "price", "key", "value").Show(ctx, l.Out)
}

// stream is the program's frame over a folder.
func stream(ctx context.Context, l example.Lake, folder string, options ...string) (*medallion.DataFrame, error) {
	reader := l.ReadStream().Format("json").Option("multiline", "true").Schema(schema)
	for i := 0; i < len(options); i += 2 {
		reader = reader.Option(options[i], options[i+1])
	}
	frame, err := reader.Load(ctx, volume+"/"+folder+"/")
	if err != nil {
		return nil, err
	}
	return flat(frame), nil
}

// once runs the stream over what has come since, and says how many rows the sink has.
func once(ctx context.Context, l example.Lake, folder, sink string, options ...string) error {
	frame, err := stream(ctx, l, folder, options...)
	if err != nil {
		return err
	}
	query, err := frame.WriteStream().Format("delta").Trigger(medallion.Once()).OutputMode("append").
		Option("path", volume+"/"+sink+"/data").
		Option("checkpointLocation", volume+"/"+sink+"/checkpoint").
		Start(ctx)
	if err := example.Finish(ctx, query, err); err != nil {
		return err
	}
	rows, err := l.Table("delta.`" + volume + "/" + sink + "/data/`").Count(ctx)
	l.Say("read %d orders; the sink has %d rows", query.LastProgress().NumInputRows, rows)
	return err
}

func onceADay(ctx context.Context, l example.Lake) error {
	for _, day := range []struct{ name, text string }{{"", ""}, {"day2.json", day2}, {"day3.json", day3}, {"", ""}} {
		if day.name != "" {
			if err := l.FS().Put(ctx, volume+"/json/"+day.name, []byte(day.text)); err != nil {
				return err
			}
		}
		if err := once(ctx, l, "json", "sink"); err != nil {
			return err
		}
	}
	return l.Show(ctx, "SELECT order_id, city, item_id, price, key, value from delta.`"+volume+"/sink/data/` ORDER BY order_id, item_id, key")
}

// archived: a file goes into the archive when the next batch is planned, and its name stays read.
func archived(ctx context.Context, l example.Lake) error {
	clean := []string{"cleanSource", "archive", "SourceArchiveDir", volume + "/archive"}
	for _, upload := range []struct{ name, text string }{{"day1.json", day1}, {"day1.json", day1}, {"day2.json", day2}, {"day1.json", day1}, {"day3.json", day3}} {
		if err := l.FS().Put(ctx, volume+"/json_new/"+upload.name, []byte(upload.text)); err != nil {
			return err
		}
		if err := once(ctx, l, "json_new", "sink_new", clean...); err != nil {
			return err
		}
		landing, err := names(ctx, l, volume+"/json_new")
		if err != nil {
			return err
		}
		archive, err := names(ctx, l, volume+"/archive"+volume+"/json_new")
		if err != nil {
			return err
		}
		l.Say("  after %s: landing %v, archive %v", upload.name, landing, archive)
	}
	return nil
}

func names(ctx context.Context, l example.Lake, folder string) ([]string, error) {
	entries, err := l.FS().Ls(ctx, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name)
	}
	return all, err
}

func twoSinks(ctx context.Context, l example.Lake) error {
	frame, err := stream(ctx, l, "json")
	if err != nil {
		return err
	}
	query, err := frame.WriteStream().Trigger(medallion.Once()).OutputMode("append").Option("checkPointLocation", volume+"/fb/checkpoint").
		ForeachBatch(func(ctx context.Context, rows *medallion.DataFrame, id int64) error {
			n, err := rows.Count(ctx)
			l.Say("batch %d of %d rows", id, n)
			return errors.Join(err,
				rows.Write().Format("delta").Mode("append").Option("path", volume+"/fb/orders").Save(ctx),
				rows.SelectCols("order_id", "item_id", "price", "quantity").Write().Format("parquet").Mode("append").Option("path", volume+"/fb/items").Save(ctx))
		}).Start(ctx)
	if err := example.Finish(ctx, query, err); err != nil {
		return err
	}
	return l.Show(ctx, "SELECT (SELECT count(*) FROM delta.`"+volume+"/fb/orders`) AS orders, (SELECT count(*) FROM parquet.`"+volume+"/fb/items`) AS items")
}

// windows: late rows, and windows that come out once they are closed.
func windows(ctx context.Context, l example.Lake) error {
	const table = "workspace.`my-schema`.myTable"
	if err := l.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS workspace.`my-schema`", "CREATE TABLE "+table+"(color STRING, event_date TIMESTAMP)"); err != nil {
		return err
	}
	for _, rows := range []string{
		"('red', TIMESTAMP('2025-06-22 10:04:45'))",
		"('red', TIMESTAMP('2025-06-22 10:04:50')), ('blue', TIMESTAMP('2025-06-22 10:05:05'))",
		"('green', TIMESTAMP('2025-06-22 10:05:20'))",
		"('red', TIMESTAMP('2025-06-22 10:04:59')), ('red', TIMESTAMP('2025-06-22 10:06:00'))",
		"('blue', TIMESTAMP('2025-06-22 10:11:00'))",
	} {
		if err := l.Exec(ctx, "INSERT INTO "+table+" VALUES "+rows); err != nil {
			return err
		}
		for _, mode := range []string{"complete", "append"} {
			frame, err := l.ReadStream().Table(ctx, table)
			if err != nil {
				return err
			}
			query, err := frame.WithWatermark("event_date", "10 seconds").
				GroupBy(medallion.Col("color"), medallion.Window(medallion.Col("event_date"), "5 minutes")).Count().
				WriteStream().Format("delta").Trigger(medallion.AvailableNow()).OutputMode(mode).
				Option("checkpointLocation", volume+"/table/"+mode+"/checkpoint").Option("path", volume+"/table/"+mode+"/sink").Start(ctx)
			if err := example.Finish(ctx, query, err); err != nil {
				return err
			}
		}
	}
	for _, mode := range []string{"complete", "append"} {
		l.Say("%s:", mode)
		if err := l.Show(ctx, "SELECT * FROM DELTA.`"+volume+"/table/"+mode+"/sink/` ORDER BY window.start, color"); err != nil {
			return err
		}
	}
	return nil
}
