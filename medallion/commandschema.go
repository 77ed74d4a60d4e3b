package medallion

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"lakehouse/internal/catalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// commentProperty is the property that is a schema's comment.
const commentProperty = "comment"

func (s *Session) createSchema(ctx context.Context, c *plan.CreateSchema) error {
	catalogName, schema, err := s.schemaName(c.Name)
	if err != nil {
		return err
	}
	if err := s.checkLocation(c.Location); err != nil {
		return err
	}
	entry := catalog.Schema{Comment: c.Comment, Location: strings.TrimRight(c.Location, "/"), Properties: maps.Clone(c.Properties)}
	if text, ok := entry.Properties[commentProperty]; ok {
		delete(entry.Properties, commentProperty)
		entry.Comment = cmp.Or(entry.Comment, text)
	}
	err = s.catalog.CreateSchema(ctx, catalogName, schema, entry)
	if c.IfNotExists && errors.Is(err, errclass.SchemaAlreadyExists) {
		return nil
	}
	return err
}

func (s *Session) dropSchema(ctx context.Context, c *plan.DropSchema) error {
	catalogName, schema, err := s.schemaName(c.Name)
	if err != nil {
		return err
	}
	err = s.catalog.DropSchema(ctx, catalogName, schema, c.Cascade)
	if c.IfExists && errors.Is(err, errclass.SchemaNotFound) {
		return nil
	}
	return err
}

// checkLocation refuses a place for tables at which none can be.
func (s *Session) checkLocation(location string) error {
	if location == "" {
		return nil
	}
	_, err := s.space.Resolve(location)
	return err
}

// alterSchema is ALTER SCHEMA. A location is that of managed tables made from then on.
func (s *Session) alterSchema(ctx context.Context, c *plan.AlterSchema) error {
	catalogName, schema, err := s.schemaName(c.Name)
	if err != nil {
		return err
	}
	for _, key := range c.Unset {
		if slices.Contains([]string{commentProperty, "location", "owner"}, key) {
			return errclass.ReservedProperty.New("Cannot remove reserved property: %s.", key)
		}
	}
	if c.Location != nil {
		if err := s.checkLocation(*c.Location); err != nil {
			return err
		}
	}
	return s.catalog.AlterSchema(ctx, catalogName, schema, func(entry *catalog.Schema) error {
		if c.Location != nil {
			entry.Location = strings.TrimRight(*c.Location, "/")
		}
		if entry.Properties == nil {
			entry.Properties = map[string]string{}
		}
		maps.Copy(entry.Properties, c.Set)
		if text, ok := c.Set[commentProperty]; ok {
			delete(entry.Properties, commentProperty)
			entry.Comment = text
		}
		for _, key := range c.Unset {
			delete(entry.Properties, key)
		}
		return nil
	})
}

// commentOnSchema is COMMENT ON SCHEMA.
func (s *Session) commentOnSchema(ctx context.Context, parts []string, text string) error {
	catalogName, schema, err := s.schemaName(parts)
	if err != nil {
		return err
	}
	return s.catalog.AlterSchema(ctx, catalogName, schema, func(entry *catalog.Schema) error {
		entry.Comment = text
		return nil
	})
}

// describeSchema is DESCRIBE SCHEMA. Nobody owns a schema here: the row that Spark has for it is left out.
func (s *Session) describeSchema(ctx context.Context, c *plan.DescribeSchema) (*DataFrame, error) {
	catalogName, schema, err := s.schemaName(c.Name)
	if err != nil {
		return nil, err
	}
	entry, err := s.catalog.Schema(ctx, catalogName, schema)
	if err != nil {
		return nil, err
	}
	at, err := s.space.Resolve(cmp.Or(entry.Location, catalog.SchemaLocation(catalogName, schema)))
	if err != nil {
		return nil, err
	}
	rows := [][]any{{"Catalog Name", catalogName}, {"Namespace Name", schema}, {"Comment", entry.Comment}, {"Location", at.URI}}
	if c.Extended {
		rows = append(rows, []any{"Properties", propertyPairs(entry.Properties)})
	}
	return s.answer("info_name string, info_value string", rows)
}

// propertyPairs shows properties as DESCRIBE SCHEMA does: ((a,1), (b,2)).
func propertyPairs(properties map[string]string) string {
	if len(properties) == 0 {
		return ""
	}
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		pairs = append(pairs, "("+key+","+properties[key]+")")
	}
	return "(" + strings.Join(pairs, ", ") + ")"
}
