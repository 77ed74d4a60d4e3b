package delta

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lakehouse/deltalog"
	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/option"
)

// propTargetFileSize is the table property that goes before MaxFileSize, but for compactions after a write.
const propTargetFileSize = "delta.targetFileSize"

// OptimizeOptions say how the rows of a table are arranged anew. The zero value puts small files together.
type OptimizeOptions struct {
	// Matches picks the partitions; nil: all. Predicates say the same as texts, for the history.
	Matches    func(deltalog.AddFile) bool
	Predicates []string
	// ZOrderBy are columns, by dots into structs: files hold rows that are alike in all of them.
	ZOrderBy       []string
	UncheckedStats bool // columns without statistics are taken, too
	Full           bool // of a clustered table: what is clustered by other columns is clustered anew
	Auto           bool // a write did it by itself
	Purge          bool // REORG: files with deletion vectors are written anew, and no others
	Every          bool // with Purge: the others, too
	MinFileSize    int64
	MaxFileSize    int64
	MinFiles       int // fewer small files of a partition are left alone; of Auto
	Workers        int
	Clock          func() time.Time
}

// The sizes that Spark's OPTIMIZE has.
const (
	defaultOptimizeSize = 1 << 30
	// maxDeletedRows is the share of deleted rows from which on a file of any size is written anew.
	maxDeletedRows = 0.05
)

func (o OptimizeOptions) withDefaults() OptimizeOptions {
	o.MinFileSize = cmp.Or(o.MinFileSize, defaultOptimizeSize)
	o.MaxFileSize = cmp.Or(o.MaxFileSize, defaultOptimizeSize)
	o.Workers = max(1, o.Workers)
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the default of a clock that callers can set
	}
	return o
}

// Optimized says what an OPTIMIZE did.
type Optimized struct {
	Version                   int64 // the new one; -1 where there was nothing to do
	Added, Removed            []deltalog.AddFile
	Partitions, Bins          int
	Considered                int
	VectorsRemoved            int
	VectorRowsRemoved         int64
	ZOrdered                  bool
	Clustered                 bool
	Columns, ColumnsWithStats int
	Cubes                     CubeStats // of a clustered table
	Started, Ended            time.Time
	Workers                   int
}

// A bin is files of one partition that are written anew together.
type bin struct {
	files []deltalog.AddFile
	bytes int64
	cube  string // of a clustered table: the id of the cube that its files become
}

// Optimize arranges the rows of a table in fewer, larger, or better sorted files. No row changes: the version is marked so, and
// conflicts with nothing but the removal of a file that it rewrites, or of rows of it, and a change of the partition columns or of row tracking.
func Optimize(ctx context.Context, t Table, opts OptimizeOptions) (Optimized, error) {
	opts = opts.withDefaults()
	snap, err := t.Log.Snapshot(ctx)
	if err != nil {
		return Optimized{}, err
	}
	o, err := newOptimizing(ctx, t, snap, opts)
	if err != nil {
		return Optimized{}, err
	}
	if err := o.plan(ctx); err != nil {
		return Optimized{}, err
	}
	if err := o.rewrite(ctx); err != nil {
		return Optimized{}, err
	}
	return o.done, o.commit(ctx)
}

// An optimizing is one OPTIMIZE, on top of one version.
type optimizing struct {
	table   Table
	snap    *deltalog.Snapshot
	meta    deltalog.Metadata
	opts    OptimizeOptions
	keys    []string    // of partition columns, in partition values
	cluster []string    // the columns that a clustered table is clustered by
	curve   *spaceCurve // nil: rows stay in their order
	bins    []bin

	mu   sync.Mutex
	adds []deltalog.AddFile // under mu
	done Optimized
}

