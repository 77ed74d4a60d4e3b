package volumes

import (
	"context"
	"errors"
	"io"
	"io/fs"
)

// ErrTooLarge says that a file is larger than its reader allows.
var ErrTooLarge = errors.New("the file is larger than allowed")

// ReadFile reads a whole file that the caller knows to be of bearable size.
func ReadFile(ctx context.Context, store Store, name string) ([]byte, error) {
	return readFile(ctx, store, name, -1)
}

// ReadFileMax is ReadFile for a file from outside. One of more than maxBytes is not read: ErrTooLarge.
func ReadFileMax(ctx context.Context, store Store, name string, maxBytes int64) ([]byte, error) {
	return readFile(ctx, store, name, max(maxBytes, 0))
}

// readFile reads a file of at most maxBytes; any, if that is negative.
func readFile(ctx context.Context, store Store, name string, maxBytes int64) ([]byte, error) {
	file, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	size := file.Info().Size
	if maxBytes >= 0 && size > maxBytes {
		return nil, &fs.PathError{Op: "read", Path: name, Err: ErrTooLarge}
	}
	data := make([]byte, size)
	n, err := file.ReadAt(data, 0)
	if int64(n) == size {
		return data, nil // io.EOF may come with the last byte
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // it was cut since it was opened
	}
	return nil, &fs.PathError{Op: "read", Path: name, Err: reason(err)}
}
