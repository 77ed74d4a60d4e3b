package deltalog

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

var (
	rewriteMatrix = flag.Bool("rewrite-matrix", false, "write testdata/conflicts.txt from what happens")
	allSteps      = flag.Bool("all-interleavings", false, "every interleaving of the steps of each pair, not those that differ most")
)

// A turnstile lets a command take one step when it is told to. A step ends where the next one begins.
type turnstile struct {
	volumes.Store
	open, done chan struct{}
	puts       int
}

func newTurnstile(store volumes.Store) *turnstile {
	return &turnstile{Store: store, open: make(chan struct{}), done: make(chan struct{})}
}

func (g *turnstile) wait() {
	g.done <- struct{}{}
	<-g.open
}

// PutIfAbsent stands still before the first try to make a version, and before the checksum: the version is there then,
// and its writer does not know yet.
func (g *turnstile) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	if strings.HasSuffix(name, ".json") {
		if g.puts++; g.puts == 1 {
			g.wait()
		}
	}
	err := g.Store.PutIfAbsent(ctx, name, data)
	if strings.HasSuffix(name, ".json") && err == nil {
		g.wait()
	}
	return err
}

// namedOptions have tokens of their own, as processes have.
func namedOptions(name string) Options {
	opts := testOptions()
	id := opts.NewID
	run := runs.Add(1)
	opts.NewID = func() string { return fmt.Sprint(name, " ", run, " ", id()) }
	return opts
}

var runs atomic.Int64

// steps of a command: it reads and writes its files; it commits; it does what comes after.
const steps = 3

// A runner is a command on its way.
type runner struct {
	gate     *turnstile
	err      error
	finished bool
	end      chan struct{}
}

func (l *lake) start(ctx context.Context, c command) *runner {
	r := &runner{gate: newTurnstile(l.store), end: make(chan struct{})}
	go func() {
		defer close(r.end)
		<-r.gate.open
		x, err := c.run(ctx, l, Open(r.gate, namedOptions(c.name)))
		if err == nil && x != nil {
			_, err = x.Commit(ctx)
		}
		r.err = err
	}()
	return r
}

// step lets the command go on to the next step.
func (r *runner) step() {
	if r.finished {
		return
	}
	select {
	case r.gate.open <- struct{}{}:
	case <-r.end:
		r.finished = true
		return
	}
	select {
	case <-r.gate.done:
	case <-r.end:
		r.finished = true
	}
}

// interleavings are orders of the steps of two commands, as texts of A and B.
func interleavings() []string {
	if !*allSteps {
		return []string{"ABABAB", "AABABB"}
	}
	var all []string
	var extend func(string)
	extend = func(order string) {
		if len(order) == 2*steps {
			all = append(all, order)
			return
		}
		for _, side := range []string{"A", "B"} {
			if strings.Count(order, side) < steps {
				extend(order + side)
			}
		}
	}
	extend("")
	return all
}

// codes are the classes of failures as the table has them.
var codes = map[string]errclass.Class{
	"A": errclass.DeltaConcurrentAppend, "R": errclass.DeltaConcurrentDeleteRead, "D": errclass.DeltaConcurrentDeleteDelete,
	"M": errclass.DeltaMetadataChanged, "P": errclass.DeltaProtocolChanged, "T": errclass.DeltaConcurrentTransaction,
	"W": errclass.DeltaConcurrentWrite,
}

func codeOf(err error) string {
	if err == nil {
		return "."
	}
	for code, class := range codes {
		if errors.Is(err, class) {
			return code
		}
	}
	return "?"
}

// serial runs two commands one after the other.
func (l *lake) serial(ctx context.Context, first, second command) (rows []string, ok bool) {
	for _, c := range []command{first, second} {
		x, err := c.run(ctx, l, Open(l.store, namedOptions(c.name)))
		if err == nil && x != nil {
			_, err = x.Commit(ctx)
		}
		if err != nil {
			return nil, false
		}
	}
	rows, err := l.content(ctx)
	return rows, err == nil
}

// TestConflictMatrix runs every pair of commands at interleavings of their steps. A command that committed behind another
// that it did not see did so by right of the table testdata/conflicts.txt, which follows Delta's documentation and
// its ConflictChecker; what is left is the rows of one of the two serial orders.
func TestConflictMatrix(t *testing.T) {
	all := commands()
	runs, refused := 0, 0
	for _, level := range []string{serializable, writeSerializable} {
		got := matrix{}
		start := newLake(t, level)
		for _, a := range all {
			for _, b := range all {
				ab, okAB := start.clone().serial(t.Context(), a, b)
				ba, okBA := start.clone().serial(t.Context(), b, a)
				for _, order := range interleavings() {
					runs++
					l := start.clone()
					errs := l.interleave(t.Context(), a, b, order)
					rows, err := l.content(t.Context())
					if err != nil {
						t.Fatalf("%s: %s, %s as %s: %v", level, a.name, b.name, order, err)
					}
					inARow := okAB && slices.Equal(rows, ab) || okBA && slices.Equal(rows, ba)
					if errs[0] == nil && errs[1] == nil && !inARow {
						t.Errorf("%s: %s, %s as %s: got %v, in a row it is %v or %v", level, a.name, b.name, order, rows, ab, ba)
					}
					pair, raced, lost := race(a, b, errs, order)
					if !raced {
						continue
					}
					if code := codeOf(lost); got[pair] == "" {
						got[pair] = code
					} else if got[pair] != code {
						t.Errorf("%s: %s behind %s: %s, and %s as %s", level, pair.loser, pair.winner, got[pair], code, order)
					}
					if lost != nil {
						refused++
					}
				}
			}
		}
		checkMatrix(t, level, all, got)
	}
	t.Logf("%d runs of %d commands, %d refused", runs, len(all), refused)
}

