package autoloader

import (
	"context"
	"iter"
	"path"
	"strconv"
	"strings"

	"lakehouse/internal/connector/files"
	"lakehouse/internal/errclass"
	"lakehouse/internal/logical"
	"lakehouse/internal/stream"
	"lakehouse/internal/types"
	"lakehouse/volumes"
)

// source is a running stream of files. One goroutine uses it; only its cleaner has another.
type source struct {
	*Provider
	listing files.Listing
	log     sourceLog
	cleaner *cleaner
	ledger  *ledger // nil: when batches were committed is not kept
	waiting retention
	notify  *notifier // nil: the folder is listed
	wake    func()    // nil: there are no notifications

	loaded   bool // the log has been read
	resumed  bool // and what earlier runs left has been cleaned up
	last     int64
	loadedTo int64 // the last batch that earlier runs have planned
	seen     *seenFiles
	index    *seenIndex

	unread      []file // kept from the last listing, in the order of reading
	frozen      bool   // unread is all there will ever be
	outstanding outstanding
	filesRead   int64 // given to batches of this run
	cleanedTo   int64 // batches up to this one have been handed to the cleaner
	once        bool  // there is one batch: nothing will be told in time
	planning    int64 // the query's number of the batch that is planned
}

// outstanding is what was found and is not yet in a batch.
type outstanding struct{ files, bytes int64 }

var _ stream.Source = (*source)(nil)

func newSource(ctx context.Context, p *Provider, start stream.SourceStart) *source {
	s := &source{
		Provider: p,
		listing:  p.listing(),
		log:      sourceLog{store: start.Checkpoint, dir: start.Dir},
		last:     beforeAll,
		seen:     newSeenFiles(p.config.Options),
		wake:     start.Wake,
	}
	s.cleaner = &cleaner{mode: p.config.CleanSource, archive: p.archive, base: s.listing.Base, log: p.config.Log, clock: p.config.Clock}
	s.index = newSeenIndex(&s.log, s.seen)
	s.cleanedTo = beforeAll
	if p.cloud() {
		s.ledger, s.cleaner.record = newLedger(&s.log), s.log.record
	}
	s.cleaner.start(ctx, p.config.Workers)
	return s
}

func (s *source) Schema() types.Struct { return s.Provider.Schema() }

func (s *source) Description() string { return s.String() }

// Latest plans a batch: it chooses its files and writes them into the source log. A batch that an
// earlier run has planned, and not begun, is taken as it stands.
func (s *source) Latest(ctx context.Context, batchID int64, start stream.Offset, want stream.ReadLimit) (stream.Offset, error) {
	s.planning, s.once = batchID, want == stream.LimitNone
	at, err := parseOffset(start)
	if err != nil {
		return nil, err
	}
	if err := s.resume(ctx, at); err != nil {
		return nil, err
	}
	if err := s.retire(ctx); err != nil {
		return nil, err
	}
	if s.last > at {
		return offsetOf(s.last), s.log.secure(ctx, s.last)
	}
	files, err := s.choose(ctx, s.limit(want))
	if err != nil || len(files) == 0 {
		return start, err
	}
	if err := s.plan(ctx, s.last+1, files); err != nil {
		return nil, err
	}
	return offsetOf(s.last), nil
}

func (s *source) limit(want stream.ReadLimit) limit {
	if want == stream.LimitNone {
		return limit{}
	}
	o := s.config.Options
	return limit{files: o.MaxFilesPerTrigger, bytes: o.MaxBytesPerTrigger, soft: o.SoftMaxBytes}
}

// plan writes the batch down. From then on its files are seen.
func (s *source) plan(ctx context.Context, batch int64, files []file) error {
	entries := make([]entry, len(files))
	for i, f := range files {
		entries[i] = entry{Path: s.uri(f.key), Timestamp: f.modified, BatchID: batch}
	}
	if s.cloud() {
		if err := s.log.noteFound(ctx, batch, files); err != nil {
			return err
		}
	}
	if err := s.log.add(ctx, batch, entries); err != nil {
		return err
	}
	s.remember(batch, entries)
	s.seen.age()
	s.keepIndex(ctx)
	return nil
}

// choose takes the files of the next batch off the backlog, which it lists anew when it has run out.
func (s *source) choose(ctx context.Context, l limit) ([]file, error) {
	if len(s.unread) == 0 && !s.frozen {
		if err := s.find(ctx, l); err != nil {
			return nil, err
		}
	}
	n := l.cut(s.unread)
	files, rest := s.unread[:n:n], s.unread[n:]
	s.outstanding.files -= int64(n)
	s.outstanding.bytes -= bytesOf(files)
	s.unread = rest
	if s.frozen {
		return files, nil
	}
	if s.config.LatestFirst || !l.worthKeeping(rest, s.config.discardRatio()) {
		s.unread = nil
	}
	s.unread = s.unread[:min(len(s.unread), s.config.maxCachedFiles())]
	s.keepTrack(int64(len(rest) - len(s.unread)))
	return files, nil
}

// order is that in which files are read.
func (s *source) order() func(a, b file) int {
	if s.config.LatestFirst {
		return newestFirst
	}
	return oldestFirst
}

// list finds what is unread.
func (s *source) list(ctx context.Context, l limit) (err error) {
	s.unread, s.outstanding.files, s.outstanding.bytes, err = gather(s.found(ctx), s.room(l), s.order())
	return err
}

// manyFiles bounds what is held of a listing when files are limited only by their bytes.
const manyFiles = 100_000

