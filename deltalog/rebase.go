package deltalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sync/errgroup"

	"lakehouse/internal/batch"
)

// rebase puts the attempt behind the winner and behind every version after it, up to the newest there is.
func (a *attempt) rebase(ctx context.Context, winner *Actions) error {
	winners := []*Actions{winner}
	for ahead := 1; len(winners) > 0; ahead = min(2*ahead, maxRebaseAhead) {
		for _, winner := range winners {
			if err := a.checker.check(ctx, &a.base, winner); err != nil {
				return err
			}
			a.txn.actions.follow(winner, a.txn.op.Name)
			a.base = a.base.apply(winner)
		}
		var err error
		if winners, err = readUpTo(ctx, a.txn.table, a.base.version+1, ahead); err != nil {
			return fmt.Errorf("read the versions since %d: %w", a.base.version, err)
		}
	}
	return nil
}

// maxRebaseAhead bounds how many versions are asked for at once. The window grows with the way to go: who lost to one
// writer asks for one version in vain, and who lost to hundreds is not held up by each.
const maxRebaseAhead = 16

// readUpTo reads so many versions at once, fewer where the log ends before.
func readUpTo(ctx context.Context, t *Table, from int64, count int) ([]*Actions, error) {
	read, errs := make([]*Actions, count), make([]error, count)
	var readers errgroup.Group
	for i := range count {
		readers.Go(func() error {
			errs[i] = batch.Guard(func() (err error) {
				read[i], err = readCommit(ctx, t.store, from+int64(i))
				return err
			})
			return nil // the first in the order of the log counts
		})
	}
	_ = readers.Wait()
	for i, err := range errs {
		if errors.Is(err, fs.ErrNotExist) {
			return read[:i], nil
		}
		if err != nil {
			return nil, err
		}
	}
	return read, nil
}

// renumbers reports whether a version only gives files the numbers of row tracking, or takes them away.
func (a *Actions) renumbers() bool {
	return a.CommitInfo != nil && isRenumbering(a.CommitInfo.Operation)
}

func (x *Txn) renumbers() bool { return isRenumbering(x.op.Name) }

func isRenumbering(operation string) bool {
	return operation == opBackfill || operation == opUnbackfill
}

// follow makes the actions of an operation right behind a winner where one of the two gives files the numbers of row
// tracking. Numbers that were given stay with their files, and what the winner removed or gave numbers itself needs none.
func (a *Actions) follow(winner *Actions, operation string) {
	if winner.CommitInfo != nil && winner.CommitInfo.Operation == opBackfill {
		a.takeNumbers(winner)
	}
	if isRenumbering(operation) {
		a.leaveOut(winner)
	}
	if operation == opUnbackfill {
		a.takeNumbersAway(winner)
	}
}

// takeNumbers gives the files that both name the numbers that they have got.
func (a *Actions) takeNumbers(winner *Actions) {
	numbered := make(map[string]*AddFile, len(winner.Adds))
	for i := range winner.Adds {
		numbered[winner.Adds[i].Path] = &winner.Adds[i]
	}
	for i := range a.Adds {
		if file := numbered[a.Adds[i].Path]; file != nil {
			a.Adds[i].BaseRowID, a.Adds[i].DefaultRowCommitVersion = file.BaseRowID, file.DefaultRowCommitVersion
		}
	}
	for i := range a.Removes {
		if file := numbered[a.Removes[i].Path]; file != nil {
			a.Removes[i].BaseRowID, a.Removes[i].DefaultRowCommitVersion = file.BaseRowID, file.DefaultRowCommitVersion
		}
	}
}

// leaveOut drops the files that the winner took out of the table, or added again.
func (a *Actions) leaveOut(winner *Actions) {
	touched := make(map[string]bool, len(winner.Adds)+len(winner.Removes))
	for i := range winner.Adds {
		touched[winner.Adds[i].Path] = true
	}
	for i := range winner.Removes {
		touched[winner.Removes[i].Path] = true
	}
	kept := a.Adds[:0:0]
	for i := range a.Adds {
		if !touched[a.Adds[i].Path] {
			kept = append(kept, a.Adds[i])
		}
	}
	a.Adds = kept
}

// takeNumbersAway adds the winner's files again, without their numbers.
func (a *Actions) takeNumbersAway(winner *Actions) {
	for i := range winner.Adds {
		if file := winner.Adds[i]; file.BaseRowID != nil || file.DefaultRowCommitVersion != nil {
			file.BaseRowID, file.DefaultRowCommitVersion, file.DataChange = nil, nil, false
			a.Adds = append(a.Adds, file)
		}
	}
}

// The longest wait after a lost race grows with the races lost, up to a bound.
const (
	pauseStep = 2 * time.Millisecond
	maxPause  = 100 * time.Millisecond
)

// pause waits a random while, so that writers that ran into each other do not do so again.
func (t *Table) pause(ctx context.Context, races int) error {
	timer := time.NewTimer(t.opts.Jitter(min(time.Duration(races)*pauseStep, maxPause)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
