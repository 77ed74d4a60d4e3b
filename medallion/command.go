package medallion

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lakehouse/internal/catalog"
	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// command carries out a statement that is no query.
func (s *Session) command(ctx context.Context, c plan.Command) (*DataFrame, error) {
	switch c := c.(type) {
	case *plan.UseCatalog:
		return s.nothing(), s.useCatalog(ctx, c)
	case *plan.UseSchema:
		return s.nothing(), s.useSchema(ctx, c)
	case *plan.CreateSchema:
		return s.nothing(), s.createSchema(ctx, c)
	case *plan.DropSchema:
		return s.nothing(), s.dropSchema(ctx, c)
	case *plan.CreateTable:
		return s.nothing(), s.createTableCommand(ctx, c)
	case *plan.DropTable:
		return s.nothing(), s.dropTable(ctx, c)
	case *plan.CreateView:
		return s.nothing(), s.createView(ctx, c)
	case *plan.Insert:
		return s.nothing(), s.insert(ctx, c)
	case *plan.Delete, *plan.Update, *plan.MergeInto:
		return s.change(ctx, c)
	case *plan.AlterTable:
		return s.nothing(), s.alterTable(ctx, c)
	case *plan.TruncateTable:
		return s.nothing(), s.truncateTable(ctx, c)
	case *plan.AlterSchema:
		return s.nothing(), s.alterSchema(ctx, c)
	case *plan.CommentOn:
		return s.nothing(), s.commentOn(ctx, c)
	case *plan.CreateTableLike:
		return s.nothing(), s.createTableLike(ctx, c)
	case *plan.ShowPartitions:
		return s.showPartitions(ctx, c)
	case *plan.CopyInto:
		return s.copyInto(ctx, c)
	case *plan.SetConf:
		return s.setConfCommand(c)
	case *plan.ResetConf:
		return s.nothing(), s.resetConf(c)
	default:
		if frame, known, err := s.maintain(ctx, c); known {
			return frame, err
		}
		return s.show(ctx, c)
	}
}

func (s *Session) useCatalog(ctx context.Context, c *plan.UseCatalog) error {
	name := strings.ToLower(c.Name)
	if err := s.requireCatalog(ctx, name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.currentCatalog, s.currentSchema = name, catalog.DefaultSchema
	return nil
}

func (s *Session) requireCatalog(ctx context.Context, name string) error {
	all, err := s.catalog.Catalogs(ctx)
	if err == nil && !slices.Contains(all, name) {
		return errclass.CatalogNotFound.New("The catalog `%s` not found.", name).
			WithHint("%s", cmp.Or(errclass.DidYouMean(name, all), "CREATE SCHEMA `"+name+"`.<schema> makes it."))
	}
	return err
}

// useSchema is USE name: of a schema, or, where there is none of that name, of a catalog.
func (s *Session) useSchema(ctx context.Context, c *plan.UseSchema) error {
	catalogName, schema, err := s.schemaName(c.Name)
	if err != nil {
		return err
	}
	ok, err := s.catalog.HasSchema(ctx, catalogName, schema)
	if err != nil {
		return err
	}
	if !ok && len(c.Name) == 1 && s.useCatalog(ctx, &plan.UseCatalog{Name: c.Name[0]}) == nil {
		return nil
	}
	if !ok {
		return s.catalog.SchemaNotFound(ctx, catalogName, schema)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.currentCatalog, s.currentSchema = catalogName, schema
	return nil
}

// schemaName completes a schema's name of one or two parts.
func (s *Session) schemaName(parts []string) (catalogName, schema string, err error) {
	current, _ := s.current()
	switch len(parts) {
	case 1:
		return current, strings.ToLower(parts[0]), nil
	case 2:
		return strings.ToLower(parts[0]), strings.ToLower(parts[1]), nil
	}
	return "", "", errclass.SingleNamespace.New("%s requires a single-part namespace, but got `%s`.", current, strings.Join(parts, "`.`"))
}

// tableOf opens the Delta table of a name, or of delta.`path`.
func (s *Session) tableOf(ctx context.Context, parts []string) (delta.Table, error) {
	if len(parts) == 2 && strings.EqualFold(parts[0], "delta") {
		return s.deltaTable(strings.TrimRight(parts[1], "/"))
	}
	name, err := s.qualify(parts)
	if err != nil {
		return delta.Table{}, err
	}
	entry, err := s.catalog.Lookup(ctx, name)
	if err != nil {
		return delta.Table{}, err
	}
	if entry.Type == catalog.View {
		return delta.Table{}, errclass.WrongObjectType.New("A table is expected, but %s is a view.", name)
	}
	return s.deltaTable(entry.Location)
}

// detailOf opens the table as [Session.tableOf] and reads what its newest version is.
func (s *Session) detailOf(ctx context.Context, parts []string) (delta.Table, delta.Detail, error) {
	table, err := s.tableOf(ctx, parts)
	if err != nil {
		return delta.Table{}, delta.Detail{}, err
	}
	detail, err := table.Detail(ctx)
	return table, detail, err
}
