package deltalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"lakehouse/internal/errclass"
)

// RestoreOptions say how [Table.Restore] goes about.
type RestoreOptions struct {
	// Parameters are what the history tells of the request. Default: the version.
	Parameters Parameters
	// IgnoreMissingFiles restores a version whose files are no longer all there; reading it fails until they are back,
	// or are taken out of the table.
	IgnoreMissingFiles bool
	UserMetadata       string
}

// Restored says what a restore did.
type Restored struct {
	Version                         int64 // the new one
	Unchanged                       bool  // the version was the newest: there is no new one
	TableSize, Files                int64 // of the table, after it
	RemovedFiles, RemovedFilesSize  int64
	RestoredFiles, RestoredFilesize int64
}

// Restore makes a new version with the files, the columns and the properties of an older one. The versions between stay in
// the history. The protocol is not lowered, so that they can still be read. Files that were vacuumed since are an error
// that names them, of class DELTA_RESTORE_MISSING_FILES. The newest version needs no restoring, and no version comes of it.
func (t *Table) Restore(ctx context.Context, version int64, opts RestoreOptions) (Restored, error) {
	done, err := t.restore(ctx, version, opts)
	return done, t.located(err)
}

func (t *Table) restore(ctx context.Context, version int64, opts RestoreOptions) (Restored, error) {
	now, err := t.Snapshot(ctx)
	if err != nil {
		return Restored{}, err
	}
	if version == now.Version() {
		return Restored{Version: version, Unchanged: true}, nil
	}
	if version > now.Version() || version < 0 {
		return Restored{}, errclass.DeltaRestoreVersion.New("Cannot restore table to version %d. The last available version is %d.", version, now.Version())
	}
	then, err := t.SnapshotAt(ctx, version)
	if err != nil {
		return Restored{}, err
	}
	r := &restoring{now: now, then: then, opts: opts}
	if err := r.compare(ctx); err != nil {
		return Restored{}, fmt.Errorf("compare versions %d and %d: %w", version, now.Version(), err)
	}
	if err := r.checkFiles(ctx); err != nil {
		return Restored{}, err
	}
	return r.commit(ctx)
}

// A restoring is what lies between the version that is and the one that shall be.
type restoring struct {
	now, then *Snapshot
	opts      RestoreOptions
	adds      []AddFile
	removes   []RemoveFile
	done      Restored
}

// compare finds the files of the one version that the other has not. A file with another deletion vector is another.
func (r *restoring) compare(ctx context.Context) error {
	have := map[fileKey]bool{}
	for f, err := range r.now.Files(ctx) {
		if err != nil {
			return err
		}
		have[f.key()] = false
	}
	for f, err := range r.then.Files(ctx) {
		if err != nil {
			return err
		}
		r.done.Files, r.done.TableSize = r.done.Files+1, r.done.TableSize+f.Size
		if _, both := have[f.key()]; both {
			have[f.key()] = true
			continue
		}
		f.DataChange = true
		r.adds = append(r.adds, f)
		r.done.RestoredFiles, r.done.RestoredFilesize = r.done.RestoredFiles+1, r.done.RestoredFilesize+f.Size
	}
	deleted := r.now.table.opts.Clock().UnixMilli()
	for f, err := range r.now.Files(ctx) {
		if err != nil {
			return err
		}
		if have[f.key()] {
			continue
		}
		r.removes = append(r.removes, f.Removed(deleted, true))
		r.done.RemovedFiles, r.done.RemovedFilesSize = r.done.RemovedFiles+1, r.done.RemovedFilesSize+f.Size
	}
	return nil
}

// missingNamed bounds how many missing files an error names.
const missingNamed = 100

// checkFiles looks for the files that come back, and for their vectors.
func (r *restoring) checkFiles(ctx context.Context) error {
	if r.opts.IgnoreMissingFiles {
		return nil
	}
	missing, err := r.now.table.lookFor(ctx, r.adds)
	if err != nil || len(missing) == 0 {
		return err
	}
	var names []string
	for i := range missing[:min(len(missing), missingNamed)] {
		names = append(names, missing[i].Path)
	}
	return errclass.DeltaRestoreMissingFiles.New("Not all files from version %d are available in file system. Missed files (top %d files): %s.",
		r.then.Version(), missingNamed, strings.Join(names, ",")).
		WithHint("Please use more recent version or timestamp for restoring. To disable this check set option 'spark.sql.files.ignoreMissingFiles' to 'true'.")
}

