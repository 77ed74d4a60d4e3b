package autoloader

import (
	"lakehouse/internal/connector/files"
	"lakehouse/internal/types"
)

// MetadataColumns is the column _metadata, which is there for who names it.
func (p *Provider) MetadataColumns() []types.Field {
	return []types.Field{files.Metadata(p.config.Format)}
}
