package medallion

import (
	"context"
	"errors"
	"strings"

	"lakehouse/internal/catalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
)

// dropTable is DROP TABLE and DROP VIEW. A temporary view goes by either.
func (s *Session) dropTable(ctx context.Context, c *plan.DropTable) error {
	if len(c.Name) == 1 && s.dropTempView(c.Name[0]) {
		return nil
	}
	if isDeltaPath(c.Name) {
		return errclass.UnsupportedFeature.New("DROP TABLE of a path is not supported: `%s` has no name to drop.", c.Name[1]).
			WithHint("Remove the folder.")
	}
	name, err := s.qualify(c.Name)
	if err != nil {
		return err
	}
	entry, err := s.catalog.Lookup(ctx, name)
	if c.IfExists && (isNotFound(err) || errors.Is(err, errclass.SchemaNotFound)) {
		return nil
	}
	if err != nil {
		return err
	}
	full := strings.Join(name.Parts(), ".")
	switch isView := entry.Type == catalog.View; {
	case c.View && !isView:
		return errclass.WrongCommand.New("The operation DROP VIEW requires a VIEW. But %s is a %s.", full, entry.Type).WithHint("Use DROP TABLE instead.")
	case !c.View && isView:
		return errclass.WrongCommand.New("The operation DROP TABLE requires a EXTERNAL or MANAGED. But %s is a VIEW.", full).WithHint("Use DROP VIEW instead.")
	}
	return s.catalog.Drop(ctx, name)
}
