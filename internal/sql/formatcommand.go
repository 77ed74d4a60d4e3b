package sql

import (
	"maps"
	"slices"
	"strconv"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func (w *printer) statement(s plan.Statement) {
	switch s := s.(type) {
	case *plan.Query:
		w.query(s.Relation)
	case *plan.CreateSchema:
		w.createSchema(s)
	case *plan.CreateTable:
		w.createTable(s)
	case *plan.CreateView:
		w.createView(s)
	case *plan.DropTable, *plan.DropSchema:
		w.drop(s)
	case *plan.Insert:
		w.insert(s)
	case *plan.CopyInto:
		w.copyInto(s)
	case *plan.Explain:
		w.text("EXPLAIN ")
		if s.Mode != "" {
			w.text(upperWords(s.Mode), " ")
		}
		w.statement(s.Statement)
	case *plan.UseCatalog:
		w.text("USE CATALOG ", quoteName(s.Name))
	case *plan.UseSchema:
		w.text("USE SCHEMA ", qualifiedName(s.Name))
	case *plan.SetConf:
		w.setConf(s)
	case *plan.ResetConf:
		w.text("RESET")
		if s.Key != "" {
			w.text(" ", quoteConf(s.Key))
		}
	default:
		if !w.changes(s) && !w.maintenance(s) && !w.alteration(s) {
			w.inspection(s)
		}
	}
}

// inspection prints SHOW … and DESCRIBE ….
func (w *printer) inspection(s plan.Statement) {
	switch s := s.(type) {
	case *plan.ShowTables:
		if s.Extended {
			w.text("SHOW TABLE EXTENDED")
		} else {
			w.text("SHOW TABLES")
		}
		if s.Schema != nil {
			w.text(" IN ", qualifiedName(s.Schema))
		}
		w.pattern(s.Pattern)
	case *plan.ShowSchemas:
		w.text("SHOW SCHEMAS")
		if s.Catalog != "" {
			w.text(" IN ", quoteName(s.Catalog))
		}
		w.pattern(s.Pattern)
	case *plan.ShowCatalogs:
		w.text("SHOW CATALOGS")
		w.pattern(s.Pattern)
	case *plan.ShowColumns:
		w.text("SHOW COLUMNS IN ", qualifiedName(s.Table))
	case *plan.ShowTableProperties:
		w.text("SHOW TBLPROPERTIES ", qualifiedName(s.Table))
		if s.Key != nil {
			w.text(" (", types.QuoteString(*s.Key), ")")
		}
	case *plan.ShowCreateTable:
		w.text("SHOW CREATE TABLE ", qualifiedName(s.Table))
	case *plan.DescribeTable:
		w.text("DESCRIBE TABLE ")
		if s.Extended {
			w.text("EXTENDED ")
		}
		w.text(qualifiedName(s.Table))
		if s.Column != nil {
			w.text(" ", qualifiedName(s.Column))
		}
	case *plan.DescribeHistory:
		w.text("DESCRIBE HISTORY ", qualifiedName(s.Table))
		if s.Limit > 0 {
			w.text(" LIMIT ", strconv.Itoa(s.Limit))
		}
	case *plan.DescribeDetail:
		w.text("DESCRIBE DETAIL ", qualifiedName(s.Table))
	case *plan.DescribeQuery:
		w.text("DESCRIBE QUERY ")
		w.query(s.Query)
	default:
		w.foreign(s)
	}
}

func (w *printer) pattern(pattern string) {
	if pattern != "" {
		w.text(" LIKE ", types.QuoteString(pattern))
	}
}

func (w *printer) setConf(s *plan.SetConf) {
	w.text("SET")
	if s.Key != "" {
		w.text(" ", quoteConf(s.Key))
	}
	if s.Value != nil {
		w.text(" = ", quoteConf(*s.Value))
	}
}

func (w *printer) clause(word, text string) {
	if text != "" {
		w.text(" ", word, " ", types.QuoteString(text))
	}
}

func (w *printer) createSchema(s *plan.CreateSchema) {
	w.text("CREATE SCHEMA ")
	w.ifNotExists(s.IfNotExists)
	w.text(qualifiedName(s.Name))
	w.clause("COMMENT", s.Comment)
	w.clause("LOCATION", s.Location)
	if s.Properties != nil {
		w.text(" WITH DBPROPERTIES ")
		w.properties(s.Properties)
	}
}

func (w *printer) ifNotExists(yes bool) {
	if yes {
		w.text("IF NOT EXISTS ")
	}
}

func (w *printer) createTable(t *plan.CreateTable) {
	switch {
	case t.MustExist:
		w.text("REPLACE TABLE ")
	case t.OrReplace:
		w.text("CREATE OR REPLACE TABLE ")
	default:
		w.text("CREATE TABLE ")
	}
	w.ifNotExists(t.IfNotExists)
	w.text(qualifiedName(t.Name))
	if t.Columns != nil {
		w.text(" ")
		printList(w, t.Columns, w.column)
	}
	if t.Using != "" {
		w.text(" USING ", quoteName(t.Using))
	}
	if t.PartitionBy != nil {
		w.text(" PARTITIONED BY ")
		w.names(t.PartitionBy)
	}
	if t.ClusterBy != nil {
		w.text(" ")
		w.clusterBy(t.ClusterBy)
	}
	w.clause("LOCATION", t.Location)
	w.clause("COMMENT", t.Comment)
	if t.Properties != nil {
		w.text(" TBLPROPERTIES ")
		w.properties(t.Properties)
	}
	if t.Query != nil {
		w.text(" AS ")
		w.query(t.Query)
	}
}

func (w *printer) createView(v *plan.CreateView) {
	w.text("CREATE ")
	if v.OrReplace {
		w.text("OR REPLACE ")
	}
	if v.Temporary {
		w.text("TEMPORARY ")
	}
	w.text("VIEW ")
	w.ifNotExists(v.IfNotExists)
	w.text(qualifiedName(v.Name))
	if v.Columns != nil {
		w.text(" ")
		w.names(v.Columns)
	}
	w.clause("COMMENT", v.Comment)
	w.text(" AS ", v.Text)
}

func (w *printer) drop(s plan.Statement) {
	switch s := s.(type) {
	case *plan.DropSchema:
		w.text("DROP SCHEMA ")
		w.ifExists(s.IfExists)
		w.text(qualifiedName(s.Name))
		if s.Cascade {
			w.text(" CASCADE")
		}
	case *plan.DropTable:
		w.text("DROP ")
		if s.View {
			w.text("VIEW ")
		} else {
			w.text("TABLE ")
		}
		w.ifExists(s.IfExists)
		w.text(qualifiedName(s.Name))
		if s.Purge {
			w.text(" PURGE")
		}
	}
}

func (w *printer) ifExists(yes bool) {
	if yes {
		w.text("IF EXISTS ")
	}
}

func (w *printer) insert(s *plan.Insert) {
	w.text("INSERT ")
	if s.Overwrite {
		w.text("OVERWRITE ")
	} else {
		w.text("INTO ")
	}
	w.text(qualifiedName(s.Table), " ")
	w.partition(s.Partition)
	if s.Replace != nil && s.Replace.Alias != "" {
		w.text("AS ", quoteName(s.Replace.Alias), " ")
	}
	if s.ByName {
		w.text("BY NAME ")
	}
	if s.Columns != nil {
		w.names(s.Columns)
		w.text(" ")
	}
	w.replacing(s)
}

func (w *printer) partition(values []plan.PartitionValue) {
	for i, v := range values {
		w.text([]string{"PARTITION (", ", "}[min(i, 1)], quoteName(v.Column))
		if v.Value != nil {
			w.text(" = ")
			w.expr(v.Value, powerMultiply)
		}
	}
	if len(values) > 0 {
		w.text(") ")
	}
}
