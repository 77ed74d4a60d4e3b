package sql

import "lakehouse/internal/plan"

// changes prints the statements that change rows, and reports whether it was one.
func (w *printer) changes(s plan.Statement) bool {
	switch s := s.(type) {
	case *plan.Delete:
		w.with(s.With)
		w.text("DELETE FROM ")
		w.target(s.Target)
		w.where(s.Condition)
	case *plan.Update:
		w.with(s.With)
		w.text("UPDATE ")
		w.target(s.Target)
		w.text(" SET ")
		w.assignments(s.Set)
		w.where(s.Condition)
	case *plan.MergeInto:
		w.merge(s)
	default:
		return false
	}
	return true
}

func (w *printer) target(t plan.Target) {
	w.text(qualifiedName(t.Name))
	if t.Alias != "" {
		w.text(" AS ", quoteName(t.Alias))
	}
}

func (w *printer) where(condition plan.Expression) {
	if condition != nil {
		w.text(" WHERE ")
		w.expr(condition, powerNone)
	}
}

func (w *printer) assignments(set []plan.Assignment) {
	for i, a := range set {
		w.text([]string{"", ", "}[min(i, 1)], qualifiedName(a.Column.Parts), " = ")
		w.expr(a.Value, powerNone)
	}
}

func (w *printer) merge(m *plan.MergeInto) {
	w.with(m.With)
	w.text("MERGE ")
	if m.SchemaEvolution {
		w.text("WITH SCHEMA EVOLUTION ")
	}
	w.text("INTO ")
	w.target(m.Target)
	w.text(" USING ")
	w.primary(m.Source)
	w.text(" ON ")
	w.expr(m.Condition, powerNone)
	w.mergeClauses("MATCHED", m.Matched)
	w.mergeClauses("NOT MATCHED", m.NotMatched)
	w.mergeClauses("NOT MATCHED BY SOURCE", m.NotMatchedBySource)
}

func (w *printer) mergeClauses(when string, clauses []plan.MergeClause) {
	for _, c := range clauses {
		w.text(" WHEN ", when)
		if c.Condition != nil {
			w.text(" AND ")
			w.expr(c.Condition, powerNone)
		}
		switch c.Action {
		case plan.MergeDelete:
			w.text(" THEN DELETE")
		case plan.MergeUpdateAll:
			w.text(" THEN UPDATE SET *")
		case plan.MergeInsertAll:
			w.text(" THEN INSERT *")
		case plan.MergeUpdate:
			w.text(" THEN UPDATE SET ")
			w.assignments(c.Set)
		case plan.MergeInsert:
			w.insertedValues(c.Set)
		}
	}
}

func (w *printer) insertedValues(set []plan.Assignment) {
	for i, a := range set {
		w.text([]string{" THEN INSERT (", ", "}[min(i, 1)], qualifiedName(a.Column.Parts))
	}
	for i, a := range set {
		w.text([]string{") VALUES (", ", "}[min(i, 1)])
		w.expr(a.Value, powerNone)
	}
	w.text(")")
}

// replacing prints what INSERT replaces, and its query.
func (w *printer) replacing(s *plan.Insert) {
	r := s.Replace
	switch {
	case r == nil:
		w.query(s.Query)
		return
	case r.Where != nil:
		w.text("REPLACE WHERE ")
		w.expr(r.Where, powerNone)
	case r.On != nil:
		w.text("REPLACE ON ")
		w.expr(r.On, powerNone)
	default:
		w.text("REPLACE USING ")
		w.names(r.Using)
	}
	w.text(" ")
	if r.Rows == "" {
		w.query(s.Query)
		return
	}
	w.nested(s.Query)
	w.text(" AS ", quoteName(r.Rows))
}
