package sql

import (
	"strings"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// query prints a relation as a whole query.
func (w *printer) query(r plan.Relation) {
	with, ok := r.(*plan.With)
	if !ok {
		w.organised(r)
		return
	}
	w.with(with.Names)
	if _, again := with.Input.(*plan.With); again {
		w.nested(with.Input)
		return
	}
	w.organised(with.Input)
}

// with prints the queries that WITH names, if there are any.
func (w *printer) with(names []plan.SubqueryAlias) {
	if len(names) == 0 {
		return
	}
	w.text("WITH ")
	each(w, names, func(named plan.SubqueryAlias) {
		w.text(quoteName(named.Alias))
		if named.Columns != nil {
			w.names(named.Columns)
		}
		w.text(" AS ")
		w.nested(named.Input)
	})
	w.text(" ")
}

// nested prints a query in parentheses.
func (w *printer) nested(r plan.Relation) {
	w.text("(")
	w.query(r)
	w.text(")")
}

// organised prints a query with its ORDER BY … OFFSET, which stand outside in reverse order.
func (w *printer) organised(r plan.Relation) {
	limit, _ := r.(*plan.Limit)
	if limit != nil {
		r = limit.Input
	}
	offset, _ := r.(*plan.Offset)
	if offset != nil {
		r = offset.Input
	}
	w.ordered(r)
	if limit != nil {
		w.text(" LIMIT ")
		w.expr(limit.N, powerNone)
	}
	if offset != nil {
		w.text(" OFFSET ")
		w.expr(offset.N, powerNone)
	}
}

func (w *printer) ordered(r plan.Relation) {
	order, _ := r.(*plan.Sort)
	if order != nil {
		r = order.Input
	}
	distribute, _ := r.(*plan.RepartitionByExpression)
	if distribute != nil && (order == nil || !order.Global) {
		w.term(distribute.Input, 0)
		w.text(" DISTRIBUTE BY ")
		w.expressions(distribute.Expressions)
	} else {
		w.term(r, 0)
	}
	switch {
	case order == nil:
		return
	case order.Global:
		w.text(" ORDER BY ")
	default:
		w.text(" SORT BY ")
	}
	w.sortOrder(order.Order)
}

var setWords = [...]string{plan.Union: " UNION", plan.Intersect: " INTERSECT", plan.Except: " EXCEPT"}

// term prints set operations that bind tighter than floor, and what they combine.
func (w *printer) term(r plan.Relation, floor int) {
	switch r := r.(type) {
	case *plan.SetOp:
		binds := 1
		if r.Type == plan.Intersect {
			binds = 2
		}
		if binds <= floor {
			w.nested(r)
			return
		}
		w.term(r.Left, binds-1)
		w.text(setWords[r.Type])
		if r.All {
			w.text(" ALL")
		}
		if r.ByName {
			w.text(" BY NAME")
		}
		w.text(" ")
		w.term(r.Right, binds)
	case *plan.With, *plan.Limit, *plan.Offset, *plan.Sort, *plan.RepartitionByExpression:
		w.nested(r)
	default:
		w.selection(r)
	}
}

// selection prints SELECT …, VALUES … or TABLE ….
func (w *printer) selection(r plan.Relation) {
	switch r := r.(type) {
	case *plan.Project:
		w.selectFrom("SELECT ", r.Expressions, r.Input)
	case *plan.Aggregate:
		w.aggregate("SELECT ", r)
	case *plan.Deduplicate:
		w.distinct(r)
	case *plan.Values:
		w.values(r)
	case *plan.NamedTable, *plan.WithWatermark:
		if tableOnly(r) {
			w.text("TABLE ")
			w.primary(r)
			return
		}
		w.selectStar(r)
	case *plan.SubqueryAlias:
		if _, ok := r.Input.(*plan.Values); ok {
			w.primary(r)
			return
		}
		w.selectStar(r)
	default:
		w.selectStar(r)
	}
}

// tableOnly reports whether TABLE name says it all.
func tableOnly(r plan.Relation) bool {
	if watermark, ok := r.(*plan.WithWatermark); ok {
		r = watermark.Input
	}
	table, ok := r.(*plan.NamedTable)
	return ok && !table.Streaming
}

func (w *printer) selectStar(r plan.Relation) {
	w.text("SELECT *")
	w.fromWhere(r)
}

func (w *printer) selectFrom(verb string, items []plan.Expression, input plan.Relation) {
	w.text(verb)
	w.expressions(items)
	w.fromWhere(input)
}

func (w *printer) distinct(d *plan.Deduplicate) {
	switch input := d.Input.(type) {
	case *plan.Project:
		if len(d.Columns) == 0 {
			w.selectFrom("SELECT DISTINCT ", input.Expressions, input.Input)
			return
		}
	case *plan.Aggregate:
		if len(d.Columns) == 0 {
			w.aggregate("SELECT DISTINCT ", input)
			return
		}
	}
	w.foreign(d)
}

func (w *printer) aggregate(verb string, a *plan.Aggregate) {
	w.selectFrom(verb, a.Aggregates, a.Input)
	w.groupBy(a)
	if a.Having != nil {
		w.text(" HAVING ")
		w.expr(a.Having, powerNone)
	}
}

func (w *printer) groupBy(a *plan.Aggregate) {
	switch {
	case a.All:
		w.text(" GROUP BY ALL")
	case a.Type == plan.GroupingSets:
		w.groupingSets(a)
	case a.Type == plan.Rollup || a.Type == plan.Cube:
		word := map[plan.GroupType]string{plan.Rollup: "ROLLUP", plan.Cube: "CUBE"}[a.Type]
		w.text(" GROUP BY ", word, " (")
		w.expressions(a.Grouping)
		w.text(")")
	case len(a.Grouping) > 0:
		w.text(" GROUP BY ")
		w.expressions(a.Grouping)
	}
}

// groupingSets prints the list before the sets: it gives the order of the columns.
func (w *printer) groupingSets(a *plan.Aggregate) {
	w.text(" GROUP BY ")
	w.expressions(a.Grouping)
	if len(a.Grouping) > 0 {
		w.text(" ")
	}
	w.text("GROUPING SETS (")
	each(w, a.Sets, func(set []plan.Expression) {
		w.text("(")
		w.expressions(set)
		w.text(")")
	})
	w.text(")")
}

func (w *printer) properties(all map[string]string) {
	w.text("(")
	each(w, sortedKeys(all), func(key string) {
		w.text(types.QuoteString(key), " = ", types.QuoteString(all[key]))
	})
	w.text(")")
}

func upperWords(words ...string) string { return strings.ToUpper(strings.Join(words, " ")) }
