package state

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"lakehouse/internal/batch"
	"lakehouse/volumes"
)

// OpenOptions says where state lies and which version to load.
type OpenOptions struct {
	Store      volumes.Store
	Dir        string  // the operator's folder's parent: "state"
	Version    int64   // 0: empty
	Partitions int     // of the query; kept for its life
	Workers    int     // how many goroutines read and write partitions; 0: one
	MinDeltas  int     // before a snapshot is written; 0: 10, as Spark has it
	Cache      *Cache  // of the query; nil: every version is read from its files
	Budget     *Budget // of the session; nil: without limit
	Codec      Codec   // of the files that are written; empty: LZ4
}

// Operator is the state of one operator at one version, open for change. Its first store is its own: an operator of
// one store is used as that.
type Operator struct {
	*Store
	spec      Spec
	dir       string
	version   int64
	count     int // of partitions, the query's; a store whose keys choose none has one
	workers   int
	minDeltas int
	codec     Codec
	budget    *Budget
	stores    []*Store
	born      map[string]int64 // the versions with which stores came into being; nil: all with 0
	cache     *Cache
}

// Open loads a version. State of another key or value schema is an error of class
// STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE or STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE.
func Open(ctx context.Context, spec Spec, opts OpenOptions) (*Operator, error) {
	if o := opts.Cache.take(spec, opts); o != nil {
		return o, nil
	}
	o := &Operator{spec: spec, dir: stateDir(spec, opts), version: opts.Version, workers: max(opts.Workers, 1), minDeltas: cmp.Or(opts.MinDeltas, deltasBeforeSnapshot), budget: opts.Budget, codec: opts.Codec, cache: opts.Cache}
	var err error
	if spec.Description != nil {
		o.count, o.born, err = settleDescription(ctx, spec, opts, o.dir)
	} else {
		o.count, err = settleMetadata(ctx, spec, opts, o.dir)
	}
	if err != nil {
		return nil, err
	}
	if o.count < 1 {
		return nil, fmt.Errorf("internal error: state in %d partitions", o.count)
	}
	for _, s := range spec.stores() {
		if err := settleSchema(ctx, s, opts.Store, o.dir); err != nil {
			return nil, err
		}
		store, err := o.newStore(ctx, s, opts.Store)
		if err != nil {
			return nil, err
		}
		o.stores = append(o.stores, store)
	}
	o.Store = o.stores[0]
	if err := o.each(ctx, func(ctx context.Context, p *Partition) error { return p.load(ctx, opts.Version) }); err != nil {
		return nil, err
	}
	if opts.Version > 0 {
		o.cache.missed(o.instances())
	}
	return o, nil
}

func stateDir(spec Spec, opts OpenOptions) string {
	return path.Join(opts.Dir, strconv.Itoa(spec.Operator))
}

// storeDir is a store's folder in a partition's.
func storeDir(dir string, partition int, store StoreSpec) string {
	dir = path.Join(dir, strconv.Itoa(partition))
	if store.name() == defaultStore {
		return dir
	}
	return path.Join(dir, store.name())
}

func (o *Operator) newStore(ctx context.Context, spec StoreSpec, files volumes.Store) (*Store, error) {
	s := &Store{spec: spec, dir: o.dir}
	if len(spec.placedBy()) == 0 {
		n, err := o.lonePartition(ctx, spec, files)
		s.partitions = []*Partition{o.newPartition(n, spec, files)}
		return s, err
	}
	for i := range o.count {
		s.partitions = append(s.partitions, o.newPartition(i, spec, files))
	}
	return s, nil
}

func (o *Operator) newPartition(n int, spec StoreSpec, files volumes.Store) *Partition {
	return &Partition{store: files, dir: storeDir(o.dir, n, spec), spec: spec, born: o.born[spec.name()], budget: o.budget, codec: o.codec, minDeltas: int64(o.minDeltas)}
}

