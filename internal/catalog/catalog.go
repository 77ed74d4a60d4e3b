package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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

// Table is the entry of a table or view.
type Table struct {
	Name     Name   `json:"-"`
	Type     string `json:"type"` // MANAGED, EXTERNAL or VIEW
	Provider string `json:"provider,omitempty"`
	Location string `json:"location,omitempty"` // as volumes.Space resolves it
	ViewText string `json:"viewText,omitempty"`
	// Of a view: where the names in its text belong, its query's columns when it was made, and their names in the view
	// where it has its own.
	ViewCatalog string            `json:"viewCatalog,omitempty"`
	ViewSchema  string            `json:"viewSchema,omitempty"`
	ViewOutput  []string          `json:"viewOutput,omitempty"`
	ViewColumns []string          `json:"viewColumns,omitempty"`
	Comment     string            `json:"comment,omitempty"`
	Created     int64             `json:"created"` // ms since the epoch
	Dropped     bool              `json:"dropped,omitempty"`
	Options     map[string]string `json:"options,omitempty"`
	Reserved    bool              `json:"reserved,omitempty"` // its folder goes by another name
	// While a table gets another name, see [Catalog.Rename].
	RenamedFrom *Name `json:"renamedFrom,omitempty"`
	RenamedTo   *Name `json:"renamedTo,omitempty"`
}

// The types of table.
const (
	Managed  = "MANAGED"
	External = "EXTERNAL"
	View     = "VIEW"
)

// Catalog is the names on one root. It keeps nothing in memory.
type Catalog struct {
	space *volumes.Space
	store volumes.Store
}

// New is the catalog of a space's root.
func New(space *volumes.Space) *Catalog { return &Catalog{space: space, store: space.Root()} }

// Lookup finds a table or view. An unknown one is an error of class TABLE_OR_VIEW_NOT_FOUND.
func (c *Catalog) Lookup(ctx context.Context, n Name) (Table, error) {
	if err := check(n.Catalog, n.Schema, n.Table); err != nil {
		return Table{}, err
	}
	t, err := c.entry(ctx, n)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Table{}, c.notFound(ctx, n)
	case err != nil:
		return Table{}, err
	case t.Dropped:
		if err := c.finishDrop(ctx, n); err != nil && !isLocked(err) {
			return Table{}, err
		}
		return Table{}, c.notFound(ctx, n)
	}
	moved, err := c.isMoved(ctx, t)
	if err != nil {
		return Table{}, err
	}
	if moved {
		return Table{}, c.notFound(ctx, n)
	}
	t.RenamedFrom, t.RenamedTo = nil, nil
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
	if err := c.CanCreate(ctx, t.Name); err != nil {
		return err
	}
	data, err := encode(t)
	if err != nil {
		return err
	}
	err = c.store.PutIfAbsent(ctx, t.Name.file(), data)
	if errors.Is(err, fs.ErrExist) {
		return c.exists(t.Name)
	}
	return err
}

func (c *Catalog) exists(n Name) error {
	return errclass.TableAlreadyExists.New("Cannot create table or view %s because it already exists.", n).
		WithHint("Choose a different name, drop or replace the existing object, or add the IF NOT EXISTS clause to tolerate pre-existing objects.")
}

// CanCreate reports, before any work is done, what would make Create fail. On return no drop of the name is
// under way: what is then put at its place stays there.
func (c *Catalog) CanCreate(ctx context.Context, n Name) error {
	if err := c.settle(ctx, n); err != nil {
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

// settle checks that a name can be used, and finishes a drop or a renaming of it, or waits for who is at it.
func (c *Catalog) settle(ctx context.Context, n Name) error {
	if err := check(n.Catalog, n.Schema, n.Table); err != nil {
		return err
	}
	if err := c.requireSchema(ctx, n.Catalog, n.Schema); err != nil {
		return err
	}
	t, err := c.entry(ctx, n)
	if err != nil {
		return nil //nolint:nilerr // an entry that is not there, or cannot be read, is the caller's to meet
	}
	if !t.Dropped {
		return c.settleRename(ctx, t)
	}
	return c.whenFree(ctx, n, func() error { return c.finishMarked(ctx, n) })
}

// Replace makes an entry or overwrites the one there is.
func (c *Catalog) Replace(ctx context.Context, t Table) error {
	if err := c.settle(ctx, t.Name); err != nil {
		return err
	}
	return c.whenFree(ctx, t.Name, func() error { return c.put(ctx, t) })
}

// Tables lists the tables and views of a schema.
func (c *Catalog) Tables(ctx context.Context, catalog, schema string) ([]string, error) {
	if err := c.requireSchema(ctx, catalog, schema); err != nil {
		return nil, err
	}
	standing, _, err := c.entries(ctx, catalog, schema)
	return standing, err
}

// entries lists the names in a schema: those that stand, and those whose drop has not come to its end.
func (c *Catalog) entries(ctx context.Context, catalog, schema string) (standing, dropped []string, err error) {
	files, err := c.list(ctx, schemaFolder(catalog, schema), volumes.ListOptions{})
	if err != nil {
		return nil, nil, err
	}
	for _, file := range files {
		name, ok := strings.CutSuffix(file, ".json")
		if !ok {
			continue
		}
		name = unescape(name)
		t, err := c.entry(ctx, Name{catalog, schema, name})
		moved := false
		if err == nil {
			moved, err = c.isMoved(ctx, t)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist), moved: // gone since the listing
		case err == nil && t.Dropped:
			dropped = append(dropped, name)
		default:
			standing = append(standing, name) // one that cannot be read too: Lookup says why
		}
	}
	return standing, dropped, nil
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

// entry reads an entry, marked as dropped or not. One that does not exist is an error that wraps fs.ErrNotExist.
func (c *Catalog) entry(ctx context.Context, n Name) (Table, error) {
	t := Table{Name: n}
	data, err := volumes.ReadFileMax(ctx, c.store, n.file(), maxEntry)
	if err == nil {
		if err = json.Unmarshal(data, &t); err != nil {
			err = fmt.Errorf("decode %s: %w", n.file(), err)
		}
	}
	for _, other := range []*Name{t.RenamedFrom, t.RenamedTo} {
		if err == nil && other != nil {
			err = check(other.Catalog, other.Schema, other.Table)
		}
	}
	if err != nil {
		return Table{}, fmt.Errorf("read catalog entry %s: %w", n, err)
	}
	return t, nil
}

func (c *Catalog) put(ctx context.Context, t Table) error {
	data, err := encode(t)
	if err != nil {
		return err
	}
	return c.store.Put(ctx, t.Name.file(), data)
}

func encode(t Table) ([]byte, error) {
	data, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("encode catalog entry %s: %w", t.Name, err)
	}
	return data, nil
}
