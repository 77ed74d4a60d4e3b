package deltalog

import (
	"context"
	"fmt"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// open opens a data file or a file of deletion vectors: one below the table's folder, or one that an absolute path names.
func (t *Table) open(ctx context.Context, name string) (volumes.Reader, error) {
	if !isAbsolute(name) {
		if err := checkPath(name); err != nil {
			return nil, err
		}
		return t.store.Open(ctx, name)
	}
	if t.opts.Elsewhere == nil {
		return nil, errclass.UnsupportedFeature.New("the file %s lies outside of the table's folder, and nobody has said how such files are found.", name).
			WithHint("Set Options.Elsewhere.")
	}
	store, at, err := t.opts.Elsewhere(ctx, name)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, at)
}

func isAbsolute(name string) bool { return name != "" && (name[0] == '/' || hasScheme(name)) }

// checkFilePath makes sure that a path of the log names a file below the table's folder. Absolute ones, which shallow clones have, are let
// through where somebody knows which of them may be opened.
func (t *Table) checkFilePath(name string) error {
	if !isAbsolute(name) || t.opts.Elsewhere == nil {
		return checkPath(name)
	}
	if len(name) > maxPathBytes || strings.ContainsRune(name, 0) {
		return fmt.Errorf("path %.100q names no file", name)
	}
	return nil
}

// stat looks for a data file, or one of vectors, wherever it lies.
func (t *Table) stat(ctx context.Context, name string) error {
	if !isAbsolute(name) || t.opts.Elsewhere == nil {
		_, err := volumes.StatFile(ctx, t.store, name)
		return err
	}
	store, at, err := t.opts.Elsewhere(ctx, name)
	if err == nil {
		_, err = volumes.StatFile(ctx, store, at)
	}
	return err
}
