package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// The names that always exist.
const (
	SessionCatalog = "spark_catalog"
	DefaultSchema  = "default"
)

const (
	folder     = "_catalog"
	schemaFile = "_schema.json"
	warehouse  = "/user/hive/warehouse"
	maxEntry   = 1 << 20
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

// Table is the entry of a table or view.
type Table struct {
	Name     Name              `json:"-"`
	Type     string            `json:"type"` // MANAGED, EXTERNAL or VIEW
	Provider string            `json:"provider,omitempty"`
	Location string            `json:"location,omitempty"` // as volumes.Space resolves it
	ViewText string            `json:"viewText,omitempty"`
	Comment  string            `json:"comment,omitempty"`
	Created  int64             `json:"created"` // ms since the epoch
	Dropped  bool              `json:"dropped,omitempty"`
	Options  map[string]string `json:"options,omitempty"`
}

// The types of table.
const (
	Managed  = "MANAGED"
	External = "EXTERNAL"
	View     = "VIEW"
)

// Schema is the entry of a schema.
type Schema struct {
	Comment    string            `json:"comment,omitempty"`
	Location   string            `json:"location,omitempty"`
	Properties map[string]string `json:"properties,omitempty"`
}

// Catalog is the names on one root. It keeps nothing in memory.
type Catalog struct {
	space *volumes.Space
	store volumes.Store
}

// New is the catalog of a space's root.
func New(space *volumes.Space) *Catalog { return &Catalog{space: space, store: space.Root()} }

// Location is where a managed table lies.
func Location(n Name) string {
	dir := warehouse
	if n.Catalog != SessionCatalog {
		dir = path.Join(dir, escape(n.Catalog)+".cat")
	}
	if n.Schema != DefaultSchema || n.Catalog != SessionCatalog {
		dir = path.Join(dir, escape(n.Schema)+".db")
	}
	return path.Join(dir, escape(n.Table))
}

// Lookup finds a table or view. An unknown one is an error of class TABLE_OR_VIEW_NOT_FOUND.
func (c *Catalog) Lookup(ctx context.Context, n Name) (Table, error) {
	t := Table{Name: n}
	err := c.read(ctx, c.tableFile(n), &t)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Table{}, c.notFound(ctx, n)
	case err != nil:
		return Table{}, fmt.Errorf("read catalog entry %s: %w", n, err)
	case t.Dropped:
		if err := c.finishDrop(ctx, t); err != nil {
			return Table{}, err
		}
		return Table{}, c.notFound(ctx, n)
	}
	return t, nil
}

func (c *Catalog) notFound(ctx context.Context, n Name) error {
	e := errclass.TableNotFound.New("The table or view %s cannot be found. Verify the spelling and correctness of the schema and catalog.", n)
	tables, err := c.Tables(ctx, n.Catalog, n.Schema)
	if err == nil {
		e = e.WithHint("%s", errclass.DidYouMean(n.Table, tables))
	}
	if e.Hint == "" {
		e = e.WithHint("If you did not qualify the name with a schema, verify the current_schema() output, or qualify the name with the correct schema and catalog.")
	}
	return e
}

// Create makes an entry. One that exists is an error of class TABLE_OR_VIEW_ALREADY_EXISTS.
func (c *Catalog) Create(ctx context.Context, t Table) error {
	if err := c.CanCreate(ctx, t.Name); err != nil { // finishes a drop that was cut short
		return err
	}
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode catalog entry %s: %w", t.Name, err)
	}
	err = c.store.PutIfAbsent(ctx, c.tableFile(t.Name), data)
	if errors.Is(err, fs.ErrExist) {
		return c.exists(t.Name)
	}
	return err
}

func (c *Catalog) exists(n Name) error {
	return errclass.TableAlreadyExists.New("Cannot create table or view %s because it already exists.", n).
		WithHint("Choose a different name, drop or replace the existing object, or add the IF NOT EXISTS clause to tolerate pre-existing objects.")
}

// CanCreate reports, before any work is done, what would make Create fail.
func (c *Catalog) CanCreate(ctx context.Context, n Name) error {
	if err := c.requireSchema(ctx, n.Catalog, n.Schema); err != nil {
		return err
	}
	_, err := c.Lookup(ctx, n)
	if err == nil {
		return c.exists(n)
	}
	if errors.Is(err, errclass.TableNotFound) {
		return nil
	}
	return err
}

// Replace makes an entry or overwrites the one there is.
func (c *Catalog) Replace(ctx context.Context, t Table) error {
	if err := c.requireSchema(ctx, t.Name.Catalog, t.Name.Schema); err != nil {
		return err
	}
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode catalog entry %s: %w", t.Name, err)
	}
	return c.store.Put(ctx, c.tableFile(t.Name), data)
}

// Drop removes an entry, and a managed table's files.
func (c *Catalog) Drop(ctx context.Context, n Name) error {
	t, err := c.Lookup(ctx, n)
	if err != nil {
		return err
	}
	if t.Type == Managed {
		t.Dropped = true
		if err := c.Replace(ctx, t); err != nil {
			return err
		}
	}
	return c.finishDrop(ctx, t)
}

