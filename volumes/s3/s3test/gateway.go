package s3test

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"lakehouse/volumes"
	"lakehouse/volumes/s3"
)

// LiveEnv is the environment variable without which tests that need other servers are passed over; make s3 sets it. It names a program
// that the test starts, "versitygw" (or "1") or "minio"; or it is a bucket that is there, "http://host:port/bucket", whose region and
// credentials are those of the environment. The tests leave nothing in it.
const LiveEnv = "S3_LIVE"

const gatewayRegion = "us-east-1"

// A Gateway is a server of S3 that is another program.
type Gateway struct {
	URL  string
	Root string // where the test may write: "s3://bucket" or a place in it. Nothing is there.

	process *process // nil: the server was there before
}

// Options reach the gateway.
func (g Gateway) Options() s3.Options {
	if g.process == nil {
		return s3.Options{Endpoint: g.URL}
	}
	return s3.Options{Endpoint: g.URL, Region: gatewayRegion, AccessKey: AccessKey, SecretKey: SecretKey}
}

// Kill ends the program at once. One that no other stands in for is started again; a server that was there before lives on.
func (g Gateway) Kill(t testing.TB) {
	t.Helper()
	if g.process == nil {
		return
	}
	g.process.kill()
	if !g.process.program.shares {
		g.process.start(t)
	}
}

// Conf reach the server from a session.
func (s *Server) Conf() map[string]string {
	return map[string]string{
		"fs.s3a.endpoint": s.URL, "fs.s3a.endpoint.region": Region, "fs.s3a.access.key": AccessKey, "fs.s3a.secret.key": SecretKey,
		"fs.s3a.path.style.access": "true",
	}
}

// Gateways gives n ways to one bucket: as many processes on one folder, where the program can do that. They end with the test, which is
// passed over when there is no such program, or when it was not asked for.
func Gateways(t testing.TB, n int) []Gateway {
	t.Helper()
	asked := os.Getenv(LiveEnv)
	if asked == "" {
		t.Skipf("%s is not set: make s3 runs the tests with other servers", LiveEnv)
	}
	gateways := make([]Gateway, n)
	if strings.Contains(asked, "://") {
		g := reach(t, asked)
		for i := range gateways {
			gateways[i] = g
		}
		return gateways
	}
	program, dir := programNamed(t, asked), t.TempDir()
	for i := range gateways {
		if i > 0 && !program.shares {
			gateways[i] = gateways[0]
			continue
		}
		p := &process{program: program, dir: dir, address: freeAddress(t)}
		p.start(t)
		t.Cleanup(func() { p.kill() })
		gateways[i] = Gateway{URL: "http://" + p.address, Root: "s3://" + Bucket, process: p}
	}
	makeBucket(t, gateways[0].URL)
	return gateways
}

func makeBucket(t testing.TB, url string) {
	t.Helper()
	client := awss3.New(awss3.Options{
		BaseEndpoint: &url, Region: gatewayRegion, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, ""),
	})
	if _, err := client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String(Bucket)}); err != nil {
		t.Fatal(err)
	}
}

// reach finds a place in a bucket that is there, and empties it when the test is over.
func reach(t testing.TB, address string) Gateway {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || strings.Trim(u.Path, "/") == "" {
		t.Fatalf("%s=%s names no bucket: http://host:port/bucket", LiveEnv, address)
	}
	root := "s3://" + strings.Trim(u.Path, "/") + "/test-" + strings.ToLower(rand.Text())
	u.Path = ""
	g := Gateway{URL: u.String(), Root: root}
	store, err := s3.Open(t.Context(), root, g.Options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := empty(context.Background(), store); err != nil {
			t.Errorf("%s is left: %v", root, err)
		}
	})
	return g
}

// empty removes all files of a store, and then what MakeDir left of its folders, the innermost first.
func empty(ctx context.Context, store *volumes.ObjectStore) error {
	var files, folders []string
	for info, err := range store.List(ctx, ".", volumes.ListOptions{Recursive: true, Hidden: true, Dirs: true}) {
		switch {
		case err != nil:
			return err
		case info.IsDir:
			folders = append(folders, info.Name)
		default:
			files = append(files, info.Name)
		}
	}
	if err := store.DeleteFiles(ctx, files); err != nil {
		return err
	}
	for _, name := range slices.Backward(folders) {
		if err := store.Delete(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
