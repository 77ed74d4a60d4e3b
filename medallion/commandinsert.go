package medallion

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// insert is INSERT INTO and INSERT OVERWRITE.
func (s *Session) insert(ctx context.Context, c *plan.Insert) error {
	opts, err := s.insertOptions()
	if err != nil {
		return err
	}
	return s.insertWith(ctx, c, opts)
}

func (s *Session) insertWith(ctx context.Context, c *plan.Insert, opts option.Values) error {
	if c.Replace != nil {
		return s.insertReplacing(ctx, c, opts)
	}
	table, detail, err := s.detailOf(ctx, c.Table)
	if err != nil {
		return err
	}
	in := &inserting{Insert: c, table: detail, name: s.fullName(c.Table)}
	if c.Overwrite && s.writeSettings().PartitionOverwriteMode(opts) == "static" {
		where, err := in.overwritten()
		if err != nil {
			return err
		}
		if where != nil {
			return s.insertReplacing(ctx, in.inPlaceOf(where), opts)
		}
	}
	frame, err := in.columns(ctx, &DataFrame{session: s, rel: c.Query})
	if err != nil {
		return err
	}
	op, read, err := frame.into(ctx, table)
	if err != nil {
		return err
	}
	_, err = delta.Write(ctx, table, op, delta.WriteOptions{
		Read:      read,
		Overwrite: c.Overwrite, Operation: "WRITE", Options: opts, SessionSettings: s.writeSettings(),
	})
	return err
}

// overwritten is the condition on the rows that INSERT OVERWRITE … PARTITION replaces: those that have the values of PARTITION. Without
// such a value it is nil: all rows are replaced.
func (in *inserting) overwritten() (*plan.Replace, error) {
	if err := in.checkPartition(); err != nil {
		return nil, err
	}
	var all *plan.Replace
	for _, p := range in.Partition {
		if p.Value == nil {
			continue
		}
		same := equalTo(in.table.Schema.Fields[in.table.Schema.Index(p.Column)], p.Value)
		if all == nil {
			all = same
			continue
		}
		all.Where = &plan.UnresolvedFunction{Name: "and", Args: []plan.Expression{all.Where, same.Where}}
		all.Text = "(" + all.Text + " AND " + same.Text + ")"
	}
	return all, nil
}

// inPlaceOf is the statement as one that replaces rows.
func (in *inserting) inPlaceOf(rows *plan.Replace) *plan.Insert {
	replacing := *in.Insert
	replacing.Overwrite, replacing.Replace = false, rows
	return &replacing
}

// equalTo is the condition that a column has a constant, which is null or of the column's type.
func equalTo(column types.Field, value plan.Expression) *plan.Replace {
	attribute := &plan.UnresolvedAttribute{Parts: []string{column.Name}}
	l, plain := value.(*plan.Literal)
	if plain && l.Value == nil {
		return &plan.Replace{Where: &plan.UnresolvedFunction{Name: "isnull", Args: []plan.Expression{attribute}}, Text: "(" + column.Name + " IS NULL)"}
	}
	text := sql.Format(value)
	if plain {
		text = fmt.Sprint(l.Value)
		if column.Type == types.String {
			text = "'" + text + "'"
		}
	}
	same := &plan.UnresolvedFunction{Name: "<=>", Args: []plan.Expression{attribute, &plan.Cast{Child: value, To: column.Type}}}
	return &plan.Replace{Where: same, Text: "(" + column.Name + " <=> " + text + ")"}
}

// fullName is a table's name in three parts, or its path.
func (s *Session) fullName(parts []string) string {
	if name, err := s.qualify(parts); err == nil && !isDeltaPath(parts) {
		parts = name.Parts()
	}
	return strings.Join(parts, ".")
}

// inserting finds the table's column for each of the query's.
type inserting struct {
	*plan.Insert
	table delta.Detail
	name  string // of the table, for messages
}

// columns gives the query's columns the table's names: by position, by a column list, or BY NAME. The values that
// PARTITION gives are added.
func (in *inserting) columns(ctx context.Context, frame *DataFrame) (*DataFrame, error) {
	if err := in.checkPartition(); err != nil {
		return nil, err
	}
	want, err := in.targets()
	if err != nil {
		return nil, err
	}
	if !in.ByName {
		if frame, err = in.withDefaults(frame, want); err != nil {
			return nil, err
		}
	}
	have, err := frame.Schema(ctx)
	if err != nil {
		return nil, err
	}
	if in.ByName {
		if err := uniqueColumns(have.Names()); err != nil {
			return nil, err
		}
		return in.withPartition(frame), nil
	}
	if len(have.Fields) != len(want) {
		return nil, errclass.DeltaInsertArity.New("Cannot write to '%s', %s data columns; target table has %d column(s) but the inserted data has %d column(s)",
			in.name, map[bool]string{true: "not enough", false: "too many"}[len(have.Fields) < len(want)],
			len(want)+in.fixed(), len(have.Fields)+in.fixed())
	}
	return in.withPartition(in.byPosition(frame, have, want)), nil
}

