package deltalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"lakehouse/volumes"
)

// ErrOutcomeUnknown is wrapped by the error of a commit of which the storage would not tell whether
// it happened. Look at the table before trying again.
var ErrOutcomeUnknown = errors.New("the outcome of the commit is unknown")

// A Commit is a version that was made.
type Commit struct {
	Version  int64
	Attempts int // 1 when nobody else was faster
	// Maintenance is what went wrong after the commit: with the checksum, the checkpoint, the
	// clean-up or the manifests. The commit stands all the same, and the next one tries again.
	Maintenance error
}

// Commit makes the new version: one put-if-absent of its file. When others were faster, it checks
// that they did not touch what this transaction relies on and goes on behind them, for as long as
// ctx allows; else the error names the conflict (classes DELTA_CONCURRENT_…,
// DELTA_METADATA_CHANGED, DELTA_PROTOCOL_CHANGED).
//
// A transaction that removes the files which it names by [Txn.ReadNamed], and no others, and changes no data, is held
// against the newest version instead of failing: it goes behind a change of metadata or protocol as long as these files are there.
func (x *Txn) Commit(ctx context.Context) (Commit, error) {
	commit, err := x.commit(ctx)
	return commit, x.table.located(err)
}

func (x *Txn) commit(ctx context.Context) (Commit, error) {
	attempts, rearranges := 0, x.isRearrangement()
	for {
		made, err := x.commitOnce(ctx)
		made.Attempts += attempts
		if err == nil || !rearranges || !isConflict(err) {
			return made, err
		}
		next, again := x.anew(ctx)
		if again != nil || next == nil {
			return Commit{}, cmp.Or(again, err)
		}
		attempts++
		x = next
	}
}

// commitOnce puts the transaction behind what others have committed, unless it conflicts with that.
func (x *Txn) commitOnce(ctx context.Context) (Commit, error) {
	if err := x.prepare(ctx); err != nil {
		return Commit{}, err
	}
	x.done = true
	a := attempt{txn: x, token: x.table.opts.NewID(), base: emptyState(), checker: newConflictChecker(x)}
	if x.read != nil {
		a.base = x.read.state
	}
	for n := 1; ; n++ {
		winner, err := a.put(ctx)
		if err != nil {
			return Commit{}, fmt.Errorf("commit version %d: %w", a.base.version+1, err)
		}
		if winner == nil {
			return Commit{a.base.version, n, errors.Join(x.table.maintain(ctx, a.base, a.token), x.followManifest(ctx))}, nil
		}
		if err := a.rebase(ctx, winner); err != nil {
			return Commit{}, err
		}
		if err := x.table.pause(ctx, n); err != nil {
			return Commit{}, err
		}
	}
}

// An attempt is a transaction on its way into the log. The token in its commitInfo makes its file
// known again.
type attempt struct {
	txn     *Txn
	token   string
	base    state // what the attempt stands on; the new version itself once it is written
	checker *conflictChecker
}

// maxUnknown bounds how often a put is repeated that failed without writing.
const maxUnknown = 3

// put tries to write the version after the base. It gives the version that is there instead, or nil
// when the attempt was written; base is then the new version.
//
// A put that fails may have happened nevertheless, and one whose reply was lost may be told to
// repeat and then find its own file. So whatever the failure, the file that is there decides.
func (a *attempt) put(ctx context.Context) (winner *Actions, err error) {
	actions, data, err := a.encode(ctx)
	if err != nil {
		return nil, err
	}
	version := a.base.version + 1
	for n := 1; ; n++ {
		failure := a.txn.table.store.PutIfAbsent(ctx, commitName(version), data)
		if failure == nil {
			a.base = a.base.apply(actions)
			return nil, nil
		}
		// The caller may have given up, which is no reason to leave the outcome open.
		there, err := readCommit(context.WithoutCancel(ctx), a.txn.table.store, version)
		switch {
		case err == nil && there.CommitInfo != nil && there.CommitInfo.TxnID == a.token:
			if err := a.txn.table.secure(context.WithoutCancel(ctx), version, data); err != nil {
				return nil, fmt.Errorf("%w: %w; make it safe: %w", ErrOutcomeUnknown, failure, err)
			}
			a.base = a.base.apply(actions)
			return nil, nil
		case err == nil:
			return there, nil
		case errors.Is(err, fs.ErrNotExist) && (n == maxUnknown || ctx.Err() != nil):
			return nil, failure
		case errors.Is(err, fs.ErrNotExist):
			if err := a.txn.table.pause(ctx, n); err != nil {
				return nil, errors.Join(failure, err)
			}
		case errors.Is(failure, fs.ErrExist):
			return nil, fmt.Errorf("read the version that is there: %w", err)
		default:
			return nil, fmt.Errorf("%w: %w; read it back: %w", ErrOutcomeUnknown, failure, err)
		}
	}
}

