package medallion

import (
	"context"
	"strconv"
	"strings"

	"lakehouse/internal/connector/delta"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
)

// EXPLAIN of a statement that changes rows tells which files of its table it opens, and why not the others. Queries whose values it
// needs are run, and the source of a MERGE is read, for its keys say which files may hold partners; the table is left as it is.

func (s *Session) explainDelete(ctx context.Context, d *plan.Delete) (string, error) {
	table, condition, opts, err := s.resolveDelete(ctx, d, nil)
	if err != nil {
		return "", err
	}
	files, err := delta.PlanDelete(ctx, table.Table, condition, opts)
	return s.changePlan("Delete", condition, "", d.Target, table, &files), err
}

func (s *Session) explainUpdate(ctx context.Context, u *plan.Update) (string, error) {
	table, _, condition, opts, err := s.resolveUpdate(ctx, u, nil)
	if err != nil {
		return "", err
	}
	files, err := delta.PlanUpdate(ctx, table.Table, condition, opts)
	return s.changePlan("Update", condition, "", u.Target, table, &files), err
}

func (s *Session) explainMerge(ctx context.Context, m *plan.MergeInto) (string, error) {
	table, merge, opts, err := s.resolveMerge(ctx, m, nil)
	if err != nil {
		return "", err
	}
	optimized := logical.Optimize(merge.Source)
	reports, err := logical.Reports(ctx, optimized)
	if err != nil {
		return "", err
	}
	source, err := exec.Build(optimized, s.env())
	if err != nil {
		return "", err
	}
	files, err := delta.PlanMerge(ctx, table.Table, merge, source, opts)
	if err != nil {
		return "", err
	}
	text := s.changePlan("Merge", merge.On, logical.Explain(optimized), m.Target, table, &files)
	if len(reports) > 0 {
		text += strings.Join(reports, "\n") + "\n"
	}
	return text, nil
}

// changePlan is the text: the statement over its table and its source, and what of the table's files is read.
func (s *Session) changePlan(statement string, condition expr.Expr, source string, t plan.Target, table target, files *delta.ChangePlan) string {
	var text strings.Builder
	text.WriteString("== Physical Plan ==\n" + statement)
	if condition != nil {
		text.WriteString(" " + condition.String())
	}
	name := s.fullName(t.Name) + "@" + strconv.FormatInt(table.snapshot.Version(), 10)
	first := "\n+- "
	if source != "" {
		first = "\n:- "
	}
	text.WriteString(first + "Table " + name + "\n")
	for i, line := range strings.Split(strings.TrimSuffix(source, "\n"), "\n") {
		switch {
		case line == "":
		case i == 0:
			text.WriteString("+- " + line + "\n")
		default:
			text.WriteString("   " + line + "\n")
		}
	}
	text.WriteString("\n== Scans ==\n" + name + ": " + files.String() + "\n")
	return text.String()
}
