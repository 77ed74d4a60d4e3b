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
	"sync"
	"sync/atomic"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

var (
	rewriteMatrix = flag.Bool("rewrite-matrix", false, "write testdata/conflicts.txt from what happens")
	allSteps      = flag.Bool("all-interleavings", false, "every interleaving of the steps of each pair, not those that differ most")
)

// A lake is a table of two partitions whose files the test knows the rows of.
type lake struct {
	store *volumestest.Memory
	mu    sync.Mutex
	rows  map[string][]string // of each file, ever
	next  int
}

// newLake makes the table with two files in each partition.
func newLake(t *testing.T, level string) *lake {
	l := &lake{store: volumestest.NewMemory(), rows: map[string][]string{}}
	schema := Schema{Fields: []Field{{Name: "day", Type: String, Nullable: true}, {Name: "n", Type: Long, Nullable: true}}}
	table, err := Create(t.Context(), l.store, CreateOptions{
		Schema: schema, PartitionColumns: []string{"day"}, Options: testOptions(),
		Configuration: map[string]string{"delta.isolationLevel": level, "delta.feature.domainMetadata": "supported"},
	})
	if err != nil {
		t.Fatal(err)
	}
	seed := (&testTable{t, l.store, table}).snapshot().Begin(Operation{Name: "WRITE"})
	seed.Add(l.file("1", "a"), l.file("1", "b"), l.file("2", "c"), l.file("2", "d"))
	if _, err := seed.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// clone is the same table once more.
func (l *lake) clone() *lake {
	return &lake{store: l.store.CrashClone(0, 0), rows: maps.Clone(l.rows), next: l.next}
}

// file is a new data file of those rows, each of the partition.
func (l *lake) file(day string, rows ...string) AddFile {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	f := write(fmt.Sprintf("day=%s/%d.parquet", day, l.next))
	f.PartitionValues = map[string]*string{"day": &day}
	f.Stats = fmt.Sprintf(`{"numRecords":%d}`, len(rows))
	l.rows[f.Path] = rows
	return f
}

// content is the rows of the newest version.
func (l *lake) content(ctx context.Context) (rows []string, err error) {
	s, err := Open(l.store, Options{}).Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	for f, err := range s.Files(ctx) {
		if err != nil {
			return nil, err
		}
		for _, row := range l.rows[f.Path] {
			rows = append(rows, *f.PartitionValues["day"]+row)
		}
	}
	slices.Sort(rows)
	return rows, nil
}

func onDay(day string) Predicate { return Compare{Column: []string{"day"}, Op: Equal, Value: day} }

// live are the snapshot's files of a partition, "" for all.
func live(ctx context.Context, s *Snapshot, day string) (files []AddFile, err error) {
	for f, err := range s.Files(ctx) {
		if err != nil {
			return nil, err
		}
		if day == "" || *f.PartitionValues["day"] == day {
			files = append(files, f)
		}
	}
	return files, nil
}

// A command does something to the table between reading it and committing. A nil transaction has nothing to commit.
type command struct {
	name string
	run  func(ctx context.Context, l *lake, table *Table) (*Txn, error)
}

// on is a command of one transaction.
func on(name, operation string, fill func(ctx context.Context, l *lake, x *Txn) error) command {
	return command{name, func(ctx context.Context, l *lake, table *Table) (*Txn, error) {
		s, err := table.Snapshot(ctx)
		if err != nil {
			return nil, err
		}
		x := s.Begin(Operation{Name: operation})
		return x, fill(ctx, l, x)
	}}
}

// rewrite is a command that reads the partition's files and puts others in their place.
func rewrite(name, operation, day string, change func([]string) []string) command {
	return on(name, operation, func(ctx context.Context, l *lake, x *Txn) error {
		if day == "" {
			x.ReadFiles(nil)
		} else {
			x.ReadFiles(onDay(day))
		}
		files, err := live(ctx, x.Snapshot(), day)
		if err != nil {
			return err
		}
		x.Remove(files...)
		var rows []string
		for _, f := range files {
			rows = append(rows, l.rows[f.Path]...)
		}
		if rows = change(rows); len(rows) > 0 {
			x.Add(l.file(cmp.Or(day, "1"), rows...))
		}
		return nil
	})
}

func marked(mark string) func([]string) []string {
	return func(rows []string) []string {
		out := slices.Clone(rows)
		for i := range out {
			out[i] += mark
		}
		return out
	}
}

func constant(rows ...string) func([]string) []string {
	return func([]string) []string { return rows }
}

// commands are what the matrix is about, each once for partition 1; those that can keep to a partition for 2 as well.
func commands() []command {
	one := []command{}
	for _, day := range []string{"1", "2"} {
		one = append(one,
			on("append "+day, "WRITE", func(_ context.Context, l *lake, x *Txn) error {
				x.Add(l.file(day, "new"))
				return nil
			}),
			on("dynamic overwrite "+day, "WRITE", func(ctx context.Context, l *lake, x *Txn) error {
				x.Add(l.file(day, "dynamic"))
				if err := x.ReadPartitions(x.actions.Adds); err != nil {
					return err
				}
				files, err := live(ctx, x.Snapshot(), day)
				x.Remove(files...)
				return err
			}),
			rewrite("delete "+day, "DELETE", day, constant()),
			rewrite("update "+day, "UPDATE", day, marked("+")),
			rewrite("merge "+day, "MERGE", day, func(rows []string) []string { return append(marked("*")(rows), "merged") }),
			command{"delete by vector " + day, deleteByVector(day)},
			command{"optimize " + day, compact(day)},
		)
	}
	return append(one,
		rewrite("overwrite", "WRITE", "", constant("all")),
		on("insert from itself", "WRITE", func(_ context.Context, l *lake, x *Txn) error {
			x.ReadWholeTable()
			x.Add(l.file("1", "derived"))
			return nil
		}),
		on("vacuum", "VACUUM START", func(context.Context, *lake, *Txn) error { return nil }),
		command{"restore", restore},
		on("metadata", "SET TBLPROPERTIES", func(_ context.Context, _ *lake, x *Txn) error {
			m := x.Snapshot().Metadata()
			m.Description = "changed"
			x.UpdateMetadata(m)
			return nil
		}),
		on("identity insert", "WRITE", func(_ context.Context, l *lake, x *Txn) error {
			m := x.Snapshot().Metadata()
			m.Configuration["mark"] = "1"
			x.UpdateMetadata(m)
			x.op.Tags = map[string]string{tagIdentity: "true"}
			x.Add(l.file("1", "id"))
			return nil
		}),
		on("protocol", "UPGRADE PROTOCOL", func(_ context.Context, _ *lake, x *Txn) error {
			raised, err := x.Snapshot().Protocol().With("changeDataFeed")
			x.UpdateProtocol(raised)
			return err
		}),
		on("stream", "STREAMING UPDATE", func(_ context.Context, l *lake, x *Txn) error {
			x.SetTransaction("query", 7)
			x.Add(l.file("2", "streamed"))
			return nil
		}),
		on("domain", "SET DOMAIN", func(_ context.Context, _ *lake, x *Txn) error {
			x.SetDomain(DomainMetadata{Domain: "mine", Configuration: "{}"})
			return nil
		}),
		command{"create", func(_ context.Context, _ *lake, table *Table) (*Txn, error) {
			x := table.BeginCreate(Operation{Name: "CREATE TABLE"})
			x.UpdateMetadata(Metadata{}.WithSchema(peopleSchema))
			return x, nil
		}},
		command{"checkpoint", func(ctx context.Context, _ *lake, table *Table) (*Txn, error) {
			s, err := table.Snapshot(ctx)
			if err != nil {
				return nil, err
			}
			return nil, s.Checkpoint(ctx)
		}},
	)
}

// deleteByVector takes the first row out of the partition's first file.
func deleteByVector(day string) func(context.Context, *lake, *Table) (*Txn, error) {
	return on("", "DELETE", func(ctx context.Context, l *lake, x *Txn) error {
		x.ReadFiles(onDay(day))
		files, err := live(ctx, x.Snapshot(), day)
		if err != nil || len(files) == 0 {
			return err
		}
		f := files[0]
		x.Remove(f)
		f.DeletionVector = &DeletionVector{StorageType: "i", PathOrInlineDV: fmt.Sprint("row", len(l.rows[f.Path])), SizeInBytes: 1, Cardinality: 1}
		x.Add(f)
		return nil
	}).run
}

// compact puts the partition's rows into one file.
func compact(day string) func(context.Context, *lake, *Table) (*Txn, error) {
	return on("", "OPTIMIZE", func(ctx context.Context, l *lake, x *Txn) error {
		files, err := live(ctx, x.Snapshot(), day)
		x.ReadNamed(files...)
		if err != nil || len(files) == 0 {
			return err
		}
		var rows []string
		for _, f := range files {
			x.RemoveFile(f.Removed(x.Now(), false))
			rows = append(rows, l.rows[f.Path]...)
		}
		into := l.file(day, rows...)
		into.DataChange = false
		x.Add(into)
		return nil
	}).run
}

// restore makes the table what its first version with rows was.
func restore(ctx context.Context, _ *lake, table *Table) (*Txn, error) {
	s, err := table.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	old, err := table.SnapshotAt(ctx, 1)
	if err != nil {
		return nil, err
	}
	have, err := live(ctx, s, "")
	if err != nil {
		return nil, err
	}
	want, err := live(ctx, old, "")
	if err != nil {
		return nil, err
	}
	x := s.Begin(Operation{Name: "RESTORE"})
	x.Alone()
	for _, f := range have {
		if !slices.ContainsFunc(want, func(w AddFile) bool { return w.key() == f.key() }) {
			x.Remove(f)
		}
	}
	for _, f := range want {
		if !slices.ContainsFunc(have, func(h AddFile) bool { return h.key() == f.key() }) {
			x.Add(f)
		}
	}
	return x, nil
}

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
