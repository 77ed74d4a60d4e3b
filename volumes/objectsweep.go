package volumes

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// newToken16 is 16 hex digits, as the names of temporary files have them.
func newToken16() string {
	var id [tempIDBytes / 2]byte
	_, _ = rand.Read(id[:]) // it never fails
	return hex.EncodeToString(id[:])
}

// Sweep aborts the uploads below a folder that were started before a time and not finished, and removes what a probe left behind. The time
// must lie before the start of every write that may still be going on: those of others in the folder are aborted too.
func (s *ObjectStore) Sweep(ctx context.Context, dir string, before time.Time) (removed int, err error) {
	const op = "sweep"
	if err := s.begin(ctx, op, dir, CheckFolder); err != nil {
		return 0, err
	}
	removed, err = s.sweepUploads(ctx, s.folderKey(dir), before)
	if err == nil && s.folderKey(dir) == s.bucket.root {
		var probes int
		probes, err = s.sweepProbes(ctx, before)
		removed += probes
	}
	return removed, s.fail(op, dir, err)
}

func (s *ObjectStore) sweepUploads(ctx context.Context, prefix string, before time.Time) (removed int, err error) {
	token := ""
	for {
		var uploads []ObjectUpload
		var next string
		err := s.bucket.patience.try(ctx, 0, func(ctx context.Context) error {
			uploads, next, err = s.bucket.objects.Uploads(ctx, prefix, token)
			return err
		})
		if err != nil {
			return removed, err
		}
		for _, u := range uploads {
			if u.Started.IsZero() || !u.Started.Before(before) || !strings.HasPrefix(u.Key, prefix) {
				continue
			}
			err := s.bucket.patience.try(ctx, 0, func(ctx context.Context) error { return s.bucket.objects.AbortUpload(ctx, u.Key, u.Upload) })
			if err != nil && faultOf(err) != FaultNoUpload {
				return removed, err
			}
			removed++
		}
		switch next {
		case "":
			return removed, nil
		case token:
			return removed, fmt.Errorf("%w: the uploads", errRepeats)
		}
		token = next
	}
}

func (s *ObjectStore) sweepProbes(ctx context.Context, before time.Time) (removed int, err error) {
	page, err := s.page(ctx, ObjectQuery{Prefix: s.bucket.root + probePrefix})
	if err != nil {
		return 0, err
	}
	for _, object := range page.Objects {
		if !isTemp(object.Key[len(s.bucket.root):]) || !object.ModTime.Before(before) {
			continue
		}
		if err := s.remove(ctx, object.Key); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}
