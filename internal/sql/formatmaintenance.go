package sql

import (
	"strconv"
	"strings"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// maintenance prints the statements that keep a table in order, and reports whether it was one.
func (w *printer) maintenance(s plan.Statement) bool {
	switch s := s.(type) {
	case *plan.Vacuum:
		w.vacuum(s)
	case *plan.Restore:
		w.text("RESTORE TABLE ", qualifiedName(s.Table), " TO")
		w.timeTravel(s.To)
	case *plan.Optimize:
		w.optimize(s)
	case *plan.Reorg:
		w.text("REORG TABLE ", qualifiedName(s.Table))
		w.where(s.Condition)
		w.text(" APPLY (PURGE)")
	case *plan.Generate:
		w.text("GENERATE ", quoteName(s.Mode), " FOR TABLE ", qualifiedName(s.Table))
	case *plan.Repair:
		w.text("FSCK REPAIR TABLE ", qualifiedName(s.Table))
		w.dryRun(s.DryRun)
	case *plan.Convert:
		w.convert(s)
	case *plan.Clone:
		w.clone(s)
	default:
		return false
	}
	return true
}

func (w *printer) dryRun(yes bool) {
	if yes {
		w.text(" DRY RUN")
	}
}

func (w *printer) vacuum(s *plan.Vacuum) {
	w.text("VACUUM ", qualifiedName(s.Table))
	if s.Mode != "" {
		w.text(" ", upper(s.Mode))
	}
	if s.Inventory != nil {
		w.text(" USING INVENTORY (")
		w.query(s.Inventory)
		w.text(")")
	}
	if s.RetainHours != nil {
		w.text(" RETAIN ", strconv.FormatFloat(*s.RetainHours, 'f', -1, 64), " HOURS")
	}
	w.dryRun(s.DryRun)
}

func (w *printer) timeTravel(t plan.TimeTravel) {
	switch {
	case t.VersionAsOf != nil:
		w.text(" VERSION AS OF ", strconv.FormatInt(*t.VersionAsOf, 10))
	case t.TimestampAsOf != nil:
		w.text(" TIMESTAMP AS OF ")
		w.expr(t.TimestampAsOf, powerPredicate)
	}
}

func (w *printer) optimize(s *plan.Optimize) {
	w.text("OPTIMIZE ", qualifiedName(s.Table))
	if s.Full {
		w.text(" FULL")
	}
	w.where(s.Condition)
	if len(s.ZOrderBy) == 0 {
		return
	}
	columns := make([]string, len(s.ZOrderBy))
	for i, c := range s.ZOrderBy {
		columns[i] = qualifiedName(c)
	}
	w.text(" ZORDER BY (", strings.Join(columns, ", "), ")")
}

func (w *printer) convert(s *plan.Convert) {
	w.text("CONVERT TO DELTA ", qualifiedName(s.Table))
	if s.NoStatistics {
		w.text(" NO STATISTICS")
	}
	if len(s.PartitionBy) > 0 {
		w.text(" PARTITIONED BY (", types.ToDDL(types.Struct{Fields: s.PartitionBy}), ")")
	}
}

func (w *printer) clone(s *plan.Clone) {
	w.text("CREATE ")
	if s.OrReplace {
		w.text("OR REPLACE ")
	}
	w.text("TABLE ")
	w.ifNotExists(s.IfNotExists)
	w.text(qualifiedName(s.Name), " SHALLOW CLONE ", qualifiedName(s.Source))
	w.timeTravel(s.From)
	if len(s.Properties) > 0 {
		w.text(" TBLPROPERTIES ")
		w.properties(s.Properties)
	}
	w.clause("LOCATION", s.Location)
}
