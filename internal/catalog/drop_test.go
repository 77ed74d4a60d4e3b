package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"lakehouse/internal/catalog"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

// Whatever operation a drop is cut short at, the table is whole or gone for who comes next, and what comes next
// removes what is left before it makes a table of that name.
func TestDropSurvivesEveryCrashPoint(t *testing.T) {
	n := table("t")
	next := map[string]func(t *testing.T, store volumes.Store){
		"lookup": func(t *testing.T, store volumes.Store) {
			_, err := on(store).Lookup(t.Context(), n)
			wantClass(t, err, errclass.TableNotFound)
		},
		"drop": func(t *testing.T, store volumes.Store) {
			wantClass(t, on(store).Drop(t.Context(), n), errclass.TableNotFound)
		},
		"list, then create": func(t *testing.T, store volumes.Store) {
			wantTables(t, on(store))
			view := catalog.Table{Name: n, Type: catalog.View, ViewText: "SELECT 1"}
			must(t, on(store).Create(t.Context(), view))
			must(t, on(store).Drop(t.Context(), n))
		},
		"replace": func(t *testing.T, store volumes.Store) {
			must(t, on(store).Replace(t.Context(), catalog.Table{Name: n, Type: catalog.View, ViewText: "SELECT 1"}))
			must(t, on(store).Drop(t.Context(), n))
		},
		"create, with files": func(t *testing.T, store volumes.Store) {
			must(t, makeManaged(t.Context(), store, n))
			if got := files(t, store); len(got) != 4 {
				t.Errorf("the new table is %q", got)
			}
			must(t, on(store).Drop(t.Context(), n))
		},
	}
	clean := volumestest.NewMemory()
	must(t, makeManaged(t.Context(), clean, n))
	recorded := volumestest.Record(clean)
	must(t, on(recorded).Drop(t.Context(), n))
	if left := files(t, clean); len(left) != 0 {
		t.Fatalf("a drop leaves %q", left)
	}
	for i, op := range recorded.Ops() {
		for name, goOn := range next {
			t.Run(fmt.Sprintf("%02d_%s_%s", i, op.Kind, name), func(t *testing.T) {
				store := volumestest.NewMemory()
				must(t, makeManaged(t.Context(), store, n))
				if err := on(volumestest.StopAfter(store, i)).Drop(t.Context(), n); !errors.Is(err, volumestest.ErrStopped) {
					t.Fatalf("the drop did not stop: %v", err)
				}
				goOn(t, store)
				if left := files(t, store); len(left) != 0 {
					t.Errorf("left are %q", left)
				}
			})
		}
	}
}

// Before its mark is written, a drop has done nothing.
func TestADropCutShortBeforeItsMarkLeavesTheTable(t *testing.T) {
	store := volumestest.NewMemory()
	must(t, makeManaged(t.Context(), store, table("t")))
	before := files(t, store)
	if err := on(volumestest.StopBefore(store, 0)).Drop(t.Context(), table("t")); !errors.Is(err, volumestest.ErrStopped) {
		t.Fatalf("the drop did not stop: %v", err)
	}
	if _, err := on(store).Lookup(t.Context(), table("t")); err != nil {
		t.Error(err)
	}
	if got := files(t, store); !slices.Equal(got, before) {
		t.Errorf("left are %q, want %q", got, before)
	}
}

func TestDropSchemaFinishesDropsCutShort(t *testing.T) {
	for name, cascade := range map[string]bool{"restrict": false, "cascade": true} {
		t.Run(name, func(t *testing.T) {
			store := volumestest.NewMemory()
			c, n := on(store), catalog.Name{Catalog: catalog.SessionCatalog, Schema: "s", Table: "t"}
			must(t, c.CreateSchema(t.Context(), n.Catalog, n.Schema, catalog.Schema{}))
			must(t, makeManaged(t.Context(), store, n))
			if err := on(volumestest.StopAfter(store, 0)).Drop(t.Context(), n); !errors.Is(err, volumestest.ErrStopped) {
				t.Fatalf("the drop did not stop: %v", err)
			}
			must(t, c.DropSchema(t.Context(), n.Catalog, n.Schema, cascade))
			if left := files(t, store); len(left) != 0 {
				t.Errorf("left are %q", left)
			}
		})
	}
}

func TestDropLeavesFilesThatAreNotTheCatalogs(t *testing.T) {
	store := volumestest.NewMemory()
	must(t, store.Put(t.Context(), "Volumes/a/b/c/t/part-0.parquet", []byte("rows")))
	must(t, on(store).Create(t.Context(), external(table("t"))))
	must(t, on(store).Drop(t.Context(), table("t")))
	if left := files(t, store); !slices.Equal(left, []string{"Volumes/a/b/c/t/part-0.parquet"}) {
		t.Errorf("left are %q", left)
	}
}

// Some drop, some look and some make the table again, all at once. Whenever a table has been made, its files are
// whole until its own drop: a drop of the table before it that comes late would take them away.
func TestDropsDoNotReachIntoTheNextTable(t *testing.T) {
	for name, store := range map[string]volumes.Store{"memory": volumestest.NewMemory(), "disk": localStore(t)} {
		t.Run(name, func(t *testing.T) {
			n := table("t")
			stop := make(chan struct{})
			var lookers sync.WaitGroup
			for range 4 {
				lookers.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
						}
						if _, err := on(store).Lookup(t.Context(), n); err != nil && !errors.Is(err, errclass.TableNotFound) {
							t.Errorf("lookup: %v", err)
							return
						}
					}
				})
			}
			for range 20 {
				if err := makeManaged(t.Context(), store, n); err != nil {
					t.Errorf("create: %v", err)
					break
				}
				if got := tableFiles(t, store, n); got != 3 {
					t.Errorf("the new table has %d files, want 3", got)
				}
				dropTogether(t, store, n)
				if got := tableFiles(t, store, n); got != 0 {
					t.Errorf("the dropped table has %d files", got)
				}
			}
			close(stop)
			lookers.Wait()
		})
	}
}

// dropTogether has four drop one table; one succeeds, unless a looker finished what it began.
func dropTogether(t *testing.T, store volumes.Store, n catalog.Name) {
	t.Helper()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := on(store).Drop(t.Context(), n); err != nil && !errors.Is(err, errclass.TableNotFound) {
				t.Errorf("drop: %v", err)
			}
		})
	}
	all.Wait()
	must(t, on(store).CanCreate(t.Context(), n))
}

func tableFiles(t *testing.T, store volumes.Store, n catalog.Name) (count int) {
	t.Helper()
	for _, name := range []string{"/_delta_log/00000000000000000000.json", "/part-0.parquet", "/p=1/part-1.parquet"} {
		if _, err := store.Stat(t.Context(), catalog.Location(n)[1:]+name); err == nil {
			count++
		}
	}
	return count
}
