package delta

import (
	"fmt"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// KeyGeneration is the metadata key of the expression by which a generated column is computed.
const KeyGeneration = "delta.generationExpression"

// generationOf is the expression of a generated column.
func generationOf(f types.Field) (text string, generated bool) {
	text, generated = f.Metadata[KeyGeneration].(string)
	return text, generated
}

// generation is the expression of a generated column, in the column's type.
func (r textResolver) generation(f types.Field, text string) (expr.Expr, error) {
	e, err := r.generationValue(f, text)
	if err == nil {
		e, err = r.stored(e, f)
	}
	if err != nil {
		return nil, cannotEnforce(fmt.Sprintf("generated column `%s`", f.Name), text, err)
	}
	return e, nil
}

func (r textResolver) generationValue(f types.Field, text string) (expr.Expr, error) {
	parsed, err := sql.ParseExpression(text)
	if err != nil {
		return nil, err
	}
	if err := r.ownColumns(f, text, parsed); err != nil {
		return nil, err
	}
	return r.bind(r.schema, parsed)
}

// ownColumns refuses an expression that names another generated column, or its own: those have no value yet.
func (r textResolver) ownColumns(f types.Field, text string, parsed plan.Expression) error {
	for _, a := range referencesOf(parsed) {
		switch {
		case strings.EqualFold(a.Parts[0], f.Name):
			return unsupportedGeneration(f, text, "generation expression cannot reference itself")
		case r.isGenerated(a.Parts[0]):
			return unsupportedGeneration(f, text, "generation expression cannot reference another generated column")
		}
	}
	return nil
}

func (r textResolver) isGenerated(name string) bool {
	i := r.table.Index(name)
	if i < 0 {
		return false
	}
	_, generated := generationOf(r.table.Fields[i])
	return generated
}

func unsupportedGeneration(f types.Field, text, reason string) error {
	return errclass.UnsupportedGeneration.New("Cannot create generated column %s with generation expression %s because %s.", f.Name, text, reason)
}

// changing are the functions that give another value from run to run, which no generated column can be made of.
var changing = []string{
	"current_catalog", "current_database", "current_date", "current_schema", "current_time", "current_timestamp", "current_timezone", "current_user",
	"curdate", "input_file_name", "localtimestamp", "now", "session_user", "user", "version",
}

// generatedCheck holds given values of a generated column to its expression.
func (r textResolver) generatedCheck(f types.Field, text string) (check, error) {
	var c check
	parsed, err := sql.ParseExpression(text)
	if err == nil {
		err = r.ownColumns(f, text, parsed)
	}
	if err == nil {
		equal := &plan.UnresolvedFunction{Name: "<=>", Args: []plan.Expression{&plan.UnresolvedAttribute{Parts: []string{f.Name}}, parsed}}
		var e expr.Expr
		if e, err = r.bind(r.schema, equal); err == nil {
			c, err = r.check("Generated Column", e, equal)
		}
	}
	if err != nil {
		return c, cannotEnforce(fmt.Sprintf("generated column `%s`", f.Name), text, err)
	}
	return c, nil
}

// checkGenerated refuses columns that a table cannot be made with: their expressions name what is not there, do not give the same value each
// time, or one of another type.
func checkGenerated(schema types.Struct, eval expr.Context) error {
	r := newTextResolver(schema, eval)
	for _, f := range schema.Fields {
		text, ok := generationOf(f)
		if !ok {
			continue
		}
		if f.Type == types.Type(types.Variant) {
			return errclass.DeltaGeneratedType.New("VARIANT cannot be the result of a generated column")
		}
		if name, ok := changingCall(text); ok {
			return errclass.DeltaUnsupportedGeneration.New("%s() cannot be used in a generated column", name)
		}
		e, err := r.generationValue(f, text)
		switch {
		case err != nil:
			return err
		case !expr.IsDeterministic(e):
			return unsupportedGeneration(f, text, "generation expression is not deterministic")
		case !types.EqualIgnoringNullability(e.Type(), f.Type):
			return errclass.DeltaGeneratedTypeMismatch.New("The expression type of the generated column %s is %s, but the column type is %s", f.Name, types.SQL(e.Type()), types.SQL(f.Type))
		}
	}
	return nil
}

func changingCall(text string) (string, bool) {
	parsed, err := sql.ParseExpression(text)
	if err != nil {
		return "", false
	}
	for _, name := range callsOf(parsed) {
		if slices.Contains(changing, name) {
			return name, true
		}
	}
	return "", false
}
