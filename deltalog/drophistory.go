package deltalog

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"lakehouse/internal/errclass"
)

const (
	propProtectBefore = "delta.requireCheckpointProtectionBeforeVersion"
	protection        = "checkpointProtection"
	// barriers is how many checkpoints shield the older versions from readers that do not know the feature.
	barriers = 3
	// truncatedAfter is how much of the history TRUNCATE HISTORY leaves: longer than any transaction takes.
	truncatedAfter = 24 * time.Hour
)

// barrier is a version that changes nothing, with a checkpoint: who reads on from there needs nothing before it.
func (d *featureDrop) barrier(ctx context.Context) error {
	s, err := d.table.Snapshot(ctx)
	if err != nil {
		return err
	}
	if _, err := s.Begin(Operation{Name: "Empty Commit"}).Commit(ctx); err != nil {
		return err
	}
	if s, err = d.table.Snapshot(ctx); err != nil {
		return err
	}
	return s.Checkpoint(ctx)
}

// shieldVectors gives the files of deletion vectors that older versions name tombstones of their own: who does not know of vectors
// would else take them for files that nobody needs, and a vacuum would delete them before their time.
func (d *featureDrop) shieldVectors(ctx context.Context) error {
	if d.name != "deletionVectors" {
		return nil
	}
	s, err := d.table.Snapshot(ctx)
	if err != nil {
		return err
	}
	missing := map[string]bool{}
	for file, err := range s.Tombstones(ctx) {
		if err != nil {
			return err
		}
		if v := file.DeletionVector; v != nil && v.StorageType == vectorInTable && !s.expired(&file) {
			name, err := v.file()
			if err != nil {
				return err
			}
			missing[name] = true
		}
	}
	for file, err := range s.Tombstones(ctx) {
		if err != nil {
			return err
		}
		if file.DeletionVector == nil {
			delete(missing, file.Path)
		}
	}
	txn := s.Begin(Operation{Name: "Deletion Vector Tombstones", Parameters: Parameters{}})
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		txn.RemoveFile(RemoveFile{Path: name, DeletionTimestamp: txn.Now(), DataChange: false})
	}
	_, err = txn.Commit(ctx)
	return err
}

// truncate drops the feature once no version that makes use of it is left in the log.
func (d *featureDrop) truncate(ctx context.Context, changed bool) error {
	if err := d.barrier(ctx); err != nil {
		return err
	}
	s, err := d.table.Snapshot(ctx)
	if err != nil {
		return err
	}
	if changed {
		return errclass.DeltaFeatureDropWait.New("Dropping %s was partially successful. The feature is now no longer used in the current version of the table. "+
			"However, the feature is still present in historical versions of the table.", d.name).
			WithHint("Repeat the command when the versions have expired: after %s, or with TRUNCATE HISTORY after %s.", s.state.metadata.logRetention(), truncatedAfter)
	}
	if err := d.table.truncateBefore(ctx, s, d.table.opts.Clock().Add(-truncatedAfter)); err != nil {
		return err
	}
	used, err := d.historyUses(ctx, s)
	if err != nil {
		return err
	}
	if used {
		return errclass.DeltaFeatureDropHistory.New("Cannot drop %s because the Delta log contains historical versions that use the feature.", d.name).
			WithHint("Wait until %s (%s) has passed since the feature was last active, or %s and drop it with TRUNCATE HISTORY.",
				propLogRetention, s.state.metadata.logRetention(), truncatedAfter)
	}
	return d.downgrade(ctx)
}

// truncateBefore cuts off the log before the newest checkpoint that is not newer than the time.
func (t *Table) truncateBefore(ctx context.Context, s *Snapshot, cutoff time.Time) error {
	all, err := list(ctx, t.store, 0, s.Version())
	if err != nil {
		return err
	}
	return t.truncateLog(ctx, s, all, all.keptFrom(cutoff))
}

// historyUses looks through the log: its first checkpoint, without the tombstones, and every commit.
func (d *featureDrop) historyUses(ctx context.Context, s *Snapshot) (bool, error) {
	all, err := list(ctx, d.table.store, 0, s.Version())
	if err != nil {
		return false, err
	}
	first, err := d.table.SnapshotAt(ctx, oldestVersion(all))
	if err != nil {
		return false, err
	}
	if d.rule.uses(&Actions{Metadata: first.state.metadata}) {
		return true, nil
	}
	for file, err := range first.Files(ctx) {
		if err != nil || d.rule.uses(&Actions{Adds: []AddFile{file}}) {
			return true, err
		}
	}
	for _, f := range all.checkpoints {
		if f.kind == checkpointByUUID && d.name == "v2Checkpoint" {
			return true, nil
		}
	}
	for read, err := range wholeDigest.readAll(ctx, d.table.store, all.commits) {
		if err != nil || d.rule.uses(&read.Actions) {
			return true, err
		}
	}
	return false, nil
}

// unprotect drops the protection of a history that is gone.
func (d *featureDrop) unprotect(ctx context.Context, s *Snapshot) error {
	before := s.protectedBefore()
	if err := d.barrier(ctx); err != nil {
		return err
	}
	s, err := d.table.Snapshot(ctx)
	if err != nil {
		return err
	}
	if err := d.table.truncateBefore(ctx, s, d.table.opts.Clock().Add(-truncatedAfter)); err != nil {
		return err
	}
	all, err := list(ctx, d.table.store, 0, s.Version())
	if err != nil {
		return err
	}
	if len(all.commits) > 0 && all.commits[0].version < before {
		return errclass.DeltaFeatureDropProtectionWait.New("The operation did not succeed because there are still traces of dropped features in the table history. "+
			"CheckpointProtection cannot be dropped until these historical versions have expired.").
			WithHint("Repeat the command when the versions before %d are older than %s.", before, truncatedAfter)
	}
	m := s.Metadata()
	delete(m.Configuration, propProtectBefore)
	return d.commit(ctx, s, s.Protocol(), m)
}

// protectedBefore is the version below which the log may be cut off only as a whole, because its checkpoints shield readers from
// versions with features that were dropped since; 0: none is.
func (s *Snapshot) protectedBefore() int64 {
	if !s.state.protocol.Supports(protection) {
		return 0
	}
	version, err := strconv.ParseInt(s.state.metadata.Configuration[propProtectBefore], 10, 64)
	if err != nil {
		return 0
	}
	return version
}
