package delta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"lakehouse/deltalog"
	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// from walks the files behind an offset: those of the initial snapshot, or those of the versions that
// follow. No batch mixes the two: the first batch of a query has no start in the log, and from its end alone one
// can tell which snapshot it read. The end of a version without files is an element without a file.
func (s *source) from(ctx context.Context, at offset) iter.Seq2[indexedFile, error] {
	return func(yield func(indexedFile, error) bool) {
		if at.IsStartingVersion {
			s.walkInitial(ctx, at, yield)
			return
		}
		s.walkChanges(ctx, at, yield)
	}
}

// walkInitial walks the snapshot that the stream began with, in the order of time and path.
func (s *source) walkInitial(ctx context.Context, at offset, yield func(indexedFile, error) bool) {
	files, err := s.snapshotFiles(ctx, at.ReservoirVersion)
	if err != nil {
		yield(indexedFile{}, err)
		return
	}
	s.walkFiles(files, at, at.ReservoirVersion, yield)
}

// walkFiles gives the files of a version that lie behind an offset, each with its end, and the end alone of a version
// that has none. It reports whether to go on.
func (s *source) walkFiles(files []deltalog.ChangedFile, at offset, version int64, yield func(indexedFile, error) bool) bool {
	if len(files) == 0 {
		return yield(indexedFile{end: at.behind(version)}, nil)
	}
	if s.changes && !at.IsStartingVersion { // changes of one version belong together: a row before and after an update
		return s.walkVersion(files, at, version, yield)
	}
	first := int64(0)
	if version == at.ReservoirVersion {
		first = at.firstFile()
	}
	last := int64(len(files)) - 1
	for i := first; i <= last; i++ {
		end := offset{ReservoirID: s.id, ReservoirVersion: version, Index: i, IsStartingVersion: at.IsStartingVersion}
		if i == last {
			end = at.behind(version)
		}
		file := indexedFile{file: files[i], end: end}
		if s.opts.excludes(files[i].Path) {
			file.file = deltalog.ChangedFile{}
		}
		if !yield(file, nil) {
			return false
		}
	}
	return true
}

// walkVersion gives all files of a version at once.
func (s *source) walkVersion(files []deltalog.ChangedFile, at offset, version int64, yield func(indexedFile, error) bool) bool {
	if version == at.ReservoirVersion && at.Index >= 0 {
		yield(indexedFile{}, errclass.UnsupportedFeature.New("the checkpoint stands within the changes of version %d of %s; here those of a version are read together.", version, s.table.URI).
			WithHint("Let Spark finish the version, or start the query with a new checkpoint."))
		return false
	}
	files = slices.DeleteFunc(files, func(f deltalog.ChangedFile) bool { return s.opts.excludes(f.Path) })
	end := at.behind(version)
	if len(files) == 0 {
		return yield(indexedFile{end: end}, nil)
	}
	return yield(indexedFile{file: files[0], more: files[1:], end: end}, nil)
}

func (s *source) snapshotFiles(ctx context.Context, version int64) ([]deltalog.ChangedFile, error) {
	if s.initial.files != nil && s.initial.version == version {
		return s.initial.files, nil
	}
	snap, err := s.table.Log.SnapshotAt(ctx, version)
	if err != nil {
		return nil, err
	}
	files := []deltalog.ChangedFile{}
	for f, err := range snap.Files(ctx) {
		if err != nil {
			return nil, err
		}
		file := deltalog.ChangedFile{AddFile: f}
		if s.changes {
			file = snap.Inserted(f)
		}
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b deltalog.ChangedFile) int {
		return cmp.Or(cmp.Compare(a.ModificationTime, b.ModificationTime), strings.Compare(a.Path, b.Path))
	})
	if err := s.trackSnapshot(ctx, snap); err != nil {
		return nil, err
	}
	s.initial = initialFiles{version: version, files: files}
	return files, nil
}

// walkChanges walks versions from an offset on, up to the latest, or to where availableNow froze.
func (s *source) walkChanges(ctx context.Context, at offset, yield func(indexedFile, error) bool) {
	s.initial = initialFiles{}
	for commit, err := range s.versions(ctx, at.ReservoirVersion) {
		if err == nil && s.latest >= 0 && commit.Version > s.latest {
			return
		}
		if err == nil && !at.passed(commit.Version) && s.changesMetadata(commit) {
			end := at.behind(commit.Version - 1)
			end.Index = metadataChangeIndex
			yield(indexedFile{end: end}, nil)
			return
		}
		var files []deltalog.ChangedFile
		if err == nil {
			files, err = s.readable(commit)
		}
		if err != nil {
			yield(indexedFile{}, err)
			return
		}
		if !s.walkFiles(files, at, commit.Version, yield) {
			return
		}
	}
}

