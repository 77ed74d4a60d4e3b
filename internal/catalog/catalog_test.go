package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lakehouse/internal/catalog"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

func on(store volumes.Store) *catalog.Catalog { return catalog.New(volumes.NewSpaceOn(store)) }

func table(name string) catalog.Name {
	return catalog.Name{Catalog: catalog.SessionCatalog, Schema: catalog.DefaultSchema, Table: name}
}

func external(n catalog.Name) catalog.Table {
	return catalog.Table{Name: n, Type: catalog.External, Provider: "delta", Location: "/Volumes/a/b/c/t"}
}

// makeManaged makes a managed table as a session does: its files first, its name last.
func makeManaged(ctx context.Context, store volumes.Store, n catalog.Name) error {
	c := on(store)
	if err := c.CanCreate(ctx, n); err != nil {
		return err
	}
	for _, file := range []string{"_delta_log/00000000000000000000.json", "part-0.parquet", "p=1/part-1.parquet"} {
		if err := store.Put(ctx, strings.TrimPrefix(catalog.Location(n), "/")+"/"+file, []byte("rows")); err != nil {
			return err
		}
	}
	return c.Create(ctx, catalog.Table{Name: n, Type: catalog.Managed, Provider: "delta", Location: catalog.Location(n)})
}

// files lists all that a store holds.
func files(t *testing.T, store volumes.Store) []string {
	t.Helper()
	var names []string
	for info, err := range store.List(t.Context(), ".", volumes.ListOptions{Recursive: true, Hidden: true}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, info.Name)
	}
	return names
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantClass(t *testing.T, err error, class errclass.Class) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Errorf("got error %v, want %s", err, class)
	}
}

func wantTables(t *testing.T, c *catalog.Catalog, want ...string) {
	t.Helper()
	got, err := c.Tables(t.Context(), catalog.SessionCatalog, catalog.DefaultSchema)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("tables are %q, %v, want %q", got, err, want)
	}
}

func TestTwoCatalogsOnOneRootSeeEachOthersTables(t *testing.T) {
	store := volumestest.NewMemory()
	a, b := on(store), on(store)
	want := external(table("orders"))
	want.Comment, want.Created, want.Options = "all of them", 1700000000000, map[string]string{"k": "v"}
	must(t, a.Create(t.Context(), want))

	got, err := b.Lookup(t.Context(), want.Name)
	must(t, err)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	wantTables(t, b, "orders")
	wantClass(t, b.Create(t.Context(), want), errclass.TableAlreadyExists)

	must(t, b.CreateSchema(t.Context(), catalog.SessionCatalog, "sales", catalog.Schema{}))
	if schemas, err := a.Schemas(t.Context(), catalog.SessionCatalog); err != nil || !slices.Equal(schemas, []string{"default", "sales"}) {
		t.Errorf("schemas are %q, %v", schemas, err)
	}
	must(t, b.Drop(t.Context(), want.Name))
	_, err = a.Lookup(t.Context(), want.Name)
	wantClass(t, err, errclass.TableNotFound)
	wantTables(t, a)
}

func TestAnUnknownTableNamesItsNeighbour(t *testing.T) {
	c := on(volumestest.NewMemory())
	must(t, c.Create(t.Context(), external(table("orders"))))
	_, err := c.Lookup(t.Context(), table("ordres"))
	wantClass(t, err, errclass.TableNotFound)
	if err == nil || !strings.Contains(err.Error(), "`spark_catalog`.`default`.`ordres` cannot be found") || !strings.Contains(err.Error(), "Did you mean `orders`?") {
		t.Errorf("got %v", err)
	}
	err = c.Create(t.Context(), external(catalog.Name{Catalog: catalog.SessionCatalog, Schema: "defaul", Table: "t"}))
	wantClass(t, err, errclass.SchemaNotFound)
	if err == nil || !strings.Contains(err.Error(), "Did you mean `default`?") {
		t.Errorf("got %v", err)
	}
}

