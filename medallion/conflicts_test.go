package medallion

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A contender is a statement that meets another one. As is the line, and the column, of deltalog/testdata/conflicts.txt that it should
// behave as.
type contender struct {
	name string
	as   string
	run  func(ctx context.Context, s *Session) error
}

// contested is the table that they meet on: of two partitions, with two files each.
const contested = "delta.`" + filesVolume + "/t`"

func statement(as, text string) contender {
	return contender{as: as, run: func(ctx context.Context, s *Session) error {
		frame, err := s.SQL(ctx, strings.ReplaceAll(text, "$t", contested))
		if err != nil {
			return err
		}
		_, err = frame.Collect(ctx)
		return err
	}}
}

func written(as, rows, mode string, options map[string]string) contender {
	return contender{as: as, run: func(ctx context.Context, s *Session) error {
		frame, err := s.SQL(ctx, rows)
		if err != nil {
			return err
		}
		w := frame.Write().Format("delta").Mode(mode)
		for name, value := range options {
			w = w.Option(name, value)
		}
		return w.Save(ctx, filesVolume+"/t")
	}}
}

func contenders() map[string]contender {
	const self = "MERGE INTO $t t USING (SELECT n + 100 AS n, day FROM $t) s ON t.n = s.n AND t.day = '1' WHEN NOT MATCHED THEN INSERT (n, day) VALUES (s.n, '1')"
	return map[string]contender{
		"insert 1":            statement("append 1", "INSERT INTO $t VALUES (50, '1')"),
		"insert 2":            statement("append 2", "INSERT INTO $t VALUES (50, '2')"),
		"insert overwrite":    statement("overwrite", "INSERT OVERWRITE $t VALUES (60, '1')"),
		"dynamic overwrite 1": written("dynamic overwrite 1", "SELECT 61L AS n, '1' AS day", "overwrite", map[string]string{"partitionOverwriteMode": "dynamic"}),
		"insert from itself":  statement("insert from itself", "INSERT INTO $t SELECT max(n) + 1000, '1' FROM $t"),
		"delete 1":            statement("delete 1", "DELETE FROM $t WHERE day = '1'"),
		"delete 2, computed":  statement("delete 2", "DELETE FROM $t WHERE concat(day, 'x') = '2x'"),
		"update 1":            statement("update 1", "UPDATE $t SET n = n + 10 WHERE day = '1'"),
		"update 1, computed":  statement("update 1", "UPDATE $t SET n = n + 20 WHERE concat(day, 'x') LIKE '_x' AND upper(day) <> '2'"),
		"merge 2":             statement("merge 2", "MERGE INTO $t t USING (SELECT explode(sequence(0, 100)) AS k) s ON t.n = s.k AND t.day = '2' WHEN MATCHED THEN UPDATE SET n = t.n + 30 WHEN NOT MATCHED AND s.k = 100 THEN INSERT (n, day) VALUES (s.k, '2')"),
		"merge from itself":   statement("insert from itself", self),
		"optimize 1":          statement("optimize 1", "OPTIMIZE $t WHERE day = '1'"),
		"restore":             statement("restore", "RESTORE TABLE $t TO VERSION AS OF 2"),
		"add column":          statement("metadata", "ALTER TABLE $t ADD COLUMN more STRING"),
		"set properties":      statement("metadata", "ALTER TABLE $t SET TBLPROPERTIES ('mine' = 'x')"),
		"a stream's batch":    written("stream", "SELECT 70L AS n, '2' AS day", "append", map[string]string{"txnAppId": "query", "txnVersion": "7"}),
		"truncate":            statement("truncate", "TRUNCATE TABLE $t"),
	}
}

// A gate stops a statement before it makes a version of the table, once.
type gate struct {
	unlocked
	once    sync.Once
	reached chan struct{}
	goOn    chan struct{}
}

