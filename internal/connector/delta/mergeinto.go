package delta

import (
	"context"
	"time"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/predicate"
)

// Merge changes rows of a table by those of a source: rows that have a partner there, rows that have none, and rows that the table
// lacks. The source is read once, and held: in memory while the session's budget has room, else in mapped files.
func Merge(ctx context.Context, t Table, m *logical.Merge, source exec.Operator, opts ChangeOptions) (Changed, error) {
	c, err := beginChange(t, opts, "MERGE")
	if err != nil {
		return Changed{}, err
	}
	if done, err := c.once(ctx); err != nil || done {
		return Changed{Version: c.snap.Version(), Skipped: true}, err
	}
	g := &merging{change: c, Merge: m, width: len(c.schema.Fields)}
	if !g.insertsOnly() {
		if err := c.removable(); err != nil {
			return Changed{}, err
		}
	}
	if err := g.evolve(); err != nil {
		return Changed{}, err
	}
	if c.counter, err = newIdentity(c.meta); err != nil {
		return Changed{}, err
	}
	if err := g.hold(ctx, source); err != nil {
		return Changed{}, err
	}
	defer g.source.Release()
	if err := g.run(ctx); err != nil {
		return Changed{}, err
	}
	version, err := c.commit(ctx, g.parameters(), g.metrics())
	return Changed{Version: version, Updated: c.counts.updated, Deleted: c.counts.deleted, Inserted: c.counts.inserted}, err
}

// merging is a MERGE under way.
type merging struct {
	*change
	*logical.Merge
	width  int // how many columns the table had before
	source *exec.Matcher
	met    *rowBits // rows of the source that have a partner
	held   time.Duration

	near predicate.Predicate // what the source's keys say of rows that may be partners; nil: nothing
	none bool                // no row can be one

	everything bool // rows of the source are new also when they have a partner
}

func (g *merging) insertsOnly() bool { return len(g.Matched)+len(g.NotMatchedBySource) == 0 }

// evolve gives the table the source's columns.
func (g *merging) evolve() error {
	if !g.Evolved {
		return nil
	}
	g.txn.UpdateMetadata(g.meta.WithSchema(g.Schema))
	g.meta = g.txn.Metadata()
	return nil
}

// hold reads the source.
func (g *merging) hold(ctx context.Context, source exec.Operator) (err error) {
	env := &exec.Env{Eval: g.opts.Eval, Memory: g.opts.Memory, Workers: max(1, g.opts.Workers)}
	if g.source, err = exec.NewMatcher(ctx, source, g.Keys, env); err != nil {
		return err
	}
	g.held = time.Since(g.begun)
	g.met = newRowBits(g.source.NumRows())
	return g.keyRange()
}

func (g *merging) run(ctx context.Context) error {
	files, err := g.candidates(ctx)
	if err != nil {
		return err
	}
	for _, m := range g.Matched {
		g.addClause(m, false)
	}
	for _, m := range g.NotMatchedBySource {
		g.addClause(m, true)
	}
	if len(g.NotMatched) > 0 {
		g.inserts = g
	}
	g.find = g.newFinder()
	return g.change.run(ctx, files)
}

func (g *merging) addClause(m logical.MergeClause, bySource bool) {
	cl := clause{remove: m.Action == plan.MergeDelete, bySource: bySource}
	if !cl.remove {
		cl.schema = namedSchema(m.Columns)
		cl.rows = func() rowMaker { return g.maker(m.Columns) }
	}
	g.clauses = append(g.clauses, cl)
}

// candidates are the files that may hold partners of the source's rows, or all, where rows without a partner change.
func (g *merging) candidates(ctx context.Context) ([]deltalog.AddFile, error) {
	s, where, near := g.reach()
	files, err := g.filesWhere(ctx, s, conjunction(where, near))
	if err != nil || g.reachesNone() {
		return nil, err
	}
	return files, nil
}

