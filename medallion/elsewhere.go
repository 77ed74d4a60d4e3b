package medallion

import (
	"context"
	"strings"

	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// confElsewhere lists folders.
const confElsewhere = "lakehouse.delta.absolutePaths"

// elsewhere finds the files that the log of a table names by absolute paths, as that of a shallow clone does. A log may come from
// anywhere, so that not every path is followed: only one below the folder of the table, below that of a table which it was cloned from
// here, or below one that the setting names.
func (s *Session) elsewhere(own string) func(ctx context.Context, uri string) (volumes.Store, string, error) {
	return func(ctx context.Context, uri string) (volumes.Store, string, error) {
		at, err := s.space.Resolve(undecoded(uri))
		if err == nil {
			at = s.canonical(at)
			folders := append([]string{own}, strings.Split(s.Conf(confElsewhere), ",")...)
			if s.isBelowAny(at, folders) {
				return at.Store, at.Key, nil
			}
			if folders, err = s.catalog.Reach(ctx, own); err == nil && s.isBelowAny(at, folders) {
				return at.Store, at.Key, nil
			}
		}
		refused := errclass.DeltaLogCorrupt.New("the log of %s names the file %s, which is not in the table's folder.", own, uri).
			WithHint("Where you trust the table, name the file's folder in the setting %s.", confElsewhere)
		if err != nil {
			refused.Detail += " " + err.Error()
		}
		return nil, "", refused
	}
}

// reachOf are the folders in which the log of a clone of the table may name files.
func (s *Session) reachOf(ctx context.Context, source delta.Table) ([]string, error) {
	folders, err := s.catalog.Reach(ctx, source.URI)
	return append([]string{source.URI}, folders...), err
}

// canonical is a place in the session's root as the root's own, however it was named. Its URI is none that a place of the host has.
func (s *Session) canonical(at volumes.Location) volumes.Location {
	key, ok := s.inRoot(at)
	if !ok {
		return at
	}
	own := volumes.Location{Store: s.space.Root(), Key: ".", URI: "root:/"}
	return own.Join(key)
}

func (s *Session) isBelowAny(at volumes.Location, folders []string) bool {
	for _, folder := range folders {
		if folder = strings.TrimSpace(folder); folder == "" {
			continue
		}
		if of, err := s.space.Resolve(folder); err == nil && isBelow(at.URI, s.canonical(of).URI) {
			return true
		}
	}
	return false
}

// inRoot is the name in the session's root of a place, "." for the root itself, which may be given as one of the host.
func (s *Session) inRoot(at volumes.Location) (key string, ok bool) {
	if at.Store == s.space.Root() {
		return at.Key, true
	}
	root, ok := volumes.HostFolder(s.space.Root())
	if !ok {
		return "", false
	}
	folder, ok := volumes.HostFolder(at.Store)
	if !ok {
		return "", false
	}
	place := strings.TrimRight(strings.TrimRight(folder, "/")+"/"+at.Key, "/")
	if place == strings.TrimRight(root, "/") {
		return ".", true
	}
	return strings.CutPrefix(place, strings.TrimRight(root, "/")+"/")
}

// outsideURI is where a table lies for who is not in the session: for other engines, that read its log.
func outsideURI(table delta.Table) string {
	if folder, ok := volumes.HostFolder(table.Store); ok {
		return "file://" + volumes.EncodePath(folder)
	}
	return table.URI
}

// undecoded is a decoded URI as [volumes.Space] wants one.
func undecoded(uri string) string {
	if scheme, path, ok := strings.Cut(uri, ":"); ok && !strings.Contains(scheme, "/") {
		return scheme + ":" + volumes.EncodePath(path)
	}
	return uri
}

func isBelow(uri, folder string) bool {
	return strings.HasPrefix(uri, strings.TrimRight(folder, "/")+"/")
}
