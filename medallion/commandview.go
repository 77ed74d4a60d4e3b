package medallion

import (
	"context"
	"errors"
	"slices"
	"strings"

	"lakehouse/internal/catalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
)

func (s *Session) createView(ctx context.Context, c *plan.CreateView) error {
	if c.Temporary {
		return s.createTempView(ctx, c)
	}
	name, err := s.qualify(c.Name)
	if err != nil {
		return err
	}
	old, err := s.catalog.Lookup(ctx, name)
	switch {
	case err == nil && c.IfNotExists:
		return nil
	case err == nil && c.OrReplace && old.Type != catalog.View:
		return errclass.ViewExpected.New("The table %s does not support CREATE OR REPLACE VIEW.", name).
			WithHint("Drop it by DROP TABLE first, or choose another name.")
	case err == nil && !c.OrReplace:
		return errclass.TableAlreadyExists.New("Cannot create table or view %s because it already exists.", name).
			WithHint("Choose a different name, drop or replace the existing object, or add the IF NOT EXISTS clause to tolerate pre-existing objects.")
	case err != nil && !isNotFound(err):
		return err
	}
	entry := catalog.Table{Name: name, Type: catalog.View, ViewText: c.Text, ViewColumns: c.Columns, Comment: c.Comment, Created: s.clock().UnixMilli()}
	entry.ViewCatalog, entry.ViewSchema = s.current()
	if entry.ViewOutput, err = s.viewOutput(ctx, entry, c); err != nil {
		return err
	}
	if c.OrReplace {
		return s.catalog.Replace(ctx, entry)
	}
	err = s.catalog.Create(ctx, entry)
	if c.IfNotExists && errors.Is(err, errclass.TableAlreadyExists) {
		return nil
	}
	return err
}

// viewOutput is the columns of a view's query, which are those of the view for good, whatever its tables gain later.
func (s *Session) viewOutput(ctx context.Context, entry catalog.Table, c *plan.CreateView) ([]string, error) {
	inside := resolver{Session: s}.within(entry)
	inside.creating = true
	node, err := inside.resolve(ctx, c.Query)
	if err != nil {
		return nil, err
	}
	output := node.Schema().Names()
	return output, checkViewColumns(entry.Name.String(), c.Columns, output)
}

// temporary finds a temporary view. Inside a stored view there is none, and one that is being made must not mean one:
// others would not find it.
func (r resolver) temporary(name string) (v tempView, ok bool, err error) {
	v, ok = r.tempView(name)
	if !ok || r.home == nil {
		return v, ok, nil
	}
	if r.creating {
		view := r.views[len(r.views)-1]
		return v, false, errclass.InvalidTempReference.New("Cannot create the persistent object %s of the type VIEW because it references to the temporary object `%s` of the type VIEW.", view, name).
			WithHint("Please make the temporary object `%s` persistent, or make the persistent object %s temporary.", name, view)
	}
	return v, false, nil
}

func checkViewColumns(view string, columns, output []string) error {
	quoted := func(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }
	const detail = "Cannot create view %s, the reason is %s data columns:\nView columns: %s.\nData columns: %s."
	switch {
	case columns == nil:
		columns = output
	case len(columns) > len(output):
		return errclass.ViewArityLess.New(detail, view, "not enough", quoted(columns), quoted(output))
	case len(columns) < len(output):
		return errclass.ViewArityMore.New(detail, view, "too many", quoted(columns), quoted(output))
	}
	return uniqueColumns(columns)
}

