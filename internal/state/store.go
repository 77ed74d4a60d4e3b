package state

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/types"
)

// A Store is one of an operator's stores at one version, open for change. Its methods over columns belong to one
// goroutine; its partitions may be worked on at once.
type Store struct {
	spec       StoreSpec
	dir        string // of the operator
	partitions []*Partition
}

// Partitions are the store's, by number.
func (s *Store) Partitions() []*Partition { return s.partitions }

// Place gives the number of the partition where each row's key lives. The columns are the key's, or the leading ones
// that choose the partition.
func (s *Store) Place(columns []arrow.Array, rows int) []int32 {
	placed := make([]int32, rows)
	if len(s.partitions) == 1 {
		return placed
	}
	by := s.spec.placedBy()
	for i, h := range Hash(columns[:len(by)], by, rows) {
		placed[i] = int32(partitionOf(h, len(s.partitions)))
	}
	return placed
}

// All gives every entry, as batches of the key columns followed by the value columns: partition by
// partition, in the order in which the keys first came.
func (s *Store) All(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for _, p := range s.partitions {
			for b, err := range p.All(ctx) {
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
}

// All gives the partition's entries as [Store.All] does.
func (p *Partition) All(ctx context.Context) batch.Seq {
	return func(yield func(arrow.RecordBatch, error) bool) {
		schema := types.ToArrowSchema(p.spec.entrySchema())
		for next := 0; next < p.table.entries.n; {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			var b arrow.RecordBatch
			var err error
			b, next, err = p.batch(schema, next)
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

func (s StoreSpec) entrySchema() types.Struct {
	fields := make([]types.Field, 0, len(s.Key.Fields)+len(s.Value.Fields))
	return types.Struct{Fields: append(append(fields, s.Key.Fields...), s.Value.Fields...)}
}

// batch makes a batch of the entries from a number on, and says where the next one starts.
func (p *Partition) batch(schema *arrow.Schema, from int) (arrow.RecordBatch, int, error) {
	keys, values := make([][]byte, 0, batch.TargetRows), make([][]byte, 0, batch.TargetRows)
	for ; from < p.table.entries.n && len(keys) < batch.TargetRows; from++ {
		if e := p.table.entry(from); !e.removed {
			keys, values = append(keys, p.table.arena.get(e.key)), append(values, p.table.arena.get(e.value))
		}
	}
	columns, err := decodeRows(keys, p.spec.Key.Fields)
	if err != nil {
		return nil, 0, err
	}
	more, err := decodeRows(values, p.spec.Value.Fields)
	if err != nil {
		return nil, 0, err
	}
	return array.NewRecordBatch(schema, append(columns, more...), int64(len(keys))), from, nil
}

// Get gives the values for the keys, row by row, null where found is false.
func (s *Store) Get(keys arrow.RecordBatch) (values arrow.RecordBatch, found []bool, err error) {
	placed := s.place(keys)
	found, rows := make([]bool, placed.count()), make([][]byte, placed.count())
	for i := range rows {
		rows[i] = placed.partition(s, i).Get(placed.rows.at(i))
		found[i] = rows[i] != nil
	}
	columns, err := decodeRows(rows, s.spec.Value.Fields)
	if err != nil {
		return nil, nil, fmt.Errorf("read state %s: %w", s.dir, err)
	}
	return array.NewRecordBatch(types.ToArrowSchema(s.spec.Value), columns, int64(len(rows))), found, nil
}

// Put sets the values of the keys. Of equal keys, the last one counts.
func (s *Store) Put(keys, values arrow.RecordBatch) error {
	if keys.NumRows() != values.NumRows() {
		return errors.New("internal error: as many values as keys are wanted")
	}
	placed := s.place(keys)
	rows := encodeRows(values.Columns(), s.spec.Value.Fields, placed.count())
	for i := range placed.count() {
		placed.partition(s, i).Put(placed.rows.at(i), rows.at(i))
	}
	return nil
}

// Remove forgets the keys, and says how many of them there were.
func (s *Store) Remove(keys arrow.RecordBatch) (removed int64, err error) {
	placed := s.place(keys)
	for i := range placed.count() {
		if placed.partition(s, i).Remove(placed.rows.at(i)) {
			removed++
		}
	}
	return removed, nil
}

// placedKeys are encoded keys with the numbers of the partitions where they live.
type placedKeys struct {
	rows       values
	partitions []int32
}

func (s *Store) place(keys arrow.RecordBatch) placedKeys {
	n := int(keys.NumRows())
	return placedKeys{rows: encodeRows(keys.Columns(), s.spec.Key.Fields, n), partitions: s.Place(keys.Columns(), n)}
}

func (k *placedKeys) count() int { return len(k.partitions) }

func (k *placedKeys) partition(s *Store, i int) *Partition { return s.partitions[k.partitions[i]] }

// Rows is how many entries there are.
func (s *Store) Rows() (n int64) {
	for _, p := range s.partitions {
		n += int64(p.table.live)
	}
	return n
}