// secure has the store sync the name of a version again: a writer that was killed, or a put that failed, may have left it
// visible and not yet safe.
func (t *Table) secure(ctx context.Context, version int64, data []byte) error {
	err := t.store.PutIfAbsent(ctx, commitName(version), data)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// Secure makes sure that a power cut cannot take the version back. It is for who builds on a version without
// committing one of its own behind it: its writer may have been killed before the version was safe.
func (s *Snapshot) Secure(ctx context.Context) error {
	data, err := volumes.ReadFileMax(ctx, s.table.store, commitName(s.Version()), maxCommitBytes)
	if errors.Is(err, fs.ErrNotExist) { // it is in a checkpoint, which came after it was safe
		return nil
	}
	if err == nil {
		err = s.table.secure(ctx, s.Version(), data)
	}
	if err != nil {
		return s.table.located(fmt.Errorf("secure version %d: %w", s.Version(), err))
	}
	return nil
}

// encode is the version's file. The actions stay the same from attempt to attempt; commitInfo, times and the numbers of rows do not.
func (a *attempt) encode(ctx context.Context) (*Actions, []byte, error) {
	actions := a.txn.actions
	actions.CommitInfo = a.commitInfo()
	if err := a.numberRows(ctx, &actions); err != nil {
		return nil, nil, err
	}
	if err := a.stampCommit(ctx, &actions); err != nil {
		return nil, nil, err
	}
	data, err := actions.encode()
	return &actions, data, err
}

func (a *attempt) commitInfo() *CommitInfo {
	op, blind := a.txn.op, a.txn.blindAppend()
	info := &CommitInfo{
		Timestamp: a.txn.table.opts.Clock().UnixMilli(), Operation: op.Name, OperationParameters: op.Parameters,
		IsolationLevel: a.checker.isolation(), IsBlindAppend: &blind, OperationMetrics: op.Metrics,
		UserMetadata: op.UserMetadata, EngineInfo: a.txn.table.opts.EngineInfo, TxnID: a.token, Tags: op.Tags,
	}
	if info.OperationMetrics == nil {
		info.OperationMetrics = map[string]string{}
	}
	if a.txn.identityOnly {
		info.Tags = cloneTags(info.Tags)
		info.Tags[tagIdentity] = "true"
	}
	if a.txn.read != nil {
		version := a.txn.read.Version()
		info.ReadVersion = &version
	}
	a.preserved(info)
	return info
}

// maintain does what follows a commit: its checksum file and, each so many versions, a checkpoint
// and the clean-up, or a log compaction. The commit is done, so nothing here can fail it.
func (t *Table) maintain(ctx context.Context, s state, token string) error {
	var problems []error
	if err := writeChecksum(ctx, t.store, s, token); err != nil {
		problems = append(problems, fmt.Errorf("write checksum of version %d: %w", s.version, err))
	}
	if s.version > 0 && s.version%s.metadata.checkpointInterval() == 0 {
		if err := t.checkpointAt(ctx, s.version); err != nil {
			problems = append(problems, fmt.Errorf("write checkpoint of version %d: %w", s.version, err))
		}
	}
	if err := t.compactBehind(ctx, s.version); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// checkpointAt writes the checkpoint of a version and clears away what it makes superfluous.
func (t *Table) checkpointAt(ctx context.Context, version int64) error {
	s, err := t.SnapshotAt(ctx, version)
	if err != nil {
		return err
	}
	if err := s.Checkpoint(ctx); err != nil {
		return err
	}
	return t.cleanUp(ctx, s)
}
