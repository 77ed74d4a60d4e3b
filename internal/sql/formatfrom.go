package sql

import (
	"strconv"
	"strings"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// oneRow reports whether a relation is what stands for a missing FROM.
func oneRow(r plan.Relation) bool {
	if r == nil {
		return true
	}
	p, ok := r.(*plan.Project)
	return ok && p.Input == nil && p.Expressions == nil
}

func (w *printer) fromWhere(r plan.Relation) {
	filter, _ := r.(*plan.Filter)
	if filter != nil {
		r = filter.Input
	}
	w.from(r)
	if filter != nil {
		w.text(" WHERE ")
		w.expr(filter.Condition, powerNone)
	}
}

func (w *printer) from(r plan.Relation) {
	if oneRow(r) {
		return
	}
	view, ok := r.(*plan.LateralView)
	if !ok {
		w.text(" FROM ")
		w.joined(r)
		return
	}
	w.from(view.Input)
	w.text(" LATERAL VIEW ")
	if view.Outer {
		w.text("OUTER ")
	}
	w.bare(view.Generator)
	if view.Table != "" {
		w.text(" `", strings.ReplaceAll(view.Table, "`", "``"), "`")
	}
	if view.Columns != nil {
		w.text(" AS ")
		each(w, view.Columns, func(name string) { w.text(quoteName(name)) })
	}
}

var joinWords = [...]string{
	plan.InnerJoin: "JOIN", plan.LeftOuterJoin: "LEFT JOIN", plan.RightOuterJoin: "RIGHT JOIN", plan.FullOuterJoin: "FULL JOIN",
	plan.LeftSemiJoin: "LEFT SEMI JOIN", plan.LeftAntiJoin: "LEFT ANTI JOIN", plan.CrossJoin: "CROSS JOIN",
}

func (w *printer) joined(r plan.Relation) {
	join, ok := r.(*plan.Join)
	if !ok {
		w.primary(r)
		return
	}
	w.joined(join.Left)
	w.text(" ")
	if join.Natural {
		w.text("NATURAL ")
	}
	w.text(joinWords[join.Type], " ")
	w.primary(join.Right)
	if join.Condition != nil {
		w.text(" ON ")
		w.expr(join.Condition, powerNone)
	}
	if join.Using != nil {
		w.text(" USING ")
		w.names(join.Using)
	}
}

// primary prints what one side of a join can be.
func (w *printer) primary(r plan.Relation) {
	switch r := r.(type) {
	case *plan.NamedTable:
		w.table(r)
	case *plan.WithWatermark:
		w.watermark(r)
	case *plan.SubqueryAlias:
		w.aliased(r)
	case *plan.Values:
		w.values(r)
	case *plan.TableFunction:
		if r.Streaming {
			w.text("STREAM ")
		}
		w.text(quoteName(r.Name), "(")
		w.expressions(r.Args)
		w.text(")")
	case *plan.Range:
		w.text("range(", strconv.FormatInt(r.Start, 10), "L, ", strconv.FormatInt(r.End, 10), "L, ", strconv.FormatInt(r.Step, 10), "L)")
	case *plan.Join:
		w.text("(")
		w.joined(r)
		w.text(")")
	case *plan.SQL:
		w.text("(", r.Text, ")")
	case *plan.Project, *plan.Aggregate, *plan.Deduplicate, *plan.SetOp, *plan.Sort, *plan.Limit, *plan.Offset, *plan.With,
		*plan.RepartitionByExpression, *plan.Filter, *plan.LateralView:
		w.nested(r)
	default:
		w.foreign(r)
	}
}

func (w *printer) table(t *plan.NamedTable) {
	if t.Streaming {
		w.text("STREAM ")
	}
	w.text(qualifiedName(t.Name))
	switch {
	case t.VersionAsOf != nil:
		w.text(" VERSION AS OF ", strconv.FormatInt(*t.VersionAsOf, 10))
	case t.TimestampAsOf != nil:
		w.text(" TIMESTAMP AS OF ")
		w.expr(t.TimestampAsOf, powerPredicate+1)
	}
	if t.Options != nil {
		w.text(" WITH ")
		w.properties(t.Options)
	}
}

func (w *printer) watermark(m *plan.WithWatermark) {
	w.primary(m.Input)
	if m.Computed != nil {
		w.text(" WATERMARK ")
		w.expr(m.Computed, 0)
		w.text(" DELAY OF INTERVAL ", types.QuoteString(m.DelayThreshold))
		return
	}
	w.text(" WATERMARK ", m.EventTime, " DELAY OF INTERVAL ", types.QuoteString(m.DelayThreshold))
}

func (w *printer) aliased(a *plan.SubqueryAlias) {
	if a.Alias == "" {
		w.nested(a.Input)
		return
	}
	if _, twice := a.Input.(*plan.SubqueryAlias); twice {
		w.text("(")
		w.primary(a.Input)
		w.text(")")
	} else {
		w.primary(a.Input)
	}
	w.text(" AS ", quoteName(a.Alias))
	if a.Columns != nil {
		w.names(a.Columns)
	}
}

func (w *printer) values(v *plan.Values) {
	w.text("VALUES ")
	each(w, v.Rows, func(row []plan.Expression) {
		w.text("(")
		w.expressions(row)
		w.text(")")
	})
}