// targets are the names of the columns that the query fills, in its order.
func (in *inserting) targets() ([]string, error) {
	schema := in.table.Schema
	for _, c := range in.Columns {
		if schema.Index(c) < 0 {
			return nil, errclass.UnresolvedColumn.New("A column, variable, or function parameter with name `%s` cannot be resolved. Did you mean one of the following? [`%s`].",
				c, strings.Join(errclass.Nearest(c, schema.Names(), 5), "`, `"))
		}
	}
	if len(in.Columns) > 0 {
		return in.Columns, uniqueColumns(in.Columns)
	}
	return slices.DeleteFunc(schema.Names(), func(name string) bool { return in.constant(name) != nil }), nil
}

// constant is the value that PARTITION gives for a column.
func (in *inserting) constant(column string) plan.Expression {
	for _, p := range in.Partition {
		if strings.EqualFold(p.Column, column) {
			return p.Value
		}
	}
	return nil
}

// fixed counts the columns whose value PARTITION gives.
func (in *inserting) fixed() int {
	n := 0
	for _, p := range in.Partition {
		if p.Value != nil {
			n++
		}
	}
	return n
}

func (in *inserting) checkPartition() error {
	for i, p := range in.Partition {
		same := func(name string) bool { return strings.EqualFold(name, p.Column) }
		if !slices.ContainsFunc(in.table.PartitionColumns, same) {
			return errclass.NonPartitionColumn.New("PARTITION clause cannot contain the non-partition column: `%s`.", p.Column)
		}
		if slices.ContainsFunc(in.Partition[:i], func(q plan.PartitionValue) bool { return same(q.Column) }) {
			return errclass.DuplicateKey.New("Found duplicate keys `%s`.", strings.ToLower(p.Column))
		}
		if p.Value != nil && slices.ContainsFunc(in.Columns, same) {
			return errclass.ColumnAlreadyExists.New("The column `%s` already exists.", p.Column).
				WithHint("PARTITION gives its value; leave it out of the column list.")
		}
	}
	return nil
}

// byPosition names the query's columns. Fields inside are taken by position too, as their columns are: the write
// that follows pairs them by name.
func (in *inserting) byPosition(frame *DataFrame, have Schema, want []string) *DataFrame {
	named := frame.ToDF(want...)
	for i, name := range want {
		to := in.table.Schema.Fields[in.table.Schema.Index(name)].Type
		if renamed, ok := withFieldNames(have.Fields[i].Type, to); ok && !types.Equal(renamed, have.Fields[i].Type) {
			named = named.WithColumn(name, Column{expr: &plan.Cast{Child: &plan.UnresolvedAttribute{Parts: []string{name}}, To: renamed}})
		}
	}
	return named
}

// withFieldNames is a type whose structs have the names of another's fields; false where the two have not the same shape.
func withFieldNames(t, names types.Type) (types.Type, bool) {
	switch t := t.(type) {
	case types.Array:
		to, ok := names.(types.Array)
		if !ok {
			return t, false
		}
		t.Element, ok = withFieldNames(t.Element, to.Element)
		return t, ok
	case types.Map:
		to, ok := names.(types.Map)
		if !ok {
			return t, false
		}
		var values bool
		t.Key, ok = withFieldNames(t.Key, to.Key)
		t.Value, values = withFieldNames(t.Value, to.Value)
		return t, ok && values
	case types.Struct:
		to, ok := names.(types.Struct)
		if !ok || len(to.Fields) != len(t.Fields) {
			return t, false
		}
		fields := slices.Clone(t.Fields)
		for i := range fields {
			fields[i].Name = to.Fields[i].Name
			if fields[i].Type, ok = withFieldNames(fields[i].Type, to.Fields[i].Type); !ok {
				return t, false
			}
		}
		return types.Struct{Fields: fields}, true
	}
	return t, true
}

func (in *inserting) withPartition(frame *DataFrame) *DataFrame {
	for _, p := range in.Partition {
		if p.Value != nil {
			frame = frame.WithColumn(p.Column, Column{expr: p.Value})
		}
	}
	return frame
}
