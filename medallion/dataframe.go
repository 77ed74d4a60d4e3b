package medallion

import (
	"cmp"
	"context"
	"io"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// Schema is a list of columns, or the fields of a struct.
type Schema = types.Struct

// Batches is how rows move: see DataFrame.Batches.
type Batches = batch.Seq

// A DataFrame is a query. Its methods give new frames and run nothing, until Collect, Show, Count,
// Batches or a writer does.
type DataFrame struct {
	session *Session
	rel     plan.Relation
	err     error // the first mistake in the chain
}

func (d *DataFrame) with(rel plan.Relation, errs ...error) *DataFrame {
	return &DataFrame{session: d.session, rel: rel, err: cmp.Or(append([]error{d.err}, errs...)...)}
}

// Select projects columns.
func (d *DataFrame) Select(columns ...Column) *DataFrame {
	exprs, err := expressions(columns)
	return d.with(&plan.Project{Input: d.rel, Expressions: exprs}, err)
}

// SelectExpr projects expressions given as SQL text.
func (d *DataFrame) SelectExpr(texts ...string) *DataFrame {
	columns := make([]Column, len(texts))
	for i, t := range texts {
		columns[i] = Expr(t)
	}
	return d.Select(columns...)
}

// SelectCols projects columns by name.
func (d *DataFrame) SelectCols(names ...string) *DataFrame { return d.Select(cols(names)...) }

// Filter keeps the rows for which the condition is true; Where is the same.
func (d *DataFrame) Filter(condition Column) *DataFrame {
	return d.with(&plan.Filter{Input: d.rel, Condition: condition.expr}, condition.err)
}

// Where keeps the rows for which a condition, given as SQL text, is true.
func (d *DataFrame) Where(text string) *DataFrame { return d.Filter(Expr(text)) }

// WithColumn adds a column, or replaces the one of that name.
func (d *DataFrame) WithColumn(name string, c Column) *DataFrame {
	return d.with(&plan.WithColumns{Input: d.rel, Aliases: []*plan.Alias{{Child: c.expr, Names: []string{name}}}}, c.err)
}

// WithColumnRenamed renames a column; a name that is not there changes nothing.
func (d *DataFrame) WithColumnRenamed(from, to string) *DataFrame {
	return d.with(&plan.WithColumnsRenamed{Input: d.rel, Renames: [][2]string{{from, to}}})
}

// ToDF renames all columns.
func (d *DataFrame) ToDF(names ...string) *DataFrame {
	return d.with(&plan.ToDF{Input: d.rel, Names: names})
}

// Drop removes columns; a name that is not there changes nothing.
func (d *DataFrame) Drop(names ...string) *DataFrame {
	exprs, err := expressions(cols(names))
	return d.with(&plan.Drop{Input: d.rel, Columns: exprs}, err)
}

// NaDrop drops the rows that have a null in any of the columns; none named: in any column at all.
func (d *DataFrame) NaDrop(columns ...string) *DataFrame {
	return d.with(&plan.DropNA{Input: d.rel, Columns: columns})
}

// NaFill replaces nulls by the value in the columns (none named: all) whose type it fits.
func (d *DataFrame) NaFill(value any, columns ...string) *DataFrame {
	lit := Lit(value)
	return d.with(&plan.FillNA{Input: d.rel, Columns: columns, Values: []plan.Expression{lit.expr}}, lit.err)
}

// GroupBy groups by columns, for Agg or Count.
func (d *DataFrame) GroupBy(columns ...Column) *GroupedData { return &GroupedData{d, columns} }

// Agg aggregates all rows into one.
func (d *DataFrame) Agg(aggregates ...Column) *DataFrame { return d.GroupBy().Agg(aggregates...) }

// A GroupedData is a frame with its grouping keys.
type GroupedData struct {
	frame *DataFrame
	keys  []Column
}

// Agg computes aggregates for each group: the keys come first.
func (g *GroupedData) Agg(aggregates ...Column) *DataFrame {
	keys, err := expressions(g.keys)
	exprs, err2 := expressions(aggregates)
	return g.frame.with(&plan.Aggregate{Input: g.frame.rel, Grouping: keys, Aggregates: exprs, KeysFirst: true}, err, err2)
}

// Count counts the rows of each group, as column "count".
func (g *GroupedData) Count() *DataFrame { return g.Agg(Count(Lit(1)).As("count")) }

// Sum adds up columns, as "sum(name)".
func (g *GroupedData) Sum(names ...string) *DataFrame {
	var sums []Column
	for _, n := range names {
		sums = append(sums, Sum(Col(n)))
	}
	return g.Agg(sums...)
}

// OrderBy sorts the rows.
func (d *DataFrame) OrderBy(orders ...SortOrder) *DataFrame {
	sort := &plan.Sort{Input: d.rel, Global: true}
	var err error
	for _, o := range orders {
		sort.Order = append(sort.Order, plan.SortOrder{Child: o.column.expr, Descending: o.descending})
		err = cmp.Or(err, o.column.err)
	}
	return d.with(sort, err)
}

// Limit keeps the first n rows.
func (d *DataFrame) Limit(n int) *DataFrame {
	return d.with(&plan.Limit{Input: d.rel, N: Lit(n).expr})
}

// Distinct keeps one of equal rows.
func (d *DataFrame) Distinct() *DataFrame { return d.with(&plan.Deduplicate{Input: d.rel}) }

// DropDuplicates keeps one row for each value of the columns; none named: of all columns.
func (d *DataFrame) DropDuplicates(columns ...string) *DataFrame {
	return d.with(&plan.Deduplicate{Input: d.rel, Columns: columns})
}

// DropDuplicatesWithinWatermark keeps the first row for each value of the columns, of a stream with a watermark: rows whose event
// times lie no further apart than its delay are seen to be the same, and a value is forgotten when the watermark has passed
// its first row by the delay. None named: all columns.
func (d *DataFrame) DropDuplicatesWithinWatermark(columns ...string) *DataFrame {
	return d.with(&plan.Deduplicate{Input: d.rel, Columns: columns, WithinWatermark: true})
}

// Union puts the rows of other, by position, after those of d.
func (d *DataFrame) Union(other *DataFrame) *DataFrame {
	return d.with(&plan.SetOp{Left: d.rel, Right: other.rel, Type: plan.Union, All: true}, other.err)
}

// UnionByName is Union by column names.
func (d *DataFrame) UnionByName(other *DataFrame) *DataFrame {
	return d.with(&plan.SetOp{Left: d.rel, Right: other.rel, Type: plan.Union, All: true, ByName: true}, other.err)
}

// Join joins on a condition; how is Spark's word: inner, left, right, full, left_semi, left_anti.
func (d *DataFrame) Join(other *DataFrame, on Column, how string) *DataFrame {
	t, err := joinType(how)
	return d.with(&plan.Join{Left: d.rel, Right: other.rel, Type: t, Condition: on.expr}, other.err, on.err, err)
}

// JoinUsing joins on equal columns, which appear once.
func (d *DataFrame) JoinUsing(other *DataFrame, columns []string, how string) *DataFrame {
	t, err := joinType(how)
	return d.with(&plan.Join{Left: d.rel, Right: other.rel, Type: t, Using: columns}, other.err, err)
}

// Alias names the frame, so that its columns can be told from another's: Col("a.id").
func (d *DataFrame) Alias(name string) *DataFrame {
	return d.with(&plan.SubqueryAlias{Input: d.rel, Alias: name})
}

// WithWatermark declares the event time and how late rows may come: ("event_time", "10 minutes").
func (d *DataFrame) WithWatermark(eventTime, delay string) *DataFrame {
	return d.with(&plan.WithWatermark{Input: d.rel, EventTime: eventTime, DelayThreshold: delay})
}

// CreateOrReplaceTempView gives the frame a name for SQL in the session.
func (d *DataFrame) CreateOrReplaceTempView(ctx context.Context, name string) error {
	node, err := d.session.resolveTempView(ctx, name, d)
	if err != nil {
		return err
	}
	d.session.setTempView(name, tempView{rel: d.rel, schema: node.Schema()})
	return nil
}

// Schema resolves the query and gives its columns.
func (d *DataFrame) Schema(ctx context.Context) (Schema, error) {
	node, err := d.resolve(ctx)
	if err != nil {
		return Schema{}, err
	}
	return node.Schema(), nil
}

// PrintSchema writes the columns as a tree.
func (d *DataFrame) PrintSchema(ctx context.Context, w io.Writer) error {
	schema, err := d.Schema(ctx)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, types.TreeString(schema))
	return err
}

