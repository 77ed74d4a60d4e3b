package interop

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
)

var matrixPath = flag.String("interop.matrix", "", "where the matrix of readers is written to")

// matrixReaders are the columns of the matrix.
var matrixReaders = []string{"Spark", "delta-rs", "Polars", "DuckDB", "ClickHouse"}

// A cell of the matrix is what a reader makes of a table: "rows equal", "refused: " and what it says, or "DIFFERENT: " and how.
const (
	rowsEqual = "rows equal"
	refusedBy = "refused: "
	different = "DIFFERENT: "
)

// Every feature's table, made by us, is read by the others as we read it, or refused as the entry says. A reader that learns or forgets something fails
// the test until the entry says so.
func TestInteropReaders(t *testing.T) {
	peers := startPeers(t)
	m := &matrix{lake: newLake(t), peers: peers}
	for i, f := range features() {
		t.Run(f.name, func(t *testing.T) { m.row(t, f, fmt.Sprintf("feature_%02d", i)) })
	}
	m.tell(t)
}

type matrix struct {
	*lake
	peers []*peer
	rows  []matrixRow
	later []string // features that wait
}

type matrixRow struct {
	feature, protocol string
	cells             []string
}

func (m *matrix) row(t *testing.T, f feature, name string) {
	l := *m.lake
	l.t = t
	at, err := l.built(t, f, name)
	if f.later(err) {
		m.later = append(m.later, f.name+": "+f.waits)
		t.Skipf("not yet, for %s: %v", f.waits, err)
	}
	if err != nil {
		t.Fatal("we:", err)
	}
	if f.waits != "" {
		t.Logf("it waits no more for %s", f.waits)
	}
	protocol := protocolOf(t, at.path)
	if protocol != f.protocol {
		t.Errorf("the table asks for %s, want %s", protocol, f.protocol)
	}
	if _, _, batches, err := l.read(t, at); err != nil {
		t.Fatal("we:", err)
	} else if n := countRows(batches); n != f.rows {
		t.Errorf("we read %d rows, want %d", n, f.rows)
	}
	row := matrixRow{feature: f.name, protocol: protocol}
	for _, name := range matrixReaders {
		cell := "not asked"
		if p := named(m.peers, name); p != nil {
			cell = m.cell(t, &l, p, f, at)
		}
		row.cells = append(row.cells, cell)
	}
	m.rows = append(m.rows, row)
}

// cell is what the reader does, held against what the entry says it does.
func (m *matrix) cell(t *testing.T, l *lake, p *peer, f feature, at reading) string {
	t.Helper()
	want := f.elsewhere[p.name]
	err := l.compare(t, p, at)
	var refused *refusal
	switch {
	case err == nil && want == "":
		return rowsEqual
	case err == nil:
		t.Errorf("%s reads it now: the entry says %q", p.name, want)
		return rowsEqual
	case errors.As(err, &refused) && want != "" && !strings.HasPrefix(want, different) && strings.Contains(err.Error(), want):
		return refusedBy + want
	case !errors.As(err, &refused) && strings.HasPrefix(want, different) && strings.Contains(err.Error(), strings.TrimPrefix(want, different)):
		return want
	}
	t.Errorf("%s (want %q): %v", p.name, want, err)
	if errors.As(err, &refused) {
		return refusedBy + short(refused.says)
	}
	return different + short(err.Error())
}

// short is the beginning of a message.
func short(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	return text[:min(len(text), 80)]
}

// tell prints the matrix, and writes it where all readers were asked and a path was given.
func (m *matrix) tell(t *testing.T) {
	t.Helper()
	var out strings.Builder
	var counts [3]int
	for _, r := range m.rows {
		fmt.Fprintf(&out, "%-50s %s\n", r.feature, r.protocol)
		for i, c := range r.cells {
			fmt.Fprintf(&out, "    %-10s %s\n", matrixReaders[i], c)
			switch {
			case c == rowsEqual:
				counts[0]++
			case strings.HasPrefix(c, refusedBy):
				counts[1]++
			case strings.HasPrefix(c, different):
				counts[2]++
			}
		}
	}
	for _, later := range m.later {
		fmt.Fprintf(&out, "not yet: %s\n", later)
	}
	t.Logf("%d features, %d readings with equal rows, %d refused, %d different\n%s", len(m.rows), counts[0], counts[1], counts[2], out.String())
	if *matrixPath != "" && !t.Failed() && len(m.peers) >= len(matrixReaders) {
		if err := os.WriteFile(*matrixPath, []byte(m.markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *matrix) markdown() string {
	var out strings.Builder
	out.WriteString("# Who reads our tables\n\nWritten by `make readers`; not to be edited. Each row is a table made here; each reader's rows were compared with ours.\n\n")
	for _, p := range m.peers {
		if p.says != "" {
			fmt.Fprintf(&out, "- %s\n", p.says)
		}
	}
	fmt.Fprintf(&out, "\n| table | asks for (reader/writer) | %s |\n|---|---|%s\n", strings.Join(matrixReaders, " | "), strings.Repeat("---|", len(matrixReaders)))
	for _, r := range m.rows {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", r.feature, r.protocol, strings.Join(r.cells, " | "))
	}
	return out.String()
}

func countRows(batches []arrow.RecordBatch) (n int) {
	for _, b := range batches {
		n += int(b.NumRows())
	}
	return n
}
