package deltalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// The properties of in-commit timestamps: a version's time then stands in its commitInfo, and copying the log does not change it.
const (
	propCommitTimes        = "delta.enableInCommitTimestamps"
	propCommitTimesVersion = "delta.inCommitTimestampEnablementVersion"
	propCommitTimesSince   = "delta.inCommitTimestampEnablementTimestamp"
)

// commitTimes reports whether the table's versions hold their own times.
func (m *Metadata) commitTimes() bool { return m != nil && propertyIs(propCommitTimes, "true")(m) }

// commitTimesSince is the version and the time from which on they do: 0 for a table that always did.
func (m *Metadata) commitTimesSince() (version int64, at time.Time) {
	version, err := strconv.ParseInt(m.Configuration[propCommitTimesVersion], 10, 64)
	millis, err2 := strconv.ParseInt(m.Configuration[propCommitTimesSince], 10, 64)
	if err != nil || err2 != nil || version < 0 {
		return 0, time.Time{}
	}
	return version, time.UnixMilli(millis)
}

// loadTime finds the version's own time where the state that was loaded does not tell it.
func (s *Snapshot) loadTime(ctx context.Context) error {
	if !s.state.metadata.commitTimes() || s.state.stamp != 0 || s.seg.head.kind != commitFile {
		return nil
	}
	info, err := s.table.readCommitInfo(ctx, s.seg.head)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the time of version %d: %w", s.Version(), err)
	}
	s.state.stamp = info.InCommitTimestamp
	return nil
}

// stampCommit gives the attempt its time: now, but later than the version before. The version that starts with this says so in its metadata.
func (a *attempt) stampCommit(ctx context.Context, actions *Actions) error {
	if !a.metadata().commitTimes() {
		return nil
	}
	previous, err := a.previousTime(ctx)
	if err != nil {
		return err
	}
	info := *actions.CommitInfo
	info.InCommitTimestamp = max(info.Timestamp, previous+1)
	actions.CommitInfo = &info
	if a.base.version < 0 || a.base.metadata.commitTimes() || actions.Metadata == nil {
		return nil
	}
	m := actions.Metadata.clone()
	m.Configuration[propCommitTimesVersion] = itoa(a.base.version + 1)
	m.Configuration[propCommitTimesSince] = itoa(info.InCommitTimestamp)
	actions.Metadata = &m
	return nil
}

// previousTime is the time of the version that the attempt stands on: its own, or that of its file.
func (a *attempt) previousTime(ctx context.Context) (int64, error) {
	if a.base.version < 0 {
		return 0, nil
	}
	if a.base.metadata.commitTimes() && a.base.stamp != 0 {
		return a.base.stamp, nil
	}
	info, err := volumes.StatFile(ctx, a.txn.table.store, commitName(a.base.version))
	if errors.Is(err, fs.ErrNotExist) {
		return a.txn.read.Timestamp().UnixMilli(), nil
	}
	return info.ModTime.UnixMilli(), err
}

// versionAsOf is the newest version that is not younger than the time.
func (t *Table) versionAsOf(ctx context.Context, at time.Time) (int64, error) {
	all, err := list(ctx, t.store, 0, latest)
	if err != nil {
		return -1, err
	}
	if len(all.commits) == 0 {
		return -1, tableNotFound()
	}
	current, err := t.Snapshot(ctx)
	if err != nil {
		return -1, err
	}
	if !current.state.metadata.commitTimes() {
		return all.versionAsOf(at)
	}
	since, start := current.state.metadata.commitTimesSince()
	first := sort.Search(len(all.commits), func(i int) bool { return all.commits[i].version >= since })
	if first > 0 && at.Before(start) {
		all.commits = all.commits[:first]
		return all.versionAsOf(at)
	}
	return t.versionByCommitTime(ctx, all, all.commits[first:], at)
}

// versionByCommitTime looks for the version by the times in the commits, which only grow.
func (t *Table) versionByCommitTime(ctx context.Context, all *listing, commits []logFile, at time.Time) (int64, error) {
	var problem error
	times := make([]int64, len(commits))
	timeOf := func(i int) int64 {
		if times[i] == 0 && problem == nil {
			var info CommitInfo
			info, problem = t.readCommitInfo(ctx, commits[i])
			times[i] = info.InCommitTimestamp
		}
		return times[i]
	}
	millis := at.UnixMilli()
	after := sort.Search(len(commits), func(i int) bool { return timeOf(i) > millis })
	switch oldest := oldestVersion(all); {
	case problem != nil:
		return -1, problem
	case after == 0 || commits[after-1].version < oldest:
		return -1, tooEarly(at, oldest, time.UnixMilli(timeOf(0)))
	case after == len(commits) && timeOf(after-1) < millis:
		return -1, tooLate(at, time.UnixMilli(timeOf(after-1)))
	}
	return commits[after-1].version, nil
}

// versionAsOf goes by the times of the files.
func (l *listing) versionAsOf(at time.Time) (int64, error) {
	version := int64(-1)
	var stamp time.Time
	for _, f := range l.commits {
		stamp = monotone(stamp, f.modTime)
		if stamp.After(at) {
			break
		}
		version = f.version
	}
	if oldest := oldestVersion(l); version < oldest {
		return -1, tooEarly(at, oldest, l.commits[0].modTime)
	}
	if last := l.commits[len(l.commits)-1]; version == last.version && at.After(stamp) {
		return -1, tooLate(at, stamp)
	}
	return version, nil
}

func tooEarly(at time.Time, oldest int64, since time.Time) error {
	return errclass.DeltaTimestampBeforeFirst.New(
		"the provided timestamp (%s) is before the earliest version available to this table (%d, %s).",
		stampText(at), oldest, stampText(since))
}

func tooLate(at, newest time.Time) error {
	return errclass.DeltaTimestampAfterLatest.New(
		"timestamp %s is after the table's latest version (%s).", stampText(at), stampText(newest)).
		WithHint("Use a timestamp at or before %s.", stampText(newest))
}

func stampText(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05.000") }