// lonePartition is where the entries lie that nothing places, those of a group of all rows: in partition 0, which is the only
// one that Spark makes. The first builds hashed no columns to find it.
func (o *Operator) lonePartition(ctx context.Context, spec StoreSpec, files volumes.Store) (int, error) {
	n := partitionOf(hashSeed, o.count)
	if n == 0 {
		return 0, nil
	}
	found, err := o.newPartition(n, spec, files).list(ctx)
	if err != nil || found.newest() == 0 {
		return 0, err
	}
	return n, nil
}

// each does something to every partition of every store, several at once.
func (o *Operator) each(ctx context.Context, do func(context.Context, *Partition) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(o.workers)
	for _, s := range o.stores {
		for _, p := range s.partitions {
			if ctx.Err() != nil {
				return group.Wait()
			}
			group.Go(func() error { return batch.Guard(func() error { return do(ctx, p) }) })
		}
	}
	return group.Wait()
}

// StoreOf gives a store by its name; nil: there is none.
func (o *Operator) StoreOf(name string) *Store {
	for _, s := range o.stores {
		if s.spec.name() == name {
			return s
		}
	}
	return nil
}

// Version is the one that was opened, or the one that Commit has made of it.
func (o *Operator) Version() int64 { return o.version }

// Progress is what there is to report of the state now. What was done to it in a batch, and in which time, the caller knows.
func (o *Operator) Progress() Progress {
	hits, misses := o.cache.counts()
	return Progress{
		Operator: o.spec.Operator, OperatorName: o.spec.Name, NumRowsTotal: o.Rows(), MemoryUsedBytes: o.MemoryUsed(),
		NumShufflePartitions: int64(o.count), NumStateStoreInstances: int64(o.instances()),
		CacheHits: hits, CacheMisses: misses, CurrentVersionBytes: o.currentBytes(),
		Snapshots: o.snapshots(),
	}
}

// reportedSnapshots is how many partitions tell of their snapshots (spark.sql.streaming.stateStore.numStateStoreInstanceMetricsToReport).
const reportedSnapshots = 5

func (o *Operator) snapshots() map[string]int64 {
	type newest struct {
		name    string
		version int64
	}
	var all []newest
	for _, s := range o.stores {
		for n := range o.count {
			version := int64(-1)
			if n < len(s.partitions) && s.partitions[n].snapshot > 0 {
				version = s.partitions[n].snapshot
			}
			all = append(all, newest{fmt.Sprintf("SnapshotLastUploaded.partition_%d_%s", n, s.spec.name()), version})
		}
	}
	slices.SortFunc(all, func(a, b newest) int { return cmp.Or(cmp.Compare(a.version, b.version), cmp.Compare(a.name, b.name)) })
	reported := make(map[string]int64, reportedSnapshots)
	for _, s := range all[:min(len(all), reportedSnapshots)] {
		reported[s.name] = s.version
	}
	return reported
}

// instances is how many partitions all stores have.
func (o *Operator) instances() (n int) {
	for _, s := range o.stores {
		n += len(s.partitions)
	}
	return n
}

// MemoryUsed is how many bytes the entries take in memory.
func (o *Operator) MemoryUsed() (n int64) {
	for _, s := range o.stores {
		for _, p := range s.partitions {
			n += p.table.memory()
		}
	}
	return n
}

// currentBytes is how many bytes the entries of this version take, without what only past ones wanted.
func (o *Operator) currentBytes() (n int64) {
	for _, s := range o.stores {
		for _, p := range s.partitions {
			n += p.table.liveBytes()
		}
	}
	return n
}

// Commit makes the next version of every store durable. It costs what has changed. A version that was written before, by a
// batch that was cut short, is replaced. The batch counts when the query says so: until then a version of which
// some files are missing is as good as none.
func (o *Operator) Commit(ctx context.Context) error {
	if err := o.each(ctx, func(ctx context.Context, p *Partition) error { return p.commit(ctx, o.cache) }); err != nil {
		return err
	}
	o.version++
	o.cache.give(o)
	return nil
}
