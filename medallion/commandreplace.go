package medallion

import (
	"cmp"
	"context"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/exec"
	"lakehouse/internal/logical"
	"lakehouse/internal/option"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
)

// replacement is a write that puts rows in the place of some of a table's.
type replacement struct {
	*plan.Replace
	text   string      // of the condition or the columns, for the history
	target plan.Target // the table
	frame  *DataFrame  // the rows, under their own names
	into   []string    // the table's column for each of the rows'
}

// The names that REPLACE USING gives the two sides.
const (
	replacedSide  = "__replaced"
	replacingSide = "__replacing"
)

// insertReplacing is INSERT INTO … REPLACE.
func (s *Session) insertReplacing(ctx context.Context, c *plan.Insert, opts option.Values) error {
	r := replacement{Replace: c.Replace, target: plan.Target{At: c.At, Name: c.Table, Alias: c.Replace.Alias}}
	_, detail, err := s.detailOf(ctx, c.Table)
	if err != nil {
		return err
	}
	source := &DataFrame{session: s, rel: c.Query}
	if c.Replace.Rows != "" {
		source = source.Alias(c.Replace.Rows)
	}
	named, err := (&inserting{Insert: c, table: detail, name: s.fullName(c.Table)}).columns(ctx, source)
	if err != nil {
		return err
	}
	schema, err := named.Schema(ctx)
	if err != nil {
		return err
	}
	r.into, r.frame = schema.Names(), source
	switch {
	case r.Where != nil:
		r.frame, r.text = named, cmp.Or(r.Text, conditionText(r.Where))
	case r.On != nil:
		r.text = sql.Format(r.On)
	default:
		r.frame, r.text = named, strings.Join(r.Using, ", ")
	}
	return s.replace(ctx, r, opts)
}

// replacing reads the options replaceWhere, replaceOn and replaceUsing; nil: none of them is there.
func replacing(opts option.Values) (*plan.Replace, string, error) {
	var given []string
	for _, name := range []string{"replaceWhere", "replaceOn", "replaceUsing"} {
		if opts.Has(name) {
			given = append(given, name)
		}
	}
	switch {
	case len(given) == 0 && opts.Has("targetAlias"):
		return nil, "", errclass.InvalidOption.New("option 'targetAlias' goes with replaceWhere and replaceOn.")
	case len(given) == 0:
		return nil, "", nil
	case len(given) > 1:
		return nil, "", errclass.InvalidOption.New("options '%s' and '%s' exclude each other.", given[0], given[1])
	case opts.Has("overwriteSchema") && opts.Bool("overwriteSchema"):
		return nil, "", errclass.InvalidOption.New("option 'overwriteSchema' replaces all rows, '%s' some.", given[0])
	case opts.String("partitionOverwriteMode") == "dynamic":
		return nil, "", errclass.DeltaReplaceWhereDynamic.New("A '%s' expression and 'partitionOverwriteMode'='dynamic' cannot both be set in the DataFrameWriter options.", given[0])
	}
	r, text := &plan.Replace{Alias: opts.String("targetAlias")}, opts.String(given[0])
	var err error
	switch given[0] {
	case "replaceWhere":
		r.Where, err = sql.ParseExpression(text)
	case "replaceOn":
		r.On, err = sql.ParseExpression(text)
	default:
		for name := range strings.SplitSeq(text, ",") {
			r.Using = append(r.Using, strings.Trim(strings.TrimSpace(name), "`"))
		}
	}
	return r, text, err
}

// replace puts the rows in the place of those that the replacement names.
func (s *Session) replace(ctx context.Context, r replacement, opts option.Values) error {
	if r.Where != nil {
		return s.replaceWhere(ctx, r, opts)
	}
	table, err := s.target(ctx, r.target, "INSERT")
	if err != nil {
		return err
	}
	merge := &plan.MergeInto{Target: r.target, Source: r.frame.rel, Condition: r.On, Matched: []plan.MergeClause{{Action: plan.MergeDelete}}}
	parameter := deltalog.Parameter{Name: "replaceOnCond", Value: r.text}
	if r.Using != nil {
		if merge, table, err = s.replaceUsing(ctx, r, table); err != nil {
			return err
		}
		parameter = deltalog.Parameter{Name: "replaceUsingCols", Value: "(" + r.text + ")"}
	}
	if merge.NotMatched, err = r.insertion(ctx); err != nil {
		return err
	}
	var evolve logical.Evolve
	widening := delta.Widening(s.Conf(delta.WideningSetting))
	if s.writeSettings().MergesSchema(opts) {
		evolve = delta.Evolution(table.snapshot, widening)
	}
	resolved, err := logical.ResolveMerge(ctx, merge, table.Target, evolve, s.resolveEnv())
	if err != nil {
		return err
	}
	source, err := exec.Build(logical.Optimize(resolved.Source), s.env())
	if err != nil {
		return err
	}
	options := s.replaceOptions(table, opts, parameter)
	if err := options.Reading(table.ReadBy(resolved.Source)); err != nil {
		return err
	}
	_, err = delta.ReplaceMatching(ctx, table.Table, resolved, source, options)
	return err
}

