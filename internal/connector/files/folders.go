package files

import (
	"context"
	"errors"
	"iter"
	"path"
	"strings"
)

// Folders gives the folders that a listing enters, from one that it enters on; an empty name stands for the base.
func (l Listing) Folders(ctx context.Context, from string) iter.Seq2[string, error] {
	if from == "" {
		from = l.Base.Key
	}
	return func(yield func(string, error) bool) {
		if err := l.walkFolders(ctx, from, nil, yield); err != nil && !errors.Is(err, errEnough) {
			yield("", err)
		}
	}
}

func (l Listing) walkFolders(ctx context.Context, dir string, way trail, yield func(string, error) bool) error {
	if !yield(dir, nil) {
		return errEnough
	}
	for info, err := range l.entries(ctx, dir) {
		if err != nil {
			return err
		}
		if !info.IsDir || !l.Enters(info.Name) {
			continue
		}
		if err := l.enter(ctx, info, way, func(way trail) error { return l.walkFolders(ctx, info.Name, way, yield) }); err != nil {
			return err
		}
	}
	return nil
}

// Enters tells whether a listing looks into a folder.
func (l Listing) Enters(dir string) bool {
	if dir == l.Base.Key {
		return true
	}
	if l.Base.Key != "." && !strings.HasPrefix(dir, l.Base.Key+"/") {
		return false
	}
	parts := strings.Split(l.below(dir), "/")
	for i, part := range parts {
		switch {
		case i < len(l.Pattern) && !l.Loose:
			if !MatchGlob(l.Pattern[i], part) {
				return false
			}
		case SkippedName(path.Base(part)) != "":
			return false
		case l.Loose && len(l.Pattern) > 0, l.Recursive, strings.Contains(part, "="):
		default:
			return false
		}
	}
	return true
}
