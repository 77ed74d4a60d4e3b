package deltalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A modelTable is a table and what it should be: each version's state, and when it came to be.
type modelTable struct {
	*rapid.T
	store    *volumestest.Memory
	table    *Table
	clock    time.Time
	now      modelState
	versions []modelState
	times    []time.Time
	earliest int64 // the first version that the log still makes
}

const (
	modelFileRetention = 48 * time.Hour
	modelLogRetention  = 72 * time.Hour
)

func newModelTable(t *rapid.T) *modelTable {
	m := &modelTable{
		T: t, store: volumestest.NewMemory(), clock: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC),
		now: modelState{apps: map[string]int64{}, domains: map[string]string{}},
	}
	configuration := map[string]string{
		"delta.checkpointInterval":           fmt.Sprint(rapid.IntRange(1, 7).Draw(t, "interval")),
		"delta.feature.domainMetadata":       "supported",
		"delta.feature.v2Checkpoint":         "supported",
		"delta.enableExpiredLogCleanup":      "false", // the model says when
		"delta.logRetentionDuration":         "interval 3 days",
		"delta.deletedFileRetentionDuration": "interval 2 days",
	}
	var err error
	m.table, err = Create(t.Context(), m.store, CreateOptions{Schema: peopleSchema, Configuration: configuration, Options: m.options("creator")})
	if err != nil {
		t.Fatal(err)
	}
	m.came()
	return m
}

func (m *modelTable) options(name string) Options {
	opts := namedOptions(name)
	opts.Clock = func() time.Time { return m.clock }
	return opts
}

// came notes the versions that have come to be since, all of the state that is, and sets the clock on.
func (m *modelTable) came() {
	slices.Sort(m.now.files)
	for {
		version := int64(len(m.versions))
		if _, err := m.store.Stat(m.Context(), commitName(version)); err != nil {
			break
		}
		m.age(commitName(version))
		m.versions, m.times = append(m.versions, m.now.clone()), append(m.times, m.clock)
	}
	m.clock = m.clock.Add(time.Duration(rapid.SampledFrom([]int{1, 10, 30, 50, 100}).Draw(m.T, "hours")) * time.Hour)
}

func (m *modelTable) age(name string) {
	if err := m.store.SetModTime(name, m.clock); err != nil {
		m.Fatal(err)
	}
}

func (m *modelTable) snapshot() *Snapshot {
	s, err := m.table.Snapshot(m.Context())
	if err != nil {
		m.Fatal(err)
	}
	return s
}

func (m *modelTable) commit(x *Txn) {
	for _, f := range x.actions.Adds {
		if err := m.store.Put(m.Context(), f.Path, []byte("rows")); err != nil {
			m.Fatal(err)
		}
		m.age(f.Path)
	}
	made, err := x.Commit(m.Context())
	if err != nil || made.Maintenance != nil {
		m.Fatal(err, made.Maintenance)
	}
}

// step does one thing to the table, and to the model.
func (m *modelTable) step() {
	switch rapid.SampledFrom([]string{
		"change", "change", "change", "optimize", "restore", "vacuum", "lite vacuum", "checkpoint", "policy", "compact", "clean up", "reopen",
	}).Draw(m.T, "step") {
	case "change":
		m.commit(m.now.change(m.T, m.snapshot(), len(m.versions)))
	case "optimize":
		m.optimize()
	case "restore":
		m.restore()
	case "vacuum":
		m.vacuum(false)
	case "lite vacuum":
		m.vacuum(true)
	case "checkpoint":
		if err := m.snapshot().Checkpoint(m.Context()); err != nil {
			m.Fatal(err)
		}
	case "policy": // the next checkpoint is of the other kind
		s := m.snapshot()
		meta := s.Metadata()
		policies := map[string]string{"v2": "classic"}
		if meta.Configuration[propCheckpointPolicy] = policies[meta.Configuration[propCheckpointPolicy]]; meta.Configuration[propCheckpointPolicy] == "" {
			meta.Configuration[propCheckpointPolicy] = "v2"
		}
		x := s.Begin(Operation{Name: "SET TBLPROPERTIES"})
		x.UpdateMetadata(meta)
		m.commit(x)
	case "compact":
		m.compact()
	case "clean up":
		m.cleanUp()
	case "reopen":
		m.table = Open(m.store, m.options("writer"))
	}
	m.came()
}

