package volumes

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"
)

// ObjectOptions says how an [ObjectStore] works. The zero value is good.
type ObjectOptions struct {
	Where        string        // stands before names in error texts: "s3://bucket/prefix"
	PartBytes    int64         // of uploads; 0: 8 MiB
	PartsAtOnce  int           // of one upload; 0: 3
	Attempts     int           // of a request; 0: 8
	Timeout      time.Duration // after which a request that carries nothing, or a body that stands still, is given up; 0: 30 s
	SingleWriter bool          // the cloud does not know conditions, and nobody else writes: see [ObjectStore.PutIfAbsent]
}

// An ObjectStore is a store in a bucket. It is everything but the protocol of one cloud: see the documentation of the package.
type ObjectStore struct {
	bucket *bucket
	prefix string // of its keys: "" or "a/b/"
	where  string
	whole  bool // it is no part of another: its root is there, whatever is in it
}

var (
	_ Store   = (*ObjectStore)(nil)
	_ Sweeper = (*ObjectStore)(nil)
)

// bucket is what a store shares with those in its folders.
type bucket struct {
	objects  Objects
	limits   ObjectLimits
	patience *patience
	opts     ObjectOptions
	probes   *probes
	root     string // the prefix of the store that is no part of another
	alone    nameLocks
}

// NewObjectStore makes a store of the objects whose keys begin with the prefix and "/"; of all objects, if it is empty.
func NewObjectStore(objects Objects, prefix string, opts ObjectOptions) (*ObjectStore, error) {
	if opts.PartBytes == 0 {
		opts.PartBytes = 8 << 20
	}
	if opts.PartsAtOnce == 0 {
		opts.PartsAtOnce = 3
	}
	if opts.Attempts == 0 {
		opts.Attempts = 8
	}
	if opts.Timeout == 0 {
		opts.Timeout = 30 * time.Second
	}
	b := &bucket{
		objects: objects, limits: objects.Limits(), patience: newPatience(opts.Attempts, opts.Timeout), opts: opts, probes: newProbes(),
	}
	opts.PartBytes = max(opts.PartBytes, b.limits.PartBytes)
	b.opts = opts
	s := &ObjectStore{bucket: b, where: opts.Where, whole: true}
	if prefix == "" {
		return s, nil
	}
	if err := s.check("open", prefix, CheckName); err != nil {
		return nil, err
	}
	s.prefix = prefix + "/"
	b.root = s.prefix
	return s, nil
}

// Sub is the store of a folder.
func (s *ObjectStore) Sub(dir string) (Store, error) {
	if err := s.check("open", dir, CheckFolder); err != nil {
		return nil, err
	}
	if dir == "." {
		return s, nil
	}
	return &ObjectStore{bucket: s.bucket, prefix: s.prefix + dir + "/", where: s.path(dir)}, nil
}

// Flat says that folders are nothing but the beginnings of names: see [Flat].
func (*ObjectStore) Flat() {}

// Flat is a store in which a folder is there as long as something is in it, or MakeDir made it; a file's name may be the beginning of
// another's; and what is moved has a new time.
type Flat interface{ Flat() }

func (s *ObjectStore) key(name string) string {
	if name == "." {
		return s.prefix
	}
	return s.prefix + name
}

func (s *ObjectStore) path(name string) string {
	switch {
	case s.where == "":
		return name
	case name == ".":
		return s.where
	}
	return strings.TrimSuffix(s.where, "/") + "/" + name
}

var (
	errNotText   = invalid("the name is not UTF-8, and a bucket holds no other")
	errKeyLong   = invalid("the name, with what stands before it in the bucket, is longer than a key may be")
	errNotEmpty  = errors.New("the folder is not empty")
	errChanged   = errors.New("the file has changed since it was opened")
	errMoveDir   = errors.New("it is a folder: only files are moved")
	errUncertain = errors.New("it is not known whether it was done")
)

// check says why a name cannot be used.
func (s *ObjectStore) check(op, name string, rule func(op, name string) error) error {
	if err := rule(op, name); err != nil {
		return err
	}
	switch {
	case !utf8.ValidString(name):
		return s.fail(op, name, errNotText)
	case len(s.prefix)+len(name) > s.bucket.limits.KeyBytes:
		return s.fail(op, name, errKeyLong)
	}
	return nil
}

// begin is check for an operation that is about to begin.
func (s *ObjectStore) begin(ctx context.Context, op, name string, rule func(op, name string) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.check(op, name, rule)
}

// fail makes the error of an operation; nil where err is nil.
func (s *ObjectStore) fail(op, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrExist):
		err = reason(err)
	default:
		switch faultOf(err) {
		case FaultAbsent:
			err = fs.ErrNotExist
		case FaultDenied:
			err = fmt.Errorf("%w: %w", fs.ErrPermission, err)
		default:
		}
	}
	return &fs.PathError{Op: op, Path: s.path(name), Err: err}
}

