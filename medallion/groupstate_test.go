package medallion_test

import (
	"errors"
	"iter"
	"testing"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/medallion"
)

// A group's state lives on until its timeout, which each row of the key puts off.
func TestFlatMapGroupsWithState(t *testing.T) {
	v := newVisits(t)
	count := func(key medallion.Row, rows iter.Seq[medallion.Row], group *medallion.GroupState, out *medallion.Output) error {
		n := int64(0)
		if before, ok := group.Get(); ok {
			n = before.Values[0].(int64)
		}
		if group.HasTimedOut() {
			group.Remove()
			out.Emit(key.Values[0], n, true)
			return nil
		}
		for range rows {
			n++
		}
		group.Update(n)
		out.Emit(key.Values[0], n, false)
		return group.SetTimeoutDuration(time.Hour)
	}
	run := func() {
		t.Helper()
		v.must(v.run(byUser(v.frame()).FlatMapGroupsWithState(count, "n bigint", "user string, n bigint, ended boolean", "append", medallion.ProcessingTimeTimeout)))
	}
	v.land("ann a", "ann b", "bob x")
	run()
	v.clock.advance(40 * time.Minute)
	v.land("ann c")
	run()
	v.clock.advance(40 * time.Minute)
	v.land("cy q")
	run()
	v.want(v.out(), "[ann, 2, false]", "[ann, 3, false]", "[bob, 1, false]", "[bob, 1, true]", "[cy, 1, false]")
}

func TestMapGroupsWithStateRefusesATimeoutOfAnotherKind(t *testing.T) {
	v := newVisits(t)
	v.land("ann a")
	f := func(_ medallion.Row, _ iter.Seq[medallion.Row], group *medallion.GroupState) ([]any, error) {
		return []any{group.Exists()}, group.SetTimeoutTimestamp(time.Now())
	}
	err := v.run(byUser(v.frame()).MapGroupsWithState(f, "n bigint", "there boolean", medallion.NoTimeout))
	if !errors.Is(err, errclass.UnsupportedFeature) {
		t.Errorf("got %v", err)
	}
}
