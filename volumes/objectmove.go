package volumes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
)

// moveBytes is up to which size a file is moved through this machine: two requests; what is larger stays in the cloud.
const moveBytes = 4 << 20

// copyPartBytes is how much of a file the cloud is asked to copy at once: a request that takes minutes is hard to tell from a lost one.
const copyPartBytes = 256 << 20

// Move copies a file and deletes it. The copy has a token made of what it was copied from, so that a move that was cut short, or
// whose answer was lost, is known when it is asked for again.
func (s *ObjectStore) Move(ctx context.Context, from, to string) error {
	const op = "move"
	if err := s.begin(ctx, op, from, CheckName); err != nil {
		return err
	}
	if err := s.begin(ctx, op, to, CheckName); err != nil {
		return err
	}
	source, err := s.head(ctx, s.key(from))
	if faultOf(err) == FaultAbsent {
		if there, _ := s.folderIsThere(ctx, from); there {
			err = errMoveDir
		}
	}
	if err != nil {
		return s.fail(op, from, err)
	}
	if from == to {
		return s.fail(op, to, fs.ErrExist)
	}
	if err := s.copyOnce(ctx, source, s.key(to)); err != nil {
		if faultOf(err) == FaultAbsent {
			return s.fail(op, from, err)
		}
		return s.fail(op, to, err)
	}
	return s.fail(op, from, s.remove(ctx, source.Key))
}

// copyOnce makes a copy under a key that must be free.
func (s *ObjectStore) copyOnce(ctx context.Context, source Object, key string) error {
	token := moveToken(source)
	if source.Size > moveBytes {
		return s.copyLarge(ctx, source, key, token)
	}
	data := make([]byte, source.Size)
	if source.Size > 0 {
		r := &objectReader{store: s, key: source.Key, object: source}
		if err := r.fetch(ctx, data, 0); err != nil {
			return err
		}
	}
	if s.bucket.opts.SingleWriter {
		return s.putAlone(ctx, key, data)
	}
	if err := s.bucket.trustPut(ctx, s); err != nil {
		return err
	}
	return s.claim(ctx, key, data, token)
}

// moveToken is the token of the copy of one version of an object.
func moveToken(source Object) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%d", source.Key, source.ETag, source.Size, source.ModTime.Unix()))
	return "moved-" + hex.EncodeToString(sum[:16])
}

// copyLarge has the cloud copy an object, part by part.
func (s *ObjectStore) copyLarge(ctx context.Context, source Object, key, token string) error {
	opts := PutOptions{IfAbsent: !s.bucket.opts.SingleWriter, Token: token}
	if s.bucket.opts.SingleWriter {
		defer s.bucket.alone.lock(key)()
	} else if err := s.bucket.trustFinish(ctx, s); err != nil {
		return err
	}
	if object, err := s.head(ctx, key); err == nil && object.Token == token {
		return nil // moved before, and not deleted
	} else if err == nil {
		return fs.ErrExist
	}
	for attempt := 1; ; attempt++ {
		err := s.copyParts(ctx, source, key, opts)
		if fault := faultOf(err); fault != FaultRace && fault != FaultNoUpload {
			return err
		}
		if err := s.bucket.patience.again(ctx, attempt, &ObjectError{Fault: FaultRace, Err: err}); err != nil {
			return err
		}
	}
}

// copyParts is one attempt: after a conflict an upload is of no more use.
func (s *ObjectStore) copyParts(ctx context.Context, source Object, key string, opts PutOptions) error {
	upload, err := s.startUpload(ctx, key, opts)
	if err != nil {
		return err
	}
	tags, err := s.copyAll(ctx, source, key, upload)
	if err == nil {
		err = s.finishOnce(ctx, key, upload, tags, opts)
	}
	if err != nil {
		s.abort(ctx, key, upload)
	}
	return err
}

// finishOnce finishes an upload whose key must be free, and finds out what became of it.
func (s *ObjectStore) finishOnce(ctx context.Context, key, upload string, tags []string, opts PutOptions) error {
	err := s.bucket.patience.once(ctx, 0, func(ctx context.Context) error {
		return s.bucket.objects.FinishUpload(ctx, key, upload, tags, opts)
	})
	if faultOf(err) == FaultRace {
		return err
	}
	if faultOf(err).passes() {
		err = s.finishUpload(ctx, key, upload, tags, opts)
	}
	settled := s.settle(ctx, key, opts.Token, err)
	if errors.Is(settled, errUncertain) && faultOf(err) == FaultNoUpload {
		return err // there is neither the upload nor the object: another attempt makes both
	}
	return settled
}

// copyAll makes the parts of an upload.
func (s *ObjectStore) copyAll(ctx context.Context, source Object, key, upload string) (tags []string, err error) {
	step := min(max(copyPartBytes, (source.Size-1)/int64(s.bucket.limits.Parts)+1), s.bucket.limits.CopyBytes)
	for offset := int64(0); offset < source.Size; offset += step {
		part := ObjectPart{Key: key, Upload: upload, Number: len(tags) + 1}
		length := min(step, source.Size-offset)
		var tag string
		err := s.bucket.patience.try(ctx, int(length>>4), func(ctx context.Context) error {
			tag, err = s.bucket.objects.CopyPart(ctx, part, source, offset, length)
			return err
		})
		if err != nil {
			return nil, err
		}
		tags = append(tags, tag)
	}
	return tags, nil
}
