package deltalog

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// isRearrangement reports whether the transaction puts the rows of files which it has read into other files, and does nothing else, as OPTIMIZE does.
// It has no place of its own among the versions: who changed the table otherwise, its metadata say, while it wrote its files
// has not changed what is in them. So where it loses a race that other transactions may not lose, it is begun anew on top of the newest version,
// as long as all the files that it takes out are still there: the rule of Delta's OptimizeTableCommand.
func (x *Txn) isRearrangement() bool {
	return x.read != nil && !x.alone && !x.renumbers() && len(x.actions.CDC)+len(x.actions.Domains) == 0 &&
		!x.reads.whole && len(x.reads.files) == 0 && len(x.actions.Removes) > 0 && len(x.reads.named) == len(x.actions.Removes) &&
		!slices.ContainsFunc(x.actions.Removes, func(f RemoveFile) bool { return !x.reads.named[f.Path] }) && x.rearranges("")
}

// isConflict reports whether an error is that of a lost race.
func isConflict(err error) bool {
	return slices.ContainsFunc([]errclass.Class{
		errclass.DeltaMetadataChanged, errclass.DeltaProtocolChanged, errclass.DeltaConcurrentAppend, errclass.DeltaConcurrentDeleteRead,
		errclass.DeltaConcurrentDeleteDelete, errclass.DeltaConcurrentTransaction, errclass.DeltaConcurrentWrite,
	}, func(c errclass.Class) bool { return errors.Is(err, c) })
}

// anew is the rearrangement on top of the newest version; nil where what it read is no longer there.
func (x *Txn) anew(ctx context.Context) (*Txn, error) {
	s, err := x.table.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	if same, err := holdsRowsAlike(x.read, s); !same || err != nil {
		return nil, err
	}
	next := s.Begin(x.op)
	next.reads, next.conforming, next.keepsRowIDs = x.reads, x.conforming, x.keepsRowIDs
	next.actions.Adds = x.actions.Adds
	next.actions.Removes, err = x.removesFrom(ctx, s)
	if next.actions.Removes == nil || err != nil {
		return nil, err
	}
	return next, nil
}

// removesFrom are the removes as the version has the files; nil where one of them is gone, or its rows are not the same, or are called otherwise.
func (x *Txn) removesFrom(ctx context.Context, s *Snapshot) ([]RemoveFile, error) {
	at := make(map[fileKey]int, len(x.actions.Removes))
	for i := range x.actions.Removes {
		at[x.actions.Removes[i].key()] = i
	}
	tracked := s.state.metadata.TrackedFields() != nil
	removes, found := make([]RemoveFile, len(x.actions.Removes)), 0
	for f, err := range s.Files(ctx) {
		if err != nil {
			return nil, err
		}
		i, ok := at[f.key()]
		if !ok {
			continue
		}
		was := &x.actions.Removes[i]
		if tracked && (!equalValues(was.BaseRowID, f.BaseRowID) || !equalValues(was.DefaultRowCommitVersion, f.DefaultRowCommitVersion)) {
			return nil, nil
		}
		removes[i] = f.Removed(x.Now(), false)
		found++
	}
	if found < len(removes) {
		return nil, nil
	}
	return removes, nil
}

func equalValues(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }

// holdsRowsAlike reports whether files with rows of a table are as good at a later version: partitions are the same, files hold them or
// not as before, rows keep what row tracking calls them in the same columns, and files are written for the same Iceberg.
func holdsRowsAlike(old, now *Snapshot) (bool, error) {
	was, is := old.state.metadata, now.state.metadata
	before, err := was.partitionFields()
	if err != nil {
		return false, err
	}
	after, err := is.partitionFields()
	if err != nil {
		return false, err
	}
	tracked := slices.EqualFunc(was.TrackedFields(), is.TrackedFields(), func(a, b Field) bool { return a.Name == b.Name })
	return tracked && bytes.Equal(types.ToJSON(before), types.ToJSON(after)) && was.icebergCompat() == is.icebergCompat() &&
		old.state.protocol.MaterializesPartitions(was) == now.state.protocol.MaterializesPartitions(is), nil
}

// partitionFields are the fields of the partition columns, in their order.
func (m *Metadata) partitionFields() (Schema, error) {
	schema, err := m.Schema()
	if err != nil {
		return Schema{}, err
	}
	return pick(schema, m.PartitionColumns)
}
