package medallion

import (
	"context"
	"strings"

	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
)

// A DeltaTable is a Delta table to be changed in place: rows deleted, updated and merged. It stands for the table and for no
// version of it: each method reads the newest.
type DeltaTable struct {
	session *Session
	table   delta.Table
	name    []string // as SQL would name it
	alias   string
	options map[string]string // of what is done by it
}

// DeltaTable opens the table of a name ("sales", "main.default.sales", "delta.`/path`").
func (s *Session) DeltaTable(ctx context.Context, name string) (*DeltaTable, error) {
	parts, err := sql.ParseTableName(name)
	if err != nil {
		return nil, err
	}
	return s.openDeltaTable(ctx, parts)
}

// DeltaTableForPath opens the table in a folder.
func (s *Session) DeltaTableForPath(ctx context.Context, path string) (*DeltaTable, error) {
	return s.openDeltaTable(ctx, []string{"delta", path})
}

// IsDeltaTable reports whether a folder holds a Delta table.
func (s *Session) IsDeltaTable(ctx context.Context, path string) (bool, error) {
	table, err := s.deltaTable(strings.TrimRight(path, "/"))
	if err != nil {
		return false, err
	}
	return table.Exists(ctx)
}

func (s *Session) openDeltaTable(ctx context.Context, parts []string) (*DeltaTable, error) {
	table, err := s.tableOf(ctx, parts)
	if err != nil {
		return nil, err
	}
	ok, err := table.Exists(ctx)
	if err == nil && !ok {
		err = errclass.DeltaTableNotFound.New("%s is not a Delta table.", table.URI)
	}
	return &DeltaTable{session: s, table: table, name: parts}, err
}

// ToDF reads the table. The frame reads what is the newest version when it runs.
func (t *DeltaTable) ToDF() *DataFrame {
	frame := &DataFrame{session: t.session, rel: &plan.NamedTable{Name: t.name}}
	if t.alias != "" {
		return frame.Alias(t.alias)
	}
	return frame
}

// Alias is the table by another name, for the conditions of Merge: "t.id = s.id".
func (t *DeltaTable) Alias(name string) *DeltaTable {
	named := *t
	named.alias = name
	return &named
}

// As is Alias.
func (t *DeltaTable) As(name string) *DeltaTable { return t.Alias(name) }
