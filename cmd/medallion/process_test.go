//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lakehouse/layers"
	"lakehouse/medallion"
)

// patience is when a test gives up waiting.
const patience = 2 * time.Minute

// A program is a process of this test binary under the name of a command.
type program struct {
	cmd    *exec.Cmd
	stderr *lineBuffer
	stdout *lineBuffer
	ended  chan struct{}
}

func start(t *testing.T, name string, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(name, args...), ended: make(chan struct{}), stdout: newLineBuffer(), stderr: newLineBuffer()}
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // the status is in ProcessState
	}()
	t.Cleanup(p.kill)
	return p
}

// kill ends the program as a power cut would, and waits for it.
func (p *program) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

func (p *program) interrupt(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}

// status waits for the end.
func (p *program) status(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		t.Fatalf("%s does not end; it said %s%s", p.cmd.Path, p.stdout, p.stderr)
		return 0
	}
}

// await waits until cond holds. A program among ps that ends before is a failure.
func await(t *testing.T, what string, cond func() bool, ps ...*program) {
	t.Helper()
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		}
		for _, p := range ps {
			select {
			case <-p.ended:
				if !cond() {
					t.Fatalf("%s ended before %s: %s%s", p.cmd.Path, what, p.stdout, p.stderr)
				}
			default:
			}
		}
	}
}

// lineBuffer keeps what a program prints.
type lineBuffer struct{ held chan []byte }

func newLineBuffer() *lineBuffer {
	b := &lineBuffer{held: make(chan []byte, 1)}
	b.held <- nil
	return b
}

func (b *lineBuffer) Write(p []byte) (int, error) {
	b.held <- append(<-b.held, p...)
	return len(p), nil
}

func (b *lineBuffer) String() string {
	text := <-b.held
	defer func() { b.held <- text }()
	return string(text)
}

// A lake is a root with the invoices pipeline's folders.
type lake struct{ root string }

func newLake(t *testing.T) lake {
	l := lake{filepath.Join(t.TempDir(), "lake")}
	if err := os.MkdirAll(l.landing(), 0o755); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l lake) path(name string) string { return filepath.Join(l.root, filepath.FromSlash(name)) }

func (l lake) landing() string { return l.path(layers.InvoicesBase + "/data/invoices") }

func (l lake) archive() string {
	return l.path(layers.InvoicesBase + "/data/invoices_archive" + layers.InvoicesBase + "/data/invoices")
}

func (l lake) checkpoint(table string) string {
	return l.path(layers.InvoicesBase + "/chekpoint/" + table)
}

// land lets a file appear whole.
func (l lake) land(t *testing.T, name string, data []byte) {
	t.Helper()
	hidden := filepath.Join(l.landing(), "."+name)
	if err := os.WriteFile(hidden, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(hidden, filepath.Join(l.landing(), name)); err != nil {
		t.Fatal(err)
	}
}

// value is the one number that a query answers, or -1 while it cannot be answered.
func (l lake) value(t *testing.T, query string) int64 {
	t.Helper()
	session, err := medallion.NewSession(medallion.Options{Root: l.root, Out: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	frame, err := session.SQL(t.Context(), query)
	if err != nil {
		return -1
	}
	rows, err := frame.Collect(t.Context())
	if err != nil || len(rows) != 1 {
		return -1
	}
	n, ok := rows[0].Values[0].(int64)
	if !ok {
		return -1
	}
	return n
}

func names(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // not there yet
	}
	all := make([]string, 0, len(entries))
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			all = append(all, e.Name())
		}
	}
	return all
}
