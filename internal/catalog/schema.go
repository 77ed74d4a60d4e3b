package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// Schema is the entry of a schema.
type Schema struct {
	Comment    string            `json:"comment,omitempty"`
	Location   string            `json:"location,omitempty"`
	Properties map[string]string `json:"properties,omitempty"`
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

// CreateSchema makes a schema, and with it its catalog.
func (c *Catalog) CreateSchema(ctx context.Context, catalog, schema string, s Schema) error {
	if err := check(catalog, schema); err != nil {
		return err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode schema %s: %w", schema, err)
	}
	exists := errclass.SchemaAlreadyExists.New("Cannot create schema `%s` because it already exists.", schema).
		WithHint("Choose a different name, drop the existing schema, or add the IF NOT EXISTS clause to tolerate pre-existing schema.")
	if catalog == SessionCatalog && schema == DefaultSchema {
		return exists
	}
	err = c.store.PutIfAbsent(ctx, path.Join(schemaFolder(catalog, schema), schemaFile), data)
	if errors.Is(err, fs.ErrExist) {
		return exists
	}
	return err
}

// Schema reads the entry of a schema.
func (c *Catalog) Schema(ctx context.Context, catalog, schema string) (Schema, error) {
	if check(catalog, schema) != nil {
		return Schema{}, c.SchemaNotFound(ctx, catalog, schema)
	}
	data, err := volumes.ReadFileMax(ctx, c.store, path.Join(schemaFolder(catalog, schema), schemaFile), maxEntry)
	if errors.Is(err, fs.ErrNotExist) {
		if catalog == SessionCatalog && schema == DefaultSchema {
			return Schema{Comment: "default database"}, nil
		}
		return Schema{}, c.SchemaNotFound(ctx, catalog, schema)
	}
	var s Schema
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return Schema{}, fmt.Errorf("read schema %s: %w", Name{Catalog: catalog, Schema: schema}, err)
	}
	return s, nil
}

// AlterSchema changes the entry of a schema.
func (c *Catalog) AlterSchema(ctx context.Context, catalog, schema string, change func(*Schema) error) error {
	if _, err := c.Schema(ctx, catalog, schema); err != nil { // outside the lock: there need be no folder to hold its file
		return err
	}
	return c.whenFree(ctx, Name{catalog, schema, schemaLock}, func() error {
		s, err := c.Schema(ctx, catalog, schema)
		if err != nil {
			return err
		}
		if err := change(&s); err != nil {
			return err
		}
		data, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("encode schema %s: %w", schema, err)
		}
		return c.store.Put(ctx, path.Join(schemaFolder(catalog, schema), schemaFile), data)
	})
}

// schemaLock names the lock of a schema's own entry. No table is called so.
const schemaLock = "_schema/"

// DropSchema removes a schema. With tables in it, it is refused unless cascade drops them too.
func (c *Catalog) DropSchema(ctx context.Context, catalog, schema string, cascade bool) error {
	if catalog == SessionCatalog && schema == DefaultSchema {
		return errclass.UnsupportedFeature.New("The feature is not supported: Drop the default schema %s.", Name{Catalog: catalog, Schema: schema})
	}
	if err := c.requireSchema(ctx, catalog, schema); err != nil {
		return err
	}
	standing, dropped, err := c.entries(ctx, catalog, schema)
	if err != nil {
		return err
	}
	if len(standing) > 0 && !cascade {
		return errclass.SchemaNotEmpty.New("Cannot drop a schema `%s` because it contains objects.", schema).
			WithHint("Use DROP SCHEMA ... CASCADE to drop the schema and all its objects.")
	}
	for _, t := range standing {
		if err := c.Drop(ctx, Name{catalog, schema, t}); err != nil && !errors.Is(err, errclass.TableNotFound) {
			return err
		}
	}
	for _, t := range dropped {
		if err := c.settle(ctx, Name{catalog, schema, t}); err != nil {
			return err
		}
	}
	err = c.whenFree(ctx, Name{catalog, schema, schemaLock}, func() error {
		return c.store.Delete(ctx, path.Join(schemaFolder(catalog, schema), schemaFile))
	})
	if errors.Is(err, fs.ErrNotExist) {
		return c.SchemaNotFound(ctx, catalog, schema) // another was faster
	}
	return err
}

// HasSchema reports whether a schema exists.
func (c *Catalog) HasSchema(ctx context.Context, catalog, schema string) (bool, error) {
	if catalog == SessionCatalog && schema == DefaultSchema {
		return true, nil
	}
	if valid := check(catalog, schema) == nil; !valid {
		return false, nil
	}
	_, err := volumes.StatFile(ctx, c.store, path.Join(schemaFolder(catalog, schema), schemaFile))
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
