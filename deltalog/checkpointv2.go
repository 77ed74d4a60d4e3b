package deltalog

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"

	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// A V2 checkpoint is a manifest, with all but the files, that names sidecars, with the files. Sidecars are written once and may
// belong to many checkpoints, so that a checkpoint costs what has changed:
//
//   - a sidecar of the checkpoint before is kept when no commit since touched a file of it;
//   - files that are new, and those left in sidecars that were touched, go into new sidecars;
//   - a sidecar that is small beside what is new is written again with it, so that there are never many: each file
//     is written about as often as the table doubles;
//   - tombstones have a sidecar of their own, which each checkpoint writes anew.

const (
	// maxSidecarRows is how many files a new sidecar has at most.
	maxSidecarRows = 250_000
	// mergeFactor: a kept sidecar with so many times the new files, or fewer, is merged with them.
	mergeFactor = 2
	// classicEvery: each so many checkpoints one has the classic name, so that readers that know no others find the protocol
	// and say what they miss.
	classicEvery = 10
)

// What a sidecar's tags say of it, so that the next checkpoint need not read it to keep it.
const (
	tagAdds   = "lakehouse.numAdds"
	tagBytes  = "lakehouse.addedBytes"
	tagLayout = "lakehouse.layout"
)

// checkpointV2 writes the sidecars that are new and then, in one step, the manifest.
func (s *Snapshot) checkpointV2(ctx context.Context) (lastCheckpoint, fileCount, error) {
	if again, err := s.table.load(ctx, s.Version()); err == nil {
		s = again // it stands on the newest checkpoint, with the most to share
	}
	layout, err := s.state.metadata.checkpointLayout()
	if err != nil {
		return lastCheckpoint{}, fileCount{}, err
	}
	w := sidecarWriter{snapshot: s, layout: layout}
	defer w.abort()
	if err := w.writeFiles(ctx); err != nil {
		return lastCheckpoint{}, fileCount{}, err
	}
	hint, err := s.writeManifest(ctx, &w)
	return hint, w.files, err
}

// A sidecarPlan says what becomes of the sidecars of the checkpoint before.
type sidecarPlan struct {
	kept  []sidecar
	stale []sidecar // their files that are left are written anew
	after *tail
}

// planSidecars looks at the checkpoint that the snapshot stands on; ok is false where it has no sidecars.
func (s *Snapshot) planSidecars(ctx context.Context, layout checkpointLayout) (plan sidecarPlan, ok bool, err error) {
	if s.seg.checkpoint == nil {
		return plan, false, nil
	}
	all, err := readSidecarNames(ctx, s.table.store, s.seg.checkpoint)
	if err != nil || len(all) == 0 {
		return plan, false, err
	}
	if plan.after, err = readTail(ctx, s.table, s.seg); err != nil {
		return plan, false, err
	}
	fresh := plan.after.fates.added
	for _, one := range all {
		keep := one.Tags[tagLayout] == layout.name()
		if keep {
			touched, err := s.touched(ctx, one, plan.after)
			if err != nil {
				return plan, false, err
			}
			keep = !touched
		}
		if keep {
			plan.kept = append(plan.kept, one)
			continue
		}
		plan.stale = append(plan.stale, one)
		fresh += one.count(tagAdds)
	}
	plan.merge(fresh)
	return plan, true, nil
}

// merge moves the small ones of the kept sidecars to those that are written again.
func (p *sidecarPlan) merge(fresh int64) {
	slices.SortStableFunc(p.kept, func(a, b sidecar) int { return int(a.count(tagAdds) - b.count(tagAdds)) })
	for len(p.kept) > 0 {
		smallest := p.kept[0].count(tagAdds)
		if smallest > mergeFactor*fresh || smallest >= maxSidecarRows {
			return
		}
		p.stale, p.kept = append(p.stale, p.kept[0]), p.kept[1:]
		fresh += smallest
	}
}