// optimize puts all files into one, which changes no data.
func (m *modelTable) optimize() {
	if len(m.now.files) < 2 {
		return
	}
	x := m.snapshot().Begin(Operation{Name: "OPTIMIZE"})
	for _, name := range m.now.files {
		f := write(name)
		x.RemoveFile(f.Removed(m.clock.UnixMilli(), false))
	}
	whole := write(fmt.Sprint(len(m.versions), "-whole.parquet"))
	whole.DataChange = false
	x.Add(whole)
	m.commit(x)
	m.now.files = []string{whole.Path}
}

// restore takes a version back; one whose files a vacuum has taken is refused.
func (m *modelTable) restore() {
	last := int64(len(m.versions)) - 1
	if m.earliest >= last {
		return
	}
	version := rapid.Int64Range(m.earliest, last-1).Draw(m.T, "version")
	missing := slices.ContainsFunc(m.versions[version].files, func(f string) bool { return !m.exists(f) && !slices.Contains(m.now.files, f) })
	_, err := m.table.Restore(m.Context(), version, RestoreOptions{})
	if missing != (err != nil) {
		m.Fatalf("restore of version %d: %v", version, err)
	}
	if err == nil {
		was := m.versions[version].clone()
		m.now.files, m.now.description = was.files, was.description
	}
}

func (m *modelTable) exists(name string) bool {
	_, err := m.store.Stat(m.Context(), name)
	return err == nil
}

// vacuum takes the files that no version since the retention needs, all of them unless it is lite, and no other; a dry run says which.
func (m *modelTable) vacuum(lite bool) {
	cutoff := m.clock.Add(-modelFileRetention)
	needed := map[string]bool{}
	for i, v := range m.versions {
		if i == len(m.versions)-1 || m.times[i+1].After(cutoff) {
			for _, f := range v.files {
				needed[f] = true
			}
		}
	}
	before := m.dataFiles()
	dry, err := m.table.Vacuum(m.Context(), VacuumOptions{Lite: lite, DryRun: true})
	if err != nil {
		if lite && m.earliest > 0 { // the commits that would tell are gone
			return
		}
		m.Fatal(err)
	}
	done, err := m.table.Vacuum(m.Context(), VacuumOptions{Lite: lite})
	if err != nil || done.Files != dry.Files {
		m.Fatalf("vacuum: %v, %d files; a dry run says %d", err, done.Files, dry.Files)
	}
	for name, at := range before {
		switch there := m.exists(name); {
		case needed[name] && !there:
			m.Fatalf("vacuum took %s, which a version of the last %v needs", name, modelFileRetention)
		case !needed[name] && there && !lite && at.Before(cutoff):
			m.Fatalf("vacuum left %s", name)
		}
	}
}

func (m *modelTable) dataFiles() map[string]time.Time {
	files := map[string]time.Time{}
	for info, err := range m.store.List(m.Context(), ".", volumes.ListOptions{}) {
		if err != nil {
			m.Fatal(err)
		}
		if strings.HasSuffix(info.Name, ".parquet") && !strings.HasPrefix(info.Name, logDir) {
			files[info.Name] = info.ModTime
		}
	}
	return files
}

