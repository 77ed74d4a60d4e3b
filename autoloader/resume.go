package autoloader

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// resume is the first thing a run does: it reads what earlier runs wrote, and finishes their
// cleaning. at is the newest batch that a query has begun.
func (s *source) resume(ctx context.Context, at int64) error {
	if s.resumed {
		return nil
	}
	if err := s.load(ctx); err != nil {
		return err
	}
	if at > s.last {
		if err := s.loadMore(ctx); err != nil {
			return err
		}
	}
	if at > s.last {
		return errclass.MalformedLogFile.New("the checkpoint has begun batch %d of the source log %s, which ends at %d.",
			at, s.log.dir, s.last).WithHint("Files of the log were lost: restore them, or start with a new checkpoint.")
	}
	if err := s.sameFolder(ctx); err != nil {
		return err
	}
	s.resumed = true
	if s.ledger != nil {
		if err := s.loadRetention(ctx); err != nil {
			return err
		}
	}
	if s.config.CleanSource == CleanOff || s.config.CleanSource.later() {
		return nil
	}
	return s.cleanLeftovers(ctx, at)
}

// sameFolder refuses a log whose newest batch lies in another folder: the files of the one were never those of the
// other, and a repeated batch would read them all the same.
func (s *source) sameFolder(ctx context.Context) error {
	if s.last == beforeAll {
		return nil
	}
	entries, err := s.log.read(ctx, s.last)
	if err != nil || len(entries) == 0 {
		return err
	}
	base := strings.TrimSuffix(normalURI(s.listing.Base.URI), "/") + "/"
	if file := normalURI(entries[0].Path); !strings.HasPrefix(file, base) {
		return errclass.SourcesChanged.New("Wrong basePath %s for the root path: %s.", wholePath(base), file).
			WithHint("This checkpoint belongs to a query that reads another folder: give the changed query a checkpoint of its own.")
	}
	return nil
}

// cleanLeftovers finishes the batches before at. Batch at itself is cleaned when the next one is planned.
func (s *source) cleanLeftovers(ctx context.Context, at int64) error {
	for s.cleanedTo = max(at-1-maxUncleaned, beforeAll); s.cleanedTo < at-1; {
		if err := s.cleanBatch(ctx, s.cleanedTo+1, true); err != nil {
			return err
		}
	}
	return nil
}

// load reads the log, once: which files were seen, and where it ends.
func (s *source) load(ctx context.Context) error {
	if s.loaded {
		return nil
	}
	if err := s.loadLog(ctx); err != nil {
		return err
	}
	if err := s.loadExisting(ctx); err != nil {
		return err
	}
	s.seen.age()
	s.loaded, s.loadedTo = true, s.last
	s.keepIndex(ctx)
	return nil
}

// loadLog takes what the index has, and reads the batches behind it one after the other: a listing would
// cost as much as the log is long. Only a log with compactions of Spark's is listed.
func (s *source) loadLog(ctx context.Context) (err error) {
	if s.last, err = s.index.load(ctx, s.seen.addID); err != nil {
		return err
	}
	for {
		entries, err := s.log.readFile(ctx, s.log.name(s.last+1))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		s.remember(s.last+1, entries)
	}
	_, err = volumes.StatFile(ctx, s.log.store, s.log.name(s.last+1)+compactSuffix)
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist) && s.last == beforeAll:
		return s.walkLog(ctx)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return fmt.Errorf("read source log: %w", err)
}

// loadMore looks again for batches of which the query knows: Spark has compacted them.
func (s *source) loadMore(ctx context.Context) error {
	if err := s.walkLog(ctx); err != nil {
		return err
	}
	s.seen.age()
	s.unread = slices.DeleteFunc(s.unread, func(f file) bool { return s.seen.judge(s.uri(f.key), f.modified) != isNew })
	return nil
}

func (s *source) walkLog(ctx context.Context) error {
	return s.log.walk(ctx, s.last, s.remember)
}

// remember takes the files of the log up to a batch for seen.
func (s *source) remember(upTo int64, entries []entry) {
	s.seen.addAll(entries)
	s.index.note(upTo, entries)
	s.last = upTo
}

// keepIndex writes the index on. Failing to do so costs the next start time, and nothing else.
func (s *source) keepIndex(ctx context.Context) {
	if err := s.index.settle(ctx); err != nil {
		s.config.Log.WarnContext(ctx, "the index of the source log could not be written", "error", err)
	}
}

// existingName is the file that keeps, for includeExistingFiles = false, what was there at the very
// first start. Spark's listing of the log passes over it.
const existingName = ".existing"

// loadExisting adds the files that are not to be read because they were there first.
func (s *source) loadExisting(ctx context.Context) error {
	name := path.Join(s.log.dir, existingName)
	data, err := volumes.ReadFileMax(ctx, s.log.store, name, maxLogBytes)
	switch {
	case err == nil:
		entries, err := decodeLog(name, data)
		if err != nil {
			return err
		}
		s.seen.addAll(entries)
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read the files that were there first: %w", err)
	case !s.config.SkipExisting || s.last > beforeAll:
		return nil
	}
	return s.noteExisting(ctx, name)
}

func (s *source) noteExisting(ctx context.Context, name string) error {
	var entries []entry
	for f, err := range s.found(ctx) {
		if err != nil {
			return err
		}
		entries = append(entries, entry{Path: s.uri(f.key), Timestamp: f.modified})
	}
	if err := s.log.store.Put(ctx, name, encodeLog(entries)); err != nil {
		return fmt.Errorf("note the files that were there first: %w", err)
	}
	s.seen.addAll(entries)
	return nil
}
