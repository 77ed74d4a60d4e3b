package s3test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"lakehouse/volumes/s3"
)

// LiveEnv is the environment variable without which tests that start other servers are passed over; make s3 sets it.
const LiveEnv = "S3_LIVE"

// A Gateway is a server of S3 that is another program.
type Gateway struct {
	URL  string
	kill func()
}

// Options reach the gateway.
func (g Gateway) Options() s3.Options {
	return s3.Options{Endpoint: g.URL, Region: "us-east-1", AccessKey: AccessKey, SecretKey: SecretKey}
}

// Conf reach it from a session.
func (g Gateway) Conf() map[string]string {
	return map[string]string{
		"fs.s3a.endpoint": g.URL, "fs.s3a.endpoint.region": "us-east-1", "fs.s3a.access.key": AccessKey, "fs.s3a.secret.key": SecretKey,
		"fs.s3a.path.style.access": "true",
	}
}

// Kill ends the program at once.
func (g Gateway) Kill() { g.kill() }

// Conf reach the server from a session.
func (s *Server) Conf() map[string]string {
	conf := Gateway{URL: s.URL}.Conf()
	conf["fs.s3a.endpoint.region"] = Region
	return conf
}

// Gateways starts n processes of versitygw on one folder, and makes the bucket. They end with the test, which is passed over when
// there is no such program, or when it was not asked for.
func Gateways(t testing.TB, n int) []Gateway {
	t.Helper()
	if os.Getenv(LiveEnv) == "" {
		t.Skipf("%s is not set: make s3 runs the tests with other servers", LiveEnv)
	}
	program, err := exec.LookPath("versitygw")
	if err != nil {
		t.Skip("versitygw is not installed: make s3 installs it")
	}
	dir := t.TempDir()
	gateways := make([]Gateway, n)
	for i := range gateways {
		gateways[i] = startGateway(t, program, dir)
	}
	g := gateways[0]
	client := awss3.New(awss3.Options{
		BaseEndpoint: &g.URL, Region: "us-east-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(AccessKey, SecretKey, ""),
	})
	if _, err := client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String(Bucket)}); err != nil {
		t.Fatal(err)
	}
	return gateways
}

func startGateway(t testing.TB, program, dir string) Gateway {
	t.Helper()
	address := freeAddress(t)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--port", address, "--access", AccessKey, "--secret", SecretKey, "--quiet", "--keep-alive", "posix", dir)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir()}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // it is killed
	}()
	kill := func() {
		cancel()
		<-done
	}
	t.Cleanup(kill)
	url := "http://" + address
	for range 1000 {
		select {
		case <-done:
			t.Fatalf("versitygw ended: %s", strings.TrimSpace(said.String()))
		case <-time.After(20 * time.Millisecond):
		}
		if answer, err := http.Get(url); err == nil {
			_ = answer.Body.Close()
			return Gateway{URL: url, kill: kill}
		}
	}
	t.Fatal("versitygw does not answer")
	return Gateway{}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
