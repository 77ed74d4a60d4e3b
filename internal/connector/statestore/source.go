package statestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// A Source is the state of one operator, or one store of it, at the end of a batch.
type Source struct {
	at      *opened
	opts    options
	store   string
	layout  layout
	columns types.Struct
}

// New opens a checkpoint's state. Options that make no sense, and state that cannot be read, are errors here.
func New(ctx context.Context, c Checkpoint, given map[string]string) (*Source, error) {
	opts, err := parseOptions(given)
	if err != nil {
		return nil, err
	}
	s := &Source{opts: opts, store: opts.store}
	wanted := opts.batch
	if opts.changes {
		wanted = opts.to
	}
	if s.at, err = c.open(ctx, wanted); err != nil {
		return nil, err
	}
	if err := s.settleBatches(); err != nil {
		return nil, err
	}
	if err := s.settleStore(ctx); err != nil {
		return nil, err
	}
	s.columns = s.layout.schema(opts)
	return s, nil
}

func (s *Source) settleBatches() error {
	switch {
	case s.opts.changes && s.at.batch < s.opts.from:
		return invalid(optChangeEnd, "%[1]s cannot be smaller than %[2]s. Please check the input to %[1]s, or if you are using its default value, make sure that %[2]s is less than %[3]d.",
			optChangeEnd, optChangeStart, s.at.batch)
	case s.opts.snapshot > s.at.batch:
		return invalid(optSnapshotBatch, "value should be less than or equal to %d", s.at.batch)
	}
	return nil
}

// settleStore finds the store and what its rows look like.
func (s *Source) settleStore(ctx context.Context) error {
	operators, err := s.at.state.Operators(ctx, s.at.batch)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(operators, func(op state.OperatorInfo) bool { return op.ID == s.opts.operator })
	if i < 0 {
		return s.unreadable(fmt.Errorf("there is no operator %d", s.opts.operator))
	}
	op := operators[i]
	if isTransform(op) || s.opts.variable != "" || s.opts.timers {
		return s.settleVariable(ctx, op)
	}
	if s.opts.side != "" {
		s.store = s.opts.side + "-keyWithIndexToValue"
	}
	if !slices.ContainsFunc(op.Stores, func(st state.StoreInfo) bool { return st.Name == s.store }) {
		return s.unreadable(fmt.Errorf("operator %d has the stores %s, and none of the name %s", op.ID, storeNames(op), s.store))
	}
	key, value, err := s.schema(ctx)
	if err != nil {
		return err
	}
	if s.opts.side == "" {
		s.layout = newPairs(key, value)
		return nil
	}
	if s.layout, err = newJoinSide(key, value); err != nil {
		return s.unreadable(err)
	}
	return nil
}

func storeNames(op state.OperatorInfo) string {
	names := make([]string, len(op.Stores))
	for i, st := range op.Stores {
		names[i] = st.Name
	}
	return fmt.Sprint(names)
}

// schema is that of the store's rows: as its file says, or, where Spark kept none, as the options say.
func (s *Source) schema(ctx context.Context) (key, value types.Struct, err error) {
	key, value, err = s.at.state.Schema(ctx, s.opts.operator, s.store)
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.opts.key != nil:
		return *s.opts.key, *s.opts.value, nil
	case err != nil:
		return key, value, s.unreadable(err)
	case s.opts.key != nil:
		return key, value, invalid(optKeySchema, "the state has a schema of its own: %s.", types.ToDDL(key))
	}
	return key, value, nil
}

func (s *Source) unreadable(why error) error {
	err := errclass.StateSchemaUnreadable.New("Failed to read the state schema. Either the file does not exist, or the file is corrupted. options: "+
		"StateSourceOptions(checkpointLocation=%s, batchId=%d, operatorId=%d, storeName=%s). %w", s.at.Path, s.at.batch, s.opts.operator, s.store, why)
	if errors.Is(why, fs.ErrNotExist) {
		return err.WithHint("Spark before 3.1 kept no schema: give the rows' columns by the options %s and %s.", optKeySchema, optValueSchema)
	}
	return err
}

// Schema is that of Spark's statestore source for the options.
func (s *Source) Schema() types.Struct { return s.columns }