// versions are the versions from one on. Those that the log has lost are an error, or passed over where the option
// failOnDataLoss says so.
func (s *source) versions(ctx context.Context, from int64) iter.Seq2[deltalog.CommitFile, error] {
	return func(yield func(deltalog.CommitFile, error) bool) {
		for more := true; more; {
			more = false
			for commit, err := range s.table.Log.Changes(ctx, from) {
				if errors.Is(err, errclass.DeltaLogGap) {
					if from, more, err = s.passGap(ctx, from, err); err == nil {
						break
					}
				}
				if !yield(commit, err) || err != nil {
					return
				}
				from = commit.Version + 1
			}
		}
	}
}

// passGap is where the log goes on behind a version that it has lost; more is false where that is not known yet.
func (s *source) passGap(ctx context.Context, lost int64, cause error) (from int64, more bool, err error) {
	if s.opts.values.Bool("failOnDataLoss") {
		return lost, false, errclass.DeltaLogGoneForStream.New("the stream from %s goes on with version %d, which its log has no longer: %w", s.table.URI, lost, cause).
			WithHint("If you never deleted it, it's likely your query is lagging behind. Please delete its checkpoint to restart from scratch, or set the option 'failOnDataLoss' to 'false' to go on without the lost versions.")
	}
	next, ok, err := s.table.Log.FirstChange(ctx, lost)
	return next, ok && next > lost, err
}

// readable is the files that a version adds. One that takes rows away, or changes the columns, is refused
// unless the options say otherwise: what was read before would no longer be true.
func (s *source) readable(commit deltalog.CommitFile) ([]deltalog.ChangedFile, error) {
	if s.changes {
		return s.changedFiles(commit)
	}
	if m := commit.Actions.Metadata; m != nil {
		if err := s.checkSchema(*m, commit.Version); err != nil {
			return nil, err
		}
	}
	var adds []deltalog.ChangedFile
	for _, a := range commit.Actions.Adds {
		if a.DataChange {
			adds = append(adds, deltalog.ChangedFile{AddFile: a})
		}
	}
	removed := slices.IndexFunc(commit.Actions.Removes, func(r deltalog.RemoveFile) bool { return r.DataChange })
	values := s.opts.values
	switch {
	case removed < 0:
		return adds, nil
	case values.Bool("skipChangeCommits"):
		return nil, nil
	case values.Bool("ignoreChanges"), values.Bool("ignoreFileDeletion"):
		return adds, nil
	case len(adds) > 0:
		return nil, errclass.DeltaSourceIgnoreChanges.New("Detected a data update (for example %s) in the source table at version %d. This is currently not supported.", operationOf(commit), commit.Version).
			WithHint("If this is going to happen regularly and you are okay to skip changes, set the option 'skipChangeCommits' to 'true'. If you would like the data update to be reflected, please restart this query with a fresh checkpoint directory. The source table can be found at path %s.", s.table.URI)
	case values.Bool("ignoreDeletes"):
		return nil, nil
	}
	return nil, errclass.DeltaSourceIgnoreDelete.New("Detected deleted data (for example %s) from streaming source at version %d. This is currently not supported.", commit.Actions.Removes[removed].Path, commit.Version).
		WithHint("If you'd like to ignore deletes, set the option 'ignoreDeletes' to 'true'. The source table can be found at path %s.", s.table.URI)
}

func operationOf(commit deltalog.CommitFile) string {
	info := commit.Actions.CommitInfo
	if info == nil || info.Operation == "" {
		return "a version without commitInfo"
	}
	texts := make([]string, len(info.OperationParameters))
	for i, p := range info.OperationParameters {
		texts[i] = fmt.Sprintf("%s -> %v", p.Name, p.Value)
	}
	return info.Operation + " (Map(" + strings.Join(texts, ", ") + "))"
}

// checkSchema holds the columns that a version gave the table against those that the stream gives. Versions from before
// the stream looked at the table may lack columns that came later; a version after that must change nothing.
func (s *source) checkSchema(m deltalog.Metadata, version int64) error {
	if m.ID != s.id {
		return errclass.DeltaSourceOtherTable.New("version %d replaced the table: its id is '%s', the stream began on '%s'.", version, m.ID, s.id)
	}
	if s.tracks() {
		return nil // a change has ended the batch before
	}
	if err := s.checkMapped(m, version); err != nil {
		return err
	}
	now, err := columnsOf(m, s.protocol)
	if err != nil {
		return fmt.Errorf("version %d: decode schema: %w", version, err)
	}
	if s.changes {
		if now, err = now.withChanges(); err != nil {
			return err
		}
	}
	schema := now.schema
	older := version <= s.version
	if types.EqualIgnoringNullability(schema, s.schema) || older && holds(s.schema, schema, sameOrWider) {
		return nil
	}
	e := errclass.DeltaSchemaChangedInStream.New("Detected schema change in version %d of %s: streaming source schema: %s, data file schema: %s.", version, s.table.URI, s.schema, schema)
	if older {
		return e.WithHint("What the table had then cannot be read with the columns that it has now: start your query from scratch using a new checkpoint directory.")
	}
	return e.WithHint("Please restart the query: it goes on with the new columns.")
}

// sameOrWider reports whether values of the one type can be read as the other.
func sameOrWider(from, to types.Type) bool {
	return types.EqualIgnoringNullability(from, to) || deltalog.CanWiden(from, to)
}