// Stat describes a file or folder.
func (s *ObjectStore) Stat(ctx context.Context, name string) (Info, error) {
	const op = "stat"
	if err := s.begin(ctx, op, name, CheckFolder); err != nil {
		return Info{}, err
	}
	if name != "." {
		object, err := s.head(ctx, s.key(name))
		if err == nil {
			return s.describe(object), nil
		}
		if faultOf(err) != FaultAbsent {
			return Info{}, s.fail(op, name, err)
		}
	}
	there, err := s.folderIsThere(ctx, name)
	if err == nil && !there {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Info{}, s.fail(op, name, err)
	}
	return Info{Name: name, IsDir: true}, nil
}

// StatFile describes a file with one request: see the function [StatFile].
func (s *ObjectStore) StatFile(ctx context.Context, name string) (Info, error) {
	const op = "stat"
	if err := s.begin(ctx, op, name, CheckName); err != nil {
		return Info{}, err
	}
	object, err := s.head(ctx, s.key(name))
	if err != nil {
		return Info{}, s.fail(op, name, err)
	}
	return s.describe(object), nil
}

func (s *ObjectStore) head(ctx context.Context, key string) (object Object, err error) {
	err = s.bucket.patience.try(ctx, 0, func(ctx context.Context) error {
		object, err = s.bucket.objects.Head(ctx, key)
		return err
	})
	return object, err
}

// describe tells of an object as of a file. Clouds tell times to the second or better, but not always the same.
func (s *ObjectStore) describe(object Object) Info {
	return Info{
		Name:    strings.TrimPrefix(object.Key, s.prefix),
		Size:    object.Size,
		ModTime: object.ModTime.Truncate(time.Second),
		ETag:    object.ETag,
	}
}

// folderIsThere tells whether anything has a name in a folder.
func (s *ObjectStore) folderIsThere(ctx context.Context, dir string) (bool, error) {
	if dir == "." && s.whole {
		return true, nil
	}
	page, err := s.page(ctx, ObjectQuery{Prefix: s.folderKey(dir), Max: 1})
	return len(page.Objects) > 0, err
}

// folderKey is what the keys in a folder begin with.
func (s *ObjectStore) folderKey(dir string) string {
	if dir == "." {
		return s.prefix
	}
	return s.prefix + dir + "/"
}

// MakeDir makes a folder that is there although nothing is in it: an empty object, whose key ends in "/".
func (s *ObjectStore) MakeDir(ctx context.Context, name string) error {
	const op = "make folder"
	if err := s.begin(ctx, op, name, CheckFolder); err != nil || name == "." && s.whole {
		return err
	}
	if there, err := s.folderIsThere(ctx, name); err != nil || there {
		return s.fail(op, name, err)
	}
	if name != "." {
		_, err := s.head(ctx, s.key(name))
		if err == nil {
			return s.fail(op, name, fs.ErrExist)
		}
		if faultOf(err) != FaultAbsent {
			return s.fail(op, name, err)
		}
	}
	return s.fail(op, name, s.put(ctx, s.folderKey(name), nil))
}

// Delete removes a file, or what MakeDir made of an empty folder.
func (s *ObjectStore) Delete(ctx context.Context, name string) error {
	const op = "delete"
	if err := s.begin(ctx, op, name, CheckName); err != nil {
		return err
	}
	key := s.key(name)
	_, err := s.head(ctx, key)
	if faultOf(err) == FaultAbsent {
		key, err = s.emptyFolder(ctx, name)
	}
	if err == nil {
		err = s.remove(ctx, key)
	}
	return s.fail(op, name, err)
}

// emptyFolder gives the key of a folder in which nothing is.
func (s *ObjectStore) emptyFolder(ctx context.Context, name string) (key string, err error) {
	key = s.folderKey(name)
	page, err := s.page(ctx, ObjectQuery{Prefix: key, Max: 2})
	switch {
	case err != nil:
		return "", err
	case len(page.Objects) == 0:
		return "", fs.ErrNotExist
	case len(page.Objects) > 1 || page.Objects[0].Key != key:
		return "", errNotEmpty
	}
	return key, nil
}

func (s *ObjectStore) remove(ctx context.Context, keys ...string) error {
	return s.bucket.patience.try(ctx, 0, func(ctx context.Context) error { return s.bucket.objects.Delete(ctx, keys) })
}

// DeleteFiles removes files, many with one request. Those that are not there are fine. An error may leave a part of them.
func (s *ObjectStore) DeleteFiles(ctx context.Context, names []string) error {
	const op = "delete"
	keys := make([]string, len(names))
	for i, name := range names {
		if err := s.begin(ctx, op, name, CheckName); err != nil {
			return err
		}
		keys[i] = s.key(name)
	}
	for len(keys) > 0 {
		n := min(len(keys), s.bucket.limits.DeleteKeys)
		if err := s.remove(ctx, keys[:n]...); err != nil {
			return s.fail(op, names[0], err)
		}
		keys, names = keys[n:], names[n:]
	}
	return nil
}
