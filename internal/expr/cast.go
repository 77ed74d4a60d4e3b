package expr

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/datetime"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// onFailure says what a cast makes of a value that it cannot convert.
type onFailure uint8

const (
	failError onFailure = iota // ANSI
	failNull                   // try_cast
	failWrap                   // legacy: null for text, the low bits for integers
)

// A Cast converts its child to another type.
type Cast struct {
	child    Expr
	to       types.Type
	fail     onFailure
	implicit bool   // made by coercion: not part of the expression's name
	try      bool   // written as TRY_CAST
	literal  string // DATE '2025-01-31': how a typed literal prints
	convert  conversion
}

// A conversion makes a column of caster.to of one of caster.from.
type conversion func(c *caster, arr arrow.Array) (arrow.Array, error)

// A caster is one run of a cast.
type caster struct {
	ctx      *Context
	from, to types.Type
	fail     onFailure
	zone     *zone
	zones    map[string]*zone // named in the text
}

// NewCast converts child to a type. An implicit cast does not show in the expression's name.
func NewCast(child Expr, to types.Type, mode plan.EvalMode, ansi, implicit bool) (Expr, error) {
	if types.Equal(child.Type(), to) {
		if implicit {
			return child, nil
		}
	}
	fail := failureOf(mode, ansi)
	convert := findConversion(child.Type(), to, castRules{fail: fail})
	if convert == nil {
		return nil, castTypeError(child, to, mode, ansi)
	}
	c := &Cast{child: child, to: to, fail: fail, implicit: implicit, try: mode == plan.EvalTry, convert: convert}
	if mode == plan.EvalANSI {
		c.literal = typedLiteral(child, to)
	}
	return c, nil
}

// typedLiteral is how a literal such as DATE '2025-1-31' prints; it reads as an ANSI cast of text.
func typedLiteral(child Expr, to types.Type) string {
	t, ok := to.(types.Primitive)
	constant, isConstant := child.(*Constant)
	if !ok || !isConstant || literalKeywords[t] == "" {
		return ""
	}
	text, ok := constant.Value.(string)
	if !ok {
		return ""
	}
	var value string
	switch t {
	case types.Date:
		if day, ok := datetime.ParseDateText(text); ok {
			value = string(appendDate(nil, day))
		}
	default:
		value = text
		if local, zone, _, ok := datetime.ParseWallClock(text); ok && zone == "" {
			value = string(appendTimestamp(nil, local))
		}
	}
	if value == "" {
		return ""
	}
	return literalKeywords[t] + " '" + value + "'"
}

func failureOf(mode plan.EvalMode, ansi bool) onFailure {
	switch {
	case mode == plan.EvalTry:
		return failNull
	case mode == plan.EvalANSI || mode == plan.EvalDefault && ansi:
		return failError
	}
	return failWrap
}

func castTypeError(child Expr, to types.Type, mode plan.EvalMode, ansi bool) error {
	name := "CAST(" + child.String() + " AS " + types.SQL(to) + ")"
	if mode == plan.EvalTry {
		name = "TRY_" + name
	}
	from, target := types.SQL(child.Type()), types.SQL(to)
	if function := convertingFunction(child.Type(), to); function != "" {
		return errclass.DatatypeMismatchCastFunction.New("Cannot resolve \"%s\" due to data type mismatch: cannot cast \"%s\" to \"%s\".", name, from, target).
			WithHint("To convert values from \"%s\" to \"%s\", you can use the functions `%s` instead.", from, target, function)
	}
	if ansi && findConversion(child.Type(), to, castRules{fail: failWrap}) != nil {
		return errclass.DatatypeMismatchCastANSI.New("Cannot resolve \"%s\" due to data type mismatch: cannot cast \"%s\" to \"%s\" with ANSI mode on.", name, from, target).
			WithHint("If you have to cast \"%s\" to \"%s\", you can set \"spark.sql.ansi.enabled\" as \"false\".", from, target)
	}
	return errclass.DatatypeMismatchCast.New("Cannot resolve \"%s\" due to data type mismatch: cannot cast \"%s\" to \"%s\".", name, from, target)
}

// convertingFunction does what no cast does: days since the epoch as a date, and back.
func convertingFunction(from, to types.Type) string {
	switch {
	case isInteger(from) && to == types.Date:
		return "DATE_FROM_UNIX_DATE"
	case from == types.Date && isInteger(to):
		return "UNIX_DATE"
	}
	return ""
}

// Type is what the cast converts to.
func (c *Cast) Type() types.Type { return c.to }

// Nullable is the child's, or true where a value may fail to convert.
func (c *Cast) Nullable() bool {
	return c.child.Nullable() || c.fail != failError && !upcast(c.child.Type(), c.to) ||
		c.child.Type() == types.Null || c.child.Type() == types.Variant // a variant null is a null
}

// String is Spark's "CAST(x AS INT)"; the literal where one was written as such ("DATE '2024-01-01'"), and the value alone where coercion made
// the cast.
func (c *Cast) String() string {
	switch {
	case c.literal != "":
		return c.literal
	case c.implicit:
		return c.child.String()
	case c.try:
		return "TRY_CAST(" + c.child.String() + " AS " + types.SQL(c.to) + ")"
	}
	return "CAST(" + c.child.String() + " AS " + types.SQL(c.to) + ")"
}

