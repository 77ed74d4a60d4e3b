package deltalog

import (
	"context"

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
	store, at, err := t.opts.Elsewhere(name)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, at)
}

func isAbsolute(name string) bool { return name != "" && (name[0] == '/' || hasScheme(name)) }
