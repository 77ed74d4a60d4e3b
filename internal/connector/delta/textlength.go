package delta

import (
	"fmt"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// lengthChecks hold the texts of a column to the lengths of the CHAR and VARCHAR that it was declared with. They are written as Spark writes
// them, since the error shows them.
func lengthChecks(r textResolver, f types.Field) ([]check, error) {
	limit, err := types.TextLimitOf(f)
	if err != nil || limit == nil {
		return nil, err
	}
	text := lengthCheck(dotted([]string{f.Name}), f.Type, limit, 0)
	if text == "" {
		return nil, nil
	}
	c, err := r.constraint("", text)
	if err != nil {
		return nil, cannotEnforce(fmt.Sprintf("the length of column `%s`", f.Name), text, err)
	}
	c.failed = tooLong
	return []check{c}, nil
}

func tooLong(c *check, values []string) error {
	return errclass.DeltaExceedsLength.New("Value \"%s\" exceeds char/varchar type length limitation. Failed check: %s.", strings.Join(values, ", "), c.text)
}

// lengthCheck is the condition that a value keeps its limit; empty: it has none. Variables of lambda functions are told apart by depth.
func lengthCheck(value string, t types.Type, limit *types.TextLimit, depth int) string {
	if limit.Max > 0 {
		return fmt.Sprintf("((%s IS NULL) OR (length(%s) <= %d))", value, value, limit.Max)
	}
	var all []string
	for _, inner := range limit.Inside {
		switch t := t.(type) {
		case types.Struct:
			if i := t.Index(inner.Name); i >= 0 {
				all = append(all, lengthCheck(value+"."+quoted(inner.Name), t.Fields[i].Type, inner.TextLimit, depth))
			}
		case types.Array:
			all = append(all, everyLength(value, t.Element, inner.TextLimit, depth))
		case types.Map:
			if inner.Name == "key" {
				all = append(all, everyLength("map_keys("+value+")", t.Key, inner.TextLimit, depth))
			} else {
				all = append(all, everyLength("map_values("+value+")", t.Value, inner.TextLimit, depth))
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, " AND ")
}

func everyLength(array string, t types.Type, limit *types.TextLimit, depth int) string {
	x := fmt.Sprintf("x_%d", depth)
	return fmt.Sprintf("((%s IS NULL) OR forall(%s, %s -> (%s)))", array, array, x, lengthCheck(x, t, limit, depth+1))
}

// padding is the expression that brings the CHARs of a column to their lengths, as Spark stores them; empty: it has none. A longer text stays as
// it is, for the check to refuse.
func padding(f types.Field) (string, error) {
	limit, err := types.TextLimitOf(f)
	if err != nil || limit == nil {
		return "", err
	}
	text, _ := padded(quoted(f.Name), f.Type, limit, 0)
	return text, nil
}

// padding binds [padding]; nil: there is none.
func (r textResolver) padding(f types.Field) (expr.Expr, error) {
	text, err := padding(f)
	if err != nil || text == quoted(f.Name) || text == "" {
		return nil, err
	}
	e, _, err := r.resolve(text)
	if err == nil {
		e, err = r.stored(e, f)
	}
	if err != nil {
		return nil, cannotEnforce(fmt.Sprintf("the length of column `%s`", f.Name), text, err)
	}
	return e, nil
}

// padded is a value with its CHARs at their lengths, and whether it has some; else it is the value itself.
func padded(value string, t types.Type, limit *types.TextLimit, depth int) (text string, changed bool) {
	if limit.Padded {
		return fmt.Sprintf("if(length(%s) < %d, rpad(%s, %d, ' '), %s)", value, limit.Max, value, limit.Max, value), true
	}
	inside := map[string]*types.TextLimit{}
	for _, inner := range limit.Inside {
		inside[inner.Name] = inner.TextLimit
	}
	within := func(name, value string, t types.Type, depth int) string {
		inner := inside[name]
		if inner == nil {
			return value
		}
		text, here := padded(value, t, inner, depth)
		changed = changed || here
		return text
	}
	x := fmt.Sprintf("x_%d", depth)
	switch t := t.(type) {
	case types.Struct:
		var fields []string
		for _, f := range t.Fields {
			fields = append(fields, types.QuoteString(f.Name)+", "+within(f.Name, value+"."+quoted(f.Name), f.Type, depth))
		}
		text = fmt.Sprintf("if(%s IS NULL, NULL, named_struct(%s))", value, strings.Join(fields, ", "))
	case types.Array:
		text = fmt.Sprintf("transform(%s, %s -> %s)", value, x, within("element", x, t.Element, depth+1))
	case types.Map:
		key, item := x, fmt.Sprintf("y_%d", depth)
		text = fmt.Sprintf("transform_values(transform_keys(%s, (%s, %s) -> %s), (%s, %s) -> %s)",
			value, key, item, within("key", key, t.Key, depth+1), key, item, within("value", item, t.Value, depth+1))
	}
	if !changed {
		return value, false
	}
	return text, true
}

// dotted is a column's path as SQL reads it.
func dotted(parts []string) string {
	quotedParts := make([]string, len(parts))
	for i, p := range parts {
		quotedParts[i] = quoted(p)
	}
	return strings.Join(quotedParts, ".")
}

func quoted(name string) string { return types.QuoteIfNeeded(name) }
