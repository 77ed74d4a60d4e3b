package exec

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// transformStore is the store of one variable.
type transformStore struct {
	variable state.Variable
	spec     state.StoreSpec
	store    *state.Store
}

func (r *transformRun) open(spec state.Spec, variables []state.Variable) {
	for i, s := range spec.Stores {
		ts := &transformStore{spec: s, store: r.state.StoreOf(s.Name)}
		if i < len(variables) {
			ts.variable = variables[i]
		}
		if ts.variable.Kind == state.TimerVariable {
			r.timers = ts
		}
		r.stores = append(r.stores, ts)
	}
}

// Keyed is the state of one key during one call of a handler. Variables go by their numbers among [Processor.Variables].
type Keyed struct {
	run       *transformRun
	encoded   []byte
	partition int
	key       arrow.RecordBatch
}

// Key is the grouping key: one row.
func (k *Keyed) Key() arrow.RecordBatch { return k.key }

// BatchTimestampMs is when the batch was planned.
func (k *Keyed) BatchTimestampMs() int64 { return k.run.nowMs }

// WatermarkMs is the watermark of the batch; 0: none yet.
func (k *Keyed) WatermarkMs() int64 {
	if k.run.event == nil {
		return 0
	}
	return k.run.event.evict
}

// Emit adds rows to what comes out.
func (k *Keyed) Emit(rows arrow.RecordBatch) {
	k.run.given, k.run.givenRows = append(k.run.given, rows), k.run.givenRows+rows.NumRows()
}

func (k *Keyed) of(variable int) (*transformStore, *state.Partition) {
	s := k.run.stores[variable]
	return s, s.store.Partitions()[k.partition]
}

// Value is what a value variable holds: one row, or nil.
func (k *Keyed) Value(variable int) (arrow.RecordBatch, error) {
	s, p := k.of(variable)
	row := p.Get(k.encoded)
	if row == nil {
		return nil, nil
	}
	values, live, err := k.values(s, [][]byte{slices.Clone(row)})
	if err != nil || len(live) == 0 {
		return nil, err
	}
	return values, nil
}

// SetValue sets a value variable to a row. expiryMs is when it ends; only of a variable with TTL.
func (k *Keyed) SetValue(variable int, row arrow.RecordBatch, expiryMs int64) {
	s, p := k.of(variable)
	p.Put(k.encoded, k.encodeValues(s, row, expiryMs).At(0))
	k.run.report.NumRowsUpdated++
}

// Clear forgets all that a variable holds for the key.
func (k *Keyed) Clear(variable int) {
	s, p := k.of(variable)
	if s.variable.Kind == state.ValueVariable {
		k.remove(p, k.encoded)
		return
	}
	for _, key := range k.keysOf(p) {
		k.remove(p, key)
	}
}

func (k *Keyed) remove(p *state.Partition, key []byte) {
	if p.Remove(key) {
		k.run.report.NumRowsRemoved++
	}
}

func (k *Keyed) keysOf(p *state.Partition) (keys [][]byte) {
	for key := range p.Prefix(k.encoded) {
		keys = append(keys, slices.Clone(key))
	}
	return keys
}

// entriesOf gives the entries of a list or map that have not outlived their time.
func (k *Keyed) entriesOf(variable int) (keys [][]byte, values arrow.RecordBatch, err error) {
	s, p := k.of(variable)
	var rows [][]byte
	for key, value := range p.Prefix(k.encoded) {
		keys, rows = append(keys, slices.Clone(key)), append(rows, slices.Clone(value))
	}
	values, live, err := k.values(s, rows)
	if err != nil {
		return nil, nil, err
	}
	kept := make([][]byte, len(live))
	for i, at := range live {
		kept[i] = keys[at]
	}
	return kept, values, nil
}

// List gives the elements of a list, in their order.
func (k *Keyed) List(variable int) (arrow.RecordBatch, error) {
	_, values, err := k.entriesOf(variable)
	return values, err
}

// AppendList adds rows to a list.
func (k *Keyed) AppendList(variable int, rows arrow.RecordBatch, expiryMs int64) {
	s, p := k.of(variable)
	at := len(k.run.key.Fields)
	next := int64(0)
	for key := range p.Prefix(k.encoded) {
		next = state.TimeAt(key, at, at+1) + 1 // they come in the order of the index
	}
	n := int(rows.NumRows())
	index := array.NewInt64Builder(memory.DefaultAllocator)
	for i := range n {
		index.Append(next + int64(i))
	}
	keys := k.keysWith(s, index.NewArray(), n)
	values := k.encodeValues(s, rows, expiryMs)
	for i := range n {
		p.Put(keys.At(i), values.At(i))
		k.run.report.NumRowsUpdated++
	}
}

// keysWith encodes the grouping key with a column behind it.
func (k *Keyed) keysWith(s *transformStore, last arrow.Array, n int) state.Rows {
	columns := append(takeColumns(k.key.Columns(), make([]int32, n)), last)
	return state.EncodeRows(columns, s.spec.Key.Fields, n)
}

// MapValue is what a map holds under a key of the user's: one row, or nil.
func (k *Keyed) MapValue(variable int, userKey arrow.RecordBatch) (arrow.RecordBatch, error) {
	s, p := k.of(variable)
	row := p.Get(k.userKey(s, userKey))
	if row == nil {
		return nil, nil
	}
	values, live, err := k.values(s, [][]byte{slices.Clone(row)})
	if err != nil || len(live) == 0 {
		return nil, err
	}
	return values, nil
}

