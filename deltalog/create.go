package deltalog

import (
	"context"
	"errors"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// CreateOptions describe a new table.
type CreateOptions struct {
	Schema           Schema
	PartitionColumns []string
	Configuration    map[string]string // table properties
	Name             string
	Description      string
	// Operation goes into the table's history. Default: CREATE TABLE with Spark's parameters.
	Operation Operation
	// External marks a table whose folder was given by the user, for the history.
	External bool
	// IfNotExists makes a table that exists a success; it is left as it is.
	IfNotExists bool
	Options     Options
}

// Create makes an empty table: version 0 of its log. A table that exists is an error of class
// DELTA_TABLE_ALREADY_EXISTS, unless IfNotExists is set.
func Create(ctx context.Context, store volumes.Store, opts CreateOptions) (*Table, error) {
	table := Open(store, opts.Options)
	version, err := table.LatestVersion(ctx)
	if errors.Is(err, errclass.DeltaTableNotFound) {
		err = table.create(ctx, opts)
	} else if err == nil {
		err = errclass.DeltaTableAlreadyExists.New("a Delta table already exists in this folder, at version %d.", version)
	}
	if opts.IfNotExists && errors.Is(err, errclass.DeltaTableAlreadyExists) {
		return table, nil
	}
	if err != nil {
		return nil, err
	}
	return table, nil
}

func (t *Table) create(ctx context.Context, opts CreateOptions) error {
	metadata := Metadata{
		Name: opts.Name, Description: opts.Description, PartitionColumns: opts.PartitionColumns,
		Configuration: opts.Configuration,
	}.WithSchema(opts.Schema)
	txn := t.BeginCreate(opts.operation())
	txn.UpdateMetadata(metadata)
	_, err := txn.Commit(ctx)
	if errors.Is(err, errclass.DeltaProtocolChanged) { // another creator was faster
		return errclass.DeltaTableAlreadyExists.New("a Delta table was created in this folder at the same time: %w", err)
	}
	return err
}

// operation is what Spark writes for CREATE TABLE, unless the caller says otherwise.
func (o *CreateOptions) operation() Operation {
	if o.Operation.Name != "" {
		return o.Operation
	}
	managed := "true"
	if o.External {
		managed = "false"
	}
	var description any // null, when there is none
	if o.Description != "" {
		description = o.Description
	}
	return Operation{Name: "CREATE TABLE", Parameters: Parameters{}.
		With("partitionBy", jsonText(append([]string{}, o.PartitionColumns...))).
		With("clusterBy", "[]").
		With("description", description).
		With("isManaged", managed).
		With("properties", jsonText(nonNil(o.Configuration)))}
}

func nonNil(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// jsonText is texts as JSON, which cannot fail.
func jsonText[T []string | map[string]string](v T) string {
	out, _ := encodeJSON(v)
	return string(out)
}
