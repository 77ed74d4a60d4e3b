package deltalog_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"lakehouse/deltalog"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A table on a disk is made by one program and opened by another.
func ExampleOpen() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "people")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	store, err := volumes.OpenLocal(folder)
	if err != nil {
		log.Fatal(err)
	}
	_, err = deltalog.Create(ctx, store, deltalog.CreateOptions{
		Schema:        deltalog.Schema{Fields: []deltalog.Field{{Name: "name", Type: deltalog.String, Nullable: true}}},
		Configuration: map[string]string{"delta.enableDeletionVectors": "true"},
	})
	if err != nil {
		log.Fatal(err)
	}

	snapshot, err := deltalog.Open(store, deltalog.Options{}).Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	schema, err := snapshot.Schema()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(snapshot.Version(), schema)
	fmt.Println(snapshot.Protocol().WriterFeatures)
	// Output:
	// 0 struct<name:string>
	// [appendOnly invariants deletionVectors]
}

// A scan opens only files that may have rows for which its condition holds; partition values and statistics tell.
func ExampleSnapshot_Scan() {
	ctx := context.Background()
	table := people(nil)
	for _, rows := range []string{`[{"name":"Ada","age":36}]`, `[{"name":"Kurt","age":71}]`, `[{"name":"Emmy","age":53},{"name":"Alan","age":53}]`} {
		if _, err := table.Append(ctx, named(rows), deltalog.WriteOptions{}); err != nil {
			log.Fatal(err)
		}
	}
	snapshot, err := table.Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	scan, err := snapshot.Scan(deltalog.ScanOptions{
		Columns: []string{"name"},
		Where: deltalog.And{
			deltalog.Compare{Column: []string{"age"}, Op: deltalog.Less, Value: int64(60)},
			deltalog.Compare{Column: []string{"name"}, Op: deltalog.Greater, Value: "B"},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	show(scan.Batches(ctx))
	report, err := scan.Report(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Read.Files, "file read,", report.ByPartition.Files, "left out by partition,", report.ByStatistics.Files, "by statistics")
	// Output:
	// Emmy
	// 1 file read, 1 left out by partition, 1 by statistics
}

// Files that no version within the retention needs are deleted; a dry run tells first what would go.
func ExampleTable_Vacuum() {
	ctx := context.Background()
	store := volumestest.NewMemory()
	table := peopleIn(store, nil)
	for _, rows := range []string{`[{"name":"Ada","age":36}]`, `[{"name":"Emmy","age":36}]`} {
		if _, err := table.Overwrite(ctx, named(rows), deltalog.WriteOptions{}); err != nil {
			log.Fatal(err)
		}
	}
	inDays := func(days int) *deltalog.Table {
		return deltalog.Open(store, deltalog.Options{Clock: func() time.Time { return time.Now().AddDate(0, 0, days) }})
	}
	for _, days := range []int{6, 8} {
		found, err := inDays(days).Vacuum(ctx, deltalog.VacuumOptions{DryRun: true})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("after", days, "days:", found.Files)
	}
	done, err := inDays(8).Vacuum(ctx, deltalog.VacuumOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("deleted:", done.Files)
	// Output:
	// after 6 days: 0
	// after 8 days: 1
	// deleted: 1
}

// An older version comes back as a new one: what happened between stays in the history.
func ExampleTable_Restore() {
	ctx := context.Background()
	table := people(nil)
	good, err := table.Append(ctx, named(`[{"name":"Ada","age":36}]`), deltalog.WriteOptions{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := table.Overwrite(ctx, named(`[{"name":"nobody","age":0}]`), deltalog.WriteOptions{}); err != nil {
		log.Fatal(err)
	}
	restored, err := table.Restore(ctx, good.Version, deltalog.RestoreOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("version", restored.Version, "has", restored.RestoredFiles, "file back and", restored.RemovedFiles, "file less")
	// Output:
	// version 3 has 1 file back and 1 file less
}
