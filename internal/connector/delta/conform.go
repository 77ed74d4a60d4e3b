package delta

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// conformed is an operator's rows as a table stores them: its columns, in its order and types. A value that the type
// cannot hold is an error (ANSI store assignment); a column that the rows lack is null.
type conformed struct {
	in      exec.Operator
	schema  types.Struct
	columns []expr.Expr // nil: the column is null
	eval    expr.Context
}

func conform(in exec.Operator, table types.Struct, eval expr.Context) (exec.Operator, error) {
	have := in.Schema()
	eval.ANSI = true
	c := &conformed{in: in, schema: table, eval: eval, columns: make([]expr.Expr, len(table.Fields))}
	same := len(have.Fields) == len(table.Fields)
	for i, f := range table.Fields {
		at := have.Index(f.Name)
		if at < 0 {
			same = false
			continue
		}
		from := have.Fields[at]
		stored, err := expr.NewStore(expr.NewColumn(at, from.Name, from.Type, from.Nullable), f.Type)
		if err != nil {
			return nil, err
		}
		c.columns[i] = stored
		same = same && at == i && from.Name == f.Name && types.Equal(from.Type, f.Type)
	}
	if same {
		return in, nil
	}
	return c, nil
}

// Schema is the table's.
func (c *conformed) Schema() types.Struct { return c.schema }

// Execute converts each sequence as it flows.
func (c *conformed) Execute(ctx context.Context, n int) []batch.Seq {
	seqs := c.in.Execute(ctx, n)
	for i, seq := range seqs {
		eval := c.eval
		seqs[i] = batch.Transform(seq, func(b arrow.RecordBatch) (arrow.RecordBatch, error) { return c.convert(&eval, b) })
	}
	return seqs
}

func (c *conformed) convert(eval *expr.Context, b arrow.RecordBatch) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, len(c.columns))
	for i, e := range c.columns {
		to := types.ToArrow(c.schema.Fields[i].Type)
		if e == nil {
			columns[i] = batch.Nulls(to, int(b.NumRows()))
			continue
		}
		v, err := e.Eval(eval, b)
		if err != nil {
			return nil, err
		}
		columns[i] = v.Values
	}
	return array.NewRecordBatch(types.ToArrowSchema(c.schema), columns, b.NumRows()), nil
}
