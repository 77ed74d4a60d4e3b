package autoloader

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/exactjson"
	"lakehouse/volumes"
)

// retention is Auto Loader's cleanSource: files wait for a while after their batch was committed. What is due is cleaned
// while the query runs, as its options are now, in the order of the batches.
type retention struct {
	due []settled // committed and not yet cleaned, in their order
}

// archiveFolder holds a file for each batch that was cleaned, of its number: what became of its files.
const archiveFolder = ".archived"

// A removal is a file that was moved or deleted.
type removal struct {
	Path string `json:"path"`
	Time int64  `json:"time"` // milliseconds since the epoch
	Mode string `json:"mode"` // MOVE or DELETE
	To   string `json:"to,omitempty"`
}

var removalLines = exactjson.For[removal]()

// loadRetention finds what is committed and not cleaned.
func (s *source) loadRetention(ctx context.Context) error {
	cleaned, err := numbered(ctx, s.log.store, path.Join(s.log.dir, archiveFolder))
	if err != nil {
		return err
	}
	if n := len(cleaned); n > 0 {
		s.cleanedTo = cleaned[n-1]
	}
	after := s.cleanedTo
	if !s.config.CleanSource.later() {
		after = s.last
	}
	return s.ledger.load(ctx, after, func(b settled) { s.waiting.due = append(s.waiting.due, b) })
}

// settle notes that the query has committed everything up to a batch of the log.
func (s *source) settle(ctx context.Context, last int64) {
	err := s.ledger.note(ctx, s.planning-1, last, func(b settled) {
		if s.config.CleanSource.later() {
			s.waiting.due = append(s.waiting.due, b)
		}
	})
	if err != nil {
		s.config.Log.WarnContext(ctx, "when a batch was committed could not be kept", "error", err)
	}
}

// retire hands what is due to the cleaner, as far as it has room.
func (s *source) retire(ctx context.Context) error {
	if len(s.waiting.due) == 0 {
		return nil
	}
	for now := s.config.Clock(); len(s.waiting.due) > 0 && s.cleaner.hasRoom(); s.waiting.due = s.waiting.due[1:] {
		b := s.waiting.due[0]
		if now.Before(time.UnixMilli(b.Committed).Add(s.config.Retention)) {
			return nil
		}
		if err := s.cleanBatch(ctx, b.Batch, true); err != nil {
			return err
		}
	}
	return nil
}

// record keeps what became of a batch's files.
func (l *sourceLog) record(ctx context.Context, batch int64, all []removal) error {
	var out strings.Builder
	for _, r := range all {
		line := append(append([]byte(nil), `{"path":`...), appendJSONString(nil, r.Path)...)
		line = fmt.Appendf(line, `,"time":%d,"mode":%q`, r.Time, r.Mode)
		if r.To != "" {
			line = append(append(line, `,"to":`...), appendJSONString(nil, r.To)...)
		}
		out.Write(append(line, '}', '\n'))
	}
	name := path.Join(l.dir, archiveFolder, strconv.FormatInt(batch, 10))
	if err := l.store.Put(ctx, name, []byte(out.String())); err != nil {
		return fmt.Errorf("record what was cleaned: %w", err)
	}
	return nil
}

// movePlace finds the destination of MOVE, and refuses one in the source.
func movePlace(config Config, base volumes.Location) (volumes.Location, error) {
	place, err := config.Space.Resolve(strings.TrimRight(config.MoveDestination, "/"))
	if err != nil {
		return volumes.Location{}, err
	}
	if place.Store != base.Store {
		return volumes.Location{}, errclass.InvalidOptionValue.New(
			"option 'cloudFiles.cleanSource.moveDestination' is on another file system than the source: %s and %s.", config.MoveDestination, config.Path)
	}
	if base.Key == "." || place.Key == base.Key || strings.HasPrefix(place.Key, base.Key+"/") {
		return volumes.Location{}, errclass.InvalidOptionValue.New(
			"option 'cloudFiles.cleanSource.moveDestination' lies in the source: %s in %s.", config.MoveDestination, config.Path).
			WithHint("Use a folder beside the source.")
	}
	return place, nil
}
