package medallion_test

import (
	"context"
	"fmt"
	"os"

	"lakehouse/medallion"
)

func ExampleDeltaTable() {
	ctx := context.Background()
	session, done := open()
	defer done()
	must(session.SQL(ctx, "CREATE TABLE stock (item STRING, pieces INT)"))
	must(session.SQL(ctx, "INSERT INTO stock VALUES ('nut', 10), ('bolt', 0), ('gear', 3)"))
	stock := must(session.DeltaTable(ctx, "stock"))
	gone := must(stock.Delete(ctx, medallion.Expr("pieces = 0")))
	more := must(stock.Update(ctx, medallion.Expr("item = 'gear'"), map[string]medallion.Column{"pieces": medallion.Expr("pieces + 5")}))
	fmt.Printf("%d deleted in version %d, %d updated in version %d\n", gone.Deleted, gone.Version, more.Updated, more.Version)
	if err := stock.ToDF().OrderBy(medallion.Col("item").Asc()).Show(ctx, os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// 1 deleted in version 2, 1 updated in version 3
	// +----+------+
	// |item|pieces|
	// +----+------+
	// |gear|     8|
	// | nut|    10|
	// +----+------+
}

func ExampleDeltaTable_Merge() {
	ctx := context.Background()
	session, done := open()
	defer done()
	must(session.SQL(ctx, "CREATE TABLE stock (item STRING, pieces INT)"))
	must(session.SQL(ctx, "INSERT INTO stock VALUES ('nut', 10), ('bolt', 7), ('gear', 3)"))
	counted := must(session.SQL(ctx, "SELECT * FROM VALUES ('nut', 9), ('bolt', 0), ('cog', 4) AS counted(item, pieces)"))
	stock := must(session.DeltaTable(ctx, "stock"))
	changes := must(stock.Alias("t").Merge(counted.Alias("s"), medallion.Expr("t.item = s.item")).
		WhenMatchedDelete(medallion.Expr("s.pieces = 0")).
		WhenMatchedUpdateAll().
		WhenNotMatchedInsertAll().
		WhenNotMatchedBySourceUpdate(map[string]medallion.Column{"pieces": medallion.Lit(0)}).
		Execute(ctx))
	fmt.Printf("%d updated, %d deleted, %d inserted\n", changes.Updated, changes.Deleted, changes.Inserted)
	if err := stock.ToDF().OrderBy(medallion.Col("item").Asc()).Show(ctx, os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// 2 updated, 1 deleted, 1 inserted
	// +----+------+
	// |item|pieces|
	// +----+------+
	// | cog|     4|
	// |gear|     0|
	// | nut|     9|
	// +----+------+
}

// A stream of changes keeps a table up to date: of each batch the newest change of a key is merged, once, also when the batch comes
// again after a crash.
func ExampleMergeBuilder() {
	ctx := context.Background()
	session, done := open()
	defer done()
	land := func(name, text string) {
		if err := session.FS().Put(ctx, "/Volumes/dev/sales/landing/"+name, []byte(text)); err != nil {
			panic(err)
		}
	}
	must(session.SQL(ctx, "CREATE TABLE customers (id INT, city STRING)"))
	upsert := func(ctx context.Context, rows *medallion.DataFrame, batchID int64) error {
		customers, err := rows.Session().DeltaTable(ctx, "customers")
		if err != nil {
			return err
		}
		newest := rows.GroupBy(medallion.Col("id")).Agg(medallion.Expr("max_by(city, at) AS city"))
		_, err = customers.Alias("t").
			Option("txnAppId", "customers").Option("txnVersion", fmt.Sprint(batchID)).
			Merge(newest.Alias("s"), medallion.Expr("t.id = s.id")).
			WhenMatchedUpdateAll().
			WhenNotMatchedInsertAll().
			Execute(ctx)
		return err
	}
	land("1.json", `{"id": 1, "city": "Bern", "at": 1}`+"\n"+`{"id": 2, "city": "Basel", "at": 2}`+"\n"+`{"id": 1, "city": "Biel", "at": 3}`)
	land("2.json", `{"id": 2, "city": "Chur", "at": 4}`)
	changes := must(session.ReadStream().Format("json").Schema("id int, city string, at int").
		Option("maxFilesPerTrigger", "1").Load(ctx, "/Volumes/dev/sales/landing"))
	query := must(changes.WriteStream().
		Option("checkpointLocation", "/Volumes/dev/sales/checkpoints/customers").
		Trigger(medallion.AvailableNow()).
		ForeachBatch(upsert).Start(ctx))
	must(query.AwaitTermination(ctx))
	if err := session.Table("customers").OrderBy(medallion.Col("id").Asc()).Show(ctx, os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// +---+----+
	// | id|city|
	// +---+----+
	// |  1|Biel|
	// |  2|Chur|
	// +---+----+
}

func ExampleSession_CreateDeltaTable() {
	ctx := context.Background()
	session, done := open()
	defer done()
	sales := must(session.CreateDeltaTable().
		TableName("sales").
		Comment("what was sold").
		AddColumn(medallion.TableColumn{Name: "id", Type: "BIGINT", Identity: &medallion.Identity{Start: 1, Step: 1}}).
		AddColumn(medallion.TableColumn{Name: "at", Type: "TIMESTAMP", NotNull: true}).
		AddColumn(medallion.TableColumn{Name: "day", Type: "DATE", GeneratedAlwaysAs: "CAST(at AS DATE)", Comment: "of the till"}).
		PartitionedBy("day").
		Property("delta.appendOnly", "true").
		Execute(ctx))
	must(session.SQL(ctx, "INSERT INTO sales (at) VALUES (TIMESTAMP'2026-01-31 12:00:00'), (TIMESTAMP'2026-02-01 09:30:00')"))
	if err := sales.ToDF().Select(medallion.Expr("id"), medallion.Expr("CAST(day AS STRING)")).OrderBy(medallion.Col("id").Asc()).Show(ctx, os.Stdout); err != nil {
		panic(err)
	}
	// Output:
	// +---+----------+
	// | id|       day|
	// +---+----------+
	// |  1|2026-01-31|
	// |  2|2026-02-01|
	// +---+----------+
}