// SetMapValue sets a map's entry.
func (k *Keyed) SetMapValue(variable int, userKey, row arrow.RecordBatch, expiryMs int64) {
	s, p := k.of(variable)
	p.Put(k.userKey(s, userKey), k.encodeValues(s, row, expiryMs).At(0))
	k.run.report.NumRowsUpdated++
}

// RemoveMapKey forgets a map's entry.
func (k *Keyed) RemoveMapKey(variable int, userKey arrow.RecordBatch) {
	s, p := k.of(variable)
	k.remove(p, k.userKey(s, userKey))
}

func (k *Keyed) userKey(s *transformStore, userKey arrow.RecordBatch) []byte {
	return k.keysWith(s, structOf(s.variable.UserKey, userKey.Columns(), 1), 1).At(0)
}

// Map gives the entries of a map, in no order that means anything: the user's keys and their values, row by row.
func (k *Keyed) Map(variable int) (keys, values arrow.RecordBatch, err error) {
	s, _ := k.of(variable)
	rows, values, err := k.entriesOf(variable)
	if err != nil {
		return nil, nil, err
	}
	columns, err := state.DecodeRows(rows, s.spec.Key.Fields)
	if err != nil {
		return nil, nil, err
	}
	entry := columns[len(columns)-1].(*array.Struct)
	fields := make([]arrow.Array, entry.NumField())
	for i := range fields {
		fields[i] = entry.Field(i)
	}
	return array.NewRecordBatch(types.ToArrowSchema(s.variable.UserKey), fields, int64(len(rows))), values, nil
}

// RegisterTimer has the handler called for the key once the time has come.
func (k *Keyed) RegisterTimer(expiryMs int64) {
	p, row := k.timer(expiryMs)
	if p.Get(row) == nil {
		p.Put(row, state.EncodeRows([]arrow.Array{array.NewNull(1)}, k.run.timers.spec.Value.Fields, 1).At(0))
		k.run.registered++
	}
}

// DeleteTimer takes a timer back.
func (k *Keyed) DeleteTimer(expiryMs int64) {
	p, row := k.timer(expiryMs)
	if p.Remove(row) {
		k.run.deleted++
	}
}

func (k *Keyed) timer(expiryMs int64) (*state.Partition, []byte) {
	s := k.run.timers
	b := array.NewTimestampBuilder(memory.DefaultAllocator, types.ToArrow(types.Timestamp).(*arrow.TimestampType))
	b.Append(arrow.Timestamp(expiryMs * 1000))
	return s.store.Partitions()[k.partition], k.keysWith(s, b.NewArray(), 1).At(0)
}

// Timers are those of the key, in order.
func (k *Keyed) Timers() (ms []int64) {
	at := len(k.run.key.Fields)
	for key := range k.run.timers.store.Partitions()[k.partition].Prefix(k.encoded) {
		ms = append(ms, state.TimeAt(key, at, at+1)/1000)
	}
	return ms
}

// encodeValues makes the rows of a store's values.
func (k *Keyed) encodeValues(s *transformStore, rows arrow.RecordBatch, expiryMs int64) state.Rows {
	n := int(rows.NumRows())
	if !s.variable.TTL {
		return state.EncodeRows(rows.Columns(), s.spec.Value.Fields, n)
	}
	end := array.NewTimestampBuilder(memory.DefaultAllocator, types.ToArrow(types.Timestamp).(*arrow.TimestampType))
	for range n {
		end.Append(arrow.Timestamp(expiryMs * 1000))
	}
	return state.EncodeRows([]arrow.Array{structOf(s.variable.Value, rows.Columns(), n), end.NewArray()}, s.spec.Value.Fields, n)
}

// values decodes the rows of a store's values, without those that have outlived their time, and says which are left.
func (k *Keyed) values(s *transformStore, rows [][]byte) (values arrow.RecordBatch, live []int, err error) {
	columns, err := state.DecodeRows(rows, s.spec.Value.Fields)
	if err != nil {
		return nil, nil, err
	}
	if !s.variable.TTL {
		for i := range rows {
			live = append(live, i)
		}
		return array.NewRecordBatch(types.ToArrowSchema(s.variable.Value), columns, int64(len(rows))), live, nil
	}
	ends := columns[1].(*array.Timestamp)
	var kept []int32
	for i := range rows {
		if int64(ends.Value(i)) > k.run.nowMs*1000 {
			live, kept = append(live, i), append(kept, int32(i))
		}
	}
	inner := columns[0].(*array.Struct)
	fields := make([]arrow.Array, inner.NumField())
	for i := range fields {
		fields[i] = inner.Field(i)
	}
	return newBatch(types.ToArrowSchema(s.variable.Value), takeColumns(fields, kept), len(kept)), live, nil
}

// structOf makes a struct column of columns; no row of it is null.
func structOf(t types.Struct, columns []arrow.Array, n int) arrow.Array {
	children := make([]arrow.ArrayData, len(columns))
	for i, c := range columns {
		children[i] = c.Data()
	}
	return array.NewStructData(array.NewData(types.ToArrow(t), n, []*memory.Buffer{nil}, children, 0, 0))
}