func (s *Session) replaceOptions(t target, opts option.Values, parameter deltalog.Parameter) delta.ReplaceOptions {
	return delta.ReplaceOptions{
		ChangeOptions: delta.ChangeOptions{Snapshot: t.snapshot, Options: opts, Workers: s.confInt(confWorkers), Eval: s.evalContext(), Memory: s.memory, AutoCompact: s.autoCompaction(), OptimizeWrite: s.Conf(confOptimizeWrite)},
		Parameter:     parameter, Widening: delta.Widening(s.Conf(delta.WideningSetting)), AutoMerge: s.autoMerge(),
	}
}

// insertion is the clause that adds the rows: each column goes into the table's.
func (r replacement) insertion(ctx context.Context) ([]plan.MergeClause, error) {
	schema, err := r.frame.Schema(ctx)
	if err != nil {
		return nil, err
	}
	c := plan.MergeClause{Action: plan.MergeInsert}
	for i, f := range schema.Fields {
		if i < len(r.into) {
			c.Set = append(c.Set, plan.Assignment{
				Column: &plan.UnresolvedAttribute{Parts: []string{r.into[i]}}, Value: &plan.UnresolvedAttribute{Parts: []string{f.Name}},
			})
		}
	}
	return []plan.MergeClause{c}, nil
}

// replaceUsing is a merge on equal columns.
func (s *Session) replaceUsing(ctx context.Context, r replacement, table target) (*plan.MergeInto, target, error) {
	rows, err := r.frame.Schema(ctx)
	if err != nil {
		return nil, table, err
	}
	m := &plan.MergeInto{
		Target: plan.Target{At: r.target.At, Name: r.target.Name, Alias: replacedSide}, Source: r.frame.Alias(replacingSide).rel,
		Matched: []plan.MergeClause{{Action: plan.MergeDelete}},
	}
	for _, name := range r.Using {
		for where, schema := range map[string]Schema{"the table": table.Target.Schema, "the query": rows} {
			if schema.Index(name) < 0 {
				return nil, table, errclass.ReplaceUsingUnresolved.New("Column `%s` cannot be resolved in %s. Did you mean one of the following? [`%s`].",
					name, where, strings.Join(errclass.Nearest(name, schema.Names(), 5), "`, `"))
			}
		}
		equal := plan.Expression(&plan.UnresolvedFunction{Name: "==", Args: []plan.Expression{
			&plan.UnresolvedAttribute{Parts: []string{replacedSide, name}}, &plan.UnresolvedAttribute{Parts: []string{replacingSide, name}},
		}})
		if m.Condition != nil {
			equal = &plan.UnresolvedFunction{Name: "and", Args: []plan.Expression{m.Condition, equal}}
		}
		m.Condition = equal
	}
	table.Qualifier = []string{replacedSide}
	return m, table, nil
}

func (s *Session) replaceWhere(ctx context.Context, r replacement, opts option.Values) error {
	table, err := s.target(ctx, r.target, "INSERT")
	if err != nil {
		return err
	}
	condition, err := logical.ResolveDelete(ctx, r.Where, table.Target, s.resolveEnv())
	if err != nil {
		return err
	}
	op, read, err := r.frame.into(ctx, table.Table)
	if err != nil {
		return err
	}
	options := s.replaceOptions(table, opts, deltalog.Parameter{Name: "predicate", Value: r.text})
	if err := options.Reading(read); err != nil {
		return err
	}
	_, err = delta.ReplaceWhere(ctx, table.Table, condition, op, options)
	return err
}

// conditionText is a condition as Spark's history tells it: what compares or joins two has parentheses.
func conditionText(e plan.Expression) string {
	text := sql.Format(e)
	if f, ok := e.(*plan.UnresolvedFunction); ok && len(f.Args) == 2 && !strings.HasPrefix(text, f.Name+"(") {
		return "(" + text + ")"
	}
	return text
}
