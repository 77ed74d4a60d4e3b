package catalog

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"lakehouse/internal/errclass"
)

// A Name is a full name, in lower case.
type Name struct {
	Catalog, Schema, Table string
}

// Parts is the name as a list, for plans.
func (n Name) Parts() []string { return []string{n.Catalog, n.Schema, n.Table} }

// String quotes the parts as Spark's messages do: `spark_catalog`.`default`.`t`.
func (n Name) String() string {
	parts := []string{n.Catalog, n.Schema}
	if n.Table != "" {
		parts = append(parts, n.Table)
	}
	for i, p := range parts {
		parts[i] = "`" + strings.ReplaceAll(p, "`", "``") + "`"
	}
	return strings.Join(parts, ".")
}

// check refuses names that cannot be kept. An empty one is more than ugly: it would place a managed table at the
// warehouse itself, and dropping it would take all others along.
func check(names ...string) error {
	for _, name := range names {
		if name == "" {
			return errclass.InvalidName.New("`` is not a valid name for tables/schemas.").WithHint("Give it at least one letter.")
		}
		if length := len(escape(name)); length > maxEscaped {
			return errclass.InvalidName.New("`%s` is not a valid name for tables/schemas.", name).
				WithHint("As a file name it has %d bytes, of which %d are allowed.", length, maxEscaped)
		}
	}
	return nil
}

// maxEscaped leaves room for what stands before and behind a name in its files'.
const maxEscaped = 240

// Location is where a managed table lies when its schema has no location of its own.
func Location(n Name) string {
	return path.Join(SchemaLocation(n.Catalog, n.Schema), escapeTable(n.Table))
}

// SchemaLocation is where the managed tables of a schema lie when it has no location of its own.
func SchemaLocation(catalog, schema string) string {
	dir := warehouse
	if catalog != SessionCatalog {
		dir = path.Join(dir, escape(catalog)+".cat")
	}
	if schema != DefaultSchema || catalog != SessionCatalog {
		dir = path.Join(dir, escape(schema)+".db")
	}
	return dir
}

// escapeTable keeps a table named x.db apart from the folder of schema x, and one named x.2.tbl from the second folder of table x.
func escapeTable(name string) string {
	e := escape(name)
	for _, suffix := range []string{".db", ".cat", otherFolder} {
		if stem, ok := strings.CutSuffix(e, suffix); ok {
			return stem + "%2E" + suffix[1:]
		}
	}
	return e
}

func (n Name) file() string { return path.Join(n.folder(), escape(n.Table)+".json") }

func (n Name) lockFile() string { return path.Join(n.folder(), "."+escape(n.Table)+".lock") }

func (n Name) folder() string { return schemaFolder(n.Catalog, n.Schema) }

func schemaFolder(catalog, schema string) string {
	return path.Join(folder, escape(catalog), escape(schema))
}

// escape makes any name a file name that no listing hides and no path rule refuses.
func escape(name string) string {
	e := url.PathEscape(strings.ToLower(name))
	if strings.HasPrefix(e, ".") || strings.HasPrefix(e, "_") {
		e = fmt.Sprintf("%%%02X", e[0]) + e[1:]
	}
	return e
}

func unescape(name string) string {
	if u, err := url.PathUnescape(name); err == nil {
		return u
	}
	return name
}
