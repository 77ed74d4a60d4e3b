package autoloader

import (
	"strings"

	"lakehouse/internal/connector/files"
)

// Holds tells whether a file, by its URI, lies in the folder that the source reads.
func (p *Provider) Holds(uri string) bool {
	base := files.NewListing(p.place, p.config.PathGlobFilter, p.config.RecursiveFileLookup).Base
	return strings.HasPrefix(wholePath(uri), strings.TrimRight(wholePath(base.URI), "/")+"/")
}
