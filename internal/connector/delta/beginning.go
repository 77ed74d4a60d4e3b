package delta

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
)

// beginning is where a new query starts: with the table as it is, unless an option names a version or a time.
func (s *source) beginning(ctx context.Context) (offset, error) {
	values := s.opts.values
	at := offset{ReservoirID: s.id, Index: baseIndex}
	var err error
	switch {
	case values.Has("startingTimestamp"):
		at.ReservoirVersion, err = s.versionAt(ctx)
	case s.fromLatest():
		at.ReservoirVersion, err = s.newest(ctx)
		at.ReservoirVersion++
	case values.Has("startingVersion"):
		at.ReservoirVersion, err = s.namedVersion(ctx, values.String("startingVersion"))
	default:
		at.IsStartingVersion = true
		at.ReservoirVersion, err = s.newest(ctx)
	}
	return at, err
}

// newest is the latest version, or that which was it when availableNow froze.
func (s *source) newest(ctx context.Context) (int64, error) {
	if s.latest >= 0 {
		return s.latest, nil
	}
	return s.table.Log.LatestVersion(ctx)
}

// fromLatest reports whether the stream begins behind what the table has.
func (s *source) fromLatest() bool {
	return strings.EqualFold(s.opts.values.String("startingVersion"), "latest")
}

// versionAt is the first version that is not older than startingTimestamp.
func (s *source) versionAt(ctx context.Context) (int64, error) {
	when, err := s.opts.time("startingTimestamp")
	if err != nil {
		return 0, err
	}
	snap, err := s.table.Log.SnapshotAsOf(ctx, when)
	if errors.Is(err, errclass.DeltaTimestampBeforeFirst) { // all that the log has is later
		first, _, err := s.table.Log.FirstChange(ctx, 0)
		return first, err
	}
	if err != nil {
		return 0, err
	}
	if snap.Timestamp().Before(when) {
		return snap.Version() + 1, nil
	}
	return snap.Version(), nil
}

func (s *source) namedVersion(ctx context.Context, text string) (int64, error) {
	version, err := strconv.ParseInt(text, 10, 64)
	if err != nil || version < 0 {
		return 0, errclass.InvalidOptionValue.New("Invalid value '%s' for option 'startingVersion', must be greater than or equal to zero, or latest", text)
	}
	first, ok, err := s.table.Log.FirstChange(ctx, 0)
	if err != nil {
		return version, err
	}
	last, err := s.table.Log.LatestVersion(ctx)
	if err == nil && (!ok || version < first || version > last) {
		err = errclass.DeltaVersionNotFound.New("cannot time travel Delta table to version %d. Available versions: [%d, %d].", version, first, last)
	}
	return version, err
}
