package delta

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// constraintPrefix begins the table property that holds a CHECK constraint.
const constraintPrefix = "delta.constraints."

// keyInvariants is the metadata key of a column's invariant, a constraint of old.
const keyInvariants = "delta.invariants"

// A check is a condition that each row must make true; null is not true.
type check struct {
	name   string
	text   string // the condition as Delta shows it
	holds  expr.Expr
	values []named // what the error tells of a row
	failed func(c *check, values []string) error
}

// A named value is a column, or a field of one.
type named struct {
	name, column string // the path, and its beginning
	value        expr.Expr
}

// checksOf are the constraints of a table, cheap ones first.
func checksOf(r textResolver, meta deltalog.Metadata, schema types.Struct) ([]check, error) {
	checks, err := notNullChecks(r, schema.Fields, nil)
	if err != nil {
		return nil, err
	}
	for _, f := range schema.Fields {
		more, err := lengthChecks(r, f)
		if err != nil {
			return nil, err
		}
		checks = append(checks, more...)
	}
	invariants, err := invariantsOf(r, schema.Fields)
	if err != nil {
		return nil, err
	}
	checks = append(checks, invariants...)
	for _, c := range constraintsOf(meta) {
		made, err := r.constraint(c.name, c.text)
		if err != nil {
			return nil, cannotEnforce("CHECK constraint "+c.name, c.text, err)
		}
		checks = append(checks, made)
	}
	return checks, nil
}

// A constraint is a CHECK constraint as the table's properties hold it.
type constraint struct{ name, text string }

// constraintsOf are a table's CHECK constraints by their names.
func constraintsOf(meta deltalog.Metadata) []constraint {
	var all []constraint
	for _, key := range slices.Sorted(maps.Keys(meta.Configuration)) {
		if name, ok := cutPrefixFold(key, constraintPrefix); ok {
			all = append(all, constraint{name, meta.Configuration[key]})
		}
	}
	return all
}

func cutPrefixFold(text, prefix string) (rest string, found bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return text, false
	}
	return text[len(prefix):], true
}

// constraint makes the check of a CHECK constraint.
func (r textResolver) constraint(name, text string) (check, error) {
	e, parsed, err := r.resolve(text)
	if err != nil {
		return check{}, err
	}
	return r.check(name, e, parsed)
}

func (r textResolver) check(name string, e expr.Expr, parsed plan.Expression) (check, error) {
	if e.Type() != types.Type(types.Boolean) && e.Type() != types.Type(types.Null) {
		return check{}, errclass.DeltaNonBooleanCheck.New("CHECK constraint '%s' (%s) should be a boolean expression.", name, asSpark(parsed))
	}
	c := check{name: name, text: asSpark(parsed), holds: e, failed: violated}
	for _, a := range referencesOf(parsed) {
		value, err := r.bind(r.schema, a)
		if err != nil {
			return c, err
		}
		c.values = append(c.values, named{dotted(a.Parts), a.Parts[0], value})
	}
	return c, nil
}

func violated(c *check, values []string) error {
	lines := make([]string, len(values))
	for i, v := range values {
		lines[i] = fmt.Sprintf("\n - %s : %s", c.values[i].name, v)
	}
	return errclass.DeltaConstraintViolated.New("CHECK constraint %s %s violated by row with values:%s", c.name, c.text, strings.Join(lines, ""))
}

// invariantsOf are the checks of columns, and of fields of structs, that carry an expression.
func invariantsOf(r textResolver, fields []types.Field) ([]check, error) {
	var all []check
	for _, f := range fields {
		if f.Metadata[keyInvariants] != nil && f.Nullable { // of a column that is NOT NULL, too, Delta passes the expression over
			text, err := invariantText(f)
			if err != nil {
				return nil, err
			}
			c, err := r.constraint("", text)
			if err != nil {
				return nil, cannotEnforce(fmt.Sprintf("the invariant of column `%s`", f.Name), text, err)
			}
			c.name = fmt.Sprintf("EXPRESSION(%s)", c.text)
			all = append(all, c)
		}
		if s, ok := f.Type.(types.Struct); ok {
			inner, err := invariantsOf(r, s.Fields)
			if err != nil {
				return nil, err
			}
			all = append(all, inner...)
		}
	}
	return all, nil
}

