package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// A fromContext is a value of the run: the current time, the user. It is the same for all rows.
type fromContext struct {
	name string
	t    types.Type
	of   func(ctx *Context) any
}

func (f *fromContext) Type() types.Type         { return f.t }
func (f *fromContext) Nullable() bool           { return false }
func (f *fromContext) String() string           { return f.name + "()" }
func (f *fromContext) Children() []Expr         { return nil }
func (f *fromContext) WithChildren([]Expr) Expr { return f }
func (f *fromContext) contextual() bool         { return true }
func (f *fromContext) infallible() bool         { return true }

func (f *fromContext) Eval(ctx *Context, _ arrow.RecordBatch) (Vector, error) {
	return Vector{Values: oneValue(f.t, f.of(ctx)), Const: true}, nil
}

func contextValue(name string, t types.Type, of func(ctx *Context) any) function {
	return built(0, 0, func(*builder) (Expr, error) { return &fromContext{name, t, of}, nil })
}

var sessionFunctions = table{
	"current_timestamp": contextValue("current_timestamp", types.Timestamp, now),
	"now":               contextValue("now", types.Timestamp, now),
	"localtimestamp": contextValue("localtimestamp", types.TimestampNTZ, func(ctx *Context) any {
		return newZone(ctx.TimeZone).Local(ctx.Now.UnixMicro())
	}),
	"current_date": contextValue("current_date", types.Date, today), "curdate": contextValue("current_date", types.Date, today),
	"current_timezone": contextValue("current_timezone", types.String, func(ctx *Context) any {
		if ctx.TimeZone == nil {
			return "UTC"
		}
		return ctx.TimeZone.String()
	}),
	"current_catalog":  contextValue("current_catalog", types.String, func(ctx *Context) any { return ctx.Catalog }),
	"current_schema":   contextValue("current_schema", types.String, func(ctx *Context) any { return ctx.Schema }),
	"current_database": contextValue("current_schema", types.String, func(ctx *Context) any { return ctx.Schema }),
	"current_user":     contextValue("current_user", types.String, func(ctx *Context) any { return ctx.User }),
	"user":             contextValue("user", types.String, func(ctx *Context) any { return ctx.User }),
	"session_user":     contextValue("session_user", types.String, func(ctx *Context) any { return ctx.User }),
	"version":          contextValue("version", types.String, func(*Context) any { return "4.2.0 lakehouse" }),
	"spark_partition_id": contextValue("SPARK_PARTITION_ID", types.Integer, func(ctx *Context) any {
		return int32(ctx.Worker)
	}),
}

func now(ctx *Context) any { return ctx.Now.UnixMicro() }

func today(ctx *Context) any {
	day, _ := split(newZone(ctx.TimeZone).Local(ctx.Now.UnixMicro()))
	return int32(day)
}