func (c *Catalog) finishDrop(ctx context.Context, t Table) error {
	if t.Type == Managed {
		at, err := c.space.Resolve(t.Location)
		if err != nil {
			return err
		}
		if err := volumes.RemoveAll(ctx, at.Store, at.Key); err != nil {
			return fmt.Errorf("drop %s: %w", t.Name, err)
		}
	}
	err := c.store.Delete(ctx, c.tableFile(t.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Tables lists the tables and views of a schema.
func (c *Catalog) Tables(ctx context.Context, catalog, schema string) ([]string, error) {
	if err := c.requireSchema(ctx, catalog, schema); err != nil {
		return nil, err
	}
	names, err := c.list(ctx, path.Join(folder, escape(catalog), escape(schema)), volumes.ListOptions{})
	var tables []string
	for _, n := range names {
		if n, ok := strings.CutSuffix(n, ".json"); ok {
			tables = append(tables, unescape(n))
		}
	}
	return tables, err
}

// Schemas lists the schemas of a catalog.
func (c *Catalog) Schemas(ctx context.Context, catalog string) ([]string, error) {
	dirs, err := c.list(ctx, path.Join(folder, escape(catalog)), volumes.ListOptions{Dirs: true})
	if err != nil {
		return nil, err
	}
	var names []string
	if catalog == SessionCatalog {
		names = append(names, DefaultSchema)
	}
	for _, dir := range dirs {
		name := unescape(dir)
		ok, err := c.HasSchema(ctx, catalog, name)
		if err != nil {
			return nil, err
		}
		if ok && !slices.Contains(names, name) { // a dropped schema leaves its folder
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Catalogs lists the catalogs.
func (c *Catalog) Catalogs(ctx context.Context) ([]string, error) {
	names, err := c.list(ctx, folder, volumes.ListOptions{Dirs: true})
	for i, n := range names {
		names[i] = unescape(n)
	}
	if !slices.Contains(names, SessionCatalog) {
		names = append(names, SessionCatalog)
	}
	slices.Sort(names)
	return names, err
}

// CreateSchema makes a schema, and with it its catalog.
func (c *Catalog) CreateSchema(ctx context.Context, catalog, schema string, s Schema) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode schema %s: %w", schema, err)
	}
	exists := errclass.SchemaAlreadyExists.New("Cannot create schema `%s` because it already exists.", schema).
		WithHint("Choose a different name, drop the existing schema, or add the IF NOT EXISTS clause to tolerate pre-existing schema.")
	if catalog == SessionCatalog && schema == DefaultSchema {
		return exists
	}
	err = c.store.PutIfAbsent(ctx, path.Join(folder, escape(catalog), escape(schema), schemaFile), data)
	if errors.Is(err, fs.ErrExist) {
		return exists
	}
	return err
}

// DropSchema removes a schema. With tables in it, it is refused unless cascade drops them too.
func (c *Catalog) DropSchema(ctx context.Context, catalog, schema string, cascade bool) error {
	tables, err := c.Tables(ctx, catalog, schema)
	if err != nil {
		return err
	}
	if len(tables) > 0 && !cascade {
		return errclass.SchemaNotEmpty.New("Cannot drop a schema `%s` because it contains objects.", schema).
			WithHint("Use DROP SCHEMA ... CASCADE to drop the schema and all its objects.")
	}
	for _, t := range tables {
		if err := c.Drop(ctx, Name{catalog, schema, t}); err != nil {
			return err
		}
	}
	return c.store.Delete(ctx, path.Join(folder, escape(catalog), escape(schema), schemaFile))
}

// HasSchema reports whether a schema exists.
func (c *Catalog) HasSchema(ctx context.Context, catalog, schema string) (bool, error) {
	if catalog == SessionCatalog && schema == DefaultSchema {
		return true, nil
	}
	_, err := c.store.Stat(ctx, path.Join(folder, escape(catalog), escape(schema), schemaFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (c *Catalog) requireSchema(ctx context.Context, catalog, schema string) error {
	ok, err := c.HasSchema(ctx, catalog, schema)
	if err != nil || ok {
		return err
	}
	return c.SchemaNotFound(ctx, catalog, schema)
}

// SchemaNotFound is the error for a schema that does not exist.
func (c *Catalog) SchemaNotFound(ctx context.Context, catalog, schema string) error {
	e := errclass.SchemaNotFound.New("The schema %s cannot be found. Verify the spelling and correctness of the schema and catalog.", Name{Catalog: catalog, Schema: schema})
	if all, err := c.Schemas(ctx, catalog); err == nil {
		e = e.WithHint("%s", errclass.DidYouMean(schema, all))
	}
	return e
}

func (c *Catalog) list(ctx context.Context, dir string, opts volumes.ListOptions) ([]string, error) {
	var names []string
	for info, err := range c.store.List(ctx, dir, opts) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if info.IsDir == opts.Dirs {
			names = append(names, path.Base(info.Name))
		}
	}
	return names, nil
}

func (c *Catalog) read(ctx context.Context, name string, into any) error {
	data, err := volumes.ReadFileMax(ctx, c.store, name, maxEntry)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

func (c *Catalog) tableFile(n Name) string {
	return path.Join(folder, escape(n.Catalog), escape(n.Schema), escape(n.Table)+".json")
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
