package medallion

import (
	"context"
	"errors"

	"lakehouse/deltalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
)

// change carries out a statement that changes rows. Its answer is how many.
func (s *Session) change(ctx context.Context, c plan.Command) (*DataFrame, error) {
	switch c := c.(type) {
	case *plan.Delete:
		done, err := s.delete(ctx, c)
		rows := done.Deleted
		if done.Unknown {
			rows = -1
		}
		return s.affected(done, rows, err)
	case *plan.Update:
		done, err := s.update(ctx, c)
		return s.affected(done, done.Updated, err)
	}
	return nil, errclass.UnsupportedFeature.New("The feature is not supported: the statement.")
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

func (s *Session) delete(ctx context.Context, d *plan.Delete) (delta.Changed, error) {
	table, err := s.target(ctx, d.Target, "DELETE")
	if err != nil {
		return delta.Changed{}, err
	}
	condition, err := logical.ResolveDelete(ctx, d.Condition, table.Target, s.resolveEnv())
	if err != nil {
		return delta.Changed{}, err
	}
	opts, err := s.changeOptions(table)
	if err != nil {
		return delta.Changed{}, err
	}
	return delta.Delete(ctx, table.Table, condition, opts)
}

func (s *Session) update(ctx context.Context, u *plan.Update) (delta.Changed, error) {
	table, err := s.target(ctx, u.Target, "UPDATE")
	if err != nil {
		return delta.Changed{}, err
	}
	set, condition, err := logical.ResolveUpdate(ctx, u.Set, u.Condition, table.Target, s.resolveEnv())
	if err != nil {
		return delta.Changed{}, err
	}
	opts, err := s.changeOptions(table)
	if err != nil {
		return delta.Changed{}, err
	}
	return delta.Update(ctx, table.Table, set, condition, opts)
}

// A target is a table that a statement changes, at the version that the statement stands on.
type target struct {
	delta.Table
	snapshot *deltalog.Snapshot
	logical.Target
}

// target opens the table that a statement changes.
func (s *Session) target(ctx context.Context, t plan.Target, statement string) (target, error) {
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
	return target{table, snap, logical.Target{Schema: schema, Qualifier: qualifier}}, nil
}

// qualifierOf is by what the columns of a table may be qualified: its full name, or delta and its path.
func (s *Session) qualifierOf(parts []string) []string {
	if name, err := s.qualify(parts); err == nil && !isDeltaPath(parts) {
		return name.Parts()
	}
	return parts
}

// changeOptions are those of a statement that changes rows.
func (s *Session) changeOptions(t target) (delta.ChangeOptions, error) {
	opts, err := s.insertOptions()
	return delta.ChangeOptions{Snapshot: t.snapshot, Options: opts, Workers: s.confInt(confWorkers), Eval: s.evalContext(), Memory: s.memory}, err
}

// placed says where in the text an error is about, if it does not.
func placed(err error, at *plan.Span) error {
	if e, ok := errors.AsType[*errclass.Error](err); ok && e.At == nil && at != nil {
		e.At = at
	}
	return err
}
