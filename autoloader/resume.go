package autoloader

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

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
		return errclass.MalformedLogFile.New("the checkpoint has begun batch %d of the source log %s, which ends at %d.",
			at, s.log.dir, s.last).WithHint("Files of the log were lost: restore them, or start with a new checkpoint.")
	}
	s.resumed = true
	if s.config.CleanSource == CleanOff {
		return nil
	}
	return s.cleanLeftovers(ctx, at)
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
	s.loaded = true
	return nil
}

func (s *source) loadLog(ctx context.Context) error {
	plain, err := s.log.list(ctx)
	if err != nil {
		return err
	}
	if n := len(s.log.compact); n > 0 {
		s.last = s.log.compact[n-1]
		entries, err := s.log.readFile(ctx, s.log.name(s.last)+compactSuffix)
		if err != nil {
			return err
		}
		s.remember(entries)
	}
	for _, batch := range plain {
		if batch <= s.last {
			continue
		}
		if batch != s.last+1 {
			return errclass.MalformedLogFile.New("the source log %s has batch %d and not batch %d.", s.log.dir, batch, s.last+1).
				WithHint("A file of the log was lost: restore it, or start with a new checkpoint.")
		}
		entries, err := s.log.read(ctx, batch)
		if err != nil {
			return err
		}
		s.remember(entries)
		s.last = batch
	}
	return nil
}

func (s *source) remember(entries []entry) {
	for _, e := range entries {
		s.seen.add(normalURI(e.Path), e.Timestamp)
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
		entries, err := decodeLog(data)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		s.remember(entries)
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
	s.remember(entries)
	return nil
}
