package catalog_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lakehouse/internal/catalog"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// Whatever operation a renaming is cut short at, one of the two names leads to the table, and the other may be given to
// a new one, which is kept apart from it.
func TestRenameSurvivesEveryCrashPoint(t *testing.T) {
	from, to := table("t"), table("u")
	next := map[string]func(t *testing.T, store volumes.Store, has, free catalog.Name){
		"drop": func(t *testing.T, store volumes.Store, has, free catalog.Name) {
			wantClass(t, on(store).Drop(t.Context(), free), errclass.TableNotFound)
			must(t, on(store).Drop(t.Context(), has))
			wantTables(t, on(store))
			wantNoTableFiles(t, store)
		},
		"rename again": func(t *testing.T, store volumes.Store, has, free catalog.Name) {
			must(t, on(store).Rename(t.Context(), has, table("w")))
			wantTables(t, on(store), "w")
			must(t, on(store).Rename(t.Context(), table("w"), free))
			wantTables(t, on(store), free.Table)
			must(t, on(store).Drop(t.Context(), free))
			wantNoTableFiles(t, store)
		},
		"a view takes the other name": func(t *testing.T, store volumes.Store, has, free catalog.Name) {
			must(t, on(store).Replace(t.Context(), catalog.Table{Name: free, Type: catalog.View, ViewText: "SELECT 1"}))
			wantTables(t, on(store), from.Table, to.Table)
			if e, err := on(store).Lookup(t.Context(), has); err != nil || e.Location != catalog.Location(from) {
				t.Errorf("%v leads to %q: %v", has, e.Location, err)
			}
		},
		"a table takes the other name": func(t *testing.T, store volumes.Store, _, free catalog.Name) {
			place, err := on(store).Place(t.Context(), free)
			must(t, err)
			if place == catalog.Location(from) {
				t.Errorf("the new table lies where the old one does: %s", place)
			}
			must(t, on(store).Create(t.Context(), catalog.Table{Name: free, Type: catalog.Managed, Location: place}))
			must(t, on(store).Drop(t.Context(), free))
			if got := tableFiles(t, store, from); got != 3 {
				t.Errorf("the renamed table has %d files, want 3", got)
			}
		},
	}
	clean := volumestest.NewMemory()
	must(t, makeManaged(t.Context(), clean, from))
	recorded := volumestest.Record(clean)
	must(t, on(recorded).Rename(t.Context(), from, to))
	for i, op := range recorded.Ops() {
		for name, goOn := range next {
			t.Run(fmt.Sprintf("%02d_%s_%s", i, op.Kind, name), func(t *testing.T) {
				store := volumestest.NewMemory()
				must(t, makeManaged(t.Context(), store, from))
				if err := on(volumestest.StopAfter(store, i)).Rename(t.Context(), from, to); !errors.Is(err, volumestest.ErrStopped) {
					t.Fatalf("the renaming did not stop: %v", err)
				}
				has, free := oneOf(t, store, from, to)
				goOn(t, store, has, free)
			})
		}
	}
}

// oneOf tells the name that leads to the table, and the one that leads nowhere.
func oneOf(t *testing.T, store volumes.Store, a, b catalog.Name) (has, free catalog.Name) {
	t.Helper()
	has, free = a, b
	if _, err := on(store).Lookup(t.Context(), a); err != nil {
		has, free = b, a
	}
	_, err := on(store).Lookup(t.Context(), has)
	must(t, err)
	_, err = on(store).Lookup(t.Context(), free)
	wantClass(t, err, errclass.TableNotFound)
	wantTables(t, on(store), has.Table)
	return has, free
}

func wantNoTableFiles(t *testing.T, store volumes.Store) {
	t.Helper()
	for _, file := range files(t, store) {
		if !strings.HasPrefix(file, "_catalog/") {
			t.Errorf("left is %q", file)
		}
	}
}

// lockless is a store without locks, as a bucket is.
type lockless struct{ volumes.Store }

func TestARenamedTableKeepsItsFolder(t *testing.T) {
	for name, store := range map[string]volumes.Store{"memory": volumestest.NewMemory(), "disk": localStore(t), "without locks": lockless{volumestest.NewMemory()}} {
		t.Run(name, func(t *testing.T) {
			c, from, to := on(store), table("t"), table("u")
			must(t, makeManaged(t.Context(), store, from))
			must(t, c.Rename(t.Context(), from, to))
			wantTables(t, c, "u")
			if got, err := c.Place(t.Context(), from); err != nil || got != catalog.Location(from)+".2.tbl" {
				t.Errorf("a new table of the old name lies in %q: %v", got, err)
			}
			must(t, c.Drop(t.Context(), to))
			if got, err := c.Place(t.Context(), from); err != nil || got != catalog.Location(from) {
				t.Errorf("after the drop it lies in %q: %v", got, err)
			}
			if left := files(t, store); len(left) != 0 {
				t.Errorf("left are %q", left)
			}
		})
	}
}

func TestRenameToATakenNameIsRefused(t *testing.T) {
	store := volumestest.NewMemory()
	c := on(store)
	must(t, c.Create(t.Context(), external(table("t"))))
	must(t, c.Create(t.Context(), external(table("u"))))
	wantClass(t, c.Rename(t.Context(), table("t"), table("u")), errclass.TableAlreadyExists)
	wantClass(t, c.Rename(t.Context(), table("t"), catalog.Name{Catalog: catalog.SessionCatalog, Schema: "no", Table: "u"}), errclass.SchemaNotFound)
	wantClass(t, c.Rename(t.Context(), table("x"), table("w")), errclass.TableNotFound)
	wantTables(t, c, "t", "u")
}

func TestAlterSchema(t *testing.T) {
	store := volumestest.NewMemory()
	c := on(store)
	must(t, c.CreateSchema(t.Context(), catalog.SessionCatalog, "s", catalog.Schema{Comment: "one"}))
	for _, name := range []string{"s", catalog.DefaultSchema} {
		must(t, c.AlterSchema(t.Context(), catalog.SessionCatalog, name, func(s *catalog.Schema) error {
			s.Location = "/Volumes/a/b/c"
			return nil
		}))
		if place, err := c.Place(t.Context(), catalog.Name{Catalog: catalog.SessionCatalog, Schema: name, Table: "t"}); err != nil || place != "/Volumes/a/b/c/t" {
			t.Errorf("a table of %s lies in %q: %v", name, place, err)
		}
	}
	s, err := c.Schema(t.Context(), catalog.SessionCatalog, "s")
	if err != nil || s.Comment != "one" {
		t.Errorf("the schema is %v: %v", s, err)
	}
	wantClass(t, c.AlterSchema(t.Context(), catalog.SessionCatalog, "x", nil), errclass.SchemaNotFound)
}
