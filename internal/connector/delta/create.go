package delta

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// CreateOptions says what an empty table is.
type CreateOptions struct {
	Schema      types.Struct
	PartitionBy []string
	Properties  map[string]string
	Comment     string
	Managed     bool
	Operation   string // in the history; empty: CREATE TABLE
	Replace     bool
}

// Create makes an empty table. Where the folder holds a table already it is adopted if it is what was asked for
// (or no columns were), replaced under Replace, and refused otherwise.
func Create(ctx context.Context, t Table, opts CreateOptions) error {
	parts, err := partitionNames(opts.Schema, opts.PartitionBy)
	if err != nil {
		return err
	}
	opts.PartitionBy = parts
	snap, err := t.Log.Snapshot(ctx)
	switch {
	case errors.Is(err, errclass.DeltaTableNotFound):
		return createNew(ctx, t, opts)
	case err != nil:
		return err
	case opts.Replace:
		return replaceEmpty(ctx, snap, opts)
	}
	return opts.adopt(t, snap)
}

// adopt refuses a table that is not what was asked for.
func (o CreateOptions) adopt(t Table, snap *deltalog.Snapshot) error {
	have, err := snap.Schema()
	if err != nil {
		return err
	}
	meta := snap.Metadata()
	if len(o.Schema.Fields) > 0 {
		if !types.EqualIgnoringNullability(have, o.Schema) {
			return errclass.DeltaSchemaMismatch.New("The specified schema does not match the existing schema at %s. Specified: %s. Existing: %s.", t.URI, o.Schema, have).
				WithHint("Leave out the columns to take over the table as it is, or choose another location.")
		}
		if !slices.Equal(o.PartitionBy, meta.PartitionColumns) {
			return errclass.DeltaDifferentPartitioning.New("The specified partitioning does not match the existing partitioning at %s. Specified: %v. Existing: %v.", t.URI, o.PartitionBy, meta.PartitionColumns).
				WithHint("Leave out columns and partitioning to take over the table as it is, or choose another location.")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Properties)) {
		if value := o.Properties[name]; meta.Configuration[name] != value && !ofProtocol(name) {
			return errclass.DeltaDifferentProperties.New("The specified properties do not match the existing properties at %s. Specified: %s=%s. Existing: %q.", t.URI, name, value, meta.Configuration[name]).
				WithHint("Leave out the property to take over the table as it is, or choose another location.")
		}
	}
	return nil
}

// ofProtocol reports whether a property speaks of the protocol, which a table keeps elsewhere.
func ofProtocol(name string) bool {
	return strings.HasPrefix(name, "delta.feature.") || name == "delta.minReaderVersion" || name == "delta.minWriterVersion"
}

func createNew(ctx context.Context, t Table, opts CreateOptions) error {
	if len(opts.Schema.Fields) == 0 {
		return errclass.DeltaSchemaNotSet.New("Table schema is not set. Write data into it or use CREATE TABLE to set the schema.")
	}
	err := t.Log.Create(ctx, opts.log())
	if errors.Is(err, errclass.DeltaTableAlreadyExists) {
		return Create(ctx, t, opts) // another made it meanwhile: adopt or refuse
	}
	return err
}

// log is the options as the log takes them.
func (o CreateOptions) log() deltalog.CreateOptions {
	return deltalog.CreateOptions{
		Schema: o.Schema, PartitionColumns: o.PartitionBy, Configuration: o.Properties, Description: o.Comment,
		External: !o.Managed, Operation: deltalog.Operation{Name: o.Operation},
	}
}

func replaceEmpty(ctx context.Context, snap *deltalog.Snapshot, opts CreateOptions) error {
	history := opts.log()
	txn := snap.Begin(history.Describe())
	meta := snap.Metadata().WithSchema(opts.Schema)
	meta.Description = opts.Comment
	meta.PartitionColumns = opts.PartitionBy
	meta.Configuration = maps.Clone(opts.Properties)
	txn.UpdateMetadata(meta)
	txn.ReadWholeTable()
	for f, err := range snap.Files(ctx) {
		if err != nil {
			return err
		}
		txn.Remove(f)
	}
	_, err := txn.Commit(ctx)
	return err
}
