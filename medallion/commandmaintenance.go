package medallion

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/deltalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// maintain carries out a statement that keeps a table in order; known is false for another.
func (s *Session) maintain(ctx context.Context, c plan.Command) (frame *DataFrame, known bool, err error) {
	switch c := c.(type) {
	case *plan.Vacuum:
		frame, err = s.vacuum(ctx, c)
	case *plan.Restore:
		frame, err = s.restore(ctx, c)
	case *plan.Optimize:
		frame, err = s.optimize(ctx, c)
	case *plan.Reorg:
		frame, err = s.reorg(ctx, c)
	case *plan.Clone:
		frame, err = s.clone(ctx, c)
	case *plan.Convert:
		frame, err = s.convert(ctx, c)
	case *plan.Generate:
		frame, err = s.generate(ctx, c)
	case *plan.Repair:
		frame, err = s.repair(ctx, c)
	default:
		return nil, false, nil
	}
	return frame, true, err
}

// vacuum is VACUUM. It answers with the table's place; a dry run, with the files that would go.
func (s *Session) vacuum(ctx context.Context, c *plan.Vacuum) (*DataFrame, error) {
	table, err := s.tableOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	opts := s.vacuumOptions()
	opts.DryRun = c.DryRun
	if c.Mode != "" {
		opts.Lite = c.Mode == "lite"
	}
	if c.RetainHours != nil {
		opts.Retention = hours(*c.RetainHours)
	}
	if c.Inventory != nil {
		if opts.Inventory, err = s.inventory(ctx, table, c.Inventory); err != nil {
			return nil, err
		}
	}
	var rows [][]any
	if c.DryRun {
		opts.Each = func(name string) { rows = append(rows, []any{table.URI + "/" + name}) }
	}
	if _, err := table.Log.Vacuum(ctx, opts); err != nil {
		return nil, err
	}
	if !c.DryRun {
		rows = [][]any{{table.URI}}
	}
	return s.answer("path string", rows)
}

// vacuumOptions are what the settings say.
func (s *Session) vacuumOptions() deltalog.VacuumOptions {
	workers, _ := strconv.Atoi(s.confOr(confVacuumWorkers)) // SetConf has checked it
	return deltalog.VacuumOptions{
		SkipRetentionCheck: !s.confIs(confRetentionCheck), Lite: s.confIs(confVacuumLite),
		NoHistory: !s.confIs(confVacuumHistory), Workers: workers,
	}
}

// hours rounds to whole ones, as Spark does.
func hours(n float64) *time.Duration {
	const most = float64(math.MaxInt64 / int64(time.Hour))
	d := time.Duration(math.Round(min(max(n, -most), most))) * time.Hour
	if n < 0 && d == 0 {
		d = -1
	}
	return &d
}

// inventoryColumns are those that an inventory must have, by name.
const inventoryColumns = "path string, length bigint, isDir boolean, modificationTime bigint"

// inventory reads the files of the table's folder from a query's rows, each time that it is walked.
func (s *Session) inventory(ctx context.Context, table delta.Table, rel plan.Relation) (iter.Seq2[deltalog.InventoryFile, error], error) {
	frame := &DataFrame{session: s, rel: rel}
	schema, err := frame.Schema(ctx)
	if err != nil {
		return nil, err
	}
	want, err := types.ParseDDL(inventoryColumns)
	if err != nil {
		return nil, err
	}
	for _, f := range want.Fields {
		if at := schema.Index(f.Name); at < 0 || schema.Fields[at].Name != f.Name || schema.Fields[at].Type != f.Type {
			return nil, errclass.DeltaInventorySchema.New("The schema for the specified INVENTORY does not contain all of the required fields. Required fields are: %s.", inventoryColumns)
		}
	}
	frame = frame.SelectExpr("path", "length", "isDir", "modificationTime")
	prefixes := []string{table.URI + "/", strings.Replace(table.URI, "file:///", "file:/", 1) + "/", strings.TrimPrefix(table.URI, "file://") + "/"}
	return func(yield func(deltalog.InventoryFile, error) bool) {
		batches, err := frame.Batches(ctx)
		if err != nil {
			yield(deltalog.InventoryFile{}, err)
			return
		}
		for b, err := range batches {
			if err != nil {
				yield(deltalog.InventoryFile{}, err)
				return
			}
			paths, sizes := b.Column(0).(*array.String), b.Column(1).(*array.Int64)
			dirs, times := b.Column(2).(*array.Boolean), b.Column(3).(*array.Int64)
			for i := range int(b.NumRows()) {
				name, below := belowFolder(paths.Value(i), prefixes)
				if paths.IsNull(i) || !below {
					continue
				}
				f := deltalog.InventoryFile{Name: strings.TrimSuffix(name, "/"), Size: sizes.Value(i), IsDir: dirs.Value(i), ModTime: time.UnixMilli(times.Value(i))}
				if !yield(f, nil) {
					return
				}
			}
		}
	}, nil
}

