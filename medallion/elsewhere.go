package medallion

import (
	"strings"

	"lakehouse/internal/connector/delta"
	"lakehouse/internal/errclass"
	"lakehouse/volumes"
)

// confElsewhere lists folders.
const confElsewhere = "lakehouse.delta.absolutePaths"

// elsewhere finds the files that the log of a table names by absolute paths, as that of a shallow clone does. A log may come from
// anywhere, so that not every path is followed: only one that lies below the session's own folders, below the table's own folder, or below one
// that the setting names.
func (s *Session) elsewhere(own string) func(uri string) (volumes.Store, string, error) {
	return func(uri string) (volumes.Store, string, error) {
		at, err := s.space.Resolve(undecoded(uri))
		if err != nil {
			return nil, "", err
		}
		if key, ok := s.inRoot(at); ok {
			return s.space.Root(), key, nil
		}
		if !isBelow(at.URI, own) && !s.isListed(at.URI) {
			return nil, "", errclass.UnsupportedFeature.New("the log of %s names the file %s, which is not below the session's root.", own, uri).
				WithHint("Where you trust the table, name the folder in the setting %s.", confElsewhere)
		}
		return at.Store, at.Key, nil
	}
}

// inRoot is the name below the session's root of a place, which may be given as one of the host.
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
	return strings.CutPrefix(strings.TrimRight(folder, "/")+"/"+at.Key, strings.TrimRight(root, "/")+"/")
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

func (s *Session) isListed(uri string) bool {
	for folder := range strings.SplitSeq(s.Conf(confElsewhere), ",") {
		if folder = strings.TrimSpace(folder); folder == "" {
			continue
		}
		at, err := s.space.Resolve(folder)
		if err == nil && isBelow(uri, at.URI) {
			return true
		}
	}
	return false
}
