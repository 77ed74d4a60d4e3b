package exec

import (
	"context"
	"math"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/batch"
	"lakehouse/internal/expr"
	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// statefulPart is one partition's part of a batch. One goroutine at a time works on it.
type statefulPart struct {
	*statefulAggregate
	eval      *expr.Context
	partition *state.Partition
	out       *outlet
	changes   []*changedGroups // of each worker that had any
	updated   int64
	removed   int64

	early sync.Mutex // held by who adds groups while rows are read
	again bool       // groups have been added before: those that come may be among them
}

// addEarly adds groups to the state while others read rows. What they come to is given at the batch's end.
func (p *statefulPart) addEarly(changes []*changedGroups) error {
	if len(changes) == 0 {
		return nil
	}
	p.early.Lock()
	defer p.early.Unlock()
	p.changes, p.again = changes, true
	if p.session >= 0 {
		return p.updateSessions()
	}
	_, _, err := p.add()
	return err
}

// update adds the batch's groups to those of the state.
func (p *statefulPart) update(ctx context.Context) error {
	if p.session >= 0 {
		return p.updateSessions()
	}
	if len(p.changes) == 0 && !p.again {
		return nil
	}
	keys, sums, err := p.add()
	if err != nil {
		return err
	}
	p.updated = int64(p.partition.Changes())
	if p.env.Batch.Mode != Update {
		return nil
	}
	if p.again {
		return p.giveChanged(ctx)
	}
	rows, err := sums.rows(keys)
	if err != nil {
		return err
	}
	return p.out.give(ctx, rows)
}

// add adds groups to those of the state, and puts the sums back. What the state holds comes first, for aggregates to which
// order matters.
func (p *statefulPart) add() (keys []arrow.Array, total *sums, err error) {
	if len(p.changes) == 0 {
		return nil, nil, nil
	}
	keys, groups, n, err := p.distinct()
	if err != nil {
		return nil, nil, err
	}
	keyRows := state.EncodeRows(keys, p.keySchema().Fields, n)
	total = p.newSums(p.eval, n)
	entries, err := p.restore(keyRows, total)
	if err != nil {
		return nil, nil, err
	}
	for i, c := range p.changes {
		if err := total.merge(groups[i], c.states); err != nil {
			return nil, nil, err
		}
	}
	p.changes = nil
	return keys, total, p.put(keyRows, entries, total)
}

// giveChanged gives the groups that the batch has changed.
func (p *statefulPart) giveChanged(ctx context.Context) error {
	var keys, values rowCopies
	for key, value := range p.partition.Changed() {
		keys.add(key)
		values.add(value)
		if keys.len() < batch.TargetRows {
			continue
		}
		if err := p.giveCopies(ctx, &keys, &values); err != nil {
			return err
		}
	}
	return p.giveCopies(ctx, &keys, &values)
}

// distinct numbers the groups that the workers found: each worker's are distinct, but several may have found one.
func (p *statefulPart) distinct() (keys []arrow.Array, groups [][]uint32, n int, err error) {
	groups = make([][]uint32, len(p.changes))
	if len(p.changes) == 1 {
		c := p.changes[0]
		groups[0] = make([]uint32, c.n)
		for i := range groups[0] {
			groups[0][i] = uint32(i)
		}
		return c.keys, groups, c.n, nil
	}
	if len(p.keys) == 0 {
		for i, c := range p.changes {
			groups[i] = make([]uint32, c.n)
		}
		return nil, groups, 1, nil
	}
	table := newKeyTable(newHasher(), p.keySchema())
	for i, c := range p.changes {
		groups[i] = make([]uint32, c.n)
		table.insert(table.hasher.load(c.keys, c.n), groups[i])
	}
	keys, err = table.keys()
	return keys, groups, table.size(), err
}

// restore puts what the state holds of the keys into their sums, and says where it lies.
func (p *statefulPart) restore(keys state.Rows, into *sums) ([]state.Entry, error) {
	entries := make([]state.Entry, keys.Len())
	var found [][]byte
	var groups []uint32
	ahead := p.partition.Ahead()
	for i := range entries {
		ahead.LoadNext(keys, i)
		var value []byte
		if entries[i], value = p.partition.Find(keys.At(i)); value != nil {
			found, groups = append(found, value), append(groups, uint32(i))
		}
	}
	if len(found) == 0 {
		return entries, nil
	}
	columns, err := state.DecodeRows(found, p.bufferSchema().Fields)
	if err != nil {
		return nil, err
	}
	return entries, into.mergeBuffers(groups, columns)
}

func (p *statefulPart) put(keys state.Rows, entries []state.Entry, sums *sums) error {
	columns, err := sums.buffers()
	if err != nil {
		return err
	}
	values := state.EncodeRows(columns, p.bufferSchema().Fields, keys.Len())
	for i, e := range entries {
		if e < 0 {
			p.partition.Put(keys.At(i), values.At(i))
		} else {
			p.partition.Set(e, values.At(i))
		}
	}
	return nil
}

// close lets the groups go that the watermark has closed. In append mode that is when they are given.
func (p *statefulPart) close(ctx context.Context) error {
	limit := microsOf(p.event.evict)
	appends := p.env.Batch.Mode == Append
	var keys, values rowCopies
	for key, value := range p.partition.Until(limit) {
		if appends {
			keys.add(key)
			values.add(value)
		}
		p.partition.Remove(key)
		if p.removed++; p.removed%batch.TargetRows > 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.giveCopies(ctx, &keys, &values); err != nil {
			return err
		}
	}
	return p.giveCopies(ctx, &keys, &values)
}

// giveCopies gives the groups of entries, which it forgets.
func (p *statefulPart) giveCopies(ctx context.Context, keys, values *rowCopies) error {
	n := keys.len()
	if n == 0 {
		return nil
	}
	columns, err := p.decode(keys, values)
	if err != nil {
		return err
	}
	keys.reset()
	values.reset()
	rows, err := p.results(columns, n)
	if err != nil {
		return err
	}
	return p.out.give(ctx, rows)
}

// decode makes columns of entries of the state: the keys and then the buffers.
func (p *statefulPart) decode(keys, values *rowCopies) ([]arrow.Array, error) {
	if p.session >= 0 {
		return state.DecodeRows(values.rows(), p.sessionValue().Fields)
	}
	columns, err := state.DecodeRows(keys.rows(), p.keySchema().Fields)
	if err != nil {
		return nil, err
	}
	buffers, err := state.DecodeRows(values.rows(), p.bufferSchema().Fields)
	return append(columns, buffers...), err
}

// results is a row for each group, from the columns of its keys and buffers.
func (p *statefulPart) results(columns []arrow.Array, n int) (arrow.RecordBatch, error) {
	sums := p.newSums(p.eval, n)
	if err := sums.mergeBuffers(upTo(n), columns[len(p.keys):]); err != nil {
		return nil, err
	}
	return sums.rows(columns[:len(p.keys)])
}

// giveAll gives every group of the state.
func (p *statefulPart) giveAll(ctx context.Context) error {
	return walk(p.partition.All(ctx), func(b arrow.RecordBatch) error {
		columns := b.Columns()
		if p.session >= 0 { // the state's keys are among its values
			columns = columns[len(p.keys):]
		}
		rows, err := p.results(columns, int(b.NumRows()))
		if err != nil {
			return err
		}
		return p.out.give(ctx, rows)
	})
}

func upTo(n int) []uint32 {
	numbers := make([]uint32, n)
	for i := range numbers {
		numbers[i] = uint32(i)
	}
	return numbers
}

// microsOf is milliseconds in microseconds, as far as they go.
func microsOf(ms int64) int64 {
	if ms > math.MaxInt64/1000 {
		return math.MaxInt64
	}
	return ms * 1000
}

// atOrBefore marks the rows whose time, or window's end, is at or before some milliseconds; nil: none is. A null is not.
func atOrBefore(column arrow.Array, ms int64) []bool {
	limit := microsOf(ms)
	times := column
	if s, ok := column.(*array.Struct); ok {
		times = s.Field(1)
	}
	var marked []bool
	for i, t := range times.(*array.Timestamp).TimestampValues() {
		if int64(t) <= limit && times.IsValid(i) && column.IsValid(i) {
			if marked == nil {
				marked = make([]bool, column.Len())
			}
			marked[i] = true
		}
	}
	return marked
}

// rowCopies are rows of the state, copied: they outlive what is done to it.
type rowCopies struct {
	data []byte
	ends []int
}

func (r *rowCopies) add(row []byte) {
	r.data = append(r.data, row...)
	r.ends = append(r.ends, len(r.data))
}

func (r *rowCopies) len() int { return len(r.ends) }

func (r *rowCopies) rows() [][]byte {
	out := make([][]byte, len(r.ends))
	from := 0
	for i, end := range r.ends {
		out[i], from = r.data[from:end:end], end
	}
	return out
}

func (r *rowCopies) reset() { r.data, r.ends = r.data[:0], r.ends[:0] }

// sums are the accumulators of all calls, for groups whose keys somebody else has.
type sums struct {
	*aggregate
	n    int
	each []expr.Accumulator
}

func (a *aggregate) newSums(eval *expr.Context, n int) *sums {
	s := &sums{aggregate: a, n: n, each: make([]expr.Accumulator, len(a.calls))}
	for i, call := range a.calls {
		s.each[i] = call.Function.New(eval)
		s.each[i].Grow(n)
	}
	return s
}

// bufferSchema is the buffers of all calls, one behind the other.
func (a *aggregate) bufferSchema() types.Struct {
	var all types.Struct
	for _, c := range a.calls {
		all.Fields = append(all.Fields, c.Function.Buffer().Fields...)
	}
	return all
}

func (s *sums) merge(groups []uint32, states [][]arrow.Array) error {
	for i, acc := range s.each {
		if err := acc.Merge(groups, states[i]); err != nil {
			return err
		}
	}
	return nil
}

// mergeBuffers is merge of the buffers of all calls, one behind the other.
func (s *sums) mergeBuffers(groups []uint32, columns []arrow.Array) error {
	states := make([][]arrow.Array, len(s.each))
	for i, call := range s.calls {
		width := len(call.Function.Buffer().Fields)
		states[i], columns = columns[:width], columns[width:]
	}
	return s.merge(groups, states)
}

func (s *sums) buffers() ([]arrow.Array, error) {
	var all []arrow.Array
	for _, acc := range s.each {
		columns, err := acc.State()
		if err != nil {
			return nil, err
		}
		all = append(all, columns...)
	}
	return all, nil
}

// rows is a row for each group: its keys and results.
func (s *sums) rows(keys []arrow.Array) (arrow.RecordBatch, error) {
	columns := append(make([]arrow.Array, 0, len(keys)+len(s.each)), keys...)
	for _, acc := range s.each {
		result, err := acc.Result()
		if err != nil {
			return nil, err
		}
		columns = append(columns, result)
	}
	return newBatch(types.ToArrowSchema(s.schema), columns, s.n), nil
}