// touched reports whether a commit since the checkpoint spoke of one of the sidecar's files. One that is gone is an error.
func (s *Snapshot) touched(ctx context.Context, one sidecar, after *tail) (bool, error) {
	name, err := one.name()
	if err != nil {
		return false, err
	}
	if after.told == 0 {
		_, err := volumes.StatFile(ctx, s.table.store, name)
		return false, err
	}
	for key, err := range readFileKeys(ctx, s.table.store, name) {
		if err != nil {
			return false, err
		}
		if after.fates.of(key) != 0 {
			return true, nil
		}
	}
	return false, nil
}

// count is a number that the sidecar's tags tell.
func (s *sidecar) count(tag string) int64 {
	n, err := strconv.ParseInt(s.Tags[tag], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// name tells layouts apart: a checkpoint's sidecars have the same columns, for readers that look at one of them.
func (l *checkpointLayout) name() string {
	sum := fnv.New64a()
	_, _ = sum.Write(types.ToJSON(Schema{Fields: l.addFields()})) // a hash cannot fail
	return strconv.FormatUint(sum.Sum64(), 16)
}

// A sidecarWriter writes files into sidecars of bounded size.
type sidecarWriter struct {
	snapshot *Snapshot
	layout   checkpointLayout
	out      *checkpointOut // nil: none is open
	path     string
	sidecars []sidecar
	actions  int64
	bytes    int64 // of the sidecars
	files    fileCount
}

// writeFiles makes the sidecars of the checkpoint.
func (w *sidecarWriter) writeFiles(ctx context.Context) error {
	w.files = noFiles()
	plan, ok, err := w.snapshot.planSidecars(ctx, w.layout)
	if err != nil || !ok { // a checkpoint before that cannot be read is no reason not to write this one
		err = w.writeAll(ctx)
	} else {
		err = w.writePlan(ctx, plan)
	}
	if err != nil {
		return err
	}
	if err := w.close(); err != nil {
		return err
	}
	for file, err := range w.snapshot.Tombstones(ctx) {
		if err == nil && !w.snapshot.expired(&file) {
			err = w.write(ctx, func(rows *checkpointRows) error { return rows.remove(&file) })
		}
		if err != nil {
			return err
		}
	}
	return w.close()
}

func (w *sidecarWriter) writeAll(ctx context.Context) error {
	for file, err := range w.snapshot.Files(ctx) {
		if err == nil {
			err = w.add(ctx, &file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *sidecarWriter) writePlan(ctx context.Context, plan sidecarPlan) error {
	w.files.detailed = len(plan.kept) == 0
	for _, kept := range plan.kept {
		w.keep(kept, kept.count(tagAdds))
		w.files.number += kept.count(tagAdds)
		w.files.bytes += kept.count(tagBytes)
	}
	for file, err := range readSidecarAdds(ctx, w.snapshot.table.store, plan.stale) {
		if err == nil && !plan.after.tells(file.Path, file.DeletionVector) {
			err = w.add(ctx, &file)
		}
		if err != nil {
			return err
		}
	}
	for file, err := range plan.after.adds(ctx, w.snapshot.table.store) {
		if err == nil {
			err = w.add(ctx, &file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *sidecarWriter) keep(s sidecar, actions int64) {
	w.sidecars = append(w.sidecars, s)
	w.actions += actions
	w.bytes += s.SizeInBytes
}

func (w *sidecarWriter) add(ctx context.Context, file *AddFile) error {
	w.files.add(file.Size, file.DeletionVector, 1)
	return w.write(ctx, func(rows *checkpointRows) error { return rows.add(file) })
}

func (w *sidecarWriter) write(ctx context.Context, row func(*checkpointRows) error) (err error) {
	if w.out == nil {
		w.path = w.snapshot.table.opts.NewID() + ".parquet"
		if w.out, err = w.snapshot.table.newCheckpointFile(ctx, sidecarDir+"/"+w.path, w.layout, sidecarColumns()); err != nil {
			return err
		}
	}
	if err := row(w.out.rows); err != nil {
		return err
	}
	if w.out.rows.rows >= maxSidecarRows {
		return w.close()
	}
	return nil
}

// close finishes the open sidecar.
func (w *sidecarWriter) close() error {
	if w.out == nil {
		return nil
	}
	out := w.out
	size, err := out.commit()
	if err != nil {
		return err
	}
	w.out = nil
	w.keep(sidecar{
		Path: w.path, SizeInBytes: size, ModificationTime: w.snapshot.table.opts.Clock().UnixMilli(),
		Tags: map[string]string{tagAdds: itoa(out.rows.adds.number), tagBytes: itoa(out.rows.adds.bytes), tagLayout: w.layout.name()},
	}, out.rows.rows)
	return nil
}

func (w *sidecarWriter) abort() {
	if w.out != nil {
		w.out.abort()
	}
}

// writeManifest writes the checkpoint's own file.
func (s *Snapshot) writeManifest(ctx context.Context, w *sidecarWriter) (lastCheckpoint, error) {
	actions, err := s.smallActions(ctx)
	if err != nil {
		return lastCheckpoint{}, err
	}
	actions.sidecars = w.sidecars
	actions.checkpoint = &checkpointMetadata{Version: s.Version(), Tags: map[string]string{
		"sidecarNumActions": itoa(w.actions), "sidecarSizeInBytes": itoa(w.bytes), "numOfAddFiles": itoa(w.files.number),
	}}
	own := int64(3 + len(actions.sidecars) + len(actions.Transactions) + len(actions.Domains))
	hint := lastCheckpoint{Version: s.Version(), Size: own + w.actions, NumOfAddFiles: w.files.number}
	if interval := s.state.metadata.checkpointInterval(); s.Version()%(classicEvery*interval) == 0 {
		hint.SizeInBytes, err = s.writeClassicManifest(ctx, w.layout, actions)
	} else {
		hint.V2Checkpoint, err = s.writeJSONManifest(ctx, actions)
	}
	if m := hint.V2Checkpoint; m != nil {
		hint.SizeInBytes = m.SizeInBytes
	}
	hint.SizeInBytes += w.bytes
	return hint, err
}

func (s *Snapshot) writeJSONManifest(ctx context.Context, actions *Actions) (*lastManifest, error) {
	data, err := actions.encode()
	if err != nil {
		return nil, err
	}
	base := fmt.Sprintf("%020d.checkpoint.%s.json", s.Version(), s.table.opts.NewID())
	if err := s.table.store.PutIfAbsent(ctx, logDir+"/"+base, data); err != nil {
		return nil, err
	}
	info, err := volumes.StatFile(ctx, s.table.store, logDir+"/"+base)
	return &lastManifest{Path: base, SizeInBytes: int64(len(data)), ModificationTime: info.ModTime.UnixMilli()}, err
}

func (s *Snapshot) writeClassicManifest(ctx context.Context, layout checkpointLayout, actions *Actions) (size int64, err error) {
	out, err := s.table.newCheckpointFile(ctx, checkpointName(s.Version()), layout, manifestColumns())
	if err != nil {
		return 0, err
	}
	defer out.abort()
	if err := out.rows.checkpoint(actions.checkpoint); err != nil {
		return 0, err
	}
	if err := out.rows.state(actions); err != nil {
		return 0, err
	}
	for i := range actions.sidecars {
		if err := out.rows.sidecar(&actions.sidecars[i]); err != nil {
			return 0, err
		}
	}
	return out.commit()
}

// readSidecarNames are the sidecars of a checkpoint; none for one that holds its files itself.
func readSidecarNames(ctx context.Context, store volumes.Store, checkpoint *checkpointFiles) ([]sidecar, error) {
	if len(checkpoint.parts) != 1 {
		return nil, nil
	}
	part := checkpoint.parts[0]
	if part.json() {
		actions, err := readManifest(ctx, store, part)
		if err != nil {
			return nil, err
		}
		return actions.sidecars, nil
	}
	file, err := openPart(ctx, store, part.name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return file.sidecars(ctx)
}
