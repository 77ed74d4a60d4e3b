package delta

import (
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/types"
)

// checkColumns refuses columns, and constraints among the properties, that no table can be made with.
func checkColumns(schema types.Struct, properties map[string]string, partitionBy []string, eval expr.Context) error {
	for _, f := range schema.Fields {
		if err := checkNested(f); err != nil {
			return err
		}
		_, counted, err := identityOf(f)
		if err != nil {
			return err
		}
		if counted && slices.ContainsFunc(partitionBy, func(p string) bool { return strings.EqualFold(p, f.Name) }) {
			return errclass.DeltaIdentityPartition.New("PARTITIONED BY IDENTITY column %s is not supported.", f.Name)
		}
	}
	if err := checkDefaults(schema, properties, eval); err != nil {
		return err
	}
	if err := checkGenerated(schema, eval); err != nil {
		return err
	}
	r := newTextResolver(schema, eval)
	for _, c := range constraintsOf(deltalog.Metadata{Configuration: properties}) {
		if _, err := r.constraint(c.name, c.text); err != nil {
			return err
		}
	}
	return nil
}

// checkDefaults refuses defaults where the table's properties do not ask for the feature, and those that are no constants of their columns' types.
func checkDefaults(schema types.Struct, properties map[string]string, eval expr.Context) error {
	r := newTextResolver(schema, eval)
	for _, f := range schema.Fields {
		if _, ok := defaultOf(f); !ok {
			continue
		}
		if properties[featurePrefix+"allowColumnDefaults"] == "" {
			return defaultsNotEnabled("CREATE TABLE")
		}
		if err := checkDefault(r, f, "CREATE TABLE"); err != nil {
			return err
		}
	}
	return nil
}