// Explain gives the plan as text.
func (d *DataFrame) Explain(ctx context.Context) (string, error) {
	node, err := d.resolve(ctx)
	if err != nil {
		return "", err
	}
	return guarded(d.session, func() (string, error) { return logical.Explain(logical.Optimize(node)), nil })
}

// IsStreaming reports whether the query reads a stream.
func (d *DataFrame) IsStreaming(ctx context.Context) (bool, error) {
	node, err := d.resolve(ctx)
	return err == nil && logical.IsStreaming(node), err
}

// Batches runs the query on all of the session's workers and gives its rows as Arrow record batches: as ORDER BY says,
// else in the order of files and rows, and in any order behind a join or GROUP BY. The sequence is walked once; to
// stop early ends the work.
func (d *DataFrame) Batches(ctx context.Context) (Batches, error) {
	op, err := d.operator(ctx)
	if err != nil {
		return nil, err
	}
	return d.session.logged(exec.InOrder(ctx, op, d.session.confInt(confWorkers))), nil
}

// operator is the batch query ready to run.
func (d *DataFrame) operator(ctx context.Context) (exec.Operator, error) {
	op, _, err := d.into(ctx, delta.Table{})
	return op, err
}

// into is operator, for rows that are written into a table: read is the version of it that they come from, nil where they do not.
func (d *DataFrame) into(ctx context.Context, t delta.Table) (op exec.Operator, read *deltalog.Snapshot, err error) {
	node, err := d.resolve(ctx)
	if err != nil {
		return nil, nil, err
	}
	if logical.IsStreaming(node) {
		return nil, nil, errStreaming()
	}
	op, err = guarded(d.session, func() (exec.Operator, error) {
		plan, err := logical.AnswerFromMetadata(ctx, logical.Optimize(node))
		if err != nil {
			return nil, err
		}
		return exec.Build(plan, d.session.env())
	})
	return op, t.ReadBy(node), err
}

