package delta

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// An enforcement says under which rules rows go into a table.
type enforcement struct {
	Eval expr.Context // for casts, defaults, generated columns and constraints
	// Identity counts the values that identity columns are given: made by newIdentity, told to the transaction by its Commit when
	// all rows have been walked.
	Identity *identity
	// Rewriting: the rows are the table's own, changed or not. Values of identity columns are kept, and given to rows where they are
	// null; without it, rows that bring values for a column GENERATED ALWAYS AS IDENTITY are refused.
	Rewriting bool
}

// enforced gives rows as the table demands them, ready for the data files: all of its columns, in its order and types, under their
// logical names. A column that the rows lack is computed (generated columns), counted (identity columns), given its default, or null;
// one that they bring is converted by ANSI store assignment. Generated columns that the rows bring are checked, as are NOT NULL,
// invariants, CHECK constraints and the lengths of CHAR and VARCHAR: a row that breaks one is an error that names its values. Rows of a
// table without demands that have the table's columns pass as they are.
func enforced(op exec.Operator, meta deltalog.Metadata, opts enforcement) (exec.Operator, error) {
	schema, err := meta.Schema()
	if err != nil {
		return nil, err
	}
	rules, err := demandsOf(meta, schema, op.Schema(), opts)
	if err != nil {
		return nil, err
	}
	if !rules.any() {
		return conform(op, schema, opts.Eval)
	}
	in, err := conform(op, rules.brought, opts.Eval)
	if err != nil {
		return nil, err
	}
	return &enforcing{in: in, schema: schema, rules: rules, eval: opts.Eval, identity: opts.Identity}, nil
}

// demands are what a table asks of rows that have certain of its columns.
type demands struct {
	brought   types.Struct // the table's columns that the rows have, or that are null in them
	from      []int        // of each of the table's columns: where it stands among those; -1: it is filled
	padded    []filling
	defaults  []filling
	generated []filling
	counted   []counted
	checks    []check
}

// A filling is a column that is computed.
type filling struct {
	column int // of the table
	value  expr.Expr
}

func (d *demands) any() bool {
	return len(d.padded)+len(d.defaults)+len(d.generated)+len(d.counted)+len(d.checks) > 0
}

func demandsOf(meta deltalog.Metadata, schema, rows types.Struct, opts enforcement) (*demands, error) {
	d := &demands{from: make([]int, len(schema.Fields))}
	r := newTextResolver(schema, opts.Eval)
	for i, f := range schema.Fields {
		filled, err := d.fill(r, i, f, rows.Index(f.Name) >= 0, opts)
		if err != nil {
			return nil, err
		}
		pad, err := r.padding(f)
		if err != nil {
			return nil, err
		}
		if pad != nil {
			d.padded = append(d.padded, filling{i, pad})
		}
		if d.from[i] = -1; !filled {
			d.from[i] = len(d.brought.Fields)
			d.brought.Fields = append(d.brought.Fields, f)
		}
	}
	checks, err := checksOf(r, meta, schema)
	d.checks = append(d.checks, checks...)
	return d, err
}

// fill notes how a column comes by its values, and reports whether it does so without the rows.
func (d *demands) fill(r textResolver, i int, f types.Field, given bool, opts enforcement) (filled bool, err error) {
	if text, ok := generationOf(f); ok {
		e, err := r.generation(f, text)
		if err != nil {
			return false, err
		}
		if given {
			check, err := r.generatedCheck(f, text)
			d.checks = append(d.checks, check)
			return false, err
		}
		d.generated = append(d.generated, filling{i, e})
		return true, nil
	}
	column, ok, err := identityOf(f)
	if err != nil {
		return false, err
	}
	if ok {
		switch {
		case given && opts.Rewriting:
			d.counted = append(d.counted, counted{column: i, where: nullsOf})
			return false, nil
		case given && !column.explicit:
			return false, explicitIdentity(f)
		case given:
			return false, nil
		}
		d.counted = append(d.counted, counted{column: i})
		return true, nil
	}
	if text, ok := defaultOf(f); ok && !given {
		e, err := r.defaultValue(f, text)
		d.defaults = append(d.defaults, filling{i, e})
		return true, err
	}
	return false, nil
}

// enforcing is an operator's rows as a table demands them.
type enforcing struct {
	in       exec.Operator
	schema   types.Struct
	rules    *demands
	eval     expr.Context
	identity *identity
}

// Schema is the table's.
func (e *enforcing) Schema() types.Struct { return e.schema }

// Execute fills and checks each sequence as it flows.
func (e *enforcing) Execute(ctx context.Context, n int) []batch.Seq {
	seqs := e.in.Execute(ctx, n)
	arrowSchema := types.ToArrowSchema(e.schema)
	for i, seq := range seqs {
		eval := e.eval
		eval.Worker = i
		seqs[i] = batch.Transform(seq, func(b arrow.RecordBatch) (arrow.RecordBatch, error) { return e.apply(&eval, arrowSchema, b) })
	}
	return seqs
}

func (e *enforcing) apply(eval *expr.Context, schema *arrow.Schema, b arrow.RecordBatch) (arrow.RecordBatch, error) {
	rows := b.NumRows()
	columns := make([]arrow.Array, len(e.schema.Fields))
	for i, at := range e.rules.from {
		if at >= 0 {
			columns[i] = b.Column(at)
		} else {
			columns[i] = batch.Nulls(schema.Field(i).Type, int(rows))
		}
	}
	if err := e.count(columns, int(rows)); err != nil {
		return nil, err
	}
	for _, stage := range [][]filling{e.rules.defaults, e.rules.padded, e.rules.generated} { // generated columns may depend on defaults, and those be padded
		if len(stage) == 0 {
			continue
		}
		in := array.NewRecordBatch(schema, columns, rows)
		for _, f := range stage {
			v, err := f.value.Eval(eval, in)
			if err != nil {
				return nil, err
			}
			columns[f.column] = v.Expand(int(rows))
		}
	}
	out := array.NewRecordBatch(schema, columns, rows)
	for i := range e.rules.checks {
		if err := e.rules.checks[i].hold(eval, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}
