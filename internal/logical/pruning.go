package logical

import (
	"context"
	"slices"
	"strings"

	"lakehouse/internal/expr"
)

// A Partitioned source lies in parts, a file each, that have but one value of these columns.
type Partitioned interface {
	Source
	PartitionColumns() []string
}

// A Reporting source says which of its parts a scan reads, and why it passes over the others.
type Reporting interface {
	Source
	Report(ctx context.Context, opts ScanOptions) (string, error)
}

// known is what the relation's source knows of the columns that a condition over it reads.
func (r *Relation) known() expr.Statistics {
	known := expr.Statistics{Path: pathsOf(r)}
	p, ok := r.Source.(Partitioned)
	if !ok {
		return known
	}
	schema, partition := r.Schema(), p.PartitionColumns()
	known.Single = func(i int) bool {
		return slices.ContainsFunc(partition, func(name string) bool { return strings.EqualFold(name, schema.Fields[i].Name) })
	}
	return known
}

// Reports are what the sources of a plan say of their scans, in the order of the plan.
func Reports(ctx context.Context, node Node) ([]string, error) {
	if r, ok := node.(*Relation); ok {
		if source, ok := r.Source.(Reporting); ok {
			report, err := source.Report(ctx, r.Options)
			if report == "" || err != nil {
				return nil, err
			}
			return []string{source.String() + ": " + report}, nil
		}
	}
	var all []string
	for _, c := range node.Children() {
		reports, err := Reports(ctx, c)
		if err != nil {
			return nil, err
		}
		all = append(all, reports...)
	}
	return all, nil
}
