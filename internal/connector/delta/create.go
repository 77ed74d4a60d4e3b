package delta

import (
	"context"
	"errors"
	"maps"
	"slices"

	"lakehouse/deltalog"
	"lakehouse/internal/connector/datafiles"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// CreateOptions says what an empty table is.
type CreateOptions struct {
	Schema      types.Struct
	PartitionBy []string
	ClusterBy   [][]string // paths of columns
	Properties  map[string]string
	Comment     string
	Managed     bool
	Operation   string // in the history; empty: CREATE TABLE
	Replace     bool
	Eval        expr.Context // for the check of generated columns and defaults

	clustered []string // the columns of ClusterBy, as the history tells them
}

// Create makes an empty table. Where the folder holds a table already it is adopted if its columns are the
// same (or none were asked for), replaced under Replace, and refused otherwise.
func Create(ctx context.Context, t Table, opts CreateOptions) error {
	var err error
	if opts.Properties, err = tableProperties(opts.Properties); err != nil {
		return err
	}
	snap, err := t.Log.Snapshot(ctx)
	if errors.Is(err, errclass.DeltaTableNotFound) {
		return createNew(ctx, t, opts)
	}
	if err != nil {
		return err
	}
	have, err := snap.Schema()
	if err != nil {
		return err
	}
	switch {
	case opts.Replace:
		return replaceEmpty(ctx, snap, opts)
	case len(opts.Schema.Fields) == 0:
		return nil
	case types.EqualIgnoringNullability(have, opts.Schema):
		return adopt(t, snap, opts)
	}
	return errclass.DeltaSchemaMismatch.New("The specified schema does not match the existing schema at %s. Specified: %s. Existing: %s.", t.URI, opts.Schema, have).
		WithHint("Leave out the columns to take over the table as it is, or choose another location.")
}

// adopt refuses a table that is not partitioned, or has not the properties, as was asked for.
func adopt(t Table, snap *deltalog.Snapshot, opts CreateOptions) error {
	meta := snap.Metadata()
	parts, err := datafiles.PartitionColumns(opts.Schema, opts.PartitionBy)
	if err != nil {
		return err
	}
	if !slices.Equal(parts, meta.PartitionColumns) {
		return errclass.DeltaOtherPartitioning.New("The specified partitioning does not match the existing partitioning at %s. Specified: %v. Existing: %v.", t.URI, parts, meta.PartitionColumns).
			WithHint("Leave out the columns to take over the table as it is, or choose another location.")
	}
	have := maps.Clone(meta.Configuration)
	maps.DeleteFunc(have, func(name, _ string) bool { return IsBookKeeping(name) }) // nobody asks for it
	if opts.Properties != nil && !maps.Equal(withoutProtocol(opts.Properties), have) {
		return errclass.DeltaOtherProperties.New("The specified properties do not match the existing properties at %s. Specified: %v. Existing: %v.", t.URI, opts.Properties, meta.Configuration).
			WithHint("Leave out TBLPROPERTIES to take over the table as it is, or choose another location.")
	}
	return nil
}

func createNew(ctx context.Context, t Table, opts CreateOptions) error {
	if len(opts.Schema.Fields) == 0 {
		return errclass.DeltaSchemaNotSet.New("Table schema is not set. Write data into it or use CREATE TABLE to set the schema.")
	}
	parts, err := datafiles.PartitionColumns(opts.Schema, opts.PartitionBy)
	if err != nil {
		return err
	}
	opts.PartitionBy = parts
	if err := opts.check(); err != nil {
		return err
	}
	err = t.Log.Create(ctx, opts.log())
	if errors.Is(err, errclass.DeltaTableAlreadyExists) {
		return Create(ctx, t, opts) // another made it meanwhile: adopt or refuse
	}
	return err
}

// check refuses what no table can be, and completes the options for a table that is clustered.
func (o *CreateOptions) check() error {
	if err := checkColumns(o.Schema, o.Properties, o.PartitionBy, o.Eval); err != nil {
		return err
	}
	if o.ClusterBy == nil {
		return nil
	}
	if len(o.PartitionBy) > 0 {
		return errclass.DeltaClusterAndPartition.New("Clustering and partitioning cannot both be specified. Please remove PARTITIONED BY if you want to create a Delta table with clustering.")
	}
	called, _, err := clusterColumns(deltalog.Metadata{Configuration: o.Properties}.WithSchema(o.Schema), o.Schema, o.ClusterBy)
	if err != nil || len(called) == 0 {
		return err
	}
	o.Properties = cloned(o.Properties)
	o.Properties[featurePrefix+"clustering"] = "supported"
	for _, path := range called {
		o.clustered = append(o.clustered, dotted(path))
	}
	o.ClusterBy = called
	return nil
}

// domains tells the clustering columns by the names that data files have for them.
func (o *CreateOptions) domains(meta deltalog.Metadata) []deltalog.DomainMetadata {
	schema, err := meta.Schema()
	if len(o.clustered) == 0 || err != nil {
		return nil
	}
	_, stored, err := clusterColumns(meta, schema, o.ClusterBy)
	if err != nil { // they were checked before
		return nil
	}
	return []deltalog.DomainMetadata{clusteringMetadata(stored)}
}

// log is the options as the log takes them.
func (o CreateOptions) log() deltalog.CreateOptions {
	return deltalog.CreateOptions{
		ClusteredBy: o.clustered, Domains: o.domains,
		Schema: o.Schema, PartitionColumns: o.PartitionBy, Configuration: o.Properties, Description: o.Comment,
		External: !o.Managed, Operation: deltalog.Operation{Name: o.Operation},
	}
}

func replaceEmpty(ctx context.Context, snap *deltalog.Snapshot, opts CreateOptions) error {
	parts, err := datafiles.PartitionColumns(opts.Schema, opts.PartitionBy)
	if err != nil {
		return err
	}
	opts.PartitionBy = parts
	if err := opts.check(); err != nil {
		return err
	}
	was, err := clusteringOf(ctx, snap)
	if err != nil {
		return err
	}
	history := opts.log()
	txn := snap.Begin(history.Describe())
	meta := snap.Metadata().WithSchema(opts.Schema)
	meta.Description = opts.Comment
	meta.PartitionColumns = parts
	meta.Configuration = maps.Clone(opts.Properties)
	txn.UpdateMetadata(meta)
	for _, d := range opts.domains(txn.Metadata()) {
		txn.SetDomain(d)
	}
	if len(was) > 0 && len(opts.clustered) == 0 {
		txn.SetDomain(clusteringMetadata([][]string{}))
	}
	txn.ReadWholeTable()
	for f, err := range snap.Files(ctx) {
		if err != nil {
			return err
		}
		txn.Remove(f)
	}
	_, err = txn.Commit(ctx)
	return err
}
