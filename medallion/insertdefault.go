package medallion

import (
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// withDefaults puts the columns' defaults where the rows of VALUES, or the list of SELECT, say DEFAULT; null where a column has none.
func (in *inserting) withDefaults(frame *DataFrame, want []string) (*DataFrame, error) {
	switch rel := frame.rel.(type) {
	case *plan.Values:
		rows := slices.Clone(rel.Rows)
		for i, row := range rows {
			changed, err := in.defaultsIn(row, want)
			if err != nil {
				return nil, err
			}
			rows[i] = changed
		}
		return frame.with(&plan.Values{At: rel.At, Rows: rows}), nil
	case *plan.Project:
		list, err := in.defaultsIn(rel.Expressions, want)
		if err != nil {
			return nil, err
		}
		changed := *rel
		changed.Expressions = list
		return frame.with(&changed), nil
	}
	return frame, nil
}

func (in *inserting) defaultsIn(list []plan.Expression, want []string) ([]plan.Expression, error) {
	out := list
	for i, e := range list {
		if !isDefaultWord(e) {
			if f, ok := e.(*plan.UnresolvedFunction); ok && slices.ContainsFunc(f.Args, isDefaultWord) {
				return nil, errclass.DefaultPlacement.New("A DEFAULT keyword in a MERGE, INSERT, UPDATE, or SET VARIABLE command could not be directly assigned to a target column because it was part of an expression. For example: `UPDATE SET c1 = DEFAULT` is allowed, but `UPDATE T SET c1 = DEFAULT + 1` is not allowed.")
			}
			continue
		}
		value, err := in.defaultOf(i, want)
		if err != nil {
			return nil, err
		}
		out = append(slices.Clone(out[:i]), append([]plan.Expression{value}, out[i+1:]...)...)
	}
	return out, nil
}

func isDefaultWord(e plan.Expression) bool {
	word, ok := e.(*plan.UnresolvedAttribute)
	return ok && len(word.Parts) == 1 && strings.EqualFold(word.Parts[0], "default")
}

// defaultOf is the default of the column that the i-th value goes to.
func (in *inserting) defaultOf(i int, want []string) (plan.Expression, error) {
	if i >= len(want) {
		return &plan.Literal{Type: types.Null}, nil // there are too many values, which is told later
	}
	f := in.table.Schema.Fields[in.table.Schema.Index(want[i])]
	var value plan.Expression = &plan.Literal{Type: types.Null}
	if text, ok := f.Metadata["CURRENT_DEFAULT"].(string); ok {
		parsed, err := sql.ParseExpression(text)
		if err != nil {
			return nil, err
		}
		value = parsed
	}
	return &plan.Cast{Child: value, To: f.Type}, nil
}
