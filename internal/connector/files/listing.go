package files

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// A Listing finds the files below a load path.
type Listing struct {
	Base      volumes.Location // a folder, without globs
	Pattern   []string         // globs below it, a folder each; none: Base is what is read
	NameGlob  string           // on base names; empty: all
	Recursive bool             // plain sub-folders too
	Loose     bool             // the stars of Pattern stand for folders too, as in Auto Loader's own globs
}

// NewListing takes a place apart into the folder that is fixed and the globs below it.
func NewListing(place volumes.Location, nameGlob string, recursive bool) Listing {
	parts := strings.Split(place.Key, "/")
	fixed := len(parts)
	for i, part := range parts {
		if isGlob(part) {
			fixed = i
			break
		}
	}
	return Listing{
		Base:      above(place, len(parts)-fixed),
		Pattern:   parts[fixed:],
		NameGlob:  nameGlob,
		Recursive: recursive,
	}
}

// above is the place some levels up in the same store.
func above(place volumes.Location, levels int) volumes.Location {
	for range levels {
		place.URI = place.URI[:strings.LastIndexByte(place.URI, '/')]
		place.Key = path.Dir(place.Key)
	}
	return place
}

// Files gives every file that is to be read. A folder that is not there has none.
func (l Listing) Files(ctx context.Context) iter.Seq2[volumes.Info, error] {
	return func(yield func(volumes.Info, error) bool) {
		if err := l.walk(ctx, yield); err != nil && !errors.Is(err, errEnough) {
			yield(volumes.Info{}, err)
		}
	}
}

// walk gives what a sink's log names, where there is one, else what matches the globs.
func (l Listing) walk(ctx context.Context, yield func(volumes.Info, error) bool) error {
	ofSink, err := l.OfSink(ctx)
	switch {
	case err != nil:
		return err
	case ofSink:
		return l.sinkFiles(ctx, yield)
	case l.Loose && len(l.Pattern) > 0:
		return l.matchLoose(ctx, l.Base.Key, nil, yield)
	}
	return l.match(ctx, l.Base.Key, l.Pattern, yield)
}

// errEnough ends a listing whose consumer stopped.
var errEnough = errors.New("the consumer stopped")

// match walks the globs of the path.
func (l Listing) match(ctx context.Context, dir string, pattern []string, yield func(volumes.Info, error) bool) error {
	if len(pattern) == 0 {
		return l.folder(ctx, dir, nil, yield)
	}
	for info, err := range l.entries(ctx, dir) {
		if err != nil {
			return err
		}
		if !MatchGlob(pattern[0], path.Base(info.Name)) {
			continue
		}
		switch {
		case info.IsDir:
			err = l.match(ctx, info.Name, pattern[1:], yield)
		case len(pattern) == 1:
			err = l.give(info, yield)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// folder gives the files of a folder, and of those below it that are read.
func (l Listing) folder(ctx context.Context, dir string, way trail, yield func(volumes.Info, error) bool) error {
	for info, err := range l.entries(ctx, dir) {
		if err != nil {
			return err
		}
		base := path.Base(info.Name)
		switch {
		case SkippedName(base) != "":
		case !info.IsDir:
			err = l.give(info, yield)
		case l.Recursive || strings.Contains(base, "="):
			err = l.enter(ctx, info, way, func(way trail) error { return l.folder(ctx, info.Name, way, yield) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A trail is the folders that led to where a walk stands, by their ETags, the first left out: most folders hold no other.
type trail []string

// enter walks into a folder, unless it is a symbolic link back to where the walk has been: such links go in circles.
func (l Listing) enter(ctx context.Context, folder volumes.Info, way trail, walk func(way trail) error) error {
	first, err := l.Base.Store.Stat(ctx, l.Base.Key)
	if err != nil {
		return err
	}
	if folder.ETag == first.ETag || slices.Contains(way, folder.ETag) {
		return nil
	}
	return walk(append(slices.Clip(way), folder.ETag))
}

// entries lists a folder; one that has vanished is empty.
func (l Listing) entries(ctx context.Context, dir string) iter.Seq2[volumes.Info, error] {
	return func(yield func(volumes.Info, error) bool) {
		for info, err := range l.Base.Store.List(ctx, dir, volumes.ListOptions{Dirs: true, Hidden: true}) {
			if errors.Is(err, fs.ErrNotExist) {
				return
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

func (l Listing) give(info volumes.Info, yield func(volumes.Info, error) bool) error {
	base := path.Base(info.Name)
	if SkippedName(base) != "" || l.NameGlob != "" && !MatchGlob(l.NameGlob, base) {
		return nil
	}
	if info.Lost {
		return errclass.FailedReadFile.New("%s is a symbolic link that leads out of the volume, or in a circle.", info.Name).
			WithHint("Put the file itself there, or remove the link.")
	}
	if !yield(info, nil) {
		return errEnough
	}
	return nil
}

// SkippedName says why Spark passes a name over; empty: it does not.
func SkippedName(base string) string {
	switch {
	case strings.HasPrefix(base, "."):
		return `its name begins with "."`
	case strings.HasPrefix(base, "_") && !strings.Contains(base, "="):
		return `its name begins with "_"`
	case strings.HasSuffix(base, "._COPYING_"):
		return "it is being copied"
	}
	return ""
}

// AnyMatch tells whether the globs match a file or folder at all.
func (l Listing) AnyMatch(ctx context.Context) (bool, error) {
	if l.Loose {
		for _, err := range l.Files(ctx) {
			return err == nil, err
		}
	}
	return l.anyBelow(ctx, l.Base.Key, l.Pattern)
}

func (l Listing) anyBelow(ctx context.Context, dir string, pattern []string) (bool, error) {
	for info, err := range l.entries(ctx, dir) {
		if err != nil {
			return false, err
		}
		if !MatchGlob(pattern[0], path.Base(info.Name)) {
			continue
		}
		if len(pattern) == 1 {
			return true, nil
		}
		if !info.IsDir {
			continue
		}
		if found, err := l.anyBelow(ctx, info.Name, pattern[1:]); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// PassesOver says why a file is never read, whatever its time; empty: it is.
func (l Listing) PassesOver(key string) string {
	rest, below := strings.CutPrefix(key, l.Base.Key+"/")
	if l.Base.Key == "." {
		rest, below = key, true
	}
	parts := strings.Split(rest, "/")
	if l.Loose && len(l.Pattern) > 0 {
		return l.passesOverLoose(below, rest, parts)
	}
	if !below || len(parts) < len(l.Pattern) {
		return "it does not lie under the path that is read"
	}
	for i, glob := range l.Pattern {
		if !MatchGlob(glob, parts[i]) {
			return "the path that is read wants " + glob + ", and " + parts[i] + " does not match it"
		}
	}
	base := parts[len(parts)-1]
	for _, folder := range parts[min(len(l.Pattern), len(parts)-1) : len(parts)-1] {
		if rule := SkippedName(folder); rule != "" {
			return "it lies in the folder " + folder + ", and " + rule
		}
		if !l.Recursive && !strings.Contains(folder, "=") {
			return "it lies in the sub-folder " + folder + ", and recursiveFileLookup is not set"
		}
	}
	return l.passesOverName(base)
}

func (l Listing) passesOverName(base string) string {
	if rule := SkippedName(base); rule != "" {
		return rule
	}
	if l.NameGlob != "" && !MatchGlob(l.NameGlob, base) {
		return "its name does not match pathGlobFilter " + l.NameGlob
	}
	return ""
}
