package delta

import (
	"context"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/predicate"
)

// A ChangePlan says which files of a table a DELETE, UPDATE or MERGE would open, and why it passes over the others.
type ChangePlan struct {
	deltalog.ScanReport
	BySource  deltalog.FileCount // passed over: no key of the source can be among theirs
	Whole     bool               // the files are deleted as they are, and not opened
	Never     bool               // the condition holds for no row
	Generated string             // what follows for partition columns that are computed from others; may be empty
	Keys      string             // what the source's keys say of a partner; empty: nothing
}

// String tells the plan in a line.
func (p *ChangePlan) String() string {
	if p.Never {
		return "no files read: the condition holds for no row"
	}
	text := p.ScanReport.String()
	if p.Whole {
		text = strings.Replace(text, " read", " deleted as a whole, none opened", 1)
	}
	if p.BySource.Files > 0 {
		text += "; " + p.BySource.String() + " pruned by the source's keys"
	}
	if p.Generated != "" {
		text += "; generated: " + p.Generated
	}
	if p.Keys != "" {
		text += "; keys: " + p.Keys
	}
	return text
}

// PlanDelete is the plan of [Delete]. It reads the log alone.
func PlanDelete(ctx context.Context, t Table, condition expr.Expr, opts ChangeOptions) (ChangePlan, error) {
	p, s, err := planWhere(ctx, t, condition, opts)
	p.Whole = !p.Never && len(s.rest) == 0
	return p, err
}

// PlanUpdate is the plan of [Update]. It reads the log alone.
func PlanUpdate(ctx context.Context, t Table, condition expr.Expr, opts ChangeOptions) (ChangePlan, error) {
	p, _, err := planWhere(ctx, t, condition, opts)
	return p, err
}

func planWhere(ctx context.Context, t Table, condition expr.Expr, opts ChangeOptions) (ChangePlan, selection, error) {
	c, err := beginChange(t, opts, "EXPLAIN")
	if err != nil {
		return ChangePlan{}, selection{}, err
	}
	known := settled(condition)
	if known == never {
		return ChangePlan{Never: true}, selection{}, nil
	}
	s := selectionOf(known.expr(), c.schema, c.meta.PartitionColumns)
	p, err := c.plan(ctx, s, c.refutable(s.condition()), nil)
	return p, s, err
}

// PlanMerge is the plan of [Merge]. It reads the source, whose keys say which files may hold partners; of the table it reads the log alone.
func PlanMerge(ctx context.Context, t Table, m *logical.Merge, source exec.Operator, opts ChangeOptions) (ChangePlan, error) {
	c, err := beginChange(t, opts, "EXPLAIN")
	if err != nil {
		return ChangePlan{}, err
	}
	g := &merging{change: c, Merge: m, width: len(c.schema.Fields)}
	if err := g.hold(ctx, source); err != nil {
		return ChangePlan{}, err
	}
	defer g.source.Release()
	s, where, near := g.reach()
	p, err := g.plan(ctx, s, where, near)
	if err == nil && g.reachesNone() {
		p.BySource.Files, p.BySource.Bytes = p.BySource.Files+p.Read.Files, p.BySource.Bytes+p.Read.Bytes
		p.Read = deltalog.FileCount{}
	}
	return p, err
}

// plan counts the files that a selection leaves, and those that are passed over.
func (c *change) plan(ctx context.Context, s selection, where, near predicate.Predicate) (p ChangePlan, err error) {
	all, generated := withGenerated(c.snap.Metadata(), where)
	if generated != nil {
		p.Generated = textOf(generated, c.schema)
	}
	scan, err := c.snap.Scan(deltalog.ScanOptions{Where: all})
	if err != nil {
		return p, err
	}
	if p.ScanReport, err = scan.Report(ctx); err != nil {
		return p, err
	}
	left, err := c.filesWhere(ctx, s, where)
	if err != nil {
		return p, err
	}
	before := p.Read
	p.Read = countFiles(left)
	p.ByPartition.Files += before.Files - p.Read.Files // by conditions that only the values of partitions decide
	p.ByPartition.Bytes += before.Bytes - p.Read.Bytes
	if near == nil {
		return p, nil
	}
	p.Keys = textOf(near, c.schema)
	if left, err = c.filesWhere(ctx, s, conjunction(where, near)); err != nil {
		return p, err
	}
	partners := countFiles(left)
	p.BySource = deltalog.FileCount{Files: p.Read.Files - partners.Files, Bytes: p.Read.Bytes - partners.Bytes}
	p.Read = partners
	return p, nil
}

func countFiles(files []deltalog.AddFile) (n deltalog.FileCount) {
	for i := range files {
		n.Files++
		n.Bytes += files[i].Size
	}
	return n
}
