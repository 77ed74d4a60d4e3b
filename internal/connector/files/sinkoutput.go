package files

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"lakehouse/internal/errclass"
	"lakehouse/internal/sinklog"
	"lakehouse/volumes"
)

// OfSink reports whether what is listed is the output of a streaming file sink: then the files that its log names are read,
// and no others. As in Spark, that is looked for in a folder that is loaded itself, not in those that a glob matches.
func (l Listing) OfSink(ctx context.Context) (bool, error) {
	if len(l.Pattern) > 0 {
		return false, nil
	}
	return sinklog.Exists(ctx, l.Base.Store, l.Base.Key)
}

// sinkFiles gives the files of the sink's log.
func (l Listing) sinkFiles(ctx context.Context, yield func(volumes.Info, error) bool) error {
	store, err := l.Base.Sub()
	if err != nil {
		return err
	}
	log := sinklog.Log{Store: store, Location: l.Base.URI}
	entries, err := log.All(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, err := l.logged(e.Path)
		if err != nil {
			return err
		}
		info := volumes.Info{Name: l.Base.Join(name).Key, Size: e.Size, ModTime: time.UnixMilli(e.ModificationTime)}
		if err := l.give(info, yield); err != nil {
			return err
		}
	}
	return nil
}

// logged is the name, below the folder, of a file that the log names by its URI.
func (l Listing) logged(uri string) (string, error) {
	if rest, ok := strings.CutPrefix(uri, "file:/"); ok && !strings.HasPrefix(rest, "/") {
		uri = "file:///" + rest
	}
	rest, ok := strings.CutPrefix(uri, strings.TrimSuffix(l.Base.URI, "/")+"/")
	name, err := volumes.DecodePath(rest)
	if !ok || err != nil || path.Clean("/" + name)[1:] != name {
		return "", errclass.MalformedLogFile.New("the log %s/%s of a streaming sink names the file %s, which lies elsewhere.", l.Base.URI, sinklog.Dir, uri).
			WithHint("Was the folder moved or copied? Remove %s from the copy, and what lies there is read.", sinklog.Dir)
	}
	return name, nil
}

// sinkFolders are the key=value folders of the files that the log names, each level with its values.
func (l Listing) sinkFolders(ctx context.Context) (order []string, values map[string][]string, err error) {
	values = map[string][]string{}
	seen := map[string]bool{}
	for info, err := range l.Files(ctx) {
		if err != nil {
			return nil, nil, err
		}
		dir := strings.Trim(strings.TrimPrefix(path.Dir(info.Name), l.Base.Key), "/")
		if seen[dir] {
			continue
		}
		seen[dir] = true
		for part := range strings.SplitSeq(dir, "/") {
			key, value, ok := strings.Cut(part, "=")
			if !ok {
				continue
			}
			if !slices.Contains(order, key) {
				order = append(order, key)
			}
			values[key] = append(values[key], unescape(value))
		}
	}
	return order, values, nil
}
