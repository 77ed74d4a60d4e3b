package state

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// OpenOptions says where state lies and which version to load.
type OpenOptions struct {
	Store      volumes.Store
	Dir        string // the operator's folder's parent: "state"
	Version    int64  // 0: empty
	Partitions int    // of the query; kept for its life
	Cache      *Cache // of the query; nil: every version is read from its files
}

// Operator is the state of one operator at one version, open for change. It belongs to one goroutine.
type Operator struct {
	spec       Spec
	dir        string
	version    int64
	partitions []*partition
	cache      *Cache
}

// Open loads a version. State of another key or value schema is an error of class
// STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE or STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE.
func Open(ctx context.Context, spec Spec, opts OpenOptions) (*Operator, error) {
	if o := opts.Cache.take(spec, opts); o != nil {
		return o, nil
	}
	o := &Operator{spec: spec, dir: stateDir(spec, opts), version: opts.Version, cache: opts.Cache}
	partitions, err := settleMetadata(ctx, spec, opts, o.dir)
	if err != nil {
		return nil, err
	}
	if partitions < 1 {
		return nil, fmt.Errorf("internal error: state in %d partitions", partitions)
	}
	if err := settleSchema(ctx, spec, opts, o.dir); err != nil {
		return nil, err
	}
	for i := range partitions {
		p := &partition{store: opts.Store, dir: path.Join(o.dir, strconv.Itoa(i))}
		if err := p.load(ctx, opts.Version); err != nil {
			return nil, err
		}
		o.partitions = append(o.partitions, p)
	}
	if opts.Version > 0 {
		o.cache.missed(len(o.partitions))
	}
	return o, nil
}

func stateDir(spec Spec, opts OpenOptions) string {
	return path.Join(opts.Dir, strconv.Itoa(spec.Operator))
}

// All gives every entry, as batches of the key columns followed by the value columns: partition by
// partition, in the order in which the keys first came.
func (o *Operator) All(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		schema := types.ToArrowSchema(o.entrySchema())
		for _, p := range o.partitions {
			for next := 0; next < len(p.table.entries); {
				if err := ctx.Err(); err != nil {
					yield(nil, err)
					return
				}
				var b arrow.RecordBatch
				var err error
				b, next, err = o.entries(p, schema, next)
				if err != nil {
					yield(nil, fmt.Errorf("read state %s: %w", p.dir, err))
					return
				}
				if b.NumRows() > 0 && !yield(b, nil) {
					return
				}
			}
		}
	}
}

func (o *Operator) entrySchema() types.Struct {
	fields := make([]types.Field, 0, len(o.spec.Key.Fields)+len(o.spec.Value.Fields))
	return types.Struct{Fields: append(append(fields, o.spec.Key.Fields...), o.spec.Value.Fields...)}
}

// entries makes a batch of the entries from a number on, and says where the next one starts.
func (o *Operator) entries(p *partition, schema *arrow.Schema, from int) (arrow.RecordBatch, int, error) {
	keys, values := make([][]byte, 0, batch.TargetRows), make([][]byte, 0, batch.TargetRows)
	for ; from < len(p.table.entries) && len(keys) < batch.TargetRows; from++ {
		if e := &p.table.entries[from]; !e.removed {
			keys, values = append(keys, p.table.arena.get(e.key)), append(values, p.table.arena.get(e.value))
		}
	}
	columns, err := decodeRows(keys, o.spec.Key.Fields)
	if err != nil {
		return nil, 0, err
	}
	more, err := decodeRows(values, o.spec.Value.Fields)
	if err != nil {
		return nil, 0, err
	}
	return array.NewRecordBatch(schema, append(columns, more...), int64(len(keys))), from, nil
}

// Get gives the values for the keys, row by row, null where found is false.
func (o *Operator) Get(keys arrow.RecordBatch) (values arrow.RecordBatch, found []bool, err error) {
	placed := o.place(keys)
	found, rows := make([]bool, placed.count()), make([][]byte, placed.count())
	for i := range rows {
		rows[i] = placed.partition(o, i).table.get(placed.rows.at(i))
		found[i] = rows[i] != nil
	}
	columns, err := decodeRows(rows, o.spec.Value.Fields)
	if err != nil {
		return nil, nil, fmt.Errorf("read state %s: %w", o.dir, err)
	}
	return array.NewRecordBatch(types.ToArrowSchema(o.spec.Value), columns, int64(len(rows))), found, nil
}

// Put sets the values of the keys. Of equal keys, the last one counts.
func (o *Operator) Put(keys, values arrow.RecordBatch) error {
	if keys.NumRows() != values.NumRows() {
		return errors.New("internal error: as many values as keys are wanted")
	}
	placed := o.place(keys)
	rows := encodeRows(values.Columns(), o.spec.Value.Fields, placed.count())
	for i := range placed.count() {
		placed.partition(o, i).table.put(placed.rows.at(i), rows.at(i))
	}
	return nil
}

// Remove forgets the keys.
func (o *Operator) Remove(keys arrow.RecordBatch) error {
	placed := o.place(keys)
	for i := range placed.count() {
		placed.partition(o, i).table.remove(placed.rows.at(i))
	}
	return nil
}

// placedKeys are encoded keys with the hashes that say where they live.
type placedKeys struct {
	rows   values
	hashes []uint32
}

func (o *Operator) place(keys arrow.RecordBatch) placedKeys {
	n := int(keys.NumRows())
	return placedKeys{
		rows:   encodeRows(keys.Columns(), o.spec.Key.Fields, n),
		hashes: Hash(keys.Columns(), o.spec.Key.Fields, n),
	}
}

func (k *placedKeys) count() int { return len(k.hashes) }

func (k *placedKeys) partition(o *Operator, i int) *partition {
	return o.partitions[partitionOf(k.hashes[i], len(o.partitions))]
}

// Progress is what there is to report of the state now. What was done to it in a batch, and in which time, the caller knows.
func (o *Operator) Progress() Progress {
	hits, misses := o.cache.counts()
	return Progress{
		OperatorName: o.spec.Name, NumRowsTotal: o.Rows(), MemoryUsedBytes: o.MemoryUsed(),
		NumShufflePartitions: int64(len(o.partitions)), NumStateStoreInstances: int64(len(o.partitions)),
		CacheHits: hits, CacheMisses: misses, CurrentVersionBytes: o.currentBytes(),
	}
}

// Rows is how many entries there are.
func (o *Operator) Rows() (n int64) {
	for _, p := range o.partitions {
		n += int64(p.table.live)
	}
	return n
}

// Partitions is how many partitions there are.
func (o *Operator) Partitions() int { return len(o.partitions) }

// MemoryUsed is how many bytes the entries take in memory.
func (o *Operator) MemoryUsed() (n int64) {
	for _, p := range o.partitions {
		n += p.table.memory()
	}
	return n
}

// currentBytes is how many bytes the entries of this version take, without what only past ones wanted.
func (o *Operator) currentBytes() (n int64) {
	for _, p := range o.partitions {
		n += p.table.liveBytes()
	}
	return n
}

// Commit makes the next version durable. It costs what has changed. A version that was written before, by a
// batch that was cut short, is replaced.
func (o *Operator) Commit(ctx context.Context) error {
	for _, p := range o.partitions {
		if err := p.commit(ctx); err != nil {
			return err
		}
	}
	o.version++
	o.cache.give(o)
	return nil
}