// Children is the value to convert.
func (c *Cast) Children() []Expr { return []Expr{c.child} }

// WithChildren is the same cast of another value.
func (c *Cast) WithChildren(children []Expr) Expr {
	out := *c
	out.child = children[0]
	return &out
}

// Eval converts the child's values.
func (c *Cast) Eval(ctx *Context, in arrow.RecordBatch) (Vector, error) {
	v, err := c.child.Eval(ctx, in)
	if err != nil {
		return Vector{}, err
	}
	run := &caster{ctx: ctx, from: c.child.Type(), to: c.to, fail: c.fail, zone: newZone(ctx.TimeZone)}
	out, err := c.convert(run, v.Values)
	return Vector{Values: out, Const: v.Const}, err
}

// infallible reports that the cast cannot fail on any value.
func (c *Cast) infallible() bool {
	if types.HasVariant(c.child.Type()) {
		return false
	}
	return c.fail != failError || upcast(c.child.Type(), c.to)
}

// child is the run of a cast inside: of an element, a field.
func (c *caster) inner(from, to types.Type) *caster {
	out := *c
	out.from, out.to = from, to
	return &out
}

// upcast reports whether every value of from has one in to.
func upcast(from, to types.Type) bool {
	if types.EqualIgnoringNullability(from, to) || from == types.Null {
		return true
	}
	if to == types.String {
		return isAtomic(from)
	}
	if a, b := numericRank(from), numericRank(to); a > 0 && b > 0 {
		return a <= b
	}
	if d, ok := to.(types.Decimal); ok {
		f, ok := decimalFor(from)
		return ok && f.Precision-f.Scale <= d.Precision-d.Scale && f.Scale <= d.Scale
	}
	return from == types.Date && (to == types.Timestamp || to == types.TimestampNTZ) ||
		from == types.TimestampNTZ && to == types.Timestamp || from == types.Timestamp && to == types.TimestampNTZ
}

// numericRank orders the number types of fixed width from narrow to wide; 0 for other types.
func numericRank(t types.Type) int {
	switch t {
	case types.Byte:
		return 1
	case types.Short:
		return 2
	case types.Integer:
		return 3
	case types.Long:
		return 4
	case types.Float:
		return 5
	case types.Double:
		return 6
	}
	return 0
}

// zoneNamed is a zone that a text names: an offset, or a region.
func (c *caster) zoneNamed(name string) (*zone, bool) {
	if z, ok := c.zones[name]; ok {
		return z, z != nil
	}
	if c.zones == nil {
		c.zones = map[string]*zone{}
	}
	loc, ok := ParseZone(name)
	if !ok {
		c.zones[name] = nil
		return nil, false
	}
	if len(c.zones) > 1000 { // hostile text; regions are a few hundred
		clear(c.zones)
	}
	c.zones[name] = newZone(loc)
	return c.zones[name], true
}

// today is the current date at the session.
func (c *caster) today() int64 {
	day, _ := split(c.zone.Local(c.ctx.Now.UnixMicro()))
	return day
}

// failure makes the error for row i, which could not be converted.
func (c *caster) failure(arr arrow.Array, i int) error {
	if d, ok := c.to.(types.Decimal); ok && c.from != types.String {
		return decimalRangeError(sqlValueNumber(arr, i, c.from), d)
	}
	if c.from == types.String {
		return invalidInput(sqlValue(arr, i, c.from), c.from, c.to)
	}
	return errclass.CastOverflow.New("The value %s of the type %q cannot be cast to %q due to an overflow.",
		sqlValue(arr, i, c.from), types.SQL(c.from), types.SQL(c.to)).
		WithHint("Use `try_cast` to tolerate overflow and return NULL instead.")
}

func invalidInput(value string, from, to types.Type) error {
	return errclass.CastInvalidInput.New("The value %s of the type %q cannot be cast to %q because it is malformed.",
		value, types.SQL(from), types.SQL(to)).
		WithHint("Correct the value as per the syntax, or change its target type. Use `try_cast` to tolerate malformed input and return NULL instead.")
}

func decimalRangeError(value string, d types.Decimal) error {
	return errclass.NumericValueOutOfRange.New("The value %s cannot be represented as Decimal(%d, %d).", value, d.Precision, d.Scale).
		WithHint("If necessary set %q to %q to bypass this error, and return NULL instead.", "spark.sql.ansi.enabled", "false")
}

// sqlValue is a value as Spark's errors write it: 'abc', 3000000000L, 1.5BD.
func sqlValue(arr arrow.Array, i int, t types.Type) string {
	text := string(newFormatter(arr, t, time.UTC)(nil, i))
	switch t := t.(type) {
	case types.Primitive:
		switch t {
		case types.String:
			return "'" + text + "'"
		case types.Timestamp, types.TimestampNTZ, types.Date:
			return literalKeywords[t] + " '" + text + "'"
		default:
			return text + literalSuffixes[t]
		}
	case types.Decimal:
		return text + "BD"
	}
	return text
}

// sqlValueNumber is a number without its type's suffix.
func sqlValueNumber(arr arrow.Array, i int, t types.Type) string {
	return string(newFormatter(arr, t, time.UTC)(nil, i))
}

var literalSuffixes = map[types.Primitive]string{types.Byte: "Y", types.Short: "S", types.Long: "L", types.Float: "F", types.Double: "D"}
