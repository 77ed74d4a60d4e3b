package catalog_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lakehouse/internal/catalog"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
	"lakehouse/volumes/volumestest"
)

var oddNames = []string{
	"_delta_log", "_schema", "_x", ".hidden", ".", "..", "a-b", "a.b", "x.db", "x.cat", "a.json", "a/b", "../../etc", `a\b`, "a b", "a%2fb", "a`b",
	"naïve", "表", "émoji🙂", "ǆ", "con", "\x00", strings.Repeat("n", 200), strings.Repeat("ž", 39),
}

// Any name can be a table's, and each is another table, with files of its own that are below the warehouse.
func TestOddNamesAreKept(t *testing.T) {
	for storeName, store := range map[string]volumes.Store{
		"memory": volumestest.NewMemory(), "disk": localStore(t),
	} {
		t.Run(storeName, func(t *testing.T) {
			c := on(store)
			must(t, c.CreateSchema(t.Context(), catalog.SessionCatalog, "x", catalog.Schema{})) // its folder is x.db
			places := map[string]string{}
			for _, name := range oddNames {
				must(t, makeManaged(t.Context(), store, table(name)))
				location := catalog.Location(table(name))
				if path.Dir(location) != "/user/hive/warehouse" || path.Clean(location) != location || strings.HasPrefix(path.Base(location), ".") || strings.HasPrefix(path.Base(location), "_") {
					t.Errorf("%q lies at %s", name, location)
				}
				if other, taken := places[location]; taken || location == "/user/hive/warehouse/x.db" {
					t.Errorf("%q lies where %q does: %s", name, other, location)
				}
				places[location] = name
			}
			want := slices.Sorted(slices.Values(oddNames))
			got, err := c.Tables(t.Context(), catalog.SessionCatalog, catalog.DefaultSchema)
			slices.Sort(got)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("tables are %q, %v\nwant %q", got, err, want)
			}
			for i, name := range oddNames {
				if got, err := c.Lookup(t.Context(), table(name)); err != nil || got.Name.Table != name {
					t.Errorf("lookup of %q: %+v, %v", name, got, err)
				}
				must(t, c.Drop(t.Context(), table(name)))
				for _, left := range oddNames[i+1:] {
					if _, err := store.Stat(t.Context(), strings.TrimPrefix(catalog.Location(table(left)), "/")+"/part-0.parquet"); err != nil {
						t.Fatalf("dropping %q took %q along: %v", name, left, err)
					}
				}
			}
			if left := files(t, store); !slices.Equal(left, []string{"_catalog/spark_catalog/x/_schema.json"}) {
				t.Errorf("left are %q", left)
			}
		})
	}
}

func TestOddSchemasAndCatalogsAreKept(t *testing.T) {
	ctx, c := t.Context(), on(volumestest.NewMemory())
	for _, name := range oddNames {
		must(t, c.CreateSchema(ctx, name, name, catalog.Schema{}))
		n := catalog.Name{Catalog: name, Schema: name, Table: "t"}
		must(t, c.Create(ctx, external(n)))
		if got, err := c.Tables(ctx, name, name); err != nil || !slices.Equal(got, []string{"t"}) {
			t.Errorf("tables of %q are %q, %v", name, got, err)
		}
		if got, err := c.Schemas(ctx, name); err != nil || !slices.Equal(got, []string{name}) {
			t.Errorf("schemas of catalog %q are %q, %v", name, got, err)
		}
	}
	want := slices.Sorted(slices.Values(append([]string{catalog.SessionCatalog}, oddNames...)))
	if got, err := c.Catalogs(ctx); err != nil || !slices.Equal(got, want) {
		t.Errorf("catalogs are %q, %v", got, err)
	}
}

// Names that cannot be kept are refused before anything is made: an empty one would place a table at the
// warehouse itself.
func TestNamesThatCannotBeKeptAreRefused(t *testing.T) {
	store := volumestest.NewMemory()
	c := on(store)
	for _, bad := range []string{"", strings.Repeat("n", 241), strings.Repeat("ž", 41)} {
		n := table(bad)
		wantClass(t, c.CanCreate(t.Context(), n), errclass.InvalidName)
		wantClass(t, c.Create(t.Context(), catalog.Table{Name: n, Type: catalog.Managed, Location: catalog.Location(n)}), errclass.InvalidName)
		wantClass(t, c.Replace(t.Context(), catalog.Table{Name: n, Type: catalog.View}), errclass.InvalidName)
		wantClass(t, c.Drop(t.Context(), n), errclass.InvalidName)
		_, err := c.Lookup(t.Context(), n)
		wantClass(t, err, errclass.InvalidName)
		wantClass(t, c.CreateSchema(t.Context(), catalog.SessionCatalog, bad, catalog.Schema{}), errclass.InvalidName)
		wantClass(t, c.CreateSchema(t.Context(), bad, "s", catalog.Schema{}), errclass.InvalidName)
		if ok, err := c.HasSchema(t.Context(), catalog.SessionCatalog, bad); ok || err != nil {
			t.Errorf("schema %q: %v, %v", bad, ok, err)
		}
	}
	if left := files(t, store); len(left) != 0 {
		t.Errorf("left are %q", left)
	}
}

func TestNamesAreQuoted(t *testing.T) {
	for want, n := range map[string]catalog.Name{
		"`spark_catalog`.`default`.`t`": table("t"),
		"`c`.`s`":                       {Catalog: "c", Schema: "s"},
		"`c`.`s`.`a``b.c`":              {Catalog: "c", Schema: "s", Table: "a`b.c"},
	} {
		if n.String() != want {
			t.Errorf("%#v is %s, want %s", n, n, want)
		}
	}
}

func TestLocationIsSparks(t *testing.T) {
	for want, n := range map[string]catalog.Name{
		"/user/hive/warehouse/t":                    table("t"),
		"/user/hive/warehouse/sales.db/t":           {Catalog: catalog.SessionCatalog, Schema: "sales", Table: "t"},
		"/user/hive/warehouse/dev.cat/s.db/t":       {Catalog: "dev", Schema: "s", Table: "t"},
		"/user/hive/warehouse/dev.cat/default.db/t": {Catalog: "dev", Schema: "default", Table: "t"},
	} {
		if got := catalog.Location(n); got != want {
			t.Errorf("%s lies at %s, want %s", n, got, want)
		}
	}
}

// Different names lie at different places, none within another's.
func TestLocationsAreApart(t *testing.T) {
	part := rapid.OneOf(rapid.SampledFrom([]string{"default", "spark_catalog", "x", "x.db", "x.cat", "t"}), rapid.StringMatching(`[a-z_.%/é]{1,6}`))
	names := rapid.Custom(func(t *rapid.T) catalog.Name {
		return catalog.Name{Catalog: part.Draw(t, "catalog"), Schema: part.Draw(t, "schema"), Table: part.Draw(t, "table")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := names.Draw(t, "a"), names.Draw(t, "b")
		inA, inB := catalog.Location(a), catalog.Location(b)
		if a != b && (inA == inB || strings.HasPrefix(inA, inB+"/") || strings.HasPrefix(inB, inA+"/")) {
			t.Fatalf("%v lies at %s and %v at %s", a, inA, b, inB)
		}
	})
}
