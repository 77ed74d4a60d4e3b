package medallion_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/medallion"
	"lakehouse/volumes/s3/s3test"
)

// bucketSession is a session on a root of the disk, to which a bucket is known by settings alone.
func bucketSession(t *testing.T, server *s3test.Server, root string) *medallion.Session {
	t.Helper()
	session, err := medallion.NewSession(medallion.Options{Root: root, Conf: server.Conf()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(session.Close)
	return session
}

func run(t *testing.T, s *medallion.Session, statements ...string) string {
	t.Helper()
	var out strings.Builder
	for _, text := range statements {
		frame, err := s.SQL(t.Context(), text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		rows, err := frame.Collect(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, r := range rows {
			out.WriteString(r.String() + "\n")
		}
	}
	return out.String()
}

// Wherever a path stands, it may lead to a bucket, by each of the schemes that Hadoop has for it.
func TestPathsLeadToBuckets(t *testing.T) {
	server := s3test.New(t)
	s := bucketSession(t, server, t.TempDir())
	for i := range 3 {
		server.PutForeign(fmt.Sprintf("landing/%d.json", i), fmt.Appendf(nil, "{\"n\":%d}\n", i))
	}
	base := "s3a://" + s3test.Bucket
	if got := run(t, s, "SELECT sum(n) FROM json.`"+base+"/landing`"); got != "[3]\n" {
		t.Errorf("files: %s", got)
	}
	got := run(t, s,
		"CREATE TABLE t (n BIGINT) USING delta LOCATION '"+base+"/tables/t'",
		"COPY INTO t FROM '"+strings.Replace(base, "s3a", "s3", 1)+"/landing' FILEFORMAT = JSON",
		"COPY INTO t FROM '"+strings.Replace(base, "s3a", "s3", 1)+"/landing' FILEFORMAT = JSON",
		"INSERT INTO delta.`"+strings.Replace(base, "s3a", "s3n", 1)+"/tables/t` VALUES (10)",
		"SELECT count(*), sum(n) FROM t")
	if !strings.HasSuffix(got, "[4, 13]\n") {
		t.Errorf("the table: %s", got)
	}
	if err := s.Table("t").Write().Format("parquet").Mode("overwrite").Save(t.Context(), base+"/out"); err != nil {
		t.Fatal(err)
	}
	if got := run(t, s, "SELECT count(*) FROM parquet.`"+base+"/out`"); got != "[4]\n" {
		t.Errorf("written files: %s", got)
	}
	streamed := func(want string) {
		t.Helper()
		stream, err := s.ReadStream().Format("json").Schema("n bigint").
			Option("cleanSource", "archive").Option("sourceArchiveDir", base+"/done").Option("maxFilesPerTrigger", "1").Load(t.Context(), base+"/landing")
		if err != nil {
			t.Fatal(err)
		}
		query, err := stream.WriteStream().Option("checkpointLocation", base+"/cp").Trigger(medallion.AvailableNow()).Start(t.Context(), base+"/tables/streamed")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := query.AwaitTermination(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := run(t, s, "SELECT count(*), sum(n) FROM delta.`"+base+"/tables/streamed`"); got != want {
			t.Errorf("streamed: %s, want %s", got, want)
		}
	}
	streamed("[3, 3]\n")
	server.PutForeign("landing/more of it %20ü.json", []byte("{\"n\":100}\n"))
	streamed("[4, 103]\n") // it goes on where it stopped
	streamed("[4, 103]\n")
	keys := strings.Join(server.Keys(), "\n")
	for _, want := range []string{"done/landing/0.json", "done/landing/1.json", "cp/offsets/2", "cp/commits/2", "tables/streamed/_delta_log/00000000000000000000.json"} {
		if !strings.Contains(keys, want) {
			t.Errorf("there is no %s in the bucket:\n%s", want, keys)
		}
	}
	if strings.Contains(keys, "\nlanding/0.json") {
		t.Error("a file was archived and is still there")
	}
}

// A whole lake lies in a bucket: names of tables, volumes and all.
func TestRootInABucket(t *testing.T) {
	server := s3test.New(t)
	root := "s3://" + s3test.Bucket + "/lakes/one"
	s := bucketSession(t, server, root)
	run(t, s, "CREATE TABLE t AS SELECT 1 AS a", "INSERT INTO t VALUES (2)", "CREATE VIEW v AS SELECT max(a) AS m FROM t")
	if err := s.FS().Put(t.Context(), "/Volumes/c/s/v/a.txt", []byte("text")); err != nil {
		t.Fatal(err)
	}
	again := bucketSession(t, server, root+"/")
	if got := run(t, again, "SELECT m FROM v", "SELECT value FROM text.`/Volumes/c/s/v`"); got != "[2]\n[text]\n" {
		t.Errorf("got %s", got)
	}
	for _, key := range server.Keys() {
		if !strings.HasPrefix(key, "lakes/one/") {
			t.Errorf("%s is outside of the root", key)
		}
	}
	run(t, again, "DROP TABLE t")
	if keys := strings.Join(server.Keys(), " "); strings.Contains(keys, "warehouse/t/") {
		t.Errorf("the table is dropped, and there is %s", keys)
	}
}

// A secret is in no answer and no error; what sets it says when its name is mistyped.
func TestSecretsOfBucketsAreNotShown(t *testing.T) {
	server := s3test.New(t)
	s := bucketSession(t, server, t.TempDir())
	run(t, s, "SET spark.hadoop.fs.s3a.bucket.other.secret.key = another-secret")
	shown := run(t, s, "SET", "SET fs.s3a.secret.key", "SET spark.hadoop.fs.s3a.bucket.other.secret.key")
	if strings.Contains(shown, s3test.SecretKey) || strings.Contains(shown, "another-secret") || strings.Contains(shown, s3test.AccessKey) {
		t.Errorf("SET shows a secret: %s", shown)
	}
	if strings.Count(shown, "(redacted)") < 4 || !strings.Contains(shown, server.URL) {
		t.Errorf("SET shows %s", shown)
	}
	_, err := s.SQL(t.Context(), "SET fs.s3a.secrt.key = hunter2")
	if !errors.Is(err, errclass.InvalidOption) || !strings.Contains(err.Error(), "fs.s3a.secret.key") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a mistyped name: %v", err)
	}
	server.Fail(func(s3test.Request) s3test.Fault {
		return s3test.Fault{Before: true, Status: 403, Code: "SignatureDoesNotMatch"}
	})
	_, err = s.SQL(t.Context(), "SELECT * FROM delta.`s3://"+s3test.Bucket+"/t`")
	if err == nil || strings.Contains(err.Error(), s3test.SecretKey) || !strings.Contains(err.Error(), "SignatureDoesNotMatch") {
		t.Errorf("a refused request: %v", err)
	}
}

// What a setting says holds for what is resolved from then on.
func TestSettingsOfBucketsMayChange(t *testing.T) {
	first, second := s3test.New(t), s3test.New(t)
	s := bucketSession(t, first, t.TempDir())
	place := "delta.`s3://" + s3test.Bucket + "/t`"
	run(t, s, "CREATE TABLE "+place+" (a INT)")
	run(t, s, "SET fs.s3a.endpoint = "+second.URL, "CREATE TABLE "+place+" (b STRING)")
	if len(second.Keys()) == 0 {
		t.Error("nothing is in the second bucket")
	}
}
