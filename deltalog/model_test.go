package deltalog

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// A modelState is what a version should be.
type modelState struct {
	files       []string
	description string
	apps        map[string]int64
	domains     map[string]string
}

func (m modelState) clone() modelState {
	return modelState{slices.Clone(m.files), m.description, maps.Clone(m.apps), maps.Clone(m.domains)}
}

func (m modelState) String() string {
	return fmt.Sprint(m.files, m.description, m.apps, m.domains)
}

// change is one random transaction, told to the table and to the model.
func (m *modelState) change(t *rapid.T, s *Snapshot, next int) *Txn {
	x := s.Begin(Operation{Name: "RANDOM"})
	for range rapid.IntRange(1, 3).Draw(t, "actions") {
		switch rapid.SampledFrom([]string{"append", "append", "remove", "overwrite", "metadata", "txn", "domain", "no domain"}).Draw(t, "action") {
		case "append":
			name := fmt.Sprintf("%d-%d.parquet", next, len(x.actions.Adds))
			x.Add(write(name))
			m.files = append(m.files, name)
		case "remove":
			if old := m.committed(x); len(old) > 0 {
				name := rapid.SampledFrom(old).Draw(t, "file")
				x.Remove(write(name))
				m.files = slices.DeleteFunc(m.files, func(f string) bool { return f == name })
			}
		case "overwrite":
			for _, name := range m.committed(x) {
				x.Remove(write(name))
				m.files = slices.DeleteFunc(m.files, func(f string) bool { return f == name })
			}
		case "metadata":
			meta := x.Metadata()
			meta.Description = fmt.Sprint("at ", next)
			x.UpdateMetadata(meta)
			m.description = meta.Description
		case "txn":
			app := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "app")
			if !x.reads.apps[app] {
				x.SetTransaction(app, int64(next))
				m.apps[app] = int64(next)
			}
		case "domain", "no domain":
			name := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "domain")
			if slices.ContainsFunc(x.actions.Domains, func(d DomainMetadata) bool { return d.Domain == name }) {
				continue
			}
			if m.domains[name] != "" && rapid.Bool().Draw(t, "drop") {
				x.SetDomain(DomainMetadata{Domain: name, Removed: true})
				delete(m.domains, name)
				continue
			}
			m.domains[name] = fmt.Sprintf(`{"at":%d}`, next)
			x.SetDomain(DomainMetadata{Domain: name, Configuration: m.domains[name]})
		}
	}
	return x
}

// committed are the model's files that the transaction has not added itself.
func (m *modelState) committed(x *Txn) []string {
	return slices.DeleteFunc(slices.Clone(m.files), func(name string) bool {
		return slices.ContainsFunc(x.actions.Adds, func(f AddFile) bool { return f.Path == name })
	})
}

// stateAt is a version as a table tells it that knows nothing yet.
func stateAt(t *rapid.T, store volumes.Store, version int64) modelState {
	s, err := Open(store, Options{}).SnapshotAt(t.Context(), version)
	if err != nil {
		t.Fatalf("version %d: %v", version, err)
	}
	state := modelState{description: s.Metadata().Description, apps: map[string]int64{}, domains: map[string]string{}}
	for f, err := range s.Files(t.Context()) {
		if err != nil {
			t.Fatalf("files of version %d: %v", version, err)
		}
		state.files = append(state.files, f.Path)
	}
	slices.Sort(state.files)
	for _, app := range []string{"a", "b"} {
		if v, ok, err := s.SetTransaction(t.Context(), app); err != nil {
			t.Fatal(err)
		} else if ok {
			state.apps[app] = v
		}
	}
	domains, err := s.Domains(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range domains {
		state.domains[d.Domain] = d.Configuration
	}
	if n, err := s.NumFiles(t.Context()); err != nil || n != int64(len(state.files)) {
		t.Fatalf("version %d counts %d files and gives %d: %v", version, n, len(state.files), err)
	}
	return state
}

// without is a copy of the log that lacks the files of some kinds.
func without(t *rapid.T, store *volumestest.Memory, lacks func(name string) bool) *volumestest.Memory {
	rest := store.CrashClone(0, 100) // all of it: checksum files need not be synced
	for info, err := range store.List(t.Context(), logDir, volumes.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if lacks(info.Name) {
			// A power cut may have taken a checksum file, which nobody waits for.
			if err := rest.Delete(t.Context(), info.Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	return rest
}
