package s3_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"testing"

	"lakehouse/deltalog"
	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
)

// A table in a bucket is opened and its files are told. Region and credentials come from the environment, as for the tools of AWS; here they
// lead to a server of the test.
func ExampleOpen() {
	ctx := context.Background()
	store, err := s3.Open(ctx, "s3://test-bucket/tables/people", environment())
	if err != nil {
		log.Fatal(err)
	}
	snapshot, err := deltalog.Open(store, deltalog.Options{}).Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	scan, err := snapshot.Scan(deltalog.ScanOptions{})
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
	// part-0.parquet 2
}

// What a program for Spark has set makes the options, for each bucket its own.
func ExampleHadoop() {
	options, err := s3.Hadoop(map[string]string{
		"spark.hadoop.fs.s3a.endpoint":                "https://minio.example.com",
		"spark.hadoop.fs.s3a.bucket.archive.endpoint": "https://s3.eu-west-3.amazonaws.com",
	}, "archive")
	fmt.Println(options.Endpoint, err)
	// Output:
	// https://s3.eu-west-3.amazonaws.com <nil>
}

// exampleServer is what the examples reach; TestMain starts it.
var exampleServer *s3test.Server

func environment() s3.Options { return exampleServer.Options() }

func TestMain(m *testing.M) {
	server, stop := s3test.Start()
	exampleServer = server
	if err := people(context.Background()); err != nil {
		log.Fatal(err)
	}
	status := m.Run()
	stop()
	os.Exit(status)
}

// people makes the table of the example.
func people(ctx context.Context) error {
	store, err := s3.Open(ctx, "s3://test-bucket/tables/people", environment())
	if err != nil {
		return err
	}
	table, err := deltalog.Create(ctx, store, deltalog.CreateOptions{
		Schema: deltalog.Schema{Fields: []deltalog.Field{{Name: "name", Type: deltalog.String, Nullable: true}}},
	})
	if err != nil {
		return err
	}
	snapshot, err := table.Snapshot(ctx)
	if err != nil {
		return err
	}
	txn := snapshot.Begin(deltalog.Operation{Name: "WRITE"})
	txn.Add(deltalog.AddFile{Path: "part-0.parquet", Size: 1234, DataChange: true, Stats: `{"numRecords":2}`})
	_, err = txn.Commit(ctx)
	return err
}

// Requests of what a program does most, as they are paid for.
func BenchmarkRequests(b *testing.B) {
	ctx := b.Context()
	server := s3test.New(b)
	store, err := s3.Open(ctx, "s3://test-bucket/t", server.Options())
	if err != nil {
		b.Fatal(err)
	}
	table, err := deltalog.Create(ctx, store, deltalog.CreateOptions{
		Schema: deltalog.Schema{Fields: []deltalog.Field{{Name: "n", Type: deltalog.Long, Nullable: true}}},
	})
	if err != nil {
		b.Fatal(err)
	}
	snapshot, err := table.Snapshot(ctx)
	if err != nil {
		b.Fatal(err)
	}
	operations := map[string]func() error{
		"commit": func() error {
			if snapshot, err = table.Snapshot(ctx); err != nil {
				return err
			}
			txn := snapshot.Begin(deltalog.Operation{Name: "WRITE"})
			txn.Add(deltalog.AddFile{Path: fmt.Sprintf("part-%d.parquet", len(server.Requests())), Size: 1, DataChange: true, Stats: `{"numRecords":1}`})
			_, err := txn.Commit(ctx)
			return err
		},
		"open": func() error {
			_, err := deltalog.Open(store, deltalog.Options{}).Snapshot(ctx)
			return err
		},
		"refresh": func() error {
			_, err := table.Snapshot(ctx)
			return err
		},
		"read a small file": func() error {
			_, err := volumes.ReadFile(ctx, store, "_delta_log/00000000000000000000.json")
			return err
		},
	}
	for name, run := range operations {
		b.Run(name, func(b *testing.B) {
			before := len(server.Requests())
			for b.Loop() {
				if err := run(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(server.Requests())-before)/float64(b.N), "requests/op")
		})
	}
}
