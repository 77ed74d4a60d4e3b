package deltalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// Options are what a table needs from the world besides its storage. The zero value is fine.
type Options struct {
	// Clock gives the time of commits and for retention. Default: the system's.
	Clock func() time.Time
	// Location is the table's place in messages: a path, or what its users call it. Default: none.
	Location string
	// EngineInfo names the writer in commitInfo. Default: "lakehouse".
	EngineInfo string
	// NewID makes table ids and commit tokens, unique in the world. Default: random UUIDs.
	NewID func() string
	// LogCompactionInterval has a log compaction file written behind each so many commits, unless a checkpoint holds them:
	// see [Table.CompactLog]. Default: none.
	LogCompactionInterval int64
	// Jitter gives a random duration below its argument: how long a commit that lost a race waits
	// before it tries again. Default: evenly spread.
	Jitter func(below time.Duration) time.Duration
	// Elsewhere finds a file that the log names by an absolute path or URI, as shallow clones have them. Default: such files are
	// refused.
	Elsewhere func(ctx context.Context, uri string) (store volumes.Store, name string, err error)
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now //nolint:forbidigo // the default of a clock that callers can set
	}
	if o.EngineInfo == "" {
		o.EngineInfo = "lakehouse"
	}
	if o.NewID == nil {
		o.NewID = uuid.NewString
	}
	if o.Jitter == nil {
		o.Jitter = func(below time.Duration) time.Duration { return rand.N(below) }
	}
	return o
}

// A Table is a Delta table in a store. It is safe for concurrent use.
type Table struct {
	store volumes.Store
	opts  Options
	known atomic.Pointer[Snapshot] // the newest one loaded, from which a refresh starts
}

// Open names the table whose folder is the root of the store. It does no I/O: the table may not
// exist yet.
func Open(store volumes.Store, opts Options) *Table {
	return &Table{store: store, opts: opts.withDefaults()}
}

// Snapshot is the table's latest version. After the first time it costs three looks into the log, and
// reading the versions that are new. A table that does not exist is an error of class DELTA_TABLE_NOT_FOUND.
func (t *Table) Snapshot(ctx context.Context) (*Snapshot, error) {
	var s *Snapshot
	var err error
	if known := t.known.Load(); known != nil {
		s, err = t.refresh(ctx, known)
	} else {
		s, err = t.load(ctx, latest)
	}
	if err != nil {
		return nil, t.located(err)
	}
	t.known.Store(s)
	return s, nil
}

// located is an error with the table's place in it.
func (t *Table) located(err error) error {
	at := t.opts.Location
	if err == nil || at == "" || strings.Contains(err.Error(), at) {
		return err
	}
	known, ok := err.(*errclass.Error) //nolint:errorlint // one further down is told by what wraps it
	if !ok {
		return fmt.Errorf("table %s: %w", at, err)
	}
	named := *known
	named.Detail = fmt.Sprintf("table %s: %s", at, known.Detail)
	if known.Class == errclass.DeltaTableNotFound {
		named.Detail = fmt.Sprintf("Delta table `%s` doesn't exist: its folder has no %s with a commit or checkpoint in it.", at, logDir)
	}
	return &named
}

// SnapshotAt is the table as of a version.
func (t *Table) SnapshotAt(ctx context.Context, version int64) (*Snapshot, error) {
	if version < 0 {
		return nil, t.located(errclass.DeltaVersionNotFound.New("version %d is negative.", version))
	}
	s, err := t.load(ctx, version)
	if errors.Is(err, errclass.DeltaVersionNotFound) {
		return nil, t.located(t.withRange(ctx, err, version))
	}
	return s, t.located(err)
}

// withRange tells which versions there are, which the listing up to one version does not know.
func (t *Table) withRange(ctx context.Context, cause error, version int64) error {
	all, err := list(ctx, t.store, 0, latest)
	if err != nil {
		return cause
	}
	s, err := all.segment(latest, latest)
	if err != nil || s.version < 0 {
		return cause
	}
	return errclass.DeltaVersionNotFound.New("cannot time travel the Delta table to version %d. Available versions: [%d, %d].",
		version, oldestVersion(all), s.version)
}

// SnapshotAsOf is the newest version that is not younger than the time.
func (t *Table) SnapshotAsOf(ctx context.Context, at time.Time) (*Snapshot, error) {
	version, err := t.versionAsOf(ctx, at)
	if err != nil {
		return nil, t.located(err)
	}
	s, err := t.load(ctx, version)
	return s, t.located(err)
}

// oldestVersion is the first version that can be read.
func oldestVersion(all *listing) int64 {
	if len(all.commits) > 0 && all.commits[0].version == 0 {
		return 0
	}
	for i := range all.checkpoints {
		if cp := all.completeCheckpoint(all.checkpoints[i].version + 1); cp != nil {
			return cp.version
		}
	}
	return 0
}

// LatestVersion looks for the newest version, without reading it. From a version that is known it
// costs a look at each new one.
func (t *Table) LatestVersion(ctx context.Context) (int64, error) {
	version, err := t.findLatest(ctx)
	return version, t.located(err)
}

func (t *Table) findLatest(ctx context.Context) (int64, error) {
	if known := t.known.Load(); known != nil {
		version, ok, err := t.latestFrom(ctx, known.seg.version)
		if ok || err != nil {
			return version, err
		}
	}
	from := int64(0)
	if hint, ok := readLastCheckpoint(ctx, t.store); ok {
		from = hint.Version
	}
	for {
		found, err := list(ctx, t.store, from, latest)
		if err != nil {
			return -1, err
		}
		if version := found.newest(); version >= 0 {
			return version, nil
		}
		if from == 0 {
			return -1, tableNotFound()
		}
		from = 0
	}
}

// latestFrom looks at the versions after one, ok false where that is gone or many have followed.
func (t *Table) latestFrom(ctx context.Context, version int64) (newest int64, ok bool, err error) {
	for n := range manyCommits {
		there, err := t.has(ctx, version+int64(n))
		if err != nil {
			return -1, false, err
		}
		if !there {
			return version + int64(n) - 1, n > 0, nil
		}
	}
	return -1, false, nil
}

// has looks whether the log has a version.
func (t *Table) has(ctx context.Context, version int64) (bool, error) {
	_, err := volumes.StatFile(ctx, t.store, commitName(version))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (l *listing) newest() int64 {
	version := int64(-1)
	if n := len(l.commits); n > 0 {
		version = l.commits[n-1].version
	}
	if cp := l.completeCheckpoint(latest); cp != nil {
		version = max(version, cp.version)
	}
	return version
}
