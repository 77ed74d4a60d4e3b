package medallion_test

import (
	"context"
	"fmt"
	"os"

	"lakehouse/medallion"
)

// open makes a session on an empty root, which done removes.
func open() (session *medallion.Session, done func()) {
	root, err := os.MkdirTemp("", "lake-")
	if err != nil {
		panic(err)
	}
	session, err = medallion.NewSession(medallion.Options{Root: root})
	if err != nil {
		panic(err)
	}
	return session, func() {
		session.Close()
		_ = os.RemoveAll(root)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func ExampleSession() {
	ctx := context.Background()
	session, done := open()
	defer done()
	must(session.SQL(ctx, "CREATE TABLE sales (store STRING, amount DOUBLE)"))
	must(session.SQL(ctx, "INSERT INTO sales VALUES ('north', 10.5), ('south', 4), ('north', 2)"))
	totals := must(session.SQL(ctx, "SELECT store, sum(amount) AS total FROM sales GROUP BY store ORDER BY store"))
	if err := totals.Show(ctx, os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// +-----+-----+
	// |store|total|
	// +-----+-----+
	// |north| 12.5|
	// |south|  4.0|
	// +-----+-----+
}

func ExampleDataFrame() {
	ctx := context.Background()
	session, done := open()
	defer done()
	frame := session.Range(0, 10).
		WithColumn("kind", medallion.Expr("CASE WHEN id % 3 = 0 THEN 'third' ELSE 'other' END")).
		Where("id > 1").
		GroupBy(medallion.Col("kind")).
		Agg(medallion.Count(medallion.Lit(1)).As("n"), medallion.Sum(medallion.Col("id")).As("total")).
		OrderBy(medallion.Col("n").Desc())
	for _, row := range must(frame.Collect(ctx)) {
		fmt.Println(row.Values...)
	}
	// Output:
	// other 5 26
	// third 3 18
}

// A stream takes the files of a folder into a table, each once, and goes on where it stopped.
func ExampleDataStreamWriter() {
	ctx := context.Background()
	session, done := open()
	defer done()
	land := func(name, text string) {
		if err := session.FS().Put(ctx, "/Volumes/dev/sales/landing/"+name, []byte(text)); err != nil {
			panic(err)
		}
	}
	run := func() {
		frame := must(session.ReadStream().Format("json").Schema("store string, amount double").Load(ctx, "/Volumes/dev/sales/landing"))
		query := must(frame.WriteStream().
			Option("checkpointLocation", "/Volumes/dev/sales/checkpoints/bronze").
			Trigger(medallion.AvailableNow()).
			ToTable(ctx, "sales_bz"))
		must(query.AwaitTermination(ctx))
		progress := query.LastProgress()
		fmt.Printf("batch %d: %d rows, the table has %d\n", progress.BatchID, progress.NumInputRows, must(session.Table("sales_bz").Count(ctx)))
	}
	land("day1.json", `{"store": "north", "amount": 10.5}`)
	run()
	land("day2.json", `{"store": "south", "amount": 4}`+"\n"+`{"store": "north", "amount": 2}`)
	run()
	run()
	// Output:
	// batch 0: 1 rows, the table has 1
	// batch 1: 2 rows, the table has 3
	// batch 2: 0 rows, the table has 3
}

// Windows of an hour, which are told once no order of theirs can come any more: half an hour behind the latest.
func ExampleDataFrame_WithWatermark() {
	ctx := context.Background()
	session, done := open()
	defer done()
	land := func(name, text string) {
		if err := session.FS().Put(ctx, "/Volumes/dev/sales/landing/"+name, []byte(text)); err != nil {
			panic(err)
		}
	}
	land("1.json", `{"at": "2024-05-01T10:05:00Z", "store": "north", "amount": 10.5}`+"\n"+`{"at": "2024-05-01T10:50:00Z", "store": "north", "amount": 2}`)
	land("2.json", `{"at": "2024-05-01T11:40:00Z", "store": "south", "amount": 4}`)
	land("3.json", `{"at": "2024-05-01T11:45:00Z", "store": "south", "amount": 1}`)
	land("4.json", `{"at": "2024-05-01T10:59:00Z", "store": "north", "amount": 100}`) // too late
	orders := must(session.ReadStream().Format("json").Schema("at timestamp, store string, amount double").
		Option("maxFilesPerTrigger", "1").Load(ctx, "/Volumes/dev/sales/landing"))
	query := must(orders.WithWatermark("at", "30 minutes").
		GroupBy(medallion.Expr("window(at, '1 hour')"), medallion.Col("store")).
		Agg(medallion.Expr("count(*) AS orders"), medallion.Expr("sum(amount) AS revenue")).
		WriteStream().OutputMode("append").
		Option("checkpointLocation", "/Volumes/dev/sales/checkpoints/hours").
		Trigger(medallion.AvailableNow()).
		ToTable(ctx, "orders_per_hour"))
	must(query.AwaitTermination(ctx))
	hours := must(session.SQL(ctx, "SELECT window.start, store, orders, revenue FROM orders_per_hour"))
	if err := hours.Show(ctx, os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// +-------------------+-----+------+-------+
	// |              start|store|orders|revenue|
	// +-------------------+-----+------+-------+
	// |2024-05-01 10:00:00|north|     2|   12.5|
	// +-------------------+-----+------+-------+
}
