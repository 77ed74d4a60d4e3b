package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed testdata/*.py
var scripts embed.FS

// A peer is an engine of others, and the script that does our job in it, with its argument.
type peer struct {
	name   string
	script []string
	title  string // what exactly is measured
}

const (
	ours   = "ours"
	duckdb = "duckdb"
	asIs   = "duckdb-default"
	polars = "polars"
	sail   = "sail"
	spark  = "spark"
)

var peers = []peer{
	{duckdb, []string{"duck.py"}, "DuckDB to plain Parquet"},
	{asIs, []string{"duck.py", "default"}, "DuckDB by its defaults"},
	{polars, []string{"deltars.py"}, "Polars with delta-rs"},
	{sail, []string{"sail.py"}, "Sail, batch to Delta"},
	{spark, []string{"spark.py"}, "Spark with Delta, streaming"},
}

func peerNames() []string {
	var all []string
	for _, p := range peers {
		all = append(all, p.name)
	}
	return all
}

// titleOf is what a report calls an engine.
func titleOf(engine string) string {
	if i := slices.IndexFunc(peers, func(p peer) bool { return p.name == engine }); i >= 0 {
		return peers[i].title
	}
	return "ours, streaming to Delta"
}

// layOut writes the scripts into a folder, for the interpreter to find them and what they share.
func layOut(dir string) error {
	all, err := fs.Glob(scripts, "testdata/*.py")
	for _, name := range all {
		text, readErr := scripts.ReadFile(name)
		if err = readErr; err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(name)), text, 0o644)
		}
		if err != nil {
			break
		}
	}
	return err
}

// An engine is a process that answers requests, one at a time.
type engine struct {
	name    string
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
	said    *bytes.Buffer // its standard error
}

// startEngine starts a worker and waits until it is ready. What it leaves about goes into dir.
func startEngine(ctx context.Context, name string, argv []string, dir string) (*engine, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "SPARK_LOCAL_DIRS="+dir, "SPARK_LOCAL_IP=127.0.0.1")
	e := &engine{name: name, cmd: cmd, said: new(bytes.Buffer)}
	cmd.Stderr = e.said
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	e.in, e.answers = in, json.NewDecoder(out)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := e.answer(); err != nil {
		e.stop()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return e, nil
}

// ask has the engine do something.
func (e *engine) ask(r request) (answer, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return answer{}, err
	}
	if _, err := e.in.Write(append(line, '\n')); err != nil {
		return answer{}, fmt.Errorf("ask %s: %w", e.name, err)
	}
	return e.answer()
}

// An effort is what a request took: by the engine's own clock, of the cores, and of memory in MB at its peak.
type effort struct{ seconds, cpu, peak float64 }

// measure is ask, and what it took.
func (e *engine) measure(r request) (answer, effort, error) {
	pid := e.cmd.Process.Pid
	forgetPeaks(pid)
	before := cpuSeconds(pid)
	done, err := e.ask(r)
	return done, effort{seconds: done.Seconds, cpu: cpuSeconds(pid) - before, peak: peakMB(pid)}, err
}

func (e *engine) answer() (answer, error) {
	var got answer
	err := e.answers.Decode(&got)
	if err == nil && got.Error != "" {
		err = fmt.Errorf("%s", got.Error)
	}
	if err != nil {
		return got, fmt.Errorf("%s: %w\n%s", e.name, err, e.lastWords())
	}
	return got, nil
}

// lastWords are the end of what the engine wrote to its standard error.
func (e *engine) lastWords() string {
	const most = 2000
	text := strings.TrimSpace(e.said.String())
	return text[max(0, len(text)-most):]
}

// stop ends the engine: its requests end, and so does it.
func (e *engine) stop() {
	_ = e.in.Close() // it may have gone before
	_ = e.cmd.Wait() // how it ended says nothing any more
}
