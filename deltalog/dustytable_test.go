package deltalog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// vacuumNow is the time of the tests, to which every file's time is set back.
var vacuumNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// A dustyTable is a table whose files have the ages that a test gives them.
type dustyTable struct {
	*testTable
	mem *volumestest.Memory
	now time.Time
}

func newDustyTable(t *testing.T, configuration map[string]string, columns ...string) *dustyTable {
	t.Helper()
	d := &dustyTable{mem: volumestest.NewMemory(), now: vacuumNow.Add(-30 * 24 * time.Hour)}
	opts := testOptions()
	opts.Clock = func() time.Time { return d.now }
	table, err := Create(t.Context(), d.mem, CreateOptions{
		Schema: peopleSchema, Configuration: configuration, PartitionColumns: columns, Options: opts,
	})
	if err != nil {
		t.Fatal(err)
	}
	d.testTable = &testTable{t, d.mem, table}
	d.age(commitName(0), d.now)
	return d
}

func (d *dustyTable) age(name string, at time.Time) {
	d.Helper()
	if err := d.mem.SetModTime(name, at); err != nil {
		d.Fatal(err)
	}
}

// put makes a file of that age.
func (d *dustyTable) put(name string, at time.Time) {
	d.Helper()
	if err := d.mem.Put(d.Context(), name, []byte("0123456789")); err != nil {
		d.Fatal(err)
	}
	d.age(name, at)
}

// days is the time so many days before now.
func days(n int) time.Time { return vacuumNow.Add(-time.Duration(n) * 24 * time.Hour) }

// at makes a version at a time.
func (d *dustyTable) at(when time.Time, change func(*Txn)) {
	d.Helper()
	d.now = when
	txn := d.snapshot().Begin(Operation{Name: "WRITE"})
	change(txn)
	made := d.commit(txn)
	d.age(commitName(made.Version), when)
}

func (d *dustyTable) files() []string {
	d.Helper()
	var all []string
	for f, err := range d.mem.List(d.Context(), ".", volumes.ListOptions{Recursive: true, Hidden: true, Dirs: true}) {
		if err != nil {
			d.Fatal(err)
		}
		if !strings.HasPrefix(f.Name, logDir) {
			all = append(all, f.Name)
		}
	}
	return all
}

func (d *dustyTable) vacuum(opts VacuumOptions) (names []string, done Vacuumed) {
	d.Helper()
	d.now = vacuumNow
	opts.Each = func(name string) { names = append(names, name) }
	done, err := d.Vacuum(d.Context(), opts)
	if err != nil {
		d.Fatal(err)
	}
	slices.Sort(names)
	return names, done
}
