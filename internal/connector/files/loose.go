package files

import (
	"context"
	"path"
	"strings"

	"lakehouse/volumes"
)

// Auto Loader's own globs are looser than Spark's: a star stands for folders too, and everything below a folder that
// matches is read.

// looseMatch tells whether the path of a file below the base, or that of a folder above it, matches.
func (l Listing) looseMatch(rest string) bool {
	pattern := strings.Join(l.Pattern, "/")
	for end := 0; end < len(rest); {
		next := strings.IndexByte(rest[end:], '/')
		if next < 0 {
			return MatchGlob(pattern, rest)
		}
		if MatchGlob(pattern, rest[:end+next]) {
			return true
		}
		end += next + 1
	}
	return false
}

// matchLoose walks all folders below one.
func (l Listing) matchLoose(ctx context.Context, dir string, way trail, yield func(volumes.Info, error) bool) error {
	for info, err := range l.entries(ctx, dir) {
		if err != nil {
			return err
		}
		switch {
		case SkippedName(path.Base(info.Name)) != "":
		case info.IsDir:
			err = l.enter(ctx, info, way, func(way trail) error { return l.matchLoose(ctx, info.Name, way, yield) })
		case l.looseMatch(l.below(info.Name)):
			err = l.give(info, yield)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// below is a name as seen from the base.
func (l Listing) below(name string) string {
	if l.Base.Key == "." {
		return name
	}
	return strings.TrimPrefix(name, l.Base.Key+"/")
}

func (l Listing) passesOverLoose(below bool, rest string, parts []string) string {
	if !below || !l.looseMatch(rest) {
		return "it does not lie under the path that is read"
	}
	last := len(parts) - 1
	for _, folder := range parts[:last] {
		if rule := SkippedName(folder); rule != "" {
			return "it lies in the folder " + folder + ", and " + rule
		}
	}
	return l.passesOverName(parts[last])
}
