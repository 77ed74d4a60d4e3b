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
)

// A program is a server of S3 that tests can start.
type program struct {
	name   string
	path   string
	shares bool // several processes may serve one folder
	args   func(address, dir string) []string
	env    []string
}

var programs = []program{
	{
		name: "versitygw", shares: true,
		args: func(address, dir string) []string {
			return []string{"--port", address, "--access", AccessKey, "--secret", SecretKey, "--quiet", "--keep-alive", "posix", dir}
		},
	},
	{
		name: "minio",
		args: func(address, dir string) []string { return []string{"server", "--quiet", "--address", address, dir} },
		env:  []string{"MINIO_ROOT_USER=" + AccessKey, "MINIO_ROOT_PASSWORD=" + SecretKey, "MINIO_UPDATE=off", "MINIO_BROWSER=off"},
	},
	{
		name: "rclone", // keeps no conditions: what is to be refused
		args: func(address, dir string) []string {
			return []string{"serve", "s3", "--auth-key", AccessKey + "," + SecretKey, "--addr", address, dir}
		},
	},
}

// programNamed finds a program, and passes the test over where it is not installed.
func programNamed(t testing.TB, name string) program {
	t.Helper()
	if name == "1" {
		name = "versitygw"
	}
	for _, p := range programs {
		if p.name != name {
			continue
		}
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skipf("%s is not installed", name)
		}
		p.path = path
		return p
	}
	t.Fatalf("%s=%s: the tests know versitygw, minio and the address of a bucket", LiveEnv, name)
	return program{}
}

// process is a program that runs.
type process struct {
	program program
	dir     string
	address string
	kill    func()
}

// start begins it, and waits until it answers.
func (p *process) start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, p.program.path, p.program.args(p.address, p.dir)...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + os.TempDir()}, p.program.env...)
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
	p.kill = func() {
		cancel()
		<-done
	}
	for range 1500 {
		select {
		case <-done:
			t.Fatalf("%s ended: %s", p.program.name, strings.TrimSpace(said.String()))
		case <-time.After(20 * time.Millisecond):
		}
		answer, err := http.Get("http://" + p.address)
		if err != nil {
			continue
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusServiceUnavailable { // it listens before it serves
			return
		}
	}
	p.kill()
	t.Fatalf("%s does not answer", p.program.name)
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
