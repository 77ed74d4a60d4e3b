package delta

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

const (
	clusterByDomain = "delta.clustering"
	maxClustering   = 4
)

// clusteringOf are the columns that a table is clustered by, as queries call them; nil: it is not.
func clusteringOf(ctx context.Context, snap *deltalog.Snapshot) ([][]string, error) {
	domain, ok, err := snap.Domain(ctx, clusterByDomain)
	if err != nil || !ok {
		return nil, err
	}
	var told struct {
		ClusteringColumns [][]string `json:"clusteringColumns"`
	}
	if err := json.Unmarshal([]byte(domain.Configuration), &told); err != nil {
		return nil, errclass.DeltaLogCorrupt.New("domain metadata %s: %w", clusterByDomain, err)
	}
	meta := snap.Metadata()
	schema, err := snap.Schema()
	if err != nil {
		return nil, err
	}
	for i, stored := range told.ClusteringColumns {
		told.ClusteringColumns[i] = calledPath(meta, schema, stored)
	}
	return told.ClusteringColumns, nil
}

// calledPath is a column's path as queries call it. What is not found keeps the name that data files have for it.
func calledPath(meta deltalog.Metadata, t types.Type, stored []string) []string {
	path := make([]string, len(stored))
	for i, name := range stored {
		path[i] = name
		s, ok := t.(types.Struct)
		if !ok {
			continue
		}
		t = nil
		for _, f := range s.Fields {
			if meta.StoredName(f) == name {
				path[i], t = f.Name, f.Type
			}
		}
	}
	return path
}

// clusterColumns checks columns to cluster by, and gives their paths as queries call them and as the domain has them.
func clusterColumns(meta deltalog.Metadata, schema types.Struct, columns [][]string) (called, stored [][]string, err error) {
	if len(columns) > maxClustering {
		return nil, nil, errclass.DeltaClusterColumns.New("CLUSTER BY supports up to %d clustering columns, but the table has %d clustering columns. Please remove the extra clustering columns.", maxClustering, len(columns))
	}
	called, stored = [][]string{}, [][]string{}
	for _, column := range columns {
		path, physical, err := clusterColumn(meta, schema, column)
		if err != nil {
			return nil, nil, err
		}
		for _, other := range called {
			if dotted(other) == dotted(path) {
				return nil, nil, errclass.DeltaDuplicateColumns.New("Found duplicate column(s) in CLUSTER BY: %s.", dotted(path))
			}
		}
		called, stored = append(called, path), append(stored, physical)
	}
	return called, stored, checkClusterStats(meta, schema, called)
}

func clusterColumn(meta deltalog.Metadata, schema types.Struct, column []string) (path, physical []string, err error) {
	var t types.Type = schema
	for _, part := range column {
		s, ok := t.(types.Struct)
		i := -1
		if ok {
			i = s.Index(part)
		}
		if i < 0 {
			return nil, nil, errclass.DeltaColumnNotInSchema.New("Couldn't find column %s in:\n%s", dotted(column), types.ToDDL(schema)).
				WithHint("%s", errclass.DidYouMean(part, s.Names()))
		}
		path, physical, t = append(path, s.Fields[i].Name), append(physical, meta.StoredName(s.Fields[i])), s.Fields[i].Type
	}
	if !skippable(t) {
		return nil, nil, errclass.DeltaClusterType.New("CLUSTER BY is not supported because the following column(s): %s : %s don't support data skipping.", dotted(path), types.SQL(t))
	}
	return path, physical, nil
}

// skippable reports whether statistics tell the least and the greatest value of a type.
func skippable(t types.Type) bool {
	switch t := t.(type) {
	case types.Struct, types.Array, types.Map:
		return false
	case types.Primitive:
		return t != types.Boolean && t != types.Binary && t != types.Variant && t != types.Null
	}
	return true
}

