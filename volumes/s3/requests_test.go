package s3_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lakehouse/deltalog"
	"lakehouse/volumes"
	"lakehouse/volumes/s3/s3test"
)

// What a program does most takes as many requests as it is said here, no more: they are paid for, and waited for.
func TestRequestsOfATable(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "t", nil)
	table := numbersTable(t, store)
	for i := range 25 {
		if err := appendOne(t, table, fmt.Sprintf("part-%d.parquet", i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := table.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		run  func() error
		want string
	}{
		{"open, the last checkpoint being five versions old", func() error {
			_, err := deltalog.Open(store, deltalog.Options{}).Snapshot(t.Context())
			return err
		}, "GetObject ListObjectsV2 GetObject"},
		{"open it, and give the files", func() error {
			snapshot, err := deltalog.Open(store, deltalog.Options{}).Snapshot(t.Context())
			if err != nil {
				return err
			}
			return eachFile(t, snapshot)
		}, "GetObject ListObjectsV2 GetObject ×7"},
		{"look whether there is a new version, which there is not", func() error {
			_, err := table.Snapshot(t.Context())
			return err
		}, "HeadObject GetObject HeadObject"},
		{"append to a table that is open", func() error { return appendOne(t, table, "part-25.parquet") }, "HeadObject GetObject HeadObject PutObject ×2"},
		{"look for a file that is absent", func() error {
			_, err := volumes.StatFile(t.Context(), store, "absent")
			return absent(err)
		}, "HeadObject"},
		{"look for a file or folder that is absent", func() error {
			_, err := store.Stat(t.Context(), "absent")
			return absent(err)
		}, "HeadObject ListObjectsV2"},
	} {
		server.Forget()
		if err := c.run(); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if got := requestsOf(server); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.what, got, c.want)
		}
	}
}

func numbersTable(t *testing.T, store volumes.Store) *deltalog.Table {
	t.Helper()
	table, err := deltalog.Create(t.Context(), store, deltalog.CreateOptions{
		Schema:        deltalog.Schema{Fields: []deltalog.Field{{Name: "n", Type: deltalog.Long, Nullable: true}}},
		Configuration: map[string]string{"delta.checkpointInterval": "10"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func eachFile(t *testing.T, snapshot *deltalog.Snapshot) error {
	scan, err := snapshot.Scan(deltalog.ScanOptions{})
	if err != nil {
		return err
	}
	for _, err := range scan.Files(t.Context()) {
		if err != nil {
			return err
		}
	}
	return nil
}

// requestsOf are the requests that a server was asked, the same ones in a row counted.
func requestsOf(server *s3test.Server) string {
	var text []string
	times := 0
	add := func() {
		if times > 1 {
			text[len(text)-1] += fmt.Sprint(" ×", times)
		}
		times = 0
	}
	for _, r := range server.Requests() {
		if times == 0 || text[len(text)-1] != r.Op {
			add()
			text = append(text, r.Op)
		}
		times++
	}
	add()
	return strings.Join(text, " ")
}

func absent(err error) error {
	if err == nil {
		return errors.New("it is there")
	}
	return nil
}