func newOptimizing(ctx context.Context, t Table, snap *deltalog.Snapshot, opts OptimizeOptions) (*optimizing, error) {
	o := &optimizing{table: t, snap: snap, meta: snap.Metadata(), opts: opts}
	o.done = Optimized{Version: -1, Started: opts.Clock(), Workers: opts.Workers}
	protocol := snap.Protocol()
	if err := protocol.CheckWrite(); err != nil {
		return nil, err
	}
	if size, err := option.ParseBytes(o.meta.Configuration[propTargetFileSize]); err == nil && size > 0 && !opts.Auto {
		o.opts.MaxFileSize, o.opts.MinFileSize = size, min(size, opts.MinFileSize)
	}
	var err error
	if o.keys, err = o.meta.StoredPartitionColumns(); err != nil {
		return nil, err
	}
	if o.cluster, err = clusteringColumns(ctx, snap); err != nil {
		return nil, err
	}
	if err := o.checkClause(protocol); err != nil {
		return nil, err
	}
	schema, err := o.meta.Schema()
	if err != nil {
		return nil, err
	}
	o.done.Columns = len(schema.Fields)
	o.done.ColumnsWithStats = len(schema.Fields)
	if n := o.meta.IndexedColumns(); n >= 0 {
		o.done.ColumnsWithStats = min(n, len(schema.Fields))
	}
	switch {
	case opts.Purge:
	case len(o.cluster) > 0:
		o.done.Clustered = true
		o.curve, err = newSpaceCurve(hilbert, schema, o.cluster)
	case len(opts.ZOrderBy) > 0:
		o.done.ZOrdered = true
		if err := o.checkZOrder(schema); err != nil {
			return nil, err
		}
		o.curve, err = newSpaceCurve(interleaved, schema, opts.ZOrderBy)
	}
	return o, err
}

// checkClause refuses clauses that do not go with the table.
func (o *optimizing) checkClause(p deltalog.Protocol) error {
	clustered := p.Supports("clustering")
	switch {
	case clustered && len(o.opts.Predicates) > 0 && !o.opts.Purge:
		return errclass.DeltaClusteringPredicate.New("OPTIMIZE command for Delta table with clustering doesn't support partition predicates.").
			WithHint("Please remove the predicates: %s.", strings.Join(o.opts.Predicates, " AND "))
	case clustered && len(o.opts.ZOrderBy) > 0:
		return errclass.DeltaClusteringZOrder.New("OPTIMIZE command for Delta table with clustering cannot specify ZORDER BY.").
			WithHint("Please remove ZORDER BY (%s).", strings.Join(o.opts.ZOrderBy, ", "))
	case o.opts.Full && len(o.cluster) == 0:
		return errclass.DeltaOptimizeFull.New("OPTIMIZE FULL is only supported for clustered tables with non-empty clustering columns.")
	}
	return nil
}

// plan shares the files out over bins.
func (o *optimizing) plan(ctx context.Context) error {
	partitions := map[string][]deltalog.AddFile{}
	for f, err := range o.snap.Files(ctx) {
		if err != nil {
			return err
		}
		if o.opts.Matches != nil && !o.opts.Matches(f) {
			continue
		}
		o.done.Considered++
		if o.takes(&f) {
			key := f.PartitionKey(o.keys)
			partitions[key] = append(partitions[key], f)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(partitions)) {
		bins := o.binsOf(partitions[key])
		if len(bins) > 0 {
			o.done.Partitions++
		}
		o.bins = append(o.bins, bins...)
	}
	o.done.Bins = len(o.bins)
	return nil
}

// takes reports whether a file is to be written anew, if there are others to go with it.
func (o *optimizing) takes(f *deltalog.AddFile) bool {
	switch {
	case o.opts.Purge:
		return o.opts.Every || f.DeletionVector != nil
	case o.curve != nil:
		return true
	}
	return f.Size < o.opts.MinFileSize || deletedShare(f) > maxDeletedRows
}

// deletedShare is the share of a file's rows that its vector takes out; all of them where the file does not tell.
func deletedShare(f *deltalog.AddFile) float64 {
	if f.DeletionVector == nil {
		return 0
	}
	rows := deltalog.ParseStats(f.Stats, deltalog.Schema{}).NumRecords
	if rows <= 0 {
		return 1
	}
	return float64(f.DeletionVector.Cardinality) / float64(rows)
}

// binsOf packs the files of a partition.
func (o *optimizing) binsOf(files []deltalog.AddFile) []bin {
	switch {
	case o.done.Clustered:
		return o.cubesOf(files)
	case o.curve != nil:
		return []bin{newBin(files)}
	case o.opts.Auto && len(files) < o.opts.MinFiles:
		return nil
	}
	slices.SortStableFunc(files, func(a, b deltalog.AddFile) int { return cmp.Compare(a.Size, b.Size) })
	var bins []bin
	for _, b := range packed(files, o.opts.MaxFileSize) {
		if len(b) > 1 || o.opts.Purge { // one file alone is left alone, as in Spark, however many of its rows are deleted
			bins = append(bins, newBin(b))
		}
	}
	return bins
}

func newBin(files []deltalog.AddFile) bin {
	b := bin{files: files}
	for i := range files {
		b.bytes += files[i].Size
	}
	return b
}

// packed puts files together, in their order, up to a size.
func packed(files []deltalog.AddFile, size int64) [][]deltalog.AddFile {
	var bins [][]deltalog.AddFile
	var bytes int64
	from := 0
	for i := range files {
		if i > from && bytes+files[i].Size > size {
			bins = append(bins, files[from:i])
			from, bytes = i, 0
		}
		bytes += files[i].Size
	}
	if from < len(files) {
		bins = append(bins, files[from:])
	}
	return bins
}

// rewrite writes the bins side by side: several where there are several, else one with all workers.
func (o *optimizing) rewrite(ctx context.Context) error {
	together := min(o.opts.Workers, len(o.bins))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, together))
	for i := range o.bins {
		group.Go(func() error {
			var added []deltalog.AddFile
			err := batch.Guard(func() (err error) {
				added, err = o.rewriteBin(ctx, &o.bins[i], max(1, o.opts.Workers/max(1, together)))
				return err
			})
			if err != nil {
				return fmt.Errorf("optimize: %w", err)
			}
			o.mu.Lock()
			defer o.mu.Unlock()
			o.adds = append(o.adds, added...)
			return nil
		})
	}
	return group.Wait()
}