// checkClusterStats refuses columns that files have no statistics of.
func checkClusterStats(meta deltalog.Metadata, schema types.Struct, columns [][]string) error {
	described := meta.WithSchema(schema)
	stats, err := described.StatsOptions()
	if err != nil {
		return err
	}
	var missing []string
	for _, c := range columns {
		if !hasStats(meta, schema, stats, c) {
			missing = append(missing, dotted(c))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	hint := "Name it in delta.dataSkippingStatsColumns."
	if stats.Columns == nil {
		hint = fmt.Sprintf("Only the first %d columns have statistics: move the column by ALTER TABLE … ALTER COLUMN … FIRST, or raise delta.dataSkippingNumIndexedCols.", stats.IndexedColumns)
	}
	return errclass.DeltaClusterStats.New("Clustering requires clustering columns to have stats. Couldn't find clustering column(s) '%s' in stats schema:\n%s", strings.Join(missing, ", "), types.ToDDL(schema)).
		WithHint("%s", hint)
}

// hasStats reports whether files have statistics of a column.
func hasStats(meta deltalog.Metadata, schema types.Struct, stats deltalog.StatsOptions, column []string) bool {
	if stats.Columns == nil {
		return stats.IndexedColumns < 0 || leafIndex(schema, column) < stats.IndexedColumns
	}
	return slices.ContainsFunc(stats.Columns, func(named []string) bool {
		called := calledPath(meta, schema, named)
		return len(called) <= len(column) && slices.EqualFunc(called, column[:len(called)], strings.EqualFold)
	})
}

// leafIndex is the place of a column among those without fields of their own.
func leafIndex(t types.Type, path []string) int {
	at := 0
	s, _ := t.(types.Struct)
	for _, f := range s.Fields {
		if len(path) > 0 && strings.EqualFold(f.Name, path[0]) {
			return at + leafIndex(f.Type, path[1:])
		}
		at += leafCount(f.Type)
	}
	return at
}

// leafCount is how many columns without fields of their own a type stands for.
func leafCount(t types.Type) int {
	s, ok := t.(types.Struct)
	if !ok {
		return 1
	}
	n := 0
	for _, f := range s.Fields {
		n += leafCount(f.Type)
	}
	return n
}

// clusteringMetadata is the domain that tells the clustering columns.
func clusteringMetadata(stored [][]string) deltalog.DomainMetadata {
	return deltalog.DomainMetadata{Domain: clusterByDomain, Configuration: fmt.Sprintf(`{"clusteringColumns":%s,"domainName":"%s"}`, jsonOf(stored), clusterByDomain)}
}

// clusterBy is CLUSTER BY, also NONE. It says how files are arranged from now on; OPTIMIZE arranges them.
func (a *altering) clusterBy(c *plan.ClusterBy) error {
	if len(a.meta.PartitionColumns) > 0 {
		return errclass.DeltaClusterPartitioned.New("ALTER TABLE CLUSTER BY cannot be applied to a partitioned table.")
	}
	called, stored, err := clusterColumns(a.meta, a.schema, c.Columns)
	if err != nil {
		return err
	}
	old, err := clusteringOf(a.ctx, a.snap)
	if err != nil {
		return err
	}
	a.domains = []deltalog.DomainMetadata{clusteringMetadata(stored)}
	a.features = []string{"clustering"}
	a.operation("CLUSTER BY", deltalog.Parameters{}.With("oldClusteringColumns", dottedAll(old)).With("newClusteringColumns", dottedAll(called)))
	return nil
}

func dottedAll(paths [][]string) string {
	all := make([]string, len(paths))
	for i, p := range paths {
		all[i] = dotted(p)
	}
	return strings.Join(all, ",")
}

// checkClustering refuses columns that a table which a write makes cannot be clustered by, and asks for the feature.
func (w *writing) checkClustering() error {
	if len(w.opts.ClusterBy) == 0 {
		return nil
	}
	if len(w.parts) > 0 {
		return errclass.DeltaClusterAndPartition.New("Clustering and partitioning cannot both be specified. Please remove PARTITIONED BY if you want to create a Delta table with clustering.")
	}
	if _, _, err := clusterColumns(deltalog.Metadata{Configuration: w.opts.Properties}, w.schema, w.opts.ClusterBy); err != nil {
		return err
	}
	w.opts.Properties = cloned(w.opts.Properties)
	w.opts.Properties[featurePrefix+"clustering"] = "supported"
	return nil
}

// cluster tells the columns that the table which a write makes is clustered by.
func (w *writing) cluster() error {
	if len(w.opts.ClusterBy) == 0 {
		return nil
	}
	schema, err := w.meta.Schema()
	if err != nil {
		return err
	}
	_, stored, err := clusterColumns(w.meta, schema, w.opts.ClusterBy)
	if err == nil {
		w.txn.SetDomain(clusteringMetadata(stored))
	}
	return err
}
