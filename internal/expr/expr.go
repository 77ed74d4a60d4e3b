package expr

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/types"
)

// An Expr is an expression bound to the columns of its input. It is immutable and safe for
// concurrent use; what a run needs is in the [Context].
type Expr interface {
	Type() types.Type
	Nullable() bool
	// String is the expression as Spark names a column made of it: "(a + 1)", "upper(name)".
	String() string
	Children() []Expr
	// WithChildren is the same expression over other children, of the same types.
	WithChildren(children []Expr) Expr
	// Eval computes the expression for each row of the batch.
	Eval(ctx *Context, in arrow.RecordBatch) (Vector, error)
}

// A Vector is a column of results. Const: one value, at index 0, stands for every row.
type Vector struct {
	Values arrow.Array
	Const  bool
}

// Context is what an evaluation may depend on besides its input. It belongs to one goroutine.
type Context struct {
	ANSI     bool
	TimeZone *time.Location // of the session
	Now      time.Time      // the query's or the batch's current_timestamp
	Catalog  string
	Schema   string
	User     string
	Conf     map[string]string // session settings that functions ask for
	Worker   int               // partition id, for rand, monotonically_increasing_id …
	// Lambda holds the variables of the lambda functions around the expression.
	Lambda []Vector
	// Memo is what expressions that go on from batch to batch remember, as rand does. They make it.
	Memo map[Expr]any
}

// A Column is a column of the input, by position.
type Column struct {
	Index    int
	Name     string
	DataType types.Type
	Null     bool // whether it may be null
}

// A Constant is a literal. Value is as in plan.Literal.
type Constant struct {
	Value    any
	DataType types.Type
}

// A Generator makes any number of rows from one: explode, inline, stack.
type Generator interface {
	Args() []Expr
	WithArgs(args []Expr) Generator
	String() string
	// Schema is the generated columns with their default names (col; pos, col; key, value).
	Schema() types.Struct
	// Generate gives, for generated row i, the input row it came from and its columns. Input rows
	// come in order; one without generated rows is left out (the outer forms are the operator's).
	Generate(ctx *Context, in arrow.RecordBatch) (rows []int32, columns []arrow.Array, err error)
}

// An Aggregate is a resolved aggregate function with its arguments.
type Aggregate interface {
	Type() types.Type
	Nullable() bool
	String() string
	Args() []Expr
	WithArgs(args []Expr) Aggregate
	// Buffer is the layout of the intermediate state, column by column as Spark's own: what a stream keeps
	// in its checkpoint. sum(bigint): {sum bigint}; avg: {sum double, count bigint}.
	Buffer() types.Struct
	// New makes an accumulator for any number of groups.
	New(ctx *Context) Accumulator
}

// An Accumulator holds an aggregate's state for groups 0 … n-1, as columns. It belongs to one
// goroutine. Partial results of several meet by State and Merge.
type Accumulator interface {
	// Grow makes room for n groups; new ones start empty.
	Grow(n int)
	// Update adds rows: row i, with the arguments' values at i, belongs to groups[i].
	Update(groups []uint32, args []Vector) error
	// Merge adds partial states, given as the columns of Buffer.
	Merge(groups []uint32, state []arrow.Array) error
	// State is the columns of Buffer for all groups.
	State() ([]arrow.Array, error)
	// Result is the final value for all groups.
	Result() (arrow.Array, error)
	// Bytes estimates the memory held.
	Bytes() int64
}
