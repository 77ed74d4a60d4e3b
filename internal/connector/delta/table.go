package delta

import (
	"context"
	"errors"
	"strings"
	"time"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// A Table is a Delta table at a place. It holds no version.
type Table struct {
	Log   *deltalog.Table
	Store volumes.Store // rooted at the table's folder
	URI   string        // for messages
}

// description is the table's place as Spark's source and sink descriptions spell it.
func (t Table) description() string { return strings.Replace(t.URI, "file:///", "file:/", 1) }

// Exists reports whether the table has a log.
func (t Table) Exists(ctx context.Context) (bool, error) {
	_, err := t.Log.Snapshot(ctx)
	if errors.Is(err, errclass.DeltaTableNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Schema is the table's columns now.
func (t Table) Schema(ctx context.Context) (types.Struct, error) {
	snap, err := t.Log.Snapshot(ctx)
	if err != nil {
		return types.Struct{}, err
	}
	schema, err := snap.Schema()
	return deltalog.UserSchema(schema), err
}

// Detail is what DESCRIBE DETAIL shows.
type Detail struct {
	ID, Description                    string
	Schema                             types.Struct
	Declared                           types.Struct // the schema with what Delta keeps of columns: generation expressions, identities
	CreatedAt, LastModified            time.Time
	PartitionColumns                   []string
	ClusteringColumns                  []string // by dots into structs
	NumFiles, SizeInBytes              int64
	Properties                         map[string]string
	MinReaderVersion, MinWriterVersion int
	Features                           []string
}

// Detail describes the table as it is now.
func (t Table) Detail(ctx context.Context) (Detail, error) {
	snap, err := t.Log.Snapshot(ctx)
	if err != nil {
		return Detail{}, err
	}
	schema, err := snap.Schema()
	if err != nil {
		return Detail{}, err
	}
	files, err := snap.NumFiles(ctx)
	if err != nil {
		return Detail{}, err
	}
	bytes, err := snap.SizeInBytes(ctx)
	if err != nil {
		return Detail{}, err
	}
	clustering, err := clusteringColumns(ctx, snap)
	if err != nil {
		return Detail{}, err
	}
	meta, protocol := snap.Metadata(), snap.Protocol()
	return Detail{
		ClusteringColumns: append([]string{}, clustering...),
		ID:                meta.ID, Description: meta.Description, Schema: deltalog.UserSchema(schema), Declared: schema,
		CreatedAt: time.UnixMilli(meta.CreatedTime).UTC(), LastModified: snap.Timestamp(),
		PartitionColumns: meta.PartitionColumns, NumFiles: files, SizeInBytes: bytes, Properties: meta.Configuration,
		MinReaderVersion: protocol.MinReaderVersion, MinWriterVersion: protocol.MinWriterVersion,
		Features: protocol.Features(),
	}, nil
}