func (s *Session) createTempView(ctx context.Context, c *plan.CreateView) error {
	if len(c.Name) > 1 {
		return errclass.TempViewName.New("CREATE TEMPORARY VIEW or the corresponding Dataset APIs only accept single-part view names, but got: `%s`.",
			strings.Join(c.Name, "`.`"))
	}
	name := c.Name[0]
	if _, taken := s.tempView(name); taken && !c.OrReplace {
		return errclass.TempViewAlreadyExists.New("Cannot create the temporary view `%s` because it already exists.", name).
			WithHint("Choose a different name, drop or replace the existing view, or add the IF NOT EXISTS clause to tolerate pre-existing views.")
	}
	frame := &DataFrame{session: s, rel: c.Query}
	output, err := frame.Schema(ctx)
	if err != nil {
		return err
	}
	if err := checkViewColumns("`"+name+"`", c.Columns, output.Names()); err != nil {
		return err
	}
	if len(c.Columns) > 0 {
		frame = frame.ToDF(c.Columns...)
	}
	return frame.CreateOrReplaceTempView(ctx, name)
}

// resolveTempView resolves what is to be a temporary view. One that, once it has its name, reads itself is refused.
func (s *Session) resolveTempView(ctx context.Context, name string, frame *DataFrame) (logical.Node, error) {
	if frame.err != nil {
		return nil, frame.err
	}
	return resolver{Session: s, views: []string{tempViewKey(name)}}.resolve(ctx, frame.rel)
}

func tempViewKey(name string) string { return "`" + strings.ToLower(name) + "`" }

// open is a resolver for what stands inside a view. A view that is met again inside itself has no rows to give.
func (r resolver) open(view string) (resolver, error) {
	path := append(slices.Clip(r.views), view)
	if at := slices.Index(r.views, view); at >= 0 {
		return r, errclass.RecursiveView.New("Recursive view %s detected (cycle: %s).", view, strings.Join(path[at:], " -> ")).
			WithHint("Read what the view reads, or give it another name.")
	}
	if len(path) > maxViewDepth {
		return r, errclass.ViewTooDeep.New("The depth of view %s exceeds the maximum view resolution depth (%d).", view, maxViewDepth)
	}
	r.views = path
	return r, nil
}

// maxViewDepth is Spark's.
const maxViewDepth = 100

// within is a resolver for the text of a stored view: its names belong where the view was made, and none of them is
// a temporary view's.
func (r resolver) within(entry catalog.Table) resolver {
	home := catalog.Name{Catalog: entry.ViewCatalog, Schema: entry.ViewSchema}
	if home.Catalog == "" { // made before entries had it
		home.Catalog, home.Schema = entry.Name.Catalog, entry.Name.Schema
	}
	r.home, r.creating = &home, false
	r.views = append(slices.Clip(r.views), entry.Name.String())
	return r
}

func (r resolver) tempViewNode(ctx context.Context, name string, v tempView) (logical.Node, error) {
	if v.source != nil {
		return &logical.Relation{Name: []string{name}, Source: v.source()}, nil
	}
	inside, err := r.open(tempViewKey(name))
	if err != nil {
		return nil, err
	}
	return inside.resolve(ctx, &plan.SubqueryAlias{Input: v.rel, Alias: name})
}

func (r resolver) storedView(ctx context.Context, entry catalog.Table) (logical.Node, error) {
	if _, err := r.open(entry.Name.String()); err != nil {
		return nil, err
	}
	rel, err := sql.ParseRelation(entry.ViewText)
	if err != nil {
		return nil, err
	}
	if entry.ViewOutput != nil {
		columns := make([]plan.Expression, len(entry.ViewOutput))
		for i, name := range entry.ViewOutput {
			columns[i] = &plan.UnresolvedAttribute{Parts: []string{name}}
		}
		rel = &plan.Project{Input: rel, Expressions: columns}
	}
	if entry.ViewColumns != nil {
		rel = &plan.ToDF{Input: rel, Names: entry.ViewColumns}
	}
	return r.within(entry).resolve(ctx, &plan.SubqueryAlias{Input: rel, Alias: entry.Name.Table})
}

func (r resolver) resolve(ctx context.Context, rel plan.Relation) (logical.Node, error) {
	env := r.resolveEnv()
	env.Catalog = r
	return logical.Resolve(ctx, rel, env)
}
