package exec

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/state"
	"lakehouse/internal/types"
)

// sessionStore describes the state of session windows as Spark lays it out: the other keys and the session's start lead to all
// keys and the buffers. Sessions of the same other keys are found together, and by their ends.
func (s *statefulAggregate) sessionStore() state.StoreSpec {
	others := s.otherKeys()
	store := state.StoreSpec{
		Key:           types.Struct{Fields: append(others.Fields, types.Field{Name: "sessionStartTime", Type: types.Timestamp})},
		Value:         s.sessionValue(),
		PrefixColumns: len(s.keys) - 1,
	}
	if s.closes() {
		store.Time = &state.TimeOf{InValue: true, Path: s.time.path}
	}
	return store
}

// sessionValue is what the state keeps of a session.
func (a *aggregate) sessionValue() types.Struct {
	keys := a.keySchema()
	return types.Struct{Fields: append(append([]types.Field(nil), keys.Fields...), a.bufferSchema().Fields...)}
}

// updateSessions merges the batch's sessions with those that the state holds of the same other keys, and puts them in their
// place.
func (p *statefulPart) updateSessions() error {
	if len(p.changes) == 0 {
		return nil
	}
	fresh, err := p.concat(p.changes)
	if err != nil {
		return err
	}
	p.changes = nil
	held, old, err := p.heldSessions(fresh)
	if err != nil {
		return err
	}
	all, err := p.concat([]*changedGroups{held, fresh})
	if err != nil {
		return err
	}
	keys, sums, err := p.mergeSessions(all)
	if err != nil {
		return err
	}
	return p.replaceSessions(old, keys, sums)
}

// heldSessions are the sessions that the state holds of the other keys of some groups, with the rows of their state keys.
func (p *statefulPart) heldSessions(of *changedGroups) (*changedGroups, *rowCopies, error) {
	table := newKeyTable(newHasher(), p.otherKeys())
	table.insert(table.hasher.load(p.others(of.keys), of.n), make([]uint32, of.n))
	others, err := table.keys()
	if err != nil {
		return nil, nil, err
	}
	prefixes := state.EncodeRows(others, p.otherKeys().Fields, table.size())
	keys, values := &rowCopies{}, &rowCopies{}
	for i := range prefixes.Len() {
		for key, value := range p.partition.Prefix(prefixes.At(i)) {
			keys.add(key)
			values.add(value)
		}
	}
	columns, err := state.DecodeRows(values.rows(), p.sessionValue().Fields)
	if err != nil {
		return nil, nil, err
	}
	held := &changedGroups{keys: columns[:len(p.keys)], n: keys.len()}
	columns = columns[len(p.keys):]
	for _, c := range p.calls {
		width := len(c.Function.Buffer().Fields)
		held.states, columns = append(held.states, columns[:width]), columns[width:]
	}
	return held, keys, nil
}

// replaceSessions puts sessions in the place of old ones. What started as another does is replaced, not removed.
func (p *statefulPart) replaceSessions(old *rowCopies, keys []arrow.Array, sums *sums) error {
	buffers, err := sums.buffers()
	if err != nil {
		return err
	}
	starts, _ := bounds(keys[p.session])
	startColumn := timestamps(types.ToArrow(types.Timestamp), starts)
	stateKeys := state.EncodeRows(append(p.others(keys), startColumn), p.sessionStore().Key.Fields, sums.n)
	values := state.EncodeRows(append(append([]arrow.Array(nil), keys...), buffers...), p.sessionValue().Fields, sums.n)
	stays := make(map[string]bool, sums.n)
	for i := range sums.n {
		stays[string(stateKeys.At(i))] = true
	}
	for _, key := range old.rows() {
		if !stays[string(key)] {
			p.partition.Remove(key)
			p.removed++
		}
	}
	for i := range sums.n {
		p.partition.Put(stateKeys.At(i), values.At(i))
	}
	p.updated += int64(sums.n)
	return nil
}