// compact writes what some commits come to beside them, as another writer may.
func (m *modelTable) compact() {
	last := int64(len(m.versions)) - 1
	if last < m.earliest+2 {
		return
	}
	from := rapid.Int64Range(max(m.earliest, 0), last-1).Draw(m.T, "from")
	to := rapid.Int64Range(from+1, last).Draw(m.T, "to")
	whole := &Actions{}
	files, apps, domains := map[fileKey]any{}, map[string]SetTransaction{}, map[string]DomainMetadata{}
	for version := from; version <= to; version++ {
		a, err := readCommit(m.Context(), m.store, version)
		if err != nil {
			return // cleaned up
		}
		for _, f := range a.Removes {
			files[f.key()] = f
		}
		for _, f := range a.Adds {
			files[f.key()] = f
		}
		for _, x := range a.Transactions {
			apps[x.AppID] = x
		}
		for _, d := range a.Domains {
			domains[d.Domain] = d
		}
		if a.Metadata != nil {
			whole.Metadata = a.Metadata
		}
		if a.Protocol != nil {
			whole.Protocol = a.Protocol
		}
	}
	for _, f := range files {
		switch f := f.(type) {
		case AddFile:
			whole.Adds = append(whole.Adds, f)
		case RemoveFile:
			whole.Removes = append(whole.Removes, f)
		}
	}
	for _, x := range apps {
		whole.Transactions = append(whole.Transactions, x)
	}
	for _, d := range domains {
		whole.Domains = append(whole.Domains, d)
	}
	data, err := whole.encode()
	if err != nil {
		m.Fatal(err)
	}
	if err := m.store.Put(m.Context(), fmt.Sprintf("%s/%020d.%020d.compacted.json", logDir, from, to), data); err != nil {
		m.Fatal(err)
	}
}

// cleanUp takes the log's files away that no version of the last days needs. What is left is as it was.
func (m *modelTable) cleanUp() {
	s := m.snapshot()
	s.state.metadata.Configuration = map[string]string{"delta.logRetentionDuration": "interval 3 days"}
	if err := m.table.cleanUp(m.Context(), s); err != nil {
		m.Fatal(err)
	}
	m.table = Open(m.store, m.options("cleaned"))
	for !m.exists(commitName(m.earliest)) {
		m.earliest++
		if at := m.clock.Add(-modelLogRetention); m.earliest < int64(len(m.times)) && m.times[m.earliest].After(at) {
			m.Fatalf("version %d of %v is gone at %v", m.earliest-1, m.times[m.earliest-1], m.clock)
		}
	}
}

// Whatever is done to a table (changes, OPTIMIZE, RESTORE, VACUUM, checkpoints of both kinds, compactions and clean-ups of its log): every version
// that the log still has is what a model says, from the commits alone, with checkpoints, with checksums, with compactions, and with all of them.
func TestVersionsAreWhatTheModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModelTable(t)
		for range rapid.IntRange(4, 14).Draw(t, "steps") {
			m.step()
		}
		isCheckpoint := func(name string) bool {
			return strings.Contains(name, "checkpoint") || strings.Contains(name, "_sidecars")
		}
		isChecksum := func(name string) bool { return strings.HasSuffix(name, ".crc") }
		isCompacted := func(name string) bool { return strings.HasSuffix(name, ".compacted.json") }
		logs := map[string]*volumestest.Memory{
			"all": m.store, "without checksums": without(t, m.store, isChecksum), "without compactions": without(t, m.store, isCompacted),
			"without hint": without(t, m.store, func(name string) bool { return strings.HasSuffix(name, "_last_checkpoint") }),
		}
		if m.earliest == 0 {
			logs["without checkpoints"] = without(t, m.store, isCheckpoint)
			logs["commits alone"] = without(t, m.store, func(name string) bool { return isCheckpoint(name) || isChecksum(name) || isCompacted(name) })
		}
		last := int64(len(m.versions)) - 1
		for version := m.earliest; version <= last; version++ {
			for name, log := range logs {
				if name != "all" && version != m.earliest && version != last && version != (m.earliest+last)/2 {
					continue // each log costs its time
				}
				if got, want := stateAt(t, log, version), m.versions[version]; got.String() != want.String() {
					t.Fatalf("version %d, %s:\ngot  %v\nwant %v", version, name, got, want)
				}
			}
		}
	})
}
