package volumes

import (
	"context"
	"io/fs"
)

// StatFile describes a file; a folder is as absent to it as no file at all. In a bucket that is one request, where Stat of an absent name
// takes two: it must look whether anything lies in a folder of that name.
func StatFile(ctx context.Context, store Store, name string) (Info, error) {
	if direct, ok := store.(fileStater); ok {
		return direct.StatFile(ctx, name)
	}
	info, err := store.Stat(ctx, name)
	if err == nil && info.IsDir {
		return Info{}, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return info, err
}

// fileStater is a store in which a file is found with less than what Stat does.
type fileStater interface {
	StatFile(ctx context.Context, name string) (Info, error)
}
