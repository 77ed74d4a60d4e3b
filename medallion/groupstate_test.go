package medallion_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"strings"
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
	frame := byUser(v.frame()).MapGroupsWithState(f, "n bigint", "there boolean", medallion.NoTimeout)
	if err := v.inUpdateMode(frame); !errors.Is(err, errclass.UnsupportedFeature) {
		t.Errorf("got %v", err)
	}
}

// The functions of groups have output modes of their own, which have to be the query's.
func TestGroupsWithStateInTheWrongOutputMode(t *testing.T) {
	v := newVisits(t)
	v.land("ann a")
	one := func(medallion.Row, iter.Seq[medallion.Row], *medallion.GroupState) ([]any, error) {
		return []any{true}, nil
	}
	many := func(medallion.Row, iter.Seq[medallion.Row], *medallion.GroupState, *medallion.Output) error {
		return nil
	}
	flat := func(mode string) *medallion.DataFrame {
		return byUser(v.frame()).FlatMapGroupsWithState(many, "n bigint", "there boolean", mode, medallion.NoTimeout)
	}
	for says, err := range map[string]error{
		"mapGroupsWithState is not supported with Append output mode": v.run(byUser(v.frame()).MapGroupsWithState(one, "n bigint", "there boolean", medallion.NoTimeout)),
		"in update mode is not supported with Append output mode":     v.run(flat("update")),
		"in append mode is not supported with Update output mode":     v.inUpdateMode(flat("append")),
		"The output mode of function should be append or update":      v.run(flat("complete")),
	} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %s", err, says)
		}
	}
	v.must(v.inUpdateMode(flat("update")))
}

// inUpdateMode runs what is there into nothing.
func (v *visits) inUpdateMode(frame *medallion.DataFrame) error {
	v.t.Helper()
	query, err := frame.WriteStream().OutputMode("update").Trigger(medallion.AvailableNow()).
		Option("checkpointLocation", filepath.Join(v.dir, "cp-update")).
		ForeachBatch(func(ctx context.Context, rows *medallion.DataFrame, _ int64) error {
			_, err := rows.Collect(ctx)
			return err
		}).Start(v.t.Context())
	if err != nil {
		return err
	}
	_, err = query.AwaitTermination(v.t.Context())
	return err
}