// String says which batch, operator and store of which checkpoint are read.
func (s *Source) String() string {
	return fmt.Sprintf("statestore %s[batchId=%d][operatorId=%d][storeName=%s]", s.at.Path, s.at.batch, s.opts.operator, s.store)
}

// Scan gives the partitions, each as one piece.
func (s *Source) Scan(ctx context.Context, opts logical.ScanOptions) iter.Seq2[batch.Piece, error] {
	return func(yield func(batch.Piece, error) bool) {
		partitions, err := s.partitions(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, p := range partitions {
			if !yield(piece{s, p, opts.Columns}, nil) {
				return
			}
		}
	}
}

// partitions are those of the batch: a later one may have more.
func (s *Source) partitions(ctx context.Context) ([]int, error) {
	n, err := s.at.state.Partitions(ctx, s.opts.operator)
	if err != nil {
		return nil, err
	}
	if s.at.partitions > 0 {
		n = min(n, s.at.partitions)
	}
	if n == 0 {
		return nil, errclass.StateNoPartition.New("The state does not have any partition. Please double check that the query points to the valid state. options: %s", s)
	}
	if s.opts.snapshot < 0 {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all, nil
	}
	if s.opts.partition >= int64(n) {
		return nil, invalid(optSnapshotPart, "the operator has the partitions 0 to %d.", n-1)
	}
	return []int{int(s.opts.partition)}, nil
}

// A piece is one partition.
type piece struct {
	source    *Source
	partition int
	columns   []string
}

// Size says nothing: partitions are about equal.
func (p piece) Size() int64 { return 1 }

// Read gives the partition's rows.
func (p piece) Read(ctx context.Context) batch.Seq {
	s := p.source
	dir := s.at.state.PartitionDir(s.opts.operator, p.partition, s.store)
	if s.opts.changes {
		return p.changes(ctx, dir)
	}
	return func(yield func(arrow.RecordBatch, error) bool) {
		view, err := s.view(ctx, dir)
		if err != nil {
			yield(nil, err)
			return
		}
		for keys, values := range view.Entries(batch.TargetRows) {
			rows, err := s.layout.rows(entries{keys: keys, values: values}, s.opts, p.partition)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, fmt.Errorf("read state %s: %w", dir, err))
				return
			}
			if !yield(narrow(rows, s.columns, p.columns), nil) {
				return
			}
		}
	}
}

func (s *Source) view(ctx context.Context, dir string) (*state.View, error) {
	if s.opts.snapshot >= 0 {
		return s.at.state.LoadViewFrom(ctx, dir, s.opts.snapshot+1, s.at.batch+1)
	}
	return s.at.state.LoadView(ctx, dir, s.at.batch+1)
}

// changes are the deltas of the batches, in order.
func (p piece) changes(ctx context.Context, dir string) batch.Seq {
	s := p.source
	return func(yield func(arrow.RecordBatch, error) bool) {
		for b := s.opts.from; b <= s.at.batch; b++ {
			changes, err := s.at.state.Changes(ctx, dir, b+1)
			if err != nil {
				yield(nil, err)
				return
			}
			e := entries{batch: b}
			for _, c := range changes {
				e.keys, e.values = append(e.keys, c.Key), append(e.values, c.Value)
			}
			if len(changes) == 0 {
				continue
			}
			rows, err := s.layout.rows(e, s.opts, p.partition)
			if err != nil {
				yield(nil, fmt.Errorf("read state %s: %w", dir, err))
				return
			}
			if !yield(narrow(rows, s.columns, p.columns), nil) {
				return
			}
		}
	}
}

// entries are rows as the state holds them; a nil value was removed.
type entries struct {
	keys, values [][]byte
	batch        int64
}

// longs is a column of one value.
func longs(value int64, n int) arrow.Array {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.AppendValues(slices.Repeat([]int64{value}, n), nil)
	return b.NewArray()
}

// ints is a column of one value.
func ints(value int32, n int) arrow.Array {
	b := array.NewInt32Builder(memory.DefaultAllocator)
	b.AppendValues(slices.Repeat([]int32{value}, n), nil)
	return b.NewArray()
}
