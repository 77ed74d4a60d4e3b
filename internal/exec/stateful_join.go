package exec

import (
	"context"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/batch"
	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// StreamJoinName is Spark's name of the operator that joins two streams.
const StreamJoinName = "symmetricHashJoin"

// streamJoin joins two streams: each side's rows are remembered, so that those of the other that come later find them, until the
// watermark says that none can come. A row without a partner is given, if the join keeps its side, when it is forgotten.
type streamJoin struct {
	node        *logical.Join
	left, right joinSide
	both        expr.Expr // what of the condition reads both sides; nil: nothing
	number      int       // among the stateful operators
	event       *watermarks
	schema      types.Struct
	target      *arrow.Schema
	env         *Env
}

// A joinSide is one of the two inputs.
type joinSide struct {
	name   string
	child  Operator
	fields []types.Field
	// notNull marks the columns of which no null is remembered, since such a row finds no partner; nil: none.
	notNull []bool
	keys    []expr.Expr
	alone   expr.Expr          // what of the condition reads this side alone; nil: nothing
	bound   *logical.JoinBound // nil: rows are kept for ever
	late    lateness
	outer   bool // rows without a partner are given
	left    bool
	// unmarked: the state is in the first version of Spark's format, which does not say which rows have found a partner.
	unmarked bool
}

// unmarkedFormat is the version of Spark's format that only inner joins are right in.
const unmarkedFormat = 1

func newStreamJoin(n *logical.Join, left, right Operator, number int, event *watermarks, env *Env) (*streamJoin, error) {
	j := &streamJoin{
		node: n, number: number, event: event, env: env, schema: n.Schema(), target: types.ToArrowSchema(n.Schema()),
		left:  joinSide{name: "left", child: left, left: true, outer: n.Type == plan.LeftOuterJoin || n.Type == plan.FullOuterJoin},
		right: joinSide{name: "right", child: right, outer: n.Type == plan.RightOuterJoin || n.Type == plan.FullOuterJoin},
	}
	if env.Batch != nil && env.Batch.JoinFormat == unmarkedFormat {
		if n.Type != plan.InnerJoin {
			return nil, errclass.UnsupportedFeature.New("The query is using a stream-stream join that is not inner with state format version %d - correctness issue is discovered.", unmarkedFormat).
				WithHint("Please discard the checkpoint and rerun the query. See SPARK-26154 for more details.")
		}
		j.left.unmarked, j.right.unmarked = true, true
	}
	var err error
	if j.left.late, err = newLateness(n.Left, event); err != nil {
		return nil, err
	}
	if j.right.late, err = newLateness(n.Right, event); err != nil {
		return nil, err
	}
	if event != nil {
		j.left.bound, j.right.bound = n.Bounds(event.evict)
	}
	said, there := n.RememberedNotNull(), n.NeverNull()
	width := len(left.Schema().Fields)
	j.left.fields = certain(left.Schema().Fields, said[:width])
	j.right.fields = certain(right.Schema().Fields, said[width:])
	if !j.left.outer {
		j.left.notNull = there[:width]
	}
	if !j.right.outer {
		j.right.notNull = there[width:]
	}
	for _, k := range n.Keys {
		j.left.keys, j.right.keys = append(j.left.keys, k.Left), append(j.right.keys, k.Right)
	}
	j.left.alone, j.right.alone, j.both = n.SplitCondition()
	return j, nil
}

// certain marks the columns of which the state says that no null is remembered.
func certain(fields []types.Field, there []bool) []types.Field {
	out := append([]types.Field(nil), fields...)
	for i := range out {
		out[i].Nullable = out[i].Nullable && !there[i]
	}
	return out
}

func (j *streamJoin) Schema() types.Struct { return j.schema }

// outputWatermark: what comes out may be as old as what is remembered.
func (j *streamJoin) outputWatermark(input int64) (int64, bool) {
	left, right := j.node.Bounds(input)
	for _, bound := range []*logical.JoinBound{left, right} {
		if bound != nil {
			input = min(input, bound.Ms)
		}
	}
	return input, true
}

func (j *streamJoin) wantsBatch(input int64) bool {
	return (j.left.bound != nil || j.right.bound != nil) && input > j.event.evict
}

func (j *streamJoin) Execute(ctx context.Context, n int) []batch.Seq {
	return spread(ctx, n, j.run)
}

// The stores of a side: how many rows a key has, and each of them, by key and number, with whether it has found a partner.
func (s *joinSide) countsName() string { return s.name + "-keyToNumValues" }
func (s *joinSide) rowsName() string   { return s.name + "-keyWithIndexToValue" }

// spec describes the state as Spark lays it out in version 2 of its format, or in version 1.
func (j *streamJoin) spec() state.Spec {
	return state.Spec{Operator: j.number, Name: StreamJoinName, Stores: append(j.left.stores(), j.right.stores()...)}
}

func (s *joinSide) stores() []state.StoreSpec {
	keys := s.keyFields()
	counts := state.StoreSpec{
		Name: s.countsName(), Key: types.Struct{Fields: keys},
		Value: types.Struct{Fields: []types.Field{{Name: "value", Type: types.Long, Nullable: true}}},
	}
	rows := state.StoreSpec{
		Name: s.rowsName(), PlacedBy: len(keys),
		Key:     types.Struct{Fields: append(append([]types.Field(nil), keys...), types.Field{Name: "index", Type: types.Long, Nullable: true})},
		Value:   types.Struct{Fields: s.remembered()},
		NotNull: s.notNull,
	}
	if s.bound != nil && s.bound.Key >= 0 {
		counts.Time = &state.TimeOf{Path: timePath(s.bound.Key, keys[s.bound.Key].Type)}
	} else if s.bound != nil {
		rows.Time = &state.TimeOf{InValue: true, Path: timePath(s.bound.Column, s.fields[s.bound.Column].Type)}
	}
	return []state.StoreSpec{counts, rows}
}

// remembered is the columns of a remembered row.
func (s *joinSide) remembered() []types.Field {
	if s.unmarked {
		return s.fields
	}
	return append(append([]types.Field(nil), s.fields...), types.Field{Name: "matched", Type: types.Boolean, Nullable: true})
}

func (s *joinSide) keyFields() []types.Field {
	fields := make([]types.Field, len(s.keys))
	for i, k := range s.keys {
		fields[i] = types.Field{Name: keyName(i), Type: k.Type(), Nullable: s.nullableKey(k)}
	}
	return fields
}

func (s *joinSide) nullableKey(k expr.Expr) bool {
	if c, ok := k.(*expr.Column); ok {
		return s.child.Schema().Fields[c.Index].Nullable
	}
	return k.Nullable()
}

// run is one batch: what is new on the left meets what is remembered of the right, then what is new on the right all of the left;
// then what is past is forgotten. A semi join begins with the right, so that rows of the left that find their partner at once
// need not be remembered.
func (j *streamJoin) run(ctx context.Context, out *outlet) error {
	store, err := j.env.Batch.State(ctx, j.spec())
	if err != nil {
		return err
	}
	parts := make([]*joinPart, len(store.Partitions()))
	for i := range parts {
		parts[i] = newJoinPart(j, i, store, out)
	}
	sides := []*joinSide{&j.left, &j.right}
	if j.node.Type == plan.LeftSemiJoin {
		slices.Reverse(sides)
	}
	var report state.Progress
	var updating time.Duration
	for _, side := range sides {
		late, err := eachRound(ctx, side.child, j.env, side.late, "join of streams", func(rows []arrow.RecordBatch) error {
			began := j.env.Batch.now()
			err := j.meet(ctx, side, rows, store, parts)
			updating += j.env.Batch.now().Sub(began)
			return err
		})
		if err != nil {
			return err
		}
		report.NumRowsDroppedByWatermark += late
	}
	report.AllUpdatesTimeMs = updating.Milliseconds()
	began := j.env.Batch.now()
	err = inParallel(ctx, j.env.workers(), len(parts), func(i int) error { return parts[i].forget(ctx) })
	if err != nil {
		return err
	}
	report.AllRemovalsTimeMs = j.env.since(&began)
	return j.commit(ctx, store, parts, report)
}

// meet joins new rows of one side, by partition, with what is remembered of the other.
func (j *streamJoin) meet(ctx context.Context, side *joinSide, rows []arrow.RecordBatch, store *state.Operator, parts []*joinPart) error {
	inputs, err := j.newInput(ctx, side, rows, store)
	if err != nil {
		return err
	}
	return inParallel(ctx, j.env.workers(), len(parts), func(i int) error {
		if side.left {
			return parts[i].meet(ctx, inputs, parts[i].left, parts[i].right)
		}
		return parts[i].meet(ctx, inputs, parts[i].right, parts[i].left)
	})
}

// commit reports each remembered row once, not also its key.
func (j *streamJoin) commit(ctx context.Context, store *state.Operator, parts []*joinPart, report state.Progress) error {
	for _, p := range parts {
		report.NumRowsUpdated += p.added
		report.NumRowsRemoved += p.removed
	}
	total := store.StoreOf(j.left.rowsName()).Rows() + store.StoreOf(j.right.rowsName()).Rows()
	batch := *j.env.Batch
	if tell := batch.Progress; tell != nil {
		batch.Progress = func(p state.Progress) {
			p.NumRowsTotal = total
			tell(p)
		}
	}
	return commitProgress(ctx, &batch, store, report)
}
