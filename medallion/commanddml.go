package medallion

import (
	"context"
	"errors"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/deltalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
)

// change carries out a statement that changes rows. Its answer is how many.
func (s *Session) change(ctx context.Context, c plan.Command) (*DataFrame, error) {
	switch c := c.(type) {
	case *plan.Delete:
		done, err := s.delete(ctx, c, nil)
		rows := done.Deleted
		if done.Unknown {
			rows = -1
		}
		return s.affected(done, rows, err)
	case *plan.Update:
		done, err := s.update(ctx, c, nil)
		return s.affected(done, done.Updated, err)
	case *plan.MergeInto:
		done, err := s.merge(ctx, c, nil)
		if err != nil {
			return nil, err
		}
		return s.merged(done)
	}
	return nil, internalError("%T changes no rows", c)
}

// affected is the answer of DELETE and UPDATE; none where the statement had been carried out before.
func (s *Session) affected(done delta.Changed, rows int64, err error) (*DataFrame, error) {
	if err != nil {
		return nil, err
	}
	var answer [][]any
	if !done.Skipped {
		answer = [][]any{{rows}}
	}
	return s.answer("num_affected_rows BIGINT", answer)
}

func (s *Session) delete(ctx context.Context, d *plan.Delete, options map[string]string) (delta.Changed, error) {
	table, condition, opts, err := s.resolveDelete(ctx, d, options)
	if err != nil {
		return delta.Changed{}, err
	}
	return delta.Delete(ctx, table.Table, condition, opts)
}

func (s *Session) resolveDelete(ctx context.Context, d *plan.Delete, options map[string]string) (target, expr.Expr, delta.ChangeOptions, error) {
	table, err := s.target(ctx, d.Target, "DELETE")
	if err != nil {
		return target{}, nil, delta.ChangeOptions{}, err
	}
	condition, err := logical.ResolveDelete(ctx, d.Condition, table.Target, s.resolveEnv())
	if err != nil {
		return target{}, nil, delta.ChangeOptions{}, err
	}
	opts, err := s.changeOptions(table, options)
	return table, condition, opts, err
}

func (s *Session) update(ctx context.Context, u *plan.Update, options map[string]string) (delta.Changed, error) {
	table, set, condition, opts, err := s.resolveUpdate(ctx, u, options)
	if err != nil {
		return delta.Changed{}, err
	}
	return delta.Update(ctx, table.Table, set, condition, opts)
}

func (s *Session) resolveUpdate(ctx context.Context, u *plan.Update, options map[string]string) (target, []logical.Named, expr.Expr, delta.ChangeOptions, error) {
	table, err := s.target(ctx, u.Target, "UPDATE")
	if err != nil {
		return target{}, nil, nil, delta.ChangeOptions{}, err
	}
	values := &valueQueries{session: s}
	set, condition, err := logical.ResolveUpdate(ctx, u.Set, u.Condition, table.Target, values.env(ctx))
	if err != nil {
		return target{}, nil, nil, delta.ChangeOptions{}, err
	}
	opts, err := s.changeOptions(table, options)
	if err == nil {
		err = opts.Reading(table.ReadBy(values.ran...))
	}
	return table, set, condition, opts, err
}

// merged is the answer of MERGE.
func (s *Session) merged(done delta.Changed) (*DataFrame, error) {
	var answer [][]any
	if !done.Skipped {
		answer = [][]any{{done.Updated + done.Deleted + done.Inserted, done.Updated, done.Deleted, done.Inserted}}
	}
	return s.answer("num_affected_rows BIGINT, num_updated_rows BIGINT, num_deleted_rows BIGINT, num_inserted_rows BIGINT", answer)
}

func (s *Session) merge(ctx context.Context, m *plan.MergeInto, options map[string]string) (delta.Changed, error) {
	table, merge, opts, err := s.resolveMerge(ctx, m, options)
	if err != nil {
		return delta.Changed{}, err
	}
	source, err := exec.Build(logical.Optimize(merge.Source), s.env())
	if err != nil {
		return delta.Changed{}, err
	}
	return delta.Merge(ctx, table.Table, merge, source, opts)
}

