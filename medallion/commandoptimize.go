package medallion

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
)

// optimize is OPTIMIZE. It answers with the table's place and what was done.
func (s *Session) optimize(ctx context.Context, c *plan.Optimize) (*DataFrame, error) {
	table, err := s.tableOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	opts := s.optimizeOptions()
	opts.Full = c.Full
	for _, column := range c.ZOrderBy {
		opts.ZOrderBy = append(opts.ZOrderBy, strings.Join(column, "."))
	}
	return s.runOptimize(ctx, table, opts, c.Condition)
}

// reorg is REORG TABLE … APPLY (PURGE).
func (s *Session) reorg(ctx context.Context, c *plan.Reorg) (*DataFrame, error) {
	table, err := s.tableOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	opts := s.optimizeOptions()
	opts.Purge = true
	return s.runOptimize(ctx, table, opts, c.Condition)
}

func (s *Session) optimizeOptions() delta.OptimizeOptions {
	return delta.OptimizeOptions{
		MinFileSize: s.confSize(confOptimizeMinSize), MaxFileSize: s.confSize(confOptimizeMaxSize),
		UncheckedStats: !s.confIs(confZOrderCheckStats), Workers: s.confInt(confWorkers), Clock: s.clock,
	}
}

func (s *Session) runOptimize(ctx context.Context, table delta.Table, opts delta.OptimizeOptions, condition plan.Expression) (*DataFrame, error) {
	if condition != nil {
		matches, err := s.partitionsWhere(ctx, table, condition)
		if err != nil {
			return nil, err
		}
		opts.Matches, opts.Predicates = matches, []string{unresolvedText(condition)}
	}
	done, err := delta.Optimize(ctx, table, opts)
	if err != nil {
		return nil, err
	}
	return s.answer("path string, metrics "+optimizeMetrics, [][]any{{table.URI, optimizeRow(&done)}})
}

// partitionsWhere picks the files of the partitions for which a condition about partition columns holds.
func (s *Session) partitionsWhere(ctx context.Context, table delta.Table, condition plan.Expression) (func(deltalog.AddFile) bool, error) {
	snap, err := table.Log.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	meta := snap.Metadata()
	keys, err := meta.StoredPartitionColumns()
	if err != nil {
		return nil, err
	}
	schema, err := snap.Schema()
	if err != nil {
		return nil, err
	}
	ddl, casts := "_partition bigint", []string{"_partition"}
	for i, p := range meta.PartitionColumns {
		ddl += fmt.Sprintf(", _value%d string", i)
		casts = append(casts, fmt.Sprintf("CAST(_value%d AS %s) AS %s", i, schema.Fields[schema.Index(p)].Type, quoteParts([]string{p})))
	}
	var rows [][]any
	numbers := map[string]int64{}
	for f, err := range snap.Files(ctx) {
		if err != nil {
			return nil, err
		}
		key := f.PartitionKey(keys)
		if _, seen := numbers[key]; seen {
			continue
		}
		numbers[key] = int64(len(rows))
		rows = append(rows, partitionRow(f, keys, int64(len(rows))))
	}
	all, err := s.answer(ddl, rows)
	if err != nil {
		return nil, err
	}
	found, err := all.SelectExpr(casts...).Where(sql.Format(condition)).SelectExpr("_partition").Collect(ctx)
	if errors.Is(err, errclass.UnresolvedColumn) || errors.Is(err, errclass.UnresolvedColumnBare) {
		return nil, errclass.DeltaPartitionPredicate.New("The condition %s references a non-partition column.", sql.Format(condition)).
			WithHint("Only the partition columns may be referenced: [%s].", strings.Join(meta.PartitionColumns, ", "))
	}
	if err != nil {
		return nil, err
	}
	picked := map[int64]bool{}
	for _, r := range found {
		picked[r.Values[0].(int64)] = true
	}
	return func(f deltalog.AddFile) bool { return picked[numbers[f.PartitionKey(keys)]] }, nil
}

func partitionRow(f deltalog.AddFile, keys []string, number int64) []any {
	row := []any{number}
	for _, p := range keys {
		if v := f.PartitionValues[p]; v != nil && *v != "" {
			row = append(row, *v)
		} else {
			row = append(row, nil)
		}
	}
	return row
}