func (g *gate) PutIfAbsent(ctx context.Context, name string, data []byte) error {
	if strings.Contains(name, "_delta_log/0") && strings.HasSuffix(name, ".json") {
		g.once.Do(func() {
			close(g.reached)
			<-g.goOn
		})
	}
	return g.unlocked.PutIfAbsent(ctx, name, data)
}

func contest(t *testing.T, store volumes.Store, c contender) error {
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(store), Conf: map[string]string{confWorkers: "1", confPartitions: "1"}})
	if err != nil {
		return err
	}
	defer s.Close()
	return c.run(t.Context(), s)
}

func contestedRows(t *testing.T, store volumes.Store) string {
	t.Helper()
	s, err := NewSession(Options{Space: volumes.NewSpaceOn(store)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows, err := readAll(t.Context(), s, "SELECT n, day FROM "+contested+" ORDER BY n, day")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Each statement meets each other one that commits between its read and its commit. What becomes of it is what the table of deltalog says
// of transactions of its kind; and where it commits, the rows are those of one order of the two.
func TestStatementsConflictAsTheirTransactionsDo(t *testing.T) {
	expected := readConflicts(t)
	levels := []string{"WriteSerializable", "Serializable"}
	if testing.Short() {
		levels = levels[:1]
	}
	pairs, all := 0, contenders()
	for _, level := range levels {
		seed := volumestest.NewMemory()
		for _, text := range []string{
			"CREATE TABLE $t (n BIGINT, day STRING) USING delta PARTITIONED BY (day) TBLPROPERTIES ('delta.isolationLevel'='" + level + "')",
			"INSERT INTO $t VALUES (1, '1'), (3, '2')", "INSERT INTO $t VALUES (2, '1'), (4, '2')",
			"INSERT INTO $t SELECT * FROM $t WHERE false", // what RESTORE goes back before is nothing
		} {
			if err := contest(t, unlocked{seed}, statement("", text)); err != nil {
				t.Fatal(text, err)
			}
		}
		a := &arena{seed: seed, known: map[string]string{}}
		for first, winner := range all {
			winner.name = first
			for second, loser := range all {
				loser.name = second
				pairs++
				t.Run(level+"/"+first+" before "+second, func(t *testing.T) {
					t.Parallel()
					a.meet(t, winner, loser, expected[level].of(winner.as, loser.as))
				})
			}
		}
	}
	t.Logf("%d pairs", pairs)
}

// An arena is the table at one level, and what it holds after statements that ran one after the other.
type arena struct {
	seed  *volumestest.Memory
	mu    sync.Mutex
	known map[string]string // under mu
}

func (a *arena) meet(t *testing.T, winner, loser contender, want string) {
	memory := a.seed.CrashClone(0, 0)
	g := &gate{unlocked: unlocked{memory}, reached: make(chan struct{}), goOn: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- contest(t, g, loser) }()
	select {
	case <-g.reached:
	case err := <-ended:
		t.Fatalf("it made no version: %v", err)
	}
	if err := contest(t, unlocked{memory}, winner); err != nil {
		t.Fatal("the first:", err)
	}
	close(g.goOn)
	err := <-ended
	if got := letterOf(err); got != want {
		t.Fatalf("got %s, want %s: %v", got, want, err)
	}
	orders := []string{}
	switch {
	case want != ".":
		orders = append(orders, a.after(t, winner))
	case loser.as == "metadata": // the winner's columns may not be those that the table then has
		orders = append(orders, a.after(t, winner, loser))
	default:
		orders = append(orders, a.after(t, winner, loser), a.after(t, loser, winner))
	}
	if got := contestedRows(t, memory); !slices.Contains(orders, got) {
		t.Errorf("rows %s, want one of %s", got, orders)
	}
}

// after is the table's rows when statements have run one after the other.
func (a *arena) after(t *testing.T, order ...contender) string {
	t.Helper()
	var key string
	for _, c := range order {
		key += c.name + "; "
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if rows, ok := a.known[key]; ok {
		return rows
	}
	memory := a.seed.CrashClone(0, 0)
	for _, c := range order {
		if err := contest(t, unlocked{memory}, c); err != nil {
			t.Fatal("one after the other:", err)
		}
	}
	a.known[key] = contestedRows(t, memory)
	return a.known[key]
}

// letters are those of deltalog/testdata/conflicts.txt.
var letters = map[errclass.Class]string{
	errclass.DeltaConcurrentAppend: "A", errclass.DeltaConcurrentDeleteRead: "R", errclass.DeltaConcurrentDeleteDelete: "D",
	errclass.DeltaMetadataChanged: "M", errclass.DeltaProtocolChanged: "P", errclass.DeltaConcurrentTransaction: "T", errclass.DeltaConcurrentWrite: "W",
}

func letterOf(err error) string {
	if err == nil {
		return "."
	}
	for class, letter := range letters {
		if errors.Is(err, class) {
			return letter
		}
	}
	return "?"
}

// conflictTable is what becomes of the loser, by the winner and the loser.
type conflictTable map[string]map[string]string

// of is one cell. TRUNCATE removes what a delete of both partitions does, and reads what an overwrite does. RESTORE
// writes the metadata of its version, which is no change to others but those that change it.
func (c conflictTable) of(winner, loser string) string {
	if loser == "truncate" {
		loser = "overwrite"
	}
	if winner == "truncate" {
		return cmp.Or(strings.Trim(c.of("delete 1", loser), "."), c.of("delete 2", loser))
	}
	if winner == "restore" && loser == "metadata" {
		return "M"
	}
	return c[winner][loser]
}

// readConflicts reads the table, by isolation level.
func readConflicts(t *testing.T) map[string]conflictTable {
	t.Helper()
	text, err := os.ReadFile("../deltalog/testdata/conflicts.txt")
	if err != nil {
		t.Fatal(err)
	}
	levels := map[string]conflictTable{}
	for part := range strings.SplitSeq(string(text), "\n== ") {
		level, lines, _ := strings.Cut(part, "\n")
		var names []string
		var cells [][]string
		for line := range strings.Lines(lines) {
			if name, row, ok := strings.Cut(line, "|"); ok {
				names, cells = append(names, strings.TrimSpace(name)), append(cells, strings.Fields(row))
			}
		}
		levels[level] = conflictTable{}
		for i, winner := range names {
			levels[level][winner] = map[string]string{}
			for j, loser := range names {
				levels[level][winner][loser] = cells[i][j]
			}
		}
	}
	return levels
}

// Which version of a table a query reads is seen through subqueries and aggregates that the log alone answers; one that was asked for by its
// number is no such version.
func TestQueryTellsTheVersionThatItReads(t *testing.T) {
	d := newDesk(t)
	d.frame("CREATE TABLE t (n BIGINT)")
	d.frame("INSERT INTO t VALUES (1)")
	d.frame("CREATE TABLE u (n BIGINT)")
	for _, text := range []string{"SELECT max(n) AS n FROM t", "SELECT count(*) AS n FROM (SELECT * FROM t) WHERE EXISTS (SELECT 1 FROM t)", "SELECT n FROM t VERSION AS OF 1"} {
		node, err := d.frame(text).resolve(t.Context())
		d.must(err)
		table, err := d.tableOf(t.Context(), []string{"t"})
		d.must(err)
		read := table.ReadBy(node)
		if strings.Contains(text, "VERSION") {
			if read != nil {
				t.Errorf("%s: reads version %d", text, read.Version())
			}
			continue
		}
		if read == nil || read.Version() != 1 {
			t.Fatalf("%s: reads %v", text, read)
		}
		other, err := d.tableOf(t.Context(), []string{"u"})
		d.must(err)
		if other.ReadBy(node) != nil {
			t.Errorf("%s: reads another table", text)
		}
	}
}