// commit makes the version. Nothing may have come in between: what was there is what is taken back.
func (r *restoring) commit(ctx context.Context) (Restored, error) {
	params := r.opts.Parameters
	if params == nil {
		params = Parameters{}.With("version", r.then.Version()).With("timestamp", nil)
	}
	txn := r.now.Begin(Operation{Name: "RESTORE", Parameters: params, UserMetadata: r.opts.UserMetadata, Metrics: r.done.metrics()})
	txn.ReadWholeTable()
	txn.Alone()
	if err := errors.Join(r.meta(txn), r.protocol(txn)); err != nil {
		return Restored{}, err
	}
	txn.RowsConform() // the columns and constraints come back with the rows that were held to them
	txn.Add(r.adds...)
	txn.RemoveFile(r.removes...)
	if err := r.domains(ctx, txn); err != nil {
		return Restored{}, err
	}
	made, err := txn.Commit(ctx)
	r.done.Version = made.Version
	return r.done, err
}

// meta takes back the table's metadata, except what must never go back: the marks that identity columns have reached.
func (r *restoring) meta(txn *Txn) error {
	back := r.then.Metadata()
	schema, err := back.Schema()
	if err != nil {
		return err
	}
	latest, err := r.now.Schema()
	if err != nil {
		return err
	}
	if kept, changed := withHighWaterMarks(schema, latest); changed {
		back = back.WithSchema(kept)
	}
	if id, ok := r.now.state.metadata.Configuration[propMaxColumnID]; ok {
		if back.Configuration == nil {
			back.Configuration = map[string]string{}
		}
		back.Configuration[propMaxColumnID] = id
	}
	txn.UpdateMetadata(back)
	return nil
}

// protocol keeps what the newest version demands, and adds what the older one did: files that come back may need it.
func (r *restoring) protocol(txn *Txn) error {
	now, then := r.now.Protocol(), r.then.Protocol()
	both, err := now.With(then.Features()...)
	if err == nil && !both.equal(&now) {
		txn.UpdateProtocol(both)
	}
	return err
}

// domains takes back the columns that the table was clustered by.
func (r *restoring) domains(ctx context.Context, txn *Txn) error {
	then, had, err := r.then.Domain(ctx, domainClustering)
	if err != nil {
		return err
	}
	now, has, err := r.now.Domain(ctx, domainClustering)
	if err != nil {
		return err
	}
	switch {
	case had && (!has || now.Configuration != then.Configuration):
		txn.SetDomain(then)
	case has && !had:
		txn.SetDomain(DomainMetadata{Domain: domainClustering, Configuration: `{"clusteringColumns":[],"domainName":"delta.clustering"}`})
	}
	return nil
}

const (
	identityMark = "delta.identity.highWaterMark"
	identityStep = "delta.identity.step"
)

// withHighWaterMarks is the schema with the marks of identity columns that the other has reached, where those are further.
func withHighWaterMarks(schema, reached Schema) (Schema, bool) {
	fields, changed := append([]Field{}, schema.Fields...), false
	for i, f := range fields {
		at := reached.Index(f.Name)
		if at < 0 || f.Metadata[identityStep] == nil {
			continue
		}
		mark, ok := number(reached.Fields[at].Metadata[identityMark])
		step, _ := number(f.Metadata[identityStep])
		old, had := number(f.Metadata[identityMark])
		if !ok || had && (mark-old)*step <= 0 {
			continue
		}
		meta := map[string]any{}
		maps.Copy(meta, f.Metadata)
		meta[identityMark] = reached.Fields[at].Metadata[identityMark]
		fields[i].Metadata, changed = meta, true
	}
	return Schema{Fields: fields}, changed
}

// number reads a number of a column's metadata, in whichever type JSON gave it.
func number(v any) (int64, bool) {
	if v == nil {
		return 0, false
	}
	text := fmt.Sprint(v)
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	return int64(f), err == nil
}

func (d *Restored) metrics() map[string]string {
	text := func(n int64) string { return strconv.FormatInt(n, 10) }
	return map[string]string{
		"numRestoredFiles": text(d.RestoredFiles), "restoredFilesSize": text(d.RestoredFilesize),
		"numRemovedFiles": text(d.RemovedFiles), "removedFilesSize": text(d.RemovedFilesSize),
		"numOfFilesAfterRestore": text(d.Files), "tableSizeAfterRestore": text(d.TableSize),
	}
}
