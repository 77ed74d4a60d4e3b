package zoo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/medallion"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// watchman is storage that remembers what was opened.
type watchman struct {
	volumes.Store
	mu     sync.Mutex
	opened []string
}

func (w *watchman) Open(ctx context.Context, name string) (volumes.Reader, error) {
	w.mu.Lock()
	w.opened = append(w.opened, name)
	w.mu.Unlock()
	return w.Store.Open(ctx, name)
}

// reached are the files opened outside a folder whose names say that they are not for us.
func (w *watchman) reached() (names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range w.opened {
		if strings.Contains(name, "secret") {
			names = append(names, name)
		}
	}
	return names
}

const warehouse = "user/hive/warehouse/"

// hostilePaths lead out of a table's folder, in every spelling that somebody has once taken for harmless.
var hostilePaths = []string{
	"../secret/part.parquet", "..%2fsecret%2fpart.parquet", "..%2Fsecret/part.parquet", "%2e%2e/secret/part.parquet", "%2e%2e%2fsecret%2fpart.parquet", "%2E./secret/part.parquet",
	"a/../../secret/part.parquet", "a/%2e%2e/%2e%2e/secret/part.parquet", "./../secret/part.parquet", "x=1/../../secret/part.parquet", "..//secret/part.parquet",
	"/user/hive/warehouse/secret/part.parquet", "//user/hive/warehouse/secret/part.parquet", "%2Fuser/hive/warehouse/secret/part.parquet", "/etc/passwd",
	"file:///user/hive/warehouse/secret/part.parquet", "file:/user/hive/warehouse/secret/part.parquet", "FILE:///user/hive/warehouse/secret/part.parquet", "file%3A/secret/part.parquet",
	"dbfs:/user/hive/warehouse/secret/part.parquet", "s3://secret/part.parquet", "s3a://secret/part.parquet", "abfss://secret@x/part.parquet", "http://localhost/secret", "c:/secret/part.parquet", "C:%5Csecret",
	`..\secret\part.parquet`, "..%5csecret%5cpart.parquet", `\\host\secret`, `\secret`, "part.parquet%00", "../secret/part.parquet%00.parquet", "%00",
	".", "..", "", "a/.", "./part.parquet", "a//secret.parquet", "a/./secret.parquet", "secret/", "%zz", "%", "%2", strings.Repeat("../", 2000) + "secret", strings.Repeat("a", 1<<16),
	"/Volumes/zoo/main/files/secret/part.parquet", "_delta_log/../../secret/part.parquet", "../t-secret/part.parquet",
}

// A path of a log is decoded once and stays in its table's folder, whoever asks: a query, a stream from the start, a stream
// that follows.
func TestPathsOfALogStayInTheTable(t *testing.T) {
	good := parquetOf(t, "SELECT CAST(666 AS bigint) AS n")
	for _, path := range hostilePaths {
		watched := &watchman{Store: volumestest.NewMemory()}
		k := newKeeper(t, volumes.NewSpaceOn(watched))
		for _, name := range []string{warehouse + "secret/part.parquet", warehouse + "t-secret/part.parquet", volume[1:] + "/secret/part.parquet"} {
			if err := watched.Put(t.Context(), name, []byte(good)); err != nil {
				t.Fatal(err)
			}
		}
		name := path[:min(len(path), 60)]
		if _, err := k.SQL(t.Context(), "CREATE TABLE t (n bigint)"); err != nil {
			t.Fatal(err)
		}
		follow := func() error {
			q, err := k.ReadStream().Format("delta").Option("startingVersion", "1").Load(t.Context(), "/"+warehouse+"t")
			if err != nil {
				return err
			}
			return drain(q, "follow")
		}
		add, err := json.Marshal(map[string]any{"add": map[string]any{"path": path, "partitionValues": map[string]string{}, "size": len(good), "modificationTime": 1, "dataChange": true}})
		if err != nil {
			t.Fatal(err)
		}
		if err := watched.Put(t.Context(), warehouse+"t/_delta_log/00000000000000000001.json", append(add, '\n')); err != nil {
			t.Fatal(err)
		}
		for who, ask := range map[string]func() error{
			"a query":         func() error { _, err := k.Table("t").Count(t.Context()); return err },
			"a query of rows": func() error { _, err := k.Table("t").Collect(t.Context()); return err },
			"a stream": func() error {
				q, err := k.ReadStream().Table(t.Context(), "t")
				if err != nil {
					return err
				}
				return drain(q, "start")
			},
			"a stream that follows": follow,
		} {
			if err := ask(); !errors.Is(err, errclass.DeltaLogCorrupt) {
				t.Errorf("%q: %s: got %v", name, who, err)
			}
		}
		if reached := watched.reached(); reached != nil {
			t.Errorf("%q: opened %q", name, reached)
		}
	}
	t.Logf("zoo: %d paths of a log that lead out of the table", len(hostilePaths))
}

func drain(frame *medallion.DataFrame, name string) error {
	ctx := context.Background()
	q, err := frame.WriteStream().Trigger(medallion.AvailableNow()).Option("checkpointLocation", "/Volumes/zoo/main/checkpoints/"+name).ToTable(ctx, name)
	if err != nil {
		return err
	}
	_, err = q.AwaitTermination(ctx)
	return err
}

// What a user names in SQL and in options stays below the root, too.
func TestNamesOfUsersStayBelowTheRoot(t *testing.T) {
	watched := &watchman{Store: volumestest.NewMemory()}
	k := newKeeper(t, volumes.NewSpaceOn(watched))
	k.land("in", "a.json", "{\"n\":1}\n")
	tried := 0
	for _, path := range []string{
		"/Volumes/../secret", "/Volumes/zoo/main/files/../../../../secret", "/Volumes/zoo/main/files/..", "dbfs:/../secret", "dbfs:/Volumes/a/b/c/../../../../../secret", "/FileStore/../../secret", "/mnt/..",
		"/Volumes/zoo/main/files/\x00secret", "s3://secret/x", "http://localhost/secret", "/user/hive/warehouse/../../../../secret",
	} {
		for what, ask := range map[string]func() error{
			"read": func() error {
				frame, err := k.Read().Format("json").Schema("n int").Load(t.Context(), path)
				if err == nil {
					_, err = frame.Collect(t.Context())
				}
				return err
			},
			"query": func() error {
				_, err := k.SQL(t.Context(), "SELECT * FROM delta.`"+path+"`")
				return err
			},
			"create": func() error {
				_, err := k.SQL(t.Context(), fmt.Sprintf("CREATE TABLE x%d (n int) USING delta LOCATION '%s'", tried, path))
				return err
			},
			"archive": func() error {
				_, err := k.ReadStream().Format("json").Schema("n int").Option("cleanSource", "archive").Option("sourceArchiveDir", path).Load(t.Context(), volume+"/in")
				return err
			},
			"checkpoint": func() error {
				frame, err := k.ReadStream().Format("json").Schema("n int").Load(t.Context(), volume+"/in")
				if err != nil {
					t.Fatal(err)
				}
				_, err = frame.WriteStream().Option("checkpointLocation", path).ToTable(t.Context(), "y")
				return err
			},
		} {
			tried++
			if err := ask(); err == nil {
				t.Errorf("%s of %q: no error", what, path)
			}
		}
	}
	if reached := watched.reached(); reached != nil {
		t.Errorf("opened %q", reached)
	}
	t.Logf("zoo: %d names that lead out of the root", tried)
}
