package medallion

import (
	"context"
	"strconv"

	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
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
	return r.Table(ctx, &plan.NamedTable{Name: parts, Options: options})
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

// changeRange are the options of the change data feed. A bound that is a number is a version, any other text a time.
func (a tableArgs) changeRange() (map[string]string, error) {
	if err := a.noTables(); err != nil {
		return nil, err
	}
	start, err := a.required("start", 1)
	if err != nil {
		return nil, err
	}
	options := map[string]string{"readChangeFeed": "true", boundOption("starting", start): start}
	if a.has("end") {
		end, err := a.required("end", 2)
		if err != nil {
			return nil, err
		}
		options[boundOption("ending", end)] = end
	}
	for name := range a.options {
		return nil, errclass.InvalidParameterValue.New("The value of parameter `%s` in `%s` is invalid: there is no such parameter.", name, a.function).
			WithHint("They are start and end.")
	}
	return options, nil
}

func boundOption(side, bound string) string {
	if _, err := strconv.ParseInt(bound, 10, 64); err == nil {
		return side + "Version"
	}
	return side + "Timestamp"
}