// A pairing is who committed first, and who had read the table before that.
type pairing struct{ winner, loser string }

// A matrix has the code of what became of the loser.
type matrix map[pairing]string

// commitAt is where in the order a side commits: its second step.
func commitAt(order, side string) int {
	first := strings.Index(order, side)
	return first + 1 + strings.Index(order[first+1:], side)
}

// race tells who committed first, what became of the other, and whether that had read the table before.
func race(a, b command, errs [2]error, order string) (pair pairing, raced bool, lost error) {
	if commitAt(order, "A") < commitAt(order, "B") {
		return pairing{a.name, b.name}, strings.Index(order, "B") < commitAt(order, "A"), errs[1]
	}
	return pairing{b.name, a.name}, strings.Index(order, "A") < commitAt(order, "B"), errs[0]
}

func (l *lake) interleave(ctx context.Context, a, b command, order string) [2]error {
	runners := map[rune]*runner{'A': l.start(ctx, a), 'B': l.start(ctx, b)}
	for _, side := range order {
		runners[side].step()
	}
	for _, r := range runners {
		for !r.finished {
			r.step()
		}
	}
	return [2]error{runners['A'].err, runners['B'].err}
}

const matrixFile = "testdata/conflicts.txt"

// checkMatrix holds what happened against the table of the level.
func checkMatrix(t *testing.T, level string, all []command, got matrix) {
	want, err := readMatrix(level)
	if err != nil && !*rewriteMatrix {
		t.Fatal(err)
	}
	if *rewriteMatrix {
		writeMatrix(t, level, all, got)
		return
	}
	for _, pair := range slices.SortedFunc(maps.Keys(got), func(a, b pairing) int { return strings.Compare(a.winner+a.loser, b.winner+b.loser) }) {
		if want[pair] != got[pair] {
			t.Errorf("%s: %s behind %s: got %q, want %q", level, pair.loser, pair.winner, got[pair], want[pair])
		}
	}
	if len(want) != len(got) {
		t.Errorf("%s: %d pairs, and the table has %d", level, len(got), len(want))
	}
}

// readMatrix reads a level's table: a line for each winner, a character for each loser in the order of the lines.
func readMatrix(level string) (matrix, error) {
	text, err := os.ReadFile(matrixFile)
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(text), "\n== "+level+"\n")
	rest, _, _ = strings.Cut(rest, "\n== ")
	var names []string
	var lines []string
	for line := range strings.Lines(rest) {
		name, row, ok := strings.Cut(strings.TrimRight(line, "\n"), "|")
		if ok {
			names, lines = append(names, strings.TrimSpace(name)), append(lines, row)
		}
	}
	want := matrix{}
	for i, row := range lines {
		for j, code := range strings.Fields(row) {
			if j < len(names) && code != "-" {
				want[pairing{names[i], names[j]}] = code
			}
		}
	}
	return want, nil
}

func writeMatrix(t *testing.T, level string, all []command, got matrix) {
	var out strings.Builder
	if level == serializable {
		out.WriteString(matrixHead)
	} else {
		old, err := os.ReadFile(matrixFile)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(old)
	}
	out.WriteString("\n== " + level + "\n")
	for _, winner := range all {
		fmt.Fprintf(&out, "%-20s|", winner.name)
		for _, loser := range all {
			fmt.Fprintf(&out, " %s", cmp.Or(got[pairing{winner.name, loser.name}], "-"))
		}
		out.WriteString("\n")
	}
	if err := os.WriteFile(matrixFile, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

const matrixHead = `What becomes of a command that read the table before another one, the winner, committed.
A line for each winner; a column for each loser, in the order of the lines.

. commits behind the winner           M DELTA_METADATA_CHANGED
A DELTA_CONCURRENT_APPEND             P DELTA_PROTOCOL_CHANGED
R DELTA_CONCURRENT_DELETE_READ        T DELTA_CONCURRENT_TRANSACTION
D DELTA_CONCURRENT_DELETE_DELETE      W DELTA_CONCURRENT_WRITE
`
