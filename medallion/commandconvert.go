package medallion

import (
	"context"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// convert is CONVERT TO DELTA.
func (s *Session) convert(ctx context.Context, c *plan.Convert) (*DataFrame, error) {
	if len(c.Table) != 2 || !strings.EqualFold(c.Table[0], "parquet") {
		if len(c.Table) == 2 && isDeltaPath(c.Table) {
			return s.nothing(), nil // it is one
		}
		return nil, errclass.DeltaConvertNonParquet.New("CONVERT TO DELTA only supports parquet tables, but you are trying to convert: %s.", quoteParts(c.Table)).
			WithHint("Please rewrite your target as parquet.`<path>` if it's a parquet directory.")
	}
	table, err := s.deltaTable(strings.TrimRight(c.Table[1], "/"))
	if err != nil {
		return nil, err
	}
	_, err = delta.Convert(ctx, table, delta.ConvertOptions{
		PartitionBy: c.PartitionBy, NoStatistics: c.NoStatistics, Workers: 4 * s.confInt(confWorkers),
	})
	return s.nothing(), err
}

// manifestMode is the only mode of GENERATE.
const manifestMode = "symlink_format_manifest"

// generate is GENERATE symlink_format_manifest.
func (s *Session) generate(ctx context.Context, c *plan.Generate) (*DataFrame, error) {
	if !strings.EqualFold(c.Mode, manifestMode) {
		return nil, errclass.DeltaModeNotSupported.New("Specified mode '%s' is not supported. Supported modes are: %s.", c.Mode, manifestMode)
	}
	table, err := s.tableOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	return s.nothing(), table.Log.GenerateManifest(ctx, outsideURI(table))
}

// repair is FSCK REPAIR TABLE. It answers with the files that were missing.
func (s *Session) repair(ctx context.Context, c *plan.Repair) (*DataFrame, error) {
	table, err := s.tableOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	done, err := table.Log.Repair(ctx, deltalog.RepairOptions{DryRun: c.DryRun})
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, m := range done.Missing {
		rows = append(rows, []any{m.Path, m.Gone, text(m.Vector), m.VectorGone})
	}
	return s.answer("dataFilePath string, dataFileMissing boolean, deletionVectorPath string, deletionVectorFileMissing boolean", rows)
}