func (d *DataFrame) resolve(ctx context.Context) (logical.Node, error) {
	if d.err != nil {
		return nil, d.err
	}
	return guarded(d.session, func() (logical.Node, error) {
		return logical.Resolve(ctx, d.rel, d.session.resolveEnv())
	})
}

// Collect runs the query and gives its rows.
func (d *DataFrame) Collect(ctx context.Context) ([]Row, error) {
	seq, err := d.Batches(ctx)
	if err != nil {
		return nil, err
	}
	var rows []Row
	for b, err := range seq {
		if err != nil {
			return nil, err
		}
		rows = appendRows(rows, b)
	}
	return rows, nil
}

// Count runs the query and counts its rows.
func (d *DataFrame) Count(ctx context.Context) (int64, error) {
	counted := d.Agg(Count(Lit(1)))
	rows, err := counted.Collect(ctx)
	if err != nil {
		return 0, err
	}
	return rows[0].Values[0].(int64), nil
}

// First gives the first row; ok is false when there is none.
func (d *DataFrame) First(ctx context.Context) (row Row, ok bool, err error) {
	rows, err := d.Limit(1).Collect(ctx)
	if err != nil || len(rows) == 0 {
		return Row{}, false, err
	}
	return rows[0], true, nil
}

func expressions(columns []Column) ([]plan.Expression, error) {
	var err error
	exprs := make([]plan.Expression, len(columns))
	for i, c := range columns {
		exprs[i] = c.expr
		err = cmp.Or(err, c.err)
	}
	return exprs, err
}

func cols(names []string) []Column {
	columns := make([]Column, len(names))
	for i, n := range names {
		columns[i] = Col(n)
	}
	return columns
}

// joinTypes are Spark's words, without underscores.
var joinTypes = map[string]plan.JoinType{
	"inner": plan.InnerJoin, "": plan.InnerJoin, "cross": plan.CrossJoin,
	"left": plan.LeftOuterJoin, "leftouter": plan.LeftOuterJoin, "right": plan.RightOuterJoin, "rightouter": plan.RightOuterJoin,
	"full": plan.FullOuterJoin, "outer": plan.FullOuterJoin, "fullouter": plan.FullOuterJoin,
	"semi": plan.LeftSemiJoin, "leftsemi": plan.LeftSemiJoin, "anti": plan.LeftAntiJoin, "leftanti": plan.LeftAntiJoin,
}

func joinType(how string) (plan.JoinType, error) {
	t, ok := joinTypes[strings.ReplaceAll(strings.ToLower(how), "_", "")]
	if !ok {
		return 0, errclass.UnsupportedJoinType.New("Unsupported join type '%s'. Supported join types include: 'inner', 'outer', 'full', 'left', 'right', 'left_semi', 'left_anti', 'cross'.", how)
	}
	return t, nil
}
