package delta

import (
	"context"

	"lakehouse/deltalog"
)

// dynamic reports whether an overwrite replaces only the partitions that it writes.
func (w *writing) dynamic() bool {
	return len(w.parts) > 0 && w.opts.PartitionOverwriteMode(w.opts.Options) == "dynamic"
}

// replacedFiles are the files that an overwrite takes away.
type replacedFiles struct {
	files int
	bytes int64
}

// replace removes every file of the table, for an overwrite, or those of the partitions that have new ones.
func (w *writing) replace(ctx context.Context, added []newFile) (removed replacedFiles, err error) {
	if !w.opts.Overwrite || w.snap == nil {
		return removed, nil
	}
	if w.keys, err = w.meta.StoredPartitionColumns(); err != nil {
		return removed, err
	}
	if err := w.readReplaced(added); err != nil {
		return removed, err
	}
	written := map[string]bool{}
	for _, f := range added {
		written[f.add.PartitionKey(w.keys)] = true
	}
	for f, err := range w.snap.Files(ctx) {
		if err != nil {
			return removed, err
		}
		if w.dynamic() && !written[f.PartitionKey(w.keys)] {
			continue
		}
		w.txn.RemoveFile(f.Removed(w.txn.Now(), !w.rearranges()))
		removed.files, removed.bytes = removed.files+1, removed.bytes+f.Size
	}
	return removed, nil
}

// readReplaced tells the transaction what an overwrite relies on: that it has seen every file that it replaces.
func (w *writing) readReplaced(added []newFile) error {
	if !w.dynamic() {
		w.txn.ReadWholeTable()
		return nil
	}
	adds := make([]deltalog.AddFile, len(added))
	for i, f := range added {
		adds[i] = f.add
	}
	return w.txn.ReadPartitions(adds)
}