// room is how many files of a listing are worth holding; 0: all.
func (s *source) room(l limit) int {
	switch {
	case l.none():
		return 0
	case l.files > 0:
		return int(min(l.files, 1<<30)) + s.config.maxCachedFiles()
	default:
		return manyFiles + s.config.maxCachedFiles()
	}
}

// found gives the files that no batch holds.
func (s *source) found(ctx context.Context) iter.Seq2[file, error] {
	return func(yield func(file, error) bool) {
		now := s.now()
		for info, err := range s.listing.Files(ctx) {
			if err != nil {
				yield(file{}, err)
				return
			}
			if f, ok := s.fresh(info, now); ok && !yield(f, nil) {
				return
			}
		}
	}
}

// fresh makes a file of what a listing gives, unless it was read or is not to be read.
func (s *source) fresh(info volumes.Info, now int64) (file, bool) {
	modified := info.ModTime.UnixMilli()
	if !s.bounds.holds(info.ModTime) || s.seen.judge(s.uri(info.Name), modified) != isNew {
		return file{}, false
	}
	return file{key: info.Name, size: info.Size, modified: modified, found: now}, true
}

// now is the time in milliseconds, where files are noted with it; else 0.
func (s *source) now() int64 {
	if !s.cloud() {
		return 0
	}
	return s.config.Clock().UnixMilli()
}

// Freeze takes the files that are there now for all that will be read.
func (s *source) Freeze(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	if err := s.list(ctx, limit{}); err != nil {
		return err
	}
	s.frozen = true
	return nil
}

// Rows reads the files of the batches after start up to end.
func (s *source) Rows(ctx context.Context, start, end stream.Offset) (logical.Source, error) {
	first, err := parseOffset(start)
	if err != nil {
		return nil, err
	}
	last, err := parseOffset(end)
	if err != nil {
		return nil, err
	}
	rows := &rows{source: s}
	for batch := first + 1; batch <= last; batch++ {
		entries, err := s.log.read(ctx, batch)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			place, err := s.locate(e.Path)
			if err != nil {
				return nil, err
			}
			rows.files = append(rows.files, &planned{place: place, batch: batch, modified: e.Timestamp})
		}
	}
	s.filesRead += int64(len(rows.files))
	return rows, s.noteAttempt(ctx, last)
}

// Commit hands the files of the batches up to end to the cleaner.
func (s *source) Commit(ctx context.Context, end stream.Offset) error {
	last, err := parseOffset(end)
	if err != nil || s.config.CleanSource == CleanOff && s.ledger == nil {
		return err
	}
	if err := s.resume(ctx, last); err != nil {
		return err
	}
	if s.ledger != nil {
		s.settle(ctx, last)
	}
	if s.config.CleanSource == CleanOff || s.config.CleanSource.later() {
		return s.retire(ctx)
	}
	for s.cleanedTo < last {
		if err := s.cleanBatch(ctx, s.cleanedTo+1, false); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) cleanBatch(ctx context.Context, batch int64, leftover bool) error {
	entries, err := s.log.read(ctx, batch)
	if err != nil {
		return err
	}
	files := make([]spent, 0, len(entries))
	for _, e := range entries {
		if place, err := s.locate(e.Path); err == nil { // a file elsewhere is of a query that this was before
			files = append(files, spent{place: place, modified: e.Timestamp, leftover: leftover})
		}
	}
	s.cleaner.clean(ctx, work{batch, files})
	s.cleanedTo = batch
	return nil
}

// Stop waits for the cleaner.
func (s *source) Stop() error {
	s.stopNotifier()
	s.cleaner.stop()
	return nil
}

// Metrics are what Auto Loader reports of a source, by its names.
func (s *source) Metrics() map[string]string {
	all := map[string]string{
		stream.MetricFilesRead: strconv.FormatInt(s.filesRead, 10),
		"numFilesOutstanding":  strconv.FormatInt(s.outstanding.files, 10),
		"numBytesOutstanding":  strconv.FormatInt(s.outstanding.bytes, 10),
	}
	if s.notify != nil {
		all["approximateQueueSize"] = strconv.Itoa(s.notify.waiting())
	}
	return all
}

// uri names a file of the source as the log does.
func (s *source) uri(key string) string {
	return s.listing.Base.Join(s.relative(key)).URI
}

func (s *source) relative(key string) string { return relative(s.listing.Base, key) }

// relative is a key as seen from a folder above it.
func relative(base volumes.Location, key string) string {
	if base.Key == "." {
		return key
	}
	return strings.TrimPrefix(key, base.Key+"/")
}

// locate finds the file that the log names.
func (s *source) locate(uri string) (volumes.Location, error) {
	base := s.listing.Base
	rest, ok := strings.CutPrefix(normalURI(uri), strings.TrimSuffix(base.URI, "/")+"/")
	name, err := volumes.DecodePath(rest)
	if !ok || err != nil || path.Clean("/" + name)[1:] != name {
		return volumes.Location{}, errclass.SourcesChanged.New("Wrong basePath %s for the root path: %s.", wholePath(base.URI), uri).
			WithHint("The checkpoint belongs to a query over another folder: give each query its own.")
	}
	return base.Join(name), nil
}

// normalURI writes file:/a as file:///a.
func normalURI(uri string) string {
	if rest, ok := strings.CutPrefix(uri, "file:/"); ok && !strings.HasPrefix(rest, "/") {
		return "file:///" + rest
	}
	return uri
}
