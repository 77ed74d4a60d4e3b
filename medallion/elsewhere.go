package medallion

import (
	"strings"

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
		if at.Store != s.space.Root() && !isBelow(at.URI, own) && !s.isListed(at.URI) {
			return nil, "", errclass.UnsupportedFeature.New("the log of %s names the file %s, which is not below the session's root.", own, uri).
				WithHint("Where you trust the table, name the folder in the setting %s.", confElsewhere)
		}
		return at.Store, at.Key, nil
	}
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