func TestOneOfManyThatCreateANameWins(t *testing.T) {
	for name, store := range map[string]volumes.Store{"memory": volumestest.NewMemory(), "disk": localStore(t)} {
		t.Run(name, func(t *testing.T) {
			var won atomic.Int32
			var all sync.WaitGroup
			for i := range 32 {
				all.Go(func() {
					entry := external(table("t"))
					entry.Comment = fmt.Sprint(i)
					err := on(store).Create(t.Context(), entry)
					if err == nil {
						won.Add(1)
						if got, err := on(store).Lookup(t.Context(), entry.Name); err != nil || got.Comment != entry.Comment {
							t.Errorf("the winner %s reads %q, %v", entry.Comment, got.Comment, err)
						}
						return
					}
					wantClass(t, err, errclass.TableAlreadyExists)
				})
			}
			all.Wait()
			if won.Load() != 1 {
				t.Errorf("%d creations succeeded", won.Load())
			}
		})
	}
}

func localStore(t *testing.T) volumes.Store {
	t.Helper()
	store, err := volumes.OpenLocal(t.TempDir())
	must(t, err)
	return store
}

func TestReplaceOverwrites(t *testing.T) {
	c := on(volumestest.NewMemory())
	view := catalog.Table{Name: table("v"), Type: catalog.View, ViewText: "SELECT 1"}
	must(t, c.Replace(t.Context(), view))
	view.ViewText = "SELECT 2"
	must(t, c.Replace(t.Context(), view))
	if got, err := c.Lookup(t.Context(), view.Name); err != nil || got.ViewText != "SELECT 2" {
		t.Errorf("got %+v, %v", got, err)
	}
	view.Name.Schema = "nowhere"
	wantClass(t, c.Replace(t.Context(), view), errclass.SchemaNotFound)
}

func TestSchemas(t *testing.T) {
	ctx, c := t.Context(), on(volumestest.NewMemory())
	const session = catalog.SessionCatalog
	wantClass(t, c.CreateSchema(ctx, session, catalog.DefaultSchema, catalog.Schema{}), errclass.SchemaAlreadyExists)
	must(t, c.CreateSchema(ctx, session, "s", catalog.Schema{Comment: "x"}))
	wantClass(t, c.CreateSchema(ctx, session, "s", catalog.Schema{}), errclass.SchemaAlreadyExists)

	must(t, c.Create(ctx, external(catalog.Name{Catalog: session, Schema: "s", Table: "t"})))
	wantClass(t, c.DropSchema(ctx, session, "s", false), errclass.SchemaNotEmpty)
	must(t, c.DropSchema(ctx, session, "s", true))
	wantClass(t, c.DropSchema(ctx, session, "s", true), errclass.SchemaNotFound)
	_, err := c.Tables(ctx, session, "s")
	wantClass(t, err, errclass.SchemaNotFound)
	wantClass(t, c.DropSchema(ctx, session, catalog.DefaultSchema, true), errclass.UnsupportedFeature)

	must(t, c.CreateSchema(ctx, "other", "s", catalog.Schema{}))
	if got, err := c.Catalogs(ctx); err != nil || !slices.Equal(got, []string{"other", session}) {
		t.Errorf("catalogs are %q, %v", got, err)
	}
	if got, err := c.Schemas(ctx, session); err != nil || !slices.Equal(got, []string{"default"}) {
		t.Errorf("schemas are %q, %v: a dropped one is listed", got, err)
	}
}

// An entry that someone damaged is named, and in nobody else's way.
func TestADamagedEntryHarmsNoOther(t *testing.T) {
	store := volumestest.NewMemory()
	c := on(store)
	must(t, c.Create(t.Context(), external(table("good"))))
	must(t, store.Put(t.Context(), "_catalog/spark_catalog/default/bad.json", []byte("{")))
	wantTables(t, c, "bad", "good")
	if _, err := c.Lookup(t.Context(), table("bad")); err == nil || !strings.Contains(err.Error(), "read catalog entry `spark_catalog`.`default`.`bad`") {
		t.Errorf("got %v", err)
	}
	wantClass(t, c.Create(t.Context(), external(table("good"))), errclass.TableAlreadyExists)
}