// commit makes the version, unless nothing was written.
func (o *optimizing) commit(ctx context.Context) error {
	for i := range o.bins {
		for j := range o.bins[i].files {
			f := &o.bins[i].files[j]
			o.done.Removed = append(o.done.Removed, *f)
			if v := f.DeletionVector; v != nil {
				o.done.VectorsRemoved++
				o.done.VectorRowsRemoved += v.Cardinality
			}
		}
	}
	slices.SortFunc(o.adds, func(a, b deltalog.AddFile) int { return cmp.Compare(a.Path, b.Path) })
	o.done.Added = o.adds
	o.done.Ended = o.opts.Clock()
	if len(o.done.Removed) == 0 {
		return nil
	}
	txn := o.snap.Begin(o.operation())
	txn.ReadNamed(o.done.Removed...)
	txn.KeepsRowIDs()
	txn.Add(o.adds...)
	now := txn.Now()
	for i := range o.done.Removed {
		txn.RemoveFile(o.done.Removed[i].Removed(now, false))
	}
	made, err := txn.Commit(ctx)
	o.done.Version, o.done.Ended = made.Version, o.opts.Clock()
	return err
}

// operation is what the history tells, as Spark's does.
func (o *optimizing) operation() deltalog.Operation {
	op := deltalog.Operation{Name: "OPTIMIZE", Metrics: o.metrics()}
	op.Parameters = deltalog.Parameters{}.With("predicate", jsonList(o.opts.Predicates))
	if o.opts.Purge {
		op.Name = "REORG"
		op.Parameters = op.Parameters.With("applyPurge", true)
		return op
	}
	op.Parameters = op.Parameters.With("auto", o.opts.Auto).With("clusterBy", jsonList(o.cluster)).With("zOrderBy", jsonList(o.opts.ZOrderBy))
	if len(o.cluster) > 0 {
		op.Parameters = op.Parameters.With("isFull", o.opts.Full)
	}
	return op
}

func jsonList(texts []string) string {
	return jsonText(append([]string{}, texts...))
}

func (o *optimizing) metrics() map[string]string {
	sizes := make([]int64, len(o.adds))
	var added, removed int64
	for i := range o.adds {
		sizes[i] = o.adds[i].Size
		added += sizes[i]
	}
	for i := range o.done.Removed {
		removed += o.done.Removed[i].Size
	}
	slices.Sort(sizes)
	at := func(i int) string {
		if len(sizes) == 0 {
			return "0"
		}
		return strconv.FormatInt(sizes[min(i, len(sizes)-1)], 10)
	}
	n := len(sizes)
	return map[string]string{
		"minFileSize": at(0), "p25FileSize": at(n / 4), "p50FileSize": at(n / 2), "p75FileSize": at(n * 3 / 4), "maxFileSize": at(math.MaxInt),
		"numAddedFiles": strconv.Itoa(n), "numRemovedFiles": strconv.Itoa(len(o.done.Removed)),
		"numAddedBytes": strconv.FormatInt(added, 10), "numRemovedBytes": strconv.FormatInt(removed, 10),
		"numDeletionVectorsRemoved": strconv.Itoa(o.done.VectorsRemoved),
	}
}