func (s *Session) resolveMerge(ctx context.Context, m *plan.MergeInto, options map[string]string) (target, *logical.Merge, delta.ChangeOptions, error) {
	table, err := s.target(ctx, m.Target, "MERGE")
	if err != nil {
		return target{}, nil, delta.ChangeOptions{}, err
	}
	var evolve logical.Evolve
	if m.SchemaEvolution || s.autoMerge() {
		evolve = delta.Evolution(table.snapshot, delta.Widening(s.Conf(delta.WideningSetting)))
	}
	values := &valueQueries{session: s}
	merge, err := logical.ResolveMerge(ctx, m, table.Target, evolve, values.env(ctx))
	if err != nil {
		return target{}, nil, delta.ChangeOptions{}, err
	}
	values.ran = append(values.ran, merge.Source)
	opts, err := s.changeOptions(table, options)
	if err == nil {
		err = opts.Reading(table.ReadBy(values.ran...))
	}
	return table, merge, opts, err
}

// valueQueries are queries in a statement whose values it gives to columns: they are run before it.
type valueQueries struct {
	session *Session
	ran     []logical.Node
}

func (v *valueQueries) env(ctx context.Context) logical.Env {
	env := v.session.resolveEnv()
	env.Read = func(query logical.Node) (arrow.RecordBatch, error) {
		v.ran = append(v.ran, query)
		op, err := exec.Build(logical.Optimize(query), v.session.env())
		if err != nil {
			return nil, err
		}
		return exec.FirstRow(ctx, op)
	}
	return env
}

// A target is a table that a statement changes, at the version that the statement stands on.
type target struct {
	delta.Table
	snapshot *deltalog.Snapshot
	logical.Target
}

// target opens the table that a statement changes.
func (s *Session) target(ctx context.Context, t plan.Target, statement string) (target, error) {
	for _, named := range t.With {
		if len(t.Name) == 1 && strings.EqualFold(t.Name[0], named.Alias) {
			return target{}, placed(errclass.UnsupportedTableOperation.New("The feature is not supported: %s is a query that WITH names, and does not support %s.", named.Alias, statement), t.At)
		}
	}
	table, err := s.tableOf(ctx, t.Name)
	if errors.Is(err, errclass.WrongObjectType) {
		err = errclass.DeltaUnsupportedSource.New("%s destination only supports Delta sources. %s is a view.", statement, s.fullName(t.Name))
	}
	if err != nil {
		return target{}, placed(err, t.At)
	}
	snap, err := table.Log.Snapshot(ctx)
	if err != nil {
		return target{}, err
	}
	schema, err := snap.Schema()
	if err != nil {
		return target{}, err
	}
	qualifier := []string{t.Alias}
	if t.Alias == "" {
		qualifier = s.qualifierOf(t.Name)
	}
	return target{table, snap, logical.Target{Schema: schema, Qualifier: qualifier, With: t.With}}, nil
}

// qualifierOf is by what the columns of a table may be qualified: its full name, or delta and its path.
func (s *Session) qualifierOf(parts []string) []string {
	if name, err := s.qualify(parts); err == nil && !isDeltaPath(parts) {
		return name.Parts()
	}
	return parts
}

// changeOptions are those of a statement that changes rows.
func (s *Session) changeOptions(t target, options map[string]string) (delta.ChangeOptions, error) {
	opts, err := s.writeOptions(options)
	return delta.ChangeOptions{Snapshot: t.snapshot, Options: opts, Workers: s.confInt(confWorkers), Eval: s.evalContext(), Memory: s.memory, AutoCompact: s.autoCompaction(), OptimizeWrite: s.Conf(confOptimizeWrite)}, err
}

// placed says where in the text an error is about, if it does not.
func placed(err error, at *plan.Span) error {
	if e, ok := errors.AsType[*errclass.Error](err); ok && e.At == nil && at != nil {
		e.At = at
	}
	return err
}