// reach says in which files rows may change, by what the condition says of the table alone, and by what the source's keys say.
func (g *merging) reach() (s selection, where, near predicate.Predicate) {
	if len(g.NotMatchedBySource) > 0 {
		return selection{}, nil, nil
	}
	var own []expr.Expr
	for _, e := range g.Rest {
		if readsBelow(e, g.width) {
			own = append(own, e)
		}
	}
	condition := expr.Conjunction(own)
	return selectionOf(condition, g.schema, g.meta.PartitionColumns), g.refutable(condition), g.near
}

// reachesNone reports whether no row of the table can have a partner, and only such rows change.
func (g *merging) reachesNone() bool { return g.none && len(g.NotMatchedBySource) == 0 }

func readsBelow(e expr.Expr, width int) bool {
	below := true
	eachColumn(e, func(c *expr.Column) { below = below && c.Index < width })
	return below
}

// parameters are those of Spark's history.
func (g *merging) parameters() deltalog.Parameters {
	p := deltalog.Parameters{}.With("predicate", predicateText(g.On))
	return p.With("matchedPredicates", clauseTexts(g.Matched)).
		With("notMatchedPredicates", clauseTexts(g.NotMatched)).
		With("notMatchedBySourcePredicates", clauseTexts(g.NotMatchedBySource))
}

// clauseTexts tells clauses as the history has them.
func clauseTexts(clauses []logical.MergeClause) string {
	type one struct {
		Predicate string `json:"predicate,omitempty"`
		Action    string `json:"actionType"`
	}
	all := make([]one, len(clauses))
	for i, c := range clauses {
		action := map[plan.MergeAction]string{plan.MergeUpdate: "update", plan.MergeUpdateAll: "update", plan.MergeDelete: "delete"}[c.Action]
		if action == "" {
			action = "insert"
		}
		all[i] = one{c.Text, action}
	}
	return jsonText(all)
}

func (g *merging) metrics() map[string]string {
	n := &g.counts
	m := map[string]string{
		"numSourceRows":                          count(int64(g.source.NumRows())),
		"numTargetRowsInserted":                  count(n.inserted),
		"numTargetRowsUpdated":                   count(n.updated),
		"numTargetRowsMatchedUpdated":            count(n.updated - n.bySourceUpdated),
		"numTargetRowsNotMatchedBySourceUpdated": count(n.bySourceUpdated),
		"numTargetRowsDeleted":                   count(n.deleted),
		"numTargetRowsMatchedDeleted":            count(n.deleted - n.bySourceDeleted),
		"numTargetRowsNotMatchedBySourceDeleted": count(n.bySourceDeleted),
		"numTargetRowsCopied":                    count(n.copied),
		"numOutputRows":                          count(n.inserted + n.updated + n.copied),
		"numTargetFilesAdded":                    count(n.addedFiles),
		"numTargetBytesAdded":                    count(n.addedBytes),
		"numTargetFilesRemoved":                  count(n.removedFiles),
		"numTargetBytesRemoved":                  count(n.removedBytes),
		"numTargetChangeFilesAdded":              count(n.changeFiles),
		"numTargetDeletionVectorsAdded":          count(n.vectorsAdded + n.vectorsUpdated),
		"numTargetDeletionVectorsRemoved":        count(n.vectorsRemoved + n.vectorsUpdated),
		"numTargetDeletionVectorsUpdated":        count(n.vectorsUpdated),
		"materializeSourceTimeMs":                elapsed(g.held),
	}
	g.times(m)
	return m
}

// errSeveralPartners refuses what could end one way or another.
func errSeveralPartners() error {
	return errclass.DeltaMergeMultipleMatches.New("Cannot perform Merge as multiple source rows matched and attempted to modify the same target row in the Delta table in possibly conflicting ways. By SQL semantics of Merge, when multiple source rows match on the same target row, the result may be ambiguous as it is unclear which source row should be used to update or delete the matching target row.").
		WithHint("You can preprocess the source table to eliminate the possibility of multiple matches.")
}
