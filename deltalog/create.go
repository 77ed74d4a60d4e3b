package deltalog

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

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
	// Domains gives the domain metadata of the table; by then its columns have their physical names. Nil: there is none.
	Domains func(Metadata) []DomainMetadata
	// ClusteredBy are the columns that the clustering domain tells, for the history: "a", "s.b".
	ClusteredBy []string
	// Operation goes into the table's history. Default: CREATE TABLE; without parameters, those that Spark gives it.
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
	if err := table.Create(ctx, opts); err != nil {
		return nil, err
	}
	return table, nil
}

// Create is [Create] of a table that was opened before it is there; opts.Options count for nothing.
func (t *Table) Create(ctx context.Context, opts CreateOptions) error {
	version, err := t.LatestVersion(ctx)
	if errors.Is(err, errclass.DeltaTableNotFound) {
		err = t.create(ctx, opts)
	} else if err == nil {
		err = errclass.DeltaTableAlreadyExists.New("a Delta table already exists in this folder, at version %d.", version)
	}
	if opts.IfNotExists && errors.Is(err, errclass.DeltaTableAlreadyExists) {
		return nil
	}
	return t.located(err)
}

func (t *Table) create(ctx context.Context, opts CreateOptions) error {
	metadata := Metadata{
		Name: opts.Name, Description: opts.Description, PartitionColumns: opts.PartitionColumns,
		Configuration: opts.Configuration,
	}.WithSchema(opts.Schema)
	txn := t.BeginCreate(opts.Describe())
	txn.UpdateMetadata(metadata)
	txn.tellMaxColumn()
	if opts.Domains != nil {
		for _, d := range opts.Domains(txn.Metadata()) {
			txn.SetDomain(d)
		}
	}
	_, err := txn.Commit(ctx)
	if errors.Is(err, errclass.DeltaProtocolChanged) { // another creator was faster
		return errclass.DeltaTableAlreadyExists.New("a Delta table was created in this folder at the same time: %w", err)
	}
	return err
}

// Describe is the operation as the table's history tells it.
func (o *CreateOptions) Describe() Operation {
	op := o.Operation
	op.Name = cmp.Or(op.Name, "CREATE TABLE")
	if op.Parameters != nil {
		return op
	}
	var description any // null, when there is none
	if o.Description != "" {
		description = o.Description
	}
	op.Parameters = Parameters{}.
		With("partitionBy", jsonText(append([]string{}, o.PartitionColumns...))).
		With("clusterBy", jsonText(append([]string{}, o.ClusteredBy...))).
		With("description", description).
		With("isManaged", strconv.FormatBool(!o.External)).
		With("properties", jsonText(shownProperties(o.Configuration)))
	return op
}

// tellMaxColumn has the history tell the greatest id of a column, among the properties.
func (x *Txn) tellMaxColumn() {
	m := x.metadata()
	id, ok := m.Configuration[propMaxColumnID]
	for i, p := range x.op.Parameters {
		if p.Name != "properties" || !ok {
			continue
		}
		shown := shownProperties(m.Configuration)
		shown[propMaxColumnID] = id
		x.op.Parameters = slices.Clone(x.op.Parameters)
		x.op.Parameters[i].Value = jsonText(shown)
	}
}

// shownProperties are those that a new table keeps: what asks for a feature is in the protocol.
func shownProperties(all map[string]string) map[string]string {
	shown := map[string]string{}
	for name, value := range all {
		if !strings.HasPrefix(name, "delta.feature.") {
			shown[name] = value
		}
	}
	return shown
}

// jsonText is texts as JSON, which cannot fail.
func jsonText[T []string | map[string]string](v T) string {
	out, _ := encodeJSON(v)
	return string(out)
}
