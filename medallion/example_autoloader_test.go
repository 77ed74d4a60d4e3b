package medallion_test

import (
	"context"
	"fmt"
	"os"

	"lakehouse/medallion"
)

// A stream of Auto Loader without a schema: its columns are those of the files, and grow with them, here without a restart.
func ExampleDataStreamReader_cloudFiles() {
	ctx := context.Background()
	session, done := open()
	defer done()
	fs := session.FS()
	for name, text := range map[string]string{
		"monday.json":  `{"id": 1, "city": "Oslo"}`,
		"tuesday.json": `{"id": 2, "city": "Rome", "rain": 0.5}`,
	} {
		if err := fs.Put(ctx, "/Volumes/main/weather/landing/"+name, []byte(text+"\n")); err != nil {
			panic(err)
		}
	}
	landing := must(session.ReadStream().Format("cloudFiles").
		Option("cloudFiles.format", "json").
		Option("cloudFiles.inferColumnTypes", "true").
		Option("cloudFiles.schemaLocation", "/Volumes/main/weather/checkpoint").
		Option("cloudFiles.schemaHints", "id int").
		Option("cloudFiles.schemaEvolution.restart", "auto").
		Load(ctx, "/Volumes/main/weather/landing"))
	query := must(landing.WriteStream().Option("checkpointLocation", "/Volumes/main/weather/checkpoint").
		Option("mergeSchema", "true").Trigger(medallion.AvailableNow()).ToTable(ctx, "weather"))
	must(query.AwaitTermination(ctx))
	if err := session.Table("weather").Select(medallion.Col("id"), medallion.Col("city"), medallion.Col("rain")).
		OrderBy(medallion.Col("id").Asc()).Show(ctx, os.Stdout); err != nil {
		panic(err)
	}
	state := must(must(session.SQL(ctx, "SELECT count(*) FROM cloud_files_state(TABLE(weather)) WHERE ingestion_state = 'INGESTED'")).Collect(ctx))
	fmt.Println(state[0], "files are in")
	// Output:
	// +---+----+----+
	// | id|city|rain|
	// +---+----+----+
	// |  1|Oslo|NULL|
	// |  2|Rome| 0.5|
	// +---+----+----+
	//
	// [2] files are in
}
