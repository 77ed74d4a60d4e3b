package delta

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// clusteringDomain is the domain that names the columns of a clustered table, by their physical names.
const clusteringDomain = "delta.clustering"

type clusteringConfig struct {
	Columns [][]string `json:"clusteringColumns"`
}

// clusteringColumns are the columns that a clustered table is clustered by, by dots into structs; none for another table.
func clusteringColumns(ctx context.Context, snap *deltalog.Snapshot) ([]string, error) {
	domain, ok, err := snap.Domain(ctx, clusteringDomain)
	if err != nil || !ok {
		return nil, err
	}
	var config clusteringConfig
	if err := json.Unmarshal([]byte(domain.Configuration), &config); err != nil {
		return nil, errclass.DeltaLogCorrupt.New("domain %s: %w.", clusteringDomain, err)
	}
	schema, err := snap.Schema()
	if err != nil {
		return nil, err
	}
	meta := snap.Metadata()
	stored, err := meta.StoredSchema()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(config.Columns))
	for i, path := range config.Columns {
		name, ok := logicalName(schema, stored, path)
		if !ok {
			return nil, errclass.DeltaLogCorrupt.New("domain %s: the table has no column %q.", clusteringDomain, path)
		}
		names[i] = name
	}
	return names, nil
}

// logicalName is the column that users see of a path of physical names.
func logicalName(schema, stored types.Struct, path []string) (string, bool) {
	name := ""
	for depth, part := range path {
		at := stored.Index(part)
		if at < 0 || at >= len(schema.Fields) {
			return "", false
		}
		name += schema.Fields[at].Name
		if depth == len(path)-1 {
			return name, true
		}
		name += "."
		var ok, ok2 bool
		schema, ok = schema.Fields[at].Type.(types.Struct)
		stored, ok2 = stored.Fields[at].Type.(types.Struct)
		if !ok || !ok2 {
			return "", false
		}
	}
	return "", false
}

// A cube is files that were clustered together. Files carry its id, and the columns, in their tags; they are those of Delta.
const (
	tagCube        = "ZCUBE_ID"
	tagCubeColumns = "ZCUBE_ZORDER_BY"
	// liquid is the provider that Delta names in add.clusteringProvider.
	liquid = "liquid"
	// minCube is the size from which on a cube is left as it is, targetCube the size that cubes are packed to.
	minCube    = 100 << 30
	targetCube = 150 << 30
)

// CubeStats tells of the files that an OPTIMIZE of a clustered table looked at, and of those that it rewrote.
type CubeStats struct {
	Cubes, CubeFiles, OtherFiles, MergedFiles int64
	CubeBytes, OtherBytes, MergedBytes        int64
}

// cubesOf picks the files that clustering has not reached, and cubes that are small, and packs them into new cubes. What is one
// cube already is left alone. Full takes files that were clustered by other columns, too.
func (o *optimizing) cubesOf(files []deltalog.AddFile) []bin {
	slices.SortStableFunc(files, func(a, b deltalog.AddFile) int { return cmp.Compare(a.Tags[tagCube], b.Tags[tagCube]) })
	bytes := map[string]int64{}
	o.count(files, bytes)
	var taken, others []deltalog.AddFile
	for _, f := range files {
		id, by := f.Tags[tagCube], f.Tags[tagCubeColumns]
		switch {
		case f.ClusteringProvider != "" && f.ClusteringProvider != liquid, id != "" && by != jsonList(o.cluster):
			others = append(others, f)
		case id == "" || bytes[id] < minCube:
			taken = append(taken, f)
		}
	}
	switch {
	case o.opts.Full && len(others) > 0:
		taken = append(taken, others...)
	case isOneCube(taken):
		return nil
	}
	var bins []bin
	for _, files := range packed(taken, targetCube) {
		b := newBin(files)
		b.cube = uuid.NewString()
		bins = append(bins, b)
		o.done.Cubes.MergedFiles += int64(len(files))
		o.done.Cubes.MergedBytes += b.bytes
	}
	return bins
}

// count tells the files of cubes of the table's columns from others, and adds up the sizes of the cubes.
func (o *optimizing) count(files []deltalog.AddFile, bytes map[string]int64) {
	stats := &o.done.Cubes
	for _, f := range files {
		id := f.Tags[tagCube]
		if id == "" || !o.opts.Full && f.Tags[tagCubeColumns] != jsonList(o.cluster) {
			stats.OtherFiles++
			stats.OtherBytes += f.Size
			continue
		}
		if _, seen := bytes[id]; !seen {
			stats.Cubes++
		}
		bytes[id] += f.Size
		stats.CubeFiles++
		stats.CubeBytes += f.Size
	}
}

func isOneCube(files []deltalog.AddFile) bool {
	for i := range files {
		if files[i].Tags[tagCube] == "" || files[i].Tags[tagCube] != files[0].Tags[tagCube] {
			return false
		}
	}
	return true
}

// tag makes a new file one of its bin's cube.
func (o *optimizing) tag(f *deltalog.AddFile, b *bin) {
	if b.cube == "" {
		return
	}
	f.ClusteringProvider = liquid
	f.Tags = map[string]string{tagCube: b.cube, tagCubeColumns: jsonList(o.cluster)}
}
