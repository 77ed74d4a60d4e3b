package deltalog_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"lakehouse/deltalog"
	"lakehouse/volumes/volumestest"
)

// A table is made, gets a file, and is read back.
func Example() {
	ctx := context.Background()
	store := volumestest.NewMemory() // volumes.OpenLocal("/data/people") on a disk

	table, err := deltalog.Create(ctx, store, deltalog.CreateOptions{
		Schema: deltalog.Schema{Fields: []deltalog.Field{
			{Name: "name", Type: deltalog.String, Nullable: true},
			{Name: "age", Type: deltalog.Integer, Nullable: true},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	snapshot, err := table.Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	txn := snapshot.Begin(deltalog.Operation{Name: "WRITE", Parameters: deltalog.Parameters{}.With("mode", "Append")})
	txn.Add(deltalog.AddFile{
		Path: "part-0.parquet", Size: 1234, DataChange: true,
		Stats: `{"numRecords":2,"minValues":{"age":30},"maxValues":{"age":41},"nullCount":{"age":0}}`,
	})
	commit, err := txn.Commit(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("version", commit.Version)

	snapshot, err = table.Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	older := deltalog.Compare{Column: []string{"age"}, Op: deltalog.Greater, Value: int64(40)}
	scan, err := snapshot.Scan(deltalog.ScanOptions{Where: older})
	if err != nil {
		log.Fatal(err)
	}
	for file, err := range scan.Files(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(file.Path, file.NumRecords)
	}
	// Output:
	// version 1
	// part-0.parquet 2
}

// A stream writes each batch exactly once: the table remembers how far its query came.
func ExampleTxn_SetTransaction() {
	ctx := context.Background()
	table, err := deltalog.Create(ctx, volumestest.NewMemory(), deltalog.CreateOptions{
		Schema: deltalog.Schema{Fields: []deltalog.Field{{Name: "n", Type: deltalog.Long, Nullable: true}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	writeBatch := func(batch int64) string {
		snapshot, err := table.Snapshot(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if done, ok, err := snapshot.SetTransaction(ctx, "query-1"); err != nil {
			log.Fatal(err)
		} else if ok && done >= batch {
			return "skipped"
		}
		txn := snapshot.Begin(deltalog.Operation{Name: "STREAMING UPDATE"})
		txn.SetTransaction("query-1", batch)
		txn.Add(deltalog.AddFile{Path: fmt.Sprintf("batch-%d.parquet", batch), Size: 1, DataChange: true})
		if _, err := txn.Commit(ctx); err != nil {
			log.Fatal(err)
		}
		return "written"
	}
	fmt.Println(writeBatch(0), writeBatch(1), writeBatch(1))
	// Output: written written skipped
}

// Changes gives the versions of a table one after the other.
func ExampleTable_Changes() {
	ctx := context.Background()
	table, err := deltalog.Create(ctx, volumestest.NewMemory(), deltalog.CreateOptions{
		Schema: deltalog.Schema{Fields: []deltalog.Field{{Name: "n", Type: deltalog.Long, Nullable: true}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for change, err := range table.Changes(ctx, 0) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(change.Version, change.Actions.CommitInfo.Operation, len(change.Actions.Adds))
	}
	// Output: 0 CREATE TABLE 0
}

// Two writers replace the same file: the second is told who was faster.
func ExampleTxn_Commit_conflict() {
	ctx := context.Background()
	table, err := deltalog.Create(ctx, volumestest.NewMemory(), deltalog.CreateOptions{
		Schema: deltalog.Schema{Fields: []deltalog.Field{{Name: "n", Type: deltalog.Long, Nullable: true}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	file := deltalog.AddFile{Path: "a.parquet", Size: 1, DataChange: true}
	snapshot, err := table.Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	add := snapshot.Begin(deltalog.Operation{Name: "WRITE"})
	add.Add(file)
	if _, err := add.Commit(ctx); err != nil {
		log.Fatal(err)
	}
	if snapshot, err = table.Snapshot(ctx); err != nil {
		log.Fatal(err)
	}
	first, second := snapshot.Begin(deltalog.Operation{Name: "DELETE"}), snapshot.Begin(deltalog.Operation{Name: "DELETE"})
	first.Remove(file)
	second.Remove(file)
	if _, err := first.Commit(ctx); err != nil {
		log.Fatal(err)
	}
	_, err = second.Commit(ctx)
	fmt.Println(errors.Is(err, deltalog.ErrConcurrentDeleteDelete))
	// Output: true
}