// belowFolder is what follows the table's place in a path of an inventory.
func belowFolder(path string, prefixes []string) (string, bool) {
	for _, p := range prefixes {
		if name, ok := strings.CutPrefix(path, p); ok && name != "" {
			return name, true
		}
	}
	return "", false
}

// restore is RESTORE TABLE.
func (s *Session) restore(ctx context.Context, c *plan.Restore) (*DataFrame, error) {
	table, err := s.tableOf(ctx, c.Table)
	if err != nil {
		return nil, err
	}
	done, err := s.restoreTo(ctx, table, c.To)
	if err != nil {
		return nil, err
	}
	if done.Unchanged {
		return s.nothing(), nil
	}
	return s.answer(restoreColumns, [][]any{{
		done.TableSize, done.Files, done.RemovedFiles, done.RestoredFiles, done.RemovedFilesSize, done.RestoredFilesize,
	}})
}

const restoreColumns = "table_size_after_restore bigint, num_of_files_after_restore bigint, num_removed_files bigint, " +
	"num_restored_files bigint, removed_files_size bigint, restored_files_size bigint"

func (s *Session) restoreTo(ctx context.Context, table delta.Table, to plan.TimeTravel) (deltalog.Restored, error) {
	opts := deltalog.RestoreOptions{IgnoreMissingFiles: s.confIs(confIgnoreMissing)}
	if to.VersionAsOf != nil {
		return table.Log.Restore(ctx, *to.VersionAsOf, opts)
	}
	at, err := s.constantTime(ctx, to.TimestampAsOf)
	if err != nil {
		return deltalog.Restored{}, err
	}
	opts.Parameters = deltalog.Parameters{}.With("version", nil).With("timestamp", javaTimestamp(at.In(s.TimeZone())))
	snap, err := table.Log.SnapshotAsOf(ctx, at)
	if err != nil {
		return deltalog.Restored{}, restoreTimeError(err)
	}
	return table.Log.Restore(ctx, snap.Version(), opts)
}

// restoreTimeError is the class that Delta gives a restore to a time out of the table's history.
func restoreTimeError(err error) error {
	var known *errclass.Error
	if !errors.As(err, &known) {
		return err
	}
	switch known.Class { //nolint:exhaustive // the others stay what they are
	case errclass.DeltaTimestampBeforeFirst:
		return errclass.DeltaRestoreTimestampBefore.New("Cannot restore table: %s", known.Detail).WithHint("%s", known.Hint)
	case errclass.DeltaTimestampAfterLatest:
		return errclass.DeltaRestoreTimestampAfter.New("Cannot restore table: %s", known.Detail).WithHint("%s", known.Hint)
	}
	return err
}

// constantTime is the time of TIMESTAMP AS OF: any constant that can be cast to a timestamp, text in the session's zone unless it names one.
func (s *Session) constantTime(ctx context.Context, e plan.Expression) (time.Time, error) {
	env := s.resolveEnv()
	exprs, err := logical.ResolveExpressions(ctx, []plan.Expression{&plan.Cast{Child: e, To: types.Timestamp, Mode: plan.EvalLegacy}}, types.Struct{}, env)
	if err != nil {
		return time.Time{}, err
	}
	value, err := expr.Value(exprs[0], &env.Eval)
	if err != nil {
		return time.Time{}, err
	}
	micros, ok := value.(int64)
	if !ok {
		return time.Time{}, errclass.DeltaTimestampInvalid.New("The provided timestamp (%s) cannot be converted to a valid timestamp.", exprs[0]).
			WithHint("Write it as '2026-01-31' or '2026-01-31 12:00:00'.")
	}
	return time.UnixMicro(micros), nil
}

// javaTimestamp is a time as java.sql.Timestamp prints it: "2026-01-31 12:00:00.0".
func javaTimestamp(at time.Time) string {
	text := at.Format("2006-01-02 15:04:05")
	fraction := strings.TrimRight(fmt.Sprintf("%09d", at.Nanosecond()), "0")
	if fraction == "" {
		fraction = "0"
	}
	return text + "." + fraction
}
