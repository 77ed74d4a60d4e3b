package deltalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// plainRows makes rows of a caller rows of a table's data files: columns in the table's order, under the names that files give them. It
// evaluates nothing.
type plainRows struct {
	table  Schema
	schema *arrow.Schema // of the data files
}

// newPlainRows refuses tables that ask for more than NOT NULL.
func newPlainRows(m *Metadata) (*plainRows, error) {
	table, err := m.Schema()
	if err != nil {
		return nil, err
	}
	for _, ask := range []struct{ key, what string }{
		{"delta.generationExpression", "is a generated column"}, {"delta.identity.start", "is an identity column"}, {"delta.invariants", "has an invariant"},
	} {
		if column := fieldWith(table, ask.key); column != "" {
			return nil, needsSQL("column `%s` %s", column, ask.what)
		}
	}
	for name := range m.Configuration {
		if constraint, ok := strings.CutPrefix(strings.ToLower(name), "delta.constraints."); ok {
			return nil, needsSQL("the table has the CHECK constraint `%s`", constraint)
		}
	}
	stored, err := m.StoredSchema()
	return &plainRows{table: table, schema: types.ToArrowSchema(stored)}, err
}

func needsSQL(format string, args ...any) error {
	return errclass.DeltaUnsupportedWrite.New("%s, which has to be evaluated.", fmt.Sprintf(format, args...)).
		WithHint("Write the table through a medallion.Session, or by SQL.")
}

// stored is a batch as data files have it.
func (p *plainRows) stored(b arrow.RecordBatch) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, len(p.table.Fields))
	used := make([]bool, b.NumCols())
	for i, f := range p.table.Fields {
		c, err := p.column(b, f, used)
		if err != nil {
			return nil, err
		}
		if err := checkNotNull(c, f.Type, f.Nullable, f.Name); err != nil {
			return nil, err
		}
		columns[i] = batch.Relabel(c, p.schema.Field(i).Type)
	}
	if at := slices.Index(used, false); at >= 0 {
		name := b.Schema().Field(at).Name
		return nil, errclass.DeltaSchemaMismatch.New("A schema mismatch detected when writing to the Delta table: it has no column `%s`. Table schema: %s.", name, p.table).
			WithHint("%s", errclass.DidYouMean(name, p.table.Names()))
	}
	return array.NewRecordBatch(p.schema, columns, b.NumRows()), nil
}

// column is the rows' column for one of the table's.
func (p *plainRows) column(b arrow.RecordBatch, f Field, used []bool) (arrow.Array, error) {
	at := -1
	for i, g := range b.Schema().Fields() {
		if !strings.EqualFold(g.Name, f.Name) {
			continue
		}
		if at >= 0 {
			return nil, errclass.DeltaDuplicateColumns.New("Found duplicate column(s) in the data to save: %s", f.Name)
		}
		at = i
	}
	if at < 0 {
		if f.Metadata["CURRENT_DEFAULT"] != nil {
			return nil, needsSQL("column `%s` has a default, and the rows lack the column", f.Name)
		}
		return batch.Nulls(types.ToArrow(f.Type), int(b.NumRows())), nil
	}
	used[at] = true
	given, err := types.FromArrow(b.Column(at).DataType())
	if err != nil {
		return nil, fmt.Errorf("column %s: %w", f.Name, err)
	}
	if !sameShape(given, f.Type) || !canRelabel(b.Column(at).DataType(), types.ToArrow(f.Type)) {
		return nil, errclass.DeltaSchemaMismatch.New("A schema mismatch detected when writing to the Delta table: column `%s` is %s in the table, and %s in the rows.", f.Name, types.SQL(f.Type), b.Column(at).DataType()).
			WithHint("Convert the column to the table's type before it is written.")
	}
	return b.Column(at), nil
}

// sameShape reports whether two types differ in nothing but nullability.
func sameShape(a, b Type) bool { return types.EqualIgnoringNullability(a, b) }

// canRelabel reports whether the one Arrow type is laid out as the other: a type of this module's may have several in Arrow.
func canRelabel(from, to arrow.DataType) bool {
	inner, ok := to.(arrow.NestedType)
	if !ok {
		return arrow.TypeEqual(from, to)
	}
	outer, ok := from.(arrow.NestedType)
	if !ok || from.ID() != to.ID() || outer.NumFields() != inner.NumFields() {
		return false
	}
	for i, f := range inner.Fields() {
		if !canRelabel(outer.Fields()[i].Type, f.Type) {
			return false
		}
	}
	return true
}

// checkNotNull refuses nulls where the table wants none, at any depth of structs.
func checkNotNull(column arrow.Array, t Type, nullable bool, name string) error {
	if !nullable && column.NullN() > 0 {
		return errclass.DeltaNotNullViolated.New("NOT NULL constraint violated for column: %s.", name)
	}
	s, ok := t.(Schema)
	rows, isStruct := column.(*array.Struct)
	if !ok || !isStruct {
		return nil
	}
	for i, f := range s.Fields {
		inner := rows.Field(i)
		if !f.Nullable && inner.NullN() > 0 && nullWithin(rows, inner) {
			return errclass.DeltaNotNullViolated.New("NOT NULL constraint violated for column: %s.%s.", name, f.Name)
		}
		if err := checkNotNull(inner, f.Type, true, name+"."+f.Name); err != nil {
			return err
		}
	}
	return nil
}

// nullWithin reports whether a field is null in a row whose struct is not.
func nullWithin(rows *array.Struct, field arrow.Array) bool {
	for i := range rows.Len() {
		if rows.IsValid(i) && field.IsNull(i) {
			return true
		}
	}
	return false
}