const (
	sizesType       = "STRUCT<min: BIGINT, max: BIGINT, avg: DOUBLE, totalFiles: BIGINT, totalSize: BIGINT>"
	numSizeType     = "STRUCT<num: BIGINT, size: BIGINT>"
	numFilesType    = "STRUCT<numFiles: BIGINT, size: BIGINT>"
	optimizeMetrics = "STRUCT<numFilesAdded: BIGINT, numFilesRemoved: BIGINT, filesAdded: " + sizesType + ", filesRemoved: " + sizesType +
		", partitionsOptimized: BIGINT, zOrderStats: STRUCT<strategyName: STRING, inputCubeFiles: " + numSizeType + ", inputOtherFiles: " + numSizeType +
		", inputNumCubes: BIGINT, mergedFiles: " + numSizeType + ", numOutputCubes: BIGINT, mergedNumCubes: BIGINT>" +
		", clusteringStats: STRUCT<inputZCubeFiles: " + numFilesType + ", inputOtherFiles: " + numFilesType +
		", inputNumZCubes: BIGINT, mergedFiles: " + numFilesType + ", numOutputZCubes: BIGINT>" +
		", numBins: BIGINT, numBatches: BIGINT, totalConsideredFiles: BIGINT, totalFilesSkipped: BIGINT, preserveInsertionOrder: BOOLEAN" +
		", numFilesSkippedToReduceWriteAmplification: BIGINT, numBytesSkippedToReduceWriteAmplification: BIGINT, startTimeMs: BIGINT, endTimeMs: BIGINT" +
		", totalClusterParallelism: BIGINT, totalScheduledTasks: BIGINT, autoCompactParallelismStats: STRUCT<maxClusterActiveParallelism: BIGINT" +
		", minClusterActiveParallelism: BIGINT, maxSessionActiveParallelism: BIGINT, minSessionActiveParallelism: BIGINT>" +
		", deletionVectorStats: STRUCT<numDeletionVectorsRemoved: BIGINT, numDeletionVectorRowsRemoved: BIGINT>" +
		", numTableColumns: BIGINT, numTableColumnsWithStats: BIGINT>"
)

// optimizeRow is what was done, field by field as optimizeMetrics has it.
func optimizeRow(d *delta.Optimized) []any {
	removed, bytes := int64(len(d.Removed)), int64(0)
	for i := range d.Removed {
		bytes += d.Removed[i].Size
	}
	var zorder, clustering, vectors any
	if d.ZOrdered {
		merged := []any{removed, bytes}
		zorder = []any{"all", []any{int64(0), int64(0)}, merged, int64(0), merged, int64(d.Partitions), nil}
	}
	if c := d.Cubes; d.Clustered {
		clustering = []any{
			[]any{c.CubeFiles, c.CubeBytes}, []any{c.OtherFiles, c.OtherBytes}, c.Cubes, []any{c.MergedFiles, c.MergedBytes}, int64(d.Bins),
		}
	}
	if d.VectorsRemoved > 0 {
		vectors = []any{int64(d.VectorsRemoved), d.VectorRowsRemoved}
	}
	return []any{
		int64(len(d.Added)), removed, sizesRow(d.Added), sizesRow(d.Removed), int64(d.Partitions), zorder, clustering,
		int64(d.Bins), int64(1), int64(d.Considered), int64(d.Considered) - removed, false,
		int64(0), int64(0), d.Started.UnixMilli(), d.Ended.UnixMilli(), int64(d.Workers), int64(0), nil, vectors,
		int64(d.Columns), int64(d.ColumnsWithStats),
	}
}

func sizesRow(files []deltalog.AddFile) []any {
	if len(files) == 0 {
		return []any{nil, nil, 0.0, int64(0), int64(0)}
	}
	low, high, sum := files[0].Size, files[0].Size, int64(0)
	for i := range files {
		low, high, sum = min(low, files[i].Size), max(high, files[i].Size), sum+files[i].Size
	}
	return []any{low, high, float64(sum) / float64(len(files)), int64(len(files)), sum}
}
