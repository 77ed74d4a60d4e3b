package delta

import (
	"errors"
	"maps"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// changeColumns is ALTER COLUMN and CHANGE COLUMN: of several columns at once, which is one commit.
func (a *altering) changeColumns(c *plan.ChangeColumns) (done bool, err error) {
	for _, change := range c.Changes {
		if change.SyncIdentity && len(c.Changes) > 1 {
			return false, errclass.DeltaNotAllowed.New("Operation not allowed: SYNC IDENTITY stands alone.")
		}
		if done, err = a.changeColumn(change); err != nil {
			return false, err
		}
	}
	return done && len(c.Changes) == 1, nil
}

func (a *altering) changeColumn(c plan.ColumnChange) (done bool, err error) {
	f, path, err := fieldAt(a.schema, c.Column)
	if err != nil {
		return false, err
	}
	if c.Rename != "" && !strings.EqualFold(c.Rename, f.Name) {
		return false, errclass.InvalidSyntax.New("Renaming column is not supported in Hive-style ALTER COLUMN, please run RENAME COLUMN instead.")
	}
	if c.SyncIdentity {
		return a.syncIdentity(f)
	}
	if err := a.changeKind(c, f, path); err != nil {
		return false, err
	}
	if c.Position != nil {
		if err := a.moveColumn(f, path[:len(path)-1], c.Position); err != nil {
			return false, err
		}
	}
	now, _, err := fieldAt(a.schema, path)
	if err != nil {
		return false, err
	}
	if c.Type != nil { // the history tells which types the column had before, as Delta does
		now = withNote(now, "delta.typeChanges", f.Metadata["delta.typeChanges"])
	}
	parameters := deltalog.Parameters{}.With("column", string(shownField(now, path[:len(path)-1])))
	if c.Position != nil {
		parameters = parameters.With("position", shownPosition(c.Position))
	}
	a.operation("CHANGE COLUMN", parameters)
	return false, nil
}

// changeKind changes what the column is, but for where it stands.
func (a *altering) changeKind(c plan.ColumnChange, f types.Field, path []string) error {
	if c.Type != nil {
		if err := a.changeType(c, f, path); err != nil {
			return err
		}
	}
	if c.Nullable != nil && *c.Nullable != f.Nullable {
		if err := a.changeNullable(path, *c.Nullable); err != nil {
			return err
		}
	}
	if c.Comment != nil {
		if err := a.note(path, "comment", *c.Comment); err != nil {
			return err
		}
	}
	if c.Default != nil {
		return a.setDefault(f, path, *c.Default)
	}
	if c.DropDefault {
		return a.note(path, KeyCurrentDefault, nil)
	}
	return nil
}

func (a *altering) note(path []string, key string, value any) error {
	return a.change(changeField(a.schema, path, func(f types.Field) (types.Field, error) { return withNote(f, key, value), nil }))
}

func (a *altering) moveColumn(f types.Field, parent []string, at *plan.ColumnPosition) error {
	return a.change(changeStruct(a.schema, parent, func(s types.Struct) (types.Struct, error) {
		i := s.Index(f.Name)
		if i < 0 {
			return s, errclass.DeltaNotAllowed.New("Operation not allowed: part %s of a type has no position.", f.Name)
		}
		moved := s.Fields[i]
		return inserted(withoutField(s, i), moved, at)
	}))
}

// changeType widens a column's type, or the length of its texts.
func (a *altering) changeType(c plan.ColumnChange, f types.Field, path []string) error {
	if types.Equal(f.Type, c.Type) || types.EqualIgnoringNullability(f.Type, c.Type) {
		return a.changeLength(c, f, path)
	}
	if f.Metadata[KeyIdentityStep] != nil {
		return errclass.DeltaIdentityAlter.New("ALTER TABLE ALTER COLUMN is not supported for IDENTITY columns.")
	}
	wider, err := changeField(a.schema, path, func(f types.Field) (types.Field, error) {
		f.Type = c.Type
		return f, nil
	})
	if err != nil {
		return err
	}
	if f.Type == types.Type(types.Null) { // no data file has it
		a.schema = wider.(types.Struct)
		return a.checkDependants(path)
	}
	evolved, _ := deltalog.Evolve(a.schema, wider.(types.Struct), deltalog.CanWiden) // the whole is a struct, as before
	if !types.EqualIgnoringNullability(evolved, wider) {
		return errclass.ChangeColumnUnsupported.New("ALTER TABLE ALTER/CHANGE COLUMN is not supported for changing %s's column `%s` with type \"%s\" to `%s` with type \"%s\".",
			a.name(), strings.Join(path, "`.`"), types.SQL(f.Type), strings.Join(path, "`.`"), types.SQL(c.Type))
	}
	if !a.meta.TypeWidening() {
		return errclass.DeltaChangeColumn.New("ALTER TABLE CHANGE COLUMN is not supported for changing column %s from %s to %s", dotted(path), types.SQL(f.Type), types.SQL(c.Type)).
			WithHint("Wider types are allowed by ALTER TABLE … SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true').")
	}
	if err := a.checkDependants(path); err != nil {
		return err
	}
	a.schema = evolved
	return nil
}

// changeLength changes CHAR and VARCHAR: to a greater length, or to a text of any.
func (a *altering) changeLength(c plan.ColumnChange, f types.Field, path []string) error {
	was, _ := f.Metadata[types.CharVarcharKey].(string)
	if was == c.TypeText {
		return nil
	}
	have, err := types.TextLimitOf(f)
	if err != nil {
		return err
	}
	want, err := types.TextLimitOf(withNote(f, types.CharVarcharKey, noteOf(c.TypeText)))
	if err != nil {
		return err
	}
	if want != nil && (have == nil || len(have.Inside)+len(want.Inside) > 0 || want.Max < have.Max || want.Padded) {
		return errclass.ChangeColumnUnsupported.New("ALTER TABLE ALTER/CHANGE COLUMN is not supported for changing %s's column `%s` with type \"%s\" to `%s` with type \"%s\".",
			a.name(), strings.Join(path, "`.`"), upperType(f, was), strings.Join(path, "`.`"), upperType(f, c.TypeText))
	}
	return a.note(path, types.CharVarcharKey, noteOf(c.TypeText))
}

func noteOf(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func upperType(f types.Field, text string) string {
	if text == "" {
		return types.SQL(f.Type)
	}
	return strings.ToUpper(text)
}

// changeNullable is DROP NOT NULL. As in Delta there is no way back: rows without a value may be there.
func (a *altering) changeNullable(path []string, to bool) error {
	if !to {
		return errclass.DeltaChangeColumn.New("Cannot change nullable column to non-nullable: %s.", dotted(path)).
			WithHint("ALTER TABLE … ADD CONSTRAINT name CHECK (%s IS NOT NULL) demands a value of all rows.", dotted(path))
	}
	return a.change(changeField(a.schema, path, func(f types.Field) (types.Field, error) {
		f.Nullable = true
		return f, nil
	}))
}

// setDefault is SET DEFAULT.
func (a *altering) setDefault(f types.Field, path []string, text string) error {
	if protocol := a.snap.Protocol(); !protocol.Supports("allowColumnDefaults") {
		return defaultsNotEnabled("ALTER TABLE")
	}
	if len(path) > 1 || f.Metadata[KeyIdentityStep] != nil || f.Metadata[KeyGeneration] != nil {
		return errclass.DeltaNotAllowed.New("Operation not allowed: column %s cannot have a DEFAULT.", dotted(path))
	}
	f = withNote(f, KeyCurrentDefault, text)
	if err := checkDefault(newTextResolver(a.schema, a.opts.Eval), f, "ALTER TABLE ALTER COLUMN"); err != nil {
		return err
	}
	return a.note(path, KeyCurrentDefault, text)
}

// syncIdentity sets the mark of an identity column to the greatest value of its rows, in the direction of its steps, or the step behind it.
func (a *altering) syncIdentity(f types.Field) (done bool, err error) {
	column, ok, err := identityOf(f)
	if err != nil {
		return false, err
	}
	if !ok {
		return false, errclass.DeltaIdentitySync.New("ALTER TABLE ALTER COLUMN SYNC IDENTITY cannot be called on non IDENTITY columns.")
	}
	farthest, err := a.farthest(f.Name, column)
	if err != nil {
		return false, err
	}
	if farthest == nil || column.before(*farthest, column.start) {
		return true, nil
	}
	mark, err := column.rounded(*farthest)
	if err != nil {
		return false, err
	}
	a.identity = map[string]int64{f.Name: mark}
	a.operation("CHANGE COLUMN", deltalog.Parameters{}.With("column", string(shownField(withNote(f, KeyIdentityMark, mark), nil))))
	return false, nil
}

// farthest is a column's value that lies farthest in the direction of its steps; nil: it has none.
func (a *altering) farthest(name string, column identityColumn) (*int64, error) {
	a.reads = true
	var mu sync.Mutex
	var best *int64
	err := a.eachPiece([]string{name}, func(_ *expr.Context, p batch.Piece) error {
		for b, err := range p.Read(a.ctx) {
			if err != nil {
				return err
			}
			values, ok := b.Column(0).(*array.Int64)
			if !ok {
				return errclass.DeltaIdentityType.New("DataType %s is not supported for IDENTITY columns.", b.Column(0).DataType())
			}
			mu.Lock()
			for i, v := range values.Int64Values() {
				if values.IsValid(i) && (best == nil || column.before(*best, v)) {
					best = new(v)
				}
			}
			mu.Unlock()
		}
		return nil
	})
	return best, err
}

func defaultsNotEnabled(command string) error {
	return errclass.DeltaDefaultsNotEnabled.New("Failed to execute %s command because it assigned a column DEFAULT value, but the corresponding table feature was not enabled. "+
		"Please retry the command again after executing ALTER TABLE tableName SET TBLPROPERTIES('delta.feature.allowColumnDefaults' = 'supported').", command)
}

// checkDefault refuses a default that is no constant, or not of its column's type.
func checkDefault(r textResolver, f types.Field, command string) error {
	text, ok := defaultOf(f)
	if !ok {
		return nil
	}
	invalid := func(class errclass.Class, why string, args ...any) error {
		return class.New("Failed to execute %s command because the destination column or variable `%s` has a DEFAULT value %s, "+why, append([]any{command, f.Name, text}, args...)...)
	}
	e, _, err := r.over(types.Struct{}, text)
	switch {
	case errors.Is(err, errclass.UnresolvedColumn), errors.Is(err, errclass.UnresolvedColumnBare):
		return invalid(errclass.DefaultNotConstant, "which is not a constant expression whose equivalent value is known at query planning time.")
	case err != nil:
		return invalid(errclass.DefaultUnresolved, "which fails to resolve as a valid expression: %s", err)
	}
	if !assignable(e.Type(), f.Type) {
		return invalid(errclass.DefaultDataType, "which requires \"%s\" type, but the statement provided a value of incompatible \"%s\" type.", types.SQL(f.Type), types.SQL(e.Type()))
	}
	_, err = r.stored(e, f)
	return err
}

// assignable reports whether a default of a type may stand for a column of another: texts are no numbers.
func assignable(from, to types.Type) bool {
	if types.Equal(from, to) || from == types.Type(types.Null) {
		return true
	}
	return from != types.Type(types.String) && to != types.Type(types.String)
}

// cloned is a configuration that may be written to.
func cloned(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(m)
}
