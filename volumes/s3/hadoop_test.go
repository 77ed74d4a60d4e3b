package s3_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/s3"
	"lakehouse/volumes/s3/s3test"
)

func TestHadoopSettingsBecomeOptions(t *testing.T) {
	conf := map[string]string{
		"spark.hadoop.fs.s3a.access.key": "spark", "fs.s3a.access.key": "plain", "fs.s3a.secret.key": "s", "FS.S3A.endpoint": "localhost:9000",
		"fs.s3a.connection.ssl.enabled": "false", "fs.s3a.path.style.access": "TRUE", "fs.s3a.multipart.size": "64M",
		"fs.s3a.bucket.my.lake.endpoint.region": "eu-west-3", "fs.s3a.bucket.my.lake.access.key": "own", "fs.s3a.session.token": "of all",
		"spark.hadoop.fs.s3a.bucket.other.endpoint": "https://elsewhere", "fs.s3a.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
		"spark.sql.ansi.enabled": "true", "fs.s3a.create.conditional.enabled": "false", "fs.s3a.connection.timeout": "60s",
	}
	got, err := s3.Hadoop(conf, "my.lake")
	if err != nil {
		t.Fatal(err)
	}
	want := s3.Options{
		Region: "eu-west-3", Endpoint: "http://localhost:9000", Style: s3.StylePath, AccessKey: "own", SecretKey: "s", PartBytes: 64 << 20,
		PartsAtOnce: 3, Attempts: 8, Timeout: time.Minute, ConnectIn: 5 * time.Second, Connections: 100, SingleWriter: true,
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("my.lake: %+v\nwant %+v", got, want)
	}
	if got, err = s3.Hadoop(conf, "other"); err != nil || got.Endpoint != "https://elsewhere" || got.AccessKey != "plain" || got.SessionToken != "of all" {
		t.Errorf("other: %+v, %v", got, err)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for setting, hint := range map[string]string{
		"fs.s3a.acces.key=x":                                          "fs.s3a.access.key",
		"spark.hadoop.fs.s3a.endpont=http://x":                        "fs.s3a.endpoint",
		"fs.s3a.bucket.lake.secret.kay=x":                             "fs.s3a.secret.key",
		"fs.s3a.path.style.access=maybe":                              "",
		"fs.s3a.multipart.size=1k":                                    "5 MB",
		"fs.s3a.endpoint=ftp://x":                                     "http://host:port",
		"fs.s3a.endpoint=http://user:hunter2@x":                       "",
		"fs.s3n.awsAccessKeyId=x":                                     "fs.s3a.",
		"fs.s3a.aws.credentials.provider=SimpleAWSCredentialProvider": "SimpleAWSCredentialsProvider",
		"fs.s3a.impl=com.example.FileSystem":                          "",
	} {
		name, value, _ := strings.Cut(setting, "=")
		err := s3.CheckSetting(name, value)
		if !errors.Is(err, errclass.InvalidOption) && !errors.Is(err, errclass.InvalidOptionValue) || !strings.Contains(err.Error(), hint) {
			t.Errorf("%s: %v, want a hint of %q", setting, err, hint)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error holds a password: %v", setting, err)
		}
	}
	for _, setting := range []string{
		"fs.s3a.access.key", "spark.hadoop.fs.s3a.secret.key", "fs.s3a.bucket.a.b.session.token", "FS.S3A.SECRET.KEY",
	} {
		if !s3.IsSecret(setting) || !s3.IsSetting(setting) {
			t.Errorf("%s is no secret", setting)
		}
	}
	if s3.IsSecret("fs.s3a.endpoint") || s3.IsSetting("spark.sql.ansi.enabled") {
		t.Error("what is no secret is one")
	}
}

// A bucket in another region is found by what the first answer says.
func TestRegionIsFoundOut(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "", func(o *s3.Options) { o.Region = "us-east-1" })
	if err := store.PutIfAbsent(t.Context(), "a", []byte("text")); err != nil {
		t.Fatal(err)
	}
	server.Forget()
	if _, err := volumes.ReadFile(t.Context(), store, "a"); err != nil || len(server.Requests()) != 1 {
		t.Fatalf("%v, %v", server.Requests(), err)
	}
}

// A clock that is an hour off is found out, too.
func TestClocksMayDiffer(t *testing.T) {
	server := s3test.New(t)
	server.Clock = func() time.Time { return time.Now().Add(time.Hour) }
	store := open(t, server, "", nil)
	if err := store.Put(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
}

// Credentials that have run out are fetched anew, once for all requests that notice.
func TestCredentialsAreRenewed(t *testing.T) {
	server := s3test.New(t)
	var asked atomic.Int32
	store := open(t, server, "", func(o *s3.Options) {
		o.AccessKey, o.SecretKey = "", ""
		o.Credentials = func(context.Context) (s3.Keys, error) {
			key := s3test.AccessKey
			if asked.Add(1) > 1 {
				key += "-new"
			}
			return s3.Keys{AccessKey: key, SecretKey: s3test.SecretKey}, nil
		}
	})
	if err := store.Put(t.Context(), "a", nil); err != nil {
		t.Fatal(err)
	}
	server.Expire(s3test.AccessKey)
	if err := store.Put(t.Context(), "b", nil); err != nil {
		t.Fatal(err)
	}
	if asked.Load() != 2 {
		t.Errorf("credentials were asked for %d times", asked.Load())
	}
}

// Without credentials nothing is sent, and the error says what to set.
func TestMissingCredentialsAreTold(t *testing.T) {
	server := s3test.New(t)
	store := open(t, server, "", func(o *s3.Options) {
		o.AccessKey, o.SecretKey, o.Providers = "", "", "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider"
	})
	_, err := store.Stat(t.Context(), "a")
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") || len(server.Requests()) != 0 {
		t.Fatalf("%v after %v", err, server.Requests())
	}
}

func TestTemporaryAndAnonymousCredentials(t *testing.T) {
	server := s3test.New(t)
	server.Token = "a-token"
	if err := open(t, server, "", func(o *s3.Options) { o.SessionToken = "a-token" }).Put(t.Context(), "a", nil); err != nil {
		t.Error(err)
	}
	anonymous := open(t, server, "", func(o *s3.Options) { o.Providers = "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider" })
	if _, err := anonymous.Stat(t.Context(), "a"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("the bucket is not public: %v", err)
	}
}

func TestOpenRefusesOtherPlaces(t *testing.T) {
	for _, uri := range []string{"", "s3:/x", "gs://bucket/x", "/tmp/x", "s3://bucket/../x"} {
		if _, err := s3.Open(t.Context(), uri, s3.Options{}); !errors.Is(err, errclass.InvalidPath) {
			t.Errorf("%q: %v", uri, err)
		}
	}
}

func FuzzHadoop(f *testing.F) {
	for _, name := range []string{"fs.s3a.endpoint", "fs.s3a.bucket.x.endpoint.region", "fs.s3a.bucket..", "spark.hadoop.fs.s3a.bucket.a.b.c", "fs.s3a."} {
		f.Add(name, "true", "x")
	}
	f.Fuzz(func(_ *testing.T, name, value, bucket string) {
		if s3.CheckSetting(name, value) == nil {
			_, _ = s3.Hadoop(map[string]string{name: value}, bucket)
		}
		_ = s3.IsSecret(name)
	})
}
