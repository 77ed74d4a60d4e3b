package medallion

import (
	"context"
	"fmt"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// Vacuum deletes the files in the table's folder that no version within the retention needs. What opts leaves open is as the session's
// settings have it.
func (t *DeltaTable) Vacuum(ctx context.Context, opts deltalog.VacuumOptions) (deltalog.Vacuumed, error) {
	session := t.session.vacuumOptions()
	opts.SkipRetentionCheck = opts.SkipRetentionCheck || session.SkipRetentionCheck
	opts.NoHistory = opts.NoHistory || session.NoHistory
	opts.Lite = opts.Lite || session.Lite
	if opts.Workers == 0 {
		opts.Workers = session.Workers
	}
	return t.table.Log.Vacuum(ctx, opts)
}

// History is the table's versions, the newest first; a limit of 0 is none. Its columns are those of DESCRIBE HISTORY.
func (t *DeltaTable) History(ctx context.Context, limit int) (*DataFrame, error) {
	return t.session.describeHistory(ctx, &plan.DescribeHistory{Table: t.name, Limit: limit})
}

// Detail is what the table is: the one row of DESCRIBE DETAIL.
func (t *DeltaTable) Detail(ctx context.Context) (*DataFrame, error) {
	return t.session.describeDetail(ctx, &plan.DescribeDetail{Table: t.name})
}

// RestoreToVersion makes a new version that is as an older one was. The frame has the row that RESTORE answers with.
func (t *DeltaTable) RestoreToVersion(ctx context.Context, version int64) (*DataFrame, error) {
	return t.session.restore(ctx, &plan.Restore{Table: t.name, To: plan.TimeTravel{VersionAsOf: &version}})
}

// RestoreToTimestamp makes a new version that is as the table was at a time: '2026-01-31', '2026-01-31 12:00:00'.
func (t *DeltaTable) RestoreToTimestamp(ctx context.Context, timestamp string) (*DataFrame, error) {
	at := &plan.Literal{Value: timestamp, Type: types.String}
	return t.session.restore(ctx, &plan.Restore{Table: t.name, To: plan.TimeTravel{TimestampAsOf: at}})
}

// Generate writes the manifests that other engines read; the mode is symlink_format_manifest.
func (t *DeltaTable) Generate(ctx context.Context, mode string) error {
	_, err := t.session.generate(ctx, &plan.Generate{Mode: mode, Table: t.name})
	return err
}

// CloneOptions say how [DeltaTable.Clone] makes a table.
type CloneOptions struct {
	Version    *int64            // of the source; nil: the newest
	Timestamp  string            // likewise, by a time
	Replace    bool              // the target's place is taken
	Properties map[string]string // replace those of the source
}

// Clone makes another table of this one's files, which stay where they are: a shallow clone. The target is a name or a
// path.
func (t *DeltaTable) Clone(ctx context.Context, target string, opts CloneOptions) (*DeltaTable, error) {
	parts := []string{"delta", target}
	if !strings.ContainsAny(target, "/:") || strings.Contains(target, "`") {
		var err error
		if parts, err = sql.ParseTableName(target); err != nil {
			return nil, err
		}
	}
	c := &plan.Clone{Name: parts, Source: t.name, OrReplace: opts.Replace, Properties: opts.Properties}
	c.From.VersionAsOf = opts.Version
	if opts.Timestamp != "" {
		c.From.TimestampAsOf = &plan.Literal{Value: opts.Timestamp, Type: types.String}
	}
	if _, err := t.session.clone(ctx, c); err != nil {
		return nil, err
	}
	return t.session.openDeltaTable(ctx, parts)
}

// Optimize begins to arrange the table's rows anew.
func (t *DeltaTable) Optimize() OptimizeBuilder { return OptimizeBuilder{table: t} }

// An OptimizeBuilder says which partitions OPTIMIZE is about.
type OptimizeBuilder struct {
	table *DeltaTable
	where string
}

// Where picks partitions by a condition about partition columns.
func (b OptimizeBuilder) Where(condition string) OptimizeBuilder {
	if b.where != "" {
		condition = "(" + b.where + ") AND (" + condition + ")"
	}
	b.where = condition
	return b
}

// ExecuteCompaction puts small files together. The frame has the row that OPTIMIZE answers with.
func (b OptimizeBuilder) ExecuteCompaction(ctx context.Context) (*DataFrame, error) {
	return b.execute(ctx, nil)
}

// ExecuteZOrderBy makes files hold rows that are alike in all of the columns.
func (b OptimizeBuilder) ExecuteZOrderBy(ctx context.Context, columns ...string) (*DataFrame, error) {
	var parts [][]string
	for _, c := range columns {
		name, err := sql.ParseTableName(c)
		if err != nil {
			return nil, err
		}
		parts = append(parts, name)
	}
	return b.execute(ctx, parts)
}

func (b OptimizeBuilder) execute(ctx context.Context, zorder [][]string) (*DataFrame, error) {
	o := &plan.Optimize{Table: b.table.name, ZOrderBy: zorder}
	if b.where != "" {
		var err error
		if o.Condition, err = sql.ParseExpression(b.where); err != nil {
			return nil, err
		}
	}
	return b.table.session.optimize(ctx, o)
}

// ConvertToDelta makes the Parquet files of a folder a table: "parquet.`/path`". partitionSchema, as DDL, has the columns of its folders;
// empty where there are none.
func (s *Session) ConvertToDelta(ctx context.Context, identifier, partitionSchema string) (*DeltaTable, error) {
	parts, err := sql.ParseTableName(identifier)
	if err != nil {
		return nil, err
	}
	c := &plan.Convert{Table: parts}
	if partitionSchema != "" {
		schema, err := types.ParseDDL(partitionSchema)
		if err != nil {
			return nil, err
		}
		c.PartitionBy = schema.Fields
	}
	if _, err := s.convert(ctx, c); err != nil {
		return nil, err
	}
	return s.DeltaTableForPath(ctx, parts[len(parts)-1])
}

// UpgradeTableProtocol raises what the table demands of readers and writers to these versions.
func (t *DeltaTable) UpgradeTableProtocol(ctx context.Context, reader, writer int) error {
	return t.alter(ctx, fmt.Sprintf("SET TBLPROPERTIES ('delta.minReaderVersion' = '%d', 'delta.minWriterVersion' = '%d')", reader, writer))
}

// AddFeatureSupport makes a feature one that the table demands.
func (t *DeltaTable) AddFeatureSupport(ctx context.Context, feature string) error {
	return t.alter(ctx, "SET TBLPROPERTIES ("+types.QuoteString("delta.feature."+feature)+" = 'supported')")
}

// DropFeatureSupport takes a feature out of what the table demands. Some need the history that used them to be gone:
// truncateHistory cuts it off.
func (t *DeltaTable) DropFeatureSupport(ctx context.Context, feature string, truncateHistory bool) error {
	text := "DROP FEATURE " + types.QuoteIfNeeded(feature)
	if truncateHistory {
		text += " TRUNCATE HISTORY"
	}
	return t.alter(ctx, text)
}

func (t *DeltaTable) alter(ctx context.Context, change string) error {
	_, err := t.session.SQL(ctx, "ALTER TABLE "+quoteParts(t.name)+" "+change)
	return err
}
