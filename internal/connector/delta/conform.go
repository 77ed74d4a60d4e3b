package delta

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// conformed is an operator's rows as a table stores them: its columns, in its order and types. A value that the type
// cannot hold is an error (ANSI store assignment); a column or a field that the rows lack is null.
type conformed struct {
	in      exec.Operator
	schema  types.Struct
	columns []expr.Expr  // nil: the column is null
	shape   types.Struct // the fields that structs of the rows are to have, by column of the rows
	eval    expr.Context
}

// conform takes columns by name, and so the fields of structs, unless they go by position.
func conform(in exec.Operator, table types.Struct, eval expr.Context, byPosition bool) (exec.Operator, error) {
	have := in.Schema()
	eval.ANSI = true
	c := &conformed{in: in, schema: table, eval: eval, columns: make([]expr.Expr, len(table.Fields))}
	c.shape.Fields = append(c.shape.Fields, have.Fields...)
	same := len(have.Fields) == len(table.Fields)
	for i, f := range table.Fields {
		at := have.Index(f.Name)
		if at < 0 {
			same = false
			continue
		}
		from := have.Fields[at]
		if !byPosition {
			from.Type = shaped(from.Type, f.Type)
			c.shape.Fields[at].Type = f.Type
		}
		c.columns[i] = expr.NewColumn(at, from.Name, from.Type, from.Nullable)
		if !types.EqualIgnoringNullability(from.Type, f.Type) {
			cast, err := expr.NewCast(c.columns[i], f.Type, plan.EvalANSI, true, true)
			if err != nil {
				return nil, err
			}
			c.columns[i] = cast
		}
		same = same && at == i && from.Name == f.Name && types.Equal(have.Fields[at].Type, f.Type)
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
	b = c.reshape(b)
	columns := make([]arrow.Array, len(c.columns))
	for i, e := range c.columns {
		to := types.ToArrow(c.schema.Fields[i].Type)
		if e == nil {
			columns[i] = array.MakeArrayOfNull(memory.DefaultAllocator, to, int(b.NumRows()))
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

// reshape gives the structs of a batch the fields of the table's.
func (c *conformed) reshape(b arrow.RecordBatch) arrow.RecordBatch {
	have := c.in.Schema()
	columns := slices.Clone(b.Columns())
	fields := make([]arrow.Field, len(columns))
	for i, column := range columns {
		columns[i] = array.MakeFromData(reshape(column.Data(), have.Fields[i].Type, c.shape.Fields[i].Type))
		fields[i] = arrow.Field{Name: have.Fields[i].Name, Type: columns[i].DataType(), Nullable: true}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, b.NumRows())
}
