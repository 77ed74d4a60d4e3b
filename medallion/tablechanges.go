package medallion

import (
	"context"
	"strings"

	"lakehouse/internal/catalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// tableChanges is table_changes('table', start [, end]): what changed from one version, or time, to another.
func tableChanges(ctx context.Context, r resolver, args tableArgs) (logical.Node, error) {
	name, err := args.required("table", 0)
	if err != nil {
		return nil, err
	}
	options, err := args.changeRange()
	if err != nil {
		return nil, err
	}
	parts, err := sql.ParseTableName(name)
	if err != nil {
		return nil, err
	}
	if err := r.refuseView(ctx, parts); err != nil {
		return nil, err
	}
	return r.Table(ctx, &plan.NamedTable{Name: parts, Options: options})
}

// refuseView refuses a view, which has no changes of its own.
func (r resolver) refuseView(ctx context.Context, parts []string) error {
	temporary := false
	if len(parts) == 1 {
		var err error
		if _, temporary, err = r.temporary(parts[0]); err != nil {
			return err
		}
	}
	if !temporary && len(parts) == 2 && isPath(parts) {
		return nil
	}
	if !temporary {
		name, err := r.fullName(parts)
		if err != nil {
			return err
		}
		entry, err := r.catalog.Lookup(ctx, name)
		if err != nil || entry.Type != catalog.View {
			return err
		}
	}
	return errclass.WrongObjectType.New("'table_changes' expects a table but `%s` is a view.", strings.Join(parts, "`.`")).
		WithHint("Ask for the changes of the tables that it is made of.")
}

// tableChangesByPath is table_changes_by_path('path', start [, end]).
func tableChangesByPath(ctx context.Context, r resolver, args tableArgs) (logical.Node, error) {
	path, err := args.required("path", 0)
	if err != nil {
		return nil, err
	}
	options, err := args.changeRange()
	if err != nil {
		return nil, err
	}
	return r.DataSource(ctx, &plan.DataSource{Format: "delta", Paths: []string{path}, Options: options})
}

// changeRange are the options of the change data feed. A bound that is a number is a version, a text or a TIMESTAMP a time.
func (a tableArgs) changeRange() (map[string]string, error) {
	if err := a.noTables(); err != nil {
		return nil, err
	}
	options := map[string]string{"readChangeFeed": "true"}
	if err := a.bound("start", 1, "starting", options); err != nil {
		return nil, err
	}
	if a.has("end") {
		if err := a.bound("end", 2, "ending", options); err != nil {
			return nil, err
		}
	}
	for name := range a.options {
		return nil, errclass.InvalidParameterValue.New("The value of parameter `%s` in `%s` is invalid: there is no such parameter.", name, a.function).
			WithHint("They are start and end.")
	}
	return options, nil
}

// bound moves an argument to the option that it is, by its type.
func (a tableArgs) bound(name string, index int, side string, options map[string]string) error {
	text, err := a.required(name, index)
	if err != nil {
		return err
	}
	for have, t := range a.types {
		if !strings.EqualFold(have, name) {
			continue
		}
		switch t {
		case types.Integer, types.Long:
			options[side+"Version"] = text
		case types.String, types.Timestamp:
			options[side+"Timestamp"] = text
		default:
			return errclass.DeltaUnsupportedExpression.New("Unsupported expression type(%s) for %s option. The supported types are [int,bigint,string,timestamp].", t, side)
		}
	}
	return nil
}
