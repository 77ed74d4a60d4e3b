package medallion

import (
	"context"
	"maps"
	"slices"

	"lakehouse/internal/connector/delta"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
)

// Changes is what Delete, Update or Merge did to a table.
type Changes struct {
	Version                    int64 // of the table, afterwards
	Updated, Deleted, Inserted int64 // rows; Deleted is -1 where whole files went that do not tell how many they have
	// Skipped: the table has had this change before, by what options txnAppId and txnVersion say. Nothing was done.
	Skipped bool
}

func changesOf(done delta.Changed, err error) (Changes, error) {
	if err != nil {
		return Changes{}, err
	}
	out := Changes{Version: done.Version, Updated: done.Updated, Deleted: done.Deleted, Inserted: done.Inserted, Skipped: done.Skipped}
	if done.Unknown {
		out.Deleted = -1
	}
	return out, nil
}

// Option sets an option of what is done by the table: userMetadata, or txnAppId and txnVersion, by which a change that comes again is
// known and passed over.
func (t *DeltaTable) Option(name, value string) *DeltaTable {
	with := *t
	with.options = maps.Clone(t.options)
	if with.options == nil {
		with.options = map[string]string{}
	}
	with.options[name] = value
	return &with
}

func (t *DeltaTable) target() plan.Target { return plan.Target{Name: t.name, Alias: t.alias} }

// Delete takes the rows out of the table for which a condition is true; the zero Column: all rows.
func (t *DeltaTable) Delete(ctx context.Context, condition Column) (Changes, error) {
	if condition.err != nil {
		return Changes{}, condition.err
	}
	return changesOf(guarded(t.session, func() (delta.Changed, error) {
		return t.session.delete(ctx, &plan.Delete{Target: t.target(), Condition: condition.expr}, t.options)
	}))
}

// Update gives columns new values, in the rows for which a condition is true; the zero Column: in all rows. The columns are named as in
// SQL, fields of one too: "address.city". The values see the rows as they were.
func (t *DeltaTable) Update(ctx context.Context, condition Column, set map[string]Column) (Changes, error) {
	assignments, err := assignmentsOf(set)
	if err == nil {
		err = condition.err
	}
	if err != nil {
		return Changes{}, err
	}
	return changesOf(guarded(t.session, func() (delta.Changed, error) {
		return t.session.update(ctx, &plan.Update{Target: t.target(), Set: assignments, Condition: condition.expr}, t.options)
	}))
}

func assignmentsOf(set map[string]Column) ([]plan.Assignment, error) {
	var out []plan.Assignment
	for _, name := range slices.Sorted(maps.Keys(set)) {
		parts, err := sql.ParseTableName(name)
		if err == nil {
			err = set[name].err
		}
		if err != nil {
			return nil, err
		}
		out = append(out, plan.Assignment{Column: &plan.UnresolvedAttribute{Parts: parts}, Value: set[name].expr})
	}
	return out, nil
}

// A MergeBuilder says what becomes of rows when a source is merged into a table. Clauses of one kind are tried in the order in which
// they were added; each row goes to the first whose condition is true, and all but the last of a kind have one.
type MergeBuilder struct {
	table *DeltaTable
	merge plan.MergeInto
	err   error
}

// Merge begins to merge a source's rows into the table. Rows meet where the condition is true, which sees both: name them by Alias, and
// their columns "t.id" and "s.id".
func (t *DeltaTable) Merge(source *DataFrame, condition Column) MergeBuilder {
	b := MergeBuilder{table: t, merge: plan.MergeInto{Target: t.target(), Source: source.rel, Condition: condition.expr}, err: source.err}
	if b.err == nil {
		b.err = condition.err
	}
	return b
}

func (b MergeBuilder) clause(action plan.MergeAction, set map[string]Column, condition []Column) (MergeBuilder, plan.MergeClause) {
	c := plan.MergeClause{Action: action}
	assignments, err := assignmentsOf(set)
	c.Set = assignments
	for _, one := range condition {
		if c.Condition = one.expr; err == nil {
			err = one.err
		}
	}
	if len(condition) > 1 && err == nil {
		err = internalError("a clause of Merge has one condition")
	}
	if b.err == nil {
		b.err = err
	}
	return b, c
}

func (b MergeBuilder) matched(action plan.MergeAction, set map[string]Column, condition []Column) MergeBuilder {
	b, c := b.clause(action, set, condition)
	b.merge.Matched = append(slices.Clip(b.merge.Matched), c)
	return b
}

func (b MergeBuilder) notMatched(action plan.MergeAction, set map[string]Column, condition []Column) MergeBuilder {
	b, c := b.clause(action, set, condition)
	b.merge.NotMatched = append(slices.Clip(b.merge.NotMatched), c)
	return b
}

func (b MergeBuilder) notMatchedBySource(action plan.MergeAction, set map[string]Column, condition []Column) MergeBuilder {
	b, c := b.clause(action, set, condition)
	b.merge.NotMatchedBySource = append(slices.Clip(b.merge.NotMatchedBySource), c)
	return b
}

// WhenMatchedUpdate gives columns of rows that have a partner in the source new values; a condition narrows the rows.
func (b MergeBuilder) WhenMatchedUpdate(set map[string]Column, condition ...Column) MergeBuilder {
	return b.matched(plan.MergeUpdate, set, condition)
}

// WhenMatchedUpdateAll gives each column of rows that have a partner the source's value of the same name.
func (b MergeBuilder) WhenMatchedUpdateAll(condition ...Column) MergeBuilder {
	return b.matched(plan.MergeUpdateAll, nil, condition)
}

// WhenMatchedDelete deletes rows that have a partner.
func (b MergeBuilder) WhenMatchedDelete(condition ...Column) MergeBuilder {
	return b.matched(plan.MergeDelete, nil, condition)
}

// WhenNotMatchedInsert adds rows of the source that have no partner: the values of some columns; others get their defaults.
func (b MergeBuilder) WhenNotMatchedInsert(values map[string]Column, condition ...Column) MergeBuilder {
	return b.notMatched(plan.MergeInsert, values, condition)
}

// WhenNotMatchedInsertAll adds rows of the source that have no partner: each column has the source's value of the same name.
func (b MergeBuilder) WhenNotMatchedInsertAll(condition ...Column) MergeBuilder {
	return b.notMatched(plan.MergeInsertAll, nil, condition)
}

// WhenNotMatchedBySourceUpdate gives columns of rows that have no partner new values.
func (b MergeBuilder) WhenNotMatchedBySourceUpdate(set map[string]Column, condition ...Column) MergeBuilder {
	return b.notMatchedBySource(plan.MergeUpdate, set, condition)
}

// WhenNotMatchedBySourceDelete deletes rows that have no partner.
func (b MergeBuilder) WhenNotMatchedBySourceDelete(condition ...Column) MergeBuilder {
	return b.notMatchedBySource(plan.MergeDelete, nil, condition)
}

// WithSchemaEvolution adds columns to the table that the clauses take from the source and it lacks.
func (b MergeBuilder) WithSchemaEvolution() MergeBuilder {
	b.merge.SchemaEvolution = true
	return b
}

// Execute merges.
func (b MergeBuilder) Execute(ctx context.Context) (Changes, error) {
	if b.err != nil {
		return Changes{}, b.err
	}
	s := b.table.session
	return changesOf(guarded(s, func() (delta.Changed, error) { return s.merge(ctx, &b.merge, b.table.options) }))
}