// invariantText is the expression in a column's {"expression":{"expression":"…"}}.
func invariantText(f types.Field) (string, error) {
	raw, _ := f.Metadata[keyInvariants].(string)
	var rule struct {
		Expression *struct {
			Expression string `json:"expression"`
		} `json:"expression"`
	}
	if err := json.Unmarshal([]byte(raw), &rule); err != nil || rule.Expression == nil {
		return "", errclass.DeltaUnrecognizedInvariant.New("Unrecognized invariant of column `%s`: %.200s. Please upgrade your Spark version.", f.Name, raw)
	}
	return rule.Expression.Expression, nil
}

// notNullChecks are those of columns and of fields of structs: a field that must not be null is not so either where its struct is null.
func notNullChecks(r textResolver, fields []types.Field, path []string) ([]check, error) {
	var all []check
	for _, f := range fields {
		at := append(slices.Clip(path), f.Name)
		if !f.Nullable {
			name := &plan.UnresolvedAttribute{Parts: at}
			e, err := r.bind(nullable(r.schema), &plan.UnresolvedFunction{Name: "isnotnull", Args: []plan.Expression{name}}) // over others it would be found to be true
			if err != nil {
				return nil, err
			}
			all = append(all, check{name: dotted(at), holds: e, failed: wasNull})
		}
		if s, ok := f.Type.(types.Struct); ok {
			inner, err := notNullChecks(r, s.Fields, at)
			if err != nil {
				return nil, err
			}
			all = append(all, inner...)
		}
	}
	return all, nil
}

func wasNull(c *check, _ []string) error {
	return errclass.DeltaNotNullViolated.New("NOT NULL constraint violated for column: %s.", c.name)
}

// hold evaluates the check over a batch; the first row that breaks it is the error's.
func (c *check) hold(eval *expr.Context, in arrow.RecordBatch) error {
	v, err := c.holds.Eval(eval, in)
	if err != nil {
		return err
	}
	row := firstNotTrue(v, int(in.NumRows()))
	if row < 0 {
		return nil
	}
	one := in.NewSlice(int64(row), int64(row)+1)
	values := make([]string, len(c.values))
	for i, n := range c.values {
		if values[i], err = shown(eval, n.value, one); err != nil {
			return err
		}
	}
	return c.failed(c, values)
}

// firstNotTrue is the first of n rows for which a condition is false or null; -1: none.
func firstNotTrue(v expr.Vector, n int) int {
	if v.Const {
		if n == 0 || isTrue(v.Values, 0) {
			return -1
		}
		return 0
	}
	if flags, ok := v.Values.(*array.Boolean); ok && flags.NullN() == 0 {
		if data := flags.Data(); n == 0 || bitutil.CountSetBits(data.Buffers()[1].Bytes(), data.Offset(), n) == n {
			return -1
		}
	}
	for row := range n {
		if !isTrue(v.Values, row) {
			return row
		}
	}
	return -1
}

func isTrue(values arrow.Array, row int) bool {
	flags, ok := values.(*array.Boolean)
	return ok && flags.IsValid(row) && flags.Value(row)
}

// shown is the value of an expression for one row, as text.
func shown(eval *expr.Context, e expr.Expr, row arrow.RecordBatch) (string, error) {
	asText, err := expr.NewCast(e, types.String, plan.EvalTry, true, true)
	if err != nil {
		asText = e
	}
	v, err := asText.Eval(eval, row)
	if err != nil {
		return "", err
	}
	if text, ok := v.Values.(*array.String); ok && text.IsValid(0) {
		return text.Value(0), nil
	}
	if v.Values.IsNull(0) {
		return "null", nil
	}
	return v.Values.ValueStr(0), nil
}
