package deltalog_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/deltalog"
	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/volumestest"
)

// A table in a bucket is read.
func Example_bucket() {
	ctx := context.Background()
	store, err := s3.Open(ctx, "s3://lake/people", s3.Options{}) // credentials and region: where AWS's own tools look
	if err != nil {
		log.Fatal(err)
	}
	snapshot, err := deltalog.Open(store, deltalog.Options{}).Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	scan, err := snapshot.Scan(deltalog.ScanOptions{Columns: []string{"name"}})
	if err != nil {
		log.Fatal(err)
	}
	for rows, err := range scan.Batches(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(rows)
	}
}

// people is a table of names and ages.
func people(properties map[string]string) *deltalog.Table {
	return peopleIn(volumestest.NewMemory(), properties)
}

func peopleIn(store volumes.Store, properties map[string]string) *deltalog.Table {
	table, err := deltalog.Create(context.Background(), store, deltalog.CreateOptions{
		Schema: deltalog.Schema{Fields: []deltalog.Field{
			{Name: "name", Type: deltalog.String, Nullable: true},
			{Name: "age", Type: deltalog.Integer, Nullable: true},
		}},
		PartitionColumns: []string{"age"},
		Configuration:    properties,
	})
	if err != nil {
		log.Fatal(err)
	}
	return table
}

// named is a batch of rows, made from JSON.
func named(rows string) deltalog.Batches {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "age", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	}, nil)
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	if err != nil {
		log.Fatal(err)
	}
	return deltalog.FromRecords(batch)
}

// show prints rows.
func show(batches deltalog.Batches) {
	for rows, err := range batches {
		if err != nil {
			log.Fatal(err)
		}
		for i := range int(rows.NumRows()) {
			var row []string
			for _, column := range rows.Columns() {
				row = append(row, column.ValueStr(i))
			}
			fmt.Println(strings.Join(row, " "))
		}
	}
}

// Rows go in as Arrow batches, and come out by condition.
func ExampleTable_Append() {
	ctx := context.Background()
	table := people(nil)
	commit, err := table.Append(ctx, named(`[{"name":"Ada","age":36},{"name":"Kurt","age":71},{"name":"Emmy","age":53}]`), deltalog.WriteOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("version", commit.Version)
	snapshot, err := table.Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	scan, err := snapshot.Scan(deltalog.ScanOptions{
		Columns: []string{"name"},
		Where:   deltalog.Compare{Column: []string{"age"}, Op: deltalog.Greater, Value: int64(60)},
	})
	if err != nil {
		log.Fatal(err)
	}
	show(scan.Batches(ctx))
	// Output:
	// version 1
	// Kurt
}

// An overwrite replaces the partitions that it has rows of. What was there before is still there in the version before.
func ExampleTable_Overwrite() {
	ctx := context.Background()
	table := people(nil)
	first, err := table.Append(ctx, named(`[{"name":"Ada","age":36},{"name":"Kurt","age":71}]`), deltalog.WriteOptions{})
	if err != nil {
		log.Fatal(err)
	}
	second, err := table.Overwrite(ctx, named(`[{"name":"Alan","age":36}]`), deltalog.WriteOptions{Dynamic: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, version := range []int64{first.Version, second.Version} {
		snapshot, err := table.SnapshotAt(ctx, version)
		if err != nil {
			log.Fatal(err)
		}
		scan, err := snapshot.Scan(deltalog.ScanOptions{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("version", version)
		show(scan.Batches(ctx))
	}
	// Output:
	// version 1
	// Ada 36
	// Kurt 71
	// version 2
	// Kurt 71
	// Alan 36
}

// What versions have changed comes as rows, each with the type of its change.
func ExampleTable_ScanChanges() {
	ctx := context.Background()
	table := people(map[string]string{"delta.enableChangeDataFeed": "true"})
	for _, rows := range []string{`[{"name":"Ada","age":36}]`, `[{"name":"Alan","age":41}]`} {
		if _, err := table.Overwrite(ctx, named(rows), deltalog.WriteOptions{}); err != nil {
			log.Fatal(err)
		}
	}
	changes, err := table.ScanChanges(ctx, 2, -1)
	if err != nil {
		log.Fatal(err)
	}
	for rows, err := range changes.Batches(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(rows.Column(0).ValueStr(0), rows.Column(1).ValueStr(0), rows.Column(2).ValueStr(0), "in version", rows.Column(3).ValueStr(0))
	}
	// Output:
	// Alan 41 insert in version 2
	// Ada 36 delete in version 2
}

// Who follows a table is told of each version once, also of those that are made meanwhile.
func ExampleTable_Follow() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	table := people(nil)
	for version, err := range table.Follow(ctx, 0, time.Second) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(version.Version, version.Actions.CommitInfo.Operation, len(version.Actions.Adds))
		if version.Version == 1 {
			break
		}
		if _, err := table.Append(ctx, named(`[{"name":"Ada","age":36}]`), deltalog.WriteOptions{}); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 0 CREATE TABLE 0
	// 1 WRITE 1
}

// A transaction that has read a partition and writes what it made of that is told when somebody else wrote there meanwhile.
func ExampleTxn_Write() {
	ctx := context.Background()
	table := people(nil)
	if _, err := table.Append(ctx, named(`[{"name":"Ada","age":36}]`), deltalog.WriteOptions{}); err != nil {
		log.Fatal(err)
	}
	snapshot, err := table.Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	x := snapshot.Begin(deltalog.Operation{Name: "WRITE"})
	x.ReadFiles(deltalog.Compare{Column: []string{"age"}, Op: deltalog.Equal, Value: int64(36)})
	if _, err := x.Write(ctx, named(`[{"name":"Ada of Lovelace","age":36}]`), deltalog.WriteOptions{}); err != nil {
		log.Fatal(err)
	}
	for file, err := range snapshot.Files(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		x.Remove(file)
	}
	if _, err := table.Overwrite(ctx, named(`[{"name":"Alan","age":36}]`), deltalog.WriteOptions{}); err != nil { // somebody else
		log.Fatal(err)
	}
	_, err = x.Commit(ctx)
	fmt.Println(errors.Is(err, deltalog.ErrConcurrentDeleteRead) || errors.Is(err, deltalog.ErrConcurrentAppend))
	// Output: true
}

// Rows are taken out of a table without their file being written anew.
func ExampleTxn_SetDeletionVector() {
	ctx := context.Background()
	table := people(map[string]string{"delta.enableDeletionVectors": "true"})
	if _, err := table.Append(ctx, named(`[{"name":"Ada","age":36},{"name":"Alan","age":36}]`), deltalog.WriteOptions{}); err != nil {
		log.Fatal(err)
	}
	snapshot, err := table.Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	x := snapshot.Begin(deltalog.Operation{Name: "DELETE"})
	vectors := table.NewDeletionVectorFile()
	defer vectors.Abort()
	for file, err := range snapshot.Files(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		vector, err := vectors.Add(ctx, deltalog.RowsOf(0)) // the first row of each file
		if err != nil {
			log.Fatal(err)
		}
		if err := x.SetDeletionVector(file, vector); err != nil {
			log.Fatal(err)
		}
	}
	if err := vectors.Close(); err != nil { // before the commit that names the vectors
		log.Fatal(err)
	}
	if _, err := x.Commit(ctx); err != nil {
		log.Fatal(err)
	}
	if snapshot, err = table.Snapshot(ctx); err != nil {
		log.Fatal(err)
	}
	scan, err := snapshot.Scan(deltalog.ScanOptions{})
	if err != nil {
		log.Fatal(err)
	}
	show(scan.Batches(ctx))
	// Output: Alan 36
}
