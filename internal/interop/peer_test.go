package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"lakehouse/internal/types"
)

// A peer is another reader of Delta tables, in a process of its own.
type peer struct {
	name    string
	says    string // its name and version
	version *int64 // of the table that it has read last, where it tells
	dir     string // where rows are handed over
	limits  []*limit
	in      io.WriteCloser
	answers *bufio.Reader
	errs    *bytes.Buffer
	tally   tally
	faults  []string
}

// tally is what was compared with a peer.
type tally struct {
	tables, rows, cells, filters, writes int
	types                                map[string]bool // of columns
}

func (y *tally) add(at reading, schema types.Struct, rows, cells int) {
	for _, f := range schema.Fields {
		y.types[f.Type.String()] = true
	}
	if at.where != "" {
		y.filters++
	} else {
		y.tables++
	}
	y.rows += rows
	y.cells += cells
}

var only = flag.String("interop.peers", "delta-rs,PyArrow,Polars,DuckDB,ClickHouse,Spark", "the readers to compare with")

// startPeers starts the peers that are installed. One that is absent is a failure where LAKEHOUSE_INTEROP_REQUIRED is set.
func startPeers(t *testing.T) []*peer {
	t.Helper()
	python := os.Getenv("LAKEHOUSE_PYTHON")
	required := os.Getenv("LAKEHOUSE_INTEROP_REQUIRED") != ""
	if python == "" && required {
		t.Fatal("LAKEHOUSE_PYTHON names no interpreter")
	}
	if python == "" || testing.Short() {
		t.Skip("the other readers are not installed: `make interop` does, or name a python that has them by LAKEHOUSE_PYTHON")
	}
	var peers []*peer
	for name := range strings.SplitSeq(*only, ",") {
		peers = append(peers, startPeer(t, python, name))
	}
	return slices.DeleteFunc(peers, func(p *peer) bool {
		answer, err := p.ask(request{Do: "hello"})
		p.says = answer.Says
		if err != nil && required {
			t.Fatal(err)
		}
		if err != nil {
			t.Logf("%s is not installed, and passed over", p.name)
		}
		return err != nil
	})
}

func startPeer(t *testing.T, python, name string) *peer {
	t.Helper()
	script := "peer_" + strings.ReplaceAll(strings.ToLower(name), "-", "") + ".py"
	path, err := filepath.Abs(filepath.Join("testdata", script))
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{name: name, dir: t.TempDir(), errs: &bytes.Buffer{}, limits: limitsOf(name), tally: tally{types: map[string]bool{}}}
	cmd := exec.Command(python, "-B", path) // -B: no compiled copy beside the script
	cmd.Dir, cmd.Stderr = p.dir, p.errs
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.in, p.answers = in, bufio.NewReader(out)
	t.Cleanup(func() {
		_ = in.Close() // the process ends with its input
		_ = cmd.Wait()
	})
	return p
}

// named finds a peer; nil where it is not installed.
func named(peers []*peer, name string) *peer {
	for _, p := range peers {
		if p.name == name {
			return p
		}
	}
	return nil
}

// request is what a peer is asked to do.
type request struct {
	Do      string            `json:"do"`
	Path    string            `json:"path,omitempty"`
	Out     string            `json:"out,omitempty"`     // where a read leaves its rows
	Version *int64            `json:"version,omitempty"` // nil: the last
	Where   string            `json:"where,omitempty"`
	Data    string            `json:"data,omitempty"` // rows to write
	Mode    string            `json:"mode,omitempty"`
	By      []string          `json:"by,omitempty"`
	Text    string            `json:"text,omitempty"`
	Options map[string]string `json:"options,omitempty"`
}

func (p *peer) ask(r request) (answer struct {
	Error   string          `json:"error"`
	Schema  json.RawMessage `json:"schema"`
	Version *int64          `json:"version"` // of the table that was read, where the peer tells it
	Says    string          `json:"says"`
}, err error,
) {
	line, err := json.Marshal(r)
	if err != nil {
		return answer, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return answer, fmt.Errorf("%s is gone: %w\n%s", p.name, err, p.errs)
	}
	reply, err := p.answers.ReadBytes('\n')
	if err != nil {
		return answer, fmt.Errorf("%s is gone: %w\n%s", p.name, err, p.errs)
	}
	if err := json.Unmarshal(reply, &answer); err != nil {
		return answer, err
	}
	if answer.Error != "" {
		return answer, &refusal{p.name, answer.Error}
	}
	return answer, nil
}

// A refusal is what a peer says instead of doing what it was asked.
type refusal struct{ peer, says string }

func (r *refusal) Error() string { return r.peer + ": " + r.says }

// read gives a table's rows as the peer reads them, and its view of the schema.
func (p *peer) read(at reading) (*arrow.Schema, []arrow.RecordBatch, json.RawMessage, error) {
	out := filepath.Join(p.dir, "rows.arrows")
	answer, err := p.ask(request{Do: "read", Path: at.path, Version: at.version, Where: at.filterOf(p.name), Out: out, Options: at.options})
	if err != nil {
		return nil, nil, nil, err
	}
	p.version = answer.Version
	schema, batches, err := readIPC(out)
	return schema, batches, answer.Schema, err
}

func readIPC(path string) (*arrow.Schema, []arrow.RecordBatch, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	r, err := ipc.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, nil, err
	}
	defer r.Release()
	var batches []arrow.RecordBatch
	for r.Next() {
		b := r.RecordBatch()
		b.Retain()
		batches = append(batches, b)
	}
	return r.Schema(), batches, r.Err()
}

func writeIPC(t *testing.T, path string, b arrow.RecordBatch) {
	t.Helper()
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(b.Schema()))
	if err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
